//! A mail server in the test: it hands over every letter as it arrives, and takes it or keeps silent about it.

use holdline::mail::{Security, SmtpSettings};
use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::running::PATIENCE;

/// What it does with a letter that it has heard to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Takes,
    /// Never says whether it took it.
    Silent,
}

#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) id: String,
    pub(super) to: String,
    pub(super) text: String,
}

pub(super) struct PostOffice {
    pub(super) settings: SmtpSettings,
    letters: UnboundedReceiver<Arrived>,
    /// Letters that came while another one was waited for.
    set_aside: Vec<Arrived>,
}

impl PostOffice {
    pub(super) async fn open(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (say, letters) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let say = say.clone();
                // A client that goes away in the middle is the client's affair.
                tokio::spawn(async move { drop(serve(stream, manner, &say).await) });
            }
        });
        Self { settings: reached_at(port), letters, set_aside: Vec::new() }
    }

    /// The first letter, in the order in which they came, in which `wanted` finds something.
    pub(super) async fn letter<T>(&mut self, wanted: impl Fn(&Arrived) -> Option<T>) -> T {
        let aside = self.set_aside.iter().enumerate().find_map(|(place, letter)| Some((place, wanted(letter)?)));
        if let Some((place, found)) = aside {
            self.set_aside.remove(place);
            return found;
        }
        let wait = async {
            loop {
                let letter = self.letters.recv().await.unwrap();
                match wanted(&letter) {
                    Some(found) => return found,
                    None => self.set_aside.push(letter),
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("no such letter came")
    }
}

/// A mail server of this machine, in clear.
pub(super) fn reached_at(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::Plain,
        user: None,
        password: None,
        from: "Riverside Holdline <holdline@riverside.example>".to_owned(),
        extra_root: None,
    }
}

async fn serve(stream: TcpStream, manner: Manner, say: &UnboundedSender<Arrived>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mail.ex.test ESMTP\r\n").await?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let answer: &[u8] = match line.get(..4).unwrap_or_default() {
            b"EHLO" => b"250-mail.ex.test\r\n250 8BITMIME\r\n",
            b"DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut message = Vec::new();
                while !message.ends_with(b"\r\n.\r\n") {
                    if stream.read_until(b'\n', &mut message).await? == 0 {
                        return Ok(());
                    }
                }
                // The test may be over.
                let _ = say.send(read(&message));
                match manner {
                    Manner::Takes => b"250 2.0.0 Ok: queued\r\n",
                    Manner::Silent => continue,
                }
            }
            b"QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        stream.write_all(answer).await?;
    }
}

fn read(message: &[u8]) -> Arrived {
    let letter = MessageParser::default().parse(message).unwrap();
    Arrived {
        id: letter.message_id().unwrap().to_owned(),
        to: letter.to().and_then(|to| to.first()?.address()).unwrap().to_owned(),
        text: letter.body_text(0).unwrap().into_owned(),
    }
}
