//! Texts that the formats forbid, and what is said of them.

use exposition::Format::{self, OpenMetrics, Prometheus};
use exposition::{MAX_BAD_LINES, parse, parse_strict};

/// Checks a text; for OpenMetrics its end is added.
fn complaints(text: &str, format: Format) -> Vec<String> {
    let text = match format {
        Prometheus => text.to_owned(),
        OpenMetrics => format!("{text}# EOF\n"),
    };
    match parse_strict(text.as_bytes(), format) {
        Ok(families) => {
            let tolerant = parse(text.as_bytes());
            assert_eq!(tolerant.bad_count, 0, "{text}");
            assert_eq!(families.len(), tolerant.families.len(), "{text}");
            vec![]
        }
        Err(violations) => violations
            .first
            .into_iter()
            .map(|bad| format!("{}: {}", bad.line, bad.message))
            .collect(),
    }
}

const BOTH: &[Format] = &[Prometheus, OpenMetrics];
const P: &[Format] = &[Prometheus];
const O: &[Format] = &[OpenMetrics];

#[test]
fn what_the_formats_allow() {
    let cases: &[(&[Format], &str)] = &[
        (BOTH, ""),
        (BOTH, "up 1\n"),
        (BOTH, "up{} 1\n"),
        (BOTH, "# HELP up Text \\\\ \\n.\n# TYPE up gauge\nup NaN\n"),
        (BOTH, "# TYPE up gauge\n"),
        (BOTH, "up{a=\"\\\\ \\\" \\n {}#,\",b=\"\"} -1.5e-3\n"),
        (
            BOTH,
            "# TYPE h histogram\nh_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n",
        ),
        (
            BOTH,
            "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns{quantile=\"1.0\"} NaN\ns_sum 3\ns_count 2\n",
        ),
        (P, "\n \t\n# a comment\n\t# another\n  up\t1 \t 123 \n"),
        (
            P,
            "# HELP up A \"quote\"\n# TYPE up untyped\nup{ a = \"b\" , } +Inf -5\n",
        ),
        (
            P,
            "# TYPE hits_total counter\nhits_total 1\n# TYPE hits gauge\nhits 1\n",
        ),
        (
            P,
            "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_bucket{le=\"1\"} 1\nh_count 2\nh_sum 3\n",
        ),
        (
            O,
            "# TYPE hits counter\n# HELP hits \nhits_total 1 1.5 # {trace_id=\"x\"} 0.5 1.25\nhits_created 1.5e9\n",
        ),
        (
            O,
            "# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1\n",
        ),
        (
            O,
            "# TYPE i info\ni_info{a=\"b\"} 1\n# TYPE s stateset\ns{s=\"a\"} 1\ns{s=\"b\"} 0\n",
        ),
        (
            O,
            "# TYPE g gaugehistogram\ng_bucket{le=\"+Inf\"} 2\ng_gsum -1\ng_gcount 2\n",
        ),
        (O, "a 1 1\na 2 2\nb{x=\"1\"} 1\n"),
        (O, "# TYPE u unknown\nu 1\n"),
        (
            O,
            "# TYPE h histogram\nh_bucket{x=\"1\",le=\"+Inf\"} 2\nh_bucket{x=\"2\",le=\"+Inf\"} 2\n",
        ),
    ];
    for (formats, text) in cases {
        for &format in *formats {
            assert_eq!(
                complaints(text, format),
                Vec::<String>::new(),
                "{format:?}: {text}"
            );
        }
    }
}

