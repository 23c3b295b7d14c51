//! What has been looked up before: a profile that is taken every few seconds has the same addresses again and again, and
//! reading debug information takes a hundred milliseconds.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::maps::Mapped;
use super::names::{self, Frame, Names};

/// How much memory names may take, in bytes. What goes beyond that begins anew.
const MAX_BYTES: usize = 8 << 20;

/// A function at an address, with all that a profile says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// For people.
    pub(super) name: Arc<str>,
    /// As the linker knows it.
    pub(super) symbol: Arc<str>,
    pub(super) file: Arc<str>,
    pub(super) line: i64,
}

/// The functions at an address, the innermost first.
pub(super) type Places = Arc<[Place]>;

/// What is known of the addresses of an object.
#[derive(Clone, Debug, Default)]
pub(super) struct Object {
    pub(super) build_id: Arc<str>,
    pub(super) addresses: HashMap<u64, Places>,
}

/// All that is known.
#[derive(Debug, Default)]
pub(super) struct Known {
    objects: HashMap<Mapped, Object>,
    texts: HashSet<Arc<str>>,
    /// Names for people, by symbol and file.
    names: HashMap<(Arc<str>, Arc<str>), Arc<str>>,
    bytes: usize,
}

static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

impl Known {
    /// What the process knows. Held for moments only.
    fn lock() -> MutexGuard<'static, Option<Self>> {
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many bytes it takes.
    pub(super) fn bytes() -> usize {
        Self::lock().as_ref().map_or(0, |known| known.bytes)
    }

    /// Copies what is known of the addresses to `found`; gives those that it knows nothing of.
    pub(super) fn find(mapped: &Mapped, addresses: &[u64], found: &mut Object) -> Vec<u64> {
        let known = Self::lock();
        let object = known.as_ref().and_then(|known| known.objects.get(mapped));
        let Some(object) = object else {
            return addresses.to_vec();
        };
        found.build_id = Arc::clone(&object.build_id);
        let unknown = |address: &u64| match object.addresses.get(address) {
            Some(places) => {
                found.addresses.insert(*address, Arc::clone(places));
                None
            }
            None => Some(*address),
        };
        addresses.iter().filter_map(unknown).collect()
    }

    /// Notes what has been looked up, and copies it to `found`.
    pub(super) fn add(mapped: &Mapped, addresses: &[u64], names: Names, found: &mut Object) {
        let mut known = Self::lock();
        let known = known.get_or_insert_default();
        if known.bytes > MAX_BYTES {
            *known = Self::default();
        }
        found.build_id = known.text(&names.build_id);
        for (address, frames) in addresses.iter().zip(names.frames) {
            let places: Places = frames.iter().map(|frame| known.place(frame)).collect();
            known.bytes += size_of::<(u64, Places)>() + size_of_val(&*places);
            found.addresses.insert(*address, Arc::clone(&places));
            let object = known.objects.entry(mapped.clone()).or_default();
            object.build_id = Arc::clone(&found.build_id);
            object.addresses.insert(*address, places);
        }
    }

    fn place(&mut self, frame: &Frame) -> Place {
        let (symbol, file) = (self.text(&frame.symbol), self.text(&frame.file));
        let key = (Arc::clone(&symbol), Arc::clone(&file));
        let name = if let Some(name) = self.names.get(&key) {
            Arc::clone(name)
        } else {
            let name = self.text(&names::readable(&symbol, &file));
            self.bytes += size_of::<[Arc<str>; 3]>();
            self.names.insert(key, Arc::clone(&name));
            name
        };
        Place {
            name,
            symbol,
            file,
            line: frame.line,
        }
    }

    /// Each text is kept once.
    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.bytes += text.len() + size_of::<[usize; 4]>();
        self.texts.insert(Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(symbol: &str) -> Vec<Frame> {
        vec![Frame {
            symbol: symbol.to_owned(),
            file: "src/lib.rs".to_owned(),
            line: 7,
        }]
    }

    #[test]
    fn what_was_looked_up_is_found_until_there_is_too_much() {
        let mapped = Mapped::named("an object of this test");
        let mut found = Object::default();
        assert_eq!(Known::find(&mapped, &[1, 2], &mut found), [1, 2]);
        let names = Names {
            build_id: "ab".to_owned(),
            frames: vec![frames("one"), Vec::new()],
        };
        Known::add(&mapped, &[1, 2], names, &mut found);
        assert_eq!(&*found.addresses[&1][0].name, "one");
        let mut again = Object::default();
        assert_eq!(Known::find(&mapped, &[3, 2, 1], &mut again), [3]);
        assert_eq!(again.addresses, found.addresses);
        assert_eq!(&*again.build_id, "ab");

        let much = "x".repeat(1 << 20);
        for address in 10..30 {
            let names = Names {
                build_id: String::new(),
                frames: vec![frames(&format!("{much}{address}"))],
            };
            Known::add(&mapped, &[address], names, &mut Object::default());
            assert!(Known::bytes() < 2 * MAX_BYTES);
        }
        assert_eq!(Known::find(&mapped, &[1], &mut Object::default()), [1]);
    }
}
