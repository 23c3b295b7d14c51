//! What stands where there is no graph: why there is none, and what comes.

use cutaway_model::{ProfileKind, units};

use super::status::bar;
use crate::draw::Pen;
use crate::state::State;
use crate::target::Target;
use crate::view::words::passed;

/// There is no profile: why, and what comes.
pub(super) fn draw(state: &State, target: &Target, pen: &mut Pen<'_>) {
    let (theme, profiling) = (&state.theme, state.profiling());
    let middle = pen.height() / 2;
    let kind = profiling.kind;
    if let Some(percent) = profiling.preparing() {
        let words = format!("adding up the {kind} profile: {percent} %");
        pen.text_centred(middle, &words, theme.text);
        return;
    }
    if state.still.as_ref().is_some_and(|still| !still.opened) {
        let words = format!("reading {}", target.info.name);
        pen.text_centred(middle, &words, theme.text);
        return;
    }
    if !target.offers(kind) {
        let words = format!("{} has no {kind} profile", target.info.name);
        pen.text_centred(middle.saturating_sub(1), &words, theme.strong);
        let offered = target.profiles.as_deref().unwrap_or_default();
        let names: Vec<String> = offered.iter().map(ToString::to_string).collect();
        let others = if names.is_empty() {
            "nor any other".to_owned()
        } else {
            format!("it has {}", names.join(", "))
        };
        pen.text_centred(middle, &others, theme.dim);
        return;
    }
    if let Some((at, cause)) = &profiling.failure {
        pen.text_centred(
            middle.saturating_sub(1),
            &format!("✗ no {kind} profile"),
            theme.bad,
        );
        pen.text_centred(middle, &cause.to_string(), theme.strong);
        let age = passed(state.shown().saturating_sub(*at));
        pen.text_centred(
            middle + 1,
            &format!("{age} ago; it is tried again while this view is open"),
            theme.dim,
        );
        return;
    }
    let words = match profiling.started {
        Some((_, length)) if !length.is_zero() => {
            format!("capturing {kind} for {}", units::duration(length))
        }
        Some(_) => format!("reading the {kind} profile"),
        None if state.paused.is_some() => {
            "held before there was a profile; space goes on".to_owned()
        }
        None => format!("asking {} for its {kind} profile", target.info.name),
    };
    pen.text_centred(middle, &words, theme.text);
    if let Some((since, length)) = profiling.started.filter(|(_, length)| !length.is_zero()) {
        let done = state.shown().saturating_sub(since).min(length);
        pen.text_centred(middle + 1, &bar(done, length), theme.rate);
    }
}

/// There is a profile with nothing in it.
pub(super) fn draw_emptiness(state: &State, pen: &mut Pen<'_>) {
    let (theme, profiling) = (&state.theme, state.profiling());
    let middle = pen.height() / 2;
    if profiling.filters.set().next().is_some() {
        pen.text_centred(middle, "the filters leave nothing", theme.text);
        pen.text_centred(middle + 1, "R removes them", theme.dim);
        return;
    }
    let words = match profiling.kind {
        ProfileKind::Cpu => "no samples: the process used no CPU in this time".to_owned(),
        ProfileKind::Mutex => "nobody waited for a lock of an instrumented type".to_owned(),
        ProfileKind::Block => "nobody waited where an instrumented type would tell".to_owned(),
        kind => format!("the {kind} profile is empty"),
    };
    pen.text_centred(middle, &words, theme.text);
    if profiling.kind == ProfileKind::Cpu {
        pen.text_centred(middle + 1, "+ adds up more captures", theme.dim);
    }
}
