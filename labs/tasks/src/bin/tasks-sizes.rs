//! A future is as large as what it keeps across its awaits.
//!
//! `cargo run -p tasks --bin tasks-sizes`

use std::hint::black_box;

use tokio::task::yield_now;

// ANCHOR: futures
async fn small() {
    yield_now().await;
}

async fn keeps_a_page() {
    let page = [1_u8; 4096];
    yield_now().await;
    black_box(&page); // used after the await: it has to be kept meanwhile
}

async fn lets_go_of_it() {
    {
        let page = [1_u8; 4096];
        black_box(&page);
    } // gone before the await
    yield_now().await;
}

async fn keeps_it_elsewhere() {
    Box::pin(keeps_a_page()).await;
}
// ANCHOR_END: futures

fn main() {
    println!("small: {} bytes", size_of_val(&small()));
    println!("keeps a page: {} bytes", size_of_val(&keeps_a_page()));
    println!("lets go of it: {} bytes", size_of_val(&lets_go_of_it()));
    println!(
        "keeps it elsewhere: {} bytes",
        size_of_val(&keeps_it_elsewhere())
    );
}
