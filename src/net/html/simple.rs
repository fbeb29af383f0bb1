//! The text of simple HTML: well-formed tags without a part in what is shown, and references with their end. Whatever else
//! stands there is left to the tokenizer, which reads the same of what is simple.

use html5ever::data::NAMED_ENTITIES;
use memchr::memchr2;

use super::{INLINE, UNSEEN, VOID};

/// Attributes that may hide an element.
const HIDING: [&str; 2] = ["style", "hidden"];
/// The longest that stands between `&` and `;`; HTML's longest name has 32 letters.
const REFERENCE_BYTES_MAX: usize = 32;

/// None where it is not simple.
pub(super) fn text(html: &str) -> Option<String> {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    // Both mean something else to a tokenizer than to a reader.
    if html.bytes().any(|byte| matches!(byte, 0 | b'\r')) {
        return None;
    }
    while let Some(at) = memchr2(b'<', b'&', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        let (met, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        rest = if met == b'<' { tag(after, &mut text)? } else { reference(after, &mut text)? };
    }
    text.push_str(rest);
    Some(text)
}

/// Passes over a tag; gives what stands after it.
fn tag<'h>(after: &'h str, text: &mut String) -> Option<&'h str> {
    let (is_end, named) = after.strip_prefix('/').map_or((false, after), |named| (true, named));
    let name_bytes = named.bytes().position(|byte| !matches!(byte, b'a'..=b'z' | b'0'..=b'9')).unwrap_or(named.len());
    let (name, mut rest) = named.split_at(name_bytes);
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || UNSEEN.contains(&name) {
        return None;
    }
    if !INLINE.contains(&name) {
        text.push('\n');
    }
    while !rest.starts_with('>') {
        if let Some(end) = rest.strip_prefix("/>") {
            return Some(end);
        }
        let blank = rest.len() - rest.trim_start_matches([' ', '\n', '\t']).len();
        if blank == 0 {
            return None;
        }
        rest = &rest[blank..];
        if !rest.starts_with(['>', '/']) {
            rest = attribute(rest, is_end || VOID.contains(&name))?;
        }
    }
    Some(&rest[1..])
}

/// Passes over an attribute; none where it might hide the element, unless that has nothing to hide.
fn attribute(written: &str, hides_nothing: bool) -> Option<&str> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':');
    let end = written.bytes().position(|byte| !letter(byte)).unwrap_or(written.len());
    let (name, rest) = written.split_at(end);
    let may_hide = !hides_nothing && HIDING.iter().any(|hiding| name.eq_ignore_ascii_case(hiding));
    if name.is_empty() || may_hide {
        return None;
    }
    let Some(value) = rest.strip_prefix('=') else { return Some(rest) };
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = &value[1..];
    Some(&value[value.find(quote)? + 1..])
}

/// Resolves a reference; gives what stands after it.
fn reference<'h>(after: &'h str, text: &mut String) -> Option<&'h str> {
    if after.is_empty() || after.starts_with([' ', '\n', '\t']) {
        text.push('&');
        return Some(after);
    }
    let end = after.bytes().take(REFERENCE_BYTES_MAX + 1).position(|byte| byte == b';')?;
    let (name, rest) = (&after[..end], &after[end + 1..]);
    match name {
        "amp" => text.push('&'),
        "lt" => text.push('<'),
        "gt" => text.push('>'),
        "quot" => text.push('"'),
        "nbsp" => text.push('\u{a0}'),
        _ => match name.strip_prefix('#') {
            Some(number) => text.push(numbered(number)?),
            None => text.extend(named(name)?),
        },
    }
    Some(rest)
}

/// A character by its number, where the number means itself.
fn numbered(number: &str) -> Option<char> {
    let (digits, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |digits| (digits, 16));
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let found = u32::from_str_radix(digits, radix).ok().filter(|_| plain).and_then(char::from_u32)?;
    (!found.is_control()).then_some(found)
}

fn named(name: &str) -> Option<impl Iterator<Item = char> + use<>> {
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let (first, second) = *NAMED_ENTITIES.get(&format!("{name};"))?;
    let whole = first != 0;
    whole.then(|| [first, second].into_iter().filter(|number| *number != 0).filter_map(char::from_u32))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::read_html;
    use super::text;

    /// Pieces that simple HTML is made of, and such as it is not.
    const PIECES: &[&str] = &[
        "<p>",
        "</p>",
        "<br>",
        "<br/>",
        "<br />",
        "<a href=\"https://n.example/?a=1&b=2\">",
        "</a>",
        "<b>",
        "</b>",
        "words",
        " ",
        "\n",
        "&amp;",
        "&lt;",
        "&gt;",
        "&nbsp;",
        "&quot;",
        "&eacute;",
        "&#8217;",
        "&#x1f3e5;",
        "& ",
        "&",
        "<",
        ">",
        "&amp",
        "&copyright",
        "&#150;",
        "&#0;",
        "&#xd800;",
        "&nosuch;",
        "&NotEqualTilde;",
        "<img src='x.png' alt=\"it's > that\">",
        "<div class='a' hidden>",
        "<span style=\"display:none\">",
        "<p style=\"color:red\">",
        "<IMG SRC=x>",
        "<h1\n  id='x'>",
        "<script>",
        "</script>",
        "<style>",
        "</style>",
        "<title>",
        "</title>",
        "<!--",
        "-->",
        "<!DOCTYPE html>",
        "<p",
        "a=b",
        "=\"",
        "\"",
        "'",
        "é",
        "🏥",
        "\r",
        "</ p>",
        "<1>",
        "<a b>",
        "<a/b>",
        "<textarea>",
        "</div>",
        "&#x;",
        "&#;",
        ";",
        "<?x?>",
        "]]>",
        "<br style='display:none'>",
        "<ul><li>",
        "<a-b>",
        "<a  x = 'y'>",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_simple_is_read_as_the_tokenizer_reads_it(pieces in prop::collection::vec(0..PIECES.len(), 0..14)) {
            let html: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
            if let Some(simple) = text(&html) {
                prop_assert_eq!(simple, read_html(&html).text, "{}", html);
            }
        }
    }

    #[test]
    fn what_feeds_hold_is_simple() {
        let html = "<p>Riverside &amp; others</p>\n<p>More at <a href=\"https://n.example/1\" rel='nofollow'>their page</a>&#8230;</p>";
        assert_eq!(text(html).unwrap(), "\nRiverside & others\n\n\nMore at their page…\n");
        for hard in ["<script>x</script>", "<p hidden>x</p>", "a &copy b", "<!-- x -->", "a < b", "<P>"] {
            assert_eq!(text(hard), None, "{hard}");
        }
    }
}
