//! The words of a mention that its copies share.

use crate::core::mention::Mention;
use crate::core::query::each_word;

/// How many words of a mention are read: a wire story is known by its beginning.
pub const WORDS_MAX: usize = 256;
/// How many pieces between blanks are looked at for them.
const PIECES_MAX: usize = 1024;
/// How long a top-level domain is at least.
const DOMAIN_LETTERS_MIN: usize = 2;

/// The number of each word. Where nothing but names and addresses is said, these are the words.
pub(super) fn words(mention: &Mention) -> Vec<u64> {
    let title = mention.title.as_deref().filter(|title| !mention.text.starts_with(title.trim())).unwrap_or_default();
    let pieces = title.split_whitespace().chain(mention.text.split_whitespace()).take(PIECES_MAX);
    let kept = kept(pieces.clone());
    let words = numbers(kept.into_iter());
    if words.is_empty() { numbers(pieces) } else { words }
}

/// Pieces without addresses, names, what marks a repost, and a word that was cut off at the end.
fn kept<'a>(pieces: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut pieces = pieces.map(without_address).filter(|piece| !piece.is_empty()).peekable();
    let mut kept = Vec::new();
    while let Some(piece) = pieces.next() {
        let before_name = pieces.peek().is_some_and(|next| is_name(next));
        let marks_a_repost =
            before_name && ["rt", "mt", "via"].iter().any(|mark| bare(piece).eq_ignore_ascii_case(mark));
        if !marks_a_repost && !is_name(piece) {
            kept.push(piece);
        }
    }
    if kept.last().is_some_and(|last| is_cut_off(last)) {
        kept.pop();
    }
    kept
}

fn bare(piece: &str) -> &str {
    piece.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '@' | '＠'))
}

fn is_name(piece: &str) -> bool {
    bare(piece).starts_with(['@', '＠'])
}

fn is_cut_off(piece: &str) -> bool {
    let piece = piece.trim_end_matches(['"', '”', '\'', '’', ')', '»']);
    let cut = piece.strip_suffix('…').or_else(|| piece.strip_suffix("..."));
    cut.is_some_and(|cut| cut.ends_with(char::is_alphanumeric))
}

/// What stands before an address; nothing where the piece is one, with or without its scheme.
fn without_address(piece: &str) -> &str {
    if let Some(at) = piece.find("://") {
        let before = &piece[..at];
        return before.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    }
    let plain = bare(piece);
    let Some((host, _)) = plain.split_once('/') else {
        let named = plain.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
        return if named { "" } else { piece };
    };
    let domain = host.rsplit_once('.').map_or("", |(_, domain)| domain);
    let is_host = domain.len() >= DOMAIN_LETTERS_MIN && domain.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_host { "" } else { piece }
}

fn numbers<'a>(pieces: impl Iterator<Item = &'a str>) -> Vec<u64> {
    let mut words = Vec::new();
    for piece in pieces {
        if words.len() >= WORDS_MAX {
            break;
        }
        each_word(&without_entities(piece), &mut |word, _| words.push(number(word.as_bytes())));
    }
    words.truncate(WORDS_MAX);
    words
}

/// Some feeds leave `&amp;` and its like in what they hand over.
fn without_entities(piece: &str) -> std::borrow::Cow<'_, str> {
    const ENTITIES: [&str; 6] = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&nbsp;"];
    if !piece.contains('&') {
        return piece.into();
    }
    ENTITIES.iter().fold(piece.to_owned(), |piece, entity| piece.replace(entity, " ")).into()
}

/// FNV-1a with 64 bits, and its bits mixed so that every part of the number can be compared.
pub(super) fn number(bytes: &[u8]) -> u64 {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    mixed(hash)
}

/// The last step of SplitMix64 (Steele, Lea and Flood 2014).
pub(super) fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
