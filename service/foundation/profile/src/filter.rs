//! Which samples and frames to look at, in the words of `go tool pprof`.

mod names;
mod tags;

use std::collections::HashMap;

use regex::Regex;

use crate::prune::PruneFrom;
use crate::{Error, LabelValue, Profile, pattern};
use names::{Names, ShowFrom};
use tags::TagFilter;

/// What to keep of a profile. Expressions are those of Go's `regexp`, so those that people know from `go tool pprof`;
/// an empty one stands for none. They match anywhere in a function's name, its file's name or its object's name.
///
/// ```
/// # use profile::{Filter, Profile};
/// # let mut profile = Profile::default();
/// let filter = Filter::default().focus("^app::")?.hide(r"^(core|alloc|std)::")?;
/// let without_match = profile.filter(&filter);
/// assert_eq!(without_match, ["focus", "hide"], "the profile is empty");
/// # Ok::<(), profile::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Filter {
    focus: Option<Regex>,
    ignore: Option<Regex>,
    hide: Option<Regex>,
    show: Option<Regex>,
    show_from: Option<Regex>,
    prune_from: Option<Regex>,
    tag_focus: Option<TagFilter>,
    tag_ignore: Option<TagFilter>,
    tag_show: Option<Regex>,
    tag_hide: Option<Regex>,
}

impl Filter {
    /// Keeps samples with a matching frame.
    pub fn focus(mut self, pattern: &str) -> Result<Self, Error> {
        self.focus = pattern::compile("focus", pattern)?;
        Ok(self)
    }

    /// Drops samples with a matching frame.
    pub fn ignore(mut self, pattern: &str) -> Result<Self, Error> {
        self.ignore = pattern::compile("ignore", pattern)?;
        Ok(self)
    }

    /// Takes matching frames out of the stacks; a sample left without a stack is dropped.
    pub fn hide(mut self, pattern: &str) -> Result<Self, Error> {
        self.hide = pattern::compile("hide", pattern)?;
        Ok(self)
    }

    /// Takes frames that do not match out of the stacks; a sample left without a stack is dropped.
    pub fn show(mut self, pattern: &str) -> Result<Self, Error> {
        self.show = pattern::compile("show", pattern)?;
        Ok(self)
    }

    /// Takes the frames before the first that matches, from the root on, out of the stacks; samples without are dropped.
    pub fn show_from(mut self, pattern: &str) -> Result<Self, Error> {
        self.show_from = pattern::compile("show_from", pattern)?;
        Ok(self)
    }

    /// Takes what matching functions called out of the stacks.
    pub fn prune_from(mut self, pattern: &str) -> Result<Self, Error> {
        self.prune_from = pattern::compile("prune_from", pattern)?;
        Ok(self)
    }

    /// Keeps samples with a matching label. `key=` in front limits it to labels of that key. What follows is a range
    /// of numbers with a unit (`32kb`, `:64kb`, `4mb:`, `12kb:64mb`) or expressions between commas: without a key all
    /// must match a label's `key:value`, with one any must match its value.
    pub fn tag_focus(mut self, tags: &str) -> Result<Self, Error> {
        self.tag_focus = TagFilter::parse("tagfocus", tags)?;
        Ok(self)
    }

    /// Drops samples with a matching label; see [`Filter::tag_focus`].
    pub fn tag_ignore(mut self, tags: &str) -> Result<Self, Error> {
        self.tag_ignore = TagFilter::parse("tagignore", tags)?;
        Ok(self)
    }

    /// Keeps only labels whose key matches.
    pub fn tag_show(mut self, pattern: &str) -> Result<Self, Error> {
        self.tag_show = pattern::compile("tagshow", pattern)?;
        Ok(self)
    }

    /// Drops labels whose key matches.
    pub fn tag_hide(mut self, pattern: &str) -> Result<Self, Error> {
        self.tag_hide = pattern::compile("taghide", pattern)?;
        Ok(self)
    }
}

