//! The pods asked for, listed once and watched from then on: listed again where the watch cannot go on (410), taken up
//! again where a connection breaks, with new credentials where the old ones are not believed any more.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::Cause;
use futures_util::{FutureExt as _, StreamExt as _};
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{Namespace, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::{Api, Error};
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep, timeout};

use super::access;
use super::book::Book;
use super::cause;
use super::cluster::{Built, Cluster};
use crate::backoff::{self, Jitter};
use crate::find::News;
use crate::selector::{Pods, Selector};

/// How long the API server is asked to go on with one watch, in seconds. A connection that died without a word is noticed
/// a little later.
const WATCH: u32 = 50;
/// How much longer than that to wait for its end, and for the beginning of any answer.
const GRACE: Duration = Duration::from_secs(10);
/// The rarest attempt while the API server cannot be asked.
const RETRY: Duration = Duration::from_secs(10);
/// A watch that ends so soon without an event is a failure.
const SHORT: Duration = Duration::from_secs(1);
/// After so many failures in a row, everything is listed again.
const PATIENCE: u32 = 3;
/// Pods in one answer.
const PAGE: u32 = 500;

/// Tells which pods there are until nobody listens.
pub(super) async fn watch(cluster: Arc<Cluster>, selector: Selector, out: Sender<News>) {
    let mut watcher = Watcher {
        book: Book::new(Arc::clone(&cluster), selector.clone()),
        cluster,
        selector,
        out: out.clone(),
        fields: Fields::default(),
        version: None,
        allowed: false,
        forgotten: false,
        failures: 0,
    };
    let mut jitter = Jitter::new(0);
    loop {
        let ended = tokio::select! {
            () = out.closed() => return,
            ended = watcher.follow() => ended,
        };
        let Err(cause) = ended else { continue };
        watcher.failures = watcher.failures.saturating_add(1);
        let wait = backoff::wait(watcher.failures, RETRY, jitter.next());
        let failed = News::Failed {
            cause,
            failures: watcher.failures,
            retry_in: wait,
        };
        if out.send(failed).await.is_err() {
            return;
        }
        sleep(wait).await;
    }
}

struct Watcher {
    cluster: Arc<Cluster>,
    selector: Selector,
    book: Book,
    out: Sender<News>,
    fields: Fields,
    /// Where a watch can go on; none where everything must be listed again.
    version: Option<String>,
    /// Whether it was asked what is allowed, and it was enough.
    allowed: bool,
    /// Whether the last watch was refused because the API server had forgotten where it should begin.
    forgotten: bool,
    /// Failures in a row.
    failures: u32,
}

/// What is asked of the API server to get those pods only.
#[derive(Clone, Debug, Default)]
struct Fields {
    labels: Option<String>,
    fields: Option<String>,
}

/// How an attempt ended that found no fault.
enum Step {
    GoOn,
    ListAgain,
}

impl Watcher {
    /// One watch, with what must come before it.
    async fn follow(&mut self) -> Result<(), Cause> {
        let built = self.cluster.client().await?;
        match self.attempt(&built).await {
            Ok(Step::GoOn) => Ok(()),
            Ok(Step::ListAgain) => {
                self.version = None;
                // Once is nothing special. Again, with nothing between, and the two would go on without a pause.
                if std::mem::replace(&mut self.forgotten, true) {
                    let words = format!(
                        "the API server {}: it forgets at once what it has listed",
                        built.server
                    );
                    return Err(Cause::Unreachable(words));
                }
                Ok(())
            }
            Err(cause) => {
                self.cluster.note(&built, &cause).await;
                if self.failures >= PATIENCE {
                    // What it goes on from may mean nothing any more: the cluster may be another one.
                    self.version = None;
                }
                // With other credentials other things may be allowed.
                self.allowed &= !matches!(cause, Cause::Unauthenticated(_) | Cause::Forbidden(_));
                Err(cause)
            }
        }
    }

