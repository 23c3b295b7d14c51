//! Answers as they are, for those who keep them.

use std::time::Duration;

use cutaway_model::Cause;

use crate::http::{Client, Limits};
use crate::options::Options;
use crate::profiles::explain;
use crate::read;
use crate::target::Target;

/// The most names that are taken from an index: each is asked for, and its profile kept.
const MOST: usize = 100;

/// What a target is asked for, by path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Where variables or metrics may be.
    pub variables: Vec<String>,
    /// The index of profiles; those are below it. Ends in `/`.
    pub profiles: String,
}

impl Places {
    /// Those of a target: its own path, or the usual ones.
    pub fn of(target: &Target, options: &Options) -> Self {
        let variables = match target.path() {
            Some(path) if path.contains("/debug/pprof") => Vec::new(),
            Some(path) => vec![path.to_owned()],
            None if options.endpoint == "/metrics" => vec![options.endpoint.clone()],
            None => vec![options.endpoint.clone(), "/metrics".to_owned()],
        };
        Self {
            variables,
            profiles: options.profiles_path(target),
        }
    }
}

/// Asks a target for `path`; the body of its answer, which may take this long and have at most
/// [`Options::max_profile`] bytes.
///
/// # Errors
/// Nobody is there, or the answer is none of success, or incomplete.
pub async fn fetch(
    target: &Target,
    path: &str,
    patience: Duration,
    options: &Options,
) -> Result<Vec<u8>, Cause> {
    let mut client = Client::new(target, options);
    // Whether anybody is there shows sooner than an answer takes.
    client.connect(options.timeout).await?;
    let limits = Limits {
        timeout: patience,
        max_body: options.max_profile,
    };
    explain(client.get(path, "*/*", limits).await?)
}

/// The names of what an index of profiles links to beside itself, in its order and each once; a hundred at most.
pub fn linked(index: &[u8]) -> Vec<String> {
    let page = String::from_utf8_lossy(index);
    let mut names: Vec<String> = Vec::new();
    for address in page.split("href=").skip(1).filter_map(read::address) {
        let (folder, name) = address.rsplit_once('/').unwrap_or(("", address));
        let is_below = folder.is_empty() || folder.ends_with("/debug/pprof");
        // It becomes a part of a path and of a file's name.
        let is_plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if is_below && is_plain && !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
        if names.len() == MOST {
            break;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_the_targets_own_or_the_usual_ones() {
        let places = |text: &str| {
            let (targets, bad) = Target::parse_list(text);
            assert_eq!(bad, [], "{text}");
            Places::of(&targets[0], &Options::default())
        };
        let usual = places("4000");
        assert_eq!(usual.variables, ["/debug/vars", "/metrics"]);
        assert_eq!(usual.profiles, "/debug/pprof/");
        let below = places("http://h:1/shop/debug/vars");
        assert_eq!(below.variables, ["/shop/debug/vars"]);
        assert_eq!(below.profiles, "/shop/debug/pprof/");
        let profiles = places("http://h:1/x/debug/pprof/heap");
        assert_eq!(profiles.variables, [""; 0]);
        assert_eq!(profiles.profiles, "/x/debug/pprof/");
    }

    #[test]
    fn names_are_those_of_links() {
        let page = br#"<a href='heap?debug=1'>heap</a> <a href="/debug/pprof/goroutine?debug=2">x</a>
            <a href=heap>again</a> <a href="a%2fb">odd</a> <a href="/debug/vars">x</a> <a href="my-own">y</a>"#;
        assert_eq!(linked(page), ["heap", "goroutine", "my-own"]);
        let links: Vec<String> = (0..1_000).map(|at| format!("<a href=p{at}>")).collect();
        assert_eq!(linked(links.concat().as_bytes()).len(), MOST);
    }
}
