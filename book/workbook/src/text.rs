//! What programs print, for a page.

/// `line` without escape sequences and control characters: cargo and labs may colour.
pub(crate) fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            // ESC [ … letter; anything else that ESC starts is one more character.
            if chars.next() == Some('[') {
                chars.by_ref().find(char::is_ascii_alphabetic);
            }
        } else if c == '\t' || !c.is_control() {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_what_a_page_cannot_show() {
        assert_eq!(
            plain("\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m channels\r\n"),
            "   Compiling channels"
        );
        assert_eq!(plain("a\tb\u{7}\u{1b}7c"), "a\tbc");
    }
}
