//! A mail server that takes every letter, and keeps each as a file before it says so.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use holdline::mail::{Security, SmtpSettings};
use mail_parser::MessageParser;

/// Letters of this process and of those before it are told apart by number.
static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// A letter as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) id: String,
    pub(crate) to: String,
    pub(crate) text: String,
}

/// Starts it and says how it is reached.
pub(crate) fn start(folder: &Path) -> SmtpSettings {
    fs::create_dir_all(folder).unwrap();
    TAKEN.store(fs::read_dir(folder).unwrap().count(), Ordering::SeqCst);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = folder.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let folder = folder.clone();
            // A client that goes away in the middle is the client's affair.
            thread::spawn(move || take(&stream, &folder));
        }
    });
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

fn take(mut stream: &TcpStream, folder: &Path) -> io::Result<()> {
    let mut lines = BufReader::new(stream);
    stream.write_all(b"220 mail.ex.test ESMTP\r\n")?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let answer: &[u8] = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_slice() {
            b"EHLO" => b"250-mail.ex.test\r\n250 8BITMIME\r\n",
            b"DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let mut message = Vec::new();
                while !message.ends_with(b"\r\n.\r\n") {
                    if lines.read_until(b'\n', &mut message)? == 0 {
                        return Ok(());
                    }
                }
                keep(&message, folder)?;
                b"250 2.0.0 Ok: queued\r\n"
            }
            b"QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        stream.write_all(answer)?;
    }
}

fn keep(message: &[u8], folder: &Path) -> io::Result<()> {
    let number = TAKEN.fetch_add(1, Ordering::SeqCst);
    let (part, whole): (PathBuf, PathBuf) = (folder.join(".part"), folder.join(format!("{number:06}")));
    File::create(part.with_extension(number.to_string()))?.write_all(message)?;
    fs::rename(part.with_extension(number.to_string()), whole)
}

/// Every letter, in the order in which they came.
pub(crate) fn arrived(folder: &Path) -> Vec<Arrived> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'));
    paths.sort();
    let read = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap();
        let letter = MessageParser::default().parse(&bytes).unwrap();
        let to = letter.to().and_then(|to| to.first()?.address()).unwrap().to_owned();
        Arrived { id: letter.message_id().unwrap().to_owned(), to, text: letter.body_text(0).unwrap().into_owned() }
    };
    paths.iter().map(read).collect()
}
