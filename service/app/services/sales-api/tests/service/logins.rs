//! Logging in, coming back, being sent away, and what is written about it, on the program.

use std::path::Path;

use auth::{Algorithm, SigningKey};
use hyper::Method;
use serde_json::{Value, json};
use user::Role;

use crate::access::{send, token};
use crate::support::{Answer, Client, Process, Service, order};

pub(crate) const PASSWORD: &str = "a canary sings at dawn";

/// The service in production, a token of an admin, and a user with a password and these roles.
pub(crate) async fn with_user(directory: &Path, roles: &[&str]) -> (Process, String) {
    with_user_and(directory, roles, &[]).await
}

/// The same, with more flags.
pub(crate) async fn with_user_and(
    directory: &Path,
    roles: &[&str],
    flags: &[&str],
) -> (Process, String) {
    let keys = directory.join("keys");
    let key = SigningKey::generate(Algorithm::Es256, [7; 32]).expect("a key");
    key.write(&keys).expect("writes");
    let service = Service::new(directory)
        .flags(&["--profile", "production"])
        .flags(&["--keys", &keys.display().to_string()])
        .flags(flags)
        .start();
    let admin = token(&key, "root", Role::Admin);
    let client = service.client();
    let new = json!({"name": "ada", "roles": roles});
    let made = send(&client, Method::POST, "/v1/users", &admin, &new).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    let password = json!({"password": PASSWORD});
    let path = "/v1/users/1/password";
    let set = send(&client, Method::PUT, path, &admin, &password).await;
    assert_eq!(set.status, 204, "{:?}", set.body);
    (service, admin)
}

async fn log_in(client: &Client, password: &str) -> Answer {
    let body = json!({"name": "ada", "password": password});
    client.post("/v1/login", &body).await
}

/// A session's tokens: the header of requests, and what to come back with.
struct Tokens {
    bearer: String,
    refresh: String,
}

impl Tokens {
    fn of(answer: &Answer) -> Tokens {
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        assert_eq!(answer.header("cache-control"), "no-store");
        let json = answer.json();
        let text = |name: &str| json[name].as_str().expect("a text").to_owned();
        Tokens {
            bearer: format!("Bearer {}", text("access_token")),
            refresh: text("refresh_token"),
        }
    }
}

async fn refresh(client: &Client, token: &str) -> Answer {
    let body = json!({"refresh_token": token});
    client.post("/v1/refresh", &body).await
}

/// What somebody gets who looks at the shop with this token: the status, and the code of an error.
async fn look(client: &Client, bearer: &str) -> (u16, String) {
    let answer = send(client, Method::GET, "/v1/shop", bearer, &Value::Null).await;
    (answer.status.as_u16(), answer.code())
}

fn fine() -> (u16, String) {
    (200, String::new())
}

fn gone() -> (u16, String) {
    (401, "unauthenticated".to_owned())
}

#[tokio::test]
async fn a_session_goes_on_by_refresh_tokens_and_ends_when_one_is_used_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let (service, _) = with_user(directory.path(), &["shopper"]).await;
    let client = service.client();
    let first = Tokens::of(&log_in(&client, PASSWORD).await);
    assert_eq!(look(&client, &first.bearer).await, fine());
    let items = order(&[(1, 1)]);
    let placed = send(&client, Method::POST, "/v1/orders", &first.bearer, &items).await;
    assert_eq!(placed.json()["customer"], 1);

    let second = Tokens::of(&refresh(&client, &first.refresh).await);
    assert_ne!(second.refresh, first.refresh);
    for bearer in [&first.bearer, &second.bearer] {
        assert_eq!(look(&client, bearer).await, fine());
    }
    let other = Tokens::of(&log_in(&client, PASSWORD).await);

    let reused = refresh(&client, &first.refresh).await;
    assert_eq!(
        (reused.status.as_u16(), &*reused.code()),
        (401, "invalid_refresh_token")
    );
    // Nobody knows which of the two was the thief.
    let newest = refresh(&client, &second.refresh).await;
    assert_eq!(newest.status, 401);
    for bearer in [&first.bearer, &second.bearer] {
        assert_eq!(look(&client, bearer).await, gone());
    }
    assert_eq!(look(&client, &other.bearer).await, fine());

    let outcomes = service.variables().await["logins"]["outcomes"].clone();
    let expected = json!({"logged_in": 2, "refreshed": 1, "reused": 1, "refresh_refused": 1});
    assert_eq!(outcomes, expected);
}

