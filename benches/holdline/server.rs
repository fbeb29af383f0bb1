//! The program itself, as people run it: the optimised binary on a folder of its own, and what is posted to it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use holdline::core::mention::Mention;
use jiff::Timestamp;

use super::folder::{self, PATH, Plan, SECRET, on_disk};
use super::machine::{process_cpu, resident};

/// How long it may take to answer at all.
const PATIENCE: Duration = Duration::from_secs(30);
/// After this a program that just started has come to rest.
const REST: Duration = Duration::from_secs(3);

pub(crate) struct Running {
    child: Child,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) port: u16,
    /// From the start of the process to the first delivery that was stored.
    pub(crate) stored_after: Duration,
}

/// A port that nobody listens on just now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Running {
    pub(crate) fn start(watches: &[String], crossing: usize) -> Self {
        let (folder, port) = (on_disk(), free_port());
        folder::write(folder.path(), &Plan { watches: watches.to_vec(), crossing, smtp_port: free_port(), port });
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdline"));
        command.arg("run").arg(folder.path());
        let (child, stored_after) = started(command, port);
        Self { child, folder, port, stored_after }
    }

    pub(crate) fn cpu(&self) -> Duration {
        process_cpu(self.child.id())
    }

    pub(crate) fn idle_resident(&self) -> u64 {
        std::thread::sleep(REST);
        resident(self.child.id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Starts a program and waits until it has stored a delivery.
pub(crate) fn started(mut command: Command, port: u16) -> (Child, Duration) {
    let first = Delivery::of(&[mention("first", "nobody", "the first of all")]);
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let said = child.stderr.take().unwrap();
    // A pipe that nobody reads would stop it.
    let said = std::thread::spawn(move || std::io::read_to_string(said).unwrap_or_default());
    while !first.post(port).is_ok_and(|status| status == 200) {
        if let Some(status) = child.try_wait().unwrap() {
            panic!("{command:?} ended by itself, {status}, and said: {}", said.join().unwrap());
        }
        assert!(begun.elapsed() < PATIENCE, "it stores nothing: {command:?}");
        std::thread::sleep(Duration::from_micros(500));
    }
    (child, begun.elapsed())
}

pub(crate) fn end(child: &mut Child) {
    // It may have ended already.
    let _ = child.kill();
    let _ = child.wait();
}

pub(crate) fn mention(id: &str, author: &str, text: &str) -> Mention {
    Mention {
        id: id.to_owned(),
        title: None,
        text: text.to_owned(),
        author: Some(author.to_owned()),
        url: None,
        language: None,
        published: None,
        reach: None,
    }
}

/// A signed POST.
pub(crate) struct Delivery {
    pub(crate) timestamp: i64,
    pub(crate) signature: String,
    pub(crate) body: String,
}

impl Delivery {
    pub(crate) fn of(mentions: &[Mention]) -> Self {
        let lines: Vec<String> = mentions.iter().map(|mention| serde_json::to_string(mention).unwrap()).collect();
        let (body, timestamp) = (lines.join("\n"), Timestamp::now().as_second());
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(format!("{timestamp}.{body}").as_bytes());
        Self { timestamp, signature: format!("v1={}", hex::encode(mac.finalize().into_bytes())), body }
    }

    /// Posts it over a connection of its own and gives the status of the answer.
    pub(crate) fn post(&self, port: u16) -> std::io::Result<u16> {
        let Self { timestamp, signature, body } = self;
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Holdline-Timestamp: {timestamp}\r\nHoldline-Signature: {signature}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body.as_bytes()].concat())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| std::io::Error::other("no answer"))
    }
}
