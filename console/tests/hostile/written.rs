//! What a program writes to a terminal.

/// Fails unless `written` is text and nothing but the sequences that the console's own backend writes.
pub(crate) fn assert_own(written: &str, when: &str) {
    let mut rest = written;
    while let Some(at) = rest.find(|char: char| is_obeyed(char) && !matches!(char, '\r' | '\n')) {
        rest = &rest[at..];
        let length = own(rest).unwrap_or_else(|| {
            let shown: String = rest.chars().take(40).collect();
            panic!("{when}: {shown:?}")
        });
        rest = &rest[length..];
    }
}

/// Fails if there is anything in it that a terminal obeys, besides the ends of lines.
pub(crate) fn assert_plain(text: &str, when: &str) {
    if let Some(at) = text.find(|char: char| is_obeyed(char) && char != '\n') {
        let shown: String = text[at..].chars().take(40).collect();
        panic!("{when}: {shown:?} in {text:?}");
    }
}

fn is_obeyed(char: char) -> bool {
    char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The length of one of the backend's own sequences at the beginning of `text`.
fn own(text: &str) -> Option<usize> {
    if let Some(copied) = text.strip_prefix("\u{1b}]52;c;") {
        // What is copied is encoded, so that it means nothing to the terminal.
        let of_base64 = |char: char| char.is_ascii_alphanumeric() || "+/=".contains(char);
        let end = copied.find(|char| !of_base64(char))?;
        let ends = copied[end..].starts_with('\u{7}');
        return ends.then_some(text.len() - copied.len() + end + 1);
    }
    let sequence = text.strip_prefix("\u{1b}[")?;
    let parameters = sequence.find(|char: char| !matches!(char, '0'..='9' | ';' | '?'))?;
    let (parameters, last) = (
        &sequence[..parameters],
        sequence[parameters..].chars().next()?,
    );
    let modes = [
        "?1049", "?25", "?7", "?1000", "?1002", "?1003", "?1006", "?1015", "?2004", "?2026",
    ];
    let is_own = match last {
        // The cursor is put somewhere, and what is there cleared.
        'H' => parameters
            .split(';')
            .all(|part| part.parse::<u16>().is_ok()),
        'J' => parameters == "2",
        'h' | 'l' => modes.contains(&parameters),
        'm' => is_style(parameters),
        _ => false,
    };
    is_own.then_some(2 + parameters.len() + 1)
}

/// The styles that the backend writes; the short forms of colours are not among them.
fn is_style(parameters: &str) -> bool {
    const PLAIN: [&str; 16] = [
        "", "0", "1", "2", "3", "4", "7", "9", "22", "23", "24", "27", "29", "39", "49", "59",
    ];
    let mut parts = parameters.split(';');
    while let Some(part) = parts.next() {
        if matches!(part, "38" | "48" | "58") {
            let count = match parts.next() {
                Some("5") => 1,
                Some("2") => 3,
                _ => return false,
            };
            let values = parts.by_ref().take(count);
            if values.filter(|value| value.parse::<u8>().is_ok()).count() < count {
                return false;
            }
        } else if !PLAIN.contains(&part) {
            return false;
        }
    }
    true
}

#[test]
fn what_is_not_ours_is_found() {
    assert_own(
        "\u{1b}[?1049h\u{1b}[2J\u{1b}[3;14H\u{1b}[38;5;37;49mtext\u{1b}[0m",
        "ours",
    );
    assert_plain("text\n", "lines");
    for other in [
        "\u{1b}[31m",
        "\u{1b}]0;x\u{7}",
        "\u{1b}[5n",
        "\u{9b}6n",
        "\u{7}",
        "\u{202e}",
        "\u{8}",
        "\u{1b}[?5h",
    ] {
        let found = std::panic::catch_unwind(|| assert_own(&format!("text {other}"), "others'"));
        assert!(found.is_err(), "{other:?}");
        let found = std::panic::catch_unwind(|| assert_plain(other, "others'"));
        assert!(found.is_err(), "{other:?}");
    }
}
