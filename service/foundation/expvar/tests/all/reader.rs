//! Reading documents: a Go program's, odd ones, broken ones.

use expvar::read::{Document, MAX_DEPTH, Number, Scalar};

const GO: &[u8] = include_bytes!("../data/go-vars.json");

fn read(text: &str) -> Document {
    Document::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

fn value(text: &str) -> Scalar {
    read(&format!("{{\"v\": {text}}}"))
        .get(&"v".into())
        .expect(text)
}

#[test]
fn a_go_program_s_document() {
    let document = Document::parse(GO).expect("made by Go");
    let number = |path: &str| match document.get(&path.into()) {
        Some(Scalar::Number(number)) => number,
        other => panic!("{path}: {other:?}"),
    };
    assert_eq!(number("requests"), Number::U64(1_234_567));
    assert_eq!(number("temperature"), Number::I64(-7));
    assert_eq!(number("largest"), Number::U64(i64::MAX as u64));
    assert_eq!(number("smallest"), Number::I64(i64::MIN));
    assert_eq!(number("unsigned"), Number::U64(u64::MAX));
    assert_eq!(number("tiny"), Number::F64(5e-324));
    assert_eq!(number("whole"), Number::F64(1e21));
    assert_eq!(number("uptime_ns"), Number::U64(90_000_000_000));
    assert_eq!(number(r"http\.requests.latency.p99"), Number::F64(12.5));
    assert_eq!(number(r"http\.requests.GET /v1/products"), Number::U64(17));
    assert_eq!(document.get(&"nothing".into()), Some(Scalar::Null));
    assert_eq!(document.get(&"healthy".into()), Some(Scalar::Bool(true)));
    assert_eq!(
        document.get(&"state".into()),
        Some(Scalar::Text("ready: 100 % \"fine\" <ok>\n".into()))
    );
    let arguments = document.cmdline().expect("cmdline");
    assert_eq!(arguments[1..], ["--colour", "red", "a \"quoted\" argument"]);
}

#[test]
fn arrays_of_go_s_memstats_stay_whole() {
    let document = Document::parse(GO).expect("made by Go");
    let Some(Scalar::Array(pauses)) = document.get(&"memstats.PauseNs".into()) else {
        panic!("PauseNs")
    };
    assert_eq!(pauses.len(), 256);
    let Some(Scalar::Array(sizes)) = document.get(&"memstats.BySize".into()) else {
        panic!("BySize")
    };
    assert_eq!(sizes.len(), 61);
    assert!(
        matches!(&sizes[1], Scalar::Text(text) if text.starts_with(r#"{"Size":8,"Mallocs":"#)),
        "{}",
        sizes[1]
    );
}

#[test]
fn values_come_sorted_and_once() {
    let document =
        read(r#"{"b": 1, "a": {"z": 2, "y": {}}, "b": 3, "a": {"x": 4, "z": 5}, "c": {}}"#);
    let flat: Vec<String> = document
        .flatten()
        .iter()
        .map(|(path, value)| format!("{path}={value}"))
        .collect();
    assert_eq!(flat, ["a.x=4", "a.z=5", "b=3"]);
    assert_eq!(document.values(), document.clone().into_values());
    assert_eq!(
        document.get(&"a".into()),
        None,
        "an object has no value of its own"
    );
}

#[test]
fn numbers_are_exact() {
    let cases = [
        ("0", Number::U64(0)),
        ("18446744073709551615", Number::U64(u64::MAX)),
        (
            "18446744073709551616",
            Number::F64(18_446_744_073_709_551_616.0),
        ),
        ("-1", Number::I64(-1)),
        ("-9223372036854775808", Number::I64(i64::MIN)),
        (
            "-9223372036854775809",
            Number::F64(-9_223_372_036_854_775_809.0),
        ),
        ("9007199254740993", Number::U64(9_007_199_254_740_993)),
        ("0.1", Number::F64(0.1)),
        ("1.0", Number::F64(1.0)),
        ("1e2", Number::F64(100.0)),
        ("1E+2", Number::F64(100.0)),
        ("-1.5e-3", Number::F64(-0.0015)),
        ("0.30000000000000004", Number::F64(0.1 + 0.2)),
        ("1e-400", Number::F64(0.0)),
        ("Inf", Number::F64(f64::INFINITY)),
        ("+Inf", Number::F64(f64::INFINITY)),
        ("-Inf", Number::F64(f64::NEG_INFINITY)),
        ("-Infinity", Number::F64(f64::NEG_INFINITY)),
    ];
    for (text, number) in cases {
        assert_eq!(value(text), Scalar::Number(number), "{text}");
    }
    for text in ["NaN", "-NaN"] {
        assert!(value(text).as_f64().is_some_and(f64::is_nan), "{text}");
    }
    assert!(
        value("-0")
            .as_f64()
            .is_some_and(|zero| zero.to_bits() == (-0.0f64).to_bits())
    );
}

#[test]
fn a_number_beyond_f64_is_kept_as_text() {
    let digits = "9".repeat(400);
    for text in ["1e400", "-1e999999999999", &digits] {
        assert_eq!(value(text), Scalar::Text(text.into()));
    }
}

#[test]
fn strings_are_unescaped() {
    let cases = [
        (r#""""#, ""),
        (r#""a\"b\\c\/d""#, "a\"b\\c/d"),
        (r#""\b\f\n\r\t""#, "\u{8}\u{c}\n\r\t"),
        (r#""\u00e9\u017c""#, "éż"),
        (r#""\ud83d\udc22""#, "🐢"),
        (r#""\ud83d""#, "\u{fffd}"),
        (r#""\ud83dx\udc22""#, "\u{fffd}x\u{fffd}"),
        (r#""\ud83d\u0041""#, "\u{fffd}A"),
        (r#""\u0000""#, "\0"),
        ("\"żółw 🐢\"", "żółw 🐢"),
    ];
    for (text, expected) in cases {
        assert_eq!(value(text), Scalar::Text(expected.into()), "{text}");
    }
}

#[test]
fn an_object_in_an_array_is_its_text() {
    let cases = [
        ("[]", "[]"),
        (
            "[1, [2.5, [ ]], null, true, \"x\"]",
            "[1, [2.5, []], null, true, x]",
        ),
        ("[{\"a\": [1, {}]}, {}]", "[{\"a\": [1, {}]}, {}]"),
    ];
    for (text, expected) in cases {
        assert_eq!(value(text).to_string(), expected);
    }
}

#[test]
fn cmdline_is_an_array_of_texts_or_nothing() {
    for text in [
        "{}",
        r#"{"cmdline": "x"}"#,
        r#"{"cmdline": [1]}"#,
        r#"{"cmdline": {"a": []}}"#,
    ] {
        assert_eq!(read(text).cmdline(), None, "{text}");
    }
    assert_eq!(read(r#"{"cmdline": []}"#).cmdline(), Some(vec![]));
}

#[test]
fn broken_documents_say_where_and_why() {
    let cases: &[(&[u8], usize, &str)] = &[
        (b"", 0, "the document is empty"),
        (b" \n\t", 3, "the document is empty"),
        (b"[1]", 0, "expected an object, found `[`"),
        (b"<html>", 0, "expected an object, found `<`"),
        (b"404 page not found", 0, "expected an object, found `404`"),
        (b"null", 0, "expected an object, found `null`"),
        (b"{", 1, "expected a key in quotes, found the end"),
        (b"{a: 1}", 1, "expected a key in quotes, found `a`"),
        (b"{'a': 1}", 1, "expected a key in quotes, found `'`"),
        (b"{\"a\"", 4, "expected `:`, found the end"),
        (b"{\"a\" 1}", 5, "expected `:`, found `1`"),
        (b"{\"a\":", 5, "expected a value, found the end"),
        (b"{\"a\":}", 5, "expected a value, found `}`"),
        (b"{\"a\": 1", 7, "expected `,` or `}`, found the end"),
        (b"{\"a\": 1,}", 8, "expected a key in quotes, found `}`"),
        (b"{\"a\": 1 \"b\": 2}", 8, "expected `,` or `}`, found `\"`"),
        (b"{\"a\": [1, 2", 11, "expected `,` or `]`, found the end"),
        (b"{\"a\": [1,]}", 9, "expected a value, found `]`"),
        (b"{\"a\": [1}", 8, "expected `,` or `]`, found `}`"),
        (b"{\"a\": [{]}", 8, "expected a key in quotes, found `]`"),
        (
            b"{\"a\": 1}}",
            8,
            "expected nothing after the document, found `}`",
        ),
        (
            b"{\"a\": 1}\n{\"a\": 2}",
            9,
            "expected nothing after the document, found `{`",
        ),
        (b"{\"a\": 01}", 6, "expected a value, found `01`"),
        (b"{\"a\": -}", 6, "expected a value, found `-`"),
        (b"{\"a\": +1}", 6, "expected a value, found `+1`"),
        (b"{\"a\": .5}", 6, "expected a value, found `.5`"),
        (b"{\"a\": 5.}", 6, "expected a value, found `5.`"),
        (b"{\"a\": 1e}", 6, "expected a value, found `1e`"),
        (b"{\"a\": 0x1f}", 6, "expected a value, found `0x1f`"),
        (b"{\"a\": inf}", 6, "expected a value, found `inf`"),
        (b"{\"a\": ++Inf}", 6, "expected a value, found `++Inf`"),
        (b"{\"a\": nul}", 6, "expected a value, found `nul`"),
        (
            b"{\"a\": undefined_and_much_longer}",
            6,
            "expected a value, found `undefined_and_much_l…`",
        ),
        (b"{\"a\": \"x}", 9, "the document ends inside a string"),
        (b"{\"a\": \"x\\", 9, "the document ends inside a string"),
        (b"{\"a\": \"\\x41\"}", 7, "unknown escape in a string"),
        (
            b"{\"a\": \"\\u12g4\"}",
            7,
            "`\\u` needs four hexadecimal digits",
        ),
        (b"{\"a\": \"\\u12", 7, "`\\u` needs four hexadecimal digits"),
        (
            b"{\"a\": \"\\u\xc4\x85\xc4\x85\"}",
            7,
            "`\\u` needs four hexadecimal digits",
        ),
        (
            b"{\"a\": \"line\nbreak\"}",
            11,
            "control character in a string",
        ),
        (
            b"\xef\xbb\xbf{}",
            0,
            "expected an object, found `\\u{feff}`",
        ),
        (b"{\"a\": \"\xff\"}", 7, "this is not UTF-8"),
        (b"{\"a\": 1}\xc5", 8, "this is not UTF-8"),
        (
            b"\x1f\x8b\x08\x00",
            0,
            "expected an object, found `\\u{1f}`",
        ),
        (
            b"{\"a\": ?, \"b\": \"\xff\"}",
            6,
            "expected a value, found `?`",
        ),
    ];
    for &(input, offset, message) in cases {
        let shown = String::from_utf8_lossy(input);
        let error = Document::parse(input).expect_err(&shown);
        assert_eq!(
            (error.offset, error.message.as_str()),
            (offset, message),
            "{shown}"
        );
    }
}

#[test]
fn every_cut_off_document_is_an_error_near_its_end() {
    let text = r#"{"a": {"b": [1, {"c": "ż\u017c"}]}, "d": -1.5e3, "e": true}"#;
    read(text);
    for cut in 0..text.len() {
        let error = Document::parse(&text.as_bytes()[..cut]).expect_err("it is cut off");
        assert!(error.offset <= cut, "{error}");
        assert_eq!(error.line, 1);
    }
}

#[test]
fn lines_and_columns_are_counted() {
    let error =
        Document::parse("{\n\"ż\": 1,\n\"żż\": ?}".as_bytes()).expect_err("a question mark");
    assert_eq!((error.offset, error.line, error.column), (19, 3, 7));
}

#[test]
fn nesting_is_bounded() {
    let objects = |depth: usize| "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
    let arrays = |depth: usize| {
        format!(
            "{{\"a\":{}{}}}",
            "[".repeat(depth - 1),
            "]".repeat(depth - 1)
        )
    };
    let hidden = |depth: usize| {
        format!(
            "{{\"a\":[{{\"a\":{}{}}}]}}",
            "[".repeat(depth - 3),
            "]".repeat(depth - 3)
        )
    };
    for make in [&objects as &dyn Fn(usize) -> String, &arrays, &hidden] {
        read(&make(MAX_DEPTH));
        let error = Document::parse(make(MAX_DEPTH + 1).as_bytes()).expect_err("too deep");
        assert_eq!(error.message, "nested deeper than 128 levels");
    }
    Document::parse("{\"a\":[".repeat(1_000_000).as_bytes()).expect_err("far too deep");
}

#[test]
fn paths_cannot_be_made_to_fill_the_memory() {
    let leaves = vec!["\"\":0"; 100_000].join(",");
    let depth = MAX_DEPTH - 1;
    let input = "{\"\":".repeat(depth) + "{" + &leaves + "}" + &"}".repeat(depth);
    let error =
        Document::parse(input.as_bytes()).expect_err("a path of 128 keys for every five bytes");
    assert_eq!(error.message, "too many deeply nested variables");
    let wide = format!("{{\"a\":{{\"b\":{{\"c\":{{{leaves}}}}}}}}}");
    assert_eq!(read(&wide).values().len(), 1, "wide is fine");
}
