//! Colours and text.

use std::fmt::{Display, Formatter, Result, Write as _};

/// The style sheet in each picture, always the same: a page with a strict content security policy can allow it by its
/// hash. Where it is not allowed, the picture has its light colours.
pub const STYLE: &str = "\
.page{fill:#ffffff}.title{fill:#1f1f1f}.note{fill:#595959}\
g:hover rect{stroke:#1f1f1f;stroke-width:1}g text{pointer-events:none}\
@media (prefers-color-scheme:dark){\
.page{fill:#16181c}.title{fill:#ececec}.note{fill:#a8a8a8}g text{fill:#f2f2f2}g:hover rect{stroke:#f2f2f2}\
.root{fill:#44474d}.s0{fill:#7a4a10}.s1{fill:#865313}.s2{fill:#6e4a1c}.s3{fill:#8a5c24}.s4{fill:#75531f}\
.same{fill:#4a4d52}.more1{fill:#6b5230}.more2{fill:#8a5a14}.more3{fill:#a8640a}\
.less1{fill:#35506b}.less2{fill:#265a8a}.less3{fill:#1a66a8}}";

/// The class and light colour of a frame: the same for the same name.
pub(super) fn shade(name: &str, row: usize) -> (&'static str, &'static str) {
    const SHADES: [(&str, &str); 5] = [
        ("s0", "#f5c26b"),
        ("s1", "#f0b45a"),
        ("s2", "#f7d08a"),
        ("s3", "#eebc72"),
        ("s4", "#f9d99e"),
    ];
    if row == 0 {
        return ("root", "#d9d9d9");
    }
    let hash = name.bytes().fold(0_u32, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    SHADES[(hash ^ hash >> 16) as usize % SHADES.len()]
}

/// The class and light colour of a difference: −1 for all gone to 1 for all new.
pub(super) fn ramp(change: f64) -> (&'static str, &'static str) {
    match change {
        ..-0.5 => ("less3", "#5aa5e0"),
        ..-0.15 => ("less2", "#92c5ec"),
        ..-0.01 => ("less1", "#cbe2f5"),
        ..0.01 => ("same", "#e4e4e4"),
        ..0.15 => ("more1", "#fbe3c4"),
        ..0.5 => ("more2", "#f6bf7a"),
        _ => ("more3", "#ee9a35"),
    }
}

/// Text in XML. Characters that XML cannot have, and those that turn the direction of what follows, are replaced.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' => f.write_char('\n')?,
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => {
                    f.write_char('\u{fffd}')?;
                }
                c if c.is_control() => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
