//! Opening a connection: address, TLS, greeting, sign-in. Nothing of a letter is sent here.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use lettre::transport::smtp::{
    Error as SmtpError,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    extension::ClientId,
    response::Severity,
};
use rustls::{
    ClientConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use rustls_platform_verifier::Verifier;
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{
    sent::{MailReason, fit_to_keep},
    smtp::{Security, SmtpSettings, SmtpSetupError},
    wire::Wire,
};

/// How many of a name's addresses are tried.
const ADDRESSES_MAX: usize = 4;

/// Everything that opening a connection needs.
pub(super) struct Dial {
    host: String,
    port: u16,
    lock: Lock,
    sign_in: Option<(String, SecretString)>,
    hello: ClientId,
}

enum Lock {
    Tls(TlsConnector, ServerName<'static>),
    StartTls(TlsParameters),
    Plain,
}

/// Why a letter was not accepted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// No answer, or none that can be understood.
    Later(MailReason),
    /// The server's answer: not now.
    Deferred(String),
    /// The server's answer, or ours before anything was sent: not at all.
    Never(MailReason, String),
}

impl Dial {
    pub(super) fn new(settings: &SmtpSettings) -> Result<Self, SmtpSetupError> {
        let lock = match settings.security {
            Security::Tls => tls_lock(settings)?,
            Security::StartTls => starttls_lock(settings)?,
            Security::Plain if is_loopback(&settings.host) => Lock::Plain,
            Security::Plain => {
                return Err(SmtpSetupError::PlainNotLoopback { host: settings.host.clone() });
            }
        };
        let sign_in = match (&settings.user, &settings.password) {
            (Some(user), Some(password)) => Some((user.clone(), password.clone())),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(SmtpSetupError::HalfSignIn),
        };
        Ok(Self { host: settings.host.clone(), port: settings.port, lock, sign_in, hello: ClientId::default() })
    }

    /// A connection that is ready for a letter. `patience` bounds looking up and connecting; the caller bounds the whole.
    pub(super) async fn open(&self, patience: Duration) -> Result<AsyncSmtpConnection, Fault> {
        let tcp = timeout(patience, self.connect(patience)).await.map_err(|_| Fault::Later(MailReason::TooSlow))??;
        // Body and closing dot are two writes: without this the dot waits for the server's delayed acknowledgement (40 ms).
        tcp.set_nodelay(true).map_err(|_| Fault::Later(MailReason::Lost))?;
        let mut connection = match &self.lock {
            Lock::Plain => self.greet(Wire::Tcp { stream: tcp, by_byte: false }).await?,
            Lock::StartTls(tls) => {
                let mut connection = self.greet(Wire::Tcp { stream: tcp, by_byte: true }).await?;
                if !connection.can_starttls() {
                    return Err(Fault::Later(MailReason::NoStartTls));
                }
                connection.starttls(tls.clone(), &self.hello).await.map_err(|error| tls_fault(&error))?;
                connection
            }
            Lock::Tls(connector, name) => {
                let tls =
                    connector.connect(name.clone(), tcp).await.map_err(|_| Fault::Later(MailReason::TlsFailed))?;
                self.greet(Wire::Tls(Box::new(tls))).await?
            }
        };
        if let Some((user, password)) = &self.sign_in {
            sign_in(&mut connection, user, password).await?;
        }
        Ok(connection)
    }

    async fn connect(&self, patience: Duration) -> Result<TcpStream, Fault> {
        let found =
            lookup_host((self.host.as_str(), self.port)).await.map_err(|_| Fault::Later(MailReason::NameNotFound))?;
        let plain = matches!(self.lock, Lock::Plain);
        let addresses: Vec<SocketAddr> =
            found.filter(|address| !plain || address.ip().is_loopback()).take(ADDRESSES_MAX).collect();
        // One address that swallows everything must not use up the time of the others.
        let tries = u32::try_from(addresses.len()).unwrap_or(1).max(1);
        let mut why = MailReason::NameNotFound;
        for address in addresses {
            match timeout(patience / tries, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => return Ok(tcp),
                Ok(Err(_)) => why = MailReason::Unreachable,
                Err(_) => why = MailReason::TooSlow,
            }
        }
        Err(Fault::Later(why))
    }

    async fn greet(&self, wire: Wire) -> Result<AsyncSmtpConnection, Fault> {
        AsyncSmtpConnection::connect_with_transport(Box::new(wire), &self.hello).await.map_err(|error| fault(&error))
    }
}

async fn sign_in(connection: &mut AsyncSmtpConnection, user: &str, password: &SecretString) -> Result<(), Fault> {
    if connection.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
        let why = MailReason::NoSignIn;
        return Err(Fault::Never(why, why.to_string()));
    }
    let credentials = Credentials::new(user.to_owned(), password.expose_secret().to_owned());
    match connection.auth(DEFAULT_MECHANISMS, &credentials).await {
        Ok(reply) if reply.code().severity == Severity::PositiveCompletion => Ok(()),
        Ok(_) => Err(Fault::Later(MailReason::Garbled)),
        // Only the code: a server may repeat what was sent to it.
        Err(error) if error.is_permanent() => Err(Fault::Never(MailReason::SignInRefused, code(&error))),
        Err(error) if error.is_transient() => Err(Fault::Deferred(code(&error))),
        Err(error) => Err(fault(&error)),
    }
}

