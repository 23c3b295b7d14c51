//! Which target this is, how it does, and which view is shown.
//!
//! ```text
//!  cutaway  127.0.0.1:4000 1/3  ● live · 0.3 s ago · took 2 ms                  ‖ paused
//!  1 Overview  2 Variables  3 Board  4 CPU                                    last 1 min
//! ```
//!
//! A failing target shows the cause, how often, and when it is tried again; a restart is news for a minute. A pod has its
//! version, restarts and node.

use std::time::Duration;

use cutaway_model::{At, units};
use ratatui::style::Style;

use super::ring;
use super::words::{Piece, counted, fitting, passed, remaining};
use crate::draw::{Pen, text};
use crate::health::{Health, RESTART_NEWS};
use crate::live::Replay;
use crate::state::{State, Tab};
use crate::target::Target;
use crate::theme::Theme;

pub(crate) fn draw(state: &State, pen: &mut Pen<'_>) {
    draw_state(state, &mut pen.part(0, 0, pen.width(), 1));
    draw_tabs(state, &mut pen.part(0, 1, pen.width(), 1));
}

fn draw_state(state: &State, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let held = state.live.replay.map(replayed);
    let held = held.or_else(|| {
        let since = state.paused?;
        Some(paused(state.now.saturating_sub(since)))
    });
    let right = held.map_or(pen.width(), |held| {
        pen.text_right(pen.width().saturating_sub(1), 0, &held, theme.warn)
    });
    let mut x = u16::from(pen.width() > 24);
    let room = right.saturating_sub(x + 1);
    for (at, piece) in fitting(shorten(pieces(state), room), room, 2)
        .into_iter()
        .enumerate()
    {
        let gap = if at == 0 { 0 } else { 2 };
        x = pen.text_within(
            x + gap,
            0,
            right.saturating_sub(x + gap + 1),
            &piece.words,
            piece.style,
        );
    }
}

/// For how long, to the minute: what is held has nothing that moves.
fn paused(length: Duration) -> String {
    match length.as_secs() / 60 {
        0 => "‖ paused".to_owned(),
        minutes @ 1..60 => format!("‖ paused {minutes} min"),
        minutes => format!("‖ paused {} h", minutes / 60),
    }
}

/// While the display is held: what its next frame can differ in from the one before.
pub(crate) fn held(state: &State) -> Option<String> {
    let since = state.paused?;
    let mut words = paused(state.now.saturating_sub(since));
    for piece in pieces(state) {
        words.push_str(&piece.words);
    }
    for piece in state
        .target()
        .map_or_else(Vec::new, |target| ring::long(state, target))
    {
        words.push_str(&piece.words);
    }
    // In tables of targets each has its state.
    for target in &state.targets {
        let health = target.health(state.now, state.options.interval);
        words.push(health.glyph());
    }
    Some(words)
}

/// Where the recording stands: `▶ 2 min 5 s of 10 min ×4`.
fn replayed(replay: Replay) -> String {
    let glyph = if replay.playing { '▶' } else { '‖' };
    let at = passed(replay.at.saturating_sub(replay.start));
    let all = units::duration(Duration::from_secs(
        replay.end.saturating_sub(replay.start).as_secs(),
    ));
    format!(
        "{glyph} recording {at} of {all} ×{}",
        units::count(replay.speed)
    )
}

/// What the longest cause leaves to the words before it.
const BESIDE_A_CAUSE: u16 = 30;

/// The most important piece, a cause that may be long, cut so that the state and the target's name stay beside it.
fn shorten(mut pieces: Vec<Piece>, room: u16) -> Vec<Piece> {
    let most = room.saturating_sub(BESIDE_A_CAUSE).max(room / 2);
    for piece in pieces.iter_mut().filter(|piece| piece.rank == 0) {
        piece.words = text::cut(&piece.words, usize::from(most)).into_owned();
    }
    pieces
}

