//! Profiles of what there is: heap, allocations, waits.

use std::hint::black_box;
use std::net::SocketAddr;

use debug::Config;
use http::Method;
use profile::Profile;
use tokio::sync::{Mutex, MutexGuard};

use crate::client::{Answer, get, request};
use crate::serve;

/// Rates are the process's, so those who set them take turns.
static TURN: Mutex<()> = Mutex::const_new(());

pub(crate) async fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().await
}

fn decode(answer: &Answer) -> Profile {
    assert_eq!(answer.status, 200, "{}", answer.text_if_any());
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    Profile::decode(&answer.body).expect("a valid profile")
}

fn has(profile: &Profile, function: &str) -> bool {
    let mut functions = profile.functions.iter();
    functions.any(|known| known.name.contains(function))
}

/// Keeps much, which sampling cannot miss. The last call is not this function's last act, which would take it off the
/// stack.
#[inline(never)]
pub(crate) fn keep_many_parcels() -> Vec<Box<[u8]>> {
    black_box(
        (0..64)
            .map(|n| vec![n; 1 << 20].into_boxed_slice())
            .collect(),
    )
}

/// Samples the heap for as long as the program runs; none where that cannot be.
pub(crate) fn heap_is_sampled() -> bool {
    match collect::heap::activate(collect::heap::DEFAULT_LG_SAMPLE) {
        Ok(()) => true,
        Err(error) => {
            println!("skipped: {error}");
            false
        }
    }
}

#[tokio::test]
async fn the_heap_is_in_gos_four_types_and_the_name_decides_which_is_shown() {
    if !heap_is_sampled() {
        return;
    }
    let running = serve(Config::new(expvar::Registry::new()));
    let kept = keep_many_parcels();
    for (name, shown) in [("heap", "inuse_space"), ("allocs", "alloc_space")] {
        let answer = get(running.addr(), &format!("/debug/pprof/{name}")).await;
        let profile = decode(&answer);
        assert_eq!(answer.header("x-profile-rate"), "524288");
        let disposition = format!("attachment; filename=\"{name}\"");
        assert_eq!(answer.header("content-disposition"), disposition);
        let types: Vec<_> = profile
            .sample_types
            .iter()
            .map(|t| t.kind.as_str())
            .collect();
        let expected = [
            "alloc_objects",
            "alloc_space",
            "inuse_objects",
            "inuse_space",
        ];
        assert_eq!(types, expected);
        assert_eq!(profile.default_sample_type.as_deref(), Some(shown));
        let names = || {
            profile
                .functions
                .iter()
                .map(|function| &function.name)
                .collect::<Vec<_>>()
        };
        assert!(has(&profile, "keep_many_parcels"), "{name}: {:?}", names());
    }
    let text = get(running.addr(), "/debug/pprof/heap?debug=1").await;
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    assert!(text.text().starts_with("heap profile: "), "{}", text.text());
    assert!(text.text().contains("keep_many_parcels"));
    assert!(text.text().contains("\n# runtime.MemStats\n# Alloc = "));
    drop(kept);
}

#[tokio::test]
async fn a_change_holds_what_came_meanwhile() {
    if !heap_is_sampled() {
        return;
    }
    let running = serve(Config::new(expvar::Registry::new()));
    let addr = running.addr();
    let before = keep_earlier_parcels();
    let change = tokio::spawn(async move {
        // Whoever looks whether it has begun may have come first.
        loop {
            let answer = get(addr, "/debug/pprof/allocs?seconds=2").await;
            if answer.status != 409 {
                return answer;
            }
        }
    });
    until_held(addr, "/debug/pprof/allocs?seconds=1").await;
    // The first of the two profiles may not have been taken yet, so this goes on.
    while !change.is_finished() {
        drop(black_box(keep_other_parcels()));
        tokio::task::yield_now().await;
    }
    let answer = change.await.expect("no panic");
    let profile = decode(&answer);
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"allocs-delta\""
    );
    assert_eq!(profile.duration_nanos, 2_000_000_000);
    assert!(has(&profile, "keep_other_parcels"));
    assert!(!has(&profile, "keep_earlier_parcels"), "that was before");
    drop(before);
}

#[inline(never)]
fn keep_other_parcels() -> Vec<u8> {
    black_box(vec![7; 1 << 20])
}