#[tokio::test]
async fn who_logs_out_is_out_at_once_and_once_is_enough() {
    let directory = tempfile::tempdir().expect("a directory");
    let (service, _) = with_user(directory.path(), &["shopper"]).await;
    let client = service.client();
    let tokens = Tokens::of(&log_in(&client, PASSWORD).await);
    for token in [&*tokens.refresh, &*tokens.refresh, "nonsense"] {
        let body = json!({"refresh_token": token});
        assert_eq!(client.post("/v1/logout", &body).await.status, 204);
    }
    assert_eq!(look(&client, &tokens.bearer).await, gone());
    assert_eq!(refresh(&client, &tokens.refresh).await.status, 401);
}

#[tokio::test]
async fn who_says_it_wrong_learns_nothing_and_not_too_often() {
    let directory = tempfile::tempdir().expect("a directory");
    let (service, admin) = with_user(directory.path(), &["shopper"]).await;
    let client = service.client();
    let nobody = json!({"name": "eve", "password": PASSWORD});
    let answers = [
        log_in(&client, "another password").await,
        client.post("/v1/login", &nobody).await,
    ];
    let what = |answer: &Answer| {
        let json = answer.json();
        (answer.status, json["code"].clone(), json["detail"].clone())
    };
    assert_eq!(what(&answers[0]), what(&answers[1]));
    assert_eq!(answers[0].status, 401);
    let malformed = client.post("/v1/login", &json!({"name": 7})).await;
    assert_eq!(malformed.status, 422);
    assert_eq!(malformed.fields(), ["name", "password"]);
    assert_eq!(refresh(&client, "nonsense").await.status, 401);

    let mut limited = false;
    for _ in 0..100 {
        let answer = log_in(&client, "another password").await;
        limited |= answer.status == 429 && !answer.header("retry-after").is_empty();
        if limited {
            break;
        }
    }
    assert!(limited);

    // Somebody else is not held up.
    let bob = json!({"name": "bob", "roles": []});
    let made = send(&client, Method::POST, "/v1/users", &admin, &bob).await;
    assert_eq!(made.status, 201);
    let bob = json!({"name": "bob", "password": PASSWORD});
    assert_eq!(client.post("/v1/login", &bob).await.status, 401);
}

#[tokio::test]
async fn a_password_is_changed_by_its_owner_or_an_admin_and_ends_sessions() {
    let directory = tempfile::tempdir().expect("a directory");
    let (service, admin) = with_user(directory.path(), &["staff"]).await;
    let client = service.client();
    let own = Tokens::of(&log_in(&client, PASSWORD).await);
    let next = "another canary at dusk";
    let set = async |who: &str, user: i64, body: Value| {
        let path = format!("/v1/users/{user}/password");
        let answer = send(&client, Method::PUT, &path, who, &body).await;
        answer.status.as_u16()
    };
    for (who, user, body, status) in [
        (&*own.bearer, 1, json!({"password": next}), 403),
        (
            &own.bearer,
            1,
            json!({"password": next, "current": "x"}),
            403,
        ),
        (
            &own.bearer,
            2,
            json!({"password": next, "current": PASSWORD}),
            403,
        ),
        ("", 1, json!({"password": next}), 401),
        (&admin, 99, json!({"password": next}), 404),
        (&admin, 1, json!({"password": "short"}), 422),
    ] {
        assert_eq!(set(who, user, body.clone()).await, status, "{user} {body}");
    }
    let body = json!({"password": next, "current": PASSWORD});
    assert_eq!(set(&own.bearer, 1, body).await, 204);
    assert_eq!(look(&client, &own.bearer).await, gone());
    assert_eq!(log_in(&client, PASSWORD).await.status, 401);
    Tokens::of(&log_in(&client, next).await);
}

