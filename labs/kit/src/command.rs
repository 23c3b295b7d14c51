//! The command line, made of the knobs' declarations.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use lab_format::{DEBUG_ADDR, Figure, Knob, KnobError, Knobs, LabInfo};

use crate::output;

/// What somebody asked for.
#[derive(Debug)]
pub(crate) enum Request {
    /// The pictures of the committed figures, drawn anew.
    Redraw,
    /// A run.
    Run(Order),
    /// A text: the help, the version, the description.
    Print(String),
}

/// How to run.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) knobs: Knobs,
    pub(crate) json: bool,
    /// Whether samples of the variables come before the document.
    pub(crate) samples: bool,
    pub(crate) hold: bool,
    /// Where to listen, if at all.
    pub(crate) debug: Option<SocketAddr>,
    pub(crate) svg: Option<PathBuf>,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) figure: Option<String>,
    /// Whether all of the lab's figures are wanted, and nothing else.
    pub(crate) figures: bool,
    /// The command that runs the same again, without flags about output.
    pub(crate) again: String,
}

/// Why a command line was refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// By clap, with its own words and exit code.
    Clap(clap::Error),
    /// Because of a knob's value.
    Knob(KnobError),
}

impl Refusal {
    /// Says why and gives the exit code.
    pub(crate) fn explain(self) -> ExitCode {
        match self {
            Refusal::Clap(error) => {
                let text = error.to_string();
                output::complain(text.trim_start_matches("error: ").trim_end());
            }
            Refusal::Knob(error) => {
                output::complain(&format!("{error}\n\nFor more information, try '--help'."));
            }
        }
        ExitCode::from(2)
    }
}

