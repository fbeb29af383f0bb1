//! A hash as a number: enough of it to tell things apart, and no proof of anything.

/// The first eight bytes of a hash, the largest first.
pub fn number(hash: &[u8]) -> u64 {
    hash.iter().take(size_of::<u64>()).fold(0, |number, &byte| number << 8 | u64::from(byte))
}
