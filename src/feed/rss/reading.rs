//! RSS 0.9x to 2.0, RDF, Atom and CDF by one walk: they differ in where things stand and hardly in what they are called.

use std::borrow::Cow;

use url::Url;

use super::date::time;
use super::entry::{Document, Entry};
use super::field::{Captured, Field, Space, Spaces, local};
use super::text::{Form, seen};
use super::xml::{Ended, Piece, Tag, Walk, XmlError, with_signs_written};
use super::{ENTRIES_MAX, FeedError};

const CUT_OFF: &str = "it is cut off: it ends before its last element does";
/// Elements that a feed begins with.
const ROOTS: &[&str] = &["rss", "rdf", "feed", "channel", "entry"];
/// Elements whose children speak of the feed.
const FEEDS: &[&str] = &["channel", "feed"];
/// Elements that are an entry.
const ENTRIES: &[&str] = &["item", "entry"];

/// Reads a feed; what comes before a fault stands.
pub(super) fn read_xml(text: &str, at: Option<&Url>) -> Result<Document, FeedError> {
    let text = with_signs_written(text);
    let mut walk = Walk::new(&text);
    let mut reading = Reading { base: at.cloned(), ..Reading::default() };
    loop {
        match walk.next() {
            Ok(Some(Piece::Open(tag))) => reading.open(&tag)?,
            Ok(Some(Piece::Text(text))) => reading.text(&text),
            Ok(Some(Piece::Close)) => {
                if walk.ended() != Ended::Whole {
                    reading.drop_half();
                }
                reading.close();
            }
            Ok(None) => break,
            Err(XmlError::Broken(why)) if !reading.document.entries.is_empty() => {
                reading.document.broken = Some(why);
                break;
            }
            Err(error) => return Err(error.into()),
        }
        if reading.document.entries.len() == ENTRIES_MAX {
            reading.document.left_out = Some(format!("only its first {ENTRIES_MAX} entries are read"));
            break;
        }
    }
    if reading.halved || walk.ended() == Ended::Early {
        reading.document.broken = Some(CUT_OFF.to_owned());
    }
    if !reading.rooted {
        return Err(FeedError::NoFeed);
    }
    reading.of_the_feed();
    Ok(reading.document)
}

#[derive(Default)]
struct Reading<'t> {
    document: Document,
    base: Option<Url>,
    rooted: bool,
    spaces: Spaces,
    /// The elements that are open: without their prefix, in lower case.
    open: Vec<Cow<'t, str>>,
    /// What links start from, and the language, each since the element that deep says so.
    bases: Vec<(usize, Url)>,
    languages: Vec<(usize, String)>,
    /// The entry that is being read, and how deep it stands.
    entry: Option<(Draft, usize)>,
    /// Of the feed itself, as for an entry.
    feed: Draft,
    capture: Option<(Captured, usize)>,
    /// It ended within an entry.
    halved: bool,
}

/// What was found for an entry, the best of each so far.
#[derive(Default)]
struct Draft {
    entry: Entry,
    /// How good what stands in each field is; a better one replaces it.
    rank: [u8; Field::COUNT],
}

impl<'t> Reading<'t> {
    fn open(&mut self, tag: &Tag<'t>) -> Result<(), FeedError> {
        let name = lower(local(tag.name));
        if self.open.is_empty() && !self.rooted {
            if !ROOTS.contains(&&*name) {
                return Err(FeedError::NoFeed);
            }
            self.rooted = true;
        }
        let depth = self.open.len();
        self.spaces.enter(tag, depth);
        let space = self.spaces.of(tag.name);
        if !tag.attributes.is_empty() {
            let base = tag.attribute("xml:base").or_else(|| tag.attribute("base")).and_then(|base| self.resolve(base));
            self.bases.extend(base.map(|base| (depth, base)));
            let language = tag.attribute("xml:lang").map(|language| (depth, language.to_owned()));
            self.languages.extend(language);
        }
        self.open.push(name.clone());
        if let Some((captured, _)) = &mut self.capture {
            captured.open(&name);
        } else if ENTRIES.contains(&&*name) && self.entry.is_none() && space == Space::Core {
            self.entry = Some((Draft::default(), self.open.len()));
            self.attributes(tag);
        } else {
            self.begin(tag, space, &name);
        }
        Ok(())
    }

    /// A field begins, if this is one, where fields stand.
    fn begin(&mut self, tag: &Tag<'t>, space: Space, name: &str) {
        let depth = self.open.len();
        let parent = depth.checked_sub(2).and_then(|parent| self.open.get(parent));
        let stands = match &self.entry {
            // What Media RSS groups speaks of the entry too.
            Some((_, entry)) => depth == entry + 1 || space == Space::Media,
            None => parent.is_some_and(|parent| FEEDS.contains(&&**parent)),
        };
        if self.entry.is_none() && FEEDS.contains(&name) {
            self.attributes(tag);
        }
        if stands && let Some((field, rank)) = Field::of(space, name) {
            self.capture = Some((Captured::new(field, rank, tag), depth));
        }
    }