/// Reads a command line, the program's name first.
///
/// # Panics
/// If the lab declares its knobs wrongly: a fault of the lab, found by its first run.
pub(crate) fn read(
    info: &LabInfo,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Request, Refusal> {
    if let Err(error) = info.check() {
        panic!("{} declares its knobs wrongly: {error}", info.name);
    }
    match command(info).try_get_matches_from(arguments) {
        Ok(matches) if matches.get_one::<String>("describe").is_some() => {
            Ok(Request::Print(description(info)))
        }
        Ok(matches) if matches.get_flag("redraw") => Ok(Request::Redraw),
        Ok(matches) => order(info, &matches)
            .map(Request::Run)
            .map_err(Refusal::Knob),
        Err(error) if !error.use_stderr() => Ok(Request::Print(error.to_string())),
        Err(error) => Err(Refusal::Clap(error)),
    }
}

/// The document of `--describe json`.
pub(crate) fn description(info: &LabInfo) -> String {
    serde_json::to_string_pretty(info).expect("plain text and numbers serialize") + "\n"
}

/// What makes one of the lab's figures.
pub(crate) fn figure_order(info: &LabInfo, figure: &Figure) -> Result<Order, KnobError> {
    let knobs = info.resolve(&figure.knobs)?;
    Ok(Order {
        again: again(info, &knobs),
        knobs,
        json: false,
        samples: false,
        hold: false,
        debug: None,
        svg: None,
        trace: None,
        figure: Some(figure.name.clone()),
        figures: true,
    })
}

fn order(info: &LabInfo, matches: &ArgMatches) -> Result<Order, KnobError> {
    let mut given = Knobs::new();
    for knob in &info.knobs {
        if let Some(text) = matches.get_one::<String>(&knob.name) {
            given.insert(knob.name.clone(), knob.parse(text)?);
        }
    }
    let knobs = info.resolve(&given)?;
    let hold = matches.get_flag("hold");
    Ok(Order {
        again: again(info, &knobs),
        knobs,
        json: matches.get_flag("json"),
        samples: matches.get_flag("samples"),
        hold,
        debug: matches
            .get_one("debug")
            .copied()
            .or(hold.then_some(DEBUG_ADDR)),
        svg: matches.get_one("svg").cloned(),
        trace: matches.get_one("trace").cloned(),
        figures: matches.get_flag("figures"),
        figure: matches.get_one("figure").cloned(),
    })
}

/// The first knob, because it is the one that matters, and every other that is not at its default.
pub(crate) fn again(info: &LabInfo, knobs: &Knobs) -> String {
    let told = |(index, knob): (usize, &Knob)| {
        let value = knobs.get(&knob.name).copied().unwrap_or(knob.default);
        (index == 0 || value != knob.default).then(|| format!(" --{} {value}", knob.name))
    };
    let flags: String = info.knobs.iter().enumerate().filter_map(told).collect();
    format!("{}{flags}", info.name)
}

fn command(info: &LabInfo) -> Command {
    let knobs = info.knobs.iter().map(flag);
    Command::new(forever(&info.name))
        .about(info.title.clone())
        .long_about(format!("{}\n\n{}", info.title, info.about))
        .disable_version_flag(true)
        .next_help_heading("Knobs")
        .args(knobs)
        .next_help_heading("Output")
        .args([
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Print one JSON document instead of the picture and the table"),
            Arg::new("samples")
                .long("samples")
                .requires("json")
                .conflicts_with_all(["hold", "debug"])
                .action(ArgAction::SetTrue)
                .help("Before the document, print what the variables are as time goes by, one line of JSON each"),
            Arg::new("svg")
                .long("svg")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help("Also write the picture as SVG"),
            Arg::new("trace")
                .long("trace")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help("Also write the recording as a Chrome trace, for ui.perfetto.dev or chrome://tracing"),
            Arg::new("figure")
                .long("figure")
                .value_name("NAME")
                .value_parser(figure_name)
                .help("Also write figures/NAME.json and figures/NAME.svg in the lab's own folder"),
            Arg::new("figures")
                .long("figures")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["figure", "svg", "trace", "json", "hold", "debug"])
                .help("Write all figures of the lab, and figures/knobs.json, and end"),
            Arg::new("redraw")
                .long("redraw")
                .action(ArgAction::SetTrue)
                .exclusive(true)
                .help("Draw the pictures of the lab's figures anew from their numbers, and end"),
            Arg::new("describe")
                .long("describe")
                .value_name("FORMAT")
                .value_parser(["json"])
                .help("Print what the lab and its knobs are, and end"),
        ])
        .next_help_heading("Looking inside")
        .args([
            Arg::new("hold")
                .long("hold")
                .action(ArgAction::SetTrue)
                .help("Repeat until Ctrl-C, with a debug listener for the console"),
            Arg::new("debug")
                .long("debug")
                .value_name("ADDR")
                .value_parser(address)
                .help(format!("Where the debug listener is; a port alone is on loopback [default with --hold: {DEBUG_ADDR}]")),
        ])
}

/// A knob's flag. Its value is read by the knob itself, so that every refusal names the range.
fn flag(knob: &Knob) -> Arg {
    let unit = if knob.unit.is_empty() {
        "N".to_owned()
    } else {
        knob.unit.replace(' ', "_")
    };
    let name = forever(&knob.name);
    Arg::new(name)
        .long(name)
        .value_name(forever(&unit))
        .allow_hyphen_values(true)
        .help(format!(
            "{} [{}, default {}]",
            knob.help,
            knob.range(),
            knob.default
        ))
}

/// Clap wants names that live as long as the program. A lab has few, and makes its command line once.
fn forever(text: &str) -> &'static str {
    text.to_owned().leak()
}

fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.trim_start_matches(':').parse() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    let text = text.replace("localhost", "127.0.0.1");
    text.parse()
        .map_err(|_| "expected an address and a port, such as 127.0.0.1:4100, or a port".to_owned())
}

