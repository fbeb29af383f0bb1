//! A mail server that takes everything and says when.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// A letter that was accepted just now.
pub(crate) struct Accepted {
    pub(crate) at: Instant,
    pub(crate) to: String,
}

pub(crate) struct Sink {
    pub(crate) port: u16,
    letters: Receiver<Accepted>,
}

impl Sink {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (accepted, letters) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let accepted = accepted.clone();
                // A client that goes away ends its thread.
                std::thread::spawn(move || drop(serve(&stream, &accepted)));
            }
        });
        Self { port, letters }
    }

    /// When a letter to this address was accepted; others are passed over.
    pub(crate) fn wait_for(&self, to: &str) -> Instant {
        loop {
            let letter =
                self.letters.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| panic!("no mail to {to}"));
            if letter.to.contains(to) {
                return letter.at;
            }
        }
    }

    /// Forgets what came so far.
    pub(crate) fn forget(&self) {
        while self.letters.try_recv().is_ok() {}
    }
}

fn serve(stream: &TcpStream, accepted: &Sender<Accepted>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream;
    let mut lines = BufReader::new(stream).lines();
    let mut to = String::new();
    writer.write_all(b"220 sink\r\n")?;
    while let Some(line) = lines.next() {
        let line = line?;
        let word = line.get(..4).unwrap_or(&line).to_ascii_uppercase();
        let answer: &[u8] = match word.as_str() {
            "EHLO" => b"250-sink\r\n250 8BITMIME\r\n",
            "RCPT" => {
                to.clone_from(&line);
                b"250 2.1.5 ok\r\n"
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n")?;
                for body in lines.by_ref() {
                    if body? == "." {
                        break;
                    }
                }
                // Nobody listens any more once the measurement is over.
                let _ = accepted.send(Accepted { at: Instant::now(), to: to.clone() });
                b"250 2.0.0 accepted\r\n"
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => b"250 2.0.0 ok\r\n",
        };
        writer.write_all(answer)?;
    }
    Ok(())
}
