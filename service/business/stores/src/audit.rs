//! What all stores say of a change in the audit log.

use audit::{Author, Event, Outcome};
use order::{Placed, Reversal};
use product::Product;
use session::{Refreshed, Revocation, Session};
use types::{EventId, UserId};
use user::User;

/// An action and what it was done to.
pub(crate) type Done = (&'static str, String);

/// None if nothing was changed.
pub(crate) type Noted = Option<Done>;

/// What somebody did who came with a refresh token that was used before.
const REUSE: &str = "session.reuse";

/// The event that a change by this author makes.
pub(crate) fn event(author: &Author, action: &str, object: String) -> Event {
    let outcome = if action == REUSE {
        Outcome::Refused
    } else {
        Outcome::Done
    };
    Event {
        author: author.clone(),
        action: action.to_owned(),
        object,
        outcome,
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "other changes may have changed nothing"
)]
pub(crate) fn product(action: &'static str, product: &Product) -> Noted {
    Some((action, format!("products/{}", product.id)))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "other changes may have changed nothing"
)]
pub(crate) fn user(action: &'static str, user: &User) -> Noted {
    Some((action, format!("users/{}", user.id)))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "other changes may have changed nothing"
)]
pub(crate) fn shop(open: bool) -> Noted {
    let action = if open { "shop.open" } else { "shop.close" };
    Some((action, "shop".to_owned()))
}

/// Sent again, an order changes nothing.
pub(crate) fn placed(placed: &Placed) -> Noted {
    (!placed.replayed).then(|| ("order.place", format!("orders/{}", placed.order.id)))
}

pub(crate) fn reversed(reversal: &Reversal) -> Noted {
    (!reversal.replayed).then(|| ("order.reverse", format!("orders/{}", reversal.order.id)))
}

/// Dead letters that were requeued: an entry for each.
pub(crate) fn requeued(letters: &[EventId]) -> Vec<Done> {
    let entry = |id: &EventId| ("event.requeue", format!("events/{id}"));
    letters.iter().map(entry).collect()
}

pub(crate) fn discarded(letter: EventId, was_there: bool) -> Noted {
    was_there.then(|| ("event.discard", format!("events/{letter}")))
}

/// Of somebody who is no user, no password is kept.
pub(crate) fn password(user: UserId, was_kept: bool) -> Noted {
    was_kept.then(|| ("user.password", format!("users/{user}")))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "other changes may have changed nothing"
)]
pub(crate) fn begun(session: &Session) -> Noted {
    Some(("session.begin", of_session(session)))
}

/// That a session goes on is nothing new.
pub(crate) fn refreshed(refreshed: &Refreshed) -> Noted {
    match refreshed {
        Refreshed::Reused(session) => Some((REUSE, of_session(session))),
        Refreshed::Renewed(_) | Refreshed::Refused => None,
    }
}

pub(crate) fn ended(session: Option<Session>) -> Noted {
    session.map(|session| ("session.end", of_session(&session)))
}

fn of_session(session: &Session) -> String {
    format!("sessions/{}", session.id)
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "other changes may have changed nothing"
)]
pub(crate) fn revoked(what: &Revocation) -> Noted {
    Some(("token.revoke", object_of(what)))
}

/// What a revocation is about.
fn object_of(what: &Revocation) -> String {
    match what {
        Revocation::Token(id) => format!("tokens/{id}"),
        Revocation::Subject(subject) => format!("subjects/{subject}"),
        Revocation::User(user, _) => format!("users/{user}"),
    }
}

/// The rows that a revocation makes: kind and name.
pub(crate) fn names_of(what: &Revocation) -> Vec<(&'static str, &str)> {
    match what {
        Revocation::Token(id) => vec![("token", id)],
        Revocation::Subject(subject) => vec![("subject", subject)],
        Revocation::User(_, subjects) => subjects
            .iter()
            .map(|subject| ("subject", subject.as_str()))
            .collect(),
    }
}
