//! Targets that are found while the console runs: pods.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{Cause, TargetInfo};
use futures_util::future::{BoxFuture, join_all};
use tokio::sync::mpsc;

use crate::connect::Nowhere;
use crate::item::Item;
use crate::options::Options;
use crate::selector::Selector;
use crate::target::Target;

/// Finds the pods that are asked for.
pub trait Find: Send + Sync {
    /// Tells which pods there are, and again whenever they change, until nobody listens.
    fn watch(&self, selector: Selector, out: mpsc::Sender<News>) -> BoxFuture<'static, ()>;
}

/// Whoever finds pods.
#[derive(Clone)]
pub struct Finder(pub Arc<dyn Find>);

impl fmt::Debug for Finder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Finder")
    }
}

/// What is told of the pods that were asked for.
#[derive(Clone, Debug)]
pub enum News {
    /// All that there are. Those told of before and not now went away.
    Pods(Vec<Found>),
    /// Which there are cannot be told. What was told before may hold nevertheless.
    Failed {
        /// Why.
        cause: Cause,
        /// Failures in a row, this one included.
        failures: u32,
        /// Time until the next attempt.
        retry_in: Duration,
    },
}

/// One pod.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where to read it.
    pub target: Target,
    /// Why it is not there any more, if it has ended and is only still listed.
    pub gone: Option<String>,
}

/// The targets that each of the items stands for at present; instead of what cannot be found, a target that says why.
pub async fn resolve(items: &[Item], options: &Options) -> Vec<Vec<Target>> {
    let found = items.iter().map(async |item| match item {
        Item::Target(target) => vec![target.clone()],
        Item::Pods(selector) => match pods(selector, options).await {
            Ok(targets) => targets,
            Err(cause) => vec![nowhere(selector, cause)],
        },
    });
    join_all(found).await
}

async fn pods(selector: &Selector, options: &Options) -> Result<Vec<Target>, Cause> {
    let finder = options.finder.as_ref().ok_or_else(unable)?;
    let (out, mut news) = mpsc::channel(1);
    let watch = finder.0.watch(selector.clone(), out);
    let found = tokio::select! {
        biased;
        found = news.recv() => found,
        // What was told before it ended counts.
        () = watch => news.recv().await,
    };
    match found {
        Some(News::Pods(found)) => {
            let there: Vec<Target> = found
                .into_iter()
                .filter(|found| found.gone.is_none())
                .map(|found| found.target)
                .collect();
            if there.is_empty() {
                return Err(none_found(selector));
            }
            Ok(there)
        }
        Some(News::Failed { cause, .. }) => Err(cause),
        None => Err(Cause::Closed),
    }
}

/// A target in place of what cannot be found.
fn nowhere(selector: &Selector, cause: Cause) -> Target {
    Target::through(
        selector.name(),
        selector.to_string(),
        Arc::new(Nowhere(cause)),
    )
}

/// What there is to say of what was asked for, before anything is found.
pub(crate) fn info_of(selector: &Selector, id: cutaway_model::TargetId) -> TargetInfo {
    TargetInfo {
        id,
        name: selector.name(),
        url: selector.to_string(),
        pod: None,
    }
}

/// That there is nothing of what was asked for.
pub(crate) fn none_found(selector: &Selector) -> Cause {
    use crate::selector::Pods;
    let namespace = selector.namespace();
    let words = match selector.pods() {
        Pods::Offered => {
            let all = selector.all();
            format!(
                "no pod in {namespace} offers itself by the annotation cutaway.dev/port; {all} asks for all"
            )
        }
        Pods::All => format!("no pod in {namespace}"),
        Pods::Named(name) => format!("no pod {name} in {namespace}"),
        Pods::Deployment(name) => format!("deployment {name} in {namespace} has no pod"),
        Pods::StatefulSet(name) => format!("stateful set {name} in {namespace} has no pod"),
        Pods::Labelled(labels) => format!("no pod in {namespace} has {labels}"),
    };
    Cause::NotFound(words)
}

/// That this program knows nothing of clusters.
pub(crate) fn unable() -> Cause {
    Cause::Unsupported("this console was started without anybody who finds pods".to_owned())
}
