//! An invented hospital's data breach, brought by real events to the point where people are asked.

use holdline::core::incident::{
    Author, Cause, Effect, Event, Evidence, Incident, Opening, Spike, Verification, open, try_advance,
};
use holdline::core::lint::linted;
use holdline::core::mention::Mention;
use holdline::core::name::StepId;
use holdline::core::period::Period;
use holdline::core::roster::Roster;
use holdline::core::rules::Rules;
use holdline::core::setting::Setting;
use holdline::core::shown::Quote;
use holdline::core::statement::{DraftInput, Package, draft, edited};
use jiff::Timestamp;
use serde_json::json;

use crate::sample;

/// An incident and everything that it reads.
pub(crate) struct Breach {
    pub(crate) incident: Incident,
    pub(crate) rules: Rules,
    pub(crate) now: Timestamp,
}

pub(crate) fn rules() -> Rules {
    let mut rules = serde_json::to_value(sample::rules()).unwrap();
    let accuracy = json!({ "name": "accuracy", "quorum": { "all_of": ["privacy-officer", "legal"] }, "within": "10m",
        "else": { "privacy-officer": "privacy-deputy" } });
    let release = json!({ "name": "release", "quorum": { "any_of": ["comms-lead"] }, "within": "5m" });
    let timeline = rules["playbook"]["timeline"].as_array_mut().unwrap();
    timeline[0]["kind"]["statement"]["approval"] = json!([accuracy, release]);
    timeline[0]["kind"]["statement"]["channels"] = json!(["website", "bluesky", "facebook"]);
    timeline.remove(1);
    timeline
        .insert(0, json!({ "id": "wake", "kind": { "alert": { "to": ["comms-lead"], "acknowledge_within": "10m" } } }));
    timeline.insert(1, json!({ "id": "pause", "kind": { "task": { "todo": "Pause scheduled posts on every channel", "by": "comms-lead", "within": "10m" } } }));
    rules["playbook"]["facts"][0]["ask"] = json!("When did we learn of it?");
    rules["playbook"]["facts"][1]["ask"] = json!("What do we know happened? Confirmed facts only.");
    rules["playbook"]["facts"][2]["ask"] = json!("Where can people call?");
    rules["playbook"]["facts"][2]["suggestion"] = json!("+1 555 010 0100");
    rules["playbook"]["facts"][3]["ask"] = json!("How many people's records?");
    rules["playbook"]["facts"][3]["may_stay_unknown"] = json!(true);
    rules["channels"]["website"]["reach"] = json!("page");
    rules["channels"]["facebook"] = json!({ "kind": "by_hand", "account": "Riverside General", "reach": { "person": "comms-lead" }, "language": "en" });
    serde_json::from_value(rules).unwrap()
}

pub(crate) fn roster() -> Roster {
    let person = |name: &str, email: &str, phone: Option<&str>| json!({ "name": name, "email": email, "phone": phone, "reads": ["en", "es"], "shared": false });
    let roster = json!({
        "people": {
            "ana": person("Ana Ruiz", "ana@riverside.example", Some("+1 555 010 0111")),
            "chi": person("Chi Nwosu", "chi@riverside.example", None),
            "cora": person("Cora Haim", "cora@riverside.example", None),
            "dev": person("Dev Patel", "dev@riverside.example", None),
        },
        "roles": { "comms-lead": ["ana"], "privacy-officer": ["chi"], "privacy-deputy": ["cora"], "legal": ["dev"] },
    });
    serde_json::from_value(roster).unwrap()
}

pub(crate) fn spike() -> Spike {
    let mut minutes = vec![0, 0, 1, 0, 0, 0, 0, 1, 0, 0];
    minutes.extend([0; 38]);
    minutes.extend([0, 0, 1, 0, 1, 2, 1, 3, 4, 2, 5, 3]);
    Spike {
        watch: "breach".into(),
        count: 22,
        window: Period::minutes(15),
        more_than: 5,
        fewer_than: None,
        expected: None,
        once_in: None,
        voices: 17,
        at: sample::at("2026-11-22T17:40:30Z"),
        minutes,
        evidence: vec![Evidence { feed: "fediverse".into(), mention: "a1".to_owned() }],
        talk: None,
    }
}

