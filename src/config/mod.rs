//! The configuration: one validated value from one folder. Every problem of every file is reported at once, with its place.

mod again;
mod approval;
mod clear;
mod conditions;
mod files;
mod held;
mod installation;
mod kept;
mod keys;
mod kinds;
mod load;
mod node;
mod none;
mod order;
mod pager;
mod people;
mod playbook;
mod problem;
mod promises;
mod quiet;
mod record;
mod reference;
mod rehearsals;
mod retention;
mod sample;
mod scenario;
mod scenario_expect;
mod schema;
mod secret;
mod settings;
mod sheet;
mod snippet;
mod spelling;
mod stamp;
mod start;
mod statement;
mod steps;
mod templates;
mod watches;
mod yaml;
mod yaml_words;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;

use crate::channel::ChannelSettings;
use crate::core::accounts::Accounts;
use crate::core::name::{ChannelName, FeedName, PlaybookName};
use crate::core::period::Period;
use crate::core::quiet::Quiet;
use crate::core::rehearsal::{Recurring, Scenario};
use crate::core::retention::Retention;
use crate::core::roster::Roster;
use crate::core::rules::{Organisation, Rules};
use crate::core::watch::Watch;
use crate::feed::Feed;
use crate::mail::SmtpSettings;
use crate::pager::PagerSettings;

pub use files::FILE_BYTES_MAX;
pub use kept::{Files, audit_of, load_kept, store_of};
pub use keys::TABLES;
pub use load::{Loaded, Need, PLAYBOOKS_MAX, SCENARIOS_MAX, load, scenario, scenario_file};
pub use none::NONE;
pub use problem::{Look, Place, Problem, Weight, report};
pub use record::{Record, record};
pub use reference::reference;
pub use rehearsals::REHEARSALS_MAX;
pub use sample::{SAMPLE_KEY_FILE, sample};
pub use scenario::ENTRIES_MAX;
pub use schema::{Schema, kind_settings, schema};
pub use stamp::{Stamp, stamp};
pub use start::{Organisation as StartFor, start};
pub use templates::TEMPLATES_MAX;

/// The reference: a holdline.yaml with every key explained.
pub const DEFAULT: &str = include_str!("default.yaml");

/// Everything a running Holdline takes from its folder. Nothing in it is wrong any more.
#[derive(Debug)]
pub struct Config {
    pub folder: PathBuf,
    /// The files as they were before they were read.
    pub stamp: Stamp,
    /// Every file that it was read from.
    pub files: Files,
    pub organisation: Organisation,
    /// Whose mentions are stored and not counted.
    pub accounts: Accounts,
    pub server: Server,
    /// The SQLite file.
    pub store: PathBuf,
    /// Who looks after the machine: gets the record's signed heads where nobody else is named for it.
    pub operator: String,
    pub audit: Audit,
    pub roster: Roster,
    /// None only where the mode needs no mail (demo).
    pub mail: Option<SmtpSettings>,
    /// A second way to wake people.
    pub pager: Option<PagerSettings>,
    pub feeds: BTreeMap<FeedName, Box<dyn Feed>>,
    pub channels: BTreeMap<ChannelName, Box<dyn ChannelSettings>>,
    pub watches: Vec<Watch>,
    pub quiet: Quiet,
    pub retention: Retention,
    pub written: Written,
    /// What an incident of each playbook is opened with. The name `none` is the built-in one for an incident without a playbook.
    pub rules: BTreeMap<PlaybookName, Arc<Rules>>,
    /// What can be rehearsed with them, by the files' names.
    pub scenarios: BTreeMap<String, Scenario>,
    /// Rehearsals with the team that come again.
    pub rehearsals: Vec<Recurring>,
}

/// How the folder writes each feed and channel, without secrets: what is written alike needs no new start.
#[derive(Debug)]
pub struct Written {
    pub feeds: BTreeMap<FeedName, String>,
    pub channels: BTreeMap<ChannelName, String>,
    pub mail: String,
}

#[derive(Debug)]
pub struct Server {
    pub listen: SocketAddr,
    /// Where the operator's tools read metrics and health, without a session.
    pub metrics: Option<SocketAddr>,
    /// What mails link to, without a slash at its end.
    pub url: String,
}

#[derive(Debug)]
pub struct Audit {
    /// Keys the chain; never stored in the database.
    pub key: SecretString,
    /// Where the key was read from; none where an environment variable holds it.
    pub key_file: Option<PathBuf>,
    /// Earlier keys, under which older entries stand.
    pub previous: Vec<SecretString>,
    pub heads_to: Vec<String>,
    pub every: Period,
}
