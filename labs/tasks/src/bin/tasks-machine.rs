//! What the compiler makes of an await, written by hand.
//!
//! `cargo run -p tasks --bin tasks-machine`

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot::{self, Receiver};

// ANCHOR: machine
async fn label(order: Receiver<u32>) -> String {
    let number = order.await.unwrap_or(0);
    format!("order {number}")
}

/// What `label` is, more or less: a value that remembers at which await it stands.
enum Label {
    Waiting(Receiver<u32>),
    Ended,
}

impl Future for Label {
    type Output = String;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<String> {
        let Label::Waiting(order) = &mut *self else {
            panic!("polled after its end");
        };
        // `.await`: poll what is waited for. If it is not ready, return, and begin here
        // next time.
        let number = match Pin::new(order).poll(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(number) => number.unwrap_or(0),
        };
        *self = Label::Ended;
        Poll::Ready(format!("order {number}"))
    }
}
// ANCHOR_END: machine

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let ((first, order), (second, other)) = (oneshot::channel(), oneshot::channel());
    let both = tokio::spawn(async move { (label(order).await, Label::Waiting(other).await) });
    first.send(7).expect("somebody waits");
    second.send(8).expect("somebody waits");
    let (compiled, by_hand) = both.await.expect("does not panic");
    println!("{compiled}, {by_hand}");
}
