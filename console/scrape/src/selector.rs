//! `k8s:[context/]namespace[/what][:port]`: which pods of a cluster.
//!
//! | what | pods |
//! |---|---|
//! | nothing | all of the namespace that [offer themselves](Pods::Offered) |
//! | `*` | all of the namespace |
//! | `NAME`, `pod/NAME` | the one of this name |
//! | `deploy/NAME` | those of the deployment |
//! | `sts/NAME` | those of the stateful set |
//! | `app=shop`, `label=app=shop,tier!=web` | those with these labels, in the grammar of `kubectl -l` |
//!
//! Names of contexts may have slashes and colons in them: what stands before the namespace is the context. A namespace of
//! a context without anything behind it needs a slash at its end, or it would be a pod: `k8s:context/namespace/`.

use std::fmt;

/// What a person asks for of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Selector {
    context: Option<String>,
    namespace: String,
    pods: Pods,
    port: Option<PodPort>,
}

/// Which pods of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pods {
    /// Those with the annotation `cutaway.dev/port`.
    Offered,
    /// All.
    All,
    /// The one of this name.
    Named(String),
    /// Those of the deployment of this name.
    Deployment(String),
    /// Those of the stateful set of this name.
    StatefulSet(String),
    /// Those whose labels fit, as `kubectl -l` reads it.
    Labelled(String),
}

/// A port of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PodPort {
    /// By its number.
    Number(u16),
    /// By the name that one of the pod's containers gives it.
    Name(String),
}

/// What comes before the rest.
pub(crate) const SCHEME: &str = "k8s:";

impl Selector {
    /// Reads what follows `k8s:`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (place, pods, port) = split(text)?;
        let (context, namespace) = match place.rsplit_once('/') {
            Some(("", _)) => return Err("the name of the context is missing before the /".into()),
            Some((context, namespace)) => (Some(context), namespace),
            None => (None, place),
        };
        if namespace.is_empty() {
            return Err("the namespace is missing: k8s:NAMESPACE/deploy/NAME".to_owned());
        }
        check_name("a namespace", namespace, false)?;
        if let Some(c) = context.and_then(|context| context.chars().find(|c| c.is_control())) {
            let c = c.escape_default();
            return Err(format!("{c} cannot stand in the name of a context"));
        }
        Ok(Self {
            context: context.map(str::to_owned),
            namespace: namespace.to_owned(),
            pods,
            port,
        })
    }

    /// The context of the kubeconfig; without one, the current one.
    pub fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Which of its pods.
    pub fn pods(&self) -> &Pods {
        &self.pods
    }

    /// The port to read, if one is named: it outranks what the pods say.
    pub fn port(&self) -> Option<&PodPort> {
        self.port.as_ref()
    }

    /// All pods of the same namespace.
    pub(crate) fn all(&self) -> Self {
        let pods = Pods::All;
        Self {
            pods,
            ..self.clone()
        }
    }

    /// A short name for lists: without the context.
    pub fn name(&self) -> String {
        let port = self.port.as_ref().map(|port| format!(":{port}"));
        let port = port.unwrap_or_default();
        format!("{SCHEME}{}{}{port}", self.namespace, self.pods)
    }
}

/// As it is typed.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match &self.context {
            Some(context) => {
                let rest = name.strip_prefix(SCHEME).unwrap_or(&name);
                // Or the namespace would be taken for a pod.
                let end = match (&self.pods, &self.port) {
                    (Pods::Offered, None) => "/",
                    _ => "",
                };
                write!(f, "{SCHEME}{context}/{rest}{end}")
            }
            None => f.write_str(&name),
        }
    }
}

/// What follows the namespace.
impl fmt::Display for Pods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offered => Ok(()),
            Self::All => f.write_str("/*"),
            Self::Named(name) => write!(f, "/pod/{name}"),
            Self::Deployment(name) => write!(f, "/deploy/{name}"),
            Self::StatefulSet(name) => write!(f, "/sts/{name}"),
            Self::Labelled(labels) => write!(f, "/label={labels}"),
        }
    }
}

impl fmt::Display for PodPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl PodPort {
    /// A number, or the name of a container's port (RFC 6335: at most 15 letters, digits and dashes).
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let shown = text.escape_default();
        if text.is_empty() {
            return Err("a port is missing after the colon".to_owned());
        }
        if text.bytes().all(|b| b.is_ascii_digit()) {
            let number = text.parse().ok().filter(|number| *number > 0);
            return number
                .map(Self::Number)
                .ok_or_else(|| format!("{shown} is not a port (1 to 65535)"));
        }
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.len() > 15 || !text.bytes().all(good) {
            return Err(format!(
                "{shown} is neither a port (1 to 65535) nor the name of one"
            ));
        }
        Ok(Self::Name(text.to_owned()))
    }
}

