use super::*;

fn timeline() -> Timeline {
    let mut timeline = Timeline::new();
    timeline
        .lanes
        .push(Lane::new(LaneId(1), "producer 1", LaneKind::Task));
    timeline
        .lanes
        .push(Lane::new(LaneId(2), "consumer 1", LaneKind::Task));
    timeline
        .lanes
        .push(Lane::new(LaneId(3), "orders", LaneKind::Resource));
    timeline.spans.push(
        Span::new(LaneId(1), 5, 40, SpanKind::Waiting, "send")
            .on(LaneId(3))
            .let_go_by(LaneId(2)),
    );
    timeline.counters.push(Counter {
        name: "orders".to_owned(),
        lane: Some(LaneId(3)),
        limit: Some(1.0),
        points: vec![(0, 0.0), (7, 1.0)],
    });
    timeline
}

#[test]
fn the_document_is_the_documented_one() {
    let expected = r#"{"version":1,"unit":"ns","end_ns":0,"lanes":[{"id":1,"name":"producer 1","kind":"task"},{"id":2,"name":"consumer 1","kind":"task"},{"id":3,"name":"orders","kind":"resource"}],"spans":[{"lane":1,"start_ns":5,"end_ns":40,"kind":"waiting","label":"send","resource":3,"by":2}],"arrows":[],"marks":[],"counters":[{"name":"orders","lane":3,"limit":1.0,"points":[[0,0.0],[7,1.0]]}]}"#;
    assert_eq!(
        serde_json::to_string(&timeline()).expect("serializes"),
        expected
    );
    let read: Timeline = serde_json::from_str(expected).expect("parses");
    assert_eq!(read, timeline());
    assert_eq!(read.check(), Ok(()));
    assert_eq!(read.end(), 40);
}

#[test]
fn what_the_types_cannot_say_is_checked() {
    let broken = |change: fn(&mut Timeline)| {
        let mut timeline = timeline();
        change(&mut timeline);
        timeline.check().expect_err("refused")
    };
    assert_eq!(broken(|t| t.version = 9), TimelineError::Version(9));
    assert_eq!(
        broken(|t| t.lanes[1].id = LaneId(1)),
        TimelineError::LaneTwice(LaneId(1))
    );
    assert_eq!(
        broken(|t| t.spans[0].by = Some(LaneId(7))),
        TimelineError::NoSuchLane(LaneId(7))
    );
    assert_eq!(
        broken(|t| t.spans[0].end_ns = 1),
        TimelineError::Backwards {
            lane: LaneId(1),
            start_ns: 5
        }
    );
    assert_eq!(
        broken(|t| t.counters[0].points.swap(0, 1)),
        TimelineError::Counter("orders".to_owned())
    );
    assert_eq!(
        broken(|t| t.counters[0].points[1].1 = f64::NAN),
        TimelineError::Counter("orders".to_owned())
    );
}

#[test]
fn waiting_is_a_share_of_life() {
    let mut timeline = timeline();
    let mut add = |lane, start, end, kind| {
        timeline
            .spans
            .push(Span::new(LaneId(lane), start, end, kind, ""));
    };
    add(1, 40, 105, SpanKind::Running);
    add(1, 40, 90, SpanKind::Holding);
    add(2, 0, 10, SpanKind::Running);
    assert!((timeline.waiting("producer") - 0.35).abs() < 1e-9);
    assert!(timeline.waiting("consumer").abs() < 1e-9);
    assert!(timeline.waiting("nobody").abs() < 1e-9);
    assert!((timeline.highest() - 1.0).abs() < 1e-9);
}

#[test]
fn kinds_are_named_as_in_the_format() {
    for kind in SpanKind::ALL {
        let json = serde_json::to_string(&kind).expect("serializes");
        assert_eq!(json, format!("\"{}\"", kind.name()));
    }
}

#[test]
fn another_version_is_refused_whatever_else_is_in_it() {
    let read = |text: &str| Timeline::read(text.as_bytes()).expect_err("refused");
    let newer = read(r#"{"version": 2, "tracks": []}"#);
    assert_eq!(newer, TimelineError::Version(2));
    assert_eq!(
        newer.to_string(),
        "it is a timeline of version 2, and this program reads version 1: read it with the program that it was made \
         with, or a newer one"
    );
    let older = read(r#"{"version": 0}"#).to_string();
    assert!(older.contains("make it again"), "{older}");
    let none = read(r#"{"lanes": []}"#).to_string();
    assert!(
        none.starts_with("it is no timeline: missing field `version`"),
        "{none}"
    );
    let other = read(r#"{"version": 1, "unit": "ns"}"#).to_string();
    assert!(
        other.starts_with("it is no timeline: missing field"),
        "{other}"
    );
}

#[test]
fn fields_that_a_reader_does_not_know_are_ignored() {
    let text = r#"{"version":1,"unit":"ns","end_ns":9,"colour":"blue","lanes":[{"id":4,"name":"a","kind":"task","x":1}],"spans":[]}"#;
    let timeline = Timeline::read(text.as_bytes()).expect("a timeline of this version");
    assert_eq!(timeline.lanes, [Lane::new(LaneId(4), "a", LaneKind::Task)]);
}
