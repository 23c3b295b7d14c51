//! What a lab says of itself: its name, its knobs, its figures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Knob, KnobError};

/// The value of every knob of a run, by name.
pub type Knobs = BTreeMap<String, i64>;

/// What a lab says of itself: the document of `--describe json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabInfo {
    /// The package and program name: lower case, digits and dashes.
    pub name: String,
    /// A heading of a few words.
    pub title: String,
    /// What the lab shows, in a sentence or two.
    pub about: String,
    /// The numbers that can be turned, in the order in which they are shown.
    pub knobs: Vec<Knob>,
    /// The runs that are committed with the lab, for the book to show.
    #[serde(default)]
    pub figures: Vec<Figure>,
}

/// A run that is committed with its lab: the files `figures/NAME.json` and `figures/NAME.svg`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// Its name: lower case, digits and dashes.
    pub name: String,
    /// The knobs that are not at their default.
    pub knobs: Knobs,
}

impl Figure {
    /// Whether a name can be a figure's, and a file's in the folder of figures.
    pub fn is_name(text: &str) -> bool {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !text.is_empty() && text.len() <= 40 && !text.starts_with('-') && text.chars().all(fits)
    }
}

impl LabInfo {
    /// A lab without knobs.
    pub fn new(name: &str, title: &str, about: &str) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            about: about.to_owned(),
            knobs: Vec::new(),
            figures: Vec::new(),
        }
    }

    /// Adds a figure: a run with these knobs turned, the others at their default. `--figures` records all of them.
    pub fn figure(mut self, name: &str, knobs: &[(&str, i64)]) -> Self {
        let knobs = knobs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect();
        self.figures.push(Figure {
            name: name.to_owned(),
            knobs,
        });
        self
    }

    /// Adds a knob.
    pub fn knob(mut self, knob: Knob) -> Self {
        self.knobs.push(knob);
        self
    }

    /// The knob of that name.
    pub fn find(&self, name: &str) -> Option<&Knob> {
        self.knobs.iter().find(|knob| knob.name == name)
    }

    /// Every knob's value: the given one, checked, or else the default.
    ///
    /// # Errors
    /// A name that the lab does not have, or a value outside its knob's range or between its steps.
    pub fn resolve(&self, given: &Knobs) -> Result<Knobs, KnobError> {
        if let Some(name) = given.keys().find(|name| self.find(name).is_none()) {
            return Err(KnobError::Unknown {
                name: name.clone(),
                lab: self.name.clone(),
                known: self.names(),
            });
        }
        self.knobs
            .iter()
            .map(|knob| {
                let value = given.get(&knob.name).copied().unwrap_or(knob.default);
                Ok((knob.name.clone(), knob.check(value)?))
            })
            .collect()
    }

    /// The command line that asks for these values: `["--capacity", "16", …]`, in the order of the knobs.
    pub fn arguments(&self, values: &Knobs) -> Vec<String> {
        self.knobs
            .iter()
            .filter_map(|knob| Some((knob, values.get(&knob.name)?)))
            .flat_map(|(knob, value)| [format!("--{}", knob.name), value.to_string()])
            .collect()
    }

    /// Checks the declaration itself.
    ///
    /// # Errors
    /// Two knobs of one name, a name that cannot be a flag, an empty range, a step below 1, a
    /// default that its own knob refuses; or a figure whose name cannot be a file's, that is
    /// declared twice, or whose knobs the lab refuses.
    pub fn check(&self) -> Result<(), KnobError> {
        for (index, knob) in self.knobs.iter().enumerate() {
            if self.knobs[..index]
                .iter()
                .any(|other| other.name == knob.name)
            {
                return Err(knob.misdeclared("is declared twice"));
            }
            knob.check_declaration()?;
        }
        for (index, figure) in self.figures.iter().enumerate() {
            let twice = self.figures[..index]
                .iter()
                .any(|other| other.name == figure.name || other.knobs == figure.knobs);
            if twice || figure.name == "knobs" || !Figure::is_name(&figure.name) {
                return Err(KnobError::Figure {
                    name: figure.name.clone(),
                });
            }
            self.resolve(&figure.knobs)?;
        }
        Ok(())
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.knobs.iter().map(|knob| knob.name.as_str()).collect();
        names.join(", ")
    }
}
