//! A guarded web socket: dialled as a call is, to an address that was judged, with bounds on every message and every silence.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::dns::Name;
use reqwest::header::{HeaderMap, HeaderValue, USER_AGENT as USER_AGENT_HEADER};
use reqwest::{StatusCode, Url};
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::client::{CONNECT_TIMEOUT, FIRST_BYTE_TIMEOUT, Fault, Http, Reach, USER_AGENT, may_be_called};
use super::names::NotGlobal;

/// Longest wait until something that we say has left.
const SAY_TIMEOUT: Duration = Duration::from_secs(10);

/// What is dialled.
#[derive(Clone, Debug)]
pub struct Dial {
    /// ws: or wss:
    pub url: Url,
    pub headers: HeaderMap,
    pub reach: Reach,
    /// The longest message that is read.
    pub message_bytes_max: usize,
    pub silence: Silence,
}

/// How long a server may say nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    /// Then it is asked whether it is still there.
    pub ask_after: Duration,
    /// How long it may take to answer that.
    pub answer_within: Duration,
}

/// Why there is no socket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialFault {
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The server answered, and opens no web socket here.
    #[error("the server answers {status} and opens no web socket")]
    Refused { status: StatusCode, headers: HeaderMap },
    #[error("what the server answers opens no web socket")]
    Garbled,
}

/// Why a socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SocketFault {
    #[error("the server closed the connection")]
    Closed,
    #[error("the connection broke")]
    Lost,
    #[error("the server said nothing any more, not even when it was asked")]
    Silent,
    #[error("the server sent a message that is larger than any it should send")]
    TooLarge,
    #[error("the server sent what no web socket carries")]
    Garbled,
}

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Text(String),
    Bytes,
}

trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Wire for T {}

/// An open web socket. Reads only when it is asked to: whoever is slow lets the server wait, and holds nothing.
pub struct Socket {
    frames: WebSocketStream<Box<dyn Wire>>,
    silence: Silence,
    heard: Instant,
    /// When the server was asked whether it is still there, and has not answered yet.
    asked: Option<Instant>,
}

/// TLS for web sockets, trusting whom this machine trusts.
pub(super) fn tls() -> Result<TlsConnector, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier::new(Arc::clone(&provider))?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

impl Http {
    /// Opens a web socket, once, and follows no redirect.
    pub async fn dial(&self, dial: Dial) -> Result<Socket, DialFault> {
        let request = request(&dial)?;
        let wire = timeout(CONNECT_TIMEOUT, self.wire(&dial)).await.map_err(|_| Fault::TooSlow)??;
        let bounds = WebSocketConfig::default()
            .max_message_size(Some(dial.message_bytes_max))
            .max_frame_size(Some(dial.message_bytes_max));
        let opening = client_async_with_config(request, wire, Some(bounds));
        let opened = timeout(FIRST_BYTE_TIMEOUT, opening).await.map_err(|_| Fault::TooSlow)?;
        let (frames, _) = opened.map_err(not_opened)?;
        Ok(Socket { frames, silence: dial.silence, heard: Instant::now(), asked: None })
    }

    async fn wire(&self, dial: &Dial) -> Result<Box<dyn Wire>, Fault> {
        let host = dial.url.host_str().ok_or(Fault::NotAllowed)?.trim_matches(['[', ']']);
        let tcp = self.connect(host, dial).await?;
        if dial.url.scheme() == "ws" {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Fault::NotAllowed)?;
        let tls = self.tls.connect(name, tcp).await.map_err(|_| Fault::NotReached)?;
        Ok(Box::new(tls))
    }

    /// Connects to what was looked up and judged, and to nothing else.
    async fn connect(&self, host: &str, dial: &Dial) -> Result<TcpStream, Fault> {
        let port = dial.url.port_or_known_default().ok_or(Fault::NotAllowed)?;
        let addresses: Vec<SocketAddr> = if let Ok(written) = host.parse::<IpAddr>() {
            vec![SocketAddr::new(written, port)]
        } else {
            let name: Name = host.parse().map_err(|_| Fault::NotAllowed)?;
            let found = self.names(dial.reach).resolve(name).await;
            let found =
                found.map_err(|error| if error.is::<NotGlobal>() { Fault::NotAllowed } else { Fault::NotReached })?;
            found.map(|address| SocketAddr::new(address.ip(), port)).collect()
        };
        // One address that swallows everything must not use up the time of the others.
        let tries = u32::try_from(addresses.len()).unwrap_or(1).max(1);
        for address in addresses {
            if let Ok(Ok(tcp)) = timeout(CONNECT_TIMEOUT / tries, TcpStream::connect(address)).await {
                return Ok(tcp);
            }
        }
        Err(Fault::NotReached)
    }
}

