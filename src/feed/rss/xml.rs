//! XML as tolerant readers take it, and no more of it than a feed needs: tags, attributes and text, in order. Entities are
//! never declared here, so none can swell or fetch anything; depth, attributes and namespaces are bounded.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;
use html5ever::data::NAMED_ENTITIES;
use quick_xml::Reader;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesStart, Event};

/// How deep elements stand in one another at most.
pub const DEPTH_MAX: usize = 64;
/// How many attributes one element has at most.
pub const ATTRIBUTES_MAX: usize = 256;
/// The longest name of a reference, in bytes; HTML's longest has 32.
const REFERENCE_BYTES_MAX: usize = 40;
/// How many namespaces a document declares at most.
pub const NAMESPACES_MAX: usize = 64;

/// A piece of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Open(Tag<'t>),
    Close,
    Text(Cow<'t, str>),
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tag<'t> {
    /// With its prefix, as written.
    pub(super) name: &'t str,
    pub(super) attributes: Vec<(&'t str, Cow<'t, str>)>,
}

impl Tag<'_> {
    /// An attribute by its name as written; case is no difference in some old formats.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(written, _)| written.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }
}

/// Why a document is not read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// What came before it stands.
    #[error("it is not well-formed XML: {0}")]
    Broken(String),
    #[error("it declares entities of its own, which Holdline expands for nobody")]
    Entities,
    #[error("its elements stand more than {DEPTH_MAX} deep")]
    Deep,
    #[error("one of its elements has more than {ATTRIBUTES_MAX} attributes")]
    Attributes,
    #[error("it declares more than {NAMESPACES_MAX} namespaces")]
    Namespaces,
}

/// A document in which every `<` that begins nothing, as in `wait < 4h`, is written as readers take it.
pub(super) fn with_signs_written(text: &str) -> Cow<'_, str> {
    let mut written = String::new();
    let (mut kept, mut from) = (0, 0);
    while let Some(at) = text[from..].find('<').map(|skip| from + skip) {
        let rest = &text[at + 1..];
        let whole = WHOLE.iter().find(|(begins, _)| rest.starts_with(begins));
        let begins =
            rest.trim_start_matches('/').starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | ':' | '!'));
        from = match whole {
            Some((_, ends)) => rest.find(ends).map_or(text.len(), |end| at + 1 + end),
            None => at + 1,
        };
        if whole.is_none() && !begins {
            written.push_str(&text[kept..at]);
            written.push_str("&lt;");
            kept = at + 1;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    written.push_str(&text[kept..]);
    Cow::Owned(written)
}

/// What holds no tags, by how it goes on after its `<`, and its end.
const WHOLE: &[(&str, &str)] = &[("![CDATA[", "]]>"), ("!--", "-->"), ("?", "?>")];

/// Walks a document from its first tag to its last.
pub(super) struct Walk<'t> {
    text: &'t str,
    reader: Reader<&'t [u8]>,
    open: Vec<&'t str>,
    /// Ends that are still to be told: of an element without content, or of those that nobody closed.
    closes: usize,
    namespaces: usize,
    ended: Ended,
}

/// How a document ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It has not, or as it should.
    Whole,
    /// Its last end tag lacks its own end.
    InLastTag,
    /// Elements were still open.
    Early,
}

