//! Sessions, revocations and the audit log, in all stores.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use audit::{Author, Event, Outcome, Query, Store as _};
use order::{Purchase, Store as _};
use product::Store as _;
use session::{
    KEPT, Lives, Next, Presented, Refreshed, Revocation, Secret, Session, Store as _, TokenHash,
};
use shop::Store as _;
use stores::Any;
use tokio::task::JoinSet;
use types::{IdempotencyKey, Quantity, UserId, UserName};
use user::{NewUser, Roles, Store as _};

use crate::support::{Kind, at, id, order};

const LIVES: Lives = Lives {
    idle: Duration::from_hours(1),
    session: Duration::from_hours(3),
};

fn token(number: u8) -> TokenHash {
    TokenHash([number; 32])
}

fn next(number: u8, after: Duration) -> Next {
    Next {
        token: token(number),
        at: at() + after,
        lives: LIVES,
    }
}

async fn user(store: &Any, name: &str) -> UserId {
    let new = NewUser {
        name: UserName::new(name).expect("a name"),
        roles: Roles::default(),
    };
    store.create_user(new, at()).await.expect("a new name").id
}

async fn begin(store: &Any, user: UserId, first: u8) -> Session {
    let first = next(first, Duration::ZERO);
    store.begin_session(user, first).await.expect("writable")
}

async fn refresh(store: &Any, used: u8, next_one: u8, after: Duration) -> Refreshed {
    let refreshed = store.refresh(token(used), next(next_one, after)).await;
    refreshed.expect("writable")
}

/// Whether what was issued in this session counts no more.
async fn ended(store: &Any, session: &Session) -> bool {
    let presented = Presented {
        id: None,
        session: Some(session.id),
        subject: session.user.to_string(),
        issued_at: at(),
    };
    store.is_revoked(presented).await.expect("readable")
}

pub(crate) async fn passwords_are_kept_of_users_alone_and_end_sessions(kind: Kind) {
    let (store, _home) = kind.store(1).await;
    let ada = user(&store, "ada").await;
    let nobody = UserId::new(99).expect("in range");
    let secret = |text: &str| Secret(text.to_owned());
    assert_eq!(store.password(ada).await.expect("readable"), None);
    for (user, text, known) in [(ada, "one", true), (nobody, "two", false)] {
        let kept = store.set_password(user, secret(text), at()).await;
        assert_eq!(kept.expect("writable"), known);
    }
    let kept = store.password(ada).await.expect("readable");
    assert_eq!(kept, Some(secret("one")));
    assert_eq!(store.password(nobody).await.expect("readable"), None);

    let session = begin(&store, ada, 1).await;
    assert!(!ended(&store, &session).await);
    let kept = store.set_password(ada, secret("three"), at()).await;
    assert!(kept.expect("writable"));
    assert!(ended(&store, &session).await);
    let kept = store.password(ada).await.expect("readable");
    assert_eq!(kept, Some(secret("three")));
}

pub(crate) async fn a_refresh_token_is_good_once_and_its_reuse_ends_the_session(kind: Kind) {
    let (store, _home) = kind.store(1).await;
    let ada = user(&store, "ada").await;
    let (session, other) = (begin(&store, ada, 1).await, begin(&store, ada, 101).await);
    assert_eq!(session.expires_at, at() + LIVES.idle);
    let minute = Duration::from_mins(1);
    let renewed = refresh(&store, 1, 2, minute).await;
    assert_eq!(
        renewed,
        Refreshed::Renewed(Session {
            expires_at: at() + minute + LIVES.idle,
            ..session
        })
    );
    assert!(matches!(
        refresh(&store, 2, 3, minute).await,
        Refreshed::Renewed(_)
    ));
    assert_eq!(refresh(&store, 9, 10, minute).await, Refreshed::Refused);

    let reused = refresh(&store, 1, 4, minute).await;
    assert!(matches!(reused, Refreshed::Reused(of) if of.id == session.id));
    assert!(ended(&store, &session).await);
    // The newest one, too, is good for nothing.
    assert_eq!(refresh(&store, 3, 5, minute).await, Refreshed::Refused);
    assert!(!ended(&store, &other).await);
    assert!(matches!(
        refresh(&store, 101, 102, minute).await,
        Refreshed::Renewed(_)
    ));
}

