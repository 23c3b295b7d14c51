//! Logins, what ends them, and who did what.

use std::collections::BTreeMap;
use std::time::SystemTime;

use ::audit::{Entry, Event, Query};
use session::{KEPT, Next, Presented, Refreshed, Revocation, Secret, Session, TokenHash};
use types::{EntryId, SessionId, StoreError, UserId};

use super::{Memory, to_the_millisecond};
use crate::audit as noted;

#[derive(Debug, Default)]
pub(super) struct Sessions {
    passwords: BTreeMap<UserId, Secret>,
    /// How many there have been: numbers are never used again.
    begun: i64,
    by_id: BTreeMap<SessionId, Kept>,
    tokens: BTreeMap<[u8; 32], Token>,
    /// Kind and name; what was issued until then, and when it may be forgotten.
    revoked: BTreeMap<(&'static str, String), (SystemTime, SystemTime)>,
}

#[derive(Debug)]
struct Kept {
    user: UserId,
    expires_at: SystemTime,
    ended: bool,
}

#[derive(Debug)]
struct Token {
    session: SessionId,
    expires_at: SystemTime,
    used: bool,
}

impl Sessions {
    fn end_all(&mut self, user: UserId) {
        let sessions = self.by_id.values_mut();
        for session in sessions.filter(|session| session.user == user) {
            session.ended = true;
        }
    }

    fn begin(&mut self, user: UserId, first: &Next) -> Result<Session, StoreError> {
        let over = |at: SystemTime| at + KEPT < first.at;
        self.by_id.retain(|_, session| !over(session.expires_at));
        let sessions = &self.by_id;
        self.tokens
            .retain(|_, token| sessions.contains_key(&token.session));
        self.begun += 1;
        let id = SessionId::new(self.begun).map_err(StoreError::failed)?;
        let kept = Kept {
            user,
            expires_at: to_the_millisecond(first.at + first.lives.session),
            ended: false,
        };
        self.by_id.insert(id, kept);
        Ok(self.keep(id, user, first))
    }

    /// Keeps the next refresh token of a session.
    fn keep(&mut self, id: SessionId, user: UserId, next: &Next) -> Session {
        let idle = to_the_millisecond(next.at + next.lives.idle);
        let end = self.by_id.get(&id).map_or(idle, |kept| kept.expires_at);
        let expires_at = idle.min(end);
        let token = Token {
            session: id,
            expires_at,
            used: false,
        };
        self.tokens.insert(next.token.0, token);
        Session {
            id,
            user,
            expires_at,
        }
    }

    fn refresh(&mut self, used: TokenHash, next: &Next) -> Refreshed {
        let Some(token) = self.tokens.get_mut(&used.0) else {
            return Refreshed::Refused;
        };
        let Some(kept) = self.by_id.get_mut(&token.session) else {
            return Refreshed::Refused;
        };
        let (id, user) = (token.session, kept.user);
        if token.used {
            kept.ended = true;
            let expires_at = token.expires_at;
            return Refreshed::Reused(Session {
                id,
                user,
                expires_at,
            });
        }
        if kept.ended || token.expires_at <= next.at {
            return Refreshed::Refused;
        }
        token.used = true;
        Refreshed::Renewed(self.keep(id, user, next))
    }

    fn end(&mut self, token: TokenHash) -> Option<Session> {
        let token = self.tokens.get(&token.0)?;
        let kept = self.by_id.get_mut(&token.session)?;
        let standing = !std::mem::replace(&mut kept.ended, true);
        standing.then_some(Session {
            id: token.session,
            user: kept.user,
            expires_at: token.expires_at,
        })
    }

    fn is_revoked(&self, token: &Presented) -> bool {
        let before = |kind, name: &str| {
            let revoked = self.revoked.get(&(kind, name.to_owned()));
            revoked.map(|(before, _)| *before)
        };
        if token
            .id
            .as_deref()
            .is_some_and(|id| before("token", id).is_some())
        {
            return true;
        }
        if let Some(id) = token.session {
            return self.by_id.get(&id).is_none_or(|session| session.ended);
        }
        let before = before("subject", &token.subject);
        before.is_some_and(|before| token.issued_at <= before)
    }
}

impl session::Store for Memory {
    async fn set_password(
        &self,
        user: UserId,
        secret: Secret,
        _at: SystemTime,
    ) -> Result<bool, StoreError> {
        self.change(
            |known: &bool| noted::password(user, *known),
            |state| {
                let known = state.people.get(user).is_some();
                if known {
                    state.sessions.passwords.insert(user, secret);
                    state.sessions.end_all(user);
                }
                Ok(known)
            },
        )
    }

    async fn password(&self, user: UserId) -> Result<Option<Secret>, StoreError> {
        Ok(self.open()?.sessions.passwords.get(&user).cloned())
    }

    async fn begin_session(&self, user: UserId, first: Next) -> Result<Session, StoreError> {
        self.change(noted::begun, |state| state.sessions.begin(user, &first))
    }

    async fn refresh(&self, used: TokenHash, next: Next) -> Result<Refreshed, StoreError> {
        self.change(noted::refreshed, |state| {
            Ok(state.sessions.refresh(used, &next))
        })
    }

    async fn end_session(
        &self,
        token: TokenHash,
        _at: SystemTime,
    ) -> Result<Option<Session>, StoreError> {
        self.change(
            |ended: &Option<Session>| noted::ended(*ended),
            |state| Ok(state.sessions.end(token)),
        )
    }

    async fn revoke(
        &self,
        what: Revocation,
        at: SystemTime,
        until: SystemTime,
    ) -> Result<(), StoreError> {
        let at = to_the_millisecond(at);
        self.change(
            |()| noted::revoked(&what),
            |state| {
                let sessions = &mut state.sessions;
                sessions.revoked.retain(|_, (_, until)| *until >= at);
                if let Revocation::User(user, _) = &what {
                    sessions.end_all(*user);
                }
                for (kind, name) in noted::names_of(&what) {
                    sessions
                        .revoked
                        .insert((kind, name.to_owned()), (at, until));
                }
                Ok(())
            },
        )
    }

    async fn is_revoked(&self, token: Presented) -> Result<bool, StoreError> {
        Ok(self.open()?.sessions.is_revoked(&token))
    }
}

impl ::audit::Store for Memory {
    async fn note(&self, event: Event) -> Result<(), StoreError> {
        append(&mut self.open()?.audit, event)
    }

    async fn entries(&self, query: Query, count: usize) -> Result<Vec<Entry>, StoreError> {
        let state = self.open()?;
        let fits = |entry: &&Entry| {
            let (subject, object) = (&entry.event.author.subject, &entry.event.object);
            query.after.is_none_or(|after| entry.id > after)
                && query.subject.as_ref().is_none_or(|asked| asked == subject)
                && query.object.as_ref().is_none_or(|asked| asked == object)
        };
        Ok(state
            .audit
            .iter()
            .filter(fits)
            .take(count)
            .cloned()
            .collect())
    }
}

pub(super) fn append(log: &mut Vec<Entry>, mut event: Event) -> Result<(), StoreError> {
    event.author.at = to_the_millisecond(event.author.at);
    let id = EntryId::new(log.len() as i64 + 1).map_err(StoreError::failed)?;
    log.push(Entry { id, event });
    Ok(())
}
