//! Makes an OCI image archive from one static program, without a container engine, a shell or a registry: what
//! `docker load`, `ctr images import` and `kind load image-archive` read.

mod archive;
mod image;
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Parser;

use archive::Archive;
use image::Image;

/// Makes an OCI image archive from one static program, without a container engine
///
/// The image holds the program and empty directories /data and /tmp, nothing else; it runs as user 65532. The same
/// program and the same flags give the same bytes.
#[derive(Parser)]
#[command(name = "sales-image", version, after_help = EXIT_CODES)]
struct Args {
    /// The program: an executable for Linux that needs no shared library
    #[arg(long, value_name = "FILE")]
    program: PathBuf,

    /// What the image is called, such as localhost/sales-api:dev
    #[arg(long, value_name = "NAME:TAG")]
    name: String,

    /// The archive to write
    #[arg(long, value_name = "FILE")]
    output: PathBuf,

    /// A label of the image; may be given several times
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = pair)]
    labels: Vec<(String, String)>,

    /// An environment variable of its containers; may be given several times
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = pair)]
    env: Vec<(String, String)>,

    /// When it was made, as in RFC 3339
    #[arg(long, value_name = "TIME", default_value = "1970-01-01T00:00:00Z")]
    created: humantime::Timestamp,
}

const EXIT_CODES: &str = "Exit codes:\n  0  written\n  1  it could not be done; the cause is on the error output\n  2  the command line makes no sense";

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("sales-image: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> anyhow::Result<String> {
    ensure!(
        args.name.rsplit_once(':').is_some_and(|(name, tag)| {
            !name.is_empty() && !tag.is_empty() && !tag.contains('/')
        }),
        "--name {}: a name and a tag are needed, such as localhost/sales-api:dev",
        args.name
    );
    let shown = args.program.display();
    let program = fs::read(&args.program).with_context(|| format!("cannot read {shown}"))?;
    let architecture = program::architecture(&program).with_context(|| shown.to_string())?;
    let entry = args
        .program
        .file_name()
        .and_then(|name| name.to_str())
        .with_context(|| format!("{shown} has no name that an image could use"))?;
    let image = Image {
        entry,
        program: &program,
        architecture,
        created: args.created,
        labels: args.labels.iter().cloned().collect::<BTreeMap<_, _>>(),
        env: &args.env,
    };
    let archive = Archive::of(&image, &args.name)?;
    let bytes = archive.write()?;
    fs::write(&args.output, &bytes)
        .with_context(|| format!("cannot write {}", args.output.display()))?;
    Ok(format!(
        "{}: {}, {:.1} MB compressed, {}",
        args.output.display(),
        args.name,
        archive.compressed() as f64 / 1e6,
        archive.digest()
    ))
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a name, = and a value are needed".to_owned()),
    }
}
