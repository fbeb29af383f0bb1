//! The verbs of the stories: one line becomes one event.

use std::collections::BTreeSet;

use holdline::core::approval::{Decision, Proof};
use holdline::core::incident::{
    Asker, Author, Between, Cause, Event, Incident, Lesson, PauseStands, PostPhase, Request, RosterChange, Settlement,
    Spike, StatementPhase, Subject, Switch, Verification,
};
use holdline::core::lint::{Finding, Level, linted};
use holdline::core::name::{ChannelName, PersonId, StepId};
use holdline::core::period::Period;
use holdline::core::playbook::FactValue;
use holdline::core::roster::Person;
use holdline::core::rules::Rules;
use holdline::core::setting::Setting;
use holdline::core::severity::Severity;
use holdline::core::statement::{Digest, Package, Says, Seen, Unseen, edited};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::handed::taken_over;

/// What a line is read against.
pub(crate) struct Scene<'a> {
    pub(crate) incident: &'a Incident,
    pub(crate) rules: &'a Rules,
    pub(crate) picked: &'a Rules,
    pub(crate) at: Timestamp,
}

pub(crate) fn spike(count: &str, voices: &str, at: Timestamp) -> Spike {
    Spike {
        watch: "breach".into(),
        count: count.parse().unwrap(),
        window: Period::minutes(15),
        more_than: 5,
        fewer_than: None,
        expected: None,
        once_in: None,
        voices: voices.parse().unwrap(),
        at,
        minutes: Vec::new(),
        evidence: Vec::new(),
        talk: None,
    }
}

/// Who opens an incident in the first line.
pub(crate) fn cause(text: &str, at: Timestamp) -> (Cause, Option<Spike>) {
    let (line, reason) = text.split_once(": ").unwrap_or((text, ""));
    match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["spike", count, "mentions", "from", voices, "voices"] => (Cause::Spike, Some(spike(count, voices, at))),
        [by, "opens", "it"] => (Cause::Person { by: (*by).into(), reason: reason.to_owned() }, None),
        other => panic!("a story begins with a spike or with somebody who opens it, not {other:?}"),
    }
}

