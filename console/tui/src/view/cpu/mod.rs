//! The profile: a flame graph or a table, what is being captured, and the selected frame's numbers.
//!
//! ```text
//!  CPU · cpu  15 s in 5 captures · 812 stacks · 8.1 s = 54% of a core    ▰▰▱ 2/3 s
//!  ▏all
//!  ▏std · tokio · hyper ⋯
//!  ▏sales_api::orders::place      ▏products::list  ▏park
//!  ▏rusqlite::execute  ▏+3
//!
//!  ▸ sales_api::orders::place                                  src/orders.rs:120
//!    flat 120 ms 1.5%  cum 3.4 s 42%  of the caller 67%                  depth 4
//! ```
//!
//! Where the graph leaves room, the table's first rows stand below it.

mod absence;
mod graph;
mod numbers;
mod status;

use super::table;
use crate::draw::Pen;
use crate::state::State;
use crate::target::Target;

/// Lines of the selected frame's numbers, with the line between.
const NUMBERS: u16 = 3;
/// The least that is worth a table below the graph.
const TABLE: u16 = 4;

pub(crate) fn draw(state: &State, target: &Target, pen: &mut Pen<'_>) {
    let (width, height) = (pen.width(), pen.height());
    status::draw(state, &mut pen.part(0, 0, width, 1));
    let profiling = &state.profiling;
    if profiling.last().is_none() {
        absence::draw(
            state,
            target,
            &mut pen.part(0, 1, width, height.saturating_sub(1)),
        );
        return;
    }
    if profiling.flame.stacks().total() == 0 {
        absence::draw_emptiness(state, &mut pen.part(0, 1, width, height.saturating_sub(1)));
        return;
    }
    if profiling.tabular {
        return table::draw(
            state,
            &mut pen.part(0, 1, width, height.saturating_sub(1)),
            true,
        );
    }
    let numbers = if height >= 8 {
        NUMBERS
    } else {
        height.saturating_sub(1).min(1)
    };
    let room = height.saturating_sub(1 + numbers);
    let rows = profiling.flame.layout().rows.len() as u16;
    let graph = graph_rows(room, rows);
    graph::draw(state, &mut pen.part(0, 1, width, graph));
    numbers::draw(state, &mut pen.part(0, 1 + graph, width, numbers));
    if room > graph {
        table::draw(
            state,
            &mut pen.part(0, 1 + graph + numbers, width, room - graph),
            false,
        );
    }
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