impl Profile {
    /// Applies a filter, as `go tool pprof` does it and in its order: samples by frames, frames, samples by labels,
    /// labels. Samples without a stack are dropped. Returns the options that matched nothing, which is worth a warning.
    /// Percentages should stay those of the whole: take [`Profile::reference_total`] before.
    pub fn filter(&mut self, filter: &Filter) -> Vec<&'static str> {
        let units = self.label_units();
        let mut unmatched = Vec::new();
        let mut told = |option, given: bool, matched: bool| {
            if given && !matched {
                unmatched.push(option);
            }
        };
        let names = Names::new(self, filter);
        told("focus", filter.focus.is_some(), names.focused);
        told("ignore", filter.ignore.is_some(), names.ignored);
        told("hide", filter.hide.is_some(), names.hid);
        told("show", filter.show.is_some(), names.shown);
        let show_from = filter
            .show_from
            .as_ref()
            .map(|regex| ShowFrom::new(self, regex));
        let matched = show_from.as_ref().is_some_and(ShowFrom::matched);
        told("show_from", filter.show_from.is_some(), matched);
        self.samples.retain_mut(|sample| {
            names.sample(sample) && show_from.as_ref().is_none_or(|show| show.sample(sample))
        });

        let (mut focused, mut ignored) = (false, false);
        let matches = |tags: &Option<TagFilter>, sample: &_| {
            tags.as_ref().map(|tags| tags.matches(sample, &units))
        };
        self.samples.retain(|sample| {
            let focus = matches(&filter.tag_focus, sample).unwrap_or(true);
            let ignore = matches(&filter.tag_ignore, sample).unwrap_or(false);
            focused |= focus;
            ignored |= ignore;
            focus && !ignore
        });
        told("tagfocus", filter.tag_focus.is_some(), focused);
        told("tagignore", filter.tag_ignore.is_some(), ignored);

        let (shown, hidden) = self.filter_labels(filter);
        told("tagshow", filter.tag_show.is_some(), shown);
        told("taghide", filter.tag_hide.is_some(), hidden);
        if let Some(regex) = &filter.prune_from {
            let prune = PruneFrom::new(self, regex);
            for sample in &mut self.samples {
                prune.sample(sample);
            }
        }
        unmatched
    }

    /// Keeps samples with a frame that matches; see [`Filter::focus`]. Whether one did.
    pub fn focus(&mut self, pattern: &str) -> Result<bool, Error> {
        let filter = Filter::default().focus(pattern)?;
        Ok(self.filter(&filter).is_empty())
    }

    /// Drops samples with a frame that matches; see [`Filter::ignore`]. Whether one did.
    pub fn ignore(&mut self, pattern: &str) -> Result<bool, Error> {
        let filter = Filter::default().ignore(pattern)?;
        Ok(self.filter(&filter).is_empty())
    }

    /// Takes frames that match out of the stacks; see [`Filter::hide`]. Whether one did.
    pub fn hide(&mut self, pattern: &str) -> Result<bool, Error> {
        let filter = Filter::default().hide(pattern)?;
        Ok(self.filter(&filter).is_empty())
    }

    /// Takes frames that do not match out of the stacks; see [`Filter::show`]. Whether one did.
    pub fn show(&mut self, pattern: &str) -> Result<bool, Error> {
        let filter = Filter::default().show(pattern)?;
        Ok(self.filter(&filter).is_empty())
    }

    /// Drops labels; whether one matched `tag_show`, and one `tag_hide`.
    fn filter_labels(&mut self, filter: &Filter) -> (bool, bool) {
        let (mut shown, mut hidden) = (false, false);
        if filter.tag_show.is_none() && filter.tag_hide.is_none() {
            return (shown, hidden);
        }
        for sample in &mut self.samples {
            sample.labels.retain(|label| {
                let matches = |regex: &Regex| regex.is_match(&label.key);
                let show = filter.tag_show.as_ref().is_none_or(matches);
                let hide = filter.tag_hide.as_ref().is_some_and(matches);
                shown |= show;
                hidden |= hide;
                show && !hide
            });
        }
        (shown, hidden)
    }

    /// The unit of each key of numbers: the first that a label has, otherwise one told from the key.
    pub(crate) fn label_units(&self) -> HashMap<String, String> {
        let mut units: HashMap<String, String> = HashMap::new();
        for label in self.samples.iter().flat_map(|sample| &sample.labels) {
            if let LabelValue::Number(_, unit) = &label.value {
                match units.get_mut(&*label.key) {
                    Some(known) if known.is_empty() => known.push_str(unit),
                    Some(_) => {}
                    None => drop(units.insert(label.key.to_string(), unit.to_string())),
                }
            }
        }
        for (key, unit) in &mut units {
            if unit.is_empty() {
                let bytes = matches!(key.as_str(), "alignment" | "request");
                unit.push_str(if bytes { "bytes" } else { key });
            }
        }
        units
    }
}
