//! Outgoing mail: a letter becomes MIME and goes out by SMTP, or into the built-in mailbox of demo, rehearsal and tests.

pub mod capture;
pub mod circular;
pub mod compose;
mod dial;
pub mod letter;
pub mod sent;
pub mod smtp;
mod wire;

use jiff::Timestamp;

pub use self::{
    capture::{Captured, Mailbox},
    circular::Circular,
    letter::{Letter, LetterError, PICTURE_BYTES_MAX, Picture},
    sent::{MailReason, Sent},
    smtp::{Limits, Security, Smtp, SmtpSettings, SmtpSetupError},
};

/// Where letters go. Chosen once, where the program is put together.
pub enum Post {
    Smtp(Box<Smtp>),
    Capture(Mailbox),
}

impl Post {
    /// Sends one letter. Sending the same letter again is safe: it carries the same Message-ID.
    pub async fn send(&self, letter: &Letter, at: Timestamp) -> Sent {
        match self {
            Self::Smtp(smtp) => smtp.send(letter, at).await,
            Self::Capture(mailbox) => mailbox.send(letter, at),
        }
    }

    /// Sends one letter to a list. Sending it again is not safe: people would get it twice.
    pub async fn send_circular(&self, circular: &Circular, at: Timestamp) -> Sent {
        match self {
            Self::Smtp(smtp) => smtp.send_circular(circular, at).await,
            Self::Capture(mailbox) => mailbox.send_circular(circular, at),
        }
    }
}
