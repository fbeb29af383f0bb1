//! A server that plays: pages to whoever asks, and one script after another to whoever opens a web socket.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt as _, StreamExt as _};
use holdline::net::Url;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::PATIENCE;

/// What a script does next.
#[derive(Clone)]
pub(super) enum Act {
    Say(String),
    SayBytes(Vec<u8>),
    /// These bytes as they are, whatever they are as a frame.
    Raw(Vec<u8>),
    /// Waits for a message of the other side, and writes it down.
    Hear,
    /// Answers pings, and nothing else, until the other side goes.
    Stay,
    /// Reads nothing more and says nothing more, and keeps the connection.
    Freeze,
    /// Says goodbye.
    Close,
}

/// What meets whoever opens a web socket.
pub(super) enum Play {
    /// An answer that opens none: its status line and headers.
    Refuse(&'static str),
    /// At its end the connection is cut.
    Acts(Vec<Act>),
}

/// The answer to a target: status and headers, and a body.
pub(super) type Pages = Box<dyn Fn(&str) -> (String, String) + Send + Sync>;

struct Stage {
    pages: Pages,
    plays: Mutex<VecDeque<Play>>,
    /// Every request's head, and every message.
    heard: Mutex<Vec<String>>,
    /// How many web sockets were asked for.
    met: watch::Sender<usize>,
}

pub(super) struct Player {
    pub(super) address: SocketAddr,
    stage: Arc<Stage>,
    server: JoinHandle<()>,
}

impl Player {
    pub(super) async fn start(pages: Pages, plays: Vec<Play>) -> Self {
        Self::behind(None, pages, plays).await
    }

    /// The same, to whoever trusts its certificate.
    pub(super) async fn behind(tls: Option<TlsAcceptor>, pages: Pages, plays: Vec<Play>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stage = Arc::new(Stage {
            pages,
            plays: Mutex::new(plays.into()),
            heard: Mutex::default(),
            met: watch::Sender::default(),
        });
        let playing = Arc::clone(&stage);
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (tls, stage) = (tls.clone(), Arc::clone(&playing));
                tokio::spawn(async move {
                    match tls {
                        None => play(stream, stage).await,
                        Some(tls) => {
                            let Ok(stream) = tls.accept(stream).await else { return };
                            play(stream, stage).await;
                        }
                    }
                });
            }
        });
        Self { address, stage, server }
    }

    /// Opens web sockets only.
    pub(super) async fn streams(plays: Vec<Play>) -> Self {
        Self::start(Box::new(|_| ("404 Not Found".to_owned(), String::new())), plays).await
    }

    pub(super) fn url(&self, scheme: &str, path: &str) -> Url {
        Url::parse(&format!("{scheme}://{}{path}", self.address)).unwrap()
    }

    pub(super) fn heard(&self) -> Vec<String> {
        self.stage.heard.lock().unwrap().clone()
    }

    /// The targets that were asked for and hold this.
    pub(super) fn asked(&self, part: &str) -> Vec<String> {
        let heard = self.heard();
        let targets = heard.iter().filter_map(|head| head.strip_prefix("GET ")?.split(' ').next());
        targets.filter(|target| target.contains(part)).map(str::to_owned).collect()
    }

    /// Waits until so many web sockets were asked for.
    pub(super) async fn meets(&self, count: usize) {
        let mut met = self.stage.met.subscribe();
        tokio::time::timeout(PATIENCE, met.wait_for(|met| *met >= count)).await.expect("nobody came").unwrap();
    }

    pub(super) fn add(&self, play: Play) {
        self.stage.plays.lock().unwrap().push_back(play);
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn play<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, stage: Arc<Stage>) {
    let Some(head) = head(&mut stream).await else { return };
    stage.heard.lock().unwrap().push(head.clone());
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let Some(key) = header("sec-websocket-key") else {
        let target = head.split(' ').nth(1).unwrap();
        let (status, body) = (stage.pages)(target);
        let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let _ = stream.write_all(answer.as_bytes()).await;
        return;
    };
    stage.met.send_modify(|met| *met += 1);
    let next = stage.plays.lock().unwrap().pop_front();
    match next {
        None => {
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
        }
        Some(Play::Refuse(answer)) => {
            let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        Some(Play::Acts(acts)) => {
            let accepted = format!(
                "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: {}\r\n\r\n",
                derive_accept_key(key.as_bytes())
            );
            stream.write_all(accepted.as_bytes()).await.unwrap();
            act(WebSocketStream::from_raw_socket(stream, Role::Server, None).await, acts, &stage).await;
        }
    }
}

async fn act<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S>, acts: Vec<Act>, stage: &Stage) {
    for act in acts {
        let done = match act {
            Act::Say(text) => socket.send(Message::Text(text.into())).await.is_ok(),
            Act::SayBytes(bytes) => socket.send(Message::Binary(bytes.into())).await.is_ok(),
            Act::Raw(bytes) => socket.get_mut().write_all(&bytes).await.is_ok(),
            Act::Hear => match socket.next().await {
                Some(Ok(message)) => {
                    stage.heard.lock().unwrap().push(message.to_string());
                    true
                }
                Some(Err(_)) | None => false,
            },
            Act::Stay => {
                while let Some(Ok(_)) = socket.next().await {}
                false
            }
            Act::Freeze => std::future::pending().await,
            Act::Close => socket.close(None).await.is_ok(),
        };
        if !done {
            return;
        }
    }
}

async fn head<S: AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
