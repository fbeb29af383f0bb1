//! Loading a folder: every file is read, every problem is kept, and only a folder without any becomes a configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::files::Folder;
use super::kept::Files;
use super::kinds::{self, Surroundings};
use super::node::{Entry, Node, Table, Value};
use super::none::{self, NONE};
use super::pager;
use super::people;
use super::playbook::{self, Given};
use super::problem::{Problem, Weight};
use super::quiet;
use super::retention;
use super::secret::Secrets;
use super::sheet::Sheet;
use super::stamp::{Stamp, stamp};
use super::templates::Templates;
use super::watches::{self, Named};
use super::{Config, Written, clear, installation, keys, rehearsals, scenario as scenarios, spelling, yaml};
use crate::core::name::{ChannelName, FeedName, PlaybookName};
use crate::core::playbook::{Playbook, StepKind};
use crate::core::rehearsal::Scenario;
use crate::core::rules::{ChannelRules, Organisation, Rules, STAMP};
use crate::feed::Feed;
use crate::mail::SmtpSettings;
use crate::pager::PagerSettings;

/// The most playbooks in a folder.
pub const PLAYBOOKS_MAX: usize = 200;
/// The most scenarios in a folder.
pub const SCENARIOS_MAX: usize = 200;

pub(super) const MAIN: &str = "holdline.yaml";
const PLAYBOOKS: &str = "playbooks";
/// Within it, and no playbooks.
const SCENARIOS: &str = "playbooks/scenarios";
const YAML: &str = ".yaml";
/// A slip that would leave a playbook out in silence.
const YML: &str = ".yml";

/// How the name of a rehearsal's store ends, beside the live one.
const REHEARSAL_STORE: &str = "rehearsal.db";

/// What the configuration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To run: mail is set up, and every secret is there.
    Run,
    /// To run with the built-in mailbox in place of mail (`demo`). What `mail:` says is left alone.
    WithoutMail,
    /// To run as a rehearsal, with the real feeds: mail is left alone, no secret of a channel is read, and the store is one
    /// beside the live one.
    DryRun,
    /// To rehearse in the terminal: no secret at all is read. Not fit to listen with.
    Rehearsal,
    /// To look for mistakes: a secret that this machine does not have is a warning. Not fit to run with.
    Check,
}

#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    pub warnings: Vec<Problem>,
}

/// Reads the folder; else everything that is wrong in it, warnings included, file by file and from top to bottom.
pub fn load(folder: &Path, need: Need) -> Result<Loaded, Vec<Problem>> {
    load_from(&Folder::open(folder).map_err(|problem| vec![problem])?, need)
}