    async fn attempt(&mut self, built: &Built) -> Result<Step, Cause> {
        if !self.allowed {
            self.check(built).await?;
            self.allowed = true;
        }
        let pods: Api<Pod> = Api::namespaced(built.client.clone(), self.selector.namespace());
        let version = match self.version.clone() {
            Some(version) => version,
            None => self.list(&pods, built).await?,
        };
        let params = WatchParams {
            label_selector: self.fields.labels.clone(),
            field_selector: self.fields.fields.clone(),
            timeout: Some(WATCH),
            bookmarks: true,
            send_initial_events: false,
        };
        let begun = Instant::now();
        let events = match within(pods.watch(&params, &version)).await? {
            Ok(events) => events,
            Err(Error::Api(status)) if status.code == 410 => return Ok(Step::ListAgain),
            Err(error) => return Err(cause::of(&error, &built.server)),
        };
        // What was known may have been told as unknown meanwhile.
        self.tell().await;
        let mut events = pin!(events.fuse());
        let mut silent = true;
        loop {
            let patience = Duration::from_secs(WATCH.into()) + GRACE;
            let Ok(event) = timeout(patience, events.next()).await else {
                return Err(Cause::TimedOut { after: patience });
            };
            let mut next = event;
            if next.is_none() {
                break;
            }
            // What came at once is told at once.
            while let Some(event) = next {
                match self.take(event) {
                    Ok(Step::GoOn) => {
                        (silent, self.failures, self.forgotten) = (false, 0, false);
                    }
                    Ok(Step::ListAgain) => {
                        self.forgotten &= begun.elapsed() < SHORT;
                        return Ok(Step::ListAgain);
                    }
                    Err(error) => return Err(cause::of(&error, &built.server)),
                }
                next = events.next().now_or_never().flatten();
            }
            self.tell().await;
        }
        if silent && begun.elapsed() < SHORT {
            let words = format!(
                "the API server {}: it ends every watch at once",
                built.server
            );
            return Err(Cause::Unreachable(words));
        }
        (self.failures, self.forgotten) = (0, false);
        Ok(Step::GoOn)
    }

    fn take(&mut self, event: Result<WatchEvent<Pod>, Error>) -> Result<Step, Error> {
        let pod = match event? {
            WatchEvent::Added(pod) | WatchEvent::Modified(pod) => {
                self.book.note(&pod);
                pod
            }
            WatchEvent::Deleted(pod) => {
                self.book
                    .forget(pod.metadata.name.as_deref().unwrap_or_default());
                pod
            }
            WatchEvent::Bookmark(mark) => {
                self.version = Some(mark.metadata.resource_version);
                return Ok(Step::GoOn);
            }
            // Too much happened meanwhile; servers say so by code or by reason.
            WatchEvent::Error(status) if status.code == 410 || status.reason == "Expired" => {
                return Ok(Step::ListAgain);
            }
            WatchEvent::Error(status) => return Err(Error::Api(status)),
        };
        self.version = pod.metadata.resource_version.or(self.version.take());
        Ok(Step::GoOn)
    }

    /// What is missing of the permissions, before anything else is asked.
    async fn check(&self, built: &Built) -> Result<(), Cause> {
        let missing = within(access::missing(&built.client, &self.selector)).await?;
        let missing = missing.map_err(|error| cause::of(&error, &built.server))?;
        if missing.is_empty() {
            return Ok(());
        }
        Err(Cause::Forbidden(format!(
            "no permission to {} in the namespace {}",
            missing.join(", "),
            self.selector.namespace()
        )))
    }

    /// Lists all pods. Answers the version to watch from.
    async fn list(&mut self, pods: &Api<Pod>, built: &Built) -> Result<String, Cause> {
        let cause = |error: &Error| cause::of(error, &built.server);
        self.fields = self.resolve(built).await?;
        let mut params = ListParams::default().limit(PAGE);
        params.label_selector.clone_from(&self.fields.labels);
        params.field_selector.clone_from(&self.fields.fields);
        let mut all = Vec::new();
        let version = loop {
            let page = within(pods.list(&params)).await?;
            let page = page.map_err(|error| cause(&error))?;
            all.extend(page.items);
            match page.metadata.continue_.filter(|more| !more.is_empty()) {
                Some(more) => params = params.continue_token(&more),
                None => break page.metadata.resource_version.unwrap_or_default(),
            }
        };
        self.book.replace(&all);
        self.version = Some(version.clone());
        if all.is_empty() {
            self.check_namespace(built).await?;
        }
        self.tell().await;
        Ok(version)
    }

