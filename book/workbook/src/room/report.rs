//! The learner's side: joins, tells, leaves.
//!
//! Telling never gets in the way of a check. While a command runs, it happens beside it; when the command is done,
//! there is a moment for what is not told yet, and if the room has not answered lately, not even that. What could not
//! be told is told by the next command, or by `watch` or the book's server, which try again and again, less and less often.

use super::learners::{Item, Told};
use super::member::{Member, Membership};
use super::{Seconds, now};
use crate::client;
use crate::exercises::progress::{Progress, Store};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

/// How often, and how patiently.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How often it is looked whether something is new.
    pub look: Duration,
    /// After how many seconds the same is told again, so that the room knows who is there.
    pub sign: Seconds,
    /// How long an answer may take.
    pub patience: Duration,
    /// How long a command that is done may still take to tell.
    pub last: Duration,
    /// How many seconds pass after the first failure; twice as many after each further one.
    pub first: Seconds,
    /// The most that pass.
    pub longest: Seconds,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            look: Duration::from_millis(300),
            sign: 60,
            patience: Duration::from_secs(2),
            last: Duration::from_millis(300),
            first: 1,
            longest: 60,
        }
    }
}

/// Joins the room at `room`, and tells it how far the learner is.
pub async fn join(workspace: &Workspace, room: SocketAddr, code: &str, name: &str) -> Result<()> {
    let membership = Membership::of(workspace);
    let before = membership.read()?;
    let body = serde_json::json!({ "code": code, "name": name });
    let patience = Duration::from_secs(5);
    let (status, answer) = post(room, "/join", None, body.to_string(), patience)
        .await
        .with_context(|| format!("cannot join the room at {room}"))?;
    if status != StatusCode::OK {
        bail!("{}", why(status, &answer));
    }
    let token = serde_json::from_slice::<serde_json::Value>(&answer)
        .ok()
        .and_then(|answer| Some(answer.get("token")?.as_str()?.to_owned()))
        .with_context(|| format!("{room} does not answer as a room does"))?;
    if let Some(before) = before {
        forget(&before).await;
    }
    membership.write(&Member::new(room, name, token))?;
    // If that fails, it is told later.
    let _ = tell(workspace, patience, &Pace::default()).await;
    Ok(())
}

/// Leaves the room. It is told so, if it can be; from then on, nothing is told in any case.
pub async fn leave(workspace: &Workspace) -> Result<Option<Member>> {
    let membership = Membership::of(workspace);
    let Some(member) = membership.read()? else {
        return Ok(None);
    };
    membership.remove()?;
    forget(&member).await;
    Ok(Some(member))
}

/// Asks a room to forget a learner. One that is gone has nothing to forget.
async fn forget(member: &Member) {
    let patience = Pace::default().patience;
    let token = Some(member.token.as_str());
    let _ = post(member.room, "/leave", token, String::new(), patience).await;
}

/// Does `work`, and tells the room beside it what is new.
pub async fn beside<T>(workspace: &Workspace, work: impl Future<Output = T>) -> T {
    let pace = Pace::default();
    let done = tokio::select! {
        biased;
        done = work => done,
        never = keep_telling(workspace, &pace) => match never {},
    };
    if is_due(workspace).unwrap_or(false) {
        // Whoever wants to know more sees it on the board, or in `workbook join`.
        let _ = tell(workspace, pace.last, &pace).await;
    }
    done
}

/// Tells the room what is new, for as long as it is polled.
pub async fn keep_telling(workspace: &Workspace, pace: &Pace) -> Infallible {
    let mut sign = 0;
    loop {
        // A file that cannot be read is said to be so by the command that needs it.
        let due = is_due(workspace).unwrap_or(false);
        let sign_is_due = || now() >= sign && may_tell(workspace).unwrap_or(None).is_some();
        if due || sign_is_due() {
            sign = now() + pace.sign;
            if let Err(error) = tell(workspace, pace.patience, pace).await {
                tracing::debug!(error = format!("{error:#}"), "the room was not told");
            }
        }
        tokio::time::sleep(pace.look).await;
    }
}

/// The place in a room that may be told something now.
fn may_tell(workspace: &Workspace) -> Result<Option<Member>> {
    let member = Membership::of(workspace).read()?;
    Ok(member.filter(|member| !member.refused && now() >= member.next))
}

/// Whether there is one, and something that it does not know.
fn is_due(workspace: &Workspace) -> Result<bool> {
    let Some(member) = may_tell(workspace)? else {
        return Ok(false);
    };
    let items = serde_json::to_string(&items(&Store::of(workspace).read()?))?;
    Ok(member.confirmed.as_deref() != Some(&items))
}

/// Tells all of it, once.
async fn tell(workspace: &Workspace, patience: Duration, pace: &Pace) -> Result<()> {
    let membership = Membership::of(workspace);
    let Some(member) = membership.read()?.filter(|member| !member.refused) else {
        return Ok(());
    };
    let exercises = items(&Store::of(workspace).read()?);
    let confirmed = serde_json::to_string(&exercises)?;
    let told = Told {
        now: now(),
        exercises,
    };
    let body = serde_json::to_string(&told)?;
    let answer = post(
        member.room,
        "/progress",
        Some(&member.token),
        body,
        patience,
    )
    .await;
    match answer {
        Ok((StatusCode::NO_CONTENT, _)) => membership.update(&member.token, |member| {
            member.confirmed = Some(confirmed);
            member.failed = 0;
            member.next = 0;
        }),
        Ok((status @ StatusCode::UNAUTHORIZED, answer)) => {
            membership.update(&member.token, |member| member.refused = true)?;
            bail!("{}", why(status, &answer));
        }
        other => {
            let jitter = rand::random_range(0.75..=1.0);
            membership.update(&member.token, |member| {
                let doubled = pace.first.saturating_mul(1 << member.failed.min(20));
                let wait = doubled.min(pace.longest) as f64 * jitter;
                member.failed = member.failed.saturating_add(1);
                member.next = now() + wait.ceil() as Seconds;
            })?;
            let (status, answer) = other?;
            bail!("{}", why(status, &answer));
        }
    }
}

/// What a room hears of a learner's progress: nothing but these.
fn items(progress: &Progress) -> Vec<Item> {
    let seconds = |time: &Option<String>| {
        let time = humantime::parse_rfc3339(time.as_deref()?).ok()?;
        let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(since.as_secs())
    };
    let items = progress.exercises.iter().map(|(name, state)| Item {
        name: name.clone(),
        started: seconds(&state.started),
        passed: seconds(&state.passed),
    });
    items
        .filter(|item| item.started.is_some() || item.passed.is_some())
        .collect()
}

async fn post(
    room: SocketAddr,
    path: &str,
    token: Option<&str>,
    body: String,
    patience: Duration,
) -> Result<(StatusCode, Bytes)> {
    let mut request = Request::post(path)
        .header(header::HOST, room.to_string())
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    client::exchange(room, request.body(Bytes::from(body))?, patience).await
}

/// What the room says of why not.
fn why(status: StatusCode, answer: &[u8]) -> String {
    let document: Option<serde_json::Value> = serde_json::from_slice(answer).ok();
    let message = document
        .as_ref()
        .and_then(|document| document.get("error")?.get("message")?.as_str());
    match message {
        // It comes from the network: no control characters reach the terminal.
        Some(message) => message.chars().filter(|c| !c.is_control()).collect(),
        None => format!("the room answers {status}"),
    }
}
