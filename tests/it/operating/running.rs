//! `holdline run` as a service manager starts it: the built program in a process of its own, its log read line by line.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use holdline::mail::SmtpSettings;
use reqwest::Response;
use rustix::process::{Pid, Signal, kill_process};

use crate::test_app::signature;

/// How long something may take; real time, since the machine may be busy.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct Running {
    child: Child,
    lines: Receiver<String>,
    /// Every line of the log that was read so far.
    pub(super) log: Vec<String>,
    pub(super) base: String,
    stdout: Option<ChildStdout>,
}

/// The folder's mail goes to this server from now on.
pub(super) fn mail_by(folder: &Path, server: &SmtpSettings) {
    let file = folder.join("holdline.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let smtp = format!("smtp: {{ host: {}, port: {}, security: plain }}", server.host, server.port);
    let mail = format!("\nmail:\n  from: Riverside Holdline <holdline@riverside.example>\n  {smtp}\n");
    fs::write(file, text + &mail).unwrap();
}

impl Running {
    /// Starts it and waits until it listens.
    pub(super) fn start(folder: &Path, with: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdline"));
        command.arg("run").arg(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        with(&mut command);
        let mut child = command.spawn().unwrap();
        let (say, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            // Whoever listens may have gone; the pipe is emptied all the same.
            stderr.lines().map_while(Result::ok).for_each(|line| drop(say.send(line)));
        });
        let stdout = child.stdout.take();
        let mut running = Self { child, lines, log: Vec::new(), base: String::new(), stdout };
        let line = running.until("Holdline is running");
        running.base = format!("http://{}", address_in(&line));
        running
    }

    /// The next line of the log with these words.
    pub(super) fn until(&mut self, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let line = self.lines.recv_timeout(end.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|error| panic!("no line says {words} ({error}):\n{}", self.log.join("\n")));
            self.log.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end; all that it said is in the log then, and what it printed is given back.
    pub(super) fn end(mut self) -> (ExitStatus, Vec<String>, String) {
        let status = self.child.wait().unwrap();
        self.log.extend(self.lines.iter());
        let mut printed = String::new();
        self.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        (status, std::mem::take(&mut self.log), printed)
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A signed delivery of mentions, each a line.
    pub(super) async fn deliver(&self, lines: &[String]) -> reqwest::Result<Response> {
        deliver(&self.base, lines).await
    }
}

pub(super) async fn deliver(base: &str, lines: &[String]) -> reqwest::Result<Response> {
    let (timestamp, body) = (jiff::Timestamp::now().as_second().to_string(), lines.join("\n"));
    let request = reqwest::Client::new().post(format!("{base}/in/listening"));
    let request = request.header("content-type", "application/x-ndjson");
    let request = request.header("holdline-signature", signature(&timestamp, body.as_bytes()));
    request.header("holdline-timestamp", timestamp).body(body).send().await
}

/// `127.0.0.1:8080`, however the line writes it.
pub(super) fn address_in(line: &str) -> &str {
    let from = line.find("127.0.0.1:").unwrap_or_else(|| panic!("no address in {line}"));
    let rest = &line[from..];
    rest.split(|c: char| c != '.' && c != ':' && !c.is_ascii_digit()).next().unwrap()
}

/// A test that fails leaves nothing running.
impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
