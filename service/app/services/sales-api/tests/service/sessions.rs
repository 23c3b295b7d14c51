//! Sessions through the typed client, on the program in production: logging in, going on before the token expires, what is
//! refused, and being sent away.

use std::time::Duration;

use hyper::Method;
use sales_client::{Client, Error, Options, Tokens};
use serde_json::json;

use crate::access::send;
use crate::logins::{PASSWORD, with_user};
use crate::support::Process;

fn client(service: &Process) -> Client {
    let options = Options {
        timeout: Duration::from_mins(1),
        ..Options::default()
    };
    Client::new(&format!("http://{}", service.api), options).expect("a plain address")
}

fn with(client: &Client, tokens: &Tokens) -> Client {
    client.with_token(&tokens.access_token).expect("a token")
}

/// The status and the code of what is refused.
fn refused<T>(result: Result<T, Error>) -> (u16, String) {
    match result {
        Err(Error::Problem(problem)) => (problem.status, problem.code),
        Err(other) => panic!("an answer: {other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

fn unauthenticated() -> (u16, String) {
    (401, "unauthenticated".to_owned())
}

fn spent() -> (u16, String) {
    (401, "invalid_refresh_token".to_owned())
}

#[tokio::test]
async fn who_logs_in_goes_on_before_the_token_expires_and_logs_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let (service, _) = with_user(directory.path(), &["staff"]).await;
    let anonymous = client(&service);
    assert_eq!(refused(anonymous.shop().await), unauthenticated());
    let wrong = anonymous.log_in("ada", "what only eve knows").await;
    let expected = (401, "invalid_credentials".to_owned());
    assert_eq!(refused(wrong), expected);

    let first = anonymous.log_in("ada", PASSWORD).await.expect("known");
    assert!(first.expires_in > 0 && first.refresh_expires_in > first.expires_in);
    let ada = with(&anonymous, &first);
    assert!(!ada.close_shop().await.expect("staff").open);
    assert_eq!(refused(ada.user(1).await).0, 403, "for admins alone");

    // Neither has expired, and while the first does not, both are good.
    let second = anonymous.refresh(&first.refresh_token).await;
    let second = second.expect("it was not used before");
    assert_ne!(second.access_token, first.access_token);
    assert_ne!(second.refresh_token, first.refresh_token);
    let later = with(&anonymous, &second);
    assert!(later.open_shop().await.expect("still staff").open);
    ada.shop().await.expect("still good");
    for (told, secret) in [
        (format!("{first:?}"), &first.refresh_token),
        (format!("{later:?}"), &second.access_token),
    ] {
        assert!(!told.contains(secret), "{told}");
    }

    anonymous.log_out(&second.refresh_token).await.expect("out");
    for gone in [&ada, &later] {
        assert_eq!(refused(gone.shop().await), unauthenticated());
    }
    let again = anonymous.refresh(&second.refresh_token).await;
    assert_eq!(refused(again), spent());
}

#[tokio::test]
async fn a_refresh_is_refused_to_who_has_no_token_or_one_that_was_used() {
    let directory = tempfile::tempdir().expect("a directory");
    let (service, _) = with_user(directory.path(), &["shopper"]).await;
    let anonymous = client(&service);
    let first = anonymous.log_in("ada", PASSWORD).await.expect("known");
    let other = anonymous.log_in("ada", PASSWORD).await.expect("known");
    // Of another kind, made up, and longer than any.
    for text in [&first.access_token[..90], "refresh_AAAA", ""] {
        assert_eq!(refused(anonymous.refresh(text).await), spent(), "{text}");
    }
    let long = refused(anonymous.refresh(&"x".repeat(101)).await);
    assert_eq!(long, (422, "invalid_request".to_owned()));

    let second = anonymous.refresh(&first.refresh_token).await;
    let second = second.expect("it was not used before");
    assert_eq!(
        refused(anonymous.refresh(&first.refresh_token).await),
        spent()
    );
    // Who used it twice, or had it stolen, logs in again; their other session has nothing to do with it.
    assert_eq!(
        refused(anonymous.refresh(&second.refresh_token).await),
        spent()
    );
    let stolen = with(&anonymous, &second).shop().await;
    assert_eq!(refused(stolen), unauthenticated());
    with(&anonymous, &other).shop().await.expect("still good");
    anonymous.log_in("ada", PASSWORD).await.expect("welcome");
}

#[tokio::test]
async fn who_is_revoked_is_out_at_once_and_may_log_in_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let (service, admin) = with_user(directory.path(), &["shopper"]).await;
    let anonymous = client(&service);
    let tokens = anonymous.log_in("ada", PASSWORD).await.expect("known");
    let ada = with(&anonymous, &tokens);
    ada.shop().await.expect("good");
    let raw = service.client();
    let body = json!({"user": 1});
    let revoked = send(&raw, Method::POST, "/v1/revocations", &admin, &body).await;
    assert_eq!(revoked.status, 204, "{:?}", revoked.body);
    assert_eq!(refused(ada.shop().await), unauthenticated());
    let again = anonymous.refresh(&tokens.refresh_token).await;
    assert_eq!(refused(again), spent());
    let tokens = anonymous.log_in("ada", PASSWORD).await.expect("welcome");
    with(&anonymous, &tokens).shop().await.expect("good");
}