pub(crate) async fn of_many_who_refresh_with_one_token_at_most_one_gets_on(kind: Kind) {
    let (store, _home) = kind.store(1).await;
    let ada = user(&store, "ada").await;
    let session = begin(&store, ada, 0).await;
    let mut all = JoinSet::new();
    for number in 1..=8 {
        let store = store.clone();
        all.spawn(async move { refresh(&store, 0, number, Duration::ZERO).await });
    }
    let results = all.join_all().await;
    let of = |what: fn(&Refreshed) -> bool| results.iter().filter(|one| what(one)).count();
    assert_eq!(
        of(|one| matches!(one, Refreshed::Renewed(_))),
        1,
        "{results:?}"
    );
    assert_eq!(
        of(|one| matches!(one, Refreshed::Reused(_))),
        7,
        "{results:?}"
    );
    assert!(ended(&store, &session).await);
}

pub(crate) async fn sessions_expire_end_and_are_forgotten(kind: Kind) {
    let (store, _home) = kind.store(1).await;
    let ada = user(&store, "ada").await;
    let moment = Duration::from_millis(1);
    begin(&store, ada, 1).await;
    assert_eq!(refresh(&store, 1, 2, LIVES.idle).await, Refreshed::Refused);
    assert!(matches!(
        refresh(&store, 1, 2, LIVES.idle.saturating_sub(moment)).await,
        Refreshed::Renewed(_)
    ));

    // However often it is refreshed, it ends.
    let session = begin(&store, ada, 11).await;
    let mut after = Duration::ZERO;
    for number in 11..14 {
        after += LIVES.idle.saturating_sub(moment);
        let renewed = refresh(&store, number, number + 1, after).await;
        assert!(matches!(renewed, Refreshed::Renewed(of) if of.expires_at <= at() + LIVES.session));
    }
    assert_eq!(
        refresh(&store, 14, 15, LIVES.session).await,
        Refreshed::Refused
    );

    let end = |number| store.end_session(token(number), at());
    assert_eq!(end(99).await.expect("writable"), None);
    let ended_now = end(14).await.expect("writable");
    assert_eq!(ended_now.map(|ended| ended.id), Some(session.id));
    assert_eq!(end(14).await.expect("writable"), None);
    assert_eq!(refresh(&store, 14, 16, after).await, Refreshed::Refused);

    let later = LIVES.session + KEPT + moment;
    let first = next(200, later);
    store.begin_session(ada, first).await.expect("writable");
    assert!(
        ended(&store, &session).await,
        "what is forgotten counts no more"
    );
    assert_eq!(refresh(&store, 14, 17, after).await, Refreshed::Refused);
}

pub(crate) async fn tokens_are_revoked_by_id_subject_and_user(kind: Kind) {
    let (store, _home) = kind.store(1).await;
    let ada = user(&store, "ada").await;
    let session = begin(&store, ada, 1).await;
    let second = Duration::from_secs(1);
    let is_revoked = async |id: Option<&str>, subject: &str, issued_at: SystemTime| {
        let presented = Presented {
            id: id.map(str::to_owned),
            session: None,
            subject: subject.to_owned(),
            issued_at,
        };
        store.is_revoked(presented).await.expect("readable")
    };
    let revoke = async |what, at| {
        let revoked = store.revoke(what, at, at + KEPT).await;
        revoked.expect("writable");
    };
    let both = async |issued| {
        (
            is_revoked(Some("t1"), "bot", issued).await,
            is_revoked(None, "bot", issued).await,
        )
    };
    assert_eq!(both(at()).await, (false, false));
    revoke(Revocation::Token("t1".to_owned()), at()).await;
    assert_eq!(both(at()).await, (true, false));
    revoke(Revocation::Subject("bot".to_owned()), at()).await;
    assert_eq!(both(at() - second).await, (true, true));
    assert_eq!(both(at()).await, (true, true));
    assert_eq!(both(at() + second).await, (true, false));
    assert!(!is_revoked(None, "ada", at()).await);
    assert!(!ended(&store, &session).await);

    let subjects = vec!["ada".to_owned(), ada.to_string()];
    revoke(Revocation::User(ada, subjects), at() + second).await;
    assert!(is_revoked(None, "ada", at() + second).await);
    assert!(is_revoked(None, &ada.to_string(), at()).await);
    assert!(ended(&store, &session).await);
    // Whoever may still log in does so again.
    let again = begin(&store, ada, 2).await;
    assert!(!ended(&store, &again).await);

    // In time it is forgotten, when what it was about has expired.
    revoke(Revocation::Token("t2".to_owned()), at() + 2 * KEPT).await;
    assert_eq!(both(at()).await, (false, false));
}

