/// A value on cache lines of its own, so that threads which write neighbouring values do not slow
/// each other down. 128 bytes: x86-64 prefetches lines in pairs, and Apple's lines are that long.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Padded<T>(pub(crate) T);
