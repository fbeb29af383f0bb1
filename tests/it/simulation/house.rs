//! The simulated hospital: its people, watches and playbook, as its files say them at the moment; and, told apart from the
//! engine, who must say yes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdline::core::accounts::Accounts;
use holdline::core::name::PlaybookName;
use holdline::core::query::Query;
use holdline::core::roster::Roster;
use holdline::core::rules::{ChannelRules, Rules};
use holdline::core::setting::Setting;
use holdline::core::watch::{Besides, Voices, Watch};
use holdline::engine::{NO_PLAYBOOK, Standing};
use serde_json::{Value, json};

pub(super) const PEOPLE: &[&str] = &["ana", "ben", "chi", "cora", "dev", "eve", "fay", "gus"];
pub(super) const ROLES: &[(&str, &[&str])] = &[
    ("comms-lead", &["ana", "ben"]),
    // Chi holds two roles, so that one person could be counted for two.
    ("privacy-officer", &["chi"]),
    ("privacy-deputy", &["cora"]),
    ("legal", &["dev", "chi"]),
    ("executive", &["eve", "fay"]),
];
/// Roles that the files may give to people who did not hold them.
pub(super) const NEWCOMERS: &[(&str, &str)] =
    &[("gus", "legal"), ("gus", "comms-lead"), ("eve", "privacy-officer"), ("fay", "legal")];
pub(super) const STATEMENTS: &[&str] = &["holding", "update", "standby", "line", "status", "instruct"];
/// What a mailed code alone does not send: the stage that asks for a session besides.
pub(super) const SIGNED_IN: &[(&str, usize)] = &[("instruct", 1)];
/// What is held once it is approved, and on the word of which role it goes out.
pub(super) const HELD: &[(&str, &str)] = &[("standby", "comms-lead")];
pub(super) const STAMP: &str = "EXERCISE - NOT REAL";

/// A stage's quorum, as this hospital means it.
pub(super) enum Need {
    All(&'static [&'static str]),
    Any(&'static [&'static str]),
    Of(usize, &'static [&'static str]),
}

/// The step that a correction or a later round comes from: it has the same ladder.
pub(super) fn step(statement: &str) -> &str {
    let first = statement.split("-correction-").next().unwrap_or(statement);
    first.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-')
}

/// The same as its playbook names it: where a playbook is taken up a second time, its steps have names of their own.
pub(super) fn root(statement: &str) -> &str {
    as_written(step(statement))
}

pub(super) fn as_written(step: &str) -> &str {
    let mut step = step;
    while let Some(before) = step.strip_suffix("-anew") {
        step = before;
    }
    step
}

/// How a round begins that has no news; its template is not the step's.
pub(super) const NOTHING_NEW: &str = "There is nothing new yet.";

/// Who must say yes to a round without news.
pub(super) const NEEDS_WITHOUT_NEWS: &[Need] = &[Need::Any(&["comms-lead", "executive"])];

/// Who must say yes to a statement, stage by stage. `lowered`: the incident opened while the files asked for less.
pub(super) fn needs(statement: &str, lowered: bool) -> &'static [Need] {
    match statement {
        "holding" if lowered => &[Need::Any(&["privacy-officer", "legal"]), Need::Any(&["comms-lead", "executive"])],
        "update" if lowered => &[Need::All(&["privacy-officer"]), Need::Any(&["comms-lead", "legal", "executive"])],
        "holding" => &[Need::All(&["privacy-officer", "legal"]), Need::Any(&["comms-lead", "executive"])],
        "update" => &[Need::All(&["privacy-officer"]), Need::Of(2, &["comms-lead", "legal", "executive"])],
        // One yes ahead, and one of an executive at the end of the ladder of `holding`.
        "line" => &[Need::Any(&["comms-lead", "legal"]), Need::Any(&["executive"])],
        "status" => &[Need::Any(&["comms-lead", "legal"])],
        "instruct" => &[Need::Any(&["privacy-officer", "privacy-deputy"]), Need::Any(&["executive", "legal"])],
        "standby" => &[Need::Any(&["comms-lead", "executive"])],
        other => panic!("this hospital says nothing called {other}"),
    }
}

/// Who may be asked where a role stays silent.
pub(super) fn stand_in(role: &str) -> Option<&'static str> {
    match role {
        "privacy-officer" => Some("privacy-deputy"),
        "legal" => Some("executive"),
        _ => None,
    }
}