impl Scene<'_> {
    pub(crate) fn event(&self, text: &str) -> Event {
        let (line, words) = text.split_once(": ").unwrap_or((text, ""));
        let reason = words.to_owned();
        let who = |name: &str| PersonId::from(name);
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["spike", count, "mentions", "from", voices, "voices"] => {
                Event::SpikeChanged { spike: spike(count, voices, self.at) }
            }
            ["spike", count, "mentions", "from", voices, "voices", "in", watch] => {
                let spike = Spike { watch: (*watch).into(), ..spike(count, voices, self.at) };
                if self.incident.spike_of(&spike.watch).is_some() {
                    Event::SpikeChanged { spike }
                } else {
                    Event::SpikeJoined { spike }
                }
            }
            [by, "claims"] => Event::Claimed { by: who(by) },
            [by, "says", "real"] => Event::Verified { verdict: Verification::Real, by: who(by), reason: String::new() },
            [by, "says", "not", "ours"] => Event::Verified { verdict: Verification::NotOurs, by: who(by), reason },
            [by, "says", "false", "alarm"] => {
                Event::Verified { verdict: Verification::FalseAlarm, by: who(by), reason }
            }
            [by, "does", task] => Event::TaskDone { task: (*task).into(), by: who(by), note: reason },
            [by, "raises", "severity", "to", severity] => {
                Event::SeverityRaised { to: severity_named(severity), by: who(by), reason }
            }
            [by, "leaves", fact, "unknown"] => Event::FactLeftUnknown { fact: (*fact).into(), by: who(by) },
            ["the", "folder", "gives", person, rest @ ..] => self.offered(person, rest),
            ["the", "folder", "drops", "change", number] => Event::ChangeDropped { change: number.parse().unwrap() },
            [by, "agrees", "to", "change", number] => {
                Event::ChangeAgreed { change: number.parse().unwrap(), by: who(by) }
            }
            [by, "leaves", role] => Event::LeftRole { person: who(by), role: (*role).into() },
            [by, "proposes", "stand-down"] => Event::StandDownAsked { by: Asker::Person(who(by)), reason },
            [by, "closes"] => Event::Closed { by: who(by), reason },
            ["mail", "to", person, "is", "refused"] => {
                Event::MailRefused { person: who(person), why: "no such mailbox".to_owned() }
            }
            ["request", number, "is", "locked"] => Event::RequestLocked { request: number.parse().unwrap() },
            [by, "confirms", fact, value @ ..] => {
                let value = self.value(fact, &value.join(" "));
                Event::FactConfirmed { fact: (*fact).into(), value, by: who(by) }
            }
            [by, "proposes", fact, value @ ..] => {
                let value = self.value(fact, &value.join(" "));
                Event::FactProposed { fact: (*fact).into(), value, by: who(by) }
            }
            [by, "lifts", rule, "on", statement] => Event::BlockLifted {
                statement: (*statement).into(),
                digest: self.incident.statements[*statement].current().unwrap().digest,
                rule: (*rule).to_owned(),
                by: who(by),
                reason,
            },
            [by, "asks", "again", "about", statement] => {
                Event::AskedAgain { statement: (*statement).into(), by: who(by), reason }
            }
            [by, "asks", "for", "a", "fresh", "draft", "of", statement] => {
                Event::RedraftAsked { statement: (*statement).into(), by: who(by) }
            }
            [by, "saves", statement, rest @ ..] => self.save(by, statement, rest, words),
            _ => {
                let event = self
                    .timeline(line, words)
                    .or_else(|| Self::afterwards(line, words))
                    .or_else(|| Self::lesson(line, words));
                event.or_else(|| self.decision(line, words)).unwrap_or_else(|| self.post(line))
            }
        }
    }

    fn value(&self, fact: &str, value: &str) -> FactValue {
        let spec = self.rules.playbook.facts.iter().find(|spec| spec.name.as_str() == fact).unwrap();
        spec.kind.parse(value, &TimeZone::UTC).unwrap()
    }

    /// `saves holding unchanged`, `saves holding: one more sentence`, `saves holding over v1: …`, `… with a privacy block: …`.
    fn save(&self, by: &str, statement: &str, rest: &[&str], words: &str) -> Event {
        let found = &self.incident.statements[statement];
        let current = &found.current().unwrap().package;
        let mut replaces = found.version();
        let mut private = false;
        match rest {
            [] | ["unchanged"] => {}
            ["over", version] => replaces = version.trim_start_matches('v').parse().unwrap(),
            ["with", "a", "privacy", "block"] => private = true,
            other => panic!("no such way to save: {other:?}"),
        }
        let variant = &current.variants[0];
        let body = format!("{}\n{words}", variant.body);
        let edit = vec![(0, variant.title.clone(), body)];
        let package = edited(current, edit, self.rules, self.incident.setting).unwrap();
        let mut package = linted(package, self.rules, self.incident.setting, self.at);
        if private {
            package.findings.push(privacy_block());
        }
        Event::Saved {
            statement: statement.into(),
            by: if by == "template" { Author::Template } else { Author::Person(by.into()) },
            replaces,
            basis: self.incident.events,
            package: Box::new(package),
        }
    }

    /// `the folder gives ben the address new@riverside.example`, `.. gives gil the role legal`, `.. gives ben the delegate gil`.
    fn offered(&self, person: &str, rest: &[&str]) -> Event {
        let known = self.incident.roster.person(&PersonId::from(person)).cloned();
        let mut to = known.unwrap_or_else(|| Person {
            name: person.to_owned(),
            email: format!("{person}@riverside.example"),
            phone: None,
            delegate: None,
            away: None,
            reads: vec!["en".to_owned()],
            shared: false,
        });
        let mut roles = BTreeSet::new();
        match rest {
            ["the", "address", email] => (*email).clone_into(&mut to.email),
            ["the", "delegate", delegate] => to.delegate = Some((*delegate).into()),
            ["the", "role", role] => drop(roles.insert((*role).into())),
            other => panic!("the folder gives no such thing: {other:?}"),
        }
        Event::ChangeOffered { change: RosterChange { person: person.into(), to, roles } }
    }

    /// `dev approves holding`, with `by request 3` or `with other bytes`; rejects, wants changes to, takes back.
    fn decision(&self, line: &str, words: &str) -> Option<Event> {
        let line: Vec<&str> = line.split_whitespace().collect();
        let (person, verb, rest) = match line.as_slice() {
            [person, "wants", "changes", "to", rest @ ..] => (person, "wants", rest),
            [person, "takes", "back", rest @ ..] => (person, "takes back", rest),
            [person, verb @ ("approves" | "rejects"), rest @ ..] => (person, *verb, rest),
            _ => return None,
        };
        let person = PersonId::from(*person);
        let (subject, how) = rest.split_first().unwrap();
        let of = if *subject == "stand-down" { Subject::StandDown } else { Subject::Statement(StepId::from(*subject)) };
        let (request, digest) = match how {
            ["by", "request", number] => {
                let number: u32 = number.parse().unwrap();
                (number, self.incident.request(number).map_or(OTHER_BYTES, |request| request.digest))
            }
            ["with", "other", "bytes"] => (self.request_to(&person, &of, verb).number, OTHER_BYTES),
            [] | ["signed", "in"] => {
                let request = self.request_to(&person, &of, verb);
                (request.number, request.digest)
            }
            other => panic!("no such way to decide: {other:?}"),
        };
        let proof = if *how == ["signed", "in"] { Proof::SignedIn } else { Proof::Mail };
        let decision = match verb {
            "approves" => Decision::Approve,
            "rejects" => Decision::Reject { reason: words.to_owned() },
            "wants" => Decision::Changes { wanted: words.to_owned() },
            _ => return Some(Event::DecisionWithdrawn { request, person, digest }),
        };
        Some(Event::DecisionTaken { request, person, digest, decision, proof })
    }

    /// The request that somebody would answer: the latest that waits for them, else the latest of all.
    fn request_to(&self, person: &PersonId, of: &Subject, verb: &str) -> &Request {
        let mine = || self.incident.requests.iter().filter(|request| request.person == *person && request.of == *of);
        let open = mine().rfind(|request| self.incident.awaits(request, self.at).is_ok());
        let open = open.filter(|_| verb != "takes back");
        open.or_else(|| mine().next_back()).unwrap_or_else(|| panic!("{person} was never asked about {of:?}"))
    }

    /// What people do out of the playbook's order, and the hand-over.
    fn timeline(&self, line: &str, words: &str) -> Option<Event> {
        let who = |name: &str| PersonId::from(name);
        Some(match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            [by, "hands", "over", "to", to] => {
                Event::HandOverOffered { to: who(to), by: who(by), note: words.to_owned() }
            }
            ["incident", number, "has", "the", "pause"] => pause(number, PauseStands::Asked),
            ["incident", number, "settled", "the", "pause"] => pause(number, PauseStands::Settled),
            ["incident", number, "gives", "up", "the", "pause"] => pause(number, PauseStands::GivenUp),
            ["no", "incident", "is", "open"] => Event::Between(Between::AllOver),
            [by, "picks", "the", "playbook"] => {
                Event::PlaybookPicked { rules: self.picked.hash(), by: who(by), switch: None }
            }
            [by, "switches", "the", "playbook"] => self.switched(by, &[], words),
            [by, "switches", "the", "playbook", "and", "drops", tasks @ ..] => self.switched(by, tasks, words),
            [by, "links", "it", "with", "incident", number] => {
                let (with, by, reason) = (number.parse().unwrap(), who(by), words.to_owned());
                Event::Between(Between::Linked { with, by, reason })
            }
            [by, "takes", "the", "link", "with", "incident", number, "away"] => {
                let (with, by, reason) = (number.parse().unwrap(), who(by), words.to_owned());
                Event::Between(Between::Unlinked { with, by, reason })
            }
            [by, "merges", "it", "into", "incident", number] => {
                let (incident, by, reason) = (number.parse().unwrap(), who(by), words.to_owned());
                Event::Between(Between::MergedInto { incident, by, reason })
            }
            [by, "takes", "over", "incident", number] => taken_over(number, by, words, Setting::Live, self.at),
            [by, "takes", "over", "incident", number, "of", "a", "rehearsal"] => {
                taken_over(number, by, words, Setting::Rehearsal, self.at)
            }
            [by, "accepts"] => Event::HandOverAccepted { by: who(by) },
            [by, "begins", step, "early"] => Event::BegunEarly { step: (*step).into(), by: who(by) },
            [by, "leaves", "out", step] => {
                Event::StepSkipped { step: (*step).into(), by: who(by), reason: words.to_owned() }
            }
            [by, "adds", "a", "task", "for", other] => {
                Event::TaskAdded { todo: words.to_owned(), who: who(other), due: None, by: who(by) }
            }
            [by, "adds", "a", "task", "for", other, "within", period] => {
                let due = Some(Period::parse(period).unwrap().after(self.at));
                Event::TaskAdded { todo: words.to_owned(), who: who(other), due, by: who(by) }
            }
            [by, "says", "that", teller, "told", "it", "first"] => {
                let teller = serde_json::from_value(serde_json::json!(teller)).unwrap();
                Event::StoryBroken { teller, by: who(by) }
            }
            [by, "says", statement, "now", how @ ..] => {
                let found = &self.incident.statements[*statement];
                let digest = match how {
                    [] => found.current().map_or(OTHER_BYTES, |version| version.digest),
                    ["as", "of", version] => found.versions[version[1..].parse::<usize>().unwrap() - 1].digest,
                    other => panic!("no such way to say it: {other:?}"),
                };
                Event::SaidNow { statement: (*statement).into(), digest, by: who(by) }
            }
            [by, "says", statement, "to", to @ ..] => Event::Used {
                statement: (*statement).into(),
                digest: self.incident.statements[*statement].current().map_or(OTHER_BYTES, |version| version.digest),
                by: who(by),
                to: to.join(" "),
            },
            [by, "says", "nothing", "new", "in", statement] => {
                Event::TextPicked { statement: (*statement).into(), says: Says::NothingNew, by: who(by) }
            }
            [by, "says", "what", "is", "new", "in", statement] => {
                Event::TextPicked { statement: (*statement).into(), says: Says::Own, by: who(by) }
            }
            _ => return None,
        })
    }

    /// What becomes of a post after it was made, and the kill switch.
    fn afterwards(line: &str, words: &str) -> Option<Event> {
        let url = || "https://social.example/1".to_owned();
        let why = || "it said so".to_owned();
        let reason = words.to_owned();
        let names = |statement: &str, channel: &str| (StepId::from(statement), ChannelName::from(channel));
        Some(match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["posted", statement, "on", channel, found] => {
                let ((statement, channel), url) = (names(statement, channel), url());
                let seen = match *found {
                    "matches" => Seen::Matches,
                    "differs" => Seen::Differs,
                    "hides" => Seen::CouldNotBeSeen { why: Unseen::SignIn },
                    other => panic!("no such look: {other}"),
                };
                Event::PostSeen { statement, channel, url, seen }
            }
            [by, "wants", statement, "down", "from", channel] => {
                let ((statement, channel), by) = (names(statement, channel), PersonId::from(*by));
                Event::TakeDownAsked { statement, channel, by, reason }
            }
            [channel, "took", statement, "down"] => {
                let (statement, channel) = names(statement, channel);
                Event::TakenDown { statement, channel, by: None }
            }
            [by, "took", statement, "down", "from", channel] => {
                let ((statement, channel), by) = (names(statement, channel), Some(PersonId::from(*by)));
                Event::TakenDown { statement, channel, by }
            }
            [channel, "cannot", "take", statement, "down"] => {
                let (statement, channel) = names(statement, channel);
                Event::TakeDownFailed { statement, channel, why: why() }
            }
            [by, "corrects", statement] => {
                Event::CorrectionBegun { of: StepId::from(*statement), by: PersonId::from(*by), reason }
            }
            [by, "stops", "posting"] => Event::PostingStopped { by: (*by).to_owned(), reason },
            ["inject"] => Event::Injected { words: reason, for_duty: false },
            ["inject", "for", "duty"] => Event::Injected { words: reason, for_duty: true },
            ["broken", "off"] => Event::BrokenOff { why: reason },
            [by, "resumes", "posting"] => Event::PostingResumed { by: (*by).to_owned() },
            _ => return None,
        })
    }

    /// What is written down once it is over.
    fn lesson(line: &str, words: &str) -> Option<Event> {
        let words = words.to_owned();
        let (by, lesson) = match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            [by, "keeps"] => (*by, Lesson::Keep { words }),
            [by, "changes"] => (*by, Lesson::Change { words }),
            [by, "has", owner, "follow", "up", "until", day] => {
                (*by, Lesson::FollowUp { words, owner: (*owner).into(), due: day.parse().unwrap() })
            }
            [by, "followed", "up", number] => {
                let (lesson, by) = (number.parse().unwrap(), PersonId::from(*by));
                return Some(Event::FollowUpDone { lesson, by, note: words });
            }
            _ => return None,
        };
        Some(Event::LessonAdded { lesson, by: by.into() })
    }

    fn switched(&self, by: &str, drop: &[&str], reason: &str) -> Event {
        let drop = super::world::list(drop).into_iter().map(StepId::from).collect();
        let switch = Some(Switch { to: self.picked.playbook.title.clone(), reason: reason.to_owned(), drop });
        Event::PlaybookPicked { rules: self.picked.hash(), by: by.into(), switch }
    }

    fn post(&self, line: &str) -> Event {
        let url = || "https://social.example/1".to_owned();
        let why = || "it said so".to_owned();
        let names = |statement: &str, channel: &str| (StepId::from(statement), ChannelName::from(channel));
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            [statement, "goes", "to", channel] => {
                let attempt = self.owed_attempt(statement, channel);
                let (statement, channel) = names(statement, channel);
                Event::PostIntended { statement, channel, attempt }
            }
            [channel, "takes", statement] => {
                let (statement, channel) = names(statement, channel);
                Event::PostConfirmed { statement, channel, url: url() }
            }
            [channel, "puts", "off", statement] => {
                let (statement, channel) = names(statement, channel);
                Event::PostPutOff { statement, channel, why: why(), not_before: Timestamp::UNIX_EPOCH }
            }
            [channel, "refuses", statement] => {
                let (statement, channel) = names(statement, channel);
                Event::PostRefused { statement, channel, why: why() }
            }
            [channel, "cannot", "say", "about", statement] => {
                let (statement, channel) = names(statement, channel);
                Event::PostUnknown { statement, channel, why: why() }
            }
            [by, "finds", statement, "on", channel] => {
                let ((statement, channel), by) = (names(statement, channel), PersonId::from(*by));
                Event::PostSettled { statement, channel, by, found: Settlement::There { url: url() } }
            }
            [by, "finds", statement, "not", "on", channel] => {
                let ((statement, channel), by) = (names(statement, channel), PersonId::from(*by));
                Event::PostSettled { statement, channel, by, found: Settlement::NotThere }
            }
            [channel, "does", "not", "show", statement] => {
                let (statement, channel) = names(statement, channel);
                Event::PostNotFound { statement, channel, why: why() }
            }
            [by, "posted", statement, "on", channel] => {
                let ((statement, channel), by) = (names(statement, channel), PersonId::from(*by));
                Event::PostedByHand { statement, channel, by, url: url() }
            }
            other => panic!("no such verb: {other:?}"),
        }
    }

    fn owed_attempt(&self, statement: &str, channel: &str) -> u32 {
        match self.incident.statements.get(statement).map(|found| &found.phase) {
            Some(StatementPhase::Posting(posting)) => match posting.posts.get(channel) {
                Some(PostPhase::Owed { attempt }) => *attempt,
                Some(_) | None => 1,
            },
            Some(_) | None => 1,
        }
    }
}

