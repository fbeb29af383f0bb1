//! XML as tolerant readers take it, and no more of it than a feed needs: tags, attributes and text, in order. Entities are
//! never declared here, so none can swell or fetch anything; depth, attributes and namespaces are bounded.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;
use quick_xml::Reader;
use quick_xml::escape::{resolve_html5_entity, resolve_xml_entity, unescape_with};
use quick_xml::events::{BytesRef, BytesStart, Event};

/// How deep elements stand in one another at most.
pub const DEPTH_MAX: usize = 64;
/// How many attributes one element has at most.
pub const ATTRIBUTES_MAX: usize = 256;
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
    pub(super) name: Cow<'t, str>,
    pub(super) attributes: Vec<(Cow<'t, str>, Cow<'t, str>)>,
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

/// Walks a document from its first tag to its last.
pub(super) struct Walk<'t> {
    reader: Reader<&'t [u8]>,
    open: Vec<Cow<'t, str>>,
    /// Ends that are still to be told: of an element without content, or of those that nobody closed.
    closes: usize,
    namespaces: usize,
}

impl<'t> Walk<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        Self { reader, open: Vec::new(), closes: 0, namespaces: 0 }
    }

    /// The next piece, none at the end. Whatever was left open is closed there.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'t>>, XmlError> {
        loop {
            if self.closes > 0 {
                self.closes -= 1;
                return Ok(Some(Piece::Close));
            }
            match self.reader.read_event().map_err(|error| XmlError::Broken(error.to_string()))? {
                Event::Start(start) => {
                    let tag = self.tag(&start)?;
                    self.open.push(tag.name.clone());
                    return Ok(Some(Piece::Open(tag)));
                }
                Event::Empty(start) => {
                    let tag = self.tag(&start)?;
                    self.closes = 1;
                    return Ok(Some(Piece::Open(tag)));
                }
                Event::End(end) => self.close(end.name().as_ref()),
                Event::Text(text) => return Ok(Some(Piece::Text(text.xml10_content()))),
                Event::CData(text) => return Ok(Some(Piece::Text(text.xml10_content()))),
                Event::GeneralRef(named) => return Ok(Some(Piece::Text(resolved(&named)))),
                Event::DocType(doctype) => {
                    if doctype.to_ascii_lowercase().contains("<!entity") || doctype.contains('%') {
                        return Err(XmlError::Entities);
                    }
                }
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
                Event::Eof if self.open.is_empty() => return Ok(None),
                Event::Eof => self.closes = std::mem::take(&mut self.open).len(),
            }
        }
    }

    fn tag(&mut self, start: &BytesStart<'t>) -> Result<Tag<'t>, XmlError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(XmlError::Deep);
        }
        let mut attributes = Vec::new();
        // An attribute that cannot be read is one that nobody reads.
        for attribute in start.html_attributes().with_checks(false).flatten() {
            if attributes.len() >= ATTRIBUTES_MAX {
                return Err(XmlError::Attributes);
            }
            let name = attribute.key.as_ref().to_owned();
            self.namespaces += usize::from(name.starts_with("xmlns"));
            if self.namespaces > NAMESPACES_MAX {
                return Err(XmlError::Namespaces);
            }
            let value = match unescape_with(&attribute.value, known) {
                Ok(value) => value.into_owned(),
                Err(_) => attribute.value.clone().into_owned(),
            };
            attributes.push((Cow::Owned(name), Cow::Owned(value)));
        }
        Ok(Tag { name: Cow::Owned(start.name().as_ref().to_owned()), attributes })
    }

    /// An end closes the innermost element of its name and all within; one that was never opened closes nothing.
    fn close(&mut self, name: &str) {
        let name = name.trim();
        if let Some(at) = self.open.iter().rposition(|open| open == name) {
            self.closes = self.open.len() - at;
            self.open.truncate(at);
        }
    }
}

fn known(name: &str) -> Option<&'static str> {
    resolve_xml_entity(name).or_else(|| resolve_html5_entity(name))
}

/// What a reference stands for; one that stands for nothing is left as it was written.
fn resolved<'t>(reference: &BytesRef<'t>) -> Cow<'t, str> {
    let name = reference.xml10_content();
    match reference.resolve_char_ref() {
        Ok(Some(c @ '\u{80}'..='\u{9f}')) => Cow::Owned(windows(c)),
        Ok(Some(c)) => Cow::Owned(c.to_string()),
        Ok(None) => known(&name).map_or_else(|| Cow::Owned(format!("&{name};")), Cow::Borrowed),
        Err(_) => Cow::Owned(format!("&{name};")),
    }
}

/// A number that stands for a control character was always meant in the encoding of Windows, as HTML reads it too.
fn windows(c: char) -> String {
    let byte = u8::try_from(u32::from(c)).unwrap_or(b'?');
    WINDOWS_1252.decode_without_bom_handling(&[byte]).0.into_owned()
}
