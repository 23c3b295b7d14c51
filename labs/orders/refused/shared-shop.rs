struct Shop {
    stock: i64,
}

impl Shop {
    async fn place(&mut self, pieces: i64) {
        self.stock -= pieces;
    }
}

// ANCHOR: shared
async fn two_shoppers(shop: &mut Shop) {
    let anna = shop.place(1);
    let ben = shop.place(2);
    join(anna, ben).await;
}
// ANCHOR_END: shared

async fn join(_one: impl Future<Output = ()>, _other: impl Future<Output = ()>) {}

fn main() {
    let mut shop = Shop { stock: 3 };
    let _morning = two_shoppers(&mut shop);
}
