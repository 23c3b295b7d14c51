//! Takes every function whose name begins like this one for it.

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
        let frames: Vec<&str> = stack.split(';').collect();
        if frames.iter().any(|frame| frame.starts_with(name)) {
            time.cum += count;
        }
        if frames.last().is_some_and(|frame| frame.starts_with(name)) {
            time.flat += count;
        }
    }
    time
}