pub(crate) fn quotes() -> Vec<Quote> {
    let mention = |text: &str, author: &str| Mention {
        id: text.to_owned(),
        title: None,
        text: text.to_owned(),
        author: Some(author.to_owned()),
        url: Some("https://social.example/@x/1".to_owned()),
        language: None,
        published: None,
        reach: None,
    };
    let feed = "fediverse".into();
    vec![
        Quote::of(
            &feed,
            &mention(
                "my records from Riverside General are on evil.example/dump, call me 555 010 0199 or jo@x.example",
                "jo@social.example",
            ),
        ),
        Quote::of(
            &feed,
            &mention("<script>alert(1)</script> \u{202e}kcah leaked {{facts.help_line}}", "<b>mallory</b>"),
        ),
    ]
}

impl Breach {
    /// Just opened by a spike; nobody has done anything.
    pub(crate) fn opened(setting: Setting) -> Self {
        let rules = rules();
        let now = sample::at("2026-11-22T17:41:00Z");
        let spike = Some(spike());
        let opening =
            Opening { setting, rules: rules.hash(), cause: Cause::Spike, roster: roster(), spike, pause: None };
        let (incident, _) = open(7, &opening, now, &rules);
        Self { incident, rules, now }
    }

    /// Version 1 is with the privacy officer and legal.
    pub(crate) fn asked(setting: Setting) -> Self {
        let mut breach = Self::opened(setting);
        breach.then(&Event::Claimed { by: "ana".into() });
        breach.then(&Event::Verified { verdict: Verification::Real, by: "ana".into(), reason: String::new() });
        for (name, value) in sample::facts() {
            breach.then(&Event::FactConfirmed { fact: name, value, by: "chi".into() });
        }
        breach
    }

    /// Ana has edited version 1; everyone is asked anew.
    pub(crate) fn edited(setting: Setting) -> Self {
        let mut breach = Self::asked(setting);
        let before = breach.package().clone();
        let title = before.variants[0].title.clone();
        let body = before.variants[0].body.replace("We know this is worrying.", "We know how worrying this is.");
        let package = edited(&before, vec![(0, title, body)], &breach.rules, setting).unwrap();
        breach.save(package, Author::Person("ana".into()));
        breach
    }

    /// The words of the template again, saved after Ana's.
    pub(crate) fn as_at_first(setting: Setting) -> Self {
        let mut breach = Self::edited(setting);
        let first = breach.incident.statements["holding"].versions[0].package.clone();
        breach.save(first, Author::Person("ana".into()));
        breach
    }

    pub(crate) fn package(&self) -> &Package {
        &self.incident.statements["holding"].current().unwrap().package
    }

    /// One event, and the draft that it owes.
    pub(crate) fn then(&mut self, event: &Event) {
        let (incident, effects) = try_advance(&self.incident, event, self.now, &self.rules).unwrap();
        self.incident = incident;
        if effects.iter().any(|effect| matches!(effect, Effect::Draft { .. })) {
            let package = self.draft();
            self.save(package, Author::Template);
        }
    }

    fn draft(&self) -> Package {
        let step = StepId::from("holding");
        let incident = &self.incident;
        let input = DraftInput {
            step: &step,
            setting: incident.setting,
            incident_id: incident.id,
            incident_title: &incident.title,
            severity: incident.severity,
            opened_at: incident.opened_at,
            facts: &incident.confirmed_facts(),
            spike: incident.known_spike(),
            version: 1,
            corrects: None,
            round: None,
        };
        draft(&input, &self.rules, self.now).unwrap()
    }

    fn save(&mut self, package: Package, by: Author) {
        let package = Box::new(linted(package, &self.rules, self.incident.setting, self.now));
        let replaces = self.incident.statements["holding"].version();
        let basis = self.incident.events;
        self.then(&Event::Saved { statement: "holding".into(), by, replaces, basis, package });
    }

    /// The latest request to a person.
    pub(crate) fn request_to(&self, person: &str) -> u32 {
        let mut requests = self.incident.requests.iter().rev();
        requests.find(|request| request.person.as_str() == person).unwrap().number
    }
}
