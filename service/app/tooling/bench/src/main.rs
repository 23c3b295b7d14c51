//! Benchmarks and long runs; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    match bench::cli::main() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::from(2)
        }
    }
}
