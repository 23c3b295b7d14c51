//! The rule: can this order be taken back?

use std::time::SystemTime;

use types::{Stale, Version};

use crate::{Order, Status};

/// The order, reversed at `at`; `None` if it was reversed before, when there is nothing more to do.
/// Whoever keeps it then puts its pieces back on the shelf.
///
/// # Errors
/// The order stands, but in another version than expected.
pub fn reverse(
    order: &Order,
    expected: Option<Version>,
    at: SystemTime,
) -> Result<Option<Order>, Stale> {
    if order.status() == Status::Reversed {
        return Ok(None);
    }
    order.version.check(expected)?;
    Ok(Some(Order {
        reversed_at: Some(at),
        version: order.version.next(),
        ..order.clone()
    }))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use types::{Currency, Money, OrderId};

    use super::*;

    fn order() -> Order {
        Order {
            id: OrderId::new(1).expect("in range"),
            placed_at: UNIX_EPOCH,
            reversed_at: None,
            customer: None,
            version: Version::FIRST,
            lines: Vec::new(),
            total: Money::new(1, Currency::EUR).expect("in range"),
        }
    }

    #[test]
    fn an_order_is_reversed_once() {
        let reversed = reverse(&order(), Some(Version::FIRST), UNIX_EPOCH)
            .expect("as expected")
            .expect("it stands");
        assert_eq!(reversed.status(), Status::Reversed);
        assert_eq!(reversed.version, Version::FIRST.next());
        // Whoever sends the same again learns that it is done, whatever version they know.
        assert_eq!(
            reverse(&reversed, Some(Version::FIRST), UNIX_EPOCH),
            Ok(None)
        );
    }

    #[test]
    fn another_version_is_refused() {
        let newer = Order {
            version: Version::FIRST.next(),
            ..order()
        };
        assert!(reverse(&newer, Some(Version::FIRST), UNIX_EPOCH).is_err());
        assert!(reverse(&newer, None, UNIX_EPOCH).is_ok());
    }
}