/// The facts written as free text that a statement says: who fills one is an author.
pub(super) fn free_text(statement: &str) -> &'static [&'static str] {
    if statement == "update" { &["what_happened"] } else { &[] }
}

/// What the files of this hospital say now. A restart or a reload may find them changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct House {
    pub(super) setting: Setting,
    /// Who was taken out of which role.
    pub(super) out: BTreeSet<(&'static str, &'static str)>,
    /// Who was put into which role.
    pub(super) newcomers: BTreeSet<(&'static str, &'static str)>,
    /// Whose address was swapped, and how often.
    pub(super) moved: BTreeMap<&'static str, u32>,
    /// Whose delegate was struck out.
    pub(super) alone: BTreeSet<&'static str>,
    /// Counts up with each replaced wire.
    pub(super) wire: u32,
    /// Counts up with each edit of the playbook.
    pub(super) edition: u32,
    /// The playbook asks for one yes where it asked for two, and a watch for fewer mentions.
    pub(super) lowered: bool,
}

impl House {
    pub(super) fn new(setting: Setting) -> Self {
        Self {
            setting,
            out: BTreeSet::new(),
            newcomers: BTreeSet::new(),
            moved: BTreeMap::new(),
            alone: BTreeSet::new(),
            wire: 1,
            edition: 1,
            lowered: false,
        }
    }

    pub(super) fn standing(&self) -> Standing {
        let organisation = Self::organisation();
        let rules =
            [self.rules("breach", self.breach()), self.rules("outage", outage()), self.rules(NO_PLAYBOOK, none())];
        Standing {
            setting: self.setting,
            roster: Arc::new(self.roster()),
            organisation: Arc::new(serde_json::from_value(organisation).unwrap()),
            rules: rules
                .into_iter()
                .map(|rules| (PlaybookName::from(rules.playbook.name.as_str()), Arc::new(rules)))
                .collect(),
            url: "http://127.0.0.1".to_owned(),
            heads_to: vec!["it@riverside.example".to_owned()],
            operator: "it@riverside.example".to_owned(),
            accounts: Accounts::default(),
            quiet: Arc::default(),
            retention: holdline::core::retention::Retention::default(),
            folder: None,
        }
    }

    /// The live channels that the program holds; a rehearsal holds none.
    pub(super) fn channels(&self) -> BTreeMap<String, ChannelRules> {
        match self.setting {
            Setting::Live => serde_json::from_value(self.all_channels())
                .map(|all: BTreeMap<String, ChannelRules>| {
                    all.into_iter().filter(|(name, _)| name.starts_with("wire")).collect()
                })
                .unwrap(),
            Setting::Rehearsal => BTreeMap::new(),
        }
    }

    fn roster(&self) -> Roster {
        let people: serde_json::Map<_, _> = PEOPLE
            .iter()
            .map(|name| {
                let delegate = match *name {
                    _ if self.alone.contains(name) => None,
                    "ben" => Some("ana"),
                    "dev" => Some("gus"),
                    "eve" => Some("fay"),
                    _ => None,
                };
                // Dev is away from the second day on, and Gus stands in.
                let away = (*name == "dev").then(|| json!({ "from": "2026-11-23", "to": "2026-11-25" }));
                let moved = self.moved.get(name).map_or_else(String::new, ToString::to_string);
                let email = format!("{name}{moved}@riverside.example");
                let person = json!({ "name": name, "email": email, "delegate": delegate, "away": away,
                    "reads": ["en"], "shared": false });
                ((*name).to_owned(), person)
            })
            .collect();
        let roles: serde_json::Map<_, _> = ROLES
            .iter()
            .map(|(role, holders)| {
                let stay = holders.iter().filter(|name| !self.out.contains(&(**name, *role)));
                let come = self.newcomers.iter().filter(|(_, of)| of == role).map(|(name, _)| name);
                let holders: Vec<_> = stay.chain(come).collect();
                ((*role).to_owned(), json!(holders))
            })
            .collect();
        serde_json::from_value(json!({ "people": people, "roles": roles })).unwrap()
    }

    fn organisation() -> Value {
        json!({ "name": "Riverside General", "timezone": "America/New_York", "hotline": "+1 555 010 0100",
            "press_office": "press@riverside.example", "languages": ["en"], "known": [], "stamp": STAMP })
    }

    fn all_channels(&self) -> Value {
        json!({
            "wire": { "kind": "file", "account": format!("wire {}", self.wire), "reach": "network" },
            "wire-two": { "kind": "file", "account": "second wire", "reach": "network" },
            "page": { "kind": "newsroom", "account": "newsroom", "reach": "page" },
            "board": { "kind": "by_hand", "account": "notice board", "reach": { "person": "comms-lead" } },
        })
    }

