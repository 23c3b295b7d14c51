//! Text by the columns it takes.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns `words` take.
pub(crate) fn width(words: &str) -> usize {
    words.width()
}

/// `words` in at most `columns`: the beginning, with an ellipsis where the rest was.
pub(crate) fn cut(words: &str, columns: usize) -> Cow<'_, str> {
    if width(words) <= columns {
        return Cow::Borrowed(words);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let end =
        fitting(words.char_indices(), columns - 1).map_or(0, |(at, char)| at + char.len_utf8());
    Cow::Owned(format!("{}…", &words[..end]))
}

/// `words` in at most `columns`: the end, with an ellipsis where the rest was. For paths, whose end matters most.
pub(crate) fn cut_front(words: &str, columns: usize) -> Cow<'_, str> {
    if width(words) <= columns {
        return Cow::Borrowed(words);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let begin = fitting(words.char_indices().rev(), columns - 1).map_or(words.len(), |(at, _)| at);
    Cow::Owned(format!("…{}", &words[begin..]))
}

/// The last of `chars` that fits into `columns` together with those before it.
fn fitting(chars: impl Iterator<Item = (usize, char)>, columns: usize) -> Option<(usize, char)> {
    let mut taken = 0;
    chars
        .take_while(|(_, char)| {
            taken += char.width().unwrap_or(0);
            taken <= columns
        })
        .last()
}

/// `words` broken into lines of at most `columns`, wherever they are full.
pub(crate) fn wrap(words: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut taken = 0;
    for char in words.chars() {
        let wide = char.width().unwrap_or(0);
        if taken + wide > columns.max(1) {
            lines.push(String::new());
            taken = 0;
        }
        taken += wide;
        if let Some(line) = lines.last_mut() {
            line.push(char);
        }
    }
    lines
}

/// `words` broken into lines of at most `columns` between words; a word that is too long is cut where it is full.
pub(crate) fn wrap_words(words: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.extend(wrap(word, columns)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_keeps_the_beginning() {
        for (words, columns, expect) in [
            ("requests", 8, "requests"),
            ("requests", 7, "reques…"),
            ("requests", 1, "…"),
            ("requests", 0, ""),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
        ] {
            assert_eq!(cut(words, columns), expect, "{words} in {columns}");
        }
    }

    #[test]
    fn cut_front_keeps_the_end() {
        for (words, columns, expect) in [
            ("src/orders.rs:12", 16, "src/orders.rs:12"),
            ("src/orders.rs:12", 9, "…rs.rs:12"),
            ("日本語", 4, "…語"),
            ("ab", 0, ""),
        ] {
            assert_eq!(cut_front(words, columns), expect, "{words} in {columns}");
        }
    }

    #[test]
    fn words_stay_whole_where_they_fit() {
        assert_eq!(
            wrap_words("a lock that is hot", 8),
            ["a lock", "that is", "hot"]
        );
        assert_eq!(wrap_words("abcdefgh i", 3), ["abc", "def", "gh", "i"]);
        assert!(wrap_words("  ", 5).is_empty());
    }

    #[test]
    fn wrap_loses_nothing() {
        assert_eq!(wrap("abcdefg", 3), ["abc", "def", "g"]);
        assert_eq!(wrap("", 3), [""]);
        assert_eq!(wrap("日本", 3), ["日", "本"]);
    }
}
