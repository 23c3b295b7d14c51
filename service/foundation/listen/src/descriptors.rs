//! How many descriptors this process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the process's limit of open files to the highest it is allowed (shells often set 1,024, for the sake of programs
/// that use `select`), and returns how many connections fit while files, pipes and other listeners keep some room of
/// their own.
///
/// A server that lets in more than that runs out of descriptors: then nobody gets in any more, not even at its debug
/// listener.
pub fn raise_descriptor_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // Raising up to the maximum is always allowed on Linux; elsewhere what was there stays.
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised.current,
        Err(_) => limit.current,
    };
    connections(current)
}

/// What a program needs besides connections, if its limit allows for it.
const OTHERS: u64 = 256;

fn connections(descriptors: Option<u64>) -> usize {
    // None is no limit.
    let descriptors = descriptors.unwrap_or(u64::MAX);
    let others = OTHERS.min(descriptors / 2);
    usize::try_from(descriptors - others).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_keep_room_of_their_own() {
        for (descriptors, expected) in [
            (Some(1_048_576), 1_048_320),
            (Some(1024), 768),
            (Some(64), 32),
            (Some(1), 1),
            (None, usize::MAX - 256),
        ] {
            assert_eq!(connections(descriptors), expected, "{descriptors:?}");
        }
    }
}
