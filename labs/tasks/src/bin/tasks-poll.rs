//! Polling by hand what a runtime polls.
//!
//! `cargo run -p tasks --bin tasks-poll`

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use tokio::sync::oneshot;

// ANCHOR: poll
struct Tells;

impl Wake for Tells {
    fn wake(self: Arc<Self>) {
        println!("waker: poll it again");
    }
}

fn main() {
    let waker = Waker::from(Arc::new(Tells));
    let mut context = Context::from_waker(&waker);

    let (ring, rung) = oneshot::channel();
    let mut clerk = pin!(async {
        println!("clerk: listens");
        let customer: &str = rung.await.expect("somebody rings");
        println!("clerk: good morning, {customer}");
    });

    println!("{:?}", clerk.as_mut().poll(&mut context));
    ring.send("Ada").expect("the clerk listens");
    println!("{:?}", clerk.as_mut().poll(&mut context));
}
// ANCHOR_END: poll
