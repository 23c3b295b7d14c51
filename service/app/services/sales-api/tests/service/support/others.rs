//! Those whom the service speaks to, and waiting until they have heard of it.

use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

/// A server that answers as it is told, until the test ends; its address.
pub(crate) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(listen::serve(
        listener,
        router,
        listen::Limits::default(),
        std::future::pending(),
    ));
    address
}

/// Longer than anything takes.
const DEADLINE: Duration = Duration::from_mins(2);

/// Lets others work until something holds.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    in_time(what, wait).await;
}

/// Waits, but not for ever.
pub(crate) async fn in_time<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let came = tokio::time::timeout(DEADLINE, wait).await;
    came.unwrap_or_else(|_| panic!("it never came: {what}"))
}
