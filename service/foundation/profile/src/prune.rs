//! Dropping frames towards the leaf: allocators, the profiler itself.

use regex::Regex;

use crate::{Error, Line, Profile, Sample, pattern};

impl Profile {
    /// Drops what the profile itself asks to drop, as `go tool pprof` does with every profile it loads: of each stack,
    /// the frame whose whole name matches [`Profile::drop_frames`] but not [`Profile::keep_frames`] and all that it
    /// called. Names count up to their first argument list. Frames before the first that does not match stay, so
    /// that no stack is dropped whole.
    pub fn prune(&mut self) -> Result<(), Error> {
        if let Some(prune) = Prune::new(self)? {
            for sample in &mut self.samples {
                prune.sample(sample);
            }
        }
        Ok(())
    }

    /// Drops what the functions that match `pattern` called, but not them: `-prune_from` of `go tool pprof`.
    pub fn prune_from(&mut self, pattern: &str) -> Result<(), Error> {
        if let Some(regex) = pattern::compile("prune_from", pattern)? {
            let prune = PruneFrom::new(self, &regex);
            for sample in &mut self.samples {
                prune.sample(sample);
            }
        }
        Ok(())
    }
}

/// What [`Profile::prune`] does to stacks, once done to locations.
#[derive(Debug)]
pub(crate) struct Prune(Vec<Cut>);

/// What a location in a stack means.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cut {
    /// Nothing.
    No,
    /// What it called is dropped.
    Below,
    /// So is it.
    Whole,
}

impl Prune {
    /// None if the profile asks for nothing.
    pub(crate) fn new(profile: &mut Profile) -> Result<Option<Self>, Error> {
        let whole = |option, pattern: &Option<String>| {
            let pattern = pattern.as_deref().unwrap_or_default();
            let anchored = (!pattern.is_empty()).then(|| format!("^({pattern})$"));
            pattern::compile(option, &anchored.unwrap_or_default())
        };
        let Some(drop) = whole("drop_frames", &profile.drop_frames)? else {
            return Ok(None);
        };
        let keep = whole("keep_frames", &profile.keep_frames)?;
        let dropped = Named::new(profile, |name| {
            drop.is_match(name) && !keep.as_ref().is_some_and(|keep| keep.is_match(name))
        });
        let cut = |lines: &mut Vec<Line>| match lines.iter().rposition(|line| dropped.has(line)) {
            None => Cut::No,
            Some(last) if last + 1 == lines.len() => Cut::Whole,
            Some(last) => {
                lines.drain(..=last);
                Cut::Below
            }
        };
        let locations = profile.locations.iter_mut();
        Ok(Some(Self(locations.map(|at| cut(&mut at.lines)).collect())))
    }

    pub(crate) fn sample(&self, sample: &mut Sample) {
        let cut = |at: &u32| self.0.get(*at as usize).copied().unwrap_or(Cut::No);
        let Some(user) = sample.locations.iter().rposition(|at| cut(at) == Cut::No) else {
            return;
        };
        let found = sample.locations[..user]
            .iter()
            .rposition(|at| cut(at) != Cut::No);
        if let Some(found) = found {
            let whole = cut(&sample.locations[found]) == Cut::Whole;
            sample.locations.drain(..found + usize::from(whole));
        }
    }
}

/// What [`Profile::prune_from`] does to stacks, once done to locations.
pub(crate) struct PruneFrom(Vec<bool>);

impl PruneFrom {
    pub(crate) fn new(profile: &mut Profile, regex: &Regex) -> Self {
        let matches = Named::new(profile, |name| regex.is_match(name));
        let cut = |lines: &mut Vec<Line>| {
            let first = lines.iter().position(|line| matches.has(line));
            lines.drain(..first.unwrap_or(0));
            first.is_some()
        };
        let locations = profile.locations.iter_mut();
        Self(locations.map(|at| cut(&mut at.lines)).collect())
    }

    pub(crate) fn sample(&self, sample: &mut Sample) {
        let cut = |at: &u32| self.0.get(*at as usize).copied().unwrap_or(false);
        let first = sample.locations.iter().position(cut);
        sample.locations.drain(..first.unwrap_or(0));
    }
}

/// Which functions' names match, each asked for once.
struct Named(Vec<bool>);

impl Named {
    fn new(profile: &Profile, matches: impl Fn(&str) -> bool) -> Self {
        let matching = profile.functions.iter().map(|function| {
            let name = without_arguments(&function.name);
            !function.name.is_empty() && matches(name)
        });
        Self(matching.collect())
    }

    fn has(&self, line: &Line) -> bool {
        self.0.get(line.function as usize).copied().unwrap_or(false)
    }
}

/// A name up to its argument list: the first parenthesis that C++ does not write in names themselves.
fn without_arguments(name: &str) -> &str {
    let name = name.strip_prefix('.').unwrap_or(name);
    let mut from = 0;
    while let Some(found) = name[from..].find('(') {
        let at = from + found;
        from = if name[at..].starts_with("(anonymous namespace)") {
            at + "(anonymous namespace)".len()
        } else if name[from..at].ends_with("operator") && name[at..].starts_with("()") {
            at + "()".len()
        } else {
            return &name[..at];
        };
    }
    name
}

#[cfg(test)]
mod tests {
    use super::without_arguments;

    #[test]
    fn names_end_before_their_arguments() {
        let cases = [
            ("malloc", "malloc"),
            (".foo(int)", "foo"),
            ("a::f(b::operator()(int))", "a::f"),
            ("(anonymous namespace)::f(int)", "(anonymous namespace)::f"),
            ("X::operator()(int) const", "X::operator()"),
            ("<(A, B) as C>::f", "<"),
        ];
        for (name, expected) in cases {
            assert_eq!(without_arguments(name), expected, "{name}");
        }
    }
}
