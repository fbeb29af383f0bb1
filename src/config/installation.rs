//! The plain parts of `holdline.yaml`: organisation, server, store, audit, mail.

use std::net::{IpAddr, SocketAddr};
use std::path::{Component, Path, PathBuf};

use jiff::tz::TimeZone;
use secrecy::{ExposeSecret as _, SecretString};

use super::kinds::Surroundings;
use super::node::{Node, Table, Value, Word};
use super::sheet::{Sheet, meant};
use super::{Audit, Server, keys, people, secret};
use crate::core::accounts::Accounts;
use crate::core::period::Period;
use crate::core::rules::{Organisation, STAMP};
use crate::mail::{Security, Smtp, SmtpSettings, SmtpSetupError};

/// The longest stamp, in characters: it stands in every text of a rehearsal.
const STAMP_CHARS_MAX: usize = 80;
/// The fewest letters of one: nothing that other texts say by chance.
const STAMP_LETTERS_MIN: usize = 8;
/// The shortest audit key, in bytes: as long as the hash that it keys.
const AUDIT_KEY_BYTES_MIN: usize = 32;
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
const STORE: &str = "holdline.db";
const HEADS_EVERY: Period = Period::minutes(6 * 60);
const SMTP_PORT: u16 = 587;

pub(super) fn organisation(file: &Table<'_>) -> Option<Organisation> {
    let sheet = file.sheet;
    let table = file.need_table("organisation", "{ name: ..., timezone: ... }", keys::ORGANISATION)?;
    let name = table.line("name", "Riverside General Hospital");
    let timezone = table.need_word("timezone", "America/New_York");
    if let Some(word) = timezone {
        zone(sheet, word);
    }
    let hotline = table.line("hotline", "\"+1 555 010 0100\"");
    let press_office = people::address(sheet, table.need_word("press_office", "press@riverside.example"));
    let words = table.need("languages", "[en]").map(|node| node.words(sheet)).unwrap_or_default();
    let languages: Vec<String> = words.into_iter().filter_map(|word| people::language(sheet, word)).collect();
    if let Some(node) = table.get("languages").filter(|node| node.is_empty_list()) {
        sheet.refuse(&node.at, "no language is named", "name at least one, as in [en]");
    }
    let known = table.get("known").map(|node| node.words(sheet)).unwrap_or_default();
    let stamp = table.parsed("stamp", stamp).unwrap_or_else(|| STAMP.to_owned());
    Some(Organisation {
        name: name?,
        timezone: timezone?.text.to_owned(),
        hotline: hotline?,
        press_office: press_office?,
        languages,
        known: known.into_iter().map(|word| word.text.to_owned()).collect(),
        stamp,
    })
}

/// The organisation's own accounts: those that it names, and those of its channels.
pub(super) fn accounts<'a>(file: &Table<'a>, of_channels: impl Iterator<Item = &'a str>) -> Accounts {
    let entries = file.get("organisation").map(|node| node.entries(file.sheet)).unwrap_or_default();
    let named = entries.iter().find(|entry| entry.key == "accounts");
    let named = named.map(|entry| entry.value.words(file.sheet)).unwrap_or_default();
    Accounts::new(named.iter().map(|word| word.text).chain(of_channels))
}

/// A zone by its name, which must be there.
pub(super) fn zone(sheet: &Sheet, word: Word<'_>) -> Option<TimeZone> {
    let found = TimeZone::get(word.text).ok();
    if found.is_none() {
        let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let near = meant(word.text, names.iter().map(String::as_str));
        let help = if near.starts_with("did you mean") { near } else { "write it as in America/New_York".to_owned() };
        sheet.refuse(word.at, format!("there is no time zone `{}`", word.text), help);
    }
    found
}

