//! Holds the features of shared dependencies to one set; contains no code.
