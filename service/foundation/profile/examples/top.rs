//! Prints a profile's functions, the costliest first:
//!
//! ```sh
//! cargo run -p profile --example top -- console/testdata/go/cpu.pb.gz
//! ```

use std::io::Write as _;

use profile::{Reader, top, units};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a profile")?;
    let bytes = std::fs::read(path)?;
    let mut reader = Reader::new(&bytes, 1 << 30)?;
    reader.prune()?;
    let index = reader.tables().default_index();
    let sample_type = reader.tables().sample_types.get(index);
    let unit = sample_type.map_or("", |sample_type| sample_type.unit.as_str());
    let (rows, total) = top::read(&reader, index)?;
    let label = |value| units::label(value, unit, "auto");
    let share = |value| units::percentage(value, total);
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:>10} {:>8} {:>10} {:>8}",
        "flat", "flat%", "cum", "cum%"
    )?;
    for top::Row { name, flat, cum } in rows {
        let (flat_share, cum_share) = (share(flat), share(cum));
        let (flat, cum) = (label(flat), label(cum));
        writeln!(
            out,
            "{flat:>10} {flat_share:>8} {cum:>10} {cum_share:>8}  {name}"
        )?;
    }
    Ok(())
}
