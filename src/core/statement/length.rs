//! How long a text may be on a channel, counted as that service counts it.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

use super::links::{Form, find_links};

/// X, in weighted characters: `maxWeightedTweetLength` of twitter-text's configuration v3.
const X_MAX: usize = 280;
/// What X counts for any address, in weighted characters: `transformedURLLength` there.
const X_URL: usize = 23;
/// What X counts for any emoji, however many code points it is made of.
const X_EMOJI: usize = 2;
/// Code points that X counts as one; all others count two. `ranges` and `defaultWeight` there.
const X_LIGHT: [(u32, u32); 4] = [(0, 4351), (8192, 8205), (8208, 8223), (8242, 8247)];

/// Bluesky, in graphemes: `maxGraphemes` of the lexicon `app.bsky.feed.post`.
const BLUESKY_GRAPHEMES_MAX: usize = 300;
/// Bluesky, in UTF-8 bytes: `maxLength` there.
const BLUESKY_BYTES_MAX: usize = 3_000;

/// What Mastodon counts for any address, in characters: `URL_PLACEHOLDER_CHARS` of its `StatusLengthValidator`.
const MASTODON_URL: usize = 23;
/// Mastodon's own limit, in characters, where the server says no other.
const MASTODON_MAX: usize = 500;

/// A channel's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// 280 weighted characters by twitter-text's configuration v3, on the text in NFC.
    X,
    /// 300 graphemes and 3,000 bytes.
    Bluesky,
    /// Graphemes, where an address counts 23 and `@user@host` counts as `@user`; servers choose their own maximum.
    Mastodon {
        #[serde(default = "mastodon_max")]
        max: usize,
    },
    /// Unicode code points.
    Characters(usize),
}

fn mastodon_max() -> usize {
    MASTODON_MAX
}

/// How much of a limit a text takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    pub used: usize,
    pub max: usize,
    /// In the plural: `characters`, `bytes`.
    pub unit: &'static str,
}

impl Measured {
    pub fn fits(&self) -> bool {
        self.used <= self.max
    }

    /// How much must go; nothing where it fits.
    pub fn over(&self) -> usize {
        self.used.saturating_sub(self.max)
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.used, self.max)
    }
}

impl Limit {
    /// Mastodon with its own default.
    pub const fn mastodon() -> Self {
        Self::Mastodon { max: MASTODON_MAX }
    }

    /// Counts `text` as the service does; where it has two limits, the one that is broken, else the usual one.
    pub fn measure(self, text: &str) -> Measured {
        match self {
            Self::X => Measured { used: x_weight(text), max: X_MAX, unit: "characters" },
            Self::Bluesky => measure_bluesky(text),
            Self::Mastodon { max } => Measured { used: mastodon_length(text), max, unit: "characters" },
            Self::Characters(max) => Measured { used: text.chars().count(), max, unit: "characters" },
        }
    }

    pub fn fits(self, text: &str) -> bool {
        self.measure(text).fits()
    }
}

fn measure_bluesky(text: &str) -> Measured {
    let graphemes = Measured { used: text.graphemes(true).count(), max: BLUESKY_GRAPHEMES_MAX, unit: "characters" };
    let bytes = Measured { used: text.len(), max: BLUESKY_BYTES_MAX, unit: "bytes" };
    if graphemes.fits() && !bytes.fits() { bytes } else { graphemes }
}

/// Weighted length. A bare domain counts 23 only where X knows its top-level domain; both readings are possible here,
/// so the longer one is taken, and a text that fits by this count fits on X.
fn x_weight(text: &str) -> usize {
    let text: String = text.nfc().collect();
    let mut weight = 0;
    let mut rest = 0;
    for link in find_links(&text) {
        weight += plain_x_weight(&text[rest..link.range.start]);
        weight += match link.form {
            Form::Whole => X_URL,
            Form::Bare => X_URL.max(plain_x_weight(&text[link.range.clone()])),
        };
        rest = link.range.end;
    }
    weight + plain_x_weight(&text[rest..])
}

fn plain_x_weight(text: &str) -> usize {
    text.graphemes(true)
        .map(|cluster| if is_emoji_sequence(cluster) { X_EMOJI } else { cluster.chars().map(x_char_weight).sum() })
        .sum()
}

fn x_char_weight(c: char) -> usize {
    let point = u32::from(c);
    if X_LIGHT.iter().any(|&(from, to)| (from..=to).contains(&point)) { 1 } else { 2 }
}

/// Whether a grapheme is an emoji of several code points. One of a single code point weighs two anyway.
fn is_emoji_sequence(cluster: &str) -> bool {
    let mut chars = cluster.chars();
    let (Some(base), Some(_)) = (chars.next(), chars.next()) else { return false };
    let keycap = cluster.ends_with('\u{20e3}') && matches!(base, '0'..='9' | '#' | '*');
    let joined = cluster.chars().skip(1).all(|c| is_emoji_joiner(c) || is_pictograph(c));
    keycap || (is_pictograph(base) && joined)
}

/// Presentation selector, zero-width joiner, combining keycap and the tags of subdivision flags.
fn is_emoji_joiner(c: char) -> bool {
    matches!(c, '\u{fe0f}' | '\u{200d}' | '\u{20e3}' | '\u{e0020}'..='\u{e007f}')
}

/// The blocks that emoji bases, skin tones, regional indicators and gender signs come from.
fn is_pictograph(c: char) -> bool {
    matches!(c, '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | '〰' | '〽' | '㊗' | '㊙')
        || matches!(c, '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{24c2}' | '\u{25a0}'..='\u{27bf}')
        || matches!(c, '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

fn mastodon_length(text: &str) -> usize {
    let mut length = 0;
    let mut rest = 0;
    for link in find_links(text).into_iter().filter(|link| link.form == Form::Whole) {
        length += without_mention_hosts(&text[rest..link.range.start]).graphemes(true).count() + MASTODON_URL;
        rest = link.range.end;
    }
    length + without_mention_hosts(&text[rest..]).graphemes(true).count()
}

/// `@user@host` becomes `@user`. A mail address stays whole: its first `@` has a letter before it.
fn without_mention_hosts(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, from_at) = rest.split_at(at);
        kept.push_str(before);
        let user = run(&from_at[1..], |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
        kept.push_str(&from_at[..=user.len()]);
        rest = &from_at[1 + user.len()..];
        let starts = !before.chars().last().is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '@'));
        let host = rest.strip_prefix('@').map(|host| run(host, |c| c.is_alphanumeric() || matches!(c, '.' | '-')));
        if let Some(host) = host.filter(|host| starts && !user.is_empty() && !host.is_empty()) {
            let host = host.trim_end_matches(['.', '-']);
            rest = &rest[1 + host.len()..];
        }
    }
    kept + rest
}

fn run(text: &str, fits: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c| !fits(c)).unwrap_or(text.len())]
}
