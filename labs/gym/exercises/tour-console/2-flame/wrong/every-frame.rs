//! Counts a sample once for each frame of the function.

/// Samples of one function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// Those in which it was running itself.
    pub flat: u64,
    /// Those in which it, or something that it had called, was running.
    pub cum: u64,
}

/// The samples of the function `name` in a profile of folded stacks, root first.
pub fn time_of(name: &str, profile: &str) -> Time {
    let mut time = Time::default();
    for line in profile.lines() {
        let Some((stack, count)) = line.rsplit_once(' ') else {
            continue;
        };
        let count: u64 = count.parse().unwrap_or(0);
        for (depth, frame) in stack.split(';').rev().enumerate() {
            if frame == name {
                time.cum += count;
            }
            if frame == name && depth == 0 {
                time.flat += count;
            }
        }
    }
    time
}
