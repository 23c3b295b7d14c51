/// Why a variable could not be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The name holds a variable of another kind (or, for a function, any variable at all).
    #[error(
        "the variable {name:?} is already published as a {holds}; it cannot also be a {wanted}"
    )]
    Taken {
        /// The name asked for.
        name: String,
        /// The kind that the name holds.
        holds: &'static str,
        /// The kind that was asked for.
        wanted: &'static str,
    },
    /// The family exists with other label names.
    #[error("the variable {name:?} is already published with the labels {holds:?}, not {wanted:?}")]
    OtherLabels {
        /// The name asked for.
        name: String,
        /// The label names that the family has.
        holds: Vec<String>,
        /// The label names that were asked for.
        wanted: Vec<String>,
    },
    /// A labelled family needs at least one label.
    #[error("the variable {name:?} was asked for as a labelled family without a label")]
    NoLabels {
        /// The name asked for.
        name: String,
    },
}