#[test]
fn what_they_forbid() {
    let cases: &[(&[Format], &str, &str)] = &[
        // Lines.
        (
            BOTH,
            "up\n",
            "1: expected a value, found the end of the line",
        ),
        (BOTH, "up 1\r\n", "1: the line ends in CR LF instead of LF"),
        (BOTH, "up one\n", "1: `one` is no number"),
        (
            BOTH,
            "1up 1\n",
            "1: `1up` is no name, unless it is put in quotes",
        ),
        (
            BOTH,
            "{\"my.name\"} 1\n",
            "1: a name in quotes: this version of the format has none",
        ),
        (
            BOTH,
            "up{\"a.b\"=\"c\"} 1\n",
            "1: a name in quotes: this version of the format has none",
        ),
        (
            BOTH,
            "# TYPE \"my.name\" gauge\n",
            "1: a name in quotes: this version of the format has none",
        ),
        (BOTH, "up{a=\"\\t\"} 1\n", "1: `\\t` is no escape"),
        (BOTH, "up{a=\"b} 1\n", "1: a string has no closing quote"),
        (BOTH, "up{a=\"b\"\n", "1: the labels have no closing brace"),
        (
            BOTH,
            "up{a=\"b\",a=\"c\"} 1\n",
            "1: the label `a` occurs twice",
        ),
        (
            BOTH,
            "up{__name__=\"b\"} 1\n",
            "1: the label `__name__` is reserved",
        ),
        (BOTH, "# HELP up \\t\nup 1\n", "1: `\\t` is no escape"),
        (
            BOTH,
            "# HELP up \\\nup 1\n",
            "1: a backslash is not escaped",
        ),
        (
            BOTH,
            "# TYPE up thing\n",
            "1: `thing` is no type of this format",
        ),
        (
            P,
            "# TYPE up Gauge\n",
            "1: `Gauge` is no type of this format",
        ),
        (P, "# TYPE up info\n", "1: `info` is no type of this format"),
        (P, "# HELP up \\\"\nup 1\n", "1: `\\\"` is no escape"),
        (
            P,
            "up 1 1.5\n",
            "1: `1.5` is no timestamp in whole milliseconds",
        ),
        (
            P,
            "up 1 # {a=\"b\"} 1\n",
            "1: an exemplar: this format has none",
        ),
        (
            O,
            "# TYPE up untyped\n",
            "1: `untyped` is no type of this format",
        ),
        (
            O,
            "# HELP up \"\nup 1\n",
            "1: a quote in HELP is not escaped",
        ),
        (O, "\n", "1: a line is empty"),
        (
            O,
            "# comment\n",
            "1: a comment that is neither HELP, TYPE, UNIT nor EOF",
        ),
        (O, "# EOF\nup 1\n", "1: there is something after `# EOF`"),
        (
            O,
            "#  TYPE up gauge\n",
            "1: there is not exactly one blank between the parts of TYPE",
        ),
        (
            O,
            "# TYPE up  gauge\n",
            "1: there is not exactly one blank between the parts of TYPE",
        ),
        (
            O,
            "# TYPE up\tgauge\n",
            "1: there is not exactly one blank between the parts of TYPE",
        ),
        (O, " # TYPE up gauge\n", "1: there are blanks before `#`"),
        (O, "up  1\n", "1: there is a blank too many"),
        (O, " up 1\n", "1: there is a blank too many"),
        (O, "up 1 \n", "1: there is a blank at the end of the line"),
        (O, "up\t1\n", "1: there is a tab"),
        (O, "up {a=\"b\"} 1\n", "1: there is a blank before `{`"),
        (
            O,
            "up{a=\"b\", c=\"d\"} 1\n",
            "1: there is a blank too many",
        ),
        (O, "up{a=\"b\",} 1\n", "1: there is a comma before `}`"),
        (O, "up 1 now\n", "1: `now` is no timestamp in seconds"),
        (O, "up 1 inf\n", "1: `inf` is no timestamp in seconds"),
        (
            O,
            "# HELP up\n",
            "1: there is not exactly one blank between the parts of HELP",
        ),
        (
            O,
            "# HELP u\tp Text\n",
            "1: there is not exactly one blank between the parts of HELP",
        ),
        (
            O,
            "# UNIT a_x\n",
            "1: there is not exactly one blank between the parts of UNIT",
        ),
        (O, "up{a=\"b\"}1\n", "1: there is no blank after `}`"),
        (
            O,
            "up_total 1 # {a=\"b\"}1\n",
            "1: there is no blank after `}`",
        ),
        (
            O,
            "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1.5\n",
            "2: 1.5 is no whole number",
        ),
        // Families.
        (
            BOTH,
            "up 1\n# TYPE up gauge\n",
            "2: `up` is described after its first sample",
        ),
        (
            BOTH,
            "# HELP up A.\n# HELP up B.\n",
            "2: a second HELP for `up`",
        ),
        (
            BOTH,
            "# TYPE up gauge\n# TYPE up gauge\n",
            "2: a second TYPE for `up`",
        ),
        (
            O,
            "# UNIT a_x x\n# UNIT a_x x\n",
            "2: a second UNIT for `a_x`",
        ),
        (
            BOTH,
            "a 1\nb 1\na{x=\"1\"} 1\n",
            "3: `a` was there before: a family is one block",
        ),
        (
            BOTH,
            "# TYPE a gauge\n# TYPE b gauge\nb 1\n# HELP a A.\n",
            "4: `a` was there before: a family is one block",
        ),
        (
            BOTH,
            "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\nb 1\nh_sum{x=\"1\"} 1\n",
            "6: `h_sum` belongs to the family `h`, which was there before",
        ),
        (
            BOTH,
            "h_count 1\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
            "2: `h_count` may be a sample of `h_count` and of `h`",
        ),
        (
            O,
            "# TYPE a gauge\na 1\n# TYPE a counter\na_total 1\n",
            "3: `a` is described after its first sample",
        ),
        (
            O,
            "# TYPE a counter\na 1\n",
            "2: a sample of the counter `a` ends in `_total` or `_created`",
        ),
        (
            BOTH,
            "# TYPE h histogram\nh 1\n",
            "2: a sample of the histogram `h` ends in `_bucket` or `_sum` or `_count`",
        ),
        (
            O,
            "# TYPE a_ms gauge\n# UNIT a_ms seconds\n",
            "1: `a_ms` does not end in its unit, `_seconds`",
        ),
        (
            O,
            "# TYPE a_x info\n# UNIT a_x x\n",
            "1: `a_x` has a unit, which an info or a state set has not",
        ),
        // Samples.
        (
            BOTH,
            "a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 1\n",
            "2: `a` with these labels was there before",
        ),
        (
            BOTH,
            "a 1 5\na 1 5\n",
            "2: `a` with these labels was there before",
        ),
        (
            P,
            "a 1 5\na 1 6\n",
            "2: `a` with these labels was there before",
        ),
        (
            O,
            "a 1 5\na 1 4\n",
            "2: `a` with these labels was there before",
        ),
        (O, "# TYPE a counter\na_total -1\n", "2: a count is no -1"),
        (O, "# TYPE a counter\na_total NaN\n", "2: a count is no NaN"),
        (
            O,
            "# TYPE i info\ni_info 2\n",
            "2: the value of an info is 1",
        ),
        (
            O,
            "# TYPE s stateset\ns 1\n",
            "2: a state is told by the label `s`",
        ),
        (
            O,
            "# TYPE s stateset\ns{s=\"a\"} 2\n",
            "2: a state is 0 or 1",
        ),
        (
            O,
            "a 1 # {x=\"1\"} 1\n",
            "1: an exemplar belongs to a bucket or the total of a counter",
        ),
        (
            BOTH,
            "# TYPE s summary\ns 1\n",
            "2: the label `quantile` is missing",
        ),
        (
            BOTH,
            "# TYPE s summary\ns{quantile=\"2.0\"} 1\n",
            "2: a quantile is a share from 0 to 1, not 2",
        ),
    ];
    for (formats, text, expected) in cases {
        for &format in *formats {
            let found = complaints(text, format);
            let first = found.first().map_or("", String::as_str);
            // OpenMetrics' histograms have one suffix more.
            let first = first
                .strip_suffix(" or `_created`")
                .filter(|first| first == expected)
                .unwrap_or(first);
            assert_eq!(first, *expected, "{format:?}: {text}");
        }
    }
}