/// Context and namespace, pods, port.
fn split(text: &str) -> Result<(&str, Pods, Option<PodPort>), String> {
    if let Some((place, labels)) = text.split_once("/label=") {
        let (labels, port) = split_port(labels)?;
        return Ok((place, labelled(labels)?, port));
    }
    let Some((place, last)) = text.rsplit_once('/') else {
        let (namespace, port) = split_port(text)?;
        return Ok((namespace, whole(port.as_ref()), port));
    };
    let (last, port) = split_port(last)?;
    if last.contains(['=', '!', '(', ' ']) {
        // The key of a label may have a domain before it: app.kubernetes.io/name. No namespace has a dot.
        let begin = match place.rsplit_once('/') {
            Some((before, domain)) if domain.contains('.') => before.len(),
            _ => place.len(),
        };
        let end = place.len() + 1 + last.len();
        return Ok((&text[..begin], labelled(&text[begin + 1..end])?, port));
    }
    let (before, kind) = place.rsplit_once('/').unwrap_or(("", place));
    let of_kind: Option<fn(String) -> Pods> = match kind {
        "pod" | "pods" | "po" => Some(Pods::Named),
        "deploy" | "deployment" | "deployments" => Some(Pods::Deployment),
        "sts" | "statefulset" | "statefulsets" => Some(Pods::StatefulSet),
        _ => None,
    };
    match (of_kind, last) {
        // The whole of a namespace that is called like a kind.
        (Some(of_kind), name) if !before.is_empty() && !matches!(name, "" | "*") => {
            check_name("an object", name, true)?;
            Ok((before, of_kind(name.to_owned()), port))
        }
        (Some(_), "") => Err(format!("the name is missing after {kind}/")),
        (_, "") => Ok((place, whole(port.as_ref()), port)),
        (_, "*") => Ok((place, Pods::All, port)),
        (_, name) => {
            check_name("a pod", name, true)?;
            let kinds = [
                "rs",
                "replicaset",
                "ds",
                "daemonset",
                "svc",
                "service",
                "job",
            ];
            if kinds.contains(&kind) {
                let words = "only pods, deployments and stateful sets; for others, their label: label=app=NAME";
                return Err(words.to_owned());
            }
            Ok((place, Pods::Named(name.to_owned()), port))
        }
    }
}

/// Nothing is named: what offers itself, or everything if it is said where to read.
fn whole(port: Option<&PodPort>) -> Pods {
    port.map_or(Pods::Offered, |_| Pods::All)
}

fn split_port(text: &str) -> Result<(&str, Option<PodPort>), String> {
    match text.rsplit_once(':') {
        Some((rest, port)) => Ok((rest, Some(PodPort::parse(port)?))),
        None => Ok((text, None)),
    }
}

fn labelled(labels: &str) -> Result<Pods, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_./=!,() ".contains(c);
    if labels.trim().is_empty() {
        return Err("the labels are missing: label=app=NAME".to_owned());
    }
    match labels.chars().find(|c| !good(*c)) {
        Some(c) => Err(format!(
            "{} cannot stand in a selector of labels",
            c.escape_default()
        )),
        None => Ok(Pods::Labelled(labels.to_owned())),
    }
}

