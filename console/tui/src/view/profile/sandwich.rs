//! One function between its callers, above, and its callees, below.
//!
//! ```text
//!  ▏hyper::serve              ▏main
//!  ▏routes::place     ▏routes::list
//!  ▸stores::commit
//!  ▏rusqlite::execute     ▏fsync
//! ```

use super::graph::Picture;
use super::{lines_for_numbers, numbers};
use crate::draw::Pen;
use crate::state::State;

pub(super) fn draw(state: &State, pen: &mut Pen<'_>) {
    let sandwich = &state.profiling().sandwich;
    let (width, height) = (pen.width(), pen.height());
    if sandwich.function.is_empty() {
        let words = "select a function in the graph or the table, then press c";
        pen.text_centred(height / 2, words, state.theme.text);
        return;
    }
    if sandwich.callees.stacks().total() == 0 {
        let words = format!("{} is in none of the stacks", sandwich.function);
        pen.text_centred(height / 2, &words, state.theme.text);
        return;
    }
    let numbers = lines_for_numbers(height);
    let room = height.saturating_sub(numbers);
    let above = sandwich.callers.layout().rows.len().saturating_sub(1) as u16;
    let below = sandwich.callees.layout().rows.len() as u16;
    let callers = share(room, above, below);
    let picture = Picture {
        flame: &sandwich.callers,
        upwards: true,
        skip: 1,
        current: sandwich.above,
    };
    picture.draw(state, &mut pen.part(0, 0, width, callers));
    let picture = Picture {
        flame: &sandwich.callees,
        upwards: false,
        skip: 0,
        current: !sandwich.above,
    };
    picture.draw(state, &mut pen.part(0, callers, width, room - callers));
    numbers::draw(
        state,
        sandwich.current(),
        &mut pen.part(0, room, width, numbers),
    );
}

/// How many lines of `room` the callers get: half of it where both sides need that much.
fn share(room: u16, above: u16, below: u16) -> u16 {
    let half = room / 2;
    if below < room - half {
        above.min(room.saturating_sub(below))
    } else {
        above.min(half)
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn the_side_that_needs_less_leaves_the_rest_to_the_other() {
        let cases = [
            (20, 5, 5, 5),
            (20, 30, 30, 10),
            (20, 30, 4, 16),
            (20, 3, 40, 3),
            (0, 3, 3, 0),
        ];
        for (room, above, below, expect) in cases {
            assert_eq!(share(room, above, below), expect);
        }
    }
}
