//! An accept loop with limits, and the rules for servers meant for this machine only.
//!
//! - [`bind`] opens a listener; its errors name the address, the cause and the flag to change.
//! - [`serve`] accepts connections and serves HTTP/1 on them: headers must arrive in time, connections are limited in
//!   number, and at the end requests under way are finished within a deadline.
//! - [`raise_descriptor_limit`] makes room for connections, and says for how many there is room.
//! - [`guard`] refuses requests that a foreign web page makes through the user's own browser.
//!
//! ```
//! use std::convert::Infallible;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use hyper::body::{Bytes, Incoming};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let hello = tower::service_fn(|_: Request<Incoming>| async {
//!     Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("hello"))))
//! });
//! let listener = listen::bind("127.0.0.1:0".parse()?, "--api")?;
//! let listener = tokio::net::TcpListener::from_std(listener)?;
//!
//! let shutdown = async {}; // Anything that ends when the server should.
//! let served = listen::serve(listener, hello, listen::Limits::default(), shutdown).await;
//! assert_eq!(served.accepted, 0);
//! # Ok(())
//! # }
//! ```

mod bind;
mod descriptors;
pub mod guard;
mod serve;

pub use bind::{BindError, bind};
pub use descriptors::raise_descriptor_limit;
pub use serve::{Limits, Peer, Served, serve};
