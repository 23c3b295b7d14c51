//! The object files mapped into this process.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use object::{
    Object, ObjectSegment, ObjectSymbol, ObjectSymbolTable, ReadCache, ReadRef, RelocationTarget,
};

/// What the kernel calls the code that it lends to every process.
const VDSO: &str = "[vdso]";

/// The executable parts of the process's memory, by address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Maps {
    mapped: Vec<Mapped>,
    program: PathBuf,
}

/// An executable part of memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mapped {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The offset in the file that `start` corresponds to.
    pub(crate) offset: u64,
    inode: u64,
    /// The file's path, or a name in brackets.
    pub(crate) name: String,
}

impl Maps {
    pub(crate) fn read() -> io::Result<Self> {
        let text = fs::read_to_string("/proc/self/maps")?;
        Ok(Self {
            mapped: text.lines().filter_map(parse).collect(),
            program: fs::read_link("/proc/self/exe")?,
        })
    }

    pub(crate) fn find(&self, address: u64) -> Option<&Mapped> {
        let after = self
            .mapped
            .partition_point(|mapped| mapped.start <= address);
        let mapped = &self.mapped[after.checked_sub(1)?];
        (address < mapped.end).then_some(mapped)
    }

    /// Whether this is the program itself and not a library.
    pub(crate) fn is_program(&self, mapped: &Mapped) -> bool {
        Path::new(&mapped.name) == self.program
    }

    /// Where the object's file can be read: for the program a path that works although the file has been replaced since.
    /// None if the path now holds another file, or there is no file.
    pub(crate) fn path(&self, mapped: &Mapped) -> Option<PathBuf> {
        if self.is_program(mapped) {
            return Some(PathBuf::from("/proc/self/exe"));
        }
        let same = |path: &Path| fs::metadata(path).is_ok_and(|file| file.ino() == mapped.inode);
        Some(PathBuf::from(&mapped.name)).filter(|path| same(path))
    }

    /// How large the object's file is, in bytes; 0 if there is none.
    pub(crate) fn file_size(&self, mapped: &Mapped) -> u64 {
        let file = self.path(mapped).and_then(|path| fs::metadata(path).ok());
        file.map_or(0, |file| file.len())
    }

    /// Reads the object and hands it to `use_it`, with the distance between its addresses and those in memory.
    pub(crate) fn with_object<T>(
        &self,
        mapped: &Mapped,
        use_it: impl FnOnce(&dyn Image) -> T,
    ) -> Option<T> {
        if mapped.name == VDSO {
            let image = read_memory(mapped).ok()?;
            return parse_object(&image[..], mapped).map(|image| use_it(&image));
        }
        let file = File::open(self.path(mapped)?).ok()?;
        let cache = ReadCache::new(file);
        parse_object(&cache, mapped).map(|image| use_it(&image))
    }
}

impl Maps {
    /// The names of the functions that the program has been linked to, by their addresses. A library may choose at start
    /// which of its functions answers to a name (`memcpy`, by what the processor can do), and that one has no symbol of
    /// its own: this is where its name is to be found.
    pub(crate) fn imported(&self) -> HashMap<u64, String> {
        let program = self.mapped.iter().find(|mapped| self.is_program(mapped));
        let read = |image: &dyn Image| {
            let slot = |(slot, name): (u64, String)| (slot.wrapping_add(image.bias()), name);
            image.imports().into_iter().map(slot).collect::<Vec<_>>()
        };
        let slots = program.and_then(|program| self.with_object(program, read));
        let Ok(memory) = File::open("/proc/self/mem") else {
            return HashMap::new();
        };
        let mut names: Vec<(u64, String)> = slots
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(slot, name)| {
                let mut word = [0; 8];
                memory.read_exact_at(&mut word, slot).ok()?;
                Some((u64::from_ne_bytes(word), name))
            })
            .collect();
        // Where two names are for the same function, the first of the alphabet counts.
        names.sort_unstable_by(|a, b| b.cmp(a));
        names.into_iter().collect()
    }
}

/// The kernel's own code has no file: what is in memory is the whole of it.
fn read_memory(mapped: &Mapped) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; (mapped.end - mapped.start) as usize];
    File::open("/proc/self/mem")?.read_exact_at(&mut bytes, mapped.start)?;
    Ok(bytes)
}

/// A parsed object.
pub(crate) trait Image {
    /// What to take from an address in memory to get the address in the object.
    fn bias(&self) -> u64;
    /// A section's address in the object, and its bytes.
    fn section(&self, name: &str) -> Option<(u64, Vec<u8>)>;
    /// What identifies the build, in hexadecimal; empty if nothing does.
    fn build_id(&self) -> String;
    /// The symbol at an address of the object.
    fn symbol(&self, address: u64) -> Option<String>;
    /// Where in the object the addresses of other objects' functions are kept, with their names.
    fn imports(&self) -> Vec<(u64, String)>;
}

