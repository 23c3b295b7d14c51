//! Where and how this runs, for figures and captions.

use std::time::SystemTime;

use lab_format::{Build, Machine};

/// How many processors this program may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

pub(crate) fn machine() -> Machine {
    Machine {
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        cores: u32::try_from(cores()).unwrap_or(u32::MAX),
        cpu: std::fs::read_to_string("/proc/cpuinfo")
            .ok()
            .and_then(|text| cpu(&text)),
    }
}

pub(crate) fn build(version: &str) -> Build {
    Build {
        version: version.to_owned(),
        rustc: env!("LAB_KIT_RUSTC").to_owned(),
        profile: env!("LAB_KIT_PROFILE").to_owned(),
    }
}

/// The date and time, to the second, in UTC.
pub(crate) fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// The processor's name in the text of `/proc/cpuinfo`; not every architecture gives one.
fn cpu(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    let name = line
        .split_once(':')?
        .1
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processors_name_is_read() {
        let text = "processor\t: 0\nmodel name\t: Some(R)  CPU @ 2.00GHz\nflags\t: a\n";
        assert_eq!(cpu(text).as_deref(), Some("Some(R) CPU @ 2.00GHz"));
        assert_eq!(cpu("processor : 0\nBogoMIPS : 48.00\n"), None);
    }
}
