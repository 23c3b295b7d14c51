//! What numbers, profiles and lints mean: a card for each, from the data files in `cards/`.
//!
//! A card is some lines, the next one after an empty line. The first says what it is about: `card NAME` (variables, found
//! by `names`), `profile ENDPOINT` or `lint NAME`. Then `title`, `what`, `bad`, `try`, and `see`, a chapter of the book.
//! `names` are variables' names, `*` standing for anything; how words are joined and which unit ends them makes no
//! difference, so that one name fits JSON and metrics text.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use cutaway_model::{Path, ProfileKind};

use crate::field::Field;
use crate::matcher::Matcher;
use crate::state::Tab;

const FILES: [&str; 6] = [
    include_str!("../../cards/lints.txt"),
    include_str!("../../cards/profiles.txt"),
    include_str!("../../cards/runtime.txt"),
    include_str!("../../cards/memory.txt"),
    include_str!("../../cards/process.txt"),
    include_str!("../../cards/service.txt"),
];

/// All cards, in the order of the files.
pub(crate) static CARDS: LazyLock<Vec<Card>> =
    LazyLock::new(|| FILES.into_iter().flat_map(parse).collect());

/// What is to be known about something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Card {
    about: &'static str,
    name: &'static str,
    names: Vec<Pattern>,
    pub(crate) title: &'static str,
    pub(crate) what: &'static str,
    pub(crate) bad: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) chapter: &'static str,
}

/// The view of cards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Explain {
    pub(crate) filter: Field,
    pub(crate) cursor: usize,
    /// What was asked about.
    pub(crate) of: Option<String>,
    /// Where it was asked.
    pub(crate) from: Option<Tab>,
}

impl Explain {
    /// The cards that pass the filter.
    pub(crate) fn shown(&self) -> Vec<&'static Card> {
        let matcher = Matcher::new(self.filter.as_str());
        let fits = |card: &&Card| matcher.matches(&format!("{} {}", card.title, card.name));
        CARDS.iter().filter(fits).collect()
    }

    /// The card that is read.
    pub(crate) fn card(&self) -> Option<&'static Card> {
        self.shown().get(self.cursor).copied()
    }

    /// Turns to a card, or to the first.
    pub(crate) fn open(&mut self, card: Option<&'static Card>, of: String, from: Tab) {
        self.filter.clear();
        let place = card.and_then(|card| CARDS.iter().position(|other| std::ptr::eq(other, card)));
        self.cursor = place.unwrap_or(0);
        self.of = Some(if card.is_some() {
            of
        } else {
            format!("{of}: no card about it")
        });
        self.from = Some(from);
    }
}

/// The card about a variable: of several that fit, the one whose name says most.
pub(crate) fn of_variable(path: &Path) -> Option<&'static Card> {
    let name = canonical(&path.segments().join("."));
    let fit = |card: &'static Card| {
        let fits = card.names.iter().filter(|pattern| pattern.fits(&name));
        Some((fits.map(Pattern::length).max()?, card))
    };
    let best = CARDS
        .iter()
        .filter_map(fit)
        .max_by_key(|(length, _)| *length);
    best.map(|(_, card)| card)
}

/// The card about a kind of profile.
pub(crate) fn of_profile(kind: ProfileKind) -> Option<&'static Card> {
    let name = if kind == ProfileKind::Cpu {
        "cpu"
    } else {
        kind.endpoint()
    };
    named("profile", name)
}

/// The card about a lint.
pub(crate) fn of_lint(name: &str) -> Option<&'static Card> {
    named("lint", name)
}

fn named(about: &str, name: &str) -> Option<&'static Card> {
    CARDS
        .iter()
        .find(|card| card.about == about && card.name == name)
}

/// A name with `*` for anything.
#[derive(Clone, Debug)]
struct Pattern(Vec<String>);

impl Pattern {
    fn new(text: &str) -> Self {
        Self(text.split('*').map(canonical).collect())
    }

    fn fits(&self, name: &str) -> bool {
        let [first, rest @ ..] = self.0.as_slice() else {
            return false;
        };
        let Some(mut left) = name.strip_prefix(first.as_str()) else {
            return false;
        };
        let Some((last, between)) = rest.split_last() else {
            return left.is_empty();
        };
        for part in between {
            match left.find(part.as_str()) {
                Some(at) => left = &left[at + part.len()..],
                None => return false,
            }
        }
        left.ends_with(last.as_str())
    }

    /// How much of it is not `*`; what has none comes first.
    fn length(&self) -> usize {
        let exact = if self.0.len() == 1 { 1_000 } else { 0 };
        self.0.iter().map(String::len).sum::<usize>() + exact
    }
}

/// Letters and digits in lower case, without labels and without the unit at the end.
fn canonical(name: &str) -> String {
    const UNITS: [&str; 6] = ["_total", "_seconds", "_bytes", "_ns", "_ratio", "_info"];
    let lower = name.split('{').next().unwrap_or_default().to_lowercase();
    let mut bare = lower.trim_end_matches('.');
    while let Some(rest) = UNITS.iter().find_map(|unit| bare.strip_suffix(unit)) {
        bare = rest;
    }
    bare.chars().filter(|char| char.is_alphanumeric()).collect()
}

fn parse(file: &'static str) -> Vec<Card> {
    let blocks = file.split("\n\n").filter(|block| !block.trim().is_empty());
    blocks.map(parse_card).collect()
}

fn parse_card(block: &'static str) -> Card {
    let mut card = Card::default();
    for line in block.lines() {
        let (key, text) = line.split_once(' ').unwrap_or((line, ""));
        match key {
            "card" | "lint" | "profile" => (card.about, card.name) = (key, text),
            "title" => card.title = text,
            "names" => card.names = text.split_whitespace().map(Pattern::new).collect(),
            "what" => card.what = text,
            "bad" => card.bad = text,
            "try" => card.hint = text,
            "see" => card.chapter = text,
            // A test reads every file and finds none.
            _ => {}
        }
    }
    card
}
