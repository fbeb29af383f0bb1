//! Other people's servers, played here: one that answers from a list and writes down what it hears, and rude ones.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// More than any request here holds.
const REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// A request as it was heard.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// An answer: status, headers, body.
pub(crate) type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

pub(crate) fn json(status: u16, body: &str) -> Answer {
    (status, vec![("content-type", "application/json".to_owned())], body.as_bytes().to_vec())
}

pub(crate) fn bare(status: u16) -> Answer {
    (status, Vec::new(), Vec::new())
}

#[derive(Default)]
struct Table {
    heard: Mutex<Vec<Heard>>,
    answers: Mutex<VecDeque<Answer>>,
}

/// A server that gives these answers in turn, and 500 to what comes after.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    table: Arc<Table>,
    server: JoinHandle<()>,
}

impl Peer {
    pub(crate) async fn start(answers: Vec<Answer>) -> Self {
        let table = Arc::new(Table { answers: Mutex::new(answers.into()), ..Table::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&table));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, table, server }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.table.heard.lock().unwrap().clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(table): State<Arc<Table>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, REQUEST_BYTES_MAX).await.unwrap();
    let target = parts.uri.to_string();
    table.heard.lock().unwrap().push(Heard { method: parts.method, target, headers: parts.headers, body });
    let (status, headers, body) = table.answers.lock().unwrap().pop_front().unwrap_or_else(|| bare(500));
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(body)).unwrap()
}

/// What a rude server does once it has heard a whole request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rude {
    /// Resets the connection.
    Reset,
    /// Closes it.
    Close,
    /// Says these bytes, and closes.
    Say(&'static [u8]),
    /// Says nothing, and keeps the connection.
    Silent,
}

/// A rude server; what it sends back is how many connections it met.
pub(crate) struct RudePeer {
    pub(crate) address: SocketAddr,
    met: Arc<Mutex<usize>>,
    server: JoinHandle<()>,
}

impl RudePeer {
    pub(crate) async fn start(rude: Rude) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let met = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&met);
        let server = tokio::spawn(async move {
            let mut silent = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                *counted.lock().unwrap() += 1;
                hear(&mut stream).await;
                match rude {
                    Rude::Reset => stream.set_zero_linger().unwrap(),
                    Rude::Close => {}
                    Rude::Say(bytes) => stream.write_all(bytes).await.unwrap(),
                    Rude::Silent => silent.push(stream),
                }
            }
        });
        Self { address, met, server }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn met(&self) -> usize {
        *self.met.lock().unwrap()
    }
}

impl Drop for RudePeer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Reads a request to its end, as far as one comes.
async fn hear(stream: &mut TcpStream) {
    let mut heard = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&heard).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            if body.len() >= length.map_or(0, |length| length.trim().parse::<usize>().unwrap()) {
                return;
            }
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(bytes) => heard.extend_from_slice(&piece[..bytes]),
        }
    }
}

/// An address where nothing listens.
pub(crate) async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}
