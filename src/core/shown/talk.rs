//! What a spike is made of, in words: stories and copies, voices, sources, languages, tone and reach.

use serde::Serialize;

use super::words::counted;
use super::{listed, visible};
use crate::core::incident::{Share, Spike, Talk};
use crate::core::language::language_name;

/// One thing that is told of the talk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub label: &'static str,
    pub words: String,
}

/// Nothing of spikes that older versions recorded.
pub(super) fn lines(spike: &Spike) -> Vec<Line> {
    let Some(talk) = &spike.talk else { return Vec::new() };
    let line = |label, words| Line { label, words };
    vec![
        line("Stories", stories(spike, talk)),
        line("Voices", voices(spike, talk)),
        line("Sources", named(&talk.largest_sources, talk.sources, source)),
        line("Languages", languages(talk)),
        line("Tone", tone(talk)),
        line("Reach", reach(talk)),
    ]
}

fn stories(spike: &Spike, talk: &Talk) -> String {
    let of =
        if talk.mentions < spike.count { format!("of the latest {} mentions, ", talk.mentions) } else { String::new() };
    let copies = talk.mentions.saturating_sub(talk.stories);
    let told = match (talk.stories, copies) {
        (_, 0) => format!("{}, no copies", told(talk.stories)),
        (1, _) => format!("one story x {}", talk.mentions),
        (_, copies) => {
            let largest = talk.largest.first().map_or(0, |story| story.mentions);
            format!("{} in {}; the largest x {largest}", told(talk.stories), mentions_and_copies(talk, copies))
        }
    };
    format!("{of}{told}")
}

fn told(stories: u32) -> String {
    if stories == 1 { "1 story".to_owned() } else { format!("{stories} stories") }
}

fn mentions_and_copies(talk: &Talk, copies: u32) -> String {
    let are = if copies == 1 { "1 of them a copy".to_owned() } else { format!("{copies} of them copies") };
    format!("{}, {are}", counted(talk.mentions, "mention"))
}

fn voices(spike: &Spike, talk: &Talk) -> String {
    let all = counted(spike.voices, "voice");
    if talk.own_voices >= spike.voices {
        return all;
    }
    let own = talk.own_voices;
    format!("{all}; {own} without those who repeat what another told at the same source before")
}

/// `x 12, y 4 and 3 more`.
fn named(shares: &[Share], all: u32, name: impl Fn(&str) -> String) -> String {
    let mut parts: Vec<String> =
        shares.iter().map(|share| format!("{} {}", name(&share.name), share.mentions)).collect();
    let more = all.saturating_sub(u32::try_from(shares.len()).unwrap_or(u32::MAX));
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    listed(&parts)
}

/// With dots in brackets: a reader knows the site, a mail program makes no link of it.
pub(super) fn source(name: &str) -> String {
    visible(&name.replace('.', "[.]"))
}

fn languages(talk: &Talk) -> String {
    let known: u32 = talk.languages.iter().map(|share| share.mentions).sum();
    let mut parts: Vec<String> = talk
        .languages
        .iter()
        .map(|share| format!("{} {}", visible(language_name(&share.name)), share.mentions))
        .collect();
    let rest = talk.mentions.saturating_sub(known);
    if rest > 0 {
        parts.push(format!("unknown or other {rest}"));
    }
    listed(&parts)
}

fn tone(talk: &Talk) -> String {
    if talk.toned == 0 {
        return "unknown: it is told of English mentions alone".to_owned();
    }
    let percent = u64::from(talk.negative) * 100 / u64::from(talk.toned);
    format!("{} of the {} in English are negative ({percent} %)", talk.negative, talk.toned)
}

fn reach(talk: &Talk) -> String {
    if talk.reach == 0 {
        return "unknown: no source says".to_owned();
    }
    format!("{} people follow or read these voices, as far as sources say", grouped(talk.reach))
}

/// `12,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 12_345_678].map(grouped), ["0", "999", "1,000", "12,345,678"]);
    }
}
