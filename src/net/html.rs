//! A page as a reader sees it: its visible text, and what its head says of it. Reads tags one by one and builds no tree.

mod simple;

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// Elements that stand within a line; all others begin a new one.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt",
    "u", "var", "wbr",
];
/// Elements that have no end.
const VOID: &[&str] = &["br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];
/// Elements whose content is no text of the page.
const UNSEEN: &[&str] = &["script", "style", "template", "textarea", "title", "iframe", "noembed", "noframes", "xmp"];
/// What a head calls its summaries, by `name` or `property`.
const SUMMARIES: &[&str] = &["description", "og:title", "og:description", "twitter:title", "twitter:description"];

/// What a page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The visible text; a new line where an element begins one.
    pub text: String,
    /// Its title and its summaries.
    pub summaries: Vec<String>,
}

/// Reads a page. Any text is a page; no page is an error.
pub fn read_html(html: &str) -> Page {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
    // It stops after each script, which is not run, and goes on when it is fed again.
    while !queue.is_empty() {
        let _ = tokenizer.feed(&queue);
    }
    tokenizer.end();
    let Seen { mut page, title, .. } = tokenizer.sink.seen.into_inner();
    page.summaries.extend(title);
    page
}

/// The visible text of a page alone. What posts and feeds hold is mostly read without the whole of a tokenizer.
pub fn html_text(html: &str) -> String {
    simple::text(html).unwrap_or_else(|| read_html(html).text)
}

#[derive(Default)]
struct Reader {
    seen: RefCell<Seen>,
}

#[derive(Default)]
struct Seen {
    page: Page,
    title: Option<String>,
    /// The element whose content is not shown, and how many of its name are open.
    unseen: Option<(String, usize)>,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut seen = self.seen.borrow_mut();
        match token {
            Token::CharacterTokens(text) => seen.take(&text),
            Token::TagToken(tag) => {
                seen.meet(&tag);
                return if tag.kind == TagKind::StartTag { raw(&tag.name) } else { TokenSinkResult::Continue };
            }
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

/// How the content of an element is read.
fn raw(name: &str) -> TokenSinkResult<()> {
    match name {
        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
        "style" | "iframe" | "noembed" | "noframes" | "xmp" => TokenSinkResult::RawData(RawKind::Rawtext),
        "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
        _ => TokenSinkResult::Continue,
    }
}

impl Seen {
    fn take(&mut self, text: &str) {
        match &self.unseen {
            None => self.page.text.push_str(text),
            Some((name, _)) if name == "title" => self.title.get_or_insert_default().push_str(text),
            Some(_) => {}
        }
    }

    fn meet(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        if let Some((unseen, open)) = &mut self.unseen {
            if *unseen == name {
                match tag.kind {
                    TagKind::StartTag => *open += 1,
                    TagKind::EndTag => *open -= 1,
                }
                if *open == 0 {
                    self.unseen = None;
                }
            }
            return;
        }
        if !INLINE.contains(&name) {
            self.page.text.push('\n');
        }
        if tag.kind == TagKind::EndTag {
            return;
        }
        if name == "meta" {
            self.page.summaries.extend(summary(tag));
        }
        if UNSEEN.contains(&name) || (is_hidden(tag) && !VOID.contains(&name)) {
            self.unseen = Some((name.to_owned(), 1));
        }
    }
}

fn attribute<'t>(tag: &'t Tag, name: &str) -> Option<&'t str> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

fn summary(tag: &Tag) -> Option<String> {
    let name = attribute(tag, "property").or_else(|| attribute(tag, "name"))?;
    SUMMARIES.contains(&name).then(|| attribute(tag, "content").map(str::to_owned)).flatten()
}

fn is_hidden(tag: &Tag) -> bool {
    let style = attribute(tag, "style").unwrap_or_default();
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    attribute(tag, "hidden").is_some() || style.contains("display:none") || style.contains("visibility:hidden")
}
