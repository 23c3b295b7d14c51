//! The supply domain: what the supplier asks for a product.
//!
//! [`Quotes`] is what the rest of the program calls; [`Supplier`] is what it asks of whoever knows the prices. While the
//! supplier cannot be asked, the price that was last heard is as good as any, if it is not too old and its age is told.
//!
//! Layout:
//! - [`model`]: a quote
//! - [`supplier`]: what this domain asks of a supplier
//! - `memory`: the prices that were heard

mod memory;
pub mod model;
pub mod supplier;

pub use model::{Quote, Source};
pub use supplier::{NoPrice, Supplier};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use types::{Money, ProductId};

use memory::Memory;

/// What the supplier asks. Clones are the same.
#[derive(Clone, Debug)]
pub struct Quotes {
    memory: Arc<Mutex<Memory>>,
    max_age: Duration,
    clock: fn() -> SystemTime,
}

impl Quotes {
    /// Remembers the prices of at most `keep` products, and falls back on one that is at most `max_age` old.
    pub fn new(keep: usize, max_age: Duration, clock: fn() -> SystemTime) -> Quotes {
        Quotes {
            memory: Arc::new(Mutex::new(Memory::new(keep))),
            max_age,
            clock,
        }
    }

    /// What the supplier asks for one piece now; if that cannot be found out, what it last asked.
    ///
    /// # Errors
    /// The supplier does not have the product; or it cannot be asked, and nothing was heard of late.
    pub async fn quote(
        &self,
        supplier: &impl Supplier,
        product: ProductId,
    ) -> Result<Quote, NoPrice> {
        let answer = supplier.price(product).await;
        let now = (self.clock)();
        match answer {
            Ok(price) => {
                self.memory().keep(product, price, now);
                Ok(Quote {
                    product,
                    price,
                    source: Source::Supplier,
                    at: now,
                    age: Duration::ZERO,
                })
            }
            Err(NoPrice::Unknown) => {
                self.memory().forget(product);
                Err(NoPrice::Unknown)
            }
            Err(failed) => self.fallback(product, now).ok_or(failed),
        }
    }

    /// Of how many products a price is remembered.
    pub fn remembered(&self) -> usize {
        self.memory().len()
    }

    fn fallback(&self, product: ProductId, now: SystemTime) -> Option<Quote> {
        let (price, at): (Money, SystemTime) = self.memory().get(product)?;
        // A clock that was set back makes nothing younger than new.
        let age = now.duration_since(at).unwrap_or_default();
        (age <= self.max_age).then_some(Quote {
            product,
            price,
            source: Source::Fallback,
            at,
            age,
        })
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    use std::time::UNIX_EPOCH;

    use types::Currency;

    use super::*;

    thread_local! {
        static NOW: Cell<u64> = const { Cell::new(1_000) };
    }

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW.get())
    }

    /// Always says the same.
    struct Says(Result<i64, NoPrice>);

    impl Supplier for Says {
        async fn price(&self, _: ProductId) -> Result<Money, NoPrice> {
            self.0.clone().map(euros)
        }
    }

    fn euros(amount: i64) -> Money {
        Money::new(amount, Currency::EUR).expect("in range")
    }

    fn id(number: i64) -> ProductId {
        ProductId::new(number).expect("in range")
    }

    fn quote(quotes: &Quotes, supplier: &Says, product: i64) -> Result<Quote, NoPrice> {
        let quote = pin!(quotes.quote(supplier, id(product)));
        match quote.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(quote) => quote,
            Poll::Pending => panic!("nothing is waited for"),
        }
    }

    fn failed() -> Says {
        Says(Err(NoPrice::Failed("nobody is there".to_owned())))
    }

    #[test]
    fn the_last_price_stands_in_with_its_age_until_it_is_too_old() {
        let quotes = Quotes::new(10, Duration::from_mins(1), now);
        let none = quote(&quotes, &failed(), 1);
        assert_eq!(none, Err(NoPrice::Failed("nobody is there".to_owned())));
        let fresh = quote(&quotes, &Says(Ok(500)), 1).expect("a price");
        assert_eq!(
            (fresh.source, fresh.age),
            (Source::Supplier, Duration::ZERO)
        );
        NOW.set(1_060);
        let old = quote(&quotes, &failed(), 1).expect("remembered");
        assert_eq!((old.price, old.source), (euros(500), Source::Fallback));
        assert_eq!((old.age.as_secs(), old.at), (60, fresh.at));
        NOW.set(900);
        let earlier = quote(&quotes, &failed(), 1).expect("remembered");
        assert_eq!(earlier.age, Duration::ZERO);
        NOW.set(1_061);
        assert!(quote(&quotes, &failed(), 1).is_err(), "too old");
        assert!(quote(&quotes, &failed(), 2).is_err(), "another one");
    }

    #[test]
    fn what_the_supplier_no_longer_has_is_forgotten() {
        let quotes = Quotes::new(10, Duration::from_mins(1), now);
        quote(&quotes, &Says(Ok(500)), 1).expect("a price");
        let gone = quote(&quotes, &Says(Err(NoPrice::Unknown)), 1);
        assert_eq!((gone, quotes.remembered()), (Err(NoPrice::Unknown), 0));
        assert!(quote(&quotes, &failed(), 1).is_err());
    }
}
