//! Sending by SMTP over a few kept connections, with a hard limit on every wait.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use lettre::{
    address::Envelope,
    message::{Mailbox, Message},
    transport::smtp::{
        Error as SmtpError,
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Rcpt},
        extension::{Extension, MailBodyParameter, MailParameter, ServerInfo},
        response::Severity,
    },
};
use secrecy::SecretString;
use tokio::{sync::Semaphore, time::timeout};

use super::{
    circular::{self, Circular},
    dial::{Dial, Fault, fault},
    letter::{self, Letter, LetterError},
    sent::{MailReason, Sent, fit_to_keep},
};

/// Longest wait for name look-up and connection, and for a kept connection's first reply.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time for one letter, from waiting for a connection to the server's last reply.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection that lay idle for longer is not used again.
pub const IDLE_MAX: Duration = Duration::from_mins(1);
/// Most connections at one time; also the most that are kept.
pub const CONNECTIONS_MAX: usize = 4;

const PORT_IMPLICIT_TLS: u16 = 465;
/// The server is about to close the connection (RFC 5321, 3.8).
const CLOSING: u16 = 421;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// Begins in clear; nothing but the greeting is said before TLS stands.
    StartTls,
    /// In clear. Only for a server on this machine.
    Plain,
}

impl Security {
    /// What a port stands for when settings do not say.
    pub fn usual_for(port: u16) -> Self {
        if port == PORT_IMPLICIT_TLS { Self::Tls } else { Self::StartTls }
    }
}

/// Where and how letters are handed over.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub user: Option<String>,
    pub password: Option<SecretString>,
    /// `Name <name@example.org>`.
    pub from: String,
    /// PEM file of a private CA that is trusted besides the machine's own.
    pub extra_root: Option<PathBuf>,
}

/// The hard limits of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub connect: Duration,
    pub send: Duration,
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: CONNECT_TIMEOUT, send: SEND_TIMEOUT, idle: IDLE_MAX }
    }
}

/// Why the settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpSetupError {
    #[error(transparent)]
    Sender(#[from] LetterError),
    #[error(
        "mail would go in clear to {host}: use TLS or STARTTLS, plain is only for a server on this machine (localhost)"
    )]
    PlainNotLoopback { host: String },
    #[error("`user` and `password` belong together: give both, or neither")]
    HalfSignIn,
    #[error("{host} is not a host name or an IP address that a certificate can name")]
    Host { host: String },
    #[error("the CA file {path} cannot be used: {why}")]
    Root { path: PathBuf, why: String },
    #[error("TLS cannot be set up: {why}; install the machine's CA certificates, or name a CA file")]
    Tls { why: String },
}

impl SmtpSetupError {
    pub(super) fn not_pem(path: &Path) -> Self {
        Self::Root { path: path.to_owned(), why: "it holds no PEM certificate that can be read".to_owned() }
    }
}

/// A mail server that takes our letters.
pub struct Smtp {
    dial: Dial,
    from: Mailbox,
    limits: Limits,
    permits: Semaphore,
    kept: Mutex<Vec<Kept>>,
}

/// A signed-in connection between two letters.
struct Kept {
    connection: AsyncSmtpConnection,
    since: Instant,
}

struct Parcel {
    envelope: Envelope,
    mime: Vec<u8>,
}

impl Smtp {
    /// Reads the CA file if one is named; connects to nothing yet.
    pub fn new(settings: &SmtpSettings) -> Result<Self, SmtpSetupError> {
        Self::with_limits(settings, Limits::default())
    }

    pub fn with_limits(settings: &SmtpSettings, limits: Limits) -> Result<Self, SmtpSetupError> {
        Ok(Self {
            dial: Dial::new(settings)?,
            from: letter::sender(&settings.from)?,
            limits,
            permits: Semaphore::new(CONNECTIONS_MAX),
            kept: Mutex::default(),
        })
    }

    /// Hands one letter over. Never waits longer than the limit of a whole send.
    pub async fn send(&self, letter: &Letter, at: Timestamp) -> Sent {
        self.hand_over(letter::build(letter, &self.from, at), &letter.message_id).await
    }

    /// Hands one letter to a list over, in one transaction: to all of it, or to nobody.
    pub async fn send_circular(&self, circular: &Circular, at: Timestamp) -> Sent {
        self.hand_over(circular::build(circular, &self.from, at), &circular.message_id).await
    }