fn figure_name(text: &str) -> Result<String, String> {
    if Figure::is_name(text) {
        return Ok(text.to_owned());
    }
    Err("use lower case, digits and dashes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> LabInfo {
        LabInfo::new("channels", "Channels", "Who waits for whom.")
            .knob(
                Knob::new("capacity", 0..=1024)
                    .unit("orders")
                    .help("how many orders the channel holds"),
            )
            .knob(
                Knob::new("work", 0..=2000)
                    .default(1000)
                    .step(50)
                    .unit("µs")
                    .help("work per order"),
            )
    }

    fn ask(line: &str) -> Result<Request, Refusal> {
        read(&info(), line.split(' ').map(OsString::from))
    }

    fn ordered(line: &str) -> Order {
        match ask(line) {
            Ok(Request::Run(order)) => order,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn knobs_are_flags() {
        let order = ordered("channels --work=50 --json");
        assert_eq!((order.knobs["capacity"], order.knobs["work"]), (0, 50));
        assert!(order.json && !order.hold && order.debug.is_none());
        assert_eq!(order.again, "channels --capacity 0 --work 50");
    }

    #[test]
    fn a_refused_knob_is_named_with_its_range() {
        for (line, expected) in [
            (
                "channels --capacity 1025",
                "--capacity 1025 is out of range: it takes 0 to 1024 orders",
            ),
            (
                "channels --capacity -1",
                "--capacity -1 is out of range: it takes 0 to 1024 orders",
            ),
            (
                "channels --work=x",
                "--work \"x\" is not a whole number: it takes 0 to 2000 µs in steps of 50",
            ),
            (
                "channels --work 75",
                "--work 75 lies between two steps: it takes 0 to 2000 µs in steps of 50",
            ),
            (
                "channels --work 99999999999999999999",
                "--work \"99999999999999999999\" is not a whole number: it takes 0 to 2000 µs in steps of 50",
            ),
        ] {
            match ask(line) {
                Err(Refusal::Knob(error)) => assert_eq!(error.to_string(), expected),
                other => panic!("{line}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_not_a_flag_is_named() {
        for (line, named) in [
            ("channels --speed 3", "--speed"),
            ("channels --capacity 1 --capacity 2", "--capacity"),
            ("channels 16", "16"),
            ("channels --figures --json", "--figures"),
        ] {
            match ask(line) {
                Err(Refusal::Clap(error)) => {
                    assert!(error.to_string().contains(named), "{line}: {error}");
                    assert!(error.use_stderr());
                }
                other => panic!("{line}: {other:?}"),
            }
        }
    }

    #[test]
    fn the_listener_is_there_only_when_asked_for() {
        assert_eq!(ordered("channels --hold").debug, Some(DEBUG_ADDR));
        assert_eq!(
            ordered("channels --debug 0").debug,
            Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        );
        assert_eq!(
            ordered("channels --debug localhost:4101")
                .debug
                .map(|addr| addr.port()),
            Some(4101)
        );
        assert!(matches!(
            ask("channels --debug nowhere"),
            Err(Refusal::Clap(_))
        ));
    }

    #[test]
    fn the_help_shows_every_knob_with_its_range() {
        let Ok(Request::Print(text)) = ask("channels --help") else {
            panic!("help is printed")
        };
        for part in [
            "--capacity <orders>",
            "[0 to 1024 orders, default 0]",
            "--work <µs>",
            "--hold",
            "--json",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn the_description_is_the_declaration() {
        let Ok(Request::Print(text)) = ask("channels --describe json") else {
            panic!("it is printed")
        };
        assert_eq!(
            serde_json::from_str::<LabInfo>(&text).expect("valid"),
            info()
        );
        assert!(matches!(
            ask("channels --describe yaml"),
            Err(Refusal::Clap(_))
        ));
    }

    #[test]
    fn a_figures_name_stays_in_its_folder() {
        assert_eq!(
            ordered("channels --figure a-1").figure.as_deref(),
            Some("a-1")
        );
        for name in ["../x", "a/b", "A", "-x", "a.b"] {
            assert!(ask(&format!("channels --figure={name}")).is_err(), "{name}");
        }
    }
}
