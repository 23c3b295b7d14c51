//! Pods as targets: whether this build knows of any, and where it looks for clusters.

use cutaway_scrape::{BadTarget, Item, Options};

/// How a program is built that knows of pods.
const COMMAND: &str = "cargo build --release -p cutaway --features kubernetes";

/// What to watch of a list, and what of it is no target. Without the feature `kubernetes`, no pod is one.
pub(crate) fn parse_list(list: &str) -> (Vec<Item>, Vec<BadTarget>) {
    let (items, mut bad) = Item::parse_list(list);
    let (known, unknown) = items
        .into_iter()
        .partition(|item| cfg!(feature = "kubernetes") || matches!(item, Item::Target(_)));
    let unknown: Vec<Item> = unknown;
    bad.extend(unknown.iter().map(|item| BadTarget {
        item: item.to_string(),
        why: format!(
            "pods need the cargo feature `kubernetes`, which this build does not have: {COMMAND}"
        ),
    }));
    (known, bad)
}

/// The same, with somebody who finds pods: by the files that KUBECONFIG names, else the one in the home folder.
#[cfg(feature = "kubernetes")]
pub(crate) fn with_clusters(options: Options) -> Options {
    use std::env;
    use std::path::PathBuf;
    use std::sync::Arc;

    use cutaway_scrape::{Finder, kubernetes::Clusters};

    let named = env::var_os("KUBECONFIG").filter(|named| !named.is_empty());
    let files: Vec<PathBuf> = match named {
        Some(named) => env::split_paths(&named)
            .filter(|file| !file.as_os_str().is_empty())
            .collect(),
        None => env::home_dir()
            .map(|home| home.join(".kube/config"))
            .into_iter()
            .collect(),
    };
    Options {
        finder: Some(Finder(Arc::new(Clusters::new(files)))),
        ..options
    }
}

/// The same: nobody finds pods.
#[cfg(not(feature = "kubernetes"))]
pub(crate) fn with_clusters(options: Options) -> Options {
    options
}