    async fn hand_over(&self, built: Result<Message, LetterError>, message_id: &str) -> Sent {
        let parcel = match built {
            Ok(message) => Parcel { envelope: message.envelope().clone(), mime: message.formatted() },
            Err(error) => {
                return Sent::Never { why: MailReason::BadLetter, said: error.to_string() };
            }
        };
        let mut body_begun = false;
        let fault = match timeout(self.limits.send, self.deliver(&parcel, &mut body_begun)).await {
            Ok(Ok(response)) => return Sent::Accepted { response },
            Ok(Err(fault)) => fault,
            Err(_) => Fault::Later(MailReason::TooSlow),
        };
        match fault {
            // Without an answer, a body that was begun may have arrived whole.
            Fault::Later(why) if body_begun => Sent::Unknown { why },
            Fault::Later(why) => Sent::Later { why },
            Fault::Deferred(said) => {
                tracing::info!(letter = message_id, said, "the mail server asked to be tried again later");
                Sent::Later { why: MailReason::Deferred }
            }
            Fault::Never(why, said) => Sent::Never { why, said },
        }
    }

    async fn deliver(&self, parcel: &Parcel, body_begun: &mut bool) -> Result<String, Fault> {
        // Never closed, so this only waits.
        let _permit = self.permits.acquire().await;
        let mut connection = self.begin(parcel).await?;
        for to in parcel.envelope.to() {
            expect(Severity::PositiveCompletion, connection.command(Rcpt::new(to.clone(), Vec::new())).await)?;
        }
        expect(Severity::PositiveIntermediate, connection.command(Data).await)?;
        *body_begun = true;
        let response = expect(Severity::PositiveCompletion, connection.message(&parcel.mime).await)?;
        // After anything but success the connection is closed: cheaper than finding out what state it is in.
        self.kept().push(Kept { connection, since: Instant::now() });
        Ok(response)
    }

    /// A connection that has taken MAIL FROM. A kept one that turns out to be dead is replaced: so far it was told nothing else.
    async fn begin(&self, parcel: &Parcel) -> Result<AsyncSmtpConnection, Fault> {
        if let Some(mut connection) = self.take_kept() {
            let mail = parcel.mail(connection.server_info())?;
            match timeout(self.limits.connect, connection.command(mail)).await {
                Ok(reply) if is_answer(&reply) => {
                    return expect(Severity::PositiveCompletion, reply).map(|_| connection);
                }
                // What ended this one (a restart, a firewall) has likely ended the others.
                Ok(_) | Err(_) => self.kept().clear(),
            }
        }
        let mut connection = self.dial.open(self.limits.connect).await?;
        let mail = parcel.mail(connection.server_info())?;
        expect(Severity::PositiveCompletion, connection.command(mail).await)?;
        Ok(connection)
    }

    fn take_kept(&self) -> Option<AsyncSmtpConnection> {
        let mut kept = self.kept();
        kept.retain(|one| one.since.elapsed() < self.limits.idle);
        kept.pop().map(|one| one.connection)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parcel {
    fn mail(&self, server: &ServerInfo) -> Result<Mail, Fault> {
        let mut parameters = Vec::new();
        let addresses = self.envelope.from().into_iter().chain(self.envelope.to());
        if !addresses.into_iter().all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
            require(server, Extension::SmtpUtfEight)?;
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !self.mime.is_ascii() {
            require(server, Extension::EightBitMime)?;
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(Mail::new(self.envelope.from().cloned(), parameters))
    }
}

fn require(server: &ServerInfo, extension: Extension) -> Result<(), Fault> {
    if server.supports_feature(extension) {
        return Ok(());
    }
    let why = MailReason::NotSupported;
    Err(Fault::Never(why, why.to_string()))
}

type Reply = Result<lettre::transport::smtp::response::Response, SmtpError>;

/// Whether a kept connection's server answered the command, and did not just say goodbye or nothing.
fn is_answer(reply: &Reply) -> bool {
    match reply {
        Ok(_) => true,
        Err(error) => error.status().is_some_and(|code| u16::from(code) != CLOSING),
    }
}

/// The reply in words, if it is of the kind that the protocol wants here.
fn expect(wanted: Severity, reply: Reply) -> Result<String, Fault> {
    let reply = reply.map_err(|error| fault(&error))?;
    if reply.code().severity != wanted {
        return Err(Fault::Later(MailReason::Garbled));
    }
    let words: Vec<&str> = reply.message().collect();
    Ok(fit_to_keep(&format!("{} {}", reply.code(), words.join(" "))))
}
