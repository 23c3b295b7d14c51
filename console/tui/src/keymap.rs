//! Which key does what: the table of keys, and what the user changed in it.

use ratatui::crossterm::event::{KeyCode, KeyEvent};

use crate::keys::{Action, Binding, Key, Place, all, of};

/// Keys that were given another meaning.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keymap {
    changed: Vec<(Place, Key, Option<Action>)>,
}

/// A key of the table, for people: `cutaway keys`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Where it has this meaning.
    pub place: String,
    /// The name under which it is remapped: `board.pin`.
    pub name: String,
    /// The keys, the first being shown in hints.
    pub keys: Vec<String>,
    /// What it does.
    pub what: &'static str,
}

/// Every key with its meaning, in the order of the help.
pub fn keys() -> Vec<KeyInfo> {
    let info = |binding: &Binding| KeyInfo {
        place: binding.place.title().to_owned(),
        name: name(binding),
        keys: binding.keys.iter().map(|key| spelled(*key)).collect(),
        what: binding.what,
    };
    Place::ALL.into_iter().flat_map(of).map(info).collect()
}

impl Keymap {
    /// Gives the action called `name` these keys instead of its own.
    pub(crate) fn remap(&mut self, name_wanted: &str, keys: &[String]) -> Result<(), String> {
        let binding = all()
            .find(|binding| name(binding) == name_wanted)
            .ok_or_else(|| format!("no key is called {name_wanted}; cutaway keys lists them"))?;
        if binding.action == Action::Quit && keys.is_empty() {
            return Err(format!("{name_wanted} needs a key"));
        }
        let keys = keys.iter().map(|key| read(key));
        let keys: Vec<Key> = keys.collect::<Result<_, _>>()?;
        for own in binding.keys {
            self.changed.push((binding.place, *own, None));
        }
        // The newest change counts.
        for key in keys {
            self.changed
                .push((binding.place, key, Some(binding.action)));
        }
        Ok(())
    }

    /// What `event` does at `place`.
    pub(crate) fn action(&self, place: Place, event: KeyEvent) -> Option<Action> {
        let pressed = Key::from(event);
        let elsewhere = || {
            (place != Place::Typing)
                .then(|| {
                    self.at(Place::Everywhere, pressed)
                        .or_else(|| self.at(Place::Replay, pressed))
                })
                .flatten()
        };
        self.at(place, pressed).or_else(elsewhere)
    }

    fn at(&self, place: Place, pressed: Key) -> Option<Action> {
        let mut changed = self.changed.iter().rev();
        if let Some((.., action)) = changed.find(|(at, key, _)| *at == place && *key == pressed) {
            return *action;
        }
        let mut own = of(place);
        own.find(|binding| binding.keys.contains(&pressed))
            .map(|binding| binding.action)
    }

    /// The first key of a binding, as hints show it.
    pub(crate) fn hint(&self, binding: &Binding) -> String {
        let mut keys = self.changed.iter().filter(|(at, ..)| *at == binding.place);
        keys.find(|(.., action)| *action == Some(binding.action))
            .map_or_else(|| binding.name(), |(_, key, _)| key.name())
    }

    /// The first key of an action.
    pub(crate) fn key_of(&self, action: Action) -> String {
        let binding = all().find(|binding| binding.action == action);
        binding.map_or_else(String::new, |binding| self.hint(binding))
    }

    /// All keys of a binding, as the help shows them.
    pub(crate) fn names(&self, binding: &Binding) -> String {
        let to_it = |(at, _, action): &&(Place, Key, Option<Action>)| {
            *at == binding.place && *action == Some(binding.action)
        };
        let changed: Vec<String> = self
            .changed
            .iter()
            .filter(to_it)
            .map(|(_, key, _)| key.name())
            .collect();
        if changed.is_empty() {
            binding.names()
        } else {
            changed.join(" ")
        }
    }
}

/// `place.action` in lower case: `board.pin`, `everywhere.show-board`.
fn name(binding: &Binding) -> String {
    let place = format!("{:?}", binding.place).to_lowercase();
    format!("{place}.{}", kebab(&format!("{:?}", binding.action)))
}

