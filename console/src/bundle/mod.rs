//! `cutaway bundle`: the evidence of one target in an archive.
//!
//! | module | what it does |
//! |---|---|
//! | `gather` | asks the target for all it has |
//! | `look` | watches it meanwhile: what looks wrong |
//! | `clean` | masks secrets, in texts, documents and profiles |
//! | `contents` | the files, and the manifest that lists them |
//! | `archive` | the tar file |

mod archive;
mod clean;
mod contents;
mod gather;
mod look;

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::bail;
use cutaway_model::{sanitize, units};
use cutaway_scrape::{Options, Target, resolve};

use crate::args::Bundle;
use crate::clock::Civil;
use crate::clusters;
use crate::complain::complain;
use crate::{BadUse, FAILED, FINE, runtime};
use clean::Cleaner;
use contents::{About, Contents};

/// Collects the evidence and writes the archive; the exit code.
pub(crate) fn make(
    arguments: &Bundle,
    options: &Options,
    out: &mut impl Write,
) -> anyhow::Result<u8> {
    let runtime = runtime()?;
    let target = runtime.block_on(one_target(&arguments.target, options))?;
    let began = SystemTime::now().duration_since(UNIX_EPOCH);
    let began = began.unwrap_or_default().as_secs();
    let name = name(&target, began);
    let file = arguments
        .output
        .clone()
        .unwrap_or_else(|| format!("{name}.tar.gz").into());
    if file.exists() {
        bail!("{} exists: --output names another", file.display());
    }
    let credentials = target.credentials().or(options.credentials.as_ref());
    let cleaner = Cleaner::new(credentials.cloned());
    let mut contents = Contents::new(cleaner);
    let started = options.started;
    let seconds = arguments.seconds;
    let (found, heard) = runtime.block_on(async {
        tokio::join!(
            look::watch(&target, seconds, options.clone()),
            gather::all(&target, seconds, options, &mut contents),
        )
    });
    runtime.shutdown_background();
    if !heard && arguments.log.is_empty() {
        let why = contents.why().or(found.why());
        let why = contents.cleaner.line(why.unwrap_or("it offers nothing"));
        bail!("{}: {why}; no archive is written", target.name());
    }
    for log in &arguments.log {
        gather::log(log, &mut contents);
    }
    found.write(&mut contents);
    let about = About {
        target: &target,
        began,
        took: started.elapsed(),
        seconds,
    };
    contents.finish(&about);
    let bytes = archive::write(&file, &name, &contents, began)?;
    for failure in contents.failed() {
        complain(format_args!("{}: {}", failure.what, failure.why));
    }
    let (files, size) = (contents.files().len(), units::bytes(bytes as f64));
    let shown = sanitize(&file.display().to_string()).into_owned();
    writeln!(out, "{shown}: {files} files, {size}")?;
    Ok(if contents.failed().is_empty() {
        FINE
    } else {
        FAILED
    })
}

async fn one_target(text: &str, options: &Options) -> anyhow::Result<Target> {
    let (items, bad) = clusters::parse_list(text);
    if let Some(bad) = bad.first() {
        bail!(BadUse(bad.to_string()));
    }
    let mut targets = resolve(&items, options).await.concat();
    match (targets.pop(), targets.first()) {
        (Some(target), None) => Ok(target),
        (None, None) => bail!(BadUse("no target: PORT, HOST:PORT or a URL".to_owned())),
        (_, Some(_)) => bail!(BadUse(
            "an archive is of one target; make one of each".to_owned()
        )),
    }
}

/// `cutaway-shop-4000-20261121T013207Z`: of the archive and the folder in it.
fn name(target: &Target, seconds: u64) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' {
            c
        } else {
            '-'
        }
    };
    let place = match target.pod() {
        Some(pod) => pod.name.clone(),
        None => target.authority().replace(['[', ']'], ""),
    };
    let place: String = place.chars().map(plain).collect();
    let time = Civil::of(i64::try_from(seconds).unwrap_or(i64::MAX)).rfc3339();
    format!("cutaway-{place}-{}", time.replace(['-', ':'], ""))
}
