//! Letters stand out from what is behind them in every theme: at least 4.5 to 1 (WCAG 2, 1.4.3).

use crate::page::{SITE, files, workspace};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

const THEMES: [&str; 5] = ["light", "rust", "coal", "navy", "ayu"];

/// What our letters may stand on: the page, our panels, the highlighted row of a table.
const BEHIND: [&str; 3] = ["--bg", "--quote-bg", "--table-alternate-bg"];

/// Letters that stand on a colour of their own.
const ON: [(&str, &str); 1] = [("--lab-on-accent", "--lab-accent")];

/// Red, green, blue, each 0 to 1.
type Colour = [f64; 3];

/// The variables of each theme, as the style sheets define them, one after the other.
fn variables() -> BTreeMap<&'static str, BTreeMap<String, String>> {
    let rule = Regex::new(r"(?s)([^{}]+)\{([^{}]*)\}").expect("a pattern");
    let definition = Regex::new(r"(--[\w-]+)\s*:\s*([^;]+);").expect("a pattern");
    let comment = Regex::new(r"(?s)/\*.*?\*/").expect("a pattern");
    let mut found: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    let mut sheets = files(&SITE.root().join("css"), "css");
    sheets.extend(files(&SITE.root().join("theme"), "css"));
    for sheet in sheets {
        let text = std::fs::read_to_string(sheet).expect("a style sheet");
        for rule in rule.captures_iter(&comment.replace_all(&text, "")) {
            let selectors: Vec<&str> = rule[1].split(',').map(str::trim).collect();
            for theme in THEMES {
                let class = format!(".{theme}");
                if selectors.iter().any(|selector| {
                    *selector == ":root"
                        || *selector == class
                        || *selector == format!("html{class}")
                }) {
                    let values = found.entry(theme).or_default();
                    for definition in definition.captures_iter(&rule[2]) {
                        values.insert(definition[1].to_owned(), definition[2].trim().to_owned());
                    }
                }
            }
        }
    }
    found
}

fn colour(values: &BTreeMap<String, String>, name: &str) -> Option<Colour> {
    let value = values.get(name)?;
    if let Some(other) = value.strip_prefix("var(") {
        return colour(values, other.trim_end_matches(')').trim());
    }
    parse(value)
}

fn parse(text: &str) -> Option<Colour> {
    if let Some(hex) = text.strip_prefix('#') {
        let digit = |at: usize| {
            u8::from_str_radix(hex.get(at..=at)?, 16)
                .ok()
                .map(f64::from)
        };
        return match hex.len() {
            3 => Some([digit(0)? / 15.0, digit(1)? / 15.0, digit(2)? / 15.0]),
            6 => {
                let pair = |at: usize| Some((digit(at)? * 16.0 + digit(at + 1)?) / 255.0);
                Some([pair(0)?, pair(2)?, pair(4)?])
            }
            _ => None,
        };
    }
    let numbers: Vec<f64> = text
        .strip_prefix("hsl(")?
        .trim_end_matches(')')
        .split(',')
        .map(|part| part.trim().trim_end_matches('%').parse())
        .collect::<Result<_, _>>()
        .ok()?;
    let [hue, saturation, lightness] = numbers[..] else {
        return None;
    };
    let (saturation, lightness) = (saturation / 100.0, lightness / 100.0);
    let spread = saturation * lightness.min(1.0 - lightness);
    let part = |offset: f64| {
        let k = (offset + hue / 30.0) % 12.0;
        lightness - spread * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    };
    Some([part(0.0), part(8.0), part(4.0)])
}

/// The ratio of two colours' luminances, after WCAG 2.
fn contrast(a: Colour, b: Colour) -> f64 {
    let luminance = |colour: Colour| {
        let [r, g, b] = colour.map(|part| {
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The variables that our style sheets colour letters with.
fn letters() -> BTreeSet<String> {
    let colours = Regex::new(r"(?:^|[\s;{])color:\s*var\((--[\w-]+)\)").expect("a pattern");
    let mut found = BTreeSet::new();
    for sheet in files(&workspace().book().join("theme"), "css") {
        let text = std::fs::read_to_string(sheet).expect("a style sheet");
        found.extend(
            colours
                .captures_iter(&text)
                .map(|found| found[1].to_owned()),
        );
    }
    // The names of lanes, and the numbers below them.
    found.extend(["--swim-dim", "--fg", "--links"].map(str::to_owned));
    found
}

#[test]
fn our_letters_can_be_read_in_every_theme() {
    let themes = variables();
    let mut faults = Vec::new();
    for (theme, values) in &themes {
        for letter in letters() {
            let own = ON
                .iter()
                .find(|(name, _)| *name == letter)
                .map(|(_, behind)| *behind);
            for behind in own.map_or(BEHIND.to_vec(), |behind| vec![behind]) {
                let found = [&letter[..], behind].map(|name| {
                    colour(values, name).unwrap_or_else(|| panic!("{theme}: no colour {name}"))
                });
                let ratio = contrast(found[0], found[1]);
                if ratio < 4.5 {
                    faults.push(format!("{theme}: {letter} on {behind}: {ratio:.2}"));
                }
            }
        }
    }
    assert_eq!(faults, [""; 0], "\n{}\n", faults.join("\n"));
}

#[test]
fn colours_are_read_as_browsers_do() {
    assert_eq!(parse("#fff"), Some([1.0, 1.0, 1.0]));
    let grey = parse("hsl(0, 0%, 50%)").expect("a colour");
    assert!(
        grey.iter().all(|part| (part - 0.5).abs() < 1e-9),
        "{grey:?}"
    );
    let blue = parse("hsl(240, 100%, 50%)").expect("a colour");
    assert!(blue[2] > 0.999 && blue[0] < 0.001, "{blue:?}");
    let most = contrast([0.0; 3], [1.0; 3]);
    assert!((most - 21.0).abs() < 1e-9, "{most}");
    let known = contrast(parse("#777777").expect("a colour"), [1.0; 3]);
    assert!((known - 4.48).abs() < 0.01, "{known}");
}
