//! Pods of Kubernetes clusters: found by watching, reached through the API server.
//!
//! A connection is a stream of the API server's port forwarding (`pods/portforward` over WebSocket), held in this process:
//! no port is opened anywhere. Nothing in a cluster is ever changed. What is asked of the API server:
//!
//! | request | when |
//! |---|---|
//! | `create selfsubjectaccessreviews` | first, to name the permission that is missing |
//! | `get deployments`, `get statefulsets` | to learn the labels of their pods |
//! | `list` and `watch pods` | as long as the console runs |
//! | `get namespaces` | when there are no pods; without permission for it, no harm is done |
//! | `get` and `create pods/portforward` | for each connection; the verb depends on the server's version |
//!
//! | module | what it does |
//! |---|---|
//! | `cluster` | kubeconfig into a client, renewed when it is not believed any more |
//! | `access` | which permission is missing |
//! | `watch` | the pods asked for, again and again |
//! | `book` | what is known of them, and where to read them |
//! | `pod` | what an object of the API says about a pod |
//! | `forward` | streams to a port of a pod |
//! | `cause` | the client's errors as causes |

mod access;
mod book;
mod cause;
mod cluster;
mod forward;
mod pod;
mod watch;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::find::{Find, News};
use crate::selector::Selector;
use cluster::Cluster;

/// The clusters that this machine knows of.
#[derive(Debug)]
pub struct Clusters {
    files: Vec<PathBuf>,
    known: Mutex<HashMap<Option<String>, Arc<Cluster>>>,
}

impl Clusters {
    /// Those of these kubeconfig files, of which the first that says something counts; files that are not there are left
    /// out. If none is there, the cluster that this process runs in.
    pub fn new(files: Vec<PathBuf>) -> Self {
        let known = Mutex::default();
        Self { files, known }
    }

    /// The cluster of a context; all who ask for it share its connections.
    fn of(&self, context: Option<&str>) -> Arc<Cluster> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let cluster = known
            .entry(context.map(str::to_owned))
            .or_insert_with(|| Arc::new(Cluster::new(self.files.clone(), context)));
        Arc::clone(cluster)
    }
}

impl Find for Clusters {
    fn watch(&self, selector: Selector, out: mpsc::Sender<News>) -> BoxFuture<'static, ()> {
        let cluster = self.of(selector.context());
        Box::pin(watch::watch(cluster, selector, out))
    }
}
