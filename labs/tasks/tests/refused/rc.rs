use std::rc::Rc;

// ANCHOR: rc
async fn pack() {
    let label = Rc::new("teapot");
    print(&label).await;
    println!("{label}");
}

fn main() {
    spawn(pack());
}
// ANCHOR_END: rc

async fn print(_label: &str) {}

/// What `tokio::spawn` asks for.
fn spawn<F: Future + Send + 'static>(_task: F) {}