fn request(dial: &Dial) -> Result<Request, Fault> {
    let judged = match dial.url.scheme() {
        "ws" => "http",
        "wss" => "https",
        _ => return Err(Fault::NotAllowed),
    };
    let judged =
        Url::parse(&dial.url.as_str().replacen(dial.url.scheme(), judged, 1)).map_err(|_| Fault::NotAllowed)?;
    if !may_be_called(&judged, dial.reach) {
        return Err(Fault::NotAllowed);
    }
    let mut request = dial.url.as_str().into_client_request().map_err(|_| Fault::NotAllowed)?;
    request.headers_mut().insert(USER_AGENT_HEADER, HeaderValue::from_static(USER_AGENT));
    request.headers_mut().extend(dial.headers.clone());
    Ok(request)
}

fn not_opened(error: Error) -> DialFault {
    match error {
        Error::Http(answer) => DialFault::Refused { status: answer.status(), headers: answer.headers().clone() },
        Error::Io(_)
        | Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Tls(_)
        | Error::Protocol(ProtocolError::HandshakeIncomplete) => Fault::Lost.into(),
        Error::Capacity(_)
        | Error::Protocol(_)
        | Error::WriteBufferFull(_)
        | Error::Utf8(_)
        | Error::AttackAttempt
        | Error::Url(_)
        | Error::HttpFormat(_) => DialFault::Garbled,
    }
}

fn ended(error: &Error) -> SocketFault {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => SocketFault::Closed,
        Error::Capacity(CapacityError::MessageTooLong { .. }) => SocketFault::TooLarge,
        Error::Io(_)
        | Error::Tls(_)
        | Error::WriteBufferFull(_)
        | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => SocketFault::Lost,
        Error::Capacity(CapacityError::TooManyHeaders)
        | Error::Protocol(_)
        | Error::Utf8(_)
        | Error::AttackAttempt
        | Error::Url(_)
        | Error::Http(_)
        | Error::HttpFormat(_) => SocketFault::Garbled,
    }
}

impl Socket {
    pub async fn say(&mut self, text: String) -> Result<(), SocketFault> {
        self.send(Message::Text(text.into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), SocketFault> {
        let sent = timeout(SAY_TIMEOUT, self.frames.send(message)).await;
        sent.map_err(|_| SocketFault::Silent)?.map_err(|error| ended(&error))
    }

    /// The next message; none where nothing came until then.
    pub async fn hear(&mut self, until: Instant) -> Result<Option<Said>, SocketFault> {
        loop {
            let patience = match self.asked {
                None => self.heard + self.silence.ask_after,
                Some(asked) => asked + self.silence.answer_within,
            };
            // What is there already is taken, however late it is.
            let next = timeout_at(until.min(patience), self.frames.next()).await;
            match next {
                Err(_) if Instant::now() >= until => return Ok(None),
                Err(_) if self.asked.is_some() => return Err(SocketFault::Silent),
                Err(_) => {
                    self.send(Message::Ping(Vec::new().into())).await?;
                    self.asked = Some(Instant::now());
                }
                Ok(None) => return Err(SocketFault::Closed),
                Ok(Some(Err(error))) => return Err(ended(&error)),
                Ok(Some(Ok(message))) => {
                    self.heard = Instant::now();
                    self.asked = None;
                    match message {
                        Message::Text(text) => return Ok(Some(Said::Text(text.as_str().to_owned()))),
                        Message::Binary(_) => return Ok(Some(Said::Bytes)),
                        Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
                    }
                    if self.heard >= until {
                        return Ok(None);
                    }
                }
            }
        }
    }
}
