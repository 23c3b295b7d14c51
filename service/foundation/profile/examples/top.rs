//! Prints a profile's functions, the costliest first:
//!
//! ```sh
//! cargo run -p profile --example top -- console/testdata/go/cpu.pb.gz
//! ```

use std::io::Write as _;

use profile::{Profile, top};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a profile")?;
    let profile = Profile::decode(&std::fs::read(path)?)?;
    let index = profile.default_index();
    let unit = profile
        .sample_types
        .get(index)
        .map_or("", |sample_type| &sample_type.unit);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:>16} {:>16}  {unit}", "flat", "cum")?;
    for row in top::table(&profile, index) {
        writeln!(out, "{:>16} {:>16}  {}", row.flat, row.cum, row.name)?;
    }
    Ok(())
}
