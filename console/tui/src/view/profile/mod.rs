//! The profile: a graph, lists, what is being captured, and the selected frame's numbers.
//!
//! ```text
//!  CPU · cpu  15 s in 5 captures · 812 stacks · 8.1 s = 54% of a core    ▰▰▱ 2/3 s
//!  focus ^sales  against the mark of 12 s before: +1.2 s, +14%
//!  ▏all
//!  ▏std · tokio · hyper ⋯
//!  ▏sales_api::orders::place      ▏products::list  ▏park
//!  ▏rusqlite::execute  ▏+3
//!
//!  ▸ sales_api::orders::place                                  src/orders.rs:120
//!    flat 120 ms 1.5%  cum 3.4 s 42%  of the caller 67%                  depth 4
//! ```
//!
//! The second line stands there only when there is something to say. Where the graph leaves room, the table's first rows
//! stand below it.

mod absence;
mod amount;
mod facts;
mod graph;
mod lines;
mod numbers;
mod sandwich;
mod stacks;
mod status;
mod tags;
mod top;

use crate::draw::Pen;
use crate::profiling::Mode;
use crate::state::State;
use crate::target::Target;
use graph::Picture;

/// Lines of the selected frame's numbers, with the line between.
const NUMBERS: u16 = 3;
/// The least that is worth a table below the graph.
const TABLE: u16 = 4;

pub(crate) fn draw(state: &State, target: &Target, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    status::draw(state, &mut pen.part(0, 0, width, 1));
    let profiling = state.profiling();
    if profiling.last().is_none() || profiling.has_nothing() {
        absence::draw(
            state,
            target,
            &mut pen.part(0, 1, width, height.saturating_sub(1)),
        );
        return;
    }
    let head = 1 + facts::draw(
        state,
        &mut pen.part(0, 1, width, height.saturating_sub(4).min(1)),
    );
    let mut pen = pen.part(0, head, width, height.saturating_sub(head));
    let empty = match profiling.mode {
        Mode::Graph | Mode::Stacks => profiling.flame.stacks().total() == 0,
        _ => profiling.selection.whole == 0,
    };
    if empty {
        return absence::draw_emptiness(state, &mut pen);
    }
    match profiling.mode {
        Mode::Graph => draw_graph(state, &mut pen),
        Mode::Top => top::draw(state, &mut pen, true),
        Mode::Callers => sandwich::draw(state, &mut pen),
        Mode::Lines => lines::draw(state, &mut pen),
        Mode::Tags => tags::draw(state, &mut pen),
        Mode::Stacks => stacks::draw(state, &mut pen),
    }
}

fn draw_graph(state: &State, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    let profiling = state.profiling();
    let numbers = lines_for_numbers(height);
    let room = height.saturating_sub(numbers);
    let rows = profiling.flame.layout().rows.len() as u16;
    let graph = graph_rows(room, rows);
    let picture = Picture {
        flame: &profiling.flame,
        upwards: profiling.upwards,
        skip: 0,
        current: true,
    };
    picture.draw(state, &mut pen.part(0, 0, width, graph));
    numbers::draw(
        state,
        &profiling.flame,
        &mut pen.part(0, graph, width, numbers),
    );
    if room > graph {
        top::draw(
            state,
            &mut pen.part(0, graph + numbers, width, room - graph),
            false,
        );
    }
}

/// How many lines of `height` the numbers of the selected frame get.
fn lines_for_numbers(height: u16) -> u16 {
    if height >= 7 { NUMBERS } else { height.min(1) }
}

/// How many lines the graph gets of `room` for its `rows`; the rest is the table's. On a high screen, where deep rows are
/// mostly slivers, the table always has a quarter.
fn graph_rows(room: u16, rows: u16) -> u16 {
    let most = if room >= 40 { room - room / 4 } else { room };
    match rows.min(most) {
        graph if graph + TABLE <= room => graph,
        _ => room,
    }
}
