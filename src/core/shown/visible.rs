//! Makes visible what would change how a text reads without being seen.

use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::core::statement::hidden_character;

/// The text with controls, direction marks and invisible fillers written out as `⟦U+202E⟧`. Line ends become `\n`.
pub fn visible(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\t', " ");
    if hidden_character(&text).is_none() {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    // A whole cluster is asked first: the tags that spell a flag are hidden only where they stand alone.
    for cluster in text.graphemes(true) {
        if hidden_character(cluster).is_none() {
            shown.push_str(cluster);
        } else {
            cluster.chars().for_each(|c| push(&mut shown, c));
        }
    }
    shown
}

fn push(shown: &mut String, c: char) {
    let mut bytes = [0; 4];
    if hidden_character(c.encode_utf8(&mut bytes)).is_some() {
        // Writing into a String cannot fail.
        let _ = write!(shown, "⟦U+{:04X}⟧", u32::from(c));
    } else {
        shown.push(c);
    }
}