pub(crate) async fn every_change_has_its_entry_and_nothing_else_has(kind: Kind) {
    let (anonymous, _home) = kind.store(5).await;
    let author = Author {
        subject: "eve".to_owned(),
        request: "r-1".to_owned(),
        at: at(),
    };
    let store = anonymous.by(Arc::new(author.clone()));
    let ada = user(&store, "ada").await;
    let key = IdempotencyKey::new("k").expect("a key");
    let purchase = |pieces| Purchase {
        key: Some(key.clone()),
        ..Purchase::anonymous(order(&[(1, pieces)]), at())
    };
    let placed = store.place(purchase(1)).await.expect("in stock").order;
    assert!(store.place(purchase(1)).await.expect("known").replayed);
    store
        .place(purchase(99))
        .await
        .expect_err("another order under the key");
    let without_key = Purchase::anonymous(order(&[(1, 99)]), at());
    store.place(without_key).await.expect_err("not so many");
    store
        .reverse(placed.id, None, at())
        .await
        .expect("it stands");
    store
        .reverse(placed.id, None, at())
        .await
        .expect("as before");
    let pieces = Quantity::new(3).expect("in range");
    store
        .restock(id(2), pieces, at())
        .await
        .expect("there is room");
    store
        .restock(id(99), pieces, at())
        .await
        .expect_err("no such product");
    store.set_open(false, at()).await.expect("writable");
    store
        .set_password(ada, Secret("x".to_owned()), at())
        .await
        .expect("writable");
    begin(&store, ada, 1).await;
    refresh(&store, 1, 2, Duration::ZERO).await;
    refresh(&store, 1, 3, Duration::ZERO).await;
    let event = Event {
        author: author.clone(),
        action: "key.add".to_owned(),
        object: "keys/0123".to_owned(),
        outcome: Outcome::Done,
    };
    store.note(event).await.expect("writable");
    // Nobody knows whose this is.
    user(&anonymous, "bob").await;

    let entries = async |query: Query, count| {
        let entries = store.entries(query, count).await.expect("readable");
        let entry = |entry: &audit::Entry| {
            assert_eq!(entry.event.author, author);
            let outcome = entry.event.outcome.name();
            format!(
                "{} {} {} {outcome}",
                entry.id, entry.event.action, entry.event.object
            )
        };
        entries.iter().map(entry).collect::<Vec<_>>()
    };
    let all = [
        "user.create users/1 done",
        "order.place orders/1 done",
        "order.reverse orders/1 done",
        "product.restock products/2 done",
        "shop.close shop done",
        "user.password users/1 done",
        "session.begin sessions/1 done",
        "session.reuse sessions/1 refused",
        "key.add keys/0123 done",
    ];
    let found = entries(Query::default(), 100).await;
    // Numbers may have gaps where something was taken back.
    let said = found
        .iter()
        .filter_map(|line| Some(line.split_once(' ')?.1));
    assert_eq!(said.collect::<Vec<_>>(), all);
    let number = |line: &String| line.split(' ').next()?.parse().ok();
    let third = number(&found[2]).and_then(|third| types::EntryId::new(third).ok());
    let page = Query {
        after: third,
        ..Query::default()
    };
    assert_eq!(entries(page, 2).await, found[3..5]);
    let of_order = Query {
        object: Some("orders/1".to_owned()),
        subject: Some("eve".to_owned()),
        ..Query::default()
    };
    assert_eq!(entries(of_order, 100).await, found[1..3]);
    let of_another = Query {
        subject: Some("ada".to_owned()),
        ..Query::default()
    };
    assert!(entries(of_another, 100).await.is_empty());
}