impl<'t> Walk<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        Self { text, reader, open: Vec::new(), closes: 0, namespaces: 0, ended: Ended::Whole }
    }

    /// The next piece, none at the end. Whatever was left open is closed there.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'t>>, XmlError> {
        loop {
            if self.closes > 0 {
                self.closes -= 1;
                return Ok(Some(Piece::Close));
            }
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(_) if self.is_only_an_end_cut_off() => {
                    self.ended = Ended::InLastTag;
                    Event::Eof
                }
                Err(error) => return Err(XmlError::Broken(error.to_string())),
            };
            match event {
                Event::Start(start) => {
                    let tag = self.tag(&start, ">")?;
                    self.open.push(tag.name);
                    return Ok(Some(Piece::Open(tag)));
                }
                Event::Empty(start) => {
                    let tag = self.tag(&start, "/>")?;
                    self.closes = 1;
                    return Ok(Some(Piece::Open(tag)));
                }
                Event::End(end) => self.close(end.name().as_ref()),
                Event::Text(text) => return Ok(Some(Piece::Text(text.xml10_content()))),
                Event::CData(text) => return Ok(Some(Piece::Text(text.xml10_content()))),
                Event::GeneralRef(reference) => {
                    let name = reference.xml10_content();
                    let text = resolved(&name).unwrap_or_else(|| Cow::Owned(format!("&{name};")));
                    return Ok(Some(Piece::Text(text)));
                }
                Event::DocType(doctype) => {
                    if doctype.to_ascii_lowercase().contains("<!entity") || doctype.contains('%') {
                        return Err(XmlError::Entities);
                    }
                }
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
                Event::Eof if self.open.is_empty() => return Ok(None),
                Event::Eof => {
                    if self.ended == Ended::Whole {
                        self.ended = Ended::Early;
                    }
                    self.closes = std::mem::take(&mut self.open).len();
                }
            }
        }
    }

    pub(super) fn ended(&self) -> Ended {
        self.ended
    }

    /// Whether all that is wrong is that the last end tag lacks its own end.
    fn is_only_an_end_cut_off(&self) -> bool {
        let at = usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX);
        self.text.get(at..).is_some_and(|rest| rest.starts_with("</") && !rest[1..].contains('<'))
    }

    fn tag(&mut self, start: &BytesStart<'t>, end: &str) -> Result<Tag<'t>, XmlError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(XmlError::Deep);
        }
        let written = self.written(start, end)?;
        let name_bytes = start.name().into_inner().len();
        let mut attributes = Vec::new();
        // An attribute that cannot be read is one that nobody reads.
        for attribute in Attributes::html(written, name_bytes).with_checks(false).flatten() {
            if attributes.len() >= ATTRIBUTES_MAX {
                return Err(XmlError::Attributes);
            }
            let name = attribute.key.into_inner();
            self.namespaces += usize::from(name.starts_with("xmlns"));
            if self.namespaces > NAMESPACES_MAX {
                return Err(XmlError::Namespaces);
            }
            let value =
                if attribute.value.contains('&') { Cow::Owned(unescaped(&attribute.value)) } else { attribute.value };
            attributes.push((name, value));
        }
        Ok(Tag { name: &written[..name_bytes], attributes })
    }

    /// The tag where it stands in the text: the reader lends it for a moment only.
    fn written(&self, start: &BytesStart<'t>, end: &str) -> Result<&'t str, XmlError> {
        let after = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        let ends = after.saturating_sub(end.len());
        let written = self.text.get(ends.saturating_sub(start.len())..ends).filter(|written| **written == **start);
        written.ok_or_else(|| XmlError::Broken("a tag is not where it was read".to_owned()))
    }

    /// An end closes the innermost element of its name and all within; one that was never opened closes nothing.
    fn close(&mut self, name: &str) {
        let name = name.trim();
        if let Some(at) = self.open.iter().rposition(|open| *open == name) {
            self.closes = self.open.len() - at;
            self.open.truncate(at);
        }
    }
}

/// A text with its references resolved; what stands for nothing is left as it was written.
fn unescaped(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        text.push_str(before);
        // No further than a reference can reach, or a text of nothing but `&` is gone through again for each of them.
        let end = reference.bytes().take(REFERENCE_BYTES_MAX + 1).position(|byte| byte == b';');
        if let Some((found, end)) = end.and_then(|end| Some((resolved(&reference[1..end])?, end))) {
            text.push_str(&found);
            rest = &reference[end + 1..];
        } else {
            text.push('&');
            rest = &reference[1..];
        }
    }
    text.push_str(rest);
    text
}

/// What a reference stands for: a character by its number, or by a name of HTML's.
fn resolved(name: &str) -> Option<Cow<'static, str>> {
    // Those that stand in every text.
    let usual = match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return rare(name).map(Cow::Owned),
    };
    Some(Cow::Borrowed(usual))
}

fn rare(name: &str) -> Option<String> {
    let Some(number) = name.strip_prefix('#') else { return named(name) };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    match char::from_u32(number)? {
        // A number that stands for a control character was always meant in the encoding of Windows, as HTML reads it too.
        c @ '\u{80}'..='\u{9f}' => {
            let byte = u8::try_from(u32::from(c)).ok()?;
            Some(WINDOWS_1252.decode_without_bom_handling(&[byte]).0.into_owned())
        }
        c => Some(c.to_string()),
    }
}

fn named(name: &str) -> Option<String> {
    let (first, second) = NAMED_ENTITIES.get(&format!("{name};"))?;
    let characters = [*first, *second].into_iter().filter(|number| *number != 0).filter_map(char::from_u32);
    Some(characters.collect())
}