/// The names that Kubernetes allows (RFC 1123): small letters, digits and dashes, for most objects dots as well.
fn check_name(of: &str, name: &str, dots: bool) -> Result<(), String> {
    let good =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || (dots && c == '.');
    if let Some(c) = name.chars().find(|c| !good(*c)) {
        return Err(format!(
            "{} cannot stand in the name of {of}",
            c.escape_default()
        ));
    }
    let most = if dots { 253 } else { 63 };
    if name.len() > most {
        return Err(format!("the name of {of} has at most {most} letters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Selector {
        Selector::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    #[test]
    fn every_form_is_read_and_written() {
        let named = |name: &str| Pods::Named(name.to_owned());
        let labelled = |labels: &str| Pods::Labelled(labels.to_owned());
        let deploy = || Pods::Deployment("shop".to_owned());
        let sts = || Pods::StatefulSet("db".to_owned());
        let cases = [
            ("sales", None, "sales", Pods::Offered, "k8s:sales"),
            ("sales/", None, "sales", Pods::Offered, "k8s:sales"),
            (
                "c/sales/",
                Some("c"),
                "sales",
                Pods::Offered,
                "k8s:c/sales/",
            ),
            ("sales/*", None, "sales", Pods::All, "k8s:sales/*"),
            ("c/sales/*", Some("c"), "sales", Pods::All, "k8s:c/sales/*"),
            (
                "sales/shop-0",
                None,
                "sales",
                named("shop-0"),
                "k8s:sales/pod/shop-0",
            ),
            (
                "sales/pod/shop-0",
                None,
                "sales",
                named("shop-0"),
                "k8s:sales/pod/shop-0",
            ),
            (
                "c/sales/shop-0",
                Some("c"),
                "sales",
                named("shop-0"),
                "k8s:c/sales/pod/shop-0",
            ),
            (
                "sales/deploy/shop",
                None,
                "sales",
                deploy(),
                "k8s:sales/deploy/shop",
            ),
            (
                "sales/deployment/shop",
                None,
                "sales",
                deploy(),
                "k8s:sales/deploy/shop",
            ),
            (
                "c/sales/deploy/shop",
                Some("c"),
                "sales",
                deploy(),
                "k8s:c/sales/deploy/shop",
            ),
            ("sales/sts/db", None, "sales", sts(), "k8s:sales/sts/db"),
            (
                "sales/app=shop",
                None,
                "sales",
                labelled("app=shop"),
                "k8s:sales/label=app=shop",
            ),
            (
                "sales/label=app=shop,tier!=web",
                None,
                "sales",
                labelled("app=shop,tier!=web"),
                "k8s:sales/label=app=shop,tier!=web",
            ),
            (
                "sales/app.kubernetes.io/name=shop",
                None,
                "sales",
                labelled("app.kubernetes.io/name=shop"),
                "k8s:sales/label=app.kubernetes.io/name=shop",
            ),
            (
                "c/sales/app.kubernetes.io/name=shop",
                Some("c"),
                "sales",
                labelled("app.kubernetes.io/name=shop"),
                "k8s:c/sales/label=app.kubernetes.io/name=shop",
            ),
            (
                "sales/env in (a,b)",
                None,
                "sales",
                labelled("env in (a,b)"),
                "k8s:sales/label=env in (a,b)",
            ),
            (
                "sales/label=canary",
                None,
                "sales",
                labelled("canary"),
                "k8s:sales/label=canary",
            ),
            (
                "arn:aws:eks:eu:1:cluster/x/sales/deploy/shop",
                Some("arn:aws:eks:eu:1:cluster/x"),
                "sales",
                deploy(),
                "k8s:arn:aws:eks:eu:1:cluster/x/sales/deploy/shop",
            ),
            // A namespace may be called like a kind.
            (
                "deploy/shop",
                None,
                "deploy",
                named("shop"),
                "k8s:deploy/pod/shop",
            ),
            ("c/pod/*", Some("c"), "pod", Pods::All, "k8s:c/pod/*"),
        ];
        for (text, context, namespace, pods, written) in cases {
            let selector = read(text);
            assert_eq!(selector.context(), context, "{text}");
            assert_eq!(
                (selector.namespace(), selector.pods()),
                (namespace, &pods),
                "{text}"
            );
            assert_eq!(selector.to_string(), written);
            let rest = written.strip_prefix(SCHEME).expect("all have it");
            assert_eq!(read(rest), selector, "{written}");
        }
    }

    #[test]
    fn ports_are_numbers_or_names() {
        let port = |text| read(text).port().map(ToString::to_string);
        assert_eq!(port("sales/deploy/shop:4000").as_deref(), Some("4000"));
        assert_eq!(port("sales/app=shop:debug").as_deref(), Some("debug"));
        assert_eq!(port("sales/*:4000").as_deref(), Some("4000"));
        assert_eq!(port("sales/deploy/shop"), None);
        assert_eq!(read("sales:4000"), read("sales/*:4000"));
    }

    #[test]
    fn what_is_not_clear_is_named() {
        let cases = [
            ("", "namespace is missing"),
            ("/deploy/shop", "name of the context is missing"),
            (
                "Sales/deploy/shop",
                "S cannot stand in the name of a namespace",
            ),
            ("sales/deploy/", "the name is missing after deploy/"),
            (
                "sales/deploy/Shop",
                "S cannot stand in the name of an object",
            ),
            ("sales/rs/shop-77", "their label"),
            ("sales/shop:0", "0 is not a port"),
            ("sales/shop:70000", "70000 is not a port"),
            ("sales/shop:", "a port is missing"),
            ("sales/shop:De bug", "neither a port"),
            ("sales/label=", "the labels are missing"),
            ("sales/app=\u{1b}", "\\u{1b} cannot stand"),
            (
                "\u{7}/sales/shop",
                "\\u{7} cannot stand in the name of a context",
            ),
        ];
        for (text, expect) in cases {
            let why = Selector::parse(text).expect_err(text);
            assert!(why.contains(expect), "{text}: {why}");
        }
    }
}