pub(super) fn load_from(folder: &Folder, need: Need) -> Result<Loaded, Vec<Problem>> {
    let stamp = stamp(folder.root());
    let mut problems = Vec::new();
    let templates = Templates::read(folder, &mut problems);
    let books = books(folder, &mut problems);
    let mut config = match folder.read(MAIN) {
        Ok(main) => {
            let config = Loading { folder, now: Timestamp::now(), stamp, need, templates: &templates, books: &books }
                .main(&main);
            problems.extend(main.into_problems());
            config
        }
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    if let Some(config) = &mut config {
        let known = books.iter().map(|book| book.name.clone()).collect();
        config.scenarios = read_scenarios(folder, config, &known, &mut problems);
        config.files = folder.files();
    }
    problems.extend(books.into_iter().flat_map(|book| book.sheet.into_problems()));
    problems.extend(templates.into_sheets().flat_map(Sheet::into_problems));
    problems.sort_by(|one, other| one.order().cmp(&other.order()));
    problems.dedup_by(|one, other| one.order() == other.order());
    match config {
        Some(config) if problems.iter().all(|problem| problem.weight == Weight::Warning) => {
            Ok(Loaded { config, warnings: problems })
        }
        Some(_) | None => Err(problems),
    }
}

/// The scenarios of the folder.
fn read_scenarios(
    folder: &Folder,
    config: &Config,
    books: &BTreeSet<String>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Scenario> {
    let mut found = BTreeMap::new();
    for path in folder.list(SCENARIOS, YAML, None, SCENARIOS_MAX, problems) {
        let name = path.strip_prefix(SCENARIOS).and_then(|name| name.strip_prefix('/')?.strip_suffix(YAML));
        let name = name.unwrap_or(&path).to_owned();
        match folder.read(&path) {
            Ok(sheet) => {
                found.extend(read_scenario(&sheet, config, books).map(|scenario| (name, scenario)));
                problems.extend(sheet.into_problems());
            }
            Err(problem) => problems.push(problem),
        }
    }
    found
}

fn read_scenario(sheet: &Sheet, config: &Config, books: &BTreeSet<String>) -> Option<Scenario> {
    let node = yaml::read(sheet).inspect(|node| clear::check(sheet, node))?;
    scenarios::read(sheet, &node, config, books)
}

/// Reads a scenario from a file that may lie anywhere, for a folder without mistakes; else everything that is wrong in it.
pub fn scenario(path: &Path, config: &Config) -> Result<Scenario, Vec<Problem>> {
    let alone = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = Folder::open(alone).map_err(|problem| vec![problem])?;
    let sheet = folder.read(&name).map_err(|problem| vec![problem])?;
    let found = read_scenario(&sheet, config, &BTreeSet::new());
    let problems = sheet.into_problems();
    let sound = problems.iter().all(|problem| problem.weight == Weight::Warning);
    found.filter(|_| sound).ok_or(problems)
}

/// A playbook's file.
struct Book {
    name: String,
    sheet: Sheet,
    node: Option<Node>,
}

fn books(folder: &Folder, problems: &mut Vec<Problem>) -> Vec<Book> {
    let mut books = Vec::new();
    for path in folder.list(PLAYBOOKS, YAML, Some(SCENARIOS), PLAYBOOKS_MAX, problems) {
        let sheet = match folder.read(&path) {
            Ok(sheet) => sheet,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let name = path.strip_prefix(PLAYBOOKS).and_then(|name| name.strip_prefix('/')?.strip_suffix(YAML));
        let name = name.unwrap_or(&path).to_owned();
        if name == NONE {
            let help = "give the file another name: `none` is what an incident without a playbook has";
            sheet.refuse(&(0..0), "this name is taken", help);
        } else {
            spelling::check_name(&sheet, &(0..0), &name);
        }
        let node = yaml::read(&sheet).inspect(|node| clear::check(&sheet, node));
        books.push(Book { name, sheet, node });
    }
    for path in folder.list(PLAYBOOKS, YML, None, PLAYBOOKS_MAX, problems) {
        let sheet = Sheet::new(path, String::new());
        sheet.refuse(&(0..0), "this file is not read", "let its name end in .yaml, or take it out");
        problems.extend(sheet.into_problems());
    }
    books
}

struct Loading<'a> {
    folder: &'a Folder,
    now: Timestamp,
    stamp: Stamp,
    need: Need,
    templates: &'a Templates,
    books: &'a [Book],
}

impl Loading<'_> {
    fn main(&self, main: &Sheet) -> Option<Config> {
        let node = yaml::read(main)?;
        clear::check(main, &node);
        let top = 0..0;
        let file = Table::of(main, MAIN, &node, &top, keys::FILE);
        let root = self.folder.root();
        let secrets = Secrets { folder: root, need: self.need, stand_in: self.need == Need::Rehearsal };
        let around = Surroundings { sheet: main, folder: self.folder, secrets };
        let organisation = installation::organisation(&file);
        let judged = organisation.clone().unwrap_or_else(unwritten);
        installation::expect_people(&file);
        let houses = installation::houses(organisation.as_ref(), &file);
        let people = people::read(main, file.get("people"), file.get("roles"), &judged.languages, houses);
        let feeds = kinds::feeds(around, file.get("feeds"));
        let channels = kinds::channels(around.for_channels(), file.get("channels"), &judged.languages, &people);
        let feed_names = names(file.get("feeds"));
        let playbooks = self.books.iter().map(|book| book.name.clone()).collect();
        let watches = watches::read(
            main,
            file.get("watches"),
            &Named { feeds: &feed_names, authors: &authors(&feeds), playbooks: &playbooks },
        );
        let quiet = quiet::read(&file, &names(file.get("watches")), &judged.zone(), self.now);
        let channel_rules: BTreeMap<ChannelName, ChannelRules> =
            channels.iter().map(|(name, channel)| (name.clone(), channel.rules())).collect();
        let given = Given {
            main,
            people: &people,
            organisation: &judged,
            channels: &channel_rules,
            channel_names: &names(file.get("channels")),
            templates: self.templates,
            has_pager: file.get("pager").is_some(),
        };
        let rules = self.rules(&given);
        let (smtp, pager) = self.ways_to_people(&file, around);
        let accounts = installation::accounts(&file, channel_rules.values().map(|channel| channel.account.as_str()));
        let server = installation::server(&file);
        let store = installation::store(&file, root).map(|store| self.beside_the_live_one(store));
        let operator = installation::operator(&file);
        let audit = installation::audit(&file, around);
        let mut config = Config {
            folder: root.to_owned(),
            stamp: self.stamp,
            files: Files::default(),
            organisation: organisation?,
            accounts,
            server: server?,
            store: store?,
            operator: operator?,
            audit: audit?,
            roster: people.roster,
            mail: smtp,
            pager,
            feeds,
            channels,
            watches,
            quiet,
            retention: retention::read(&file),
            written: Written {
                feeds: with_secrets(file.get("feeds"), secrets),
                channels: written(file.get("channels")),
                mail: file.get("mail").map(|node| node.written()).unwrap_or_default(),
            },
            rules,
            scenarios: BTreeMap::new(),
            rehearsals: Vec::new(),
        };
        config.rehearsals = rehearsals::read(&file, &config);
        Some(config)
    }

    /// Mail and pager, which a rehearsal leaves alone.
    fn ways_to_people(
        &self,
        file: &Table<'_>,
        around: Surroundings<'_>,
    ) -> (Option<SmtpSettings>, Option<PagerSettings>) {
        match self.need {
            Need::Run => installation::expect_mail(file),
            Need::Check => installation::miss_mail(file),
            Need::WithoutMail | Need::DryRun | Need::Rehearsal => return (None, None),
        }
        (installation::mail(file, around), pager::read(file, around))
    }

    /// A rehearsal never opens the live store.
    fn beside_the_live_one(&self, store: PathBuf) -> PathBuf {
        match self.need {
            Need::Run | Need::WithoutMail | Need::Check => store,
            Need::DryRun | Need::Rehearsal => store.with_extension(REHEARSAL_STORE),
        }
    }

    fn rules(&self, given: &Given<'_>) -> BTreeMap<PlaybookName, Arc<Rules>> {
        let read = |book: &Book| playbook::read(&book.sheet, &book.name, book.node.as_ref()?, given);
        let playbooks = self.books.iter().filter_map(read).chain(none::playbook(given.people));
        playbooks.map(|playbook| (playbook.name.clone(), Arc::new(rules(playbook, given)))).collect()
    }
}

/// What decisions of this playbook's incidents read, and nothing that they do not: a change elsewhere leaves the hash.
fn rules(playbook: Playbook, given: &Given<'_>) -> Rules {
    let mut templates = Vec::new();
    let mut channels = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for step in &playbook.timeline {
        match &step.kind {
            StepKind::Statement(statement) => {
                if seen.insert(statement.template.clone()) {
                    templates.extend(given.templates.named(&statement.template));
                    let nothing_new = statement.again.iter().map(|again| &again.nothing_new.template);
                    templates.extend(nothing_new.flat_map(|name| given.templates.named(name)));
                }
                let used = statement.channels.iter().filter_map(|name| given.channels.get_key_value(name));
                channels.extend(used.map(|(name, rules)| (name.clone(), rules.clone())));
            }
            StepKind::Alert(_) | StepKind::Task(_) => {}
        }
    }
    Rules { organisation: given.organisation.clone(), playbook, templates, channels }
}

/// Each entry of a table as it is written, but for its layout.
fn written<N: From<String> + Ord>(node: Option<&Node>) -> BTreeMap<N, String> {
    match node.map(|node| &node.value) {
        Some(Value::Map(entries)) => {
            entries.iter().map(|entry| (N::from(entry.key.clone()), entry.value.written())).collect()
        }
        Some(Value::Nothing | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_)) | None => {
            BTreeMap::new()
        }
    }
}

