//! What is known of the pods that were asked for, and where each is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use cutaway_model::{Pod as PodInfo, first_lines};
use k8s_openapi::api::core::v1::Pod;

use super::cluster::Cluster;
use super::forward::Way;
use super::pod::{self, State};
use crate::find::Found;
use crate::selector::{Pods, Selector};
use crate::target::Target;

/// How much of a node's name is kept, in characters.
const SHOWN: usize = 253;

/// The pods known at present, by name.
#[derive(Debug)]
pub(super) struct Book {
    cluster: Arc<Cluster>,
    selector: Selector,
    pages: BTreeMap<String, Page>,
}

/// One pod.
#[derive(Debug)]
struct Page {
    /// What makes it another pod, or one that is read elsewhere.
    identity: (String, u16, Option<String>),
    way: Arc<Way>,
    target: Target,
    gone: Option<String>,
}

impl Book {
    pub(super) fn new(cluster: Arc<Cluster>, selector: Selector) -> Self {
        let pages = BTreeMap::new();
        Self {
            cluster,
            selector,
            pages,
        }
    }

    /// All that there are; those known before and not there went away.
    pub(super) fn replace(&mut self, pods: &[Pod]) {
        let names: Vec<&str> = pods
            .iter()
            .filter_map(|pod| pod.metadata.name.as_deref())
            .collect();
        let before: Vec<String> = self.pages.keys().cloned().collect();
        for name in before.iter().filter(|name| !names.contains(&name.as_str())) {
            self.forget(name);
        }
        for pod in pods {
            self.note(pod);
        }
    }

    /// One that is new or has changed.
    pub(super) fn note(&mut self, pod: &Pod) {
        let Some(name) = pod.metadata.name.clone() else {
            return;
        };
        if matches!(self.selector.pods(), Pods::Offered) && !pod::is_offered(pod) {
            return self.forget(&name);
        }
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        let port = pod::port(pod, self.selector.port());
        let (port, path) = match (port, pod::path(pod)) {
            (Ok(port), Ok(path)) => (Ok(port), path),
            (Err(cause), _) | (_, Err(cause)) => (Err(cause), None),
        };
        let number = port.clone().unwrap_or(0);
        let identity = (uid, number, path.clone());
        let known = self
            .pages
            .get(&name)
            .filter(|page| page.identity == identity);
        let namespace = self.selector.namespace();
        let way = if let Some(page) = known {
            Arc::clone(&page.way)
        } else {
            let cluster = Arc::clone(&self.cluster);
            Arc::new(Way::new(cluster, (namespace, &name), port))
        };
        let state = pod::state(pod);
        let gone = match &state {
            // One that was asked for by its name is shown as it is.
            State::Ended(_) if matches!(self.selector.pods(), Pods::Named(_)) => None,
            State::Ended(why) => Some(why.clone()),
            _ => None,
        };
        way.set(state, pod::is_terminating(pod));
        let target = Target::through(name.clone(), self.url(&name, number), way.clone());
        let page = Page {
            identity,
            target: target.in_pod(Arc::new(info(pod, namespace, &name)), number, path),
            way,
            gone,
        };
        self.pages.insert(name, page);
    }

    /// One that was deleted, or does not match any more.
    pub(super) fn forget(&mut self, name: &str) {
        if let Some(page) = self.pages.remove(name) {
            page.way.end("the pod was deleted");
        }
    }

    /// What there is to read.
    pub(super) fn found(&self) -> Vec<Found> {
        let found = |page: &Page| Found {
            target: page.target.clone(),
            gone: page.gone.clone(),
        };
        self.pages.values().map(found).collect()
    }

    /// As one would type it.
    fn url(&self, name: &str, port: u16) -> String {
        let context = self.cluster.context().map(|context| format!("{context}/"));
        let (context, namespace) = (context.unwrap_or_default(), self.selector.namespace());
        format!("k8s:{context}{namespace}/pod/{name}:{port}")
    }
}

fn info(pod: &Pod, namespace: &str, name: &str) -> PodInfo {
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
    PodInfo {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        node: first_lines(node.unwrap_or_default().as_bytes(), SHOWN),
        restarts: pod::restarts(pod),
        version: pod::version(pod),
    }
}
