//! What places on the screen stand for, so that the mouse needs no geometry of its own.

/// What a place stands for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hit {
    /// An item of the list or the grid that the cursor moves in.
    Item(usize),
    /// A target, by its place among all.
    Target(usize),
    /// The heading of a column, by its place in the order in which a key goes through them.
    Heading(usize),
    /// A function of the table below a graph, by its row.
    Function(usize),
    /// A frame of a graph, by its node; `above` where two graphs stand one above the other.
    Frame {
        /// The node.
        node: u32,
        /// Whether it is in the upper graph.
        above: bool,
    },
}
