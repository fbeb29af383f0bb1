//! One letter to one person, and how it becomes a MIME message. Pure: the time is an argument, the same letter gives the same bytes.

use std::time::SystemTime;

use jiff::Timestamp;
use lettre::{
    Address, Message,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use sha2::{Digest, Sha256};
use unicode_segmentation::UnicodeSegmentation;

/// Longest subject that is sent, in characters; a longer one is cut and ends in an ellipsis.
pub const SUBJECT_CHARS_MAX: usize = 200;
/// Longest display name that is sent, in characters.
pub const NAME_CHARS_MAX: usize = 100;
/// Longest Message-ID that is sent, in bytes, without its angle brackets.
pub const MESSAGE_ID_BYTES_MAX: usize = 250;
/// Most bytes of plain text and HTML together.
pub const LETTER_BYTES_MAX: usize = 1024 * 1024;
/// Most bytes of a picture: mail on a phone must open at once, wherever the phone is.
pub const PICTURE_BYTES_MAX: usize = 40 * 1024;

const BOUNDARY_DIGEST_BYTES: usize = 20;

/// A letter to one person, as plain text and as HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// `local@domain`, without angle brackets. The same for every try, so that a duplicate can be told.
    pub message_id: String,
    /// The Message-ID that the incident's thread hangs from.
    pub thread: Option<String>,
    pub to_name: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// What the HTML shows by its Content-ID.
    pub picture: Option<Picture>,
}

/// A picture that travels in the letter itself, so that nothing is fetched when it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// `local@domain`; the HTML names it as `cid:local@domain`.
    pub content_id: String,
    pub png: Vec<u8>,
}

/// Why a letter cannot be sent as it is. Trying again would not help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    #[error("the recipient's e-mail address is not usable: write it as name@example.org")]
    Recipient,
    #[error("the sender `from` is not usable: write it as `Name <name@example.org>`")]
    Sender,
    #[error("a Message-ID is not usable: it must be local@domain in plain ASCII, at most {MESSAGE_ID_BYTES_MAX} bytes")]
    MessageId,
    #[error("the letter holds {bytes} bytes of text and HTML: shorten it to at most {LETTER_BYTES_MAX}")]
    TooLong { bytes: usize },
    #[error("the letter's picture is {bytes} bytes large: leave it out, or draw it in at most {PICTURE_BYTES_MAX}")]
    PictureTooLarge { bytes: usize },
    #[error("the subject or the text holds what a letter cannot carry: take out control and invisible characters")]
    Altered,
    #[error("the letter's headers could not be put together")]
    Headers,
}

/// Reads the sender as settings write it: `Name <name@example.org>` or the bare address.
pub fn sender(written: &str) -> Result<Mailbox, LetterError> {
    let parsed: Mailbox = written.trim().parse().map_err(|_| LetterError::Sender)?;
    let email = address(parsed.email.as_ref()).ok_or(LetterError::Sender)?;
    Ok(mailbox(parsed.name.as_deref().unwrap_or_default(), email))
}

/// Builds the MIME message. Every error is permanent: the letter itself must change.
pub fn build(letter: &Letter, from: &Mailbox, at: Timestamp) -> Result<Message, LetterError> {
    let bytes = letter.text.len().saturating_add(letter.html.len());
    if bytes > LETTER_BYTES_MAX {
        return Err(LetterError::TooLong { bytes });
    }
    let to = mailbox(&letter.to_name, address(&letter.to).ok_or(LetterError::Recipient)?);
    let id = bracketed(&letter.message_id)?;
    let mut builder = Message::builder()
        .from(from.clone())
        .to(to)
        .subject(one_line(&letter.subject, SUBJECT_CHARS_MAX))
        .date(sent_at(at));
    if let Some(root) = &letter.thread {
        let root = bracketed(root)?;
        // The thread's first letter is its own root and replies to nothing.
        if root != id {
            builder = builder.in_reply_to(root.clone()).references(root);
        }
    }
    builder
        .message_id(Some(id))
        .raw_header(plain_header("Auto-Submitted", "auto-generated"))
        .raw_header(plain_header("X-Auto-Response-Suppress", "All"))
        .multipart(parts(letter)?)
        .map_err(|_| LetterError::Headers)
}

