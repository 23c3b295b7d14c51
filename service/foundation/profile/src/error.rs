//! What can go wrong.

/// Why something could not be done with a profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are not a profile.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The profiles measure different things.
    #[error("the profiles cannot be combined: {what} of one is {one}, of the other {other}")]
    Incompatible {
        /// What differs: `the period type`, `the sample types`.
        what: &'static str,
        /// What it is in the first profile.
        one: String,
        /// What it is in the other.
        other: String,
    },
    /// No profile was given where at least one is needed.
    #[error("there is no profile to merge")]
    NoProfile,
    /// Not a regular expression, or one that is too large.
    #[error("{option}: `{pattern}` is not a regular expression: {why}")]
    Pattern {
        /// What the expression is for: `focus`, `drop_frames`.
        option: &'static str,
        /// The expression.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// A number in a tag filter is too large.
    #[error("{option}: `{number}` is not a 64-bit number")]
    TagNumber {
        /// Which filter: `tagfocus` or `tagignore`.
        option: &'static str,
        /// The number.
        number: String,
    },
    /// There is no such sample type.
    #[error("there is no sample type `{asked}`; there are: {known}")]
    NoSampleType {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// A line of folded stacks does not end in a number.
    #[error(
        "line {line} of the folded stacks does not end in a space and a whole number: `{text}`"
    )]
    Folded {
        /// Which line, from 1.
        line: usize,
        /// Its first characters.
        text: String,
    },
}

/// Why bytes are not a profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There are no bytes.
    #[error("the profile is empty")]
    Empty,
    /// Looks compressed, but cannot be inflated.
    #[error("gzip: {0}")]
    Gzip(String),
    /// Larger than the bound, once inflated.
    #[error("the profile has more than {limit} bytes")]
    TooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
    /// Inflates to more than [`MAX_RATIO`](crate::MAX_RATIO) times its size: a gzip bomb.
    #[error(
        "the profile has {compressed} bytes, but inflates to more than {limit}: that is no profile"
    )]
    Bomb {
        /// How many bytes there are, compressed.
        compressed: usize,
        /// How many they may become.
        limit: usize,
    },
    /// More frames than [`MAX_FRAMES`](crate::MAX_FRAMES) allows.
    #[error("the stacks have more than {limit} frames in all")]
    TooManyFrames {
        /// The bound.
        limit: usize,
    },
    /// Types, mappings and comments name the same text over and over.
    #[error("types, mappings and comments repeat more than {limit} bytes of text")]
    TooMuchText {
        /// The bound, in bytes.
        limit: usize,
    },
    /// Not a protobuf message of this kind.
    #[error("not a profile: {what} at byte {offset}")]
    Malformed {
        /// Where, in the inflated bytes.
        offset: usize,
        /// What is wrong there.
        what: String,
    },
    /// The string table does not start with the empty string.
    #[error("the string table does not start with an empty string")]
    StringTable,
    /// A reference to a string that is not in the table.
    #[error("string {index} is not in the table of {len}")]
    NoString {
        /// The reference.
        index: i64,
        /// The table's length.
        len: usize,
    },
    /// A reference to an entry that is not there.
    #[error("there is no {table} with id {id}")]
    Dangling {
        /// What should be there: `location`, `function` or `mapping`.
        table: &'static str,
        /// The reference.
        id: u64,
    },
    /// Two entries have the same id, or one has the reserved id 0.
    #[error("{table} id {id} is reserved or given twice")]
    BadId {
        /// Whose id: `location`, `function` or `mapping`.
        table: &'static str,
        /// The id.
        id: u64,
    },
    /// A sample's values do not match the sample types.
    #[error("a sample has {values} values for {types} sample types")]
    Values {
        /// How many values the sample has.
        values: usize,
        /// How many sample types there are.
        types: usize,
    },
}
