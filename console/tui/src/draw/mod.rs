//! Drawing that knows nothing of the console's state: text by columns, charts in cells, cells in a grid.

pub(crate) mod chart;
pub(crate) mod grid;
pub(crate) mod pen;
pub(crate) mod text;

pub(crate) use pen::Pen;
