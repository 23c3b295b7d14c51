//! From captures to what is on the screen: selected when they change, made when it is looked at.

use std::sync::Arc;

use cutaway_model::Profile;

use super::{Compare, Mode, Profiling, Selection};
use crate::flame::Shape;
use crate::matcher::Matcher;

impl Profiling {
    /// Selects anew what is shown of the captures.
    pub(crate) fn refresh(&mut self) {
        self.outdated = false;
        let now: Vec<Arc<Profile>> = self
            .shown()
            .map(|capture| Arc::clone(&capture.profile))
            .collect();
        self.base = match self.compare {
            Compare::Off => None,
            _ if now.is_empty() => None,
            _ if self.is_against_rest() => self.rest(),
            _ => self.marked.clone().or_else(|| self.usual_base()),
        };
        let base = self.base.as_ref();
        let base = base.map_or(&[][..], |base| &base.profiles);
        let sample_type = self.sample_type.as_deref();
        self.selection = Selection::new(now, base, self.compare, &self.filters, sample_type);
        self.version += 1;
        self.bring_up();
    }

    /// Makes what is on the screen from what was selected.
    pub(crate) fn bring_up(&mut self) {
        let needed: &[Mode] = match self.mode {
            // Below the graph, the first functions of the table are listed.
            Mode::Graph => &[Mode::Graph, Mode::Top],
            Mode::Top => &[Mode::Top],
            Mode::Callers => &[Mode::Callers],
            Mode::Lines => &[Mode::Lines],
            Mode::Tags => &[Mode::Tags],
            Mode::Stacks => &[Mode::Graph, Mode::Stacks],
        };
        for mode in needed {
            if self.made[*mode as usize] != self.version {
                self.made[*mode as usize] = self.version;
                self.make(*mode);
            }
        }
    }

    fn make(&mut self, mode: Mode) {
        let shown = &self.selection.shown;
        let search = || Matcher::new(self.search.as_str());
        match mode {
            Mode::Graph => {
                let shape = if self.fold {
                    Shape::Folded
                } else {
                    Shape::Whole
                };
                self.flame.set_width(self.width);
                self.flame.show(shown, shape);
            }
            Mode::Top => self.table.show(shown, &search()),
            Mode::Callers => {
                self.sandwich.set_width(self.width);
                self.sandwich.show(shown, &self.function);
            }
            Mode::Lines => self.lines.show(shown, &self.function),
            Mode::Tags => self.tags.show(shown),
            Mode::Stacks => self.groups.show(self.flame.stacks(), &search()),
        }
    }

    pub(crate) fn set_width(&mut self, width: u16) {
        self.width = width;
        self.flame.set_width(width);
        self.sandwich.set_width(width);
    }
}
