//! What is at an object's addresses: functions, the inlined ones too, with files and lines.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use addr2line::Loader;

use super::maps::{Image, Mapped, Maps};
use super::tables::Tables;

/// A function at an address: the innermost first where several are inlined into each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    /// The name as the linker knows it, or as debug information has it.
    pub(super) symbol: String,
    pub(super) file: String,
    pub(super) line: i64,
}

/// What is known of an object's addresses.
pub(super) struct Names {
    pub(super) build_id: String,
    /// For each address, in their order.
    pub(super) frames: Vec<Vec<Frame>>,
}

impl Names {
    /// Looks into the object, and calls `done` while all that was read for that is still in memory.
    pub(super) fn of(
        maps: &Maps,
        mapped: &Mapped,
        addresses: &[u64],
        done: &mut dyn FnMut(),
    ) -> Self {
        let read = |image: &dyn Image| {
            let build_id = image.build_id();
            let loader = loader(maps, mapped, &build_id);
            let mut unnamed = Unnamed::new(maps, mapped, image);
            let frames = addresses.iter().map(|address| {
                let own = address.wrapping_sub(image.bias());
                let frames = match &loader {
                    Some(loader) => frames(loader, own),
                    None => symbol(image.symbol(own)),
                };
                if frames.is_empty() {
                    symbol(unnamed.name(*address))
                } else {
                    frames
                }
            });
            let frames = frames.collect();
            done();
            Self { build_id, frames }
        };
        maps.with_object(mapped, read).unwrap_or_else(|| Self {
            build_id: String::new(),
            frames: vec![Vec::new(); addresses.len()],
        })
    }
}

/// What knows the object's names: the file with its debug information, if one is installed where distributions put it,
/// otherwise the object itself.
fn loader(maps: &Maps, mapped: &Mapped, build_id: &str) -> Option<Loader> {
    let installed = build_id.split_at_checked(2).and_then(|(first, rest)| {
        Loader::new(format!("/usr/lib/debug/.build-id/{first}/{rest}.debug")).ok()
    });
    installed.or_else(|| Loader::new(maps.path(mapped)?).ok())
}

/// Names for functions without a symbol, as libraries' inner functions are: what the program imports them as, or the
/// object and where in it they start, so that at least each is told from the others.
struct Unnamed<'a> {
    maps: &'a Maps,
    image: &'a dyn Image,
    object: &'a str,
    tables: OnceCell<Option<Tables>>,
    imported: Option<HashMap<u64, String>>,
}

impl<'a> Unnamed<'a> {
    fn new(maps: &'a Maps, mapped: &'a Mapped, image: &'a dyn Image) -> Self {
        Self {
            maps,
            object: mapped.name.rsplit('/').next().unwrap_or_default(),
            image,
            tables: OnceCell::new(),
            imported: None,
        }
    }

    fn name(&mut self, address: u64) -> Option<String> {
        let tables = self.tables.get_or_init(|| Tables::read(self.image));
        let start = tables.as_ref()?.function_start(address)?;
        let imported = self.imported.get_or_insert_with(|| self.maps.imported());
        let name = imported
            .get(&start.wrapping_add(self.image.bias()))
            .cloned();
        name.or_else(|| Some(format!("{}+{start:#x}", self.object)))
    }
}

/// Debug information tells of lines and inlined functions; the symbol table has the full name of the function that they
/// were inlined into, and is all there is for objects without debug information.
fn frames(loader: &Loader, address: u64) -> Vec<Frame> {
    let mut frames = debug_frames(loader, address);
    let name = loader.find_symbol(address).map(str::to_owned);
    match (frames.last_mut(), name) {
        (Some(outermost), Some(name)) => outermost.symbol = name,
        (None, name) => frames = symbol(name),
        (Some(_), None) => {}
    }
    frames.retain(|frame| !frame.symbol.is_empty());
    frames
}

/// What is known when only a symbol is.
fn symbol(name: Option<String>) -> Vec<Frame> {
    let frame = |symbol| Frame {
        symbol,
        ..Frame::default()
    };
    name.map(frame).into_iter().collect()
}

