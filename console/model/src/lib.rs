//! What the console's parts share: targets, samples, causes, messages, history. No I/O, no terminal, no clock.
//!
//! `cutaway-scrape` turns debug endpoints into [`Message`]s; `cutaway-tui` turns messages into a picture and keys into
//! [`Command`]s; neither knows the other. Time is data: an [`At`] is the time since the console started.
//!
//! ```
//! use std::time::Duration;
//! use cutaway_model::{Series, units};
//!
//! let mut requests = Series::new(600);
//! requests.push(Duration::from_secs(1), 1_000.0);
//! requests.push(Duration::from_secs(2), 1_250.0);
//! assert_eq!(requests.rate(), Some(250.0));
//! assert_eq!(units::rate(250.0), "250/s");
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | `message` | what flows between scraping and drawing |
//! | `ring` | what is told of profiles kept in the background |
//! | `cause` | why a target cannot be read |
//! | `series` | bounded history of one variable: gaps, resets, rates, statistics |
//! | [`units`] | numbers for people |
//! | `sanitize` | strangers' text made safe for a terminal |

mod cause;
mod message;
mod ring;
mod sanitize;
mod series;
pub mod units;

pub use cause::Cause;
pub use expvar::read::{Kind, Number, Path, Scalar};
pub use message::{
    At, Command, Endpoints, Export, Message, Pod, ProfileKind, Source, TargetId, TargetInfo, Values,
};
pub use profile::Profile;
pub use ring::{Missed, RingNews, RingPace};
pub use sanitize::{first_lines, sanitize};
pub use series::{Entry, Series, Stats};
