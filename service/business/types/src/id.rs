//! Numbers that name things. Each kind of thing has its own type, so that an order's number is
//! never taken for a product's.

use std::fmt;

use crate::invalid::{Invalid, within};

/// The largest number that every JSON reader keeps exact: 2^53 − 1.
pub const MAX_ID: i64 = (1 << 53) - 1;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The id with this number.
            ///
            /// # Errors
            /// The number is outside `1..=`[`MAX_ID`].
            pub fn new(number: i64) -> Result<$name, Invalid> {
                within(number, 1, MAX_ID).map($name)
            }

            /// The number.
            pub fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// Which product.
    ProductId
}

id! {
    /// Which order.
    OrderId
}

id! {
    /// Which user.
    UserId
}

id! {
    /// Which event.
    EventId
}

id! {
    /// Which session of a user.
    SessionId
}

id! {
    /// Which entry of the audit log.
    EntryId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_positive_and_exact_in_json() {
        assert_eq!(ProductId::new(1).map(ProductId::get), Ok(1));
        assert_eq!(OrderId::new(MAX_ID).map(OrderId::get), Ok(MAX_ID));
        assert_eq!(ProductId::new(0), Err(Invalid::TooSmall { min: 1 }));
        assert_eq!(OrderId::new(-1), Err(Invalid::TooSmall { min: 1 }));
        assert_eq!(
            UserId::new(MAX_ID + 1),
            Err(Invalid::TooLarge { max: MAX_ID })
        );
    }
}
