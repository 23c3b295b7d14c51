//! Prices, each asked for once, in shards.

use gym::sync::Mutex;
use std::collections::HashMap;
//: solution
use std::collections::hash_map::Entry;
//: starter
//: end

/// What products cost, as far as that is known.
pub struct Prices {
    shards: Vec<Mutex<HashMap<usize, u64>>>,
}

impl Prices {
    /// Nothing is known yet.
    pub fn new(shards: usize) -> Prices {
        Prices {
            shards: (0..shards).map(|_| Mutex::default()).collect(),
        }
    }

    /// The price of a product. `ask` finds it out; it is awaited only if the price is not known.
    pub async fn price(&self, product: usize, ask: impl Future<Output = u64>) -> u64 {
        let shard = &self.shards[product % self.shards.len()];
        //: solution
        let mut prices = shard.lock().await;
        match prices.entry(product) {
            Entry::Occupied(known) => *known.get(),
            // With the shard still locked: nobody else asks.
            Entry::Vacant(place) => *place.insert(ask.await),
        }
        //: starter
        //| if let Some(price) = shard.lock().await.get(&product) {
        //|     return *price;
        //| }
        //| let price = ask.await;
        //| shard.lock().await.insert(product, price);
        //| price
        //: end
    }
}
