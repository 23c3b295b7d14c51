//! Values of options that are read in a way of their own.

use std::time::Duration;

use crate::go;

/// Reads a time between readings: at least 10 ms.
pub(crate) fn interval(text: &str) -> Result<Duration, String> {
    match go::parse_duration(text)? {
        Duration::ZERO => Err("must be more than nothing, for example 5s".to_owned()),
        short if short < Duration::from_millis(10) => Err("must be at least 10ms".to_owned()),
        duration => Ok(duration),
    }
}

/// Reads a size: `512KB`, `256MB`, `1GB`, 1024-based; at least 64 KB.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u32); 4] = [("KB", 10), ("MB", 20), ("GB", 30), ("TB", 40)];
    let unit = UNITS
        .iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)));
    let read =
        unit.and_then(|(digits, shift)| digits.trim().parse::<u64>().ok()?.checked_mul(1 << shift));
    match read {
        Some(bytes) if bytes >= 64 << 10 => Ok(bytes),
        Some(_) => Err("must be at least 64KB".to_owned()),
        None => Err("write for example 512KB, 256MB or 1GB".to_owned()),
    }
}

/// Reads the path of an endpoint, with or without its first slash.
pub(crate) fn endpoint(text: &str) -> Result<String, String> {
    let path = if text.starts_with('/') {
        text.to_owned()
    } else {
        format!("/{text}")
    };
    let fits = |c: char| {
        c.is_ascii_graphic()
            && !matches!(
                c,
                '#' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'
            )
    };
    if path.chars().all(fits) {
        Ok(path)
    } else {
        Err("has characters that must be %-encoded".to_owned())
    }
}