fn pieces(state: &State) -> Vec<Piece> {
    let theme = &state.theme;
    let name = Piece::new("cutaway", theme.accent, 9);
    let Some(target) = state.target() else {
        return vec![name, Piece::new("no targets", theme.dim, 0)];
    };
    let mut pieces = vec![name, Piece::new(target.info.name.clone(), theme.strong, 5)];
    if state.still.is_some() {
        pieces.push(Piece::new("a file", theme.dim, 6));
        return pieces;
    }
    if state.targets.len() > 1 {
        let place = format!("{}/{} [ ]", state.selected + 1, state.targets.len());
        pieces.push(Piece::new(place, theme.dim, 7));
    }
    let health = target.health(state.now, state.options.interval);
    let style = style_of(&health, theme);
    pieces.push(Piece::new(
        format!("{} {}", health.glyph(), health.word()),
        style,
        1,
    ));
    // Of what is held, how old the newest reading is says nothing.
    if state.paused.is_none() || !matches!(health, Health::Live { .. }) {
        pieces.extend(about(&health, state.now, theme));
    }
    pieces.extend(news(state, target));
    pieces.extend(pod(target, theme));
    pieces.extend(ring::brief(state, target));
    if let Some(Err(why)) = state.notice.as_ref().filter(|_| !state.tab.is_profile()) {
        pieces.push(Piece::new(format!("✗ {why}"), theme.bad, 0));
    }
    pieces
}

/// The colour of a state; its glyph and its word say the same.
pub(crate) fn style_of(health: &Health, theme: &Theme) -> Style {
    match health {
        Health::Waiting | Health::Starting { .. } | Health::Gone { .. } => theme.dim,
        Health::Live { .. } => theme.good,
        Health::Stale { .. } | Health::Partial { .. } => theme.warn,
        Health::Failing { .. } => theme.bad,
    }
}

fn about(health: &Health, now: At, theme: &Theme) -> Vec<Piece> {
    match health {
        Health::Waiting => vec![Piece::new("for the first answer", theme.dim, 6)],
        Health::Starting { why } => vec![Piece::new(why.clone(), theme.text, 0)],
        Health::Gone { why, age } => {
            let seen =
                age.map(|age| Piece::new(format!("last sample {} ago", passed(age)), theme.dim, 8));
            let why = Piece::new(why.clone(), theme.text, 0);
            std::iter::once(why).chain(seen).collect()
        }
        Health::Live { age, took } => vec![
            Piece::new(format!("{} ago", passed(*age)), theme.dim, 6),
            Piece::new(format!("took {}", units::duration(*took)), theme.dim, 8),
        ],
        Health::Partial {
            age,
            source,
            trouble,
        } => vec![
            Piece::new(format!("{source}: {}", trouble.cause), theme.bad, 0),
            Piece::new(format!("{} ago", passed(*age)), theme.dim, 6),
        ],
        Health::Stale { age } => vec![Piece::new(
            format!("last sample {} ago", passed(*age)),
            theme.warn,
            2,
        )],
        Health::Failing { trouble, age } => {
            let retry = trouble.retry.saturating_sub(now);
            let next = if retry.is_zero() {
                "trying again".to_owned()
            } else {
                format!("again in {}", remaining(retry))
            };
            let seen =
                age.map(|age| Piece::new(format!("last sample {} ago", passed(age)), theme.dim, 8));
            let cause = Piece::new(trouble.cause.to_string(), theme.bad, 0);
            let times = Piece::new(counted(trouble.failures as usize, "failure"), theme.text, 6);
            [cause, times, Piece::new(next, theme.text, 4)]
                .into_iter()
                .chain(seen)
                .collect()
        }
    }
}

/// What the table of targets says of a pod: one alone has no table.
fn pod(target: &Target, theme: &Theme) -> Vec<Piece> {
    let Some(pod) = &target.info.pod else {
        return Vec::new();
    };
    let version = Some(target.version()).filter(|version| !version.is_empty());
    let version = version.map(|version| Piece::new(version, theme.dim, 7));
    let restarts = (pod.restarts > 0)
        .then(|| Piece::new(counted(pod.restarts as usize, "restart"), theme.text, 6));
    let node = (!pod.node.is_empty()).then(|| Piece::new(format!("on {}", pod.node), theme.dim, 8));
    [version, restarts, node].into_iter().flatten().collect()
}