    fn rules(&self, name: &str, playbook: Value) -> Rules {
        let mut playbook = playbook;
        playbook["name"] = json!(name);
        let template =
            |name: &str, source: &str| json!({ "name": name, "length": "long", "language": "en", "source": source });
        serde_json::from_value(json!({
            "organisation": Self::organisation(),
            "playbook": playbook,
            "templates": [
                template("holding", "We are looking into it. Please call {{facts.help_line}}. Next update: {{statement.next_update}}."),
                template("update", &format!("What we know (edition {}): {{{{facts.what_happened}}}} Next update: {{{{statement.next_update}}}}.", self.edition)),
                template("standby", "The wards are open again. Please call {{facts.help_line}}."),
                template("status", "Our systems are down. Next update: {{statement.next_update}}."),
                template("line", "We know of it, and we are working on it."),
                template("instruct", "Use the south entrance."),
                template("nothing-new", &format!("{NOTHING_NEW} Next update: {{{{statement.next_update}}}}.")),
            ],
            "channels": self.all_channels(),
        }))
        .unwrap()
    }

    fn breach(&self) -> Value {
        let both = if self.lowered { "any_of" } else { "all_of" };
        let two_of = if self.lowered { 1 } else { 2 };
        let accuracy = json!({ "name": "accuracy", "quorum": { both: ["privacy-officer", "legal"] }, "within": "10m",
            "else": { "privacy-officer": "privacy-deputy", "legal": "executive" } });
        let release = json!({ "name": "release", "quorum": { "any_of": ["comms-lead", "executive"] }, "within": "5m" });
        let ahead = json!({ "name": "ahead", "quorum": { "any_of": ["comms-lead", "executive"] } });
        let line_ahead = json!({ "name": "ahead", "quorum": { "any_of": ["comms-lead", "legal"] } });
        let commanded = json!({ "name": "ahead", "quorum": { "any_of": ["privacy-officer", "privacy-deputy"] } });
        let privacy = json!({ "name": "privacy", "quorum": { "all_of": ["privacy-officer"] }, "within": "10m",
            "else": { "privacy-officer": "privacy-deputy" } });
        let two = json!({ "name": "two", "quorum": { "of": { "count": two_of, "roles": ["comms-lead", "legal", "executive"] } }, "within": "15m" });
        let update = json!({ "audience": "public", "template": "update", "channels": ["wire", "board"],
            "needs": ["what_happened"], "within": "60m", "next_update": "3h", "approval": [privacy, two] });
        let mut again = update.clone();
        let mut nothing_new = update;
        nothing_new["template"] = json!("nothing-new");
        nothing_new["needs"] = json!([]);
        nothing_new["approval"] = json!([release]);
        again["again"] = json!({ "every": "3h", "nothing_new": nothing_new });
        json!({
            "title": "Patient data breach", "when_to_use": "Records were seen.",
            "severity": [{ "severity": "critical", "when": "facts.patients >= 500" },
                { "severity": "serious", "when": "spike.count > 12" }, { "severity": "elevated", "when": "true" }],
            "facts": [
                { "name": "help_line", "ask": "Where can people call?", "type": "phone", "may_stay_unknown": false },
                { "name": "what_happened", "ask": "What happened?", "type": "text", "may_stay_unknown": false },
                { "name": "patients", "ask": "How many?", "type": "number", "confirmed_by": "privacy-officer", "may_stay_unknown": true },
            ],
            "timeline": [
                { "id": "alert", "kind": { "alert": { "to": ["comms-lead", "privacy-officer"], "acknowledge_within": "10m", "otherwise": "executive" } } },
                { "id": "pause", "kind": { "task": { "todo": "Pause scheduled posts", "resume": "Let them go out", "by": "comms-lead", "within": "10m" } } },
                { "id": "tell-regulator", "at": "4h", "kind": { "task": { "todo": "Tell the regulator", "by": "privacy-officer", "within": "1h" } } },
                { "id": "holding", "kind": { "statement": { "audience": "public", "template": "holding", "channels": ["wire", "wire-two", "page"],
                    "needs": ["help_line"], "within": "20m", "next_update": "2h", "approval": [accuracy, release] } } },
                { "id": "standby", "kind": { "statement": { "use": "hold", "audience": "public", "template": "standby",
                    "channels": ["wire", "page"], "on_word_of": ["comms-lead"], "lapses": "90m", "needs": ["help_line"],
                    "approval": [ahead] } } },
                { "id": "line", "kind": { "statement": { "use": "hold", "audience": "public", "template": "line",
                    "channels": ["wire"], "instead_of": "holding", "lapses": "8h", "needs": [], "approval": [line_ahead] } } },
                { "id": "instruct", "kind": { "statement": { "use": "life_safety", "audience": "public", "template": "instruct",
                    "channels": ["wire"], "on_word_of": ["executive", "legal"], "lapses": "8h", "needs": [], "approval": [commanded] } } },
                { "id": "update", "after": { "step": "holding", "reached": "posted" },
                  "kind": { "statement": again } },
            ],
            "stand_down": { "when": "spike.count < 3", "lasting": "2h",
                "approval": [{ "name": "over", "quorum": { "any_of": ["comms-lead"] }, "within": "30m" }] },
        })
    }
}

