//! What of a stack is worth showing. At its leaf is how the runtime waits, at its root how it polls: the same for
//! everybody, and not what the reader wrote.

use crate::tasks::Frame;

/// Crates between a task's own code and what it waits for.
const RUNTIME: [&str; 10] = [
    "alloc",
    "collect",
    "core",
    "futures_core",
    "futures_util",
    "lifecycle",
    "std",
    "sync",
    "tokio",
    "tokio_util",
];

/// Of these, what is not called by others than themselves.
const INNER: [&str; 18] = [
    "alloc::",
    "collect::",
    "core::",
    "std::",
    "sync::channel::core",
    "sync::line",
    "sync::task",
    "sync::wait",
    "tokio::io::poll_evented",
    "tokio::loom",
    "tokio::macros",
    "tokio::runtime",
    "tokio::sync::batch_semaphore",
    "tokio::sync::mpsc::chan",
    "tokio::sync::task",
    "tokio::task::coop",
    "tokio::util",
    "tokio_util::task",
];

/// Keeps, of what the runtime has at the leaf, the innermost future that has a meaning outside of it and the one that was
/// called from elsewhere; and leaves out what it has at the root.
pub(super) fn trim(mut frames: Vec<Frame>) -> Vec<Frame> {
    let is_runtime = |frame: &Frame| RUNTIME.contains(&crate_of(&frame.name));
    let leaf = frames.iter().take_while(|frame| is_runtime(frame)).count();
    let root = frames.iter().rev().take_while(|frame| is_runtime(frame));
    let end = frames.len() - root.count();
    if end <= leaf {
        // Nothing but the runtime: a task that is, say, a sleep.
        frames.retain(is_outer_future);
        return frames;
    }
    frames.truncate(end);
    let own = frames.split_off(leaf);
    let mut shown: Vec<Frame> = frames
        .iter()
        .filter(|frame| is_outer_future(frame))
        .cloned()
        .collect();
    if shown.is_empty() {
        shown.extend(frames.pop());
    }
    if shown.len() > 2 {
        shown.drain(1..shown.len() - 1);
    }
    if let [inner, outer] = &shown[..]
        && inner.name == outer.name
    {
        shown.remove(0);
    }
    shown.extend(own);
    shown
}

/// Whether it is the poll of a future, and not of one that the runtime uses itself.
fn is_outer_future(frame: &Frame) -> bool {
    let path = path_of(&frame.name);
    let last = path.rsplit("::").next().unwrap_or_default();
    // Of a closure that is inlined only that is known; an async function is called otherwise then.
    let is_future = match last {
        "poll" | "{{closure}}" => true,
        last => {
            last.starts_with("{async")
                || last.starts_with("{closure") && !frame.symbol.starts_with('{')
        }
    };
    is_future && !INNER.iter().any(|inner| path.starts_with(inner))
}

/// The crate that a function is in, by its path: of `<tokio::time::Sleep as core::future::Future>::poll` it is `tokio`.
fn crate_of(name: &str) -> &str {
    path_of(name).split("::").next().unwrap_or_default()
}

/// The path of a function's type where it is a method of a trait.
fn path_of(mut name: &str) -> &str {
    loop {
        let before = name;
        for prefix in ["<", "&", "*const ", "*mut ", "mut ", "dyn "] {
            name = name.strip_prefix(prefix).unwrap_or(name);
        }
        if name == before {
            return name;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(names: &[&str]) -> Vec<String> {
        let frames = names.iter().map(|name| Frame {
            name: (*name).into(),
            ..Frame::unknown(0, None)
        });
        let frames = trim(frames.collect());
        frames.iter().map(|frame| frame.name.to_string()).collect()
    }

    const ROOT: [&str; 2] = [
        "<sync::task::tracked::Tracked<F> as core::future::future::Future>::poll::{{closure}}",
        "collect::tasks::trap::poll",
    ];

    #[test]
    fn what_is_waited_for_and_the_code_that_waits_are_left() {
        let sleep = "<tokio::time::sleep::Sleep as core::future::future::Future>::poll";
        let timeout = "<tokio::time::timeout::Timeout<T> as core::future::future::Future>::poll";
        let stack = [
            "core::task::wake::clone",
            "std::panic::catch_unwind",
            "tokio::sync::task::atomic_waker::AtomicWaker::register_by_ref",
            "tokio::runtime::time::entry::TimerEntry::poll_elapsed",
            sleep,
            timeout,
            "shop::orders::pay::{{closure}}",
            "<core::future::poll_fn::PollFn<F> as core::future::future::Future>::poll",
            "shop::main::{{closure}}",
        ];
        let all: Vec<&str> = stack.into_iter().chain(ROOT).collect();
        let wanted = [
            sleep,
            timeout,
            "shop::orders::pay::{{closure}}",
            "<core::future::poll_fn::PollFn<F> as core::future::future::Future>::poll",
            "shop::main::{{closure}}",
        ];
        assert_eq!(trimmed(&all), wanted);
    }

    #[test]
    fn something_is_left_whatever_a_task_is() {
        let sleep = "<tokio::time::sleep::Sleep as core::future::future::Future>::poll";
        assert_eq!(
            trimmed(&["core::task::wake::clone", sleep, ROOT[0], ROOT[1]]),
            [sleep]
        );
        let join =
            "<tokio::runtime::task::join::JoinHandle<T> as core::future::future::Future>::poll";
        assert_eq!(
            trimmed(&["core::task::wake::clone", join, "shop::main::{{closure}}"]),
            [join, "shop::main::{{closure}}"]
        );
        assert_eq!(trimmed(&["shop::Own::poll", ROOT[1]]), ["shop::Own::poll"]);
        assert!(trimmed(&[]).is_empty());
    }

    #[test]
    fn a_crate_is_the_beginning_of_a_path() {
        for (name, of) in [
            ("<&mut tokio::x as core::y>::z", "tokio"),
            ("std::panicking::do_call", "std"),
            ("{async_fn#0}", "{async_fn#0}"),
        ] {
            assert_eq!(crate_of(name), of);
        }
    }
}
