//! A line that cannot be read costs that line only.

use exposition::{BadLine, MAX_BAD_LINES, parse};

#[test]
fn each_bad_line_says_what_is_wrong() {
    let cases: &[(&[u8], &str)] = &[
        (b"up", "expected a value, found the end of the line"),
        (b"up ", "expected a value, found the end of the line"),
        (b"up{}", "expected a value, found the end of the line"),
        (b"up one", "`one` is no number"),
        (b"up 1,5", "`1,5` is no number"),
        (b"up 0x1f", "`0x1f` is no number"),
        (b"up 1e999", "`1e999` is too large"),
        (
            b"up {count:4,sum:2} 1",
            "expected `=` after the label `count`, found `:`",
        ),
        (b"up 1 soon", "`soon` is no timestamp"),
        (b"up 1 NaN", "`NaN` is no timestamp"),
        (
            b"up 1 99999999999999999999",
            "`99999999999999999999` is no timestamp",
        ),
        (b"up 1 2 3", "expected the end of the line, found `3`"),
        (
            b"up 1 # a comment",
            "expected the labels of an exemplar, found `a`",
        ),
        (
            b"up 1 # {a=\"b\"}",
            "expected the value of an exemplar, found the end of the line",
        ),
        (b"up 1 # {\"a\"} 1", "an exemplar has no name"),
        (
            b"up 1 # {} 1 2 3",
            "expected the end of the line, found `3`",
        ),
        (b"1up 1", "`1up` is no name, unless it is put in quotes"),
        (
            b"my.name 1",
            "`my.name` is no name, unless it is put in quotes",
        ),
        (b"<html>", "`<html>` is no name, unless it is put in quotes"),
        (
            b"\x1b[31m 1",
            "`\\u{1b}[31m` is no name, unless it is put in quotes",
        ),
        (b"{} 1", "the name is missing"),
        (b"{a=\"b\"} 1", "the name is missing"),
        (
            b"up{\"up\"} 1",
            "there are two names, one before the braces and one inside",
        ),
        (
            b"{\"a\",\"b\"} 1",
            "expected `=` after the label `b`, found `}`",
        ),
        (b"up{a} 1", "expected `=` after the label `a`, found `}`"),
        (
            b"up{a=} 1",
            "expected a value in quotes for the label `a`, found `}`",
        ),
        (
            b"up{a=b} 1",
            "expected a value in quotes for the label `a`, found `b`",
        ),
        (b"up{a=\"b} 1", "a string has no closing quote"),
        (b"up{a=\"b\\", "a string has no closing quote"),
        (b"up{a=\"b\\\"} 1", "a string has no closing quote"),
        (
            b"up{a=\"b\" c=\"d\"} 1",
            "expected `,` or `}` after a label, found `c`",
        ),
        (
            b"up{a=\"b\"",
            "expected `,` or `}` after a label, found the end of the line",
        ),
        (
            b"up{a=\"b\",",
            "expected a label, found the end of the line",
        ),
        (b"up{,} 1", "expected a label, found `,`"),
        (b"up{1=\"b\"} 1", "expected a label, found `1`"),
        (
            b"up{a.b=\"c\"} 1",
            "expected `=` after the label `a`, found `.`",
        ),
        (
            b"up{a=\"1\",b=\"\",a=\"2\"} 1",
            "the label `a` occurs twice",
        ),
        (b"up{a=\"\xff\"} 1", "byte 7 is not UTF-8"),
        (b"# TYPE", "the name is missing"),
        (b"# TYPE up", "unknown type ``"),
        (b"# TYPE up thing", "unknown type `thing`"),
        (b"# TYPE up gauge gauge", "unknown type `gauge gauge`"),
        (
            b"# HELP my.name text",
            "`my.name` is no name, unless it is put in quotes",
        ),
        (b"# HELP \"my.name text", "a string has no closing quote"),
        (
            b"# HELP \"my.name\"text",
            "expected a blank after the name, found `t`",
        ),
        (
            b"# TYPE before counter",
            "a second type for `before`, which is a Gauge already",
        ),
    ];
    for &(line, message) in cases {
        let shown = String::from_utf8_lossy(line);
        let text = [b"# TYPE before gauge\nbefore 1\n", line, b"\nafter 2\n"].concat();
        let parsed = parse(&text);
        assert_eq!(
            parsed.bad_lines,
            [BadLine {
                line: 3,
                message: message.into()
            }],
            "{shown}"
        );
        assert_eq!(parsed.bad_count, 1);
        let left: Vec<_> = parsed
            .families
            .iter()
            .map(|f| (f.name.as_str(), f.samples.len()))
            .collect();
        assert_eq!(left, [("before", 1), ("after", 1)], "{shown}");
    }
}

#[test]
fn messages_are_short_however_long_the_line() {
    let long = "é".repeat(100_000);
    for line in [
        format!("{long} 1"),
        format!("x {long}"),
        format!("x{{\"{long}\"=}} 1"),
        format!("# TYPE x {long}"),
    ] {
        let parsed = parse(line.as_bytes());
        assert_eq!(parsed.bad_count, 1);
        assert!(
            parsed.bad_lines[0].message.chars().count() < 120,
            "{}",
            parsed.bad_lines[0].message
        );
    }
}

#[test]
fn only_the_first_bad_lines_are_kept_and_all_are_counted() {
    let parsed = parse("?\ngood 1\n".repeat(500).as_bytes());
    assert_eq!(parsed.bad_count, 500);
    assert_eq!(parsed.bad_lines.len(), MAX_BAD_LINES);
    assert_eq!(
        parsed.bad_lines[MAX_BAD_LINES - 1].line,
        2 * MAX_BAD_LINES - 1
    );
    assert_eq!(parsed.families[0].samples.len(), 500);
}

#[test]
fn lines_are_counted_as_editors_do() {
    let parsed = parse(b"\r\n# comment\n\n?\r\n\n!");
    let lines: Vec<_> = parsed.bad_lines.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [4, 6]);
}

#[test]
fn a_line_of_very_many_labels_is_read() {
    let labels: Vec<String> = (0..100_000).map(|n| format!("l{n}=\"\"")).collect();
    let parsed = parse(format!("x{{{}}} 1", labels.join(",")).as_bytes());
    assert_eq!(parsed.families[0].samples[0].labels.len(), 100_000);
}
