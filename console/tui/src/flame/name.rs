//! Function names in few columns.

use crate::draw::text;

/// A function's name in so many columns: whole if it fits; then without type arguments; then its end, where functions
/// differ from one another.
pub(crate) fn fitted(name: &str, columns: usize) -> String {
    if text::width(name) <= columns {
        return name.to_owned();
    }
    let plain = plain(name);
    let mut rest = plain.as_str();
    while text::width(rest) > columns {
        let next = rest
            .find("::")
            .map(|at| at + 2)
            .or_else(|| rest.find('/').map(|at| at + 1));
        // `{closure#0}` alone says nothing: the function that it is in stays.
        match next.map(|at| &rest[at..]) {
            Some(shorter) if !shorter.is_empty() && !shorter.starts_with('{') => rest = shorter,
            _ => break,
        }
    }
    text::cut(rest, columns).into_owned()
}

/// Without type arguments, and with the type alone where a trait is implemented for it: `Core::poll` of
/// `<Core<T> as Future>::poll`.
fn plain(name: &str) -> String {
    let (typed, method) = implemented(name).unwrap_or((name, ""));
    without_arguments(typed) + &without_arguments(method)
}

/// `X` and `::method` of `<X as Trait>::method` and of `<X>::method`.
fn implemented(name: &str) -> Option<(&str, &str)> {
    let inside = name.strip_prefix('<')?;
    let mut depth = 0_usize;
    let mut end_of_type = None;
    for (at, char) in inside.char_indices() {
        match char {
            '<' => depth += 1,
            '>' if depth == 0 && !inside[..at].ends_with('-') => {
                let typed = &inside[..end_of_type.unwrap_or(at)];
                let typed = typed.trim_start_matches(['&', '*', '[', '(']);
                let typed = typed.strip_prefix("mut ").unwrap_or(typed);
                return Some((
                    typed.strip_prefix("dyn ").unwrap_or(typed),
                    &inside[at + 1..],
                ));
            }
            '>' if !inside[..at].ends_with('-') => depth -= 1,
            ' ' if depth == 0 && inside[at..].starts_with(" as ") => {
                end_of_type = end_of_type.or(Some(at));
            }
            _ => {}
        }
    }
    None
}

fn without_arguments(name: &str) -> String {
    let mut depth = 0_usize;
    let mut plain = String::with_capacity(name.len());
    for char in name.chars() {
        match char {
            '<' => depth += 1,
            '>' if depth > 0 => depth -= 1,
            char if depth == 0 => plain.push(char),
            _ => {}
        }
    }
    if plain.is_empty() {
        return name.to_owned();
    }
    // What is left of `Vec::<T>::new`.
    plain.replace("::::", "::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_what_tells_functions_apart() {
        for (name, columns, expect) in [
            ("main", 10, "main"),
            ("sales_api::orders::place", 16, "orders::place"),
            ("sales_api::orders::place", 5, "place"),
            ("sales_api::orders::place", 4, "pla…"),
            (
                "core::ops::FnOnce<Args>::call",
                30,
                "core::ops::FnOnce<Args>::call",
            ),
            (
                "core::ops::FnOnce<Args>::call",
                24,
                "core::ops::FnOnce::call",
            ),
            ("alloc::vec::Vec::<u8>::push", 17, "vec::Vec::push"),
            ("net/http.(*conn).serve", 18, "http.(*conn).serve"),
            ("shop::main::{{closure}}", 18, "main::{{closure}}"),
            ("shop::main::{{closure}}", 12, "main::{{clo…"),
            (
                "<core::future::PollFn<F> as core::future::Future>::poll",
                15,
                "PollFn::poll",
            ),
            ("<&mut tokio::io::Buf<T>>::fill", 14, "io::Buf::fill"),
            (
                "<fn(u8) -> u8 as FnOnce<(u8,)>>::call_once",
                20,
                "call_once",
            ),
            ("<unclosed<<", 5, "<unc…"),
            ("日本語::日本", 4, "日本"),
        ] {
            assert_eq!(fitted(name, columns), expect, "{name} in {columns}");
        }
    }
}
