//! The picture on the terminal: whether there can be one, how it looks, and those that need no target.

use std::env;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use anyhow::Context as _;
use cutaway_tui::{Colors, Palette, State};
use tokio::sync::mpsc::channel;
use tokio::time::Instant;

use crate::args::profiles::Flame;
use crate::args::{ReplayArgs, Watch};
use crate::config::{Config, ThemeName};
use crate::itself::Own;
use crate::live::{self, Opening, Wires};
use crate::session::{self, Player};
use crate::signals::Signals;
use crate::watching::options;
use crate::{BadUse, profiles, runtime, screen};

/// Shows `state` until someone quits; gives the exit code.
pub(crate) async fn show(state: State, wires: Wires) -> anyhow::Result<u8> {
    screen::restore_on_panic();
    let shown = Box::pin(live::run(state, wires)).await;
    shown.context("the terminal failed")?
}

/// Shows a recording.
pub(crate) fn replay(arguments: &ReplayArgs, watch: &Watch, config: &Config) -> anyhow::Result<u8> {
    if !is_possible() {
        return Err(BadUse("a recording is watched on a terminal".to_owned()).into());
    }
    let recording = session::Recording::open(&arguments.file)?;
    let mut look = look(watch, config, recording.interval);
    if arguments.theme.is_some() {
        look.palette = palette(arguments.theme);
    }
    let mut state = State::new(look);
    remap(&mut state, config)?;
    let player = Player::new(recording, watch.history)
        .at_speed(arguments.speed)
        .from(arguments.from.unwrap_or_default());
    show_alone(state, Alone::Recording(player), watch.mouse)
}

/// Shows a flame graph on a terminal; otherwise, or where a file is named, writes it.
pub(crate) fn flame(arguments: Flame, watch: &Watch, config: &Config) -> anyhow::Result<u8> {
    let options = options(watch, config)?;
    if arguments.output.is_some() || arguments.form.is_some() || !is_possible() {
        return profiles::flame(&arguments, &options, &mut io::stdout().lock());
    }
    let mut state = State::of_file(
        look(watch, config, watch.interval),
        &arguments.select.sources.join(", "),
        arguments.base.diff_base.as_deref(),
        arguments.select.filters.sample_type(),
    );
    remap(&mut state, config)?;
    let opening = move || profiles::for_screen(&arguments, &options);
    show_alone(state, Alone::File(Box::new(opening)), watch.mouse)
}

/// What is shown without anybody who scrapes.
enum Alone {
    Recording(Player),
    File(Opening),
}

fn show_alone(state: State, what: Alone, mouse: bool) -> anyhow::Result<u8> {
    let (player, opening) = match what {
        Alone::Recording(player) => (Some(player), None),
        Alone::File(opening) => (None, Some(opening)),
    };
    let runtime = runtime()?;
    let shown = runtime.block_on(async {
        // Nobody sends.
        let (_silent, messages) = channel(1);
        let wires = Wires {
            messages,
            poller: None,
            opening,
            player,
            signals: Signals::new().context("cannot watch signals")?,
            own: Own::new(std::time::Instant::now()).context("cannot count")?,
            started: Instant::now(),
            mouse,
        };
        show(state, wires).await
    });
    runtime.shutdown_background();
    shown
}

/// How the picture is to look.
pub(crate) fn look(arguments: &Watch, config: &Config, interval: Duration) -> cutaway_tui::Options {
    let history = arguments.history.as_secs_f64() / interval.as_secs_f64();
    let usual = cutaway_tui::Options::default();
    cutaway_tui::Options {
        interval,
        colors: colors(),
        palette: palette(arguments.theme),
        filter: arguments.filter.clone().unwrap_or_default(),
        pins: arguments.vars.iter().map(|var| var.path.clone()).collect(),
        history: (history.ceil() as usize).clamp(60, 100_000),
        variables: config.variables.unwrap_or(usual.variables),
        profile_seconds: config.profile_seconds.unwrap_or(usual.profile_seconds),
    }
}

/// The colours of a theme.
fn palette(theme: Option<ThemeName>) -> Palette {
    match theme {
        None | Some(ThemeName::Dark) => Palette::Dark,
        Some(ThemeName::Light) => Palette::Light,
        Some(ThemeName::HighContrast) => Palette::HighContrast,
        Some(ThemeName::Sixteen) => Palette::Sixteen,
    }
}

/// Gives the keys the meanings that the config file says.
pub(crate) fn remap(state: &mut State, config: &Config) -> anyhow::Result<()> {
    for (action, keys) in &config.keys {
        state
            .remap(action, keys)
            .map_err(|why| BadUse(format!("config: keys: {action}: {why}")))?;
    }
    Ok(())
}

/// Whether standard output is a terminal on which the cursor can be moved.
pub(crate) fn is_possible() -> bool {
    io::stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// As many colours as the terminal says it has.
fn colors() -> Colors {
    let variable = |name| env::var(name).unwrap_or_default();
    let term = variable("TERM");
    if !variable("NO_COLOR").is_empty() {
        Colors::None
    } else if term.contains("256") || !variable("COLORTERM").is_empty() {
        Colors::Indexed
    } else {
        Colors::Sixteen
    }
}
