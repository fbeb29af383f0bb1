//! The invented hospital that the stories play in, and the `given:` lines that change it.

use holdline::core::playbook::{Stage, Step};
use holdline::core::roster::Roster;
use holdline::core::rules::Rules;
use holdline::core::setting::Setting;
use serde_json::{Value, json};

const HOLDING: &str = "\
# Possible data incident

We know this is worrying. {{known facts.what_happened \"We are finding out what happened.\"}}
People affected: {{known facts.records \"not known yet\"}}. Call {{facts.help_line}}.
Next update: {{statement.next_update}}.
";

const UPDATE: &str = "\
# What we know now

{{known facts.what_happened \"We do not know what happened.\"}} Next update: {{statement.next_update}}.
";

const NOTHING_NEW: &str = "\
# Nothing new yet

We have nothing new yet. Next update: {{statement.next_update}}.
";

/// Rules, people and setting of one story.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) rules: Rules,
    /// What a person picks where the incident opened without a playbook.
    pub(crate) picked: Rules,
    /// What a person switches to: the same alert and lines, another holding that knows one fact, and a task of its own.
    pub(crate) other: Option<Rules>,
    pub(crate) roster: Roster,
    pub(crate) setting: Setting,
    /// The story begins where holding is asked about.
    pub(crate) asked: bool,
}

impl World {
    pub(crate) fn new(givens: &[&str]) -> Self {
        let rules = rules();
        let mut world =
            Self { picked: rules.clone(), rules, other: None, roster: roster(), setting: Setting::Live, asked: false };
        let mut own_stages: Vec<Stage> = Vec::new();
        let (mut bare, mut another, mut pauses) = (false, false, false);
        for given in givens {
            match given.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["a", "rehearsal"] => world.setting = Setting::Rehearsal,
                ["no", "playbook"] => bare = true,
                ["another", "playbook"] => another = true,
                ["another", "playbook", "that", "pauses"] => (another, pauses) = (true, true),
                ["holding", "is", "asked", "about"] => world.asked = true,
                ["languages", names @ ..] => world.speak(&list(names)),
                ["holding", "goes", "to", channels @ ..] => {
                    world.holding(|holding| holding["channels"] = json!(list(channels)));
                }
                ["holding", "needs", facts @ ..] => world.holding(|holding| holding["needs"] = json!(list(facts))),
                ["stage", name, quorum, rest @ ..] => own_stages.push(stage(name, quorum, rest)),
                ["task", id, "by", role, rest @ ..] => {
                    let task = json!({ "task": { "todo": id, "by": role.trim_end_matches(',') } });
                    world.add_step(id, &task, rest);
                }
                ["statement", id, rest @ ..] => {
                    let mut step = serde_json::to_value(&world.rules.playbook.timeline[1].kind).unwrap();
                    step["statement"]["within"] = Value::Null;
                    world.add_step(id, &step, rest);
                }
                ["if-asked", id, rest @ ..] => world.add_if_asked(id, rest),
                ["held", id, rest @ ..] => world.add_held(id, rest),
                ["instruction", id, rest @ ..] => world.add_instruction(id, rest),
                ["rounds", id, "every", period, rest @ ..] => world.add_rounds(id, period, rest),
                ["severity", severity, "when", condition @ ..] => {
                    let rule = json!({ "severity": severity, "when": condition.join(" ") });
                    world.rules.playbook.severity.push(serde_json::from_value(rule).unwrap());
                }
                ["stand-down", "when", condition @ .., "for", lasting] => {
                    let stand_down = &mut world.rules.playbook.stand_down;
                    stand_down.when = Some(serde_json::from_value(json!(condition.join(" "))).unwrap());
                    stand_down.lasting = Some(serde_json::from_value(json!(lasting)).unwrap());
                }
                [person, "is", "away"] => {
                    let away = json!({ "from": "2026-11-01", "to": "2026-12-31" });
                    world.person(person, "away", away);
                }
                [person, "reads", languages @ ..] => world.person(person, "reads", json!(list(languages))),
                [delegate, "stands", "in", "for", person] => world.person(person, "delegate", json!(delegate)),
                [role, "is", people @ ..] => {
                    let people = list(people).into_iter().map(Into::into).collect();
                    world.roster.roles.insert((*role).into(), people);
                }
                other => panic!("no such given: {other:?}"),
            }
        }
        if !own_stages.is_empty() {
            world.holding(|holding| holding["approval"] = serde_json::to_value(&own_stages).unwrap());
        }
        if another {
            world.other = Some(other(&world.rules, pauses));
        }
        if bare {
            world.picked = world.rules.clone();
            world.rules.playbook.timeline.truncate(1);
            world.rules.playbook.facts.clear();
            "A spike without a playbook".clone_into(&mut world.rules.playbook.title);
        }
        world
    }

    fn speak(&mut self, languages: &[String]) {
        self.rules.organisation.languages = languages.to_vec();
        let template = self.rules.templates[0].clone();
        let of = |language: &String| holdline::core::rules::Template { language: language.clone(), ..template.clone() };
        self.rules.templates = languages.iter().map(of).collect();
    }

    fn holding(&mut self, change: impl FnOnce(&mut Value)) {
        let mut step = serde_json::to_value(&self.rules.playbook.timeline[1]).unwrap();
        change(&mut step["kind"]["statement"]);
        self.rules.playbook.timeline[1] = serde_json::from_value(step).unwrap();
    }

    fn person(&mut self, person: &str, key: &str, value: Value) {
        let known = self.roster.people.get_mut(person).unwrap();
        let mut changed = serde_json::to_value(&*known).unwrap();
        changed[key] = value;
        *known = serde_json::from_value(changed).unwrap();
    }

    /// Words for whoever asks: legal is told of them, and one yes makes them ready.
    fn add_if_asked(&mut self, id: &str, rest: &[&str]) {
        let mut step = serde_json::to_value(&self.rules.playbook.timeline[1].kind).unwrap();
        let said = &mut step["statement"];
        said["use"] = json!("if_asked");
        said["tell"] = json!(["legal"]);
        said["audience"] = json!("callers");
        said["channels"] = json!([]);
        said["next_update"] = Value::Null;
        said["template"] = json!("spoken");
        said["approval"] = json!([{ "name": "release", "quorum": { "any_of": ["comms-lead"] } }]);
        let source = "If you ask, call {{facts.help_line}}.";
        let template = json!({ "name": "spoken", "length": "long", "language": "en", "source": source });
        self.rules.templates.push(serde_json::from_value(template).unwrap());
        self.add_step(id, &step, rest);
    }

    /// Words held for the word of comms-lead, for two hours; one yes of an executive makes them ready.
    fn add_held(&mut self, id: &str, rest: &[&str]) {
        let mut step = serde_json::to_value(&self.rules.playbook.timeline[1].kind).unwrap();
        let held = &mut step["statement"];
        held["use"] = json!("hold");
        held["on_word_of"] = json!(["comms-lead"]);
        held["lapses"] = json!("2h");
        held["within"] = Value::Null;
        held["next_update"] = Value::Null;
        held["template"] = json!("held");
        held["approval"] = json!([{ "name": "ahead", "quorum": { "any_of": ["executive"] } }]);
        let source = "It is over. Questions: {{facts.help_line}}.";
        let template = json!({ "name": "held", "length": "long", "language": "en", "source": source });
        self.rules.templates.push(serde_json::from_value(template).unwrap());
        self.add_step(id, &step, rest);
    }

    /// An instruction that privacy approves ahead, and that whoever commands sends with one yes.
    fn add_instruction(&mut self, id: &str, rest: &[&str]) {
        let mut step = serde_json::to_value(&self.rules.playbook.timeline[1].kind).unwrap();
        let instruction = &mut step["statement"];
        instruction["use"] = json!("life_safety");
        instruction["on_word_of"] = json!(["commander", "deputy"]);
        instruction["lapses"] = json!("2h");
        instruction["within"] = Value::Null;
        instruction["next_update"] = Value::Null;
        instruction["needs"] = json!([]);
        instruction["template"] = json!("instruction");
        instruction["approval"] = json!([{ "name": "ahead", "quorum": { "any_of": ["privacy-officer"] } }]);
        self.roster.roles.insert("commander".into(), vec!["gil".into()]);
        self.roster.roles.insert("deputy".into(), vec!["fay".into()]);
        let source = "Stay away from the hospital. Use the south entrance.";
        let template = json!({ "name": "instruction", "length": "long", "language": "en", "source": source });
        self.rules.templates.push(serde_json::from_value(template).unwrap());
        self.add_step(id, &step, rest);
    }

    /// A statement that comes again: it says what happened, and without news that there is none, on one yes.
    fn add_rounds(&mut self, id: &str, period: &str, rest: &[&str]) {
        let mut step = serde_json::to_value(&self.rules.playbook.timeline[1].kind).unwrap();
        let own = &mut step["statement"];
        own["template"] = json!("update");
        own["needs"] = json!(["what_happened"]);
        own["next_update"] = json!(period);
        own["within"] = json!("30m");
        let mut nothing_new = own.clone();
        nothing_new["template"] = json!("nothing-new");
        nothing_new["needs"] = json!([]);
        nothing_new["approval"] =
            json!([{ "name": "release", "quorum": { "any_of": ["comms-lead"] }, "within": "15m" }]);
        own["again"] = json!({ "every": period, "nothing_new": nothing_new });
        for (name, source) in [("update", UPDATE), ("nothing-new", NOTHING_NEW)] {
            let template = json!({ "name": name, "length": "long", "language": "en", "source": source });
            self.rules.templates.push(serde_json::from_value(template).unwrap());
        }
        self.add_step(id, &step, rest);
    }

    /// `at 4h`, `after holding.posted`, `within 10m`, `needs a, b`, and last `when CONDITION`.
    fn add_step(&mut self, id: &str, kind: &Value, mut rest: &[&str]) {
        let mut step = json!({ "id": id, "kind": kind });
        let inner = step["kind"].as_object().unwrap().keys().next().unwrap().clone();
        loop {
            rest = match rest {
                [] => break,
                ["at", period, rest @ ..] => {
                    step["at"] = json!(period);
                    rest
                }
                ["within", period, rest @ ..] => {
                    step["kind"][&inner]["within"] = json!(period);
                    rest
                }
                ["resumed", rest @ ..] => {
                    step["kind"][&inner]["resume"] = json!("Resume what is paused");
                    rest
                }
                ["after", milestone, rest @ ..] => {
                    let (of, reached) = milestone.split_once('.').unwrap();
                    step["after"] = json!({ "step": of, "reached": reached });
                    rest
                }
                ["when", condition @ ..] => {
                    step["when"] = json!(condition.join(" "));
                    break;
                }
                ["instead", "of", other, rest @ ..] => {
                    step["kind"][&inner]["on_word_of"] = json!([]);
                    step["kind"][&inner]["instead_of"] = json!(other);
                    step["kind"][&inner]["approval"][0]["quorum"] = json!({ "any_of": ["legal"] });
                    rest
                }
                ["to", channel, rest @ ..] => {
                    step["kind"][&inner]["channels"] = json!([channel]);
                    rest
                }
                ["promises", period, rest @ ..] => {
                    step["kind"][&inner]["next_update"] = json!(period);
                    step["kind"][&inner]["template"] = json!("holding");
                    rest
                }
                ["needs", facts @ ..] => {
                    step["kind"][&inner]["needs"] = json!(list(facts));
                    break;
                }
                other => panic!("no such part of a step: {other:?}"),
            };
        }
        let step: Step = serde_json::from_value(step).unwrap();
        self.rules.playbook.timeline.push(step);
    }
}

/// Another playbook of the same hospital: one yes is enough for what it says, and legal confirms the help line.
fn other(rules: &Rules, pauses: bool) -> Rules {
    let mut other = serde_json::to_value(rules).unwrap();
    let playbook = &mut other["playbook"];
    playbook["name"] = json!("outage");
    playbook["title"] = json!("Systems are down");
    playbook["facts"][0]["confirmed_by"] = json!("legal");
    playbook["facts"].as_array_mut().unwrap().truncate(1);
    let one = json!([{ "name": "release", "quorum": { "any_of": ["comms-lead"] }, "within": "5m" }]);
    let steps = playbook["timeline"].as_array().unwrap().iter().enumerate();
    let lines = steps.filter(|(place, step)| *place < 2 || step["kind"]["statement"]["instead_of"].is_string());
    playbook["timeline"] = lines.map(|(_, step)| step.clone()).collect();
    playbook["timeline"][1]["kind"]["statement"]["approval"] = one;
    playbook["timeline"][1]["kind"]["statement"]["template"] = json!("outage");
    let task = json!({ "id": "generator", "at": "15m", "kind": { "task": { "todo": "Look at the generator", "by": "legal" } } });
    playbook["timeline"].as_array_mut().unwrap().push(task);
    if pauses {
        let pause =
            json!({ "id": "pause", "kind": { "task": { "todo": "pause", "by": "comms-lead", "resume": "resume" } } });
        playbook["timeline"].as_array_mut().unwrap().push(pause);
    }
    let source = "We are sorry. Systems are down. Call {{facts.help_line}}. Next update: {{statement.next_update}}.";
    let template = json!({ "name": "outage", "length": "long", "language": "en", "source": source });
    other["templates"].as_array_mut().unwrap().push(template);
    serde_json::from_value(other).unwrap()
}

pub(crate) fn list(words: &[&str]) -> Vec<String> {
    words.join(" ").split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

/// `accuracy all_of privacy-officer, legal within 10m else privacy-officer: privacy-deputy, legal: executive`.
fn stage(name: &str, quorum: &str, rest: &[&str]) -> Stage {
    let text = rest.join(" ");
    let (text, otherwise) = text.split_once(" else ").unwrap_or((&text, ""));
    let (roles, within) = text.split_once(" within ").unwrap_or((text, ""));
    let roles = list(&[roles]);
    let quorum = match quorum.split_once('_') {
        Some(("any" | "all", _)) => json!({ quorum: roles }),
        Some((count, "of")) => json!({ "of": { "count": count.parse::<usize>().unwrap(), "roles": roles } }),
        _ => panic!("no such quorum: {quorum}"),
    };
    let mut stage = json!({ "name": name, "quorum": quorum });
    if !within.is_empty() {
        stage["within"] = json!(within.trim());
    }
    for pair in list(&[otherwise]) {
        let (silent, instead) = pair.split_once(": ").unwrap();
        stage["else"][silent] = json!(instead);
    }
    serde_json::from_value(stage).unwrap()
}

fn roster() -> Roster {
    let person = |name: &str, reads: &[&str], shared: bool| json!({ "name": name, "email": format!("{name}@riverside.example"), "reads": reads, "shared": shared });
    let mut people = serde_json::Map::new();
    for name in ["ben", "chi", "cora", "dev", "eve", "fay", "gil"] {
        people.insert(name.to_owned(), person(name, &["en"], false));
    }
    people.insert("ana".to_owned(), person("ana", &["en", "es"], false));
    people.insert("pressroom".to_owned(), person("pressroom", &["en"], true));
    let roles = json!({
        "comms-lead": ["ana", "ben"],
        "privacy-officer": ["chi"],
        "privacy-deputy": ["cora"],
        "legal": ["dev"],
        "executive": ["eve", "fay"],
    });
    serde_json::from_value(json!({ "people": people, "roles": roles })).unwrap()
}

fn rules() -> Rules {
    let fact = |name: &str, kind: &str, unknown: bool| json!({ "name": name, "ask": "?", "type": kind, "may_stay_unknown": unknown });
    let channel = |kind: &str, reach: Value| json!({ "kind": kind, "account": "riverside.example", "reach": reach });
    let approval = json!([
        {
            "name": "accuracy",
            "quorum": { "all_of": ["privacy-officer", "legal"] },
            "within": "10m",
            "else": { "privacy-officer": "privacy-deputy", "legal": "executive" },
        },
        { "name": "release", "quorum": { "any_of": ["comms-lead", "executive"] }, "within": "5m" },
    ]);
    let holding = json!({
        "audience": "public", "template": "holding", "channels": ["website", "bluesky"], "needs": ["help_line"],
        "within": "20m", "next_update": "60m", "approval": approval,
    });
    let alert =
        json!({ "to": ["comms-lead", "privacy-officer"], "acknowledge_within": "10m", "otherwise": "executive" });
    let mut help_line = fact("help_line", "phone", false);
    help_line["confirmed_by"] = json!("privacy-officer");
    let rules = json!({
        "organisation": {
            "name": "Riverside", "timezone": "UTC", "hotline": "+1 555 010 0100", "press_office": "press@riverside.example",
            "languages": ["en"], "known": [], "stamp": "EXERCISE - NOT REAL",
        },
        "playbook": {
            "name": "breach", "title": "Patient data breach", "when_to_use": "Records were seen.", "severity": [],
            "facts": [help_line, fact("what_happened", "text", true), fact("records", "number", true)],
            "timeline": [
                { "id": "alert", "kind": { "alert": alert } },
                { "id": "holding", "kind": { "statement": holding } },
            ],
            "stand_down": { "approval": [{ "name": "end", "quorum": { "any_of": ["comms-lead"] } }] },
        },
        "templates": [{ "name": "holding", "length": "long", "language": "en", "source": HOLDING }],
        "channels": {
            "website": channel("newsroom", json!("page")),
            "bluesky": channel("bluesky", json!("network")),
            "facebook": channel("by_hand", json!({ "person": "comms-lead" })),
        },
    });
    serde_json::from_value(rules).unwrap()
}
