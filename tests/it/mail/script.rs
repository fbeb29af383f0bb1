//! A mail server that plays a given script, line by line, and writes down what it hears.

use std::collections::VecDeque;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Sends these bytes.
    Say(&'static str),
    /// Reads one line, which must begin so.
    Hear(&'static str),
    /// Reads a message up to and with its closing dot.
    Body,
    /// Closes the connection.
    Close,
    /// Says nothing more until the client has closed.
    Hang,
}
use Step::{Body, Close, Hang, Hear, Say};

pub(super) const HELLO: [Step; 3] =
    [Say("220 mail.ex.test ESMTP\r\n"), Hear("EHLO "), Say("250-mail.ex.test\r\n250 8BITMIME\r\n")];
pub(super) const ENVELOPE: [Step; 4] = [
    Hear("MAIL FROM:<holdline@riverside.example>"),
    Say("250 ok\r\n"),
    Hear("RCPT TO:<alice@ex.test>"),
    Say("250 ok\r\n"),
];
pub(super) const DATA: [Step; 3] = [Hear("DATA"), Say("354 go on\r\n"), Body];
pub(super) const TAKEN: [Step; 1] = [Say("250 2.0.0 Ok: queued as 4Xyz\r\n")];

/// One accepted letter on a connection that has greeted.
pub(super) fn one_letter() -> Vec<Step> {
    [&ENVELOPE[..], &DATA, &TAKEN].concat()
}

pub(super) struct Script {
    pub(super) port: u16,
    playing: JoinHandle<Vec<String>>,
}

impl Script {
    /// Plays one script for each connection, in order.
    pub(super) async fn play(connections: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let playing = tokio::spawn(async move {
            let mut heard = Vec::new();
            for steps in connections {
                let (stream, _) = listener.accept().await.expect("a connection");
                heard.push(play_one(stream, steps.into()).await);
            }
            heard
        });
        Self { port, playing }
    }

    /// What was heard on each connection, once the script is at its end.
    pub(super) async fn heard(self) -> Vec<String> {
        self.playing.await.expect("the script was followed")
    }
}

/// Plays one connection and returns what was heard on it.
pub(super) async fn play_one(stream: TcpStream, mut steps: VecDeque<Step>) -> String {
    let mut stream = BufReader::new(stream);
    let mut heard = Vec::new();
    while let Some(step) = steps.pop_front() {
        match step {
            Say(bytes) => stream.write_all(bytes.as_bytes()).await.expect("the client listens"),
            Hear(start) => {
                let mut line = Vec::new();
                let _ = stream.read_until(b'\n', &mut line).await.expect("a line");
                let line = String::from_utf8_lossy(&line).into_owned();
                assert!(line.starts_with(start), "heard {line:?}, wanted {start:?}");
                heard.extend(line.into_bytes());
            }
            Body => {
                let from = heard.len();
                while !heard[from..].ends_with(b"\r\n.\r\n") {
                    assert!(stream.read_until(b'\n', &mut heard).await.expect("a line") > 0, "the message was cut off");
                }
            }
            Close => break,
            Hang => {
                // A client that gives up may reset the connection; that is an end as well.
                let _ = stream.read_to_end(&mut heard).await;
            }
        }
    }
    String::from_utf8_lossy(&heard).into_owned()
}