fn news(state: &State, target: &Target) -> Vec<Piece> {
    let theme = &state.theme;
    let mut news = Vec::new();
    if let Some((at, _)) = &target.restarted {
        let age = state.now.saturating_sub(*at);
        if age <= RESTART_NEWS {
            news.push(Piece::new(
                format!("↻ restarted {} ago", passed(age)),
                theme.warn,
                3,
            ));
        }
    }
    let said = matches!(
        target.health(state.now, state.options.interval),
        Health::Partial { .. }
    );
    for (source, trouble) in target.contact.partial().filter(|_| !said) {
        news.push(Piece::new(
            format!("▲ {source}: {}", trouble.cause),
            theme.warn,
            4,
        ));
    }
    if target.contact.warnings() > 0 {
        news.push(Piece::new(
            counted(target.contact.warnings(), "bad line"),
            theme.warn,
            6,
        ));
    }
    news
}

fn draw_tabs(state: &State, pen: &mut Pen<'_>) {
    let theme = &state.theme;
    let mut end = 0;
    for (tab, x, words) in tabs(state, pen.width()) {
        let style = match tab {
            tab if tab == state.tab => theme.selected,
            Tab::Lints if lints(state) > 0 => theme.warn,
            _ => theme.dim,
        };
        end = pen.text(x, 0, &words, style);
    }
    if let Some(span) = span(state) {
        let begin = pen.width().saturating_sub(span.len() as u16 + 1);
        if begin > end + 1 {
            pen.text(begin, 0, &span, theme.dim);
        }
    }
}

/// How much time charts show, where there are any.
fn span(state: &State) -> Option<String> {
    let charts = !state.tab.is_profile();
    charts.then(|| format!("last {}", units::duration(state.window().span)))
}

/// The tab whose title stands in `column`.
pub(crate) fn tab_at(state: &State, column: u16) -> Option<Tab> {
    let tabs = tabs(state, state.size.0);
    let hit = tabs
        .into_iter()
        .find(|(_, x, words)| (*x..x + text::width(words) as u16).contains(&column));
    hit.map(|(tab, ..)| tab)
}

/// The titles of the views and where they stand: in full, then without blanks around them, then cut, then only the digits
/// of those that are not shown.
fn tabs(state: &State, width: u16) -> Vec<(Tab, u16, String)> {
    let write = |tab: Tab, longest: Option<usize>| {
        let digit = tab.digit();
        match longest {
            None => format!(" {digit} {} ", title(state, tab)),
            _ if tab == state.tab => format!(" {digit} {}{} ", tab.title(), firing(state, tab)),
            Some(0) => format!(" {digit}{}", firing(state, tab)),
            Some(longest) => {
                format!(
                    " {digit} {}{}",
                    tab.title().chars().take(longest).collect::<String>(),
                    firing(state, tab)
                )
            }
        }
    };
    let room = width.saturating_sub(span(state).map_or(0, |span| span.len() as u16 + 1));
    let mut row = Vec::new();
    for longest in [None, Some(20), Some(4), Some(3), Some(0)] {
        row.clear();
        let mut x = 0;
        // Who looks at a file has nothing else to look at.
        let listed = Tab::ALL.into_iter();
        for tab in listed.filter(|tab| state.still.is_none() || *tab == state.tab) {
            let words = write(tab, longest);
            let end = x + text::width(&words) as u16;
            row.push((tab, x, words));
            x = end + u16::from(longest.is_none());
        }
        if x <= room {
            break;
        }
    }
    row
}

/// How many lints fire, beside their view's title: ` ▲2`.
fn firing(state: &State, tab: Tab) -> String {
    match lints(state) {
        count if tab == Tab::Lints && count > 0 => format!(" ▲{count}"),
        _ => String::new(),
    }
}

/// How many lints of the selected target fire.
fn lints(state: &State) -> usize {
    state
        .target()
        .map_or(0, |target| target.lints.findings().count())
}

fn title(state: &State, tab: Tab) -> String {
    match (tab, state.target()) {
        (Tab::Variables, Some(target)) if !target.variables.is_empty() && state.size.0 >= 60 => {
            format!("{} {}", tab.title(), target.variables.len())
        }
        _ => tab.title().to_owned() + &firing(state, tab),
    }
}