/// How each feed is written, and which secrets that means: one whose secret was changed is another feed.
fn with_secrets(node: Option<&Node>, secrets: Secrets<'_>) -> BTreeMap<FeedName, String> {
    let mut feeds = written(node);
    if let Some(Value::Map(entries)) = node.map(|node| &node.value) {
        for entry in entries {
            let feed = feeds.entry(FeedName::from(entry.key.clone())).or_default();
            feed.push_str(&secrets.fingerprint(&entry.value));
        }
    }
    feeds
}

/// The feeds that call authors otherwise than people do, and how.
fn authors(feeds: &BTreeMap<FeedName, Box<dyn Feed>>) -> BTreeMap<FeedName, &'static str> {
    feeds.iter().filter_map(|(name, feed)| Some((name.clone(), feed.authors()?))).collect()
}

/// The names that a table gives, also of what is wrong in itself.
fn names(node: Option<&Node>) -> BTreeSet<String> {
    match node.map(|node| &node.value) {
        Some(Value::Map(entries)) => entries.iter().map(|entry: &Entry| entry.key.clone()).collect(),
        Some(Value::Nothing | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_)) | None => {
            BTreeSet::new()
        }
    }
}

/// Stands for an organisation that is wrong, so that the other files can be looked at all the same.
fn unwritten() -> Organisation {
    Organisation {
        name: "the organisation".to_owned(),
        timezone: "UTC".to_owned(),
        hotline: "+1 555 010 0100".to_owned(),
        press_office: "press@riverside.example".to_owned(),
        languages: Vec::new(),
        known: Vec::new(),
        stamp: STAMP.to_owned(),
    }
}
