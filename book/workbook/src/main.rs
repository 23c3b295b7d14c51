//! The command line of the workbook.

use anyhow::{Context, Result, bail};
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use lifecycle::Shutdown;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use workbook::book::{self, Audience, Summary};
use workbook::doctor::command::doctor;
use workbook::doctor::machine::System;
use workbook::exercises::commands::{self, Exercises};
use workbook::labs::{self, Limits};
#[cfg(target_os = "linux")]
use workbook::process::keeper;
use workbook::room::commands::Rooms;
use workbook::room::report;
use workbook::workspace::Workspace;
use workbook::{bundle, instructor, manual, nearest, server, up};

/// The course on concurrent Rust services: builds and serves the book, runs its labs, starts
/// everything.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    /// The workspace; by default the one that the current folder lies in.
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// The sales service under load, the book, and the console in this terminal
    Up(Up),
    /// Build the book and serve it; its pages can run labs
    Serve(Serve),
    /// Print the link that opens the book with the right to run labs and check exercises
    #[command(after_help = "Example:\n  cargo workbook link --book 127.0.0.1:3001")]
    Link(Link),
    /// Build the book as a static site, which can be hosted anywhere
    Build(Build),
    /// List chapters, labs and exercises
    List,
    /// What is taught when, in half a day, a day or two days
    #[command(after_help = "Example:\n  cargo workbook schedule half-day")]
    Schedule(Schedule),
    /// Run a lab; what follows its name is the lab's, --help too
    #[command(
        disable_help_flag = true,
        after_help = "Example:\n  cargo workbook lab channels --capacity 0"
    )]
    Lab(Lab),
    #[command(flatten)]
    Exercises(Exercises),
    /// Keep the command lines of all programs for the book, as they are built now
    #[command(hide = true)]
    Reference(Reference),
    #[command(flatten)]
    Rooms(Rooms),
    /// Hold a program to its limits, for the workbook that listens on standard input
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    Keep(keeper::Order),
    /// Whether this machine is ready: toolchain, compiler, ports, cgroups, disk
    Doctor(Doctor),
    /// Pack all that a room without a network needs into one archive
    #[command(after_help = "Example:\n  cargo workbook bundle --toolchain ~/rust-installer")]
    Bundle(Bundle),
}

#[derive(Args)]
struct Up {
    /// Where the book is served
    #[arg(long, value_name = "ADDR", default_value_t = server::usual_address())]
    book: SocketAddr,
    /// Where the sales service takes orders
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    api: SocketAddr,
    /// Where the sales service shows its inside
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4000")]
    debug: SocketAddr,
    /// The folder for the store, the logs and the built book [default: .cutaway in the workspace]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// How many requests a second the shoppers make
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// Seconds between the summary lines that stand in for the console without a terminal
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
}

#[derive(Args)]
struct Serve {
    /// Where the book is served; this machine only, because the book can start labs, unless --name is given
    #[arg(long, value_name = "ADDR", default_value_t = server::usual_address())]
    book: SocketAddr,
    /// Let other machines reach the book by this name or address; may be given several times. What is sent can be
    /// read on the way, the token too: only for networks that you trust
    #[arg(long = "name", value_name = "NAME")]
    names: Vec<String>,
    /// The folder to build the book into [default: .cutaway/book in the workspace; .cutaway/instructor with --instructor]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// For who teaches: pages with their speaker notes, and schedules
    #[arg(long)]
    instructor: bool,
    /// How many seconds a lab may run
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    deadline: u64,
}

