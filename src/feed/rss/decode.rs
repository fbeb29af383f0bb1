//! Bytes to text, in whatever encoding they turn out to be: what they show wins over what the server says, and that over
//! what the document says (RFC 7303, section 3).

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far into a document its own word on its encoding is looked for, in bytes.
const DECLARATION_BYTES_MAX: usize = 256;

/// The text of a document. What is in no encoding at all is read as far as it goes; nothing is an error.
pub(super) fn decode<'b>(bytes: &'b [u8], content_type: Option<&str>) -> Cow<'b, str> {
    if let Some((order, start)) = shown_utf32(bytes) {
        return Cow::Owned(utf32(&bytes[start..], order));
    }
    if let Some((encoding, start)) = shown(bytes) {
        return encoding.decode_without_bom_handling(&bytes[start..]).0;
    }
    // What is said to be plain Western text and is UTF-8 without a fault is UTF-8: no other text looks like it by chance.
    let is_utf8 = std::str::from_utf8(bytes).is_ok();
    let said = [content_type.and_then(charset), declared(bytes)];
    for label in said.into_iter().flatten() {
        // Bytes that show no UTF-16 are none, whatever is said.
        let known = Encoding::for_label(label.as_bytes()).filter(|known| *known != UTF_16LE && *known != UTF_16BE);
        let doubted = |known: &'static Encoding| known == UTF_8 || (is_utf8 && known == WINDOWS_1252);
        let Some(known) = known.filter(|known| !doubted(known)) else { continue };
        if let Some(text) = known.decode_without_bom_handling_and_without_replacement(bytes) {
            return text;
        }
    }
    utf8(bytes)
}

/// UTF-8, where bytes that are none are what Windows writes in the West.
fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    Cow::Owned(text)
}

/// What a byte order mark or the first angle bracket shows, and where the text begins.
fn shown(bytes: &[u8]) -> Option<(&'static Encoding, usize)> {
    match bytes {
        // A mark before what is no UTF-8 is a mark all the same, and no reason to give up.
        [0xEF, 0xBB, 0xBF, rest @ ..] => std::str::from_utf8(rest).is_ok().then_some((UTF_8, 3)),
        [0xFF, 0xFE, ..] => Some((UTF_16LE, 2)),
        [0xFE, 0xFF, ..] => Some((UTF_16BE, 2)),
        [b'<' | b'{', 0, ..] => Some((UTF_16LE, 0)),
        [0, b'<' | b'{', ..] => Some((UTF_16BE, 0)),
        _ => None,
    }
}

#[derive(Clone, Copy)]
enum Order {
    Big,
    Little,
}

fn shown_utf32(bytes: &[u8]) -> Option<(Order, usize)> {
    match bytes {
        [0, 0, 0xFE, 0xFF, ..] => Some((Order::Big, 4)),
        [0xFF, 0xFE, 0, 0, ..] => Some((Order::Little, 4)),
        [0, 0, 0, b'<' | b'{', ..] => Some((Order::Big, 0)),
        [b'<' | b'{', 0, 0, 0, ..] => Some((Order::Little, 0)),
        _ => None,
    }
}

fn utf32(bytes: &[u8], order: Order) -> String {
    let units = bytes.chunks_exact(4).filter_map(|unit| <[u8; 4]>::try_from(unit).ok());
    let numbers = units.map(|unit| match order {
        Order::Big => u32::from_be_bytes(unit),
        Order::Little => u32::from_le_bytes(unit),
    });
    numbers.map(|number| char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The `charset` of a Content-Type.
fn charset(content_type: &str) -> Option<&str> {
    let named =
        |parameter: &'_ str| parameter.trim().get(..8).is_some_and(|name| name.eq_ignore_ascii_case("charset="));
    let parameter = content_type.split(';').skip(1).find(|parameter| named(parameter))?;
    Some(parameter.trim()[8..].trim().trim_matches(['"', '\'']))
}

/// The `encoding` of an XML declaration.
fn declared(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES_MAX)];
    let start = head.windows(5).position(|window| window == b"<?xml")?;
    let end = start + head[start..].windows(2).position(|window| window == b"?>")?;
    let declaration = std::str::from_utf8(&head[start..end]).ok()?;
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest[1..].split(quote).next().map(str::trim)
}
