// ANCHOR: borrow
async fn morning() {
    let orders = vec![1, 2, 3];
    let packer = async { println!("{} orders", orders.len()) };
    spawn(packer);
}
// ANCHOR_END: borrow

fn main() {
    spawn(morning());
}

/// What `tokio::spawn` asks for.
fn spawn<F: Future + Send + 'static>(_task: F) {}