fn stamp(text: &str) -> Result<String, String> {
    if text.chars().count() > STAMP_CHARS_MAX || text.contains('\n') {
        return Err(format!("this stamp does not fit; keep it to one line of {STAMP_CHARS_MAX} characters"));
    }
    if text.chars().filter(|c| c.is_alphabetic()).count() < STAMP_LETTERS_MIN || text.chars().any(char::is_lowercase) {
        return Err(format!(
            "`{text}` does not stand out as a stamp; write at least {STAMP_LETTERS_MIN} letters, all in capitals, as in {STAMP}"
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn server(file: &Table<'_>) -> Option<Server> {
    let table = file.need_table("server", "{ url: https://holdline.riverside.example }", keys::SERVER)?;
    let listen = table.parsed("listen", |text| address(text, "127.0.0.1:8080"));
    let metrics = table.parsed("metrics", |text| address(text, "127.0.0.1:9464"));
    let url = table.need_word("url", "https://holdline.riverside.example")?.parsed(file.sheet, url)?;
    Some(Server { listen: listen.unwrap_or(LISTEN), metrics, url })
}

fn address(text: &str, as_in: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is not an address to listen at; write it as in {as_in}"))
}

/// Links with their tokens go to this address: in clear only on this machine.
fn url(text: &str) -> Result<String, String> {
    // What stands before an @ may be a password, and problems are mailed.
    let shown = if text.contains('@') { "this".to_owned() } else { format!("`{text}`") };
    let refuse = |why: &str| Err(format!("{shown} {why}; write it as in https://holdline.riverside.example"));
    let (host, clear) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, false),
        (_, Some(rest)) => (rest, true),
        (None, None) => return refuse("is not a web address"),
    };
    let host = host.strip_suffix('/').unwrap_or(host);
    let name = host.strip_prefix('[').and_then(|rest| rest.split(']').next()).or_else(|| host.split(':').next());
    let name = name.unwrap_or_default();
    let local = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if name.is_empty() || host.contains(['/', '?', '#', '@']) || host.contains(char::is_whitespace) {
        return refuse("is not the address of a server alone");
    }
    if clear && !local {
        return refuse("would send links to approvals in clear");
    }
    Ok(text.strip_suffix('/').unwrap_or(text).to_owned())
}

/// The SQLite file. It may lie elsewhere: the folder is kept in git, the store is not.
pub(super) fn store(file: &Table<'_>, root: &Path) -> Option<PathBuf> {
    let Some(word) = file.word("store") else { return Some(root.join(STORE)) };
    word.parsed(file.sheet, |text| {
        let refuse = |why: &str| Err(format!("`{text}` {why}; write it as in sqlite:holdline.db"));
        // An address may hold a password, and problems are mailed.
        let Some(path) = text.strip_prefix("sqlite:") else {
            return Err("this is not a store that this version keeps; write it as in sqlite:holdline.db".to_owned());
        };
        let climbs = Path::new(path).components().any(|part| part == Component::ParentDir);
        if path.is_empty() || path.ends_with('/') || climbs {
            return refuse("does not name a file");
        }
        Ok(root.join(path))
    })
}

pub(super) fn operator(file: &Table<'_>) -> Option<String> {
    people::address(file.sheet, file.need_word("operator", "it@riverside.example"))
}

pub(super) fn audit(file: &Table<'_>, around: Surroundings<'_>) -> Option<Audit> {
    let sheet = file.sheet;
    let table = file.need_table("audit", "{ key: { file: audit-key } }", keys::AUDIT)?;
    let heads_to = table.get("heads_to").map(|node| node.words(sheet)).unwrap_or_default();
    let heads_to = heads_to.into_iter().filter_map(|word| people::address(sheet, Some(word))).collect();
    let every = table.parsed("every", Period::parse).unwrap_or(HEADS_EVERY);
    let earlier = table.get("previous").map(|node| node.items(sheet)).unwrap_or_default();
    let previous = earlier.iter().filter_map(|node| audit_key(sheet, node, around)).collect();
    let node = table.need("key", "{ file: audit-key }")?;
    let key = audit_key(sheet, node, around)?;
    Some(Audit { key, key_file: around.secrets.file_of(node), previous, heads_to, every })
}

fn audit_key(sheet: &Sheet, node: &Node, around: Surroundings<'_>) -> Option<SecretString> {
    let key = around.secrets.take(sheet, node)?;
    if key.expose_secret().len() < AUDIT_KEY_BYTES_MIN {
        let message = format!("the audit key is shorter than {AUDIT_KEY_BYTES_MIN} bytes");
        sheet.refuse(&node.at, message, "make one with `openssl rand -hex 32`");
    }
    // A warning and no refusal: what a container mounts is often open to all, and all may be this program alone.
    if let Some(path) = around.secrets.file_of(node).filter(|path| secret::is_open_to_all(path)) {
        let message = format!("everybody on this machine can read the audit key's file {}", path.display());
        let help = "`chmod 600` it: whoever reads the key can approve, and can rewrite the record";
        sheet.warn(&node.at, message, help);
    }
    Some(key)
}

/// The addresses that are nobody's own.
pub(super) fn houses<'a>(organisation: Option<&'a Organisation>, file: &Table<'a>) -> people::Houses<'a> {
    people::Houses {
        press_office: organisation.map(|organisation| organisation.press_office.as_str()),
        sender: sender(file),
    }
}

/// Where mail comes from, as it is written; what is wrong with it is said where mail is read.
fn sender<'n>(file: &Table<'n>) -> Option<&'n str> {
    let Value::Map(entries) = &file.get("mail")?.value else { return None };
    match &entries.iter().find(|entry| entry.key == "from")?.value.value {
        Value::Text(from) => Some(from),
        Value::Nothing | Value::Flag(_) | Value::Number(_) | Value::List(_) | Value::Map(_) => None,
    }
}