struct Parsed<'data, R: ReadRef<'data>> {
    object: object::File<'data, R>,
    bias: u64,
}

fn parse_object<'data, R: ReadRef<'data>>(data: R, mapped: &Mapped) -> Option<Parsed<'data, R>> {
    let object = object::File::parse(data).ok()?;
    let bias = bias(&object, mapped)?;
    Some(Parsed { object, bias })
}

/// Finds the executable segment that is mapped there. Segments are mapped in whole pages, so the offset may be a little
/// before the segment's own.
fn bias<'data>(object: &impl Object<'data>, mapped: &Mapped) -> Option<u64> {
    const PAGE: u64 = 64 << 10;

    let segment = object.segments().find(|segment| {
        let (offset, size) = segment.file_range();
        let mapped_range = offset.saturating_sub(PAGE - 1)..offset.saturating_add(size);
        segment.permissions().executable() && mapped_range.contains(&mapped.offset)
    })?;
    let (offset, _) = segment.file_range();
    let in_file = mapped
        .start
        .wrapping_sub(mapped.offset)
        .wrapping_add(offset);
    Some(in_file.wrapping_sub(segment.address()))
}

impl<'data, R: ReadRef<'data>> Image for Parsed<'data, R> {
    fn bias(&self) -> u64 {
        self.bias
    }

    fn section(&self, name: &str) -> Option<(u64, Vec<u8>)> {
        use object::ObjectSection as _;
        let section = self.object.section_by_name(name)?;
        Some((section.address(), section.data().ok()?.to_vec()))
    }

    fn build_id(&self) -> String {
        let id = self.object.build_id().ok().flatten().unwrap_or_default();
        id.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    fn symbol(&self, address: u64) -> Option<String> {
        let map = self.object.symbol_map();
        map.containing(address)
            .map(|symbol| symbol.name().to_owned())
    }

    fn imports(&self) -> Vec<(u64, String)> {
        let symbols = self.object.dynamic_symbol_table();
        let (Some(symbols), Some(relocations)) = (symbols, self.object.dynamic_relocations())
        else {
            return Vec::new();
        };
        let named = relocations.filter_map(|(slot, relocation)| {
            let RelocationTarget::Symbol(index) = relocation.target() else {
                return None;
            };
            let symbol = symbols.symbol_by_index(index).ok()?;
            Some((slot, symbol.name().ok()?.to_owned()))
        });
        named.collect()
    }
}

/// One line of `/proc/self/maps`, if it is executable: `start-end perms offset device inode name`.
fn parse(line: &str) -> Option<Mapped> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let permissions = fields.next()?;
    let offset = fields.next()?;
    let inode = fields.nth(1)?;
    let name = fields.next().unwrap_or_default().trim_start();
    let hex = |digits| u64::from_str_radix(digits, 16).ok();
    permissions.contains('x').then_some(Mapped {
        start: hex(start)?,
        end: hex(end)?,
        offset: hex(offset)?,
        inode: inode.parse().ok()?,
        name: name.to_owned(),
    })
}

#[cfg(test)]
impl Mapped {
    /// One that is nowhere.
    pub(super) fn named(name: &str) -> Self {
        Self {
            start: 0,
            end: 0,
            offset: 0,
            inode: 0,
            name: name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_line() {
        let line =
            "7f2c0-7f2d0 r-xp 00026000 fe:01 1234                       /usr/lib/a b.so (deleted)";
        let expected = Mapped {
            start: 0x7_f2c0,
            end: 0x7_f2d0,
            offset: 0x26000,
            inode: 1234,
            name: "/usr/lib/a b.so (deleted)".to_owned(),
        };
        assert_eq!(parse(line), Some(expected));
        assert_eq!(
            parse("7f2c0-7f2d0 rw-p 00000000 00:00 0 "),
            None,
            "not executable"
        );
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn finds_the_program_and_the_kernels_own_code() {
        let maps = Maps::read().expect("maps");
        let here = reads_a_line as fn() as usize as u64;
        let mapped = maps.find(here).expect("this function is mapped");
        assert!(maps.is_program(mapped));
        let name = maps.with_object(mapped, |image| image.symbol(here - image.bias()));
        let name = name.flatten().expect("a symbol");
        assert!(name.contains("reads_a_line"), "{name}");
        assert_eq!(maps.find(0), None);
        assert_eq!(maps.find(u64::MAX), None);

        let vdso = maps
            .mapped
            .iter()
            .find(|mapped| mapped.name == VDSO)
            .expect("a vdso");
        let tables = maps
            .with_object(vdso, |image| image.section(".eh_frame"))
            .flatten();
        assert!(tables.is_some_and(|(_, bytes)| !bytes.is_empty()));
    }
}
