use super::*;

fn records(recording: &Recording) -> usize {
    recording
        .threads
        .iter()
        .map(|(_, records)| records.len())
        .sum()
}

#[test]
fn what_does_not_fit_is_counted() {
    let tape = Tape::new(false);
    for _ in 0..MOST_RECORDS + 7 {
        tape.add(Instant::now(), 1, What::Started);
    }
    let recording = tape.take();
    assert_eq!(
        records(&recording) + recording.dropped as usize,
        MOST_RECORDS + 7
    );
    assert!((7..5_000).contains(&recording.dropped));
}

#[test]
fn each_thread_has_its_part_and_nothing_is_lost() {
    const EACH: u32 = 10_000;
    let tape = Tape::new(false);
    std::thread::scope(|scope| {
        for task in 1..=4 {
            let tape = &tape;
            let work = move || {
                for len in 0..EACH {
                    let resource = task;
                    tape.add(Instant::now(), task, What::Depth { resource, len });
                }
            };
            let name = format!("thread {task}");
            let builder = std::thread::Builder::new().name(name);
            builder.spawn_scoped(scope, work).expect("a thread");
        }
    });
    let recording = tape.take();
    assert_eq!((recording.threads.len(), recording.dropped), (4, 0));
    for (name, records) in &recording.threads {
        let expected = format!("thread {}", records[0].task);
        assert_eq!(*name, expected);
        let lens = records.iter().map(|record| match record.what {
            What::Depth { len, .. } => len,
            other => panic!("{other:?}"),
        });
        assert!(lens.eq(0..EACH), "in their order");
        assert!(records.is_sorted_by_key(|record| record.at));
    }
}

#[test]
fn a_recording_does_not_hear_of_another() {
    let (first, second) = (Tape::new(false), Tape::new(false));
    first.add(Instant::now(), 1, What::Started);
    second.add(Instant::now(), 2, What::Started);
    first.add(Instant::now(), 1, What::Ended);
    assert_eq!(records(&first.take()), 2);
    assert_eq!(records(&second.take()), 1);
}

#[test]
fn names_without_end_are_not_kept_without_end() {
    let tape = Tape::new(false);
    for task in 0..MOST_NAMES + 9 {
        tape.name(|| Name::Task(task as u32, "task".to_owned()));
    }
    assert_eq!(tape.take().tasks.len(), MOST_NAMES);
}
