//! Reading anyone's expvar document: ours, a Go program's, a stranger's.
//!
//! ```
//! use expvar::read::{Document, Kind, Path, guess_kind};
//!
//! let document = Document::parse(br#"{"memstats": {"Alloc": 4096}, "http.hits": 7}"#)?;
//! for (path, value) in document.flatten() {
//!     println!("{path} = {value} ({:?})", guess_kind(&path, &value));
//! }
//! let alloc: Path = "memstats.Alloc".into();
//! let value = document.get(&alloc).expect("it is in the document");
//! assert_eq!(guess_kind(&alloc, &value), Kind::Bytes);
//! // A dot in a name is written `\.`, as in expvarmon's `-vars`.
//! assert!(document.get(&r"http\.hits".into()).is_some());
//! # Ok::<(), expvar::read::ReadError>(())
//! ```

mod document;
mod error;
mod kind;
mod lex;
mod number;
mod parse;
mod path;
mod scalar;
#[rustfmt::skip] // One word a line would be 300 lines.
mod vocabulary;
mod words;

pub use document::Document;
pub use error::ReadError;
pub use kind::{Kind, guess_kind};
pub use parse::MAX_DEPTH;
pub use path::Path;
pub use scalar::{Number, Scalar};

/// How much memory reading takes at most: so many bytes for each of the input …
pub const MEMORY_PER_BYTE: usize = 200;

/// … and so many besides. What was read takes half of the first and a quarter of the second.
pub const MEMORY_BESIDES: usize = 256 << 10;
