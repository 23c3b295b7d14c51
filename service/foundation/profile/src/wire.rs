//! The numbers of the fields in pprof's `profile.proto`, and protobuf's variable-length integers.

/// Fields of `Profile`.
pub(crate) mod profile {
    pub(crate) const SAMPLE_TYPE: u32 = 1;
    pub(crate) const SAMPLE: u32 = 2;
    pub(crate) const MAPPING: u32 = 3;
    pub(crate) const LOCATION: u32 = 4;
    pub(crate) const FUNCTION: u32 = 5;
    pub(crate) const STRING: u32 = 6;
    pub(crate) const DROP_FRAMES: u32 = 7;
    pub(crate) const KEEP_FRAMES: u32 = 8;
    pub(crate) const TIME_NANOS: u32 = 9;
    pub(crate) const DURATION_NANOS: u32 = 10;
    pub(crate) const PERIOD_TYPE: u32 = 11;
    pub(crate) const PERIOD: u32 = 12;
    pub(crate) const COMMENT: u32 = 13;
    pub(crate) const DEFAULT_SAMPLE_TYPE: u32 = 14;
    pub(crate) const DOC_URL: u32 = 15;
}

/// Fields of `ValueType`.
pub(crate) mod value_type {
    pub(crate) const KIND: u32 = 1;
    pub(crate) const UNIT: u32 = 2;
}

/// Fields of `Sample`.
pub(crate) mod sample {
    pub(crate) const LOCATION: u32 = 1;
    pub(crate) const VALUE: u32 = 2;
    pub(crate) const LABEL: u32 = 3;
}

/// Fields of `Label`.
pub(crate) mod label {
    pub(crate) const KEY: u32 = 1;
    pub(crate) const TEXT: u32 = 2;
    pub(crate) const NUMBER: u32 = 3;
    pub(crate) const UNIT: u32 = 4;
}

/// Fields of `Mapping`.
pub(crate) mod mapping {
    pub(crate) const ID: u32 = 1;
    pub(crate) const MEMORY_START: u32 = 2;
    pub(crate) const MEMORY_LIMIT: u32 = 3;
    pub(crate) const FILE_OFFSET: u32 = 4;
    pub(crate) const FILENAME: u32 = 5;
    pub(crate) const BUILD_ID: u32 = 6;
    pub(crate) const HAS_FUNCTIONS: u32 = 7;
    pub(crate) const HAS_FILENAMES: u32 = 8;
    pub(crate) const HAS_LINE_NUMBERS: u32 = 9;
    pub(crate) const HAS_INLINE_FRAMES: u32 = 10;
}

/// Fields of `Location`.
pub(crate) mod location {
    pub(crate) const ID: u32 = 1;
    pub(crate) const MAPPING: u32 = 2;
    pub(crate) const ADDRESS: u32 = 3;
    pub(crate) const LINE: u32 = 4;
    pub(crate) const IS_FOLDED: u32 = 5;
}

/// Fields of `Line`.
pub(crate) mod line {
    pub(crate) const FUNCTION: u32 = 1;
    pub(crate) const LINE: u32 = 2;
}

/// Fields of `Function`.
pub(crate) mod function {
    pub(crate) const ID: u32 = 1;
    pub(crate) const NAME: u32 = 2;
    pub(crate) const SYSTEM_NAME: u32 = 3;
    pub(crate) const FILENAME: u32 = 4;
    pub(crate) const START_LINE: u32 = 5;
}

/// Reads a number: seven bits in each byte, the last of which has its eighth bit clear. None if it does not end.
#[inline]
pub(crate) fn read_varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let rest = bytes.get(*at..)?;
    match rest {
        [a, ..] if *a < 0x80 => {
            *at += 1;
            Some(u64::from(*a))
        }
        [a, b, ..] if *b < 0x80 => {
            *at += 2;
            Some(u64::from(*a & 0x7f) | u64::from(*b) << 7)
        }
        _ => read_long(rest, at),
    }
}

fn read_long(rest: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for (index, byte) in rest.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            *at += index + 1;
            return Some(value);
        }
    }
    None
}

/// Writes a number as [`read_varint`] reads it.
#[inline]
pub(crate) fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
