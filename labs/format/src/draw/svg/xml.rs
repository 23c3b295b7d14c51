//! Writes XML that is valid whatever the names in it, and counts its elements.

use std::fmt::{Display, Write as _};

/// An XML document in the making.
#[derive(Debug, Default)]
pub(super) struct Xml {
    text: String,
    open: Vec<&'static str>,
    nodes: usize,
}

impl Xml {
    /// Opens an element; `attributes` is a list of names and values.
    pub(super) fn open(&mut self, name: &'static str, attributes: &[(&str, &dyn Display)]) {
        self.tag(name, attributes);
        self.text.push('>');
        self.open.push(name);
    }

    /// Closes the element opened last.
    pub(super) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            let _ = write!(self.text, "</{name}>");
        }
    }

    /// An element without content.
    pub(super) fn empty(&mut self, name: &'static str, attributes: &[(&str, &dyn Display)]) {
        self.tag(name, attributes);
        self.text.push_str("/>");
    }

    /// An element that holds text.
    pub(super) fn text(
        &mut self,
        name: &'static str,
        attributes: &[(&str, &dyn Display)],
        text: &str,
    ) {
        self.open(name, attributes);
        self.text.push_str(&escaped(text));
        self.close();
    }

    /// An element that shows a text while the pointer is on it.
    pub(super) fn titled(
        &mut self,
        name: &'static str,
        attributes: &[(&str, &dyn Display)],
        title: &str,
    ) {
        self.open(name, attributes);
        self.text("title", &[], title);
        self.close();
    }

    /// A style sheet of our own, free of markup.
    pub(super) fn style(&mut self, css: &str) {
        self.open("style", &[]);
        self.text.push_str(css);
        self.close();
    }

    /// A line break, to keep the file readable and its diffs small.
    pub(super) fn line(&mut self) {
        self.text.push('\n');
    }

    /// How many elements there are so far.
    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text.push('\n');
        self.text
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &dyn Display)]) {
        self.nodes += 1;
        let _ = write!(self.text, "<{name}");
        for (key, value) in attributes {
            let _ = write!(self.text, " {key}=\"{}\"", escaped(&value.to_string()));
        }
    }
}

/// Escapes markup and leaves out the characters that XML 1.0 has no way to write.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => result.push_str("&amp;"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '"' => result.push_str("&quot;"),
            '\'' => result.push_str("&#39;"),
            '\t' | '\n' | '\r' => result.push(' '),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => result.push(character),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out() {
        let mut xml = Xml::default();
        xml.titled(
            "rect",
            &[("class", &"a\" onload=\"x")],
            "</title><script>'&\u{1b}\u{0}",
        );
        assert_eq!(
            xml.finish(),
            "<rect class=\"a&quot; onload=&quot;x\"><title>&lt;/title&gt;&lt;script&gt;&#39;&amp;</title></rect>\n"
        );
    }

    #[test]
    fn elements_are_counted_and_closed() {
        let mut xml = Xml::default();
        xml.open("svg", &[]);
        xml.empty("rect", &[("x", &1)]);
        assert_eq!(xml.nodes(), 2);
        assert_eq!(xml.finish(), "<svg><rect x=\"1\"/></svg>\n");
    }
}
