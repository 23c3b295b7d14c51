//! A line of text being typed: a filter or a search.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The longest filter, in characters.
const LIMIT: usize = 200;

/// Text and nothing else: the cursor stays at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Field(String);

impl From<&str> for Field {
    /// As if it had been typed.
    fn from(text: &str) -> Self {
        let typed = text.chars().filter(|char| !char.is_control());
        Self(typed.take(LIMIT).collect())
    }
}

impl Field {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces the text; of one that is too long, the beginning stays.
    pub(crate) fn set(&mut self, text: &str) {
        self.0 = text
            .chars()
            .filter(|c| !c.is_control())
            .take(LIMIT)
            .collect();
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes a key. Answers whether the text changed.
    pub(crate) fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let before = self.0.len();
        match key.code {
            KeyCode::Char('h') if control => drop(self.0.pop()),
            KeyCode::Backspace | KeyCode::Char('w') if control => self.drop_word(),
            KeyCode::Backspace => drop(self.0.pop()),
            KeyCode::Char('u') if control => self.clear(),
            KeyCode::Char(char)
                if !control && !char.is_control() && self.0.chars().count() < LIMIT =>
            {
                self.0.push(char);
            }
            _ => {}
        }
        self.0.len() != before
    }

    fn drop_word(&mut self) {
        let kept = self.0.trim_end().rfind(' ').map_or(0, |blank| blank + 1);
        self.0.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[(KeyCode, KeyModifiers)]) -> String {
        let mut field = Field::default();
        for (code, modifiers) in keys {
            field.key(KeyEvent::new(*code, *modifiers));
        }
        field.0
    }

    #[test]
    fn keys_edit_the_end_of_the_line() {
        let letters = "heap alloc"
            .chars()
            .map(|char| (KeyCode::Char(char), KeyModifiers::NONE));
        let with = |code, modifiers| {
            typed(
                &letters
                    .clone()
                    .chain([(code, modifiers)])
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(with(KeyCode::Backspace, KeyModifiers::NONE), "heap allo");
        assert_eq!(with(KeyCode::Char('w'), KeyModifiers::CONTROL), "heap ");
        assert_eq!(with(KeyCode::Char('u'), KeyModifiers::CONTROL), "");
        assert_eq!(with(KeyCode::Char('Q'), KeyModifiers::SHIFT), "heap allocQ");
        assert_eq!(
            with(KeyCode::Char('\u{1b}'), KeyModifiers::NONE),
            "heap alloc"
        );
    }

    #[test]
    fn the_length_is_bounded() {
        let keys = vec![(KeyCode::Char('x'), KeyModifiers::NONE); LIMIT + 50];
        assert_eq!(typed(&keys).len(), LIMIT);
    }
}
