//! What every outgoing text is held to: one kind of line end, no blank edges, nothing that readers cannot see.

/// The text with `\n` line ends, tabs as spaces, and no blanks at the ends of lines or around the whole.
/// A tidy text stays as it is, so that saving without a change changes nothing.
pub(super) fn tidy(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// Whether nothing of `text` would show.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_whitespace() || is_invisible(c) || matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}'))
}

/// The first character that would hide something from whoever approves: controls, marks that turn the direction of
/// writing, and fillers without a shape. The joiners that emoji and some scripts need are none of them.
pub fn hidden_character(text: &str) -> Option<char> {
    let mut before = '\n';
    for c in text.chars() {
        let flag = is_tag(c) && (before == '\u{1f3f4}' || is_tag(before));
        if !flag && ((c.is_control() && c != '\n') || is_invisible(c)) {
            return Some(c);
        }
        before = c;
    }
    None
}

/// Tag characters, which spell the flags of subdivisions after a black flag and nothing else.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}')
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{e0000}'..='\u{e0fff}')
}
