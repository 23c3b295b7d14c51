//! Unpacking, within bounds.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::MAX_RATIO;
use crate::DecodeError;

/// What every compressed profile may inflate to, however small it is.
const FREE: usize = 1 << 20;

/// The bytes inflated if they are compressed, at most `limit` of them.
pub(super) fn inflate(bytes: &[u8], limit: usize) -> Result<Cow<'_, [u8]>, DecodeError> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        let fits = bytes.len() <= limit;
        return fits
            .then_some(Cow::Borrowed(bytes))
            .ok_or(DecodeError::TooLarge { limit });
    }
    let believable = FREE.max(bytes.len().saturating_mul(MAX_RATIO));
    let most = limit.min(believable);
    let usual = bytes.len().saturating_mul(16);
    let mut inflated = Vec::with_capacity(announced(bytes).min(usual).min(most));
    MultiGzDecoder::new(bytes)
        .take(most as u64 + 1)
        .read_to_end(&mut inflated)
        .map_err(|error| DecodeError::Gzip(error.to_string()))?;
    match inflated.len() {
        len if len <= most => Ok(Cow::Owned(inflated)),
        _ if most == limit => Err(DecodeError::TooLarge { limit }),
        _ => Err(DecodeError::Bomb {
            compressed: bytes.len(),
            limit: believable,
        }),
    }
}

/// How long a compressed file says it is, in its last four bytes (RFC 1952), with room for noticing the end.
fn announced(bytes: &[u8]) -> usize {
    let length = bytes
        .last_chunk()
        .map_or(0, |last| u32::from_le_bytes(*last));
    (length as usize).saturating_add(64)
}