#[test]
fn histograms_add_up() {
    let full = [
        "h_bucket{le=\"0.5\"} 1",
        "h_bucket{le=\"1.0\"} 3",
        "h_bucket{le=\"+Inf\"} 4",
        "h_sum 9",
        "h_count 4",
    ];
    let text = |lines: &[&str]| format!("# TYPE h histogram\n{}\n", lines.join("\n"));
    let with = |at: usize, line: &'static str| {
        let mut lines = full.to_vec();
        lines[at] = line;
        text(&lines)
    };
    let without = |at: usize| {
        let mut lines = full.to_vec();
        lines.remove(at);
        text(&lines)
    };
    for &format in BOTH {
        assert_eq!(complaints(&text(&full), format), Vec::<String>::new());
        for (text, expected) in [
            (without(2), "2: a series of `h` has no bucket for `+Inf`"),
            (without(3), "2: a series of `h` has no `_sum`"),
            (without(4), "2: a series of `h` has no `_count`"),
            (
                with(1, "h_bucket{le=\"1.0\"} 0"),
                "3: the bucket for 1 has 0, less than the 1 of the one before",
            ),
            (
                with(1, "h_bucket{le=\"0.50\"} 1"),
                "3: the bucket for 0.5 comes after that for 0.5",
            ),
            (
                with(4, "h_count 5"),
                "6: the count 5 is not that of the bucket for `+Inf`, 4",
            ),
            (
                with(0, "h_bucket{le=\"x\"} 1"),
                "2: `x` is no number for the label `le`",
            ),
            (
                with(0, "h_bucket{le=\"NaN\"} 1"),
                "2: `NaN` is no number for the label `le`",
            ),
            (with(0, "h_bucket 1"), "2: the label `le` is missing"),
            (with(0, "h_bucket{le=\"0.5\"} -1"), "2: a count is no -1"),
        ] {
            assert_eq!(complaints(&text, format), [expected], "{format:?}: {text}");
        }
    }
    let swapped = text(&[full[1], full[0], full[2], full[3], full[4]]);
    assert_eq!(complaints(&swapped, Prometheus), Vec::<String>::new());
    assert_eq!(
        complaints(&swapped, OpenMetrics)[0],
        "3: the bucket for 0.5 comes after that for 1"
    );
    assert_eq!(
        complaints(&with(1, "h_bucket{le=\"1\"} 3"), OpenMetrics),
        ["3: the label `le` is spelled `1` instead of `1.0`"]
    );
    let apart = "# TYPE h histogram\nh_bucket{a=\"1\",le=\"+Inf\"} 1\nh_bucket{a=\"2\",le=\"+Inf\"} 1\n\
                 h_sum{a=\"1\"} 1\nh_sum{a=\"2\"} 1\nh_count{a=\"1\"} 1\nh_count{a=\"2\"} 1\n";
    assert_eq!(complaints(apart, Prometheus), Vec::<String>::new());
    assert_eq!(
        complaints(apart, OpenMetrics)[0],
        "4: the samples of one series of `h` do not stand together"
    );
}

