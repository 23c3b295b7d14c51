//! The program itself, printing what a server has.

use std::panic::catch_unwind;
use std::process::{Command, Stdio};

use crate::console::Console;
use crate::written::assert_plain;

/// Prints the body that is served in two of the forms there are; why that is wrong, if it is.
pub(crate) fn print(format: &str, console: &Console, body: &[u8]) -> Result<(), String> {
    let url = format!("http://{}", console.server.addr);
    let forms = ["json", "csv", "md", "prom", "text", "svg", "folded"];
    for offset in [0, 1] {
        let pick = |among: &[&'static str]| among[(body.len() + offset) % among.len()];
        let profile = format!("{url}/debug/pprof/profile");
        let arguments: Vec<&str> = match format {
            "profile" if body.len().is_multiple_of(2) => {
                vec!["flame", &profile, "-o", "-", "--form", pick(&forms[5..])]
            }
            "profile" => vec![
                "top",
                &profile,
                "--form",
                pick(&[forms[0], forms[1], forms[2], forms[4]]),
            ],
            _ => vec![&url, "--timeout", "60s", "--once", pick(&forms[..4])],
        };
        run(&arguments)?;
    }
    Ok(())
}

fn run(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(env!("CARGO_BIN_EXE_cutaway"))
        .args(arguments)
        .env("XDG_CONFIG_HOME", "/nowhere")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    // What fails is told; JSON has the reason in the document.
    let told = match output.status.code() {
        Some(0) => true,
        Some(1) => !err.is_empty() || !out.is_empty(),
        _ => false,
    };
    if !told {
        return Err(format!("{arguments:?}: {}: {err}", output.status));
    }
    catch_unwind(|| {
        assert_plain(&out, "printed");
        assert_plain(&err, "complained");
    })
    .map_err(|_| format!("{arguments:?}: a character that terminals obey"))
}
