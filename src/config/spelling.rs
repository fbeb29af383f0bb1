//! How names, addresses and languages are spelt.

use std::ops::Range;

use super::sheet::Sheet;

/// The longest name of anything, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// The longest mail address, in bytes (RFC 5321, 4.5.3.1.3).
const ADDRESS_BYTES_MAX: usize = 254;

/// Says where a name could not stand in an address, a file name or a log line.
pub(super) fn check_name(sheet: &Sheet, at: &Range<usize>, name: &str) {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(fits) {
        let message = format!("`{name}` is not a name");
        sheet.refuse(at, message, format!("use small letters, digits, - and _, at most {NAME_BYTES_MAX}"));
    }
}

/// A fact's name is written in conditions too, where `-` means minus.
pub(super) fn check_fact_name(sheet: &Sheet, at: &Range<usize>, name: &str) {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if !begins || name.len() > NAME_BYTES_MAX || !name.bytes().all(fits) {
        let help = "begin with a small letter and go on with small letters, digits and _; - means minus in conditions";
        sheet.refuse(at, format!("`{name}` is not a name for a fact"), help);
    }
}

pub(super) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    text.len() <= ADDRESS_BYTES_MAX
        && !local.is_empty()
        && local.bytes().all(|b| {
            b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'(' | b')' | b',' | b';' | b':' | b'"' | b'\\')
        })
        && domain.bytes().all(host)
        && domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

/// A tag such as `en`, `es` or `pt-BR`; dots would blur the names of template files.
pub(super) fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let primary = parts.next().unwrap_or_default();
    (2..=3).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}
