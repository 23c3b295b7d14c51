//! Keys, what they are called, and a line of their table.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{Action, Place};

/// A line of the table.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) place: Place,
    pub(crate) keys: &'static [Key],
    pub(crate) action: Action,
    /// What it does, for the help.
    pub(crate) what: &'static str,
    /// The same in a word, for the line at the bottom of the screen; empty where it is left out there.
    pub(crate) hint: &'static str,
}

/// A key, with or without Ctrl.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) code: KeyCode,
    pub(crate) control: bool,
}

pub(crate) const fn key(char: char) -> Key {
    Key {
        code: KeyCode::Char(char),
        control: false,
    }
}

pub(crate) const fn ctrl(char: char) -> Key {
    Key {
        code: KeyCode::Char(char),
        control: true,
    }
}

pub(crate) const fn code(code: KeyCode) -> Key {
    Key {
        code,
        control: false,
    }
}

pub(crate) const fn bind(
    place: Place,
    keys: &'static [Key],
    action: Action,
    what: &'static str,
    hint: &'static str,
) -> Binding {
    Binding {
        place,
        keys,
        action,
        what,
        hint,
    }
}

pub(crate) const UP: &[Key] = &[code(KeyCode::Up), key('k')];
pub(crate) const DOWN: &[Key] = &[code(KeyCode::Down), key('j')];
pub(crate) const LEFT: &[Key] = &[code(KeyCode::Left), key('h')];
pub(crate) const RIGHT: &[Key] = &[code(KeyCode::Right), key('l')];
pub(crate) const ENTER: &[Key] = &[code(KeyCode::Enter)];
pub(crate) const ESC: &[Key] = &[code(KeyCode::Esc)];
pub(crate) const SLASH: &[Key] = &[key('/')];

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        Self {
            code: event.code,
            control: event.modifiers.contains(KeyModifiers::CONTROL),
        }
    }
}

impl Binding {
    /// The keys as they are printed: `↑ k`.
    pub(crate) fn names(&self) -> String {
        self.keys
            .iter()
            .map(|key| key.name())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The first of them.
    pub(crate) fn name(&self) -> String {
        self.keys.first().map(|key| key.name()).unwrap_or_default()
    }
}

impl Key {
    pub(crate) fn name(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "space".to_owned(),
            KeyCode::Char(char) => char.to_string(),
            KeyCode::F(number) => format!("F{number}"),
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::BackTab => "shift-tab".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        };
        if self.control {
            format!("ctrl-{name}")
        } else {
            name
        }
    }
}
