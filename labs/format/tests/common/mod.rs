//! A made-up recording with the shape of a real one: producers hand orders to consumers.

use std::collections::VecDeque;

use lab_format::{Arrow, Counter, Lane, LaneId, LaneKind, Mark, Span, SpanKind, Timeline};

/// What to simulate.
#[derive(Clone, Copy)]
pub(crate) struct Shop {
    pub(crate) producers: u32,
    pub(crate) consumers: u32,
    pub(crate) capacity: usize,
    pub(crate) items: u64,
}

/// Producers that are always faster than consumers, who take about a millisecond for an order.
pub(crate) fn shop(shop: Shop) -> Timeline {
    let mut timeline = lanes(shop);
    let orders = LaneId(shop.producers + shop.consumers);
    let mut free: Vec<u64> = (0..u64::from(shop.consumers))
        .map(|c| c * 150_000)
        .collect();
    // When each producer's send began, in the order in which they wait.
    let mut waiting: VecDeque<(u32, u64)> = (0..shop.producers)
        .map(|p| (p, u64::from(p) * 40_000))
        .collect();
    let mut buffer: VecDeque<(u32, u64)> = VecDeque::new();
    let mut depth = vec![(0, 0.0)];

    let wait = |timeline: &mut Timeline, from, since, at, by| {
        let span = Span::new(LaneId(from), since, at, SpanKind::Waiting, "send");
        timeline.spans.push(span.on(orders).let_go_by(by));
        timeline.spans.push(Span::new(
            LaneId(from),
            at,
            at + 36_000,
            SpanKind::Running,
            "",
        ));
    };
    for item in 0..shop.items {
        let consumer = (0..free.len())
            .min_by_key(|c| free[*c])
            .expect("there is a consumer");
        let (now, lane) = (free[consumer], LaneId(shop.producers + consumer as u32));
        // Whoever comes while there is room goes on at once.
        while buffer.len() < shop.capacity
            && let Some((producer, since)) = waiting.pop_front_if(|(_, since)| *since <= now)
        {
            timeline.spans.push(Span::new(
                LaneId(producer),
                since,
                since + 36_000,
                SpanKind::Running,
                "",
            ));
            buffer.push_back((producer, since));
            depth.push((since, buffer.len() as f64));
            waiting.push_back((producer, since + 36_000));
        }
        let next = waiting.pop_front_if(|(_, since)| buffer.is_empty() || *since <= now);
        if let Some((producer, since)) = next {
            let at = now.max(since);
            wait(&mut timeline, producer, since, at + 4_000, lane);
            waiting.push_back((producer, at + 40_000));
            buffer.push_back((producer, at));
        }
        let (from, left) = buffer.pop_front().expect("somebody sends");
        let at = now.max(left);
        if at > now {
            let span = Span::new(lane, now, at, SpanKind::Waiting, "receive");
            timeline.spans.push(span.on(orders).let_go_by(LaneId(from)));
        }
        let end = at + 800_000 + item * 7_919 % 400_000;
        timeline
            .spans
            .push(Span::new(lane, at, end, SpanKind::Running, ""));
        let label = format!("order {item}");
        timeline.arrows.push(Arrow {
            from_lane: LaneId(from),
            to_lane: lane,
            left_ns: Some(left),
            at_ns: at,
            label,
        });
        depth.push((at, buffer.len() as f64));
        free[consumer] = end;
    }
    depth.sort_by_key(|point| point.0);
    timeline.counters.push(Counter {
        name: "orders waiting".to_owned(),
        lane: Some(orders),
        limit: Some(shop.capacity as f64),
        points: depth,
    });
    timeline.marks.push(Mark {
        lane: None,
        at_ns: timeline.end() / 2,
        label: "half of it".to_owned(),
    });
    timeline.end_ns = timeline.end();
    timeline.check().expect("well formed");
    timeline
}

fn lanes(shop: Shop) -> Timeline {
    let mut timeline = Timeline::new();
    let names = (1..=shop.producers)
        .map(|n| format!("producer {n}"))
        .chain((1..=shop.consumers).map(|n| format!("consumer {n}")));
    for (id, name) in names.enumerate() {
        timeline
            .lanes
            .push(Lane::new(LaneId(id as u32), name, LaneKind::Task));
    }
    let id = LaneId(shop.producers + shop.consumers);
    timeline
        .lanes
        .push(Lane::new(id, "orders", LaneKind::Resource));
    timeline
}

/// Every kind of span in two lanes with hostile names.
pub(crate) fn kinds() -> Timeline {
    let mut timeline = Timeline::new();
    timeline.lanes.push(Lane::new(
        LaneId(0),
        "<script>alert('a')</script> & \"b\" \u{1b}[31m",
        LaneKind::Thread,
    ));
    timeline.lanes.push(Lane::new(
        LaneId(1),
        "Lager für Bücher 書庫",
        LaneKind::Worker,
    ));
    timeline
        .lanes
        .push(Lane::new(LaneId(2), "stock]]>", LaneKind::Resource));
    timeline.spans = vec![
        Span::new(LaneId(0), 0, 400_000, SpanKind::Running, ""),
        Span::new(LaneId(0), 400_000, 700_000, SpanKind::Waiting, "lock")
            .on(LaneId(2))
            .let_go_by(LaneId(1)),
        Span::new(LaneId(0), 700_000, 1_000_000, SpanKind::Running, ""),
        Span::new(LaneId(0), 700_000, 950_000, SpanKind::Holding, "stock"),
        Span::new(LaneId(1), 0, 650_000, SpanKind::Holding, "stock"),
        Span::new(LaneId(1), 0, 300_000, SpanKind::Running, ""),
        Span::new(LaneId(1), 300_000, 900_000, SpanKind::Blocked, "read"),
    ];
    timeline
}
