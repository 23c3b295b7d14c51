//! Schedules in a terminal.

use super::plan::What;
use super::{Clock, Schedule};
use std::fmt::Write as _;

/// The schedules, one table each.
pub(super) fn schedules(schedules: &[Schedule]) -> String {
    let mut text = String::new();
    for Schedule { workshop, days } in schedules {
        let _ = writeln!(text, "{} ({})", workshop.title, workshop.name);
        for (index, day) in days.iter().enumerate() {
            if days.len() > 1 {
                let _ = writeln!(text, " day {}", index + 1);
            }
            for slot in &day.slots {
                let end = Clock(slot.start.0 + slot.minutes);
                let (part, title) = match &slot.what {
                    What::Chapter { title, part, .. } => (part.as_str(), title.as_str()),
                    What::Break => ("", "break"),
                    What::Lunch => ("", "lunch"),
                    What::Open => ("", "open: questions, and what took longer"),
                };
                let _ = writeln!(
                    text,
                    "  {}–{end}  {:>3} min  {part:<14} {title}",
                    slot.start, slot.minutes
                );
            }
        }
        text.push('\n');
    }
    text
}
