//! Events that nobody took.

use std::fmt::Write as _;
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use event::{DeadLetter, Events};
use stores::{Any, Location};
use types::{EventId, PageLimit};

use crate::args::Letters;
use crate::store;

/// All dead letters, and how many events wait.
pub(crate) async fn list(location: &Location) -> anyhow::Result<String> {
    let (store, events) = open(location).await?;
    let backlog = events.backlog().await.context("cannot read the events")?;
    let mut said = format!(
        "{location}: {} dead letters, {} events wait",
        backlog.dead, backlog.waiting
    );
    let limit = PageLimit::new(PageLimit::MAX)?;
    let mut after = None;
    loop {
        let page = events.dead_letters(after, limit).await;
        let page = page.context("cannot read the events")?;
        for letter in &page.items {
            write!(said, "\n{}", line(letter))?;
        }
        if page.next.is_none() {
            break;
        }
        after = page.next;
    }
    store.close().await;
    Ok(said)
}

fn line(letter: &DeadLetter) -> String {
    let event = &letter.event;
    let kind = event.news.kind;
    format!(
        "{}  {}  {}/{}  {} attempts  {}",
        event.id,
        kind.name(),
        kind.subject().name(),
        event.news.number,
        event.attempts,
        letter.error
    )
}

/// Has them published again by the service.
pub(crate) async fn requeue(location: &Location, letters: &Letters) -> anyhow::Result<String> {
    let (store, events) = open(location).await?;
    let now = SystemTime::now();
    let mut requeued = 0;
    if letters.all {
        requeued = events.requeue(None, now).await?;
    }
    for number in &letters.id {
        let id = EventId::new(*number).context("no event has such a number")?;
        match events.requeue(Some(id), now).await? {
            0 => bail!("there is no dead letter {id}; {requeued} were requeued before it"),
            some => requeued += some,
        }
    }
    store.close().await;
    Ok(format!("{location}: requeued {requeued} dead letters"))
}

/// Gives them up for good.
pub(crate) async fn discard(location: &Location, ids: &[i64]) -> anyhow::Result<String> {
    let (store, events) = open(location).await?;
    for (done, number) in ids.iter().enumerate() {
        let id = EventId::new(*number).context("no event has such a number")?;
        if !events.discard(id).await? {
            bail!("there is no dead letter {id}; {done} were discarded before it");
        }
    }
    store.close().await;
    Ok(format!("{location}: discarded {} dead letters", ids.len()))
}

async fn open(location: &Location) -> anyhow::Result<(Any, Events<Any>)> {
    let store = store::open(location).await?;
    Ok((store.clone(), Events::new(store)))
}
