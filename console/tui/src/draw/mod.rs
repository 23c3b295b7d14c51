//! Drawing that knows nothing of the console's state: text by columns, charts in cells, cells in a grid.

pub(crate) mod chart;
mod columns;
pub(crate) mod grid;
mod hit;
pub(crate) mod pen;
mod scale;
pub(crate) mod text;

pub(crate) use hit::Hit;
pub(crate) use pen::Pen;