#[test]
fn the_end_is_checked() {
    let first = |text: &[u8], format| match parse_strict(text, format) {
        Ok(_) => "fine".to_owned(),
        Err(violations) => violations.to_string(),
    };
    assert_eq!(
        first(b"up 1", Prometheus),
        "line 1: the last line has no end"
    );
    assert_eq!(
        first(b"up 1\n", OpenMetrics),
        "line 1: the text does not end in `# EOF`"
    );
    assert_eq!(
        first(b"", OpenMetrics),
        "line 1: the text does not end in `# EOF`"
    );
    assert_eq!(first(b"up 1\n# EOF", OpenMetrics), "fine");
    assert!(first(b"up 1# EOF\n", OpenMetrics).ends_with("the text does not end in `# EOF`"));
    assert_eq!(
        first(b"# EOF\n# EOF\n", OpenMetrics),
        "line 1: there is something after `# EOF`"
    );
}

#[test]
fn all_violations_are_counted_and_the_first_kept() {
    let violations =
        parse_strict("?\n".repeat(500).as_bytes(), Prometheus).expect_err("none of it is metrics");
    assert_eq!(
        (violations.count, violations.first.len()),
        (500, MAX_BAD_LINES)
    );
    assert!(
        violations.to_string().ends_with("; and 480 more"),
        "{violations}"
    );
}
