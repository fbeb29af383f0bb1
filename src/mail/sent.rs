//! How a sending went, in closed words, and the mail server's own words made fit to keep.

use std::fmt;

use super::letter::one_line;

/// Longest text of a server that is kept, in characters.
pub const SAID_CHARS_MAX: usize = 300;

/// How one sending went, and so what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Sent {
    /// The server has taken charge of the letter.
    Accepted { response: String },
    /// Nothing was sent; the same letter may be sent again later.
    Later { why: MailReason },
    /// Sending the same letter again would not help.
    Never { why: MailReason, said: String },
    /// The letter may have been taken. Send it again with the same Message-ID: a duplicate is harmless.
    Unknown { why: MailReason },
}

/// Why a letter was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailReason {
    BadLetter,
    NameNotFound,
    Unreachable,
    TlsFailed,
    NoStartTls,
    NoSignIn,
    SignInRefused,
    NotSupported,
    Deferred,
    Refused,
    Garbled,
    Lost,
    TooSlow,
}

impl MailReason {
    /// Whether no other letter would be taken either.
    pub fn is_of_the_server(self) -> bool {
        match self {
            Self::NameNotFound
            | Self::Unreachable
            | Self::TlsFailed
            | Self::NoStartTls
            | Self::NoSignIn
            | Self::SignInRefused
            | Self::Garbled
            | Self::Lost
            | Self::TooSlow => true,
            Self::BadLetter | Self::NotSupported | Self::Deferred | Self::Refused => false,
        }
    }
}

impl fmt::Display for MailReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadLetter => "the letter cannot be sent as it is",
            Self::NameNotFound => "the mail server's name was not found: check `host` and DNS",
            Self::Unreachable => "the mail server could not be reached: check `host`, `port` and the firewall",
            Self::TlsFailed => "no trusted TLS connection to the mail server: check its certificate, or name its CA",
            Self::NoStartTls => "the mail server offers no STARTTLS, and nothing is sent in clear",
            Self::NoSignIn => "the mail server offers no sign-in that is known here (PLAIN or LOGIN): check `port`",
            Self::SignInRefused => "the mail server refused the sign-in: check `user` and `password`",
            Self::NotSupported => "the mail server cannot take this address or text (no SMTPUTF8 or 8BITMIME)",
            Self::Deferred => "the mail server asked to be tried again later",
            Self::Refused => "the mail server refused the letter",
            Self::Garbled => "the mail server's reply was cut off or was not SMTP",
            Self::Lost => "the connection to the mail server was lost",
            Self::TooSlow => "the mail server did not answer in time",
        })
    }
}

/// A server's text as it may be stored and shown: one line, bounded, with the local part of every address masked.
pub(super) fn fit_to_keep(said: &str) -> String {
    let mut kept = String::new();
    // Masked before it is cut, so that no cut can hide the @ of half an address; the input is bounded by the SMTP reader.
    for c in one_line(said, usize::MAX).chars() {
        if c == '@' {
            drop_local_part(&mut kept);
            kept.push('…');
        }
        kept.push(c);
    }
    one_line(&kept, SAID_CHARS_MAX)
}

fn drop_local_part(kept: &mut String) {
    if kept.ends_with('"') {
        kept.pop();
        kept.truncate(kept.rfind('"').unwrap_or(0));
        return;
    }
    let ends = |c: char| c.is_whitespace() || "<>()[],;:=\"'".contains(c);
    kept.truncate(kept.trim_end_matches(|c| !ends(c)).len());
}
