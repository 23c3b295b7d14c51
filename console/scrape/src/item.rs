//! A list of what to watch: targets with an address, and pods to be found.

use std::collections::HashSet;
use std::fmt;

use crate::selector::{SCHEME, Selector};
use crate::target::{BadTarget, Target};

/// One thing to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A process at an address.
    Target(Target),
    /// Whatever pods there are.
    Pods(Selector),
}

impl Item {
    /// Reads a comma-separated list, in which a selector of labels may have commas of its own. What is named twice is
    /// kept once.
    pub fn parse_list(list: &str) -> (Vec<Self>, Vec<BadTarget>) {
        let (mut items, mut bad) = (Vec::new(), Vec::new());
        for item in split(list) {
            match item.strip_prefix(SCHEME).map(Selector::parse) {
                Some(Ok(selector)) => items.push(Self::Pods(selector)),
                Some(Err(why)) => bad.push(BadTarget::new(&item, why)),
                None => {
                    let (targets, unclear) = Target::parse_list(&item);
                    items.extend(targets.into_iter().map(Self::Target));
                    bad.extend(unclear);
                }
            }
        }
        let mut seen = HashSet::new();
        items.retain(|item| seen.insert(item.url()));
        (items, bad)
    }

    /// Whether it is spoken to by TLS of ours.
    pub fn is_secure(&self) -> bool {
        matches!(self, Self::Target(target) if target.is_secure())
    }

    /// Its address, or what is asked for.
    pub(crate) fn url(&self) -> String {
        self.to_string()
    }
}

/// Its address, without user and password, or what is asked for.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(target) => f.write_str(&target.url()),
            Self::Pods(selector) => selector.fmt(f),
        }
    }
}

impl From<Target> for Item {
    fn from(target: Target) -> Self {
        Self::Target(target)
    }
}

/// The items of a list: at its commas, but those within a selector of labels.
fn split(list: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for part in list.split(',') {
        match items.last_mut() {
            Some(last) if last.starts_with(SCHEME) && goes_on(last, part) => {
                last.push(',');
                last.push_str(part);
            }
            _ => items.push(part.trim().to_owned()),
        }
    }
    items.retain(|item| !item.is_empty());
    items
}

/// Whether the labels of `before` go on with `part`.
fn goes_on(before: &str, part: &str) -> bool {
    let open = before.matches('(').count() > before.matches(')').count();
    let label = part.contains(['=', '!']) || part.contains(" in (") || part.contains(" notin (");
    open || (label && !part.contains("://") && !part.trim_start().starts_with(SCHEME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(list: &str) -> Vec<String> {
        let (items, bad) = Item::parse_list(list);
        assert_eq!(bad, [], "{list}");
        items.iter().map(Item::url).collect()
    }

    #[test]
    fn commas_of_labels_are_no_ends_of_items() {
        let list = "4000, k8s:sales/app=shop,tier!=web,env in (a,b):4000,http://h/x?a=b,k8s:sales,k8s:sales/,4000";
        let expected = [
            "http://localhost:4000",
            "k8s:sales/label=app=shop,tier!=web,env in (a,b):4000",
            "http://h:80/x?a=b",
            "k8s:sales",
        ];
        assert_eq!(urls(list), expected);
    }

    #[test]
    fn what_is_not_clear_is_named_and_the_rest_is_kept() {
        let (items, bad) = Item::parse_list("k8s:,k8s:sales/x:0,k8s:sales,host");
        assert_eq!(items.len(), 1);
        let bad: Vec<&str> = bad.iter().map(|bad| bad.item.as_str()).collect();
        assert_eq!(bad, ["k8s:", "k8s:sales/x:0", "host"]);
    }
}
