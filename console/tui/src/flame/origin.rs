//! Whose code a frame is: its package, and whether that is the program's own or a library's.
//!
//! The package is in the name: the crate of a Rust path, the import path of a Go function. Whether it is a library is
//! told by the file: those of the package registry, of the Go module cache and of both standard libraries lie where those keep
//! theirs. A frame without a file (C, or stripped) is a library's.

/// The package of a function; empty for C and whatever else has none.
pub(crate) fn package(name: &str) -> &str {
    if name.contains("::") {
        rust_crate(name)
    } else {
        go_package(name).unwrap_or("")
    }
}

/// Whether the function belongs to the program itself.
pub(crate) fn is_own(name: &str, file: &str) -> bool {
    const LIBRARIES: [&str; 8] = [
        "/.cargo/registry/",
        "/.cargo/git/",
        "/rustc/",
        "/rust/deps/",
        "/rustlib/src/",
        "/pkg/mod/",
        "/usr/include/",
        "/vendor/",
    ];
    let library = file.is_empty()
        || LIBRARIES.iter().any(|place| file.contains(place))
        || is_c(file)
        || go_package(name)
            .is_some_and(|package| !name.contains("::") && is_go_standard(package, file));
    !library
}

/// The package of a function, for people: Rust's standard library is one, and what has no package is native code.
pub(crate) fn family(name: &str) -> &str {
    match package(name) {
        "std" | "core" | "alloc" => "std",
        "" => "native",
        package => package,
    }
}

/// A number for a function's package or, where it has none, for itself; the same in every run.
pub(crate) fn hash(name: &str) -> u64 {
    let package = package(name);
    let bytes = if package.is_empty() { name } else { package }.bytes();
    // FNV-1a, folded so that few colours still differ.
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^ (hash >> 32)
}

/// `tokio` of `<tokio::task::Core<T> as core::future::Future>::poll`.
fn rust_crate(name: &str) -> &str {
    let begins = name
        .match_indices(|char: char| char.is_alphanumeric() || char == '_')
        .map(|(at, _)| at);
    let mut end = 0;
    for begin in begins {
        if begin < end {
            continue;
        }
        let rest = &name[begin..];
        let word = &rest[..rest
            .find(|char: char| !char.is_alphanumeric() && char != '_')
            .unwrap_or(rest.len())];
        end = begin + word.len();
        if name[end..].starts_with("::") {
            return word;
        }
    }
    ""
}

/// `net/http` of `net/http.(*conn).serve`.
fn go_package(name: &str) -> Option<&str> {
    // Type arguments may hold slashes and dots of their own.
    let plain = name.split('[').next().unwrap_or_default();
    let base = plain.rfind('/').map_or(0, |slash| slash + 1);
    let dot = plain[base..].find('.')?;
    // `cfree@GLIBC_2.2.5` is a versioned symbol of C.
    Some(&name[..base + dot]).filter(|package| !package.is_empty() && !package.contains('@'))
}

fn is_c(file: &str) -> bool {
    [".c", ".h", ".S", ".s", ".cc", ".cpp"]
        .iter()
        .any(|ending| file.ends_with(ending))
}

fn is_go_standard(package: &str, file: &str) -> bool {
    const ROOTS: &str = " archive bufio bytes cmp compress container context crypto database debug embed encoding errors \
        expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp \
        runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak ";
    let root = package.split('/').next().unwrap_or_default();
    let standard = ROOTS.contains(&format!(" {root} "));
    // Built with -trimpath, files are named by their package.
    standard
        && (file.contains(&format!("/src/{package}/")) || file.starts_with(&format!("{package}/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_from_names() {
        for (name, expect) in [
            ("tokio::runtime::task::harness::poll", "tokio"),
            (
                "<tokio::task::Core<T> as core::future::Future>::poll",
                "tokio",
            ),
            ("<&mut F as core::future::Future>::poll", "core"),
            (
                "<alloc::boxed::Box<F,A> as core::ops::FnOnce<Args>>::call_once",
                "alloc",
            ),
            ("sales_api::main::{{closure}}", "sales_api"),
            ("net/http.(*conn).serve", "net/http"),
            ("main.work", "main"),
            ("github.com/a/b.c/d.F", "github.com/a/b.c/d"),
            ("slices.SortFunc[go.shape.[]main/x.T]", "slices"),
            ("epoll_wait", ""),
            ("cfree@GLIBC_2.2.5", ""),
            ("", ""),
            ("::", ""),
        ] {
            assert_eq!(package(name), expect, "{name}");
        }
    }

    #[test]
    fn libraries_are_told_by_their_files() {
        for (name, file, expect) in [
            ("sales_api::main", "/home/me/shop/src/main.rs", true),
            ("sales_api::main", "src/main.rs", true),
            (
                "tokio::spawn",
                "/home/me/.cargo/registry/src/registry.example-1/tokio-1.0/src/lib.rs",
                false,
            ),
            (
                "std::thread::spawn",
                "/rustc/0123/library/std/src/thread/mod.rs",
                false,
            ),
            ("main.work", "/home/me/shop/main.go", true),
            (
                "net/http.(*conn).serve",
                "/usr/lib/go-1.24/src/net/http/server.go",
                false,
            ),
            ("net/http.(*conn).serve", "net/http/server.go", false),
            ("shop/net.Serve", "/home/me/shop/net/serve.go", true),
            ("sqlite3_step", "sqlite3/sqlite3.c", false),
            ("epoll_wait", "", false),
        ] {
            assert_eq!(is_own(name, file), expect, "{name} in {file}");
        }
    }
}
