//! Draws a profile, or the difference to another one, as a flame graph:
//!
//! ```sh
//! cargo run -p profile --example flame -- console/testdata/go/cpu.pb.gz > flame.svg
//! cargo run -p profile --example flame -- after.pb.gz before.pb.gz > difference.svg
//! ```
//!
//! Files that do not look like profiles are read as folded stacks.

use std::io::Write as _;

use profile::{DecodeError, Profile, ValueType, flame, folded};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let mut paths = std::env::args().skip(1);
    let path = paths.next().ok_or("name a profile")?;
    let mut profile = load(&path)?;
    let mut title = path;
    if let Some(base) = paths.next() {
        profile = profile.diff(&load(&base)?)?;
        title = format!("{title} compared with {base}");
    }
    let options = flame::Options {
        title,
        ..flame::Options::default()
    };
    let picture = flame::svg(&profile, &options);
    std::io::stdout().lock().write_all(picture.as_bytes())?;
    Ok(())
}

fn load(path: &str) -> Result<Profile> {
    let bytes = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let mut profile = match Profile::decode(&bytes) {
        Err(DecodeError::Malformed { .. }) if std::str::from_utf8(&bytes).is_ok() => folded::read(
            &String::from_utf8(bytes)?,
            ValueType::new("samples", "count"),
        )?,
        decoded => decoded.map_err(|error| format!("{path}: {error}"))?,
    };
    profile.prune()?;
    Ok(profile)
}
