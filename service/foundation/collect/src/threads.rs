//! The threads that there are, in the shape of Go's profile `threadcreate`.
//!
//! Go knows where each thread was created. Nobody notes that here, so instead of a stack a sample has one frame, the
//! threads' common name (`worker-1` and `worker-2` are `worker`), and their own name as the label `thread`. Counted are
//! the threads that are alive, Go counts those that have ended too.

mod counted;

use profile::Profile;

use crate::Error;

/// How many threads there are, by name.
///
/// ```
/// # if cfg!(target_os = "linux") {
/// let profile = collect::threads::threadcreate()?;
/// assert_eq!(profile.sample_types[0].kind, "threadcreate");
/// assert!(profile.total(0) >= 1, "this one");
/// # }
/// # Ok::<(), collect::Error>(())
/// ```
///
/// # Errors
/// [`Error::Unsupported`] on other systems than Linux, [`Error::System`] if the list of threads cannot be read.
pub fn threadcreate() -> Result<Profile, Error> {
    supported().map_err(|why| Error::Unsupported { why })?;
    let names = names().map_err(|source| Error::System {
        doing: "reading the list of threads",
        source,
    })?;
    Ok(counted::profile(names))
}

/// Whether threads can be listed here, and why not.
pub(crate) fn supported() -> Result<(), &'static str> {
    if cfg!(target_os = "linux") {
        Ok(())
    } else {
        Err("the list of threads needs Linux")
    }
}

/// The name of each thread. Empty where a thread has none.
fn names() -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for task in std::fs::read_dir("/proc/self/task")? {
        // A thread may end meanwhile.
        if let Ok(name) = std::fs::read(task?.path().join("comm")) {
            names.push(String::from_utf8_lossy(name.trim_ascii_end()).into_owned());
        }
    }
    Ok(names)
}