/// What an open incident is switched to: one yes is enough for what it says, and its pause is the one that is made already.
fn outage() -> Value {
    let one = json!([{ "name": "release", "quorum": { "any_of": ["comms-lead", "legal"] }, "within": "10m" }]);
    json!({
        "title": "Systems are down", "when_to_use": "Nobody can log in.",
        "severity": [{ "severity": "serious", "when": "spike.count > 20" }, { "severity": "elevated", "when": "true" }],
        "facts": [
            { "name": "help_line", "ask": "Where can people call?", "type": "phone", "confirmed_by": "legal", "may_stay_unknown": false },
        ],
        "timeline": [
            { "id": "alert", "kind": { "alert": { "to": ["comms-lead", "legal"], "acknowledge_within": "10m", "otherwise": "executive" } } },
            { "id": "hold-all", "kind": { "task": { "todo": "Hold what is scheduled", "resume": "Let it go out", "by": "comms-lead", "within": "10m" } } },
            { "id": "status", "kind": { "statement": { "audience": "public", "template": "status", "channels": ["wire", "board", "page"],
                "needs": [], "within": "20m", "next_update": "2h", "approval": one } } },
        ],
        "stand_down": { "approval": [{ "name": "over", "quorum": { "any_of": ["comms-lead"] }, "within": "30m" }] },
    })
}

/// Where no playbook is named yet: an alert, and whoever picks one.
fn none() -> Value {
    json!({
        "title": "No playbook yet", "when_to_use": "A person picks one.", "severity": [], "facts": [],
        "timeline": [{ "id": "alert", "kind": { "alert": { "to": ["comms-lead"], "acknowledge_within": "10m", "otherwise": "executive" } } }],
        "stand_down": { "approval": [{ "name": "over", "quorum": { "any_of": ["comms-lead"] }, "within": "30m" }] },
    })
}

/// What the test knows of a watch: which words it looks for, in which feeds, and its window in minutes.
pub(super) struct Watched {
    pub(super) name: &'static str,
    pub(super) words: &'static [&'static str],
    pub(super) feeds: &'static [&'static str],
    pub(super) minutes: i64,
    query: &'static str,
    spike: &'static str,
    voices: u32,
    opens: Option<&'static str>,
}

pub(super) const WATCHED: &[Watched] = &[
    Watched {
        name: "breach",
        words: &["riverside", "leaked"],
        feeds: &["listening", "local"],
        minutes: 15,
        query: "riverside AND (breach OR leak*)",
        spike: "5 mentions in 15m",
        voices: 3,
        opens: Some("breach"),
    },
    Watched {
        name: "talk",
        words: &["riverside"],
        feeds: &["local"],
        minutes: 60,
        query: "riverside",
        spike: "9 mentions in 60m",
        voices: 4,
        opens: None,
    },
];

impl House {
    pub(super) fn watches(&self) -> Vec<Watch> {
        let kind = holdline::core::detect::KINDS.iter().find(|kind| kind.name == "more_than").unwrap();
        let watch = |watched: &Watched| Watch {
            name: watched.name.into(),
            query: Query::parse(watched.query).unwrap(),
            feeds: watched.feeds.iter().map(|feed| (*feed).into()).collect(),
            detector: (kind.parse)(watched.spike).unwrap(),
            at_least: None,
            from: Voices(watched.voices - u32::from(self.lowered)),
            besides: Besides::default(),
            opens: watched.opens.map(Into::into),
        };
        WATCHED.iter().map(watch).collect()
    }
}
