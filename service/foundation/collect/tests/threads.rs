//! The list of threads as a profile.
#![cfg(target_os = "linux")]

use std::sync::mpsc::channel;
use std::thread;

use profile::{LabelValue, Profile};

/// How many threads have a name of their own, and how many have the common one.
fn counts(profile: &Profile, own: &str, common: &str) -> (i64, i64) {
    let mut counts = (0, 0);
    for sample in &profile.samples {
        let function = profile.locations[sample.locations[0] as usize].lines[0].function;
        if sample.labels[0].value == LabelValue::Text(own.into()) {
            counts.0 += sample.value(0);
        }
        if *profile.functions[function as usize].name == *common {
            counts.1 += sample.value(0);
        }
    }
    counts
}

#[test]
fn threads_are_counted_by_name() {
    let before = collect::threads::threadcreate().expect("a profile");
    assert_eq!(counts(&before, "counted-1", "counted"), (0, 0));
    let (tell, told) = channel();
    let threads: Vec<_> = (0..3)
        .map(|number| {
            let (end, ended) = channel::<()>();
            let tell = tell.clone();
            let named = thread::Builder::new().name(format!("counted-{}", number / 2));
            let thread = named.spawn(move || {
                tell.send(()).expect("somebody waits");
                ended.recv().expect_err("nothing is sent");
            });
            (thread.expect("a thread"), end)
        })
        .collect();
    for _ in &threads {
        told.recv().expect("the thread has its name");
    }
    let profile = collect::threads::threadcreate().expect("a profile");
    assert_eq!(counts(&profile, "counted-0", "counted"), (2, 3));
    assert_eq!(counts(&profile, "counted-1", "counted"), (1, 3));
    assert_eq!(profile.period_type.as_ref(), profile.sample_types.first());
    assert_eq!(profile.sample_types[0].unit, "count");
    assert_eq!(
        Profile::decode(&profile.encode_gzip()).as_ref(),
        Ok(&profile)
    );
    for (thread, end) in threads {
        drop(end);
        thread.join().expect("it has ended");
    }
}
