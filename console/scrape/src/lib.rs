//! Targets, polling and backoff: debug endpoints in, samples and profiles out.
//!
//! [`Target::parse_list`] reads what a person types; [`Poller::start`] watches the targets, one task each, and tells in
//! [`Message`](cutaway_model::Message)s what it finds. It knows no terminal.
//!
//! ```no_run
//! # async fn example() {
//! use cutaway_scrape::{Options, Poller, Target};
//!
//! let (targets, bad) = Target::parse_list("4000-4001,http://localhost:9090/metrics");
//! assert!(bad.is_empty());
//! let (sender, mut messages) = tokio::sync::mpsc::channel(64);
//! let poller = Poller::start(targets, Options::default(), sender);
//! while let Some(message) = messages.recv().await {
//!     println!("{message:?}");
//! }
//! # drop(poller);
//! # }
//! ```
//!
//! # What is read
//! A target that is only a place is probed: expvar at [`Options::endpoint`], metrics text at `/metrics`, the index of
//! profiles at `/debug/pprof/`; what answers is read from then on. A target with a path is read there, whichever of the
//! formats it serves. After a failure, or when the process is another one, everything is probed anew.
//!
//! # What bounds it
//! Every answer is bounded in time ([`Options::timeout`]) and size ([`Options::max_body`], [`Options::max_profile`]).
//! Targets share nothing, so that none delays another. A target keeps its last reading, for comparison.
//!
//! | module | what it does |
//! |---|---|
//! | `item`, `target`, `selector` | the grammar of lists, of targets, and of pods |
//! | `find`, `roster` | targets that come and go |
//! | `connect` | ways to targets that no address leads to |
//! | `kubernetes` | pods found and reached, with the feature of that name |
//! | `http` | one bounded request, with the true cause when it fails |
//! | `read` | bodies into variables |
//! | `quantiles` | histograms over time |
//! | `tls` | whom to believe, and who to be |
//! | `restart` | whether this is the process we knew |
//! | `reader` | one round of one target: probe, read, judge |
//! | `poller` | rounds over time, and what is done on command |
//! | `profiles` | profiles, once or again and again |
//! | `raw` | answers as they are |
//! | `ring`, `gate` | profiles kept in the background, and when not |
//! | `backoff` | when to try again |

mod backoff;
mod connect;
mod find;
mod gate;
mod http;
mod item;
#[cfg(feature = "kubernetes")]
pub mod kubernetes;
mod options;
mod poller;
mod profiles;
mod quantiles;
mod raw;
mod read;
mod reader;
mod restart;
mod ring;
mod roster;
mod selector;
mod target;
mod tls;

pub use connect::{Connect, Stream};
pub use find::{Find, Finder, Found, News, resolve};
pub use item::Item;
pub use options::Options;
pub use poller::{Handle, Poller, once};
pub use profiles::fetch_profile;
pub use raw::{Places, fetch, linked};
pub use selector::{PodPort, Pods, Selector};
pub use target::{BadTarget, Credentials, MAX_RANGE, Target};
pub use tls::{Tls, TlsError, TlsFiles};
