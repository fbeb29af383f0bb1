//! One letter to a list: plain text, one message for all, its recipients on the envelope alone.

use jiff::Timestamp;
use lettre::address::Envelope;
use lettre::message::{Mailbox, Message, SinglePart, header::ContentType};

use super::letter::{
    LETTER_BYTES_MAX, Letter, LetterError, SUBJECT_CHARS_MAX, address, body_lines, bracketed, mailbox, one_line,
    plain_header, sent_at,
};

/// A letter to a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circular {
    /// `local@domain`, without angle brackets.
    pub message_id: String,
    /// The sender's name, where it is not that of the settings.
    pub from_name: Option<String>,
    pub reply_to: Option<String>,
    pub to: Vec<String>,
    pub subject: String,
    /// Sent as it is, or not at all.
    pub text: String,
}

/// Builds the message. Every error is permanent: the letter itself must change.
pub(super) fn build(circular: &Circular, from: &Mailbox, at: Timestamp) -> Result<Message, LetterError> {
    let bytes = circular.text.len();
    if bytes > LETTER_BYTES_MAX {
        return Err(LetterError::TooLong { bytes });
    }
    // What was approved is not mended on its way out.
    if one_line(&circular.subject, SUBJECT_CHARS_MAX) != circular.subject || body_lines(&circular.text) != circular.text
    {
        return Err(LetterError::Altered);
    }
    let to: Option<Vec<_>> = circular.to.iter().map(|to| address(to)).collect();
    let to = to.ok_or(LetterError::Recipient)?;
    let sender = match &circular.from_name {
        Some(name) => mailbox(name, from.email.clone()),
        None => from.clone(),
    };
    let mut builder = Message::builder()
        .from(sender)
        .subject(circular.subject.clone())
        .date(sent_at(at))
        .message_id(Some(bracketed(&circular.message_id)?));
    if let Some(reply_to) = &circular.reply_to {
        builder = builder.reply_to(mailbox("", address(reply_to).ok_or(LetterError::Recipient)?));
    }
    builder = match to.as_slice() {
        [only] => builder.to(mailbox("", only.clone())),
        // A group without members (RFC 5322, 3.4): nobody sees who else is on the list.
        _ => builder.raw_header(plain_header("To", "undisclosed-recipients:;")),
    };
    let envelope = Envelope::new(Some(from.email.clone()), to).map_err(|_| LetterError::Recipient)?;
    let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(circular.text.clone());
    builder.envelope(envelope).singlepart(text).map_err(|_| LetterError::Headers)
}

/// The letters that the built-in mailbox shows: one for each address, since each would get one.
pub(super) fn as_letters(circular: &Circular) -> Vec<Letter> {
    let letter = |(number, to): (usize, &String)| {
        let (local, domain) = circular.message_id.split_once('@').unwrap_or((&circular.message_id, "holdline"));
        Letter {
            message_id: format!("{local}.to-{number}@{domain}"),
            thread: None,
            to_name: String::new(),
            to: to.clone(),
            subject: circular.subject.clone(),
            text: circular.text.clone(),
            html: String::new(),
            picture: None,
        }
    };
    circular.to.iter().enumerate().map(letter).collect()
}
