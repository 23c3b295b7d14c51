//! Atomics with their orderings.

use super::{explored, fault, options};
use gym::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use gym::atomic::{AtomicBool, AtomicUsize, Ordering, UnsafeCell, fence, spin_loop, thread};
use gym::{Check, FaultKind, Options, expect, note};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// A message beside its flag. The cell is only looked at by closures that change nothing: what is
/// tested is whether the accesses are ordered.
struct Letter {
    there: AtomicBool,
    text: AtomicUsize,
}

fn letter(store: Ordering, load: Ordering) -> Check {
    Check::new().orderings("the letter is there", move || {
        let letter = Arc::new(Letter {
            there: AtomicBool::new(false),
            text: AtomicUsize::new(0),
        });
        let copy = Arc::clone(&letter);
        let writing = thread::spawn_named("writer", move || {
            copy.text.store(7, Relaxed);
            copy.there.store(true, store);
        });
        if letter.there.load(load) {
            let text = letter.text.load(Relaxed);
            expect(
                text == 7,
                "7",
                || format!("{text}"),
                "nothing orders the two",
            );
        }
        writing.join().expect("a panic ends the execution");
    })
}

#[test]
fn without_an_ordering_an_old_value_is_loaded_and_on_record() {
    assert_eq!(
        explored(&letter(Release, Acquire)),
        "all 21 executions by loom"
    );
    for (store, load) in [(Relaxed, Acquire), (Release, Relaxed)] {
        let verdict = letter(store, load).run(&options());
        assert_eq!(fault(&verdict), (FaultKind::Expectation, "0"));
        let failed = verdict.fault.expect("a fault");
        assert_eq!(failed.lanes, ["main", "writer"]);
        let last = &failed.events.last().expect("events").label;
        assert_eq!(last, "load 0, Relaxed: an old value, it is 7 by now");
    }
}

#[test]
fn who_let_whom_see_is_on_record() {
    let check = letter(Release, Acquire);
    let verdict = check.run(&options());
    assert!(verdict.fault.is_none());
    let shows = Check::new().orderings("shows", || {
        let flag = Arc::new(AtomicBool::new(false));
        let sets = Arc::clone(&flag);
        drop(thread::spawn_named("writer", move || {
            sets.store(true, Release);
        }));
        while !flag.load(Acquire) {
            spin_loop();
        }
        expect(false, "a picture", || "none".into(), "");
    });
    let failed = shows.run(&options()).fault.expect("a fault");
    let last = failed.events.last().expect("events");
    assert_eq!(
        (last.label.as_ref(), last.lane, last.by),
        ("load true, Acquire", 0, Some(1))
    );
}

#[test]
fn a_fault_is_found_again_by_its_name() {
    let verdict = letter(Relaxed, Relaxed).run(&options());
    let failed = verdict.fault.expect("a fault");
    let (_, name) = failed.replay.split_once(':').expect("a case and a name");
    let again = letter(Relaxed, Relaxed).run(&Options {
        replay: Some((1, name.to_owned())),
        ..options()
    });
    let again = again.fault.expect("the same fault");
    assert_eq!((again.fault, again.events), (failed.fault, failed.events));
    assert_eq!(again.replay, failed.replay);
    let sound = letter(Release, Acquire).run(&Options {
        replay: Some((1, name.to_owned())),
        ..options()
    });
    assert_eq!(
        sound.cases[0].explored.to_string(),
        "one execution by loom, replayed"
    );
}

/// Fences in place of orderings of the accesses.
#[test]
fn fences_order_too() {
    let check = Check::new().orderings("fences", || {
        let letter = Arc::new(Letter {
            there: AtomicBool::new(false),
            text: AtomicUsize::new(0),
        });
        let copy = Arc::clone(&letter);
        let writing = thread::spawn(move || {
            copy.text.store(7, Relaxed);
            fence(Release);
            copy.there.store(true, Relaxed);
        });
        if letter.there.load(Relaxed) {
            fence(Acquire);
            let text = letter.text.load(Relaxed);
            expect(text == 7, "7", || format!("{text}"), "");
        }
        writing.join().expect("a panic ends the execution");
    });
    explored(&check);
}