    /// Nothing is in a namespace that is not there, and the API server does not say so unless it is asked.
    async fn check_namespace(&mut self, built: &Built) -> Result<(), Cause> {
        let namespaces: Api<Namespace> = Api::all(built.client.clone());
        let name = self.selector.namespace();
        match within(namespaces.get(name)).await? {
            Err(Error::Api(status)) if status.code == 404 => {
                self.version = None;
                Err(Cause::NotFound(format!(
                    "no namespace {name} in {}",
                    self.place()
                )))
            }
            // Whoever may not ask learns that there are no pods.
            _ => Ok(()),
        }
    }

    /// The labels of what was asked for.
    async fn resolve(&self, built: &Built) -> Result<Fields, Cause> {
        let (client, namespace) = (built.client.clone(), self.selector.namespace());
        let selector = match self.selector.pods() {
            Pods::Offered | Pods::All => return Ok(Fields::default()),
            Pods::Labelled(labels) => {
                return Ok(Fields {
                    labels: Some(labels.clone()),
                    fields: None,
                });
            }
            Pods::Named(name) => {
                return Ok(Fields {
                    labels: None,
                    fields: Some(format!("metadata.name={name}")),
                });
            }
            Pods::Deployment(name) => {
                let all: Api<Deployment> = Api::namespaced(client, namespace);
                let found = within(all.get(name)).await?;
                found.map(|of| of.spec.selector)
            }
            Pods::StatefulSet(name) => {
                let all: Api<StatefulSet> = Api::namespaced(client, namespace);
                let found = within(all.get(name)).await?;
                found.map(|of| of.spec.selector)
            }
        };
        let selector = selector.map_err(|error| match error {
            Error::Api(status) if status.code == 404 => {
                let what = self.selector.pods().to_string();
                let what = what.trim_start_matches('/').replace('/', " ");
                Cause::NotFound(format!("no {what} in the namespace {namespace}"))
            }
            error => cause::of(&error, &built.server),
        })?;
        Ok(Fields {
            labels: Some(written(&selector)),
            fields: None,
        })
    }

    /// Which cluster it is, for people.
    fn place(&self) -> String {
        match self.cluster.context() {
            Some(context) => format!("the context {context}"),
            None => "the current context".to_owned(),
        }
    }

    async fn tell(&self) {
        // That nobody listens is noticed elsewhere.
        drop(self.out.send(News::Pods(self.book.found())).await);
    }
}

/// The answer, or that none came.
async fn within<T>(request: impl Future<Output = T>) -> Result<T, Cause> {
    let answer = timeout(GRACE, request).await;
    answer.map_err(|_| Cause::TimedOut { after: GRACE })
}

/// A selector as the API reads it in a query: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/>.
fn written(selector: &LabelSelector) -> String {
    let equal = selector.match_labels.iter().flatten();
    let equal = equal.map(|(key, value)| format!("{key}={value}"));
    let others = selector.match_expressions.iter().flatten().map(|of| {
        let values = of.values.as_deref().unwrap_or_default().join(",");
        match of.operator.as_str() {
            "In" => format!("{} in ({values})", of.key),
            "NotIn" => format!("{} notin ({values})", of.key),
            "DoesNotExist" => format!("!{}", of.key),
            _ => of.key.clone(),
        }
    });
    equal.chain(others).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_written_as_queries() {
        let selector = serde_json::json!({
            "matchLabels": {"app": "shop", "tier": "api"},
            "matchExpressions": [
                {"key": "env", "operator": "In", "values": ["a", "b"]},
                {"key": "zone", "operator": "NotIn", "values": ["c"]},
                {"key": "canary", "operator": "DoesNotExist"},
                {"key": "owner", "operator": "Exists"},
            ],
        });
        let selector: LabelSelector = serde_json::from_value(selector).expect("a selector");
        assert_eq!(
            written(&selector),
            "app=shop,tier=api,env in (a,b),zone notin (c),!canary,owner"
        );
    }
}
