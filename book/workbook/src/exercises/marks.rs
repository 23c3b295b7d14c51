//! Starter and solution from one file.
//!
//! ```text
//! //: solution
//! the lines of the solution
//! //: starter
//! //| the lines of the starter
//! //: end
//! ```
//!
//! Either part may be left out. The file as it stands is the solution: it compiles, is formatted
//! and checked, and so the starter cannot drift from it.

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Both,
    Solution,
    Starter,
}

/// What the learner begins with.
///
/// # Errors
/// Which mark in which line is not right.
pub fn starter(source: &str) -> Result<String, String> {
    select(source, Part::Starter)
}

/// The solution without the marks.
///
/// # Errors
/// Which mark in which line is not right.
pub fn solution(source: &str) -> Result<String, String> {
    select(source, Part::Solution)
}

fn select(source: &str, wanted: Part) -> Result<String, String> {
    let mut text = String::new();
    let mut part = Part::Both;
    for (index, line) in source.lines().enumerate() {
        let wrong = |why: &str| Err(format!("line {}: {why}", index + 1));
        let bare = line.trim_start();
        if let Some(mark) = bare.strip_prefix("//: ") {
            part = match (mark.trim(), part) {
                ("solution", Part::Both) => Part::Solution,
                ("starter", Part::Both | Part::Solution) => Part::Starter,
                ("end", Part::Solution | Part::Starter) => Part::Both,
                _ => {
                    return wrong(
                        "this mark has no place here: it goes `//: solution`, `//: starter`, `//: end`",
                    );
                }
            };
            continue;
        }
        match (part, bare.strip_prefix("//|")) {
            (Part::Starter, Some(code)) if wanted == Part::Starter => {
                text.push_str(&line[..line.len() - bare.len()]);
                text.push_str(code.strip_prefix(' ').unwrap_or(code));
            }
            (Part::Starter, Some(_)) => continue,
            (Part::Starter, None) => return wrong("a line of the starter begins with `//| `"),
            (_, Some(_)) => return wrong("this line of a starter stands outside of `//: starter`"),
            (Part::Solution, None) if wanted == Part::Starter => continue,
            (Part::Both | Part::Solution, None) => text.push_str(line),
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    if part == Part::Both {
        Ok(text)
    } else {
        Err("the last mark is not closed: end it with `//: end`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "fn a() {\n    //: solution\n    right();\n    //: starter\n    //| todo!()\n    //|     // deeper\n    //: end\n}\n";

    #[test]
    fn one_file_has_two_sides() {
        assert_eq!(
            starter(SOURCE).expect("sound"),
            "fn a() {\n    todo!()\n        // deeper\n}\n"
        );
        assert_eq!(
            solution(SOURCE).expect("sound"),
            "fn a() {\n    right();\n}\n"
        );
        let only = "//: starter\n//| // Begin here.\n//: end\nfn a() {}\n";
        assert_eq!(starter(only).expect("sound"), "// Begin here.\nfn a() {}\n");
        assert_eq!(solution(only).expect("sound"), "fn a() {}\n");
    }

    #[test]
    fn marks_that_do_not_fit_name_their_line() {
        for (source, expected) in [
            ("a\n//: end\n", "line 2: this mark"),
            (
                "//: starter\nlet x;\n//: end\n",
                "line 2: a line of the starter begins",
            ),
            ("//| x\n", "line 1: this line of a starter"),
            ("//: solution\n", "the last mark is not closed"),
        ] {
            let found = starter(source).expect_err("a fault");
            assert!(found.starts_with(expected), "{found}");
        }
    }
}