/// Plain text, then HTML; a picture hangs on the HTML, so that programs that show the text alone do not list it.
fn parts(letter: &Letter) -> Result<MultiPart, LetterError> {
    let text = SinglePart::plain(body_lines(&letter.text));
    let html = SinglePart::html(body_lines(&letter.html));
    let parts = MultiPart::alternative().boundary(boundary("holdline", letter)).singlepart(text);
    let Some(Picture { content_id, png }) = &letter.picture else { return Ok(parts.singlepart(html)) };
    if png.len() > PICTURE_BYTES_MAX {
        return Err(LetterError::PictureTooLarge { bytes: png.len() });
    }
    bracketed(content_id)?;
    let kind = ContentType::parse("image/png").map_err(|_| LetterError::Headers)?;
    let picture = Attachment::new_inline(content_id.clone()).body(png.clone(), kind);
    // Programs that look for a boundary's beginning must not take one for the other.
    let related = MultiPart::related().boundary(boundary("picture", letter)).singlepart(html).singlepart(picture);
    Ok(parts.multipart(related))
}

/// Text from outside as one line: no control, line or direction characters, single spaces, at most `chars_max` characters.
pub(super) fn one_line(text: &str, chars_max: usize) -> String {
    let kept: String = text.chars().filter(|c| !is_hidden(*c)).map(|c| if is_break(c) { ' ' } else { c }).collect();
    // An encoded word that a stranger wrote would be decoded by the reader, with whatever it hides.
    let line = kept.split_whitespace().collect::<Vec<_>>().join(" ").replace("=?", "= ?");
    if line.chars().count() <= chars_max {
        return line;
    }
    let mut cut = String::new();
    let mut left = chars_max.saturating_sub(1);
    for cluster in line.graphemes(true) {
        let chars = cluster.chars().count();
        if chars > left {
            break;
        }
        left -= chars;
        cut.push_str(cluster);
    }
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters that change what a reader sees without being seen: direction marks and overrides, invisible spaces, tags.
/// The two joiners stay, because words and emoji need them.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\0' | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Line ends become plain line feeds (the builder writes CRLF) and other control characters go, so that no bare CR or NUL is sent.
pub(super) fn body_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect()
}

pub(super) fn mailbox(name: &str, email: Address) -> Mailbox {
    let name = one_line(name, NAME_CHARS_MAX);
    Mailbox::new((!name.is_empty()).then_some(name), email)
}

/// Stricter than the builder: a quoted local part may hold what a command line may not.
pub(super) fn address(written: &str) -> Option<Address> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || is_hidden(c) || "<>\"\\".contains(c);
    if written.contains(odd) { None } else { written.parse().ok() }
}

pub(super) fn bracketed(id: &str) -> Result<String, LetterError> {
    let plain =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && !b"<>@\"\\(),;:".contains(&b));
    match id.split_once('@') {
        Some((local, domain)) if id.len() <= MESSAGE_ID_BYTES_MAX && plain(local) && plain(domain) => {
            Ok(format!("<{id}>"))
        }
        Some(_) | None => Err(LetterError::MessageId),
    }
}

pub(super) fn plain_header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// A mail's date cannot lie before 1970.
pub(super) fn sent_at(at: Timestamp) -> SystemTime {
    SystemTime::from(at.max(Timestamp::UNIX_EPOCH))
}

/// The parts' boundary is a hash of the parts: the same letter gives the same bytes, and no text can hold its own boundary.
fn boundary(of: &str, letter: &Letter) -> String {
    let mut hash = Sha256::new();
    for part in [&letter.message_id, &letter.text, &letter.html] {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    format!("{of}-{}", hex::encode(digest.get(..BOUNDARY_DIGEST_BYTES).unwrap_or(&digest)))
}