/// For this test alone: the others run at the same time.
#[inline(never)]
fn keep_earlier_parcels() -> Vec<Vec<u8>> {
    black_box(vec![vec![7; 1 << 20]; 8])
}

/// Asks again and again until somebody else's capture is the reason not to get one.
async fn until_held(addr: SocketAddr, path: &'static str) {
    loop {
        let answer = get(addr, path).await;
        if answer.status == 409 {
            let said = answer.text();
            assert!(said.starts_with("127.0.0.1:"), "{said}");
            assert!(said.contains("has been capturing allocs since"), "{said}");
            return;
        }
    }
}

#[tokio::test]
async fn who_waits_and_who_lets_wait_is_sampled_at_a_rate_that_can_be_set() {
    let _turn = turn().await;
    let running = serve(Config::new(expvar::Registry::new()));
    let addr = running.addr();
    // What a program starts with; another test may have set it.
    collect::contention::set_block_rate(0);
    collect::contention::set_mutex_fraction(0);
    for name in ["block", "mutex"] {
        let path = format!("/debug/pprof/{name}");
        let refused = get(addr, &format!("{path}?rate=1")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.header("allow")),
            (405, "POST")
        );
        assert_eq!(get(addr, &path).await.header("x-profile-rate"), "0");
        let set = request(addr, Method::POST, &format!("{path}?rate=1"), &[]).await;
        assert_eq!(
            (set.status.as_u16(), set.text()),
            (200, format!("{name} rate: 1\n").as_str())
        );
        assert_eq!(get(addr, &path).await.header("x-profile-rate"), "1");
    }
    let no_knob = request(addr, Method::POST, "/debug/pprof/goroutine?rate=1", &[]).await;
    assert_eq!(no_knob.status, 400, "{}", no_knob.text());

    for (name, first_line) in [("block", "--- contention:\n"), ("mutex", "--- mutex:\n")] {
        let profile = contend_until_seen(addr, &format!("/debug/pprof/{name}")).await;
        let types: Vec<_> = profile
            .sample_types
            .iter()
            .map(|t| t.kind.as_str())
            .collect();
        assert_eq!(types, ["contentions", "delay"], "{name}");
        let text = get(addr, &format!("/debug/pprof/{name}?debug=1")).await;
        assert!(text.text().starts_with(first_line), "{}", text.text());
        request(
            addr,
            Method::POST,
            &format!("/debug/pprof/{name}?rate=0"),
            &[],
        )
        .await;
        assert_eq!(
            get(addr, &format!("/debug/pprof/{name}"))
                .await
                .header("x-profile-rate"),
            "0"
        );
    }
}

/// Lets threads wait for locks until that is in the profile of this path.
pub(crate) async fn contend_until_seen(addr: SocketAddr, path: &str) -> Profile {
    loop {
        tokio::task::spawn_blocking(contend)
            .await
            .expect("no panic");
        let profile = decode(&get(addr, path).await);
        if profile.total(0) > 0 {
            return profile;
        }
    }
}

/// One thread asks for a lock that another holds.
#[inline(never)]
fn contend() {
    let lock = sync::Mutex::new("contended", 0);
    std::thread::scope(|scope| {
        let held = lock.lock();
        let waiter = scope.spawn(|| *lock.lock() += 1);
        // It can be seen to wait only in the profile; most of the time it does by now.
        for _ in 0..1000 {
            std::thread::yield_now();
        }
        drop(held);
        waiter.join().expect("no panic");
    });
}

#[tokio::test]
async fn a_change_as_text_and_bad_parameters_are_refused() {
    let running = serve(Config::new(expvar::Registry::new()));
    for (path, message) in [
        (
            "heap?debug=1&seconds=1",
            "seconds and debug do not go together",
        ),
        (
            "heap?debug=3",
            "debug must be a whole number from 0 to 2, not \"3\"",
        ),
        (
            "heap?seconds=-1",
            "seconds must be a whole number from 1 to 600, not \"-1\"",
        ),
        (
            "heap?debug=%FF",
            "debug must be a whole number from 0 to 2, not \"\u{fffd}\"",
        ),
    ] {
        let answer = get(running.addr(), &format!("/debug/pprof/{path}")).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(
            answer.text().starts_with(message),
            "{path}: {}",
            answer.text()
        );
    }
}