fn pause(incident: &str, stands: PauseStands) -> Event {
    Event::Between(Between::PauseElsewhere { incident: incident.parse().unwrap(), stands })
}

/// The hash of bytes that nobody was shown.
const OTHER_BYTES: Digest = Digest::from_bytes([7; 32]);

fn privacy_block() -> Finding {
    Finding {
        rule: "patient-name".to_owned(),
        level: Level::PrivacyBlock,
        place: "long text, en".to_owned(),
        found: "a name".to_owned(),
        remedy: "take it out".to_owned(),
    }
}

fn severity_named(name: &str) -> Severity {
    serde_json::from_value(serde_json::json!(name)).unwrap()
}

/// What the drafter does at once where a draft is owed.
pub(crate) fn drafted(incident: &Incident, rules: &Rules, statement: &StepId, at: Timestamp) -> Event {
    let input = holdline::core::statement::DraftInput {
        step: statement,
        setting: incident.setting,
        incident_id: incident.id,
        incident_title: &incident.title,
        severity: incident.severity,
        opened_at: incident.opened_at,
        facts: &incident.confirmed_facts(),
        spike: incident.known_spike(),
        version: incident.statements[statement].version() + 1,
        corrects: incident.corrected_by(statement),
        round: incident.round_of(statement, rules),
    };
    match holdline::core::statement::draft(&input, rules, at) {
        Ok(package) => {
            let package: Package = linted(package, rules, incident.setting, at);
            let (replaces, basis) = (incident.statements[statement].version(), incident.events);
            let (statement, package) = (statement.clone(), Box::new(package));
            Event::Saved { statement, by: Author::Template, replaces, basis, package }
        }
        Err(error) => Event::DraftFailed { statement: statement.clone(), why: error.to_string() },
    }
}
