//! A line of Markdown as HTML, for places that only HTML can make: cells, legends, labels.

use mdbook_markdown::pulldown_cmark::{Event, Tag, TagEnd, html};
use mdbook_markdown::{MarkdownOptions, new_cmark_parser};

/// `text` as HTML without a paragraph around it. It has no empty lines, and so can stand inside an HTML block.
pub(super) fn inline(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = guarded(&text);
    let events = new_cmark_parser(&text, &MarkdownOptions::default()).filter(|event| {
        !matches!(
            event,
            Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph)
        )
    });
    let mut made = String::new();
    html::push_html(&mut made, events);
    made.trim().to_owned()
}

/// `text` with a backslash where its first word would make a list, a quotation or a heading of it.
fn guarded(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    let number = first.trim_end_matches(['.', ')']);
    if number.len() + 1 == first.len() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("{number}\\{}", &text[number.len()..]);
    }
    let marker = first.starts_with('>')
        || ["-", "+", "*"].contains(&first)
        || (!first.is_empty() && first.bytes().all(|byte| byte == b'#'));
    format!("{}{text}", if marker { "\\" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_markdown_but_no_block() {
        let cases = [
            (
                "`Vec<T>` and *more*",
                "<code>Vec&lt;T&gt;</code> and <em>more</em>",
            ),
            ("\"No\" list", "“No” list"),
            ("- no list", "- no list"),
            ("1. no list", "1. no list"),
            ("# no heading", "# no heading"),
            ("[x](a.md#b)", "<a href=\"a.md#b\">x</a>"),
            ("a\n\nb", "a b"),
            ("<span data-a=\"1\">2</span>", "<span data-a=\"1\">2</span>"),
        ];
        for (text, expected) in cases {
            assert_eq!(inline(text), expected, "{text}");
        }
    }
}