/// None where there is no `mail:`, or something is wrong in it.
pub(super) fn mail(file: &Table<'_>, around: Surroundings<'_>) -> Option<SmtpSettings> {
    let sheet = file.sheet;
    let table = file.table("mail", keys::MAIL)?;
    let from = table.need_word("from", "Riverside Holdline <holdline@riverside.example>");
    let smtp = table.need_table("smtp", "{ host: smtp.riverside.example }", keys::SMTP)?;
    let host = smtp.line("host", "smtp.riverside.example");
    let port = smtp.parsed("port", |text| {
        text.parse::<u16>().map_err(|_| format!("`{text}` is not a port; write a number, as in {SMTP_PORT}"))
    });
    let port = port.unwrap_or(SMTP_PORT);
    let security = smtp.parsed("security", security).unwrap_or_else(|| Security::usual_for(port));
    let password: Option<Option<SecretString>> =
        smtp.get("password").map(|node| around.secrets.find(sheet, node)).map_or(Some(None), |found| found.map(Some));
    let extra_root = smtp.word("ca").and_then(|word| around.folder.inside(sheet, word));
    let user = smtp.word("user").map(|word| word.text.to_owned());
    let at = smtp.at;
    let from = from?;
    let settings =
        SmtpSettings { host: host?, port, security, user, password: password?, from: from.text.to_owned(), extra_root };
    match Smtp::new(&settings) {
        // What this machine lacks is no mistake in the file.
        Ok(_) | Err(SmtpSetupError::Tls { .. }) => {}
        Err(error @ SmtpSetupError::Sender(_)) => sheet.refuse_error(from.at, &error),
        Err(error) => sheet.refuse_error(at, &error),
    }
    Some(settings)
}

fn security(text: &str) -> Result<Security, String> {
    match text {
        "tls" => Ok(Security::Tls),
        "starttls" => Ok(Security::StartTls),
        "plain" => Ok(Security::Plain),
        other => {
            Err(format!("`{other}` does not protect a connection; {}", meant(other, ["tls", "starttls", "plain"])))
        }
    }
}

const MAIL_HELP: &str =
    "add `mail:` with `from` and `smtp`, or try the folder with `holdline run --dry-run`, which sends no mail";

/// Says that something is missing where the program is to run with it.
pub(super) fn expect_mail(file: &Table<'_>) {
    if file.get("mail").is_none() {
        file.sheet.refuse(file.at, "there is no `mail:`, so nobody could be asked", MAIL_HELP);
    }
}

/// Warns where it would be missing.
pub(super) fn miss_mail(file: &Table<'_>) {
    if file.get("mail").is_none() {
        file.sheet.warn(file.at, "there is no `mail:`, so `run` would refuse to start", MAIL_HELP);
    }
}

/// Without people and roles nothing else can be checked well.
pub(super) fn expect_people(file: &Table<'_>) {
    for key in ["people", "roles"] {
        if file.get(key).is_none() {
            file.sheet.refuse(
                file.at,
                format!("`holdline.yaml` has no `{key}`"),
                format!("add `{key}:`; nobody could be asked"),
            );
        }
    }
}