#[derive(Args)]
struct Link {
    /// Where the book is served
    #[arg(long, value_name = "ADDR", default_value_t = server::usual_address())]
    book: SocketAddr,
    /// The folder that `workbook up` was given [default: .cutaway in the workspace]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

#[derive(Args)]
struct Build {
    /// The folder to build the book into [default: .cutaway/book in the workspace; .cutaway/instructor with --instructor]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// For who teaches: pages with their speaker notes, and schedules
    #[arg(long)]
    instructor: bool,
    /// Also list the addresses of other sites that the book links to
    #[arg(long)]
    external: bool,
}

#[derive(Args)]
struct Reference {
    /// Write nothing: fail if what is kept differs
    #[arg(long)]
    check: bool,
}

#[derive(Args)]
struct Schedule {
    /// Only this one, as book/workshop.toml names it
    name: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Bundle {
    /// The archive [default: .cutaway/bundle/cutaway.tar.gz in the workspace]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A folder with the toolchain's standalone installer, to be packed as well
    #[arg(long, value_name = "DIR")]
    toolchain: Option<PathBuf>,
    /// Replace an archive that is there
    #[arg(long)]
    force: bool,
    /// Take crates from this machine only
    #[arg(long)]
    offline: bool,
}

#[derive(Args)]
struct Doctor {
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Lab {
    /// The lab's name, as `workbook list` shows it
    #[arg(allow_hyphen_values = true)]
    name: String,
    /// What the lab is given: its knobs, --json, --hold, --help
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("workbook: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    #[cfg(target_os = "linux")]
    if let Task::Keep(order) = cli.command {
        // One thread, because it takes on the limits of what it starts for a moment.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(keeper::keep(order))?;
        return Ok(ExitCode::SUCCESS);
    }
    let workspace = find(cli.root)?;
    match cli.command {
        Task::Up(arguments) => up_all(&workspace, arguments)?,
        Task::Serve(arguments) => serve(&workspace, arguments)?,
        Task::Link(arguments) => link(&workspace, arguments)?,
        Task::Build(arguments) => build(&workspace, arguments)?,
        Task::List => list(&workspace)?,
        Task::Schedule(arguments) => schedule(&workspace, &arguments)?,
        Task::Lab(arguments) => return lab(&workspace, &arguments),
        Task::Reference(arguments) => reference(&workspace, &arguments)?,
        Task::Exercises(command) => {
            let command = report::beside(&workspace, command.run(&workspace));
            return runtime()?.block_on(command);
        }
        Task::Bundle(arguments) => pack(&workspace, arguments)?,
        Task::Doctor(arguments) => {
            let (text, ready) = doctor(&System, &workspace, arguments.json);
            print(&text)?;
            return Ok(if ready {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        }
        Task::Rooms(command) => {
            log_to_stderr();
            runtime()?.block_on(command.run(&workspace))?;
        }
        #[cfg(target_os = "linux")]
        Task::Keep(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn find(root: Option<PathBuf>) -> Result<Workspace> {
    let start = match root {
        Some(root) => std::path::absolute(root)?,
        None => std::env::current_dir()?,
    };
    Workspace::find(&start).with_context(|| {
        format!(
            "{} lies in no workspace with a book/book.toml: go there, or name it with --root DIR",
            start.display()
        )
    })
}

fn up_all(workspace: &Workspace, arguments: Up) -> Result<()> {
    let options = up::Options {
        book: arguments.book,
        api: arguments.api,
        debug: arguments.debug,
        state: std::path::absolute(arguments.state.unwrap_or_else(|| workspace.state()))?,
        rate: arguments.rate,
        every: Duration::from_secs(arguments.every),
    };
    runtime()?.block_on(report::beside(workspace, up::up(workspace, options)))
}

fn serve(workspace: &Workspace, arguments: Serve) -> Result<()> {
    log_to_stderr();
    let (audience, out) = wanted(workspace, arguments.instructor, arguments.out);
    let limits = Limits {
        deadline: Duration::from_secs(arguments.deadline),
        ..Limits::default()
    };
    runtime()?.block_on(async {
        let shutdown = Shutdown::new();
        lifecycle::signals(&shutdown)?;
        let door = server::Door {
            names: arguments.names,
            ..server::Door::here(&workspace.state())?
        };
        let listener = door.bind(arguments.book)?;
        let book = server::prepare_for(audience, workspace, &out)?;
        println!(
            "The book is at {} ; Ctrl-C ends it.",
            door.link(listener.local_addr()?)
        );
        report::beside(
            workspace,
            server::serve(listener, book, door, limits, shutdown),
        )
        .await
    })
}

fn link(workspace: &Workspace, arguments: Link) -> Result<()> {
    let state = arguments.state.unwrap_or_else(|| workspace.state());
    println!("{}", server::Door::here(&state)?.link(arguments.book));
    Ok(())
}

fn build(workspace: &Workspace, arguments: Build) -> Result<()> {
    let (audience, out) = wanted(workspace, arguments.instructor, arguments.out);
    let built = book::build_for(audience, workspace, &out)?;
    if arguments.external {
        for address in &built.external {
            println!("{address}");
        }
    }
    println!(
        "{} chapters, {} drafts, {} labs, {} links to other sites: {}",
        built.chapters,
        built.drafts,
        built.labs.len(),
        built.external.len(),
        out.join("index.html").display()
    );
    Ok(())
}

fn reference(workspace: &Workspace, arguments: &Reference) -> Result<()> {
    let here = std::env::current_exe().context("where this program is")?;
    let programs = here.parent().context("a program is in a folder")?;
    for (file, text) in manual::pages(workspace, programs)? {
        let shown = workspace.relative(&file).display();
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        if kept == text {
            continue;
        }
        if arguments.check {
            bail!("{shown} is not what the program says: make reference, and commit it");
        }
        std::fs::create_dir_all(manual::folder(workspace))?;
        std::fs::write(&file, text).with_context(|| format!("cannot write {shown}"))?;
        println!("{shown}");
    }
    Ok(())
}

/// Whom the book is for, and where it is built. A learner's and an instructor's do not replace each other.
fn wanted(workspace: &Workspace, instructor: bool, out: Option<PathBuf>) -> (Audience, PathBuf) {
    let (audience, folder) = if instructor {
        (Audience::Instructor, "instructor")
    } else {
        (Audience::Learners, "book")
    };
    (
        audience,
        out.unwrap_or_else(|| workspace.state().join(folder)),
    )
}

fn schedule(workspace: &Workspace, arguments: &Schedule) -> Result<()> {
    let text = instructor::command(workspace, arguments.name.as_deref(), arguments.json)?;
    print(&text)
}

fn pack(workspace: &Workspace, arguments: Bundle) -> Result<()> {
    let out = arguments
        .out
        .unwrap_or_else(|| bundle::default_out(workspace));
    let wanted = bundle::Wanted {
        out: out.clone(),
        toolchain: arguments.toolchain,
        force: arguments.force,
        offline: arguments.offline,
    };
    let bundled = bundle::bundle(workspace, &wanted, &mut |what| eprintln!("{what} …"))?;
    print(&format!(
        "{}: {} ({} files, {} unpacked)\nsha256 {}\n",
        out.display(),
        bundle::size(bundled.packed),
        bundled.files,
        bundle::size(bundled.bytes),
        bundled.sha256
    ))
}

/// Prints; whoever reads no further has seen enough.
fn print(text: &str) -> Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot print"),
    }
}

fn list(workspace: &Workspace) -> Result<()> {
    let summary = Summary::read(workspace).context("cannot read SUMMARY.md")?;
    let mut text = Vec::new();
    write_list(&mut text, workspace, &summary).context("cannot make the list")?;
    print(&String::from_utf8_lossy(&text))
}

fn write_list(out: &mut impl Write, workspace: &Workspace, summary: &Summary) -> io::Result<()> {
    let mut part = String::new();
    for entry in &summary.entries {
        if entry.part != part {
            writeln!(out, "\n{}", entry.part)?;
            part.clone_from(&entry.part);
        }
        match &entry.path {
            Some(path) => writeln!(out, "  {:<42} book/src/{}", entry.title, path.display())?,
            None => writeln!(out, "  {:<42} (to be written)", entry.title)?,
        }
    }
    writeln!(out, "\nLabs")?;
    for lab in workspace.labs() {
        let title = book::figure::knobs(workspace, &lab).map_or_else(|why| why, |info| info.title);
        writeln!(out, "  {lab:<16} {title}")?;
    }
    commands::list(out, workspace)
}

fn lab(workspace: &Workspace, arguments: &Lab) -> Result<ExitCode> {
    if ["--help", "-h"].contains(&arguments.name.as_str()) {
        let mut cli = Cli::command();
        cli.build();
        let lab = cli.find_subcommand_mut("lab").context("it is a command")?;
        print(&lab.render_help().to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let labs = workspace.labs();
    if !labs.contains(&arguments.name) {
        bail!(
            "there is no lab {:?}{}; there are: {}",
            arguments.name,
            nearest::hint(&arguments.name, labs.iter().map(String::as_str)),
            labs.join(", ")
        );
    }
    labs::terminal::run(workspace, &arguments.name, &arguments.arguments)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

fn log_to_stderr() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
