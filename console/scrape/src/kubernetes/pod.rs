//! What an object of the API says about a pod.

use cutaway_model::{Cause, first_lines};
use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod, PodStatus};

use crate::selector::PodPort;

/// The annotation that says at which port a pod is to be read: a number, or the name of a container's port.
const PORT: &str = "cutaway.dev/port";
/// The annotation that says at which path.
const PATH: &str = "cutaway.dev/path";
/// Where a pod is read that does not say: the port of this name, else the number.
const USUAL: (&str, u16) = ("debug", 4000);
/// How much of a message is shown, in characters.
const SHOWN: usize = 160;

/// Reasons to wait that pass by themselves.
const STARTING: [&str; 2] = ["ContainerCreating", "PodInitializing"];

/// Whether a pod can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Running {
        /// What of it does not run.
        without: Option<String>,
    },
    Starting(String),
    NotRunning(String),
    /// It will never run again.
    Ended(String),
}

/// Whether the pod is being deleted.
pub(super) fn is_terminating(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
}

pub(super) fn state(pod: &Pod) -> State {
    let default = PodStatus::default();
    let status = pod.status.as_ref().unwrap_or(&default);
    let reason = status.reason.as_deref().unwrap_or_default();
    match status.phase.as_deref() {
        Some("Succeeded") => State::Ended("it completed".to_owned()),
        Some("Failed") => State::Ended(words("it failed", reason, status.message.as_deref())),
        Some("Running") => running(status),
        _ => pending(status),
    }
}

/// How often its containers were started again.
pub(super) fn restarts(pod: &Pod) -> u32 {
    let counts = containers(pod).map(|of| u32::try_from(of.restart_count).unwrap_or(0));
    counts.fold(0, u32::saturating_add)
}

/// What its label says about its version, else the tag of its image.
pub(super) fn version(pod: &Pod) -> String {
    let labels = pod.metadata.labels.as_ref();
    let label = labels.and_then(|labels| labels.get("app.kubernetes.io/version"));
    let image = || specs(pod).next()?.image.as_deref().and_then(tag);
    let version = label.map(String::as_str).or_else(image);
    version.map_or_else(String::new, short)
}

/// Whether it offers itself.
pub(super) fn is_offered(pod: &Pod) -> bool {
    annotation(pod, PORT).is_some()
}

/// The port to read: the one asked for, else the one that the pod names, else the usual one.
pub(super) fn port(pod: &Pod, asked: Option<&PodPort>) -> Result<u16, Cause> {
    let named = annotation(pod, PORT).map(|text| {
        PodPort::parse(text.trim())
            .map_err(|why| Cause::NotFound(format!("annotation {PORT}: {why}")))
    });
    match asked.cloned().map_or(named.transpose()?, Some) {
        Some(PodPort::Number(port)) => Ok(port),
        Some(PodPort::Name(name)) => port_of(pod, &name)
            .ok_or_else(|| Cause::NotFound(format!("no container of the pod calls a port {name}"))),
        None => Ok(port_of(pod, USUAL.0).unwrap_or(USUAL.1)),
    }
}

/// The path to read, if the pod names one.
pub(super) fn path(pod: &Pod) -> Result<Option<String>, Cause> {
    let Some(path) = annotation(pod, PATH) else {
        return Ok(None);
    };
    let good = path.starts_with('/') && http::uri::PathAndQuery::try_from(path).is_ok();
    let why = || format!("annotation {PATH}: {} is not a path", short(path));
    match path {
        "/" => Ok(None),
        _ if good => Ok(Some(path.to_owned())),
        _ => Err(Cause::NotFound(why())),
    }
}

fn running(status: &PodStatus) -> State {
    let containers = status.container_statuses.as_deref().unwrap_or_default();
    let runs = |of: &ContainerStatus| {
        of.state
            .as_ref()
            .is_some_and(|state| state.running.is_some())
    };
    let halted = containers.iter().find(|of| !runs(of)).map(halted);
    if containers.iter().any(runs) || containers.is_empty() {
        return State::Running { without: halted };
    }
    State::NotRunning(halted.unwrap_or_default())
}

fn pending(status: &PodStatus) -> State {
    let conditions = status.conditions.iter().flatten();
    let unplaced = conditions
        .into_iter()
        .find(|of| of.type_ == "PodScheduled" && of.status == "False");
    if let Some(unplaced) = unplaced {
        let reason = unplaced.reason.as_deref().unwrap_or_default();
        return State::NotRunning(words("it has no node", reason, unplaced.message.as_deref()));
    }
    let inits = status.init_container_statuses.iter().flatten();
    let all = inits.chain(status.container_statuses.iter().flatten());
    let waiting = all.filter_map(|of| Some((of, of.state.as_ref()?.waiting.as_ref()?)));
    let mut starting = "it is waiting for its node".to_owned();
    for (of, why) in waiting {
        let reason = why.reason.as_deref().unwrap_or_default();
        if reason.is_empty() || STARTING.contains(&reason) {
            starting = words(&of.name, reason, None);
        } else {
            return State::NotRunning(halted(of));
        }
    }
    State::Starting(starting)
}

/// Why a container does not run: `sales-api: CrashLoopBackOff, exit code 137 (OOMKilled)`.
fn halted(of: &ContainerStatus) -> String {
    let state = of.state.as_ref();
    let waiting = state.and_then(|state| state.waiting.as_ref());
    let last = of
        .last_state
        .as_ref()
        .and_then(|last| last.terminated.as_ref());
    let ended = state.and_then(|state| state.terminated.as_ref()).or(last);
    let mut all = Vec::new();
    if let Some(reason) = waiting.and_then(|waiting| waiting.reason.as_deref()) {
        all.push(short(reason));
    }
    match ended {
        Some(ended) => {
            let reason = ended.reason.as_deref().unwrap_or("unknown");
            all.push(format!("exit code {} ({})", ended.exit_code, short(reason)));
        }
        None => all.extend(
            waiting
                .and_then(|waiting| waiting.message.as_deref())
                .map(short),
        ),
    }
    format!("{}: {}", short(&of.name), all.join(", "))
}

/// The port that a container calls so.
fn port_of(pod: &Pod, name: &str) -> Option<u16> {
    let mut ports = specs(pod).flat_map(|of| of.ports.iter().flatten());
    let found = ports.find(|port| port.name.as_deref() == Some(name))?;
    u16::try_from(found.container_port).ok()
}

fn specs(pod: &Pod) -> impl Iterator<Item = &Container> {
    pod.spec.iter().flat_map(|spec| &spec.containers)
}

fn containers(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = pod.status.iter();
    status.flat_map(|status| status.container_statuses.iter().flatten())
}

fn annotation<'a>(pod: &'a Pod, name: &str) -> Option<&'a str> {
    Some(pod.metadata.annotations.as_ref()?.get(name)?.as_str())
}

/// What an image's name says about its version: `registry:5000/shop/api:1.2@sha256:…` is `1.2`.
fn tag(image: &str) -> Option<&str> {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, digest.split_once(':').map(|(_, hex)| hex)),
        None => (image, None),
    };
    let last = name.rsplit('/').next().unwrap_or(name);
    let tag = last.split_once(':').map(|(_, tag)| tag);
    tag.or_else(|| digest.and_then(|hex| hex.get(..12)))
}

fn words(of: &str, reason: &str, message: Option<&str>) -> String {
    let parts = [Some(of), Some(reason), message];
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
    parts.map(short).collect::<Vec<_>>().join(": ")
}

fn short(text: &str) -> String {
    first_lines(text.as_bytes(), SHOWN)
}