#[test]
fn a_cell_that_two_use_at_once_is_a_race_and_both_are_named() {
    let check = Check::new().orderings("two write", || {
        let cell = UnsafeCell::new(0);
        cell.with_mut(|first| {
            cell.with(|second| note(format!("{}", first.cast_const() == second)));
        });
    });
    let verdict = check.run(&options());
    let (kind, observed) = fault(&verdict);
    assert_eq!(kind, FaultKind::Race);
    assert!(
        observed.contains("within another access of its own"),
        "{observed}"
    );
}

#[test]
fn what_cannot_end_or_go_on_is_a_fault() {
    let spins = Check::new().orderings("spins", || {
        let flag = AtomicBool::new(false);
        while !flag.load(Acquire) {
            spin_loop();
        }
    });
    assert_eq!(fault(&spins.run(&options())).0, FaultKind::Endless);
    let panics = Check::new().orderings("panics", || {
        let thread = thread::spawn_named("packer", || panic!("no box"));
        thread.join().expect("it ends the execution");
    });
    let verdict = panics.run(&options());
    let (kind, observed) = fault(&verdict);
    assert_eq!(kind, FaultKind::Panic);
    assert!(
        observed.starts_with("packer panicked: no box at line "),
        "{observed}"
    );
    let many = Check::new().orderings("many", || {
        for _ in 0..9 {
            drop(thread::spawn(|| ()));
        }
    });
    assert_eq!(fault(&many.run(&options())).0, FaultKind::Tasks);
}

#[test]
fn what_is_not_tried_is_not_claimed() {
    let check = Check::new().orderings("many steps", || {
        let number = Arc::new(AtomicUsize::new(0));
        let threads = [(); 3].map(|()| {
            let number = Arc::clone(&number);
            thread::spawn(move || {
                for _ in 0..3 {
                    number.fetch_add(1, AcqRel);
                }
            })
        });
        for thread in threads {
            thread.join().expect("a panic ends the execution");
        }
        let sum = number.load(Relaxed);
        expect(sum == 9, "9", || sum.to_string(), "");
    });
    let said = explored(&check);
    assert!(said.contains(" executions by loom with at most "), "{said}");
    for (every, said) in [
        (1, "the first execution by loom"),
        (5, "the only execution by loom without preemption"),
    ] {
        let few = Options { every, ..options() };
        assert_eq!(check.run(&few).cases[0].explored.to_string(), said);
    }
}

/// What the first thread may load beside one that stores, and may have loaded before that.
fn loads(loads_first: bool) -> BTreeSet<usize> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let into = Arc::clone(&seen);
    let check = Check::new().orderings("loads", move || {
        let number = Arc::new(AtomicUsize::new(0));
        let shared = Arc::clone(&number);
        let writer = thread::spawn(move || {
            if loads_first {
                shared.load(Relaxed);
            }
            shared.store(1, Relaxed);
        });
        into.lock().expect("no panic").insert(number.load(Relaxed));
        writer.join().expect("a panic ends the execution");
    });
    explored(&check);
    seen.lock().expect("no panic").clone()
}

#[test]
fn a_load_hides_no_order() {
    assert_eq!(loads(false), BTreeSet::from([0, 1]));
    assert_eq!(loads(true), BTreeSet::from([0, 1]));
}

#[test]
fn what_is_leaked_is_a_fault() {
    let check = Check::new().orderings("leaks", || {
        std::mem::forget(AtomicUsize::new(0));
    });
    let verdict = check.run(&options());
    assert_eq!(verdict.fault.expect("a fault").fault.observed, "one is not");
}
