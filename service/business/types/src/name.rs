//! What products and users are called.

use std::fmt;
use std::sync::Arc;

use crate::Invalid;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The longest name, in characters.
            pub const MAX_CHARS: usize = 100;

            /// The name with white space around it removed.
            ///
            /// # Errors
            /// Nothing is left, it is too long, or it holds a control character.
            pub fn new(text: &str) -> Result<$name, Invalid> {
                check(text.trim(), Self::MAX_CHARS).map(|name| $name(name.into()))
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A product's name: trimmed, not empty, at most [`ProductName::MAX_CHARS`] characters, none of
    /// them a control character. Cheap to clone.
    ProductName
}

name! {
    /// A user's name: trimmed, not empty, at most [`UserName::MAX_CHARS`] characters, none of them a
    /// control character. Cheap to clone.
    UserName
}

fn check(text: &str, max: usize) -> Result<&str, Invalid> {
    if text.is_empty() {
        return Err(Invalid::Empty);
    }
    if text.chars().count() > max {
        return Err(Invalid::TooLong { max });
    }
    if text.chars().any(char::is_control) {
        return Err(Invalid::ControlCharacter);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        let long = "x".repeat(101);
        let cases: [(&str, Result<&str, Invalid>); 6] = [
            ("  Teapot ", Ok("Teapot")),
            ("Käse", Ok("Käse")),
            ("", Err(Invalid::Empty)),
            (" \t", Err(Invalid::Empty)),
            (&long, Err(Invalid::TooLong { max: 100 })),
            ("Tea\u{1b}[31mpot", Err(Invalid::ControlCharacter)),
        ];
        for (text, expected) in cases {
            let name = ProductName::new(text);
            assert_eq!(
                name.as_ref().map(ProductName::as_str),
                expected.as_ref().copied(),
                "{text:?}"
            );
        }
    }
}
