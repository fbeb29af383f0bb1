//! Which element is which field of an entry, whatever its format, and what is gathered between its tags.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::text::Form;
use super::xml::Tag;

/// A field of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    Text,
    Author,
    Id,
    Link,
    Published,
    Updated,
    Language,
}

/// Whose word a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS, RDF, Atom or CDF.
    Core,
    Dublin,
    Content,
    Media,
    Itunes,
    Xhtml,
    Feedburner,
    Other,
}

/// What the addresses of namespaces hold that people write in many ways.
const SPACES: &[(&str, Space)] = &[
    ("purl.org/dc/", Space::Dublin),
    ("purl.org/rss/1.0/modules/content", Space::Content),
    ("search.yahoo.com/mrss", Space::Media),
    ("itunes.com/dtds/", Space::Itunes),
    ("itunes.com/", Space::Itunes),
    ("w3.org/1999/xhtml", Space::Xhtml),
    ("rssnamespace.org/feedburner", Space::Feedburner),
    ("purl.org/rss/1.0/modules/", Space::Other),
    ("w3.org/2005/atom", Space::Core),
    ("purl.org/atom/", Space::Core),
    ("purl.org/rss/", Space::Core),
    ("purl.org/net/rss", Space::Core),
    ("my.netscape.com/", Space::Core),
    ("channel.netscape.com/", Space::Core),
    ("backend.userland.com/", Space::Core),
    ("blogs.law.harvard.edu/tech/rss", Space::Core),
    ("w3.org/1999/02/22-rdf", Space::Core),
    ("rssboard.org/rss", Space::Core),
];
/// Prefixes that feeds use without saying what they mean.
const PREFIXES: &[(&str, Space)] = &[
    ("", Space::Core),
    ("rss", Space::Core),
    ("atom", Space::Core),
    ("rdf", Space::Core),
    ("dc", Space::Dublin),
    ("dcterms", Space::Dublin),
    ("content", Space::Content),
    ("media", Space::Media),
    ("itunes", Space::Itunes),
    ("xhtml", Space::Xhtml),
    ("feedburner", Space::Feedburner),
];

/// The namespaces that are declared where the walk stands.
#[derive(Default)]
pub(super) struct Spaces(Vec<(usize, String, Space)>);

impl Spaces {
    pub(super) fn enter(&mut self, tag: &Tag<'_>, depth: usize) {
        for (name, value) in &tag.attributes {
            let Some(prefix) = name.strip_prefix("xmlns") else { continue };
            let address = value.to_ascii_lowercase();
            let known = SPACES.iter().find(|(part, _)| address.contains(part)).map(|(_, space)| *space);
            // A default namespace that nobody knows is a format's own, in one of its many spellings.
            let unknown = if prefix.is_empty() { Space::Core } else { Space::Other };
            let prefix = prefix.trim_start_matches(':').to_owned();
            self.0.push((depth, prefix, known.unwrap_or(unknown)));
        }
    }

    pub(super) fn leave(&mut self, depth: usize) {
        while self.0.last().is_some_and(|(at, _, _)| *at >= depth) {
            self.0.pop();
        }
    }

    pub(super) fn of(&self, name: &str) -> Space {
        let prefix = name.split_once(':').map_or("", |(prefix, _)| prefix);
        let declared = self.0.iter().rev().find(|(_, known, _)| known == prefix).map(|(_, _, space)| *space);
        let usual = || PREFIXES.iter().find(|(known, _)| *known == prefix).map(|(_, space)| *space);
        declared.or_else(usual).unwrap_or(Space::Other)
    }
}

/// A name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

impl Field {
    pub(super) const COUNT: usize = Self::Language as usize + 1;

    /// The field that an element is, and how good a source of it: what is meant for it goes before what may stand in.
    pub(super) fn of(space: Space, name: &str) -> Option<(Self, u8)> {
        let found = match (space, name) {
            (Space::Core, "title") => (Self::Title, 5),
            (Space::Dublin, "title") => (Self::Title, 3),
            (Space::Media | Space::Itunes, "title") => (Self::Title, 1),
            (Space::Content, "encoded") | (Space::Core, "content" | "fullitem") | (Space::Xhtml, "body" | "div") => {
                (Self::Text, 5)
            }
            (Space::Core, "body") => (Self::Text, 5),
            (Space::Core, "description" | "abstract") => (Self::Text, 4),
            (Space::Core, "summary" | "tagline") | (Space::Dublin, "description") => (Self::Text, 3),
            (Space::Itunes, "summary") | (Space::Media, "description") => (Self::Text, 1),
            (Space::Core, "author") => (Self::Author, 5),
            (Space::Dublin, "creator" | "author") => (Self::Author, 7),
            (Space::Core, "managingeditor") => (Self::Author, 3),
            (Space::Itunes, "author") => (Self::Author, 1),
            (Space::Core, "guid" | "id") => (Self::Id, 5),
            (Space::Dublin, "identifier") => (Self::Id, 1),
            (Space::Core, "link") => (Self::Link, 3),
            (Space::Feedburner, "origlink") => (Self::Link, 7),
            (Space::Core, "pubdate" | "published") => (Self::Published, 7),
            (Space::Core | Space::Dublin, "issued" | "created") => (Self::Published, 5),
            (Space::Dublin, "date") => (Self::Updated, 3),
            (Space::Core, "updated" | "modified" | "lastbuilddate") | (Space::Dublin, "modified") => (Self::Updated, 5),
            (Space::Core | Space::Dublin, "language") => (Self::Language, 5),
            (
                Space::Core
                | Space::Dublin
                | Space::Content
                | Space::Media
                | Space::Itunes
                | Space::Xhtml
                | Space::Feedburner
                | Space::Other,
                _,
            ) => return None,
        };
        Some(found)
    }
}