/// `Show(Board)` into `show-board`, `NextTab` into `next-tab`.
fn kebab(words: &str) -> String {
    let mut out = String::new();
    for char in words.chars().filter(|char| *char != ')') {
        match char {
            '(' => {}
            char if char.is_uppercase() => {
                if !out.is_empty() {
                    out.push('-');
                }
                out.extend(char.to_lowercase());
            }
            char => out.push(char),
        }
    }
    out
}

const NAMED: [(&str, KeyCode); 15] = [
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
];

/// A key as it is written in the config file.
fn spelled(key: Key) -> String {
    let named = NAMED.iter().find(|(_, code)| *code == key.code);
    let name = named.map_or_else(|| key.name(), |(name, _)| (*name).to_owned());
    if key.control && named.is_some() {
        format!("ctrl-{name}")
    } else {
        name
    }
}

/// Reads a key as [`spelled`] writes it.
fn read(text: &str) -> Result<Key, String> {
    let (control, name) = match text.strip_prefix("ctrl-") {
        Some(name) if !name.is_empty() => (true, name),
        _ => (false, text),
    };
    let mut chars = name.chars();
    let code = match (chars.next(), chars.next()) {
        (Some(char), None) if !char.is_control() => Some(KeyCode::Char(char)),
        _ => NAMED
            .iter()
            .find(|(named, _)| *named == name)
            .map(|(_, code)| *code),
    };
    let function = || {
        name.strip_prefix('F')?
            .parse()
            .ok()
            .filter(|number| (1..=12).contains(number))
    };
    code.or_else(|| function().map(KeyCode::F))
        .map(|code| Key { code, control })
        .ok_or_else(|| {
            format!(
                "{} is no key; write for example x, ctrl-x, F5, space or pageup",
                text.escape_default()
            )
        })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use ratatui::crossterm::event::KeyModifiers;

    use super::*;

    fn press(map: &Keymap, place: Place, char: char) -> Option<Action> {
        map.action(
            place,
            KeyEvent::new(KeyCode::Char(char), KeyModifiers::NONE),
        )
    }

    #[test]
    fn q_quits_everywhere_but_in_a_filter_and_ctrl_c_there_too() {
        let map = Keymap::default();
        for place in Place::ALL {
            let quit = (place != Place::Typing).then_some(Action::Quit);
            assert_eq!(press(&map, place, 'q'), quit, "{place:?}");
            let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
            assert_eq!(map.action(place, ctrl_c), Some(Action::Quit), "{place:?}");
        }
    }

    #[test]
    fn every_binding_has_a_name_of_its_own() {
        let mut names = HashSet::new();
        for info in keys() {
            assert!(names.insert(info.name.clone()), "{} twice", info.name);
        }
        assert!(names.contains("everywhere.show-board") && names.contains("board.pin"));
    }

    #[test]
    fn keys_are_read_as_they_are_spelled() {
        for key in all().flat_map(|binding| binding.keys) {
            assert_eq!(read(&spelled(*key)).as_ref(), Ok(key), "{}", spelled(*key));
        }
        for bad in ["", "ctrl-", "F13", "hyper-x", "\u{1b}"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn remapped_keys_replace_the_old_ones() {
        let mut map = Keymap::default();
        map.remap("board.pin", &["x".to_owned(), "ctrl-p".to_owned()])
            .expect("a name and keys");
        assert_eq!(press(&map, Place::Board, 'x'), Some(Action::Pin));
        assert_eq!(press(&map, Place::Board, 'p'), None);
        assert_eq!(press(&map, Place::Variables, 'p'), Some(Action::Pin));
        let binding = of(Place::Board)
            .find(|binding| binding.action == Action::Pin)
            .expect("there");
        assert_eq!(
            (map.hint(binding), map.names(binding)),
            ("x".to_owned(), "x ctrl-p".to_owned())
        );
        assert!(map.remap("board.fly", &[]).is_err());
        assert!(map.remap("everywhere.quit", &[]).is_err());
    }
}
