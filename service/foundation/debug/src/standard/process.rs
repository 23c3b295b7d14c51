//! What the system knows of this process. What it does not tell is absent.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

/// Times in `/proc/self/stat` are in hundredths of a second on every platform.
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads the state each time it is called: three short files and two calls, 30 µs. None where nothing can be told.
pub(super) fn reader() -> Option<impl Fn() -> Value + Send + Sync> {
    let started = started();
    let page_size = collect::usage::page_size();
    let read = move || read(started, page_size);
    (!read().is_empty()).then_some(move || Value::Object(read()))
}

fn read(started: Option<f64>, page_size: Option<u64>) -> Map<String, Value> {
    let usage = collect::usage::read();
    let stat = fs::read_to_string("/proc/self/stat").ok();
    let statm = fs::read_to_string("/proc/self/statm").ok();
    let count =
        |of: fn(&collect::usage::Usage) -> u64| usage.as_ref().map(|usage| of(usage).into());
    let members: [(&str, Option<Value>); 14] = [
        ("cpu_ns", count(|usage| ns(usage.user + usage.system))),
        ("cpu_user_ns", count(|usage| ns(usage.user))),
        ("cpu_system_ns", count(|usage| ns(usage.system))),
        (
            "rss_bytes",
            resident(statm.as_deref(), page_size).map(Value::from),
        ),
        ("peak_rss_bytes", count(|usage| usage.peak_rss_bytes)),
        (
            "threads",
            stat.as_deref()
                .and_then(|stat| field(stat, 20))
                .map(Value::from),
        ),
        ("fds", open_files().map(Value::from)),
        ("fd_limit", file_limit().map(Value::from)),
        ("minor_faults", count(|usage| usage.minor_faults)),
        ("major_faults", count(|usage| usage.major_faults)),
        (
            "voluntary_switches",
            count(|usage| usage.voluntary_switches),
        ),
        (
            "involuntary_switches",
            count(|usage| usage.involuntary_switches),
        ),
        ("start_time_seconds", started.map(Value::from)),
        ("pid", Some(std::process::id().into())),
    ];
    let known = members.into_iter();
    known
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

fn ns(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The second number of `/proc/self/statm` is resident memory in pages.
fn resident(statm: Option<&str>, page_size: Option<u64>) -> Option<u64> {
    let pages: u64 = statm?.split_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(page_size?)
}

/// A field of `/proc/self/stat` by its number in proc(5). The second is the program's name, in parentheses, which may
/// contain anything: counted from its end, the first field there is the third.
fn field(stat: &str, number: usize) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    fields.nth(number.checked_sub(3)?)?.parse().ok()
}

/// How many files are open. Since Linux 6.2 the size of the folder says it; before, and on other systems, they are listed.
fn open_files() -> Option<u64> {
    let known = cfg!(target_os = "linux").then(|| fs::metadata("/proc/self/fd").ok());
    let known = known.flatten().map(|folder| folder.len());
    if let Some(files) = known.filter(|&files| files > 0) {
        return Some(files);
    }
    let listed = fs::read_dir("/proc/self/fd").or_else(|_| fs::read_dir("/dev/fd"));
    // One of them is the one this listing itself opens.
    Some((listed.ok()?.count() as u64).saturating_sub(1))
}

/// How many there may be; none if there is no limit.
#[cfg(unix)]
fn file_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn file_limit() -> Option<u64> {
    None
}

/// When the process was started, in seconds since 1970: the system tells it as so long after its own start, and how long
/// ago that was. The clock may have been set since, so it is read once.
fn started() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    start_time(&stat, &uptime, now)
}

fn start_time(stat: &str, uptime: &str, now: Duration) -> Option<f64> {
    let after_boot = field(stat, 22)? as f64 / TICKS_PER_SECOND;
    let uptime: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    let age = uptime - after_boot;
    // In some containers the uptime is the container's, and the process's start the machine's: then it is not known.
    (0.0..=uptime)
        .contains(&age)
        .then_some(now.as_secs_f64() - age)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &str = "S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 2200 23 24";

    #[test]
    fn fields_are_found_behind_any_name() {
        for name in ["sales-api", "a) b (c", ""] {
            let stat = format!("42 ({name}) {FIELDS}");
            assert_eq!(field(&stat, 20), Some(20), "{name}");
            assert_eq!(field(&stat, 24), Some(24), "{name}");
            assert_eq!(field(&stat, 25), None, "{name}");
            assert_eq!(field(&stat, 3), None, "a letter");
        }
        assert_eq!(field("", 20), None);
    }

    #[test]
    fn memory_is_counted_in_pages() {
        assert_eq!(
            resident(Some("900 12 3 4 0 5 0\n"), Some(4096)),
            Some(12 * 4096)
        );
        assert_eq!(resident(Some("900"), Some(4096)), None);
        assert_eq!(resident(Some("900 12"), None), None);
        assert_eq!(resident(None, Some(4096)), None);
    }

    #[test]
    fn the_start_is_told_unless_the_uptime_is_of_something_else() {
        let stat = format!("42 (x) {FIELDS}");
        let now = Duration::from_secs(1_000);
        assert_eq!(start_time(&stat, "32.50 60.00\n", now), Some(989.5));
        assert_eq!(start_time(&stat, "12.50 60.00\n", now), None);
        assert_eq!(start_time(&stat, "soon", now), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn all_of_it_is_told_here() {
        let read = reader().expect("this is Linux");
        let Value::Object(told) = read() else {
            panic!("an object")
        };
        assert_eq!(told.len(), 14, "{told:?}");
        let file = fs::File::open("/dev/null").expect("it is there");
        let Value::Object(then) = read() else {
            panic!("an object")
        };
        assert!(then["fds"].as_u64() > Some(1), "{then:?}");
        drop(file);
        let age = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970")
            .as_secs_f64()
            - then["start_time_seconds"].as_f64().expect("a number");
        assert!((-1.0..86_400.0).contains(&age), "{age}");
    }
}
