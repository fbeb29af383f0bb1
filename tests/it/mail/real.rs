//! Against Postfix and Dovecot, started by `tests/peers/mail.sh`.

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use holdline::mail::{Circular, Letter, MailReason, Security, Sent, Smtp, SmtpSettings};
use mail_parser::MessageParser;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::{sync::mpsc, time::timeout};

use super::{FROM, letter, noon, numbered};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/mail.sh");
const PATIENCE: Duration = Duration::from_secs(30);
const LETTERS: usize = 20;
/// Twenty letters that each wait for a delayed acknowledgement; ten times as much, for a slow disk, is still no failure.
const LETTERS_TIME_MAX: Duration = Duration::from_secs(8);

struct Peers {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    submit: u16,
    smtps: u16,
    run: TempDir,
}

impl Peers {
    /// None, said loudly, if they cannot run here and need not.
    async fn start() -> Option<Self> {
        let missing = Command::new(SCRIPT).arg("missing").output().expect("bash runs the script");
        if !missing.status.success() {
            let missing = String::from_utf8_lossy(&missing.stdout).trim().replace('\n', ", ");
            let required = std::env::var("HOLDLINE_PEERS").is_ok_and(|peers| peers == "required");
            assert!(!required, "real mail servers are required: {missing}");
            // Written past the test's capture, so that it is seen.
            let _ = writeln!(io::stderr(), "NOT RUN: mail against Postfix and Dovecot: {missing}");
            return None;
        }
        let run = tempfile::tempdir().expect("a temporary folder");
        let mut child = Command::new(SCRIPT)
            .env("RUN", run.path())
            .env("STOP_ON_EOF", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the script starts");
        let (said, lines) = mpsc::unbounded_channel();
        let output = BufReader::new(child.stdout.take().expect("its output"));
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| said.send(line)));
        let mut peers = Self { child, lines, submit: 0, smtps: 0, run };
        let ready = peers.line_starting("READY ").await;
        let port = |name: &str| ready.split(' ').find_map(|word| word.strip_prefix(name)?.parse().ok());
        peers.submit = port("submit=").expect("a port");
        peers.smtps = port("smtps=").expect("a port");
        Some(peers)
    }

    async fn line_starting(&mut self, start: &str) -> String {
        let found = async {
            loop {
                let line = self.lines.recv().await.expect("the mail servers run");
                if line.starts_with(start) {
                    return line;
                }
            }
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("no line {start:?}"))
    }

    fn settings(&self, security: Security) -> SmtpSettings {
        SmtpSettings {
            host: "localhost".to_owned(),
            port: if security == Security::Tls { self.smtps } else { self.submit },
            security,
            user: Some("bob@ex.test".to_owned()),
            password: Some(SecretString::from("secret")),
            from: FROM.to_owned(),
            extra_root: Some(self.path("tls/ca.pem")),
        }
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.run.path().join(inside)
    }

    /// Waits until the letter lies in its maildir.
    async fn delivered(&mut self, sent: &Sent) {
        let Sent::Accepted { response } = sent else { panic!("{sent:?}") };
        let queued = response.rsplit(' ').next().expect("a queue id").to_owned();
        self.line_starting(&format!("DELIVERED {queued}")).await;
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn smtp(settings: &SmtpSettings) -> Smtp {
    Smtp::new(settings).expect("settings that can be used")
}

fn maildir(folder: &Path) -> Vec<Vec<u8>> {
    let files = fs::read_dir(folder).expect("a maildir").map(|file| file.expect("a file").path());
    files.map(|path| fs::read(path).expect("a letter")).collect()
}

async fn arrives_as_it_was_sent(peers: &mut Peers, security: Security, told: &Letter) {
    let sent = smtp(&peers.settings(security)).send(told, noon()).await;
    peers.delivered(&sent).await;
    let letters = maildir(&peers.path("vmail/alice/Maildir/new"));
    let parsed: Vec<_> = letters.iter().filter_map(|bytes| MessageParser::default().parse(bytes)).collect();
    let read = parsed
        .iter()
        .find(|read| read.message_id() == Some(told.message_id.as_str()))
        .expect("the letter in the maildir");
    assert_eq!(read.subject(), Some(told.subject.as_str()));
    assert_eq!(read.in_reply_to().as_text(), told.thread.as_deref());
    assert_eq!(read.to().and_then(|to| to.first()).and_then(|to| to.name()), Some(told.to_name.as_str()));
    assert_eq!(read.header("Auto-Submitted").and_then(|value| value.as_text()), Some("auto-generated"));
    assert_eq!(read.body_text(0).map(|text| text.replace("\r\n", "\n")).as_deref(), Some(told.text.as_str()));
    assert_eq!(read.body_html(0).as_deref(), Some(told.html.as_str()));
    let received = read.header_raw("Received").unwrap_or_default().to_owned();
    assert!(letters.iter().any(|bytes| String::from_utf8_lossy(bytes).contains("with ESMTPSA")), "{received}");
}

async fn a_list_gets_one_letter_each(peers: &mut Peers) {
    let list = Circular {
        message_id: "list.1.7.0@riverside.example".to_owned(),
        from_name: Some("Riverside press office".to_owned()),
        reply_to: None,
        to: vec!["alice@ex.test".to_owned(), "bob@ex.test".to_owned()],
        subject: "Über unsere Daten".to_owned(),
        text: "Grüß\n.\n..\nlast\n".to_owned(),
    };
    let smtp = smtp(&peers.settings(Security::StartTls));
    let sent = smtp.send_circular(&list, noon()).await;
    peers.delivered(&sent).await;
    let copies = |name: &str| -> Vec<Vec<u8>> {
        let named = |bytes: &Vec<u8>| {
            let read = MessageParser::default().parse(bytes).expect("a letter");
            read.message_id() == Some(list.message_id.as_str())
        };
        maildir(&peers.path(&format!("vmail/{name}/Maildir/new"))).into_iter().filter(named).collect()
    };
    // One delivery for both: the server hands them over together.
    for name in ["alice", "bob"] {
        let copies = copies(name);
        assert_eq!(copies.len(), 1, "{name}");
        let read = MessageParser::default().parse(&copies[0]).expect("a letter");
        assert_eq!(read.body_text(0).map(|text| text.replace("\r\n", "\n")).as_deref(), Some(list.text.as_str()));
        let other = if name == "alice" { "bob@ex.test" } else { "alice@ex.test" };
        assert!(!String::from_utf8_lossy(&copies[0]).contains(other), "{name} sees who else is on the list");
    }
    // One address that is not there: nobody gets it.
    let partly = Circular { to: vec!["alice@ex.test".to_owned(), "nobody@ex.test".to_owned()], ..list };
    let sent = smtp.send_circular(&partly, noon()).await;
    assert!(matches!(sent, Sent::Never { why: MailReason::Refused, .. }), "{sent:?}");
}

async fn is_refused_for_the_right_reason(peers: &Peers) {
    for security in [Security::StartTls, Security::Tls] {
        let right = peers.settings(security);
        let wrong = SmtpSettings { password: Some(SecretString::from("wrong")), ..right.clone() };
        let sent = smtp(&wrong).send(&letter(), noon()).await;
        assert_eq!(sent, Sent::Never { why: MailReason::SignInRefused, said: "535".to_owned() });
        let stranger = SmtpSettings { extra_root: None, ..right.clone() };
        let sent = smtp(&stranger).send(&letter(), noon()).await;
        assert_eq!(sent, Sent::Later { why: MailReason::TlsFailed });
        // The certificate is for localhost by name only.
        let other_name = SmtpSettings { host: "127.0.0.1".to_owned(), ..right.clone() };
        let sent = smtp(&other_name).send(&letter(), noon()).await;
        assert_eq!(sent, Sent::Later { why: MailReason::TlsFailed });
        let nobody = Letter { to: "nobody@ex.test".to_owned(), ..letter() };
        let sent = smtp(&right).send(&nobody, noon()).await;
        let Sent::Never { why: MailReason::Refused, said } = sent else { panic!("{sent:?}") };
        assert!(said.starts_with("550 ") && !said.contains("nobody@"), "{said}");
    }
}

async fn many_letters_are_quick(peers: &Peers, security: Security) {
    let smtp = smtp(&peers.settings(security));
    assert!(matches!(smtp.send(&numbered(1_000), noon()).await, Sent::Accepted { .. }));
    let start = Instant::now();
    for n in 0..LETTERS {
        let told = Letter { to: "bob@ex.test".to_owned(), ..numbered(n) };
        assert!(matches!(smtp.send(&told, noon()).await, Sent::Accepted { .. }));
    }
    let took = start.elapsed();
    let _ = writeln!(io::stderr(), "mail: {LETTERS} letters over a kept connection ({security:?}) took {took:?}");
    assert!(took < LETTERS_TIME_MAX, "{LETTERS} letters took {took:?}");
}

#[tokio::test]
async fn real_servers_take_letters_and_deliver_them() {
    let Some(mut peers) = Peers::start().await else { return };
    let awkward = Letter {
        subject: "Zustimmung nötig: „Stellungnahme“".to_owned(),
        to_name: "Zoë Ångström".to_owned(),
        text: "Grüß\n.\n..\nlast\n".to_owned(),
        ..numbered(2_000)
    };
    arrives_as_it_was_sent(&mut peers, Security::StartTls, &letter()).await;
    arrives_as_it_was_sent(&mut peers, Security::Tls, &awkward).await;
    a_list_gets_one_letter_each(&mut peers).await;
    is_refused_for_the_right_reason(&peers).await;
    many_letters_are_quick(&peers, Security::StartTls).await;
    many_letters_are_quick(&peers, Security::Tls).await;
}