#[tokio::test]
async fn what_an_admin_revokes_or_changes_holds_at_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let (service, admin) = with_user(directory.path(), &["staff"]).await;
    let client = service.client();
    let revoke = async |body: Value| {
        let answer = send(&client, Method::POST, "/v1/revocations", &admin, &body).await;
        answer.status.as_u16()
    };
    for (body, status) in [
        (json!({}), 422),
        (json!({"user": 1, "token": "x"}), 422),
        (json!({"token": "a b"}), 422),
        (json!({"user": 99}), 404),
    ] {
        assert_eq!(revoke(body.clone()).await, status, "{body}");
    }
    let tokens = Tokens::of(&log_in(&client, PASSWORD).await);
    assert_eq!(revoke(json!({"user": 1})).await, 204);
    assert_eq!(look(&client, &tokens.bearer).await, gone());
    assert_eq!(refresh(&client, &tokens.refresh).await.status, 401);

    // A token outside of a session: by its id, and by whom it was made out to.
    let keys = SigningKey::generate(Algorithm::Es256, [7; 32]).expect("a key");
    let now = std::time::SystemTime::now();
    let claims = |id: u8| {
        let minute = std::time::Duration::from_mins(1);
        let claims = auth::Claims::new("bot", user::Roles::default(), now, minute);
        claims.expect("claims").with_id([id; 16])
    };
    let bearer = |claims: &auth::Claims| format!("Bearer {}", keys.sign(claims));
    let [one, two] = [claims(1), claims(2)];
    assert_eq!(revoke(json!({"token": one.id()})).await, 204);
    assert_eq!(look(&client, &bearer(&one)).await, gone());
    assert_eq!(look(&client, &bearer(&two)).await, fine());
    assert_eq!(revoke(json!({"subject": "bot"})).await, 204);
    assert_eq!(look(&client, &bearer(&two)).await, gone());

    // Roles that were taken away count no more, whatever the token says, and who is shut out stays out.
    let tokens = Tokens::of(&log_in(&client, PASSWORD).await);
    let close = async || {
        let path = "/v1/shop/close";
        let answer = send(&client, Method::POST, path, &tokens.bearer, &Value::Null).await;
        answer.status.as_u16()
    };
    let patch = async |body: &str| {
        let headers = [
            ("authorization", &*admin),
            ("content-type", "application/merge-patch+json"),
            ("if-match", "*"),
        ];
        let patched = client.send(Method::PATCH, "/v1/users/1", &headers, body);
        patched.await.expect("an answer").status.as_u16()
    };
    assert_eq!(close().await, 200);
    assert_eq!(patch(r#"{"roles":["shopper"]}"#).await, 200);
    assert_eq!(close().await, 403);
    assert_eq!(look(&client, &tokens.bearer).await, fine());
    assert_eq!(patch(r#"{"enabled":false}"#).await, 200);
    assert_eq!(look(&client, &tokens.bearer).await.0, 403);
    assert_eq!(refresh(&client, &tokens.refresh).await.status, 401);
    assert_eq!(log_in(&client, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn the_audit_log_says_who_changed_what() {
    let directory = tempfile::tempdir().expect("a directory");
    let (service, admin) = with_user(directory.path(), &["staff"]).await;
    let client = service.client();
    let ada = Tokens::of(&log_in(&client, PASSWORD).await);
    assert_eq!(log_in(&client, "wrong").await.status, 401);
    let restock = json!({"pieces": 3});
    let path = "/v1/products/2/restock";
    let restocked = send(&client, Method::POST, path, &ada.bearer, &restock).await;
    assert_eq!(restocked.status, 200, "{:?}", restocked.body);
    let request = restocked.header("x-request-id").to_owned();

    let page = async |query: &str| {
        let path = format!("/v1/audit?{query}");
        let answer = send(&client, Method::GET, &path, &admin, &Value::Null).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.json()
    };
    let mut lines = Vec::new();
    let mut after = json!(0);
    while !after.is_null() {
        let page = page(&format!("after={after}&limit=2")).await;
        for item in page["items"].as_array().expect("items") {
            let text = |name: &str| item[name].as_str().expect("a text").to_owned();
            lines.push(
                ["subject", "action", "object", "outcome"]
                    .map(text)
                    .join(" "),
            );
        }
        after = page["next"].clone();
    }
    let expected = [
        "root user.create users/1 done",
        "root user.password users/1 done",
        "1 session.begin sessions/1 done",
        "anonymous session.begin names/ada refused",
        "1 product.restock products/2 done",
    ];
    assert_eq!(lines, expected);
    let of_product = page("object=products/2&subject=1&fields=id,request_id").await;
    let items = of_product["items"].as_array().expect("items");
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["request_id"], request);
}

#[tokio::test]
async fn development_makes_a_key_so_that_people_can_log_in() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path()).start();
    let client = service.client();
    let made = client
        .post("/v1/users", &json!({"name": "ada", "roles": ["shopper"]}))
        .await;
    assert_eq!(made.status, 201);
    let body = json!({"password": PASSWORD});
    let set = send(&client, Method::PUT, "/v1/users/1/password", "", &body).await;
    assert_eq!(set.status, 204, "{:?}", set.body);
    let tokens = Tokens::of(&log_in(&client, PASSWORD).await);
    let users = async |who: &str| {
        let answer = send(&client, Method::GET, "/v1/users", who, &Value::Null).await;
        answer.status.as_u16()
    };
    // Who shows a token is held to its roles; who shows none may do everything.
    assert_eq!(users(&tokens.bearer).await, 403);
    assert_eq!(users("").await, 200);

    let keys = directory.path().join("keys");
    let mut private = 0;
    for entry in std::fs::read_dir(&keys).expect("a directory").flatten() {
        if entry
            .file_name()
            .to_string_lossy()
            .ends_with(".private.jwk")
        {
            private += 1;
            let mode = entry.metadata().expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
    assert_eq!(private, 1);
    drop(service);
    // The second time it takes what is there.
    let service = Service::new(directory.path()).start();
    assert_eq!(look(&service.client(), &tokens.bearer).await, fine());
}