/// What a failed command means. The words of lettre's errors are a server's, and are masked.
pub(super) fn fault(error: &SmtpError) -> Fault {
    if error.is_permanent() {
        Fault::Never(MailReason::Refused, said(error))
    } else if error.is_transient() {
        Fault::Deferred(said(error))
    } else if error.is_response() || error.is_client() {
        Fault::Later(MailReason::Garbled)
    } else {
        Fault::Later(MailReason::Lost)
    }
}

fn tls_fault(error: &SmtpError) -> Fault {
    match fault(error) {
        Fault::Later(MailReason::Lost) => Fault::Later(MailReason::TlsFailed),
        other => other,
    }
}

fn code(error: &SmtpError) -> String {
    error.status().map(|code| code.to_string()).unwrap_or_default()
}

fn said(error: &SmtpError) -> String {
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    fit_to_keep(&format!("{} {words}", code(error)))
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn tls_lock(settings: &SmtpSettings) -> Result<Lock, SmtpSetupError> {
    let name = ServerName::try_from(settings.host.clone())
        .map_err(|_| SmtpSetupError::Host { host: settings.host.clone() })?;
    let roots = match &settings.extra_root {
        Some(path) => certificates(path, &read_root(path)?)?,
        None => Vec::new(),
    };
    let provider: Arc<CryptoProvider> = Arc::new(aws_lc_rs::default_provider());
    let config = Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).and_then(|verifier| {
        Ok(ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth())
    });
    let config = config.map_err(|error| SmtpSetupError::Tls { why: error.to_string() })?;
    Ok(Lock::Tls(TlsConnector::from(Arc::new(config)), name))
}

/// lettre upgrades with a configuration of its own making only; it trusts the same roots.
fn starttls_lock(settings: &SmtpSettings) -> Result<Lock, SmtpSetupError> {
    if ServerName::try_from(settings.host.as_str()).is_err() {
        return Err(SmtpSetupError::Host { host: settings.host.clone() });
    }
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.extra_root {
        let pem = read_root(path)?;
        certificates(path, &pem)?;
        let root = Certificate::from_pem(&pem).map_err(|_| SmtpSetupError::not_pem(path))?;
        builder = builder.add_root_certificate(root);
    }
    let tls = builder.build().map_err(|error| SmtpSetupError::Tls { why: error.to_string() })?;
    Ok(Lock::StartTls(tls))
}

fn read_root(path: &Path) -> Result<Vec<u8>, SmtpSetupError> {
    std::fs::read(path).map_err(|why: io::Error| SmtpSetupError::Root { path: path.to_owned(), why: why.to_string() })
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, SmtpSetupError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(|| SmtpSetupError::not_pem(path))
}
