//! What changed between two versions, word by word.

use jiff::tz::TimeZone;
use similar::{ChangeTag, TextDiff};

use super::clock::clock_time_with_year;
use super::package::{Package, Variant};

/// The two texts together beyond which the whole is shown as replaced, in bytes. Bounds the time a comparison takes.
pub const DIFF_BYTES_MAX: usize = 32 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Same(String),
    Added(String),
    Removed(String),
}

/// One thing of a package that changed, named for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantChange {
    /// `long text, en`, `title, en`, `channels`, `next update`.
    pub label: String,
    pub pieces: Vec<Piece>,
}

/// The words that stayed, came and went, neighbours of a kind joined.
pub fn word_diff(old: &str, new: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if old == new || old.len() + new.len() > DIFF_BYTES_MAX {
        if old == new {
            push(&mut pieces, ChangeTag::Equal, old);
        } else {
            push(&mut pieces, ChangeTag::Delete, old);
            push(&mut pieces, ChangeTag::Insert, new);
        }
        return pieces;
    }
    for change in TextDiff::from_unicode_words(old, new).iter_all_changes() {
        push(&mut pieces, change.tag(), change.value());
    }
    pieces
}

fn push(pieces: &mut Vec<Piece>, tag: ChangeTag, text: &str) {
    if text.is_empty() {
        return;
    }
    match (pieces.last_mut(), tag) {
        (Some(Piece::Same(words)), ChangeTag::Equal)
        | (Some(Piece::Added(words)), ChangeTag::Insert)
        | (Some(Piece::Removed(words)), ChangeTag::Delete) => words.push_str(text),
        (_, ChangeTag::Equal) => pieces.push(Piece::Same(text.to_owned())),
        (_, ChangeTag::Insert) => pieces.push(Piece::Added(text.to_owned())),
        (_, ChangeTag::Delete) => pieces.push(Piece::Removed(text.to_owned())),
    }
}

/// Everything of a package that changed and nothing that did not, in the order of the new one; what is gone comes last.
pub fn changes(old: &Package, new: &Package) -> Vec<VariantChange> {
    let mut changes = Vec::new();
    for variant in &new.variants {
        let before = twin(old, variant);
        let title = before.and_then(|before| before.title.as_deref()).unwrap_or_default();
        note(&mut changes, title_label(variant), title, variant.title.as_deref().unwrap_or_default());
        note(&mut changes, variant.label(), before.map_or("", |before| &before.body), &variant.body);
    }
    for variant in old.variants.iter().filter(|variant| twin(new, variant).is_none()) {
        note(&mut changes, title_label(variant), variant.title.as_deref().unwrap_or_default(), "");
        note(&mut changes, variant.label(), &variant.body, "");
    }
    note(&mut changes, "audience".to_owned(), &old.audience, &new.audience);
    note(&mut changes, "channels".to_owned(), &channels(old), &channels(new));
    let time = |package: &Package| {
        package.next_update.map_or_else(String::new, |at| clock_time_with_year(at, &TimeZone::UTC, "en"))
    };
    note(&mut changes, "next update".to_owned(), &time(old), &time(new));
    let stamp = |package: &Package| package.stamp.clone().unwrap_or_default();
    note(&mut changes, "stamp".to_owned(), &stamp(old), &stamp(new));
    changes
}

fn note(changes: &mut Vec<VariantChange>, label: String, old: &str, new: &str) {
    if old != new {
        changes.push(VariantChange { label, pieces: word_diff(old, new) });
    }
}

fn twin<'a>(package: &'a Package, variant: &Variant) -> Option<&'a Variant> {
    package.variants.iter().find(|other| other.length == variant.length && other.language == variant.language)
}

fn title_label(variant: &Variant) -> String {
    format!("title of the {}", variant.label())
}

/// One line a placement: where, under which account, which texts.
fn channels(package: &Package) -> String {
    let lines = package.placements.iter().map(|placement| {
        let texts: Vec<String> = package.variants_for(&placement.channel).map(Variant::label).collect();
        format!("{} ({}) as {}: {}", placement.channel, placement.kind, placement.account, texts.join(" and "))
    });
    lines.collect::<Vec<_>>().join("\n")
}