fn debug_frames(loader: &Loader, address: u64) -> Vec<Frame> {
    let mut found = Vec::new();
    let Ok(mut frames) = loader.find_frames(address) else {
        return found;
    };
    while let Ok(Some(frame)) = frames.next() {
        let name = frame
            .function
            .as_ref()
            .and_then(|function| function.raw_name().ok());
        let place = frame.location.as_ref();
        found.push(Frame {
            symbol: name.map(Cow::into_owned).unwrap_or_default(),
            file: place
                .and_then(|place| place.file)
                .unwrap_or_default()
                .to_owned(),
            line: place.and_then(|place| place.line).map_or(0, i64::from),
        });
    }
    found
}

/// The name for people: a path without the hash at its end.
///
/// Debug information of the kind `line-tables-only` has no paths for inlined functions, just their own names with type
/// parameters. Those are left out, as they are in paths, and the module that the file is put before.
pub(super) fn readable(symbol: &str, file: &str) -> String {
    if let Ok(name) = rustc_demangle::try_demangle(symbol) {
        return format!("{name:#}");
    }
    // A library's symbol may name a version: `free@GLIBC_2.2.5`.
    let symbol = symbol.split('@').next().unwrap_or_default();
    let bare = match symbol.split_once('<') {
        Some((name, _)) if !name.is_empty() => name,
        _ => symbol,
    };
    module(file).map_or_else(|| bare.to_owned(), |module| format!("{module}::{bare}"))
}

/// The module that a file of Rust code is, by its path: `…/hyper-1.12.0/src/proto/h1/role.rs` is `hyper::proto::h1::role`.
fn module(file: &str) -> Option<String> {
    let (package, path) = file.strip_suffix(".rs")?.rsplit_once("/src/")?;
    let package = package.rsplit('/').next()?;
    let name = match package.rsplit_once('-') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => name,
        _ => package,
    };
    let (mut module, mut crate_name) = (path, name);
    if let Some(binary) = path.strip_prefix("bin/") {
        (module, crate_name) = ("", binary);
    }
    let modules = module
        .split('/')
        .filter(|part| !matches!(*part, "" | "lib" | "main" | "mod"));
    let mut names = vec![crate_name.replace('-', "_")];
    names.extend(modules.map(str::to_owned));
    Some(names.join("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_hash() {
        let legacy = "_ZN9sales_api6orders5place17h0123456789abcdefE";
        let file = "service/app/services/sales-api/src/orders.rs";
        assert_eq!(readable(legacy, file), "sales_api::orders::place");
        let v0 = "_RNvNtCs1234_9sales_api6orders5place";
        assert_eq!(readable(v0, file), "sales_api::orders::place");
        assert_eq!(readable("memcpy", ""), "memcpy");
        assert_eq!(readable("cfree@GLIBC_2.2.5", ""), "cfree");
        assert_eq!(readable("<unknown>", ""), "<unknown>");
    }

    #[test]
    fn bare_names_get_the_module_of_their_file() {
        for (name, file, full) in [
            (
                "{async_fn#0}",
                "/w/sales-api/src/orders.rs",
                "sales_api::orders::{async_fn#0}",
            ),
            (
                "write<u8>",
                "/rustc/5980/library/core/src/ptr/mod.rs",
                "core::ptr::write",
            ),
            (
                "encode_headers",
                "/c/hyper-1.12.0/src/proto/h1/role.rs",
                "hyper::proto::h1::role::encode_headers",
            ),
            ("main", "labs/channels/src/main.rs", "channels::main"),
            (
                "go",
                "labs/channels/src/bin/channels-2.rs",
                "channels-2::go",
            ),
            (
                "sqlite3Malloc",
                "/c/libsqlite3-sys-0.37.0/sqlite3/sqlite3.c",
                "sqlite3Malloc",
            ),
            ("here", "tests/cpu.rs", "here"),
        ] {
            assert_eq!(
                readable(name, file),
                full.replace("channels-2", "channels_2")
            );
        }
    }
}
