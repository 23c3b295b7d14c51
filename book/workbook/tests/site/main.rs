//! The built site, as it is hosted: complete without a server, in any folder, for every reader.

mod access;
mod contrast;
mod offline;
mod page;
mod reference;