/// What stands between the tags of a field.
#[derive(Debug)]
pub(super) struct Captured {
    pub(super) field: Field,
    pub(super) rank: u8,
    attributes: Vec<(String, String)>,
    text: String,
    /// Elements stand within it, so that the text is what a reader sees already.
    nested: bool,
    /// Elements within that are open and not shown.
    unseen: usize,
    /// Which part of a person is being read, and the parts.
    part: Option<String>,
    name: String,
    email: String,
}

/// Elements that stand within a line; all others begin a new one.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "big", "cite", "code", "em", "font", "i", "q", "s", "small", "span", "strike", "strong", "sub",
    "sup", "tt", "u",
];
/// Elements whose content is not shown.
const UNSEEN: &[&str] = &["script", "style", "template", "iframe", "noembed", "noframes"];

impl Captured {
    pub(super) fn new(field: Field, rank: u8, tag: &Tag<'_>) -> Self {
        let attributes =
            tag.attributes.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        Self {
            field,
            rank,
            attributes: attributes.collect(),
            text: String::new(),
            nested: false,
            unseen: 0,
            part: None,
            name: String::new(),
            email: String::new(),
        }
    }

    pub(super) fn open(&mut self, name: &str) {
        self.nested = true;
        self.part = if self.field == Field::Author { Some(name.to_owned()) } else { None };
        self.unseen += usize::from(UNSEEN.contains(&name));
        self.break_line(name);
    }

    pub(super) fn close(&mut self, name: &str) {
        self.part = None;
        self.unseen -= usize::from(UNSEEN.contains(&name)).min(self.unseen);
        self.break_line(name);
    }

    fn break_line(&mut self, name: &str) {
        if !INLINE.contains(&name) {
            self.text.push('\n');
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        if self.unseen > 0 {
            return;
        }
        match (self.field, self.part.as_deref()) {
            (Field::Author, Some("name")) => self.name.push_str(text),
            (Field::Author, Some("email")) => self.email.push_str(text),
            (Field::Author, Some(_)) => {}
            (_, _) => self.text.push_str(text),
        }
    }

    fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// How its text is to be taken: as its type says, else as it looks.
    pub(super) fn form(&self) -> Form {
        match (self.nested, self.attribute("type")) {
            (true, _) | (false, "text" | "text/plain") => Form::Plain,
            (false, "html" | "text/html" | "xhtml" | "application/xhtml+xml") => Form::Html,
            (false, _) => Form::Unsaid,
        }
    }

    /// The text, out of base 64 where that is how it is written.
    pub(super) fn content(&self) -> Cow<'_, str> {
        let media = self.attribute("type");
        let binary =
            media.contains('/') && !media.starts_with("text/") && !media.contains("xml") && !media.contains("html");
        if self.attribute("mode") == "base64" || binary {
            let packed: String = self.text.split_whitespace().collect();
            if let Some(text) = STANDARD.decode(packed).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
                return Cow::Owned(text);
            }
        }
        Cow::Borrowed(&self.text)
    }

    /// A person by name; by address where there is no name. RSS writes `address (Name)`.
    pub(super) fn author(&self) -> Option<String> {
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let whole = self.text.trim();
        let named = whole.strip_suffix(')').and_then(|rest| rest.split_once('('));
        match named {
            Some((address, name)) if address.contains('@') && !name.trim().is_empty() => filled(name),
            _ => filled(&self.name).or_else(|| filled(whole)).or_else(|| filled(&self.email)),
        }
    }

    /// Where it leads: to the entry itself, not to a reply, an enclosure or another form of it.
    pub(super) fn link(&self) -> Option<String> {
        let rel = self.attribute("rel");
        if !matches!(rel, "" | "alternate") {
            return None;
        }
        let href = Some(self.attribute("href")).filter(|href| !href.is_empty());
        href.map(str::to_owned).or_else(|| Some(self.text.trim().to_owned()).filter(|text| !text.is_empty()))
    }
}
