//! The store in memory: what all have in common, and its end.

use types::StoreError;

use crate::support::{Kind, place};

crate::both::tests_of_both!(Kind::Memory);

#[tokio::test]
async fn a_closed_store_lets_nobody_in() {
    let (store, _home) = Kind::Memory.store(1).await;
    store.ping().await.expect("it is open");
    store.close().await;
    store.close().await;
    assert!(matches!(store.ping().await, Err(StoreError::Closed)));
    place(&store, &[(1, 1)]).await.expect_err("it is closed");
}