    /// What old formats write as attributes of the feed or the entry itself.
    fn attributes(&mut self, tag: &Tag<'t>) {
        let language = self.language().map(str::to_owned);
        let link = tag.attribute("href").or_else(|| tag.attribute("rdf:about")).and_then(|link| self.resolve(link));
        let updated = tag.attribute("lastmod").and_then(time);
        let entry = &mut self.draft().entry;
        entry.language = language.or(entry.language.take());
        entry.link = link.or(entry.link.take());
        entry.updated = updated.or(entry.updated.take());
    }

    fn text(&mut self, text: &str) {
        if let Some((captured, _)) = &mut self.capture {
            captured.text(text);
        }
    }

    fn close(&mut self) {
        let depth = self.open.len();
        if let Some((captured, at)) = self.capture.take() {
            if at == depth {
                self.keep(&captured);
            } else {
                let mut captured = captured;
                captured.close(self.open.last().map_or("", |open| &**open));
                self.capture = Some((captured, at));
            }
        }
        if self.entry.as_ref().is_some_and(|(_, at)| *at == depth)
            && let Some((draft, _)) = self.entry.take()
        {
            self.document.entries.push(draft.entry);
        }
        self.open.pop();
        let depth = self.open.len();
        self.spaces.leave(depth);
        self.bases.pop_if(|(at, _)| *at >= depth);
        self.languages.pop_if(|(at, _)| *at >= depth);
    }

    /// What the document ended within is not whole, and may say the opposite of what it would have said.
    fn drop_half(&mut self) {
        self.halved |= self.entry.take().is_some();
        self.capture = None;
    }

    fn of_the_feed(&mut self) {
        let Entry { title, author, language, published, updated, .. } = std::mem::take(&mut self.feed.entry);
        let document = &mut self.document;
        document.title = document.title.take().or(title);
        document.author = document.author.take().or(author);
        document.language = document.language.take().or(language);
        document.published = document.published.or(published);
        document.updated = document.updated.or(updated);
    }

    fn keep(&mut self, captured: &Captured) {
        let link =
            if captured.field == Field::Link { captured.link().and_then(|link| self.resolve(&link)) } else { None };
        let has_language = self.draft().entry.language.is_some();
        let language = if has_language { None } else { self.language().map(str::to_owned) };
        let draft = self.draft();
        let rank = &mut draft.rank[captured.field as usize];
        // The first of those that are equally good stands, of times the last.
        let later = u8::from(matches!(captured.field, Field::Published | Field::Updated));
        if captured.rank + later <= *rank {
            return;
        }
        let form = captured.form();
        let entry = &mut draft.entry;
        let found = match captured.field {
            Field::Title => put(&mut entry.title, seen(&captured.content(), form)),
            Field::Text => put(&mut entry.text, seen(&captured.content(), form)),
            Field::Author => put(&mut entry.author, captured.author().and_then(|name| seen(&name, Form::Unsaid))),
            Field::Id => put(&mut entry.id, Some(captured.content().trim().to_owned()).filter(|id| !id.is_empty())),
            Field::Link => put(&mut entry.link, link),
            Field::Published => put(&mut entry.published, time(&captured.content())),
            Field::Updated => put(&mut entry.updated, time(&captured.content())),
            Field::Language => put(&mut entry.language, Some(captured.content().trim().to_owned())),
        };
        if found {
            *rank = captured.rank;
            entry.language = entry.language.take().or(language);
        }
    }

    fn draft(&mut self) -> &mut Draft {
        self.entry.as_mut().map_or(&mut self.feed, |(draft, _)| draft)
    }

    fn here(&self) -> Option<&Url> {
        self.bases.last().map(|(_, base)| base).or(self.base.as_ref())
    }

    fn language(&self) -> Option<&str> {
        self.languages.last().map(|(_, language)| language.as_str())
    }

    fn resolve(&self, link: &str) -> Option<Url> {
        resolved(self.here(), link)
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Whether there was something to put.
fn put<T>(place: &mut Option<T>, found: Option<T>) -> bool {
    let is_found = found.is_some();
    if is_found {
        *place = found;
    }
    is_found
}

fn resolved(base: Option<&Url>, link: &str) -> Option<Url> {
    let link = link.trim();
    if link.is_empty() {
        return None;
    }
    base.map_or_else(|| Url::parse(link), |base| base.join(link)).ok()
}
