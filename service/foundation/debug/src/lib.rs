//! The debug endpoints of a service: variables and profiles in the shape of Go's, on a listener of their own.
//!
//! | path | what it gives |
//! |---|---|
//! | `/debug/vars` | every variable of the registry, as Go's `expvar` does |
//! | `/debug/pprof/` | a page that lists the profiles |
//! | `/debug/pprof/profile?seconds=N&hz=M` | a CPU profile for `go tool pprof` |
//! | `/debug/pprof/cmdline` | the command line, NUL-separated, secrets masked |
//!
//! [`start`] serves them on a thread and a runtime of their own, so that they answer while the service's workers are
//! blocked. They are for this machine only: other addresses than loopback must be allowed explicitly, and requests that
//! a foreign web page makes are refused ([`listen::guard`]).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let variables = expvar::Registry::new();
//! let standard = debug::Standard::new(debug::build!()).runtime(tokio::runtime::Handle::current());
//! debug::publish_standard(&variables, standard)?;
//!
//! let listener = listen::bind("127.0.0.1:0".parse()?, "--debug")?;
//! let running = debug::start(listener, debug::Config::new(variables), std::future::pending())?;
//! println!("http://{}/debug/vars", running.addr());
//! running.stop();
//! # Ok(())
//! # }
//! ```

mod app;
mod captures;
mod config;
mod failure;
mod flame;
pub mod mask;
mod metrics;
mod page;
mod params;
mod pprof;
mod reply;
mod router;
mod sampling;
mod scrape;
mod server;
mod standard;
mod timeline;
mod token;
mod vars;

pub use config::Config;
pub use router::router;
pub use sampling::{Sampling, SamplingError};
pub use server::{Error, Running, start};
pub use standard::{Build, Standard, measure_polls, publish_standard};
pub use token::{Token, TokenError};
