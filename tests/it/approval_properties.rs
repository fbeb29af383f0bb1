//! Approval against a plainer reading of the same votes: whatever people do and in whatever order, nothing unapproved goes out.

use std::collections::{BTreeMap, BTreeSet};

use holdline::core::approval::{Decision, Proof};
use holdline::core::incident::{
    Asker, Author, Cause, Deadline, Effect, Event, Incident, IncidentPhase, Opening, PostPhase, Settlement,
    StatementPhase, Subject, Verification, advance, fold, open, try_advance,
};
use holdline::core::name::{PersonId, RoleName, StepId};
use holdline::core::playbook::{FactValue, Quorum, Stage, StepKind};
use holdline::core::rules::Rules;
use holdline::core::statement::Digest;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::transcripts::verbs::drafted;
use crate::transcripts::world::World;

const PEOPLE: [&str; 8] = ["ana", "ben", "chi", "cora", "dev", "eve", "fay", "pressroom"];
const ROLES: [&str; 5] = ["comms-lead", "privacy-officer", "privacy-deputy", "legal", "executive"];
const HOLDING: &str = "holding";

/// What a person did, as numbers that are read against the state: most are sensible, some are nonsense.
type Move = (u8, u8, u8, u8);

fn stages() -> impl Strategy<Value = Vec<Stage>> {
    let roles = proptest::sample::subsequence(&ROLES[..], 1..=3);
    let stage = (roles, 0..4usize, any::<bool>(), 0..5usize).prop_map(|(roles, kind, within, instead)| {
        let names: Vec<RoleName> = roles.iter().map(|role| RoleName::from(*role)).collect();
        let otherwise = roles.first().map(|role| (RoleName::from(*role), RoleName::from(ROLES[instead])));
        let quorum = match kind {
            0 => Quorum::AnyOf(names),
            1 => Quorum::AllOf(names),
            count => Quorum::Of { count: count - 1, roles: names },
        };
        Stage {
            proof: Proof::Mail,
            name: "stage".to_owned(),
            quorum,
            within: within.then(|| holdline::core::period::Period::minutes(10)),
            otherwise: otherwise.into_iter().collect(),
        }
    });
    proptest::collection::vec(stage, 1..=3)
}

fn world() -> impl Strategy<Value = World> {
    let holders = proptest::collection::vec(proptest::sample::subsequence(&PEOPLE[..], 0..=3), ROLES.len());
    let absences = proptest::collection::vec((any::<bool>(), 0..PEOPLE.len(), 0..4u8), PEOPLE.len());
    (stages(), holders, absences).prop_map(|(stages, holders, absences)| {
        let mut world = World::new(&["holding goes to bluesky, facebook"]);
        for (role, people) in ROLES.iter().zip(holders) {
            world.roster.roles.insert((*role).into(), people.into_iter().map(PersonId::from).collect());
        }
        for (name, (away, delegate, reads)) in PEOPLE.iter().zip(absences) {
            let person = world.roster.people.get_mut(*name).unwrap();
            let absence = holdline::core::roster::Away {
                from: jiff::civil::date(2026, 11, 1),
                to: jiff::civil::date(2026, 12, 31),
            };
            person.away = away.then_some(absence);
            person.delegate = (PEOPLE[delegate] != *name).then(|| PEOPLE[delegate].into());
            if reads == 0 {
                person.reads.clear();
            }
        }
        let StepKind::Statement(holding) = &mut world.rules.playbook.timeline[1].kind else { panic!("no statement") };
        holding.approval = stages;
        holding.needs.clear();
        let source = &mut world.rules.templates[0].source;
        *source = source.replace("{{facts.help_line}}", "{{known facts.help_line \"us\"}}");
        world
    })
}

/// One incident under random moves, with its own memory of who said yes to what.
struct Run {
    rules: Rules,
    incident: Incident,
    at: Timestamp,
    events: Vec<(Timestamp, Event)>,
    timers: Vec<(Timestamp, Deadline)>,
    /// Round, stage and person of every yes that was taken and not taken back, with the bytes it was for.
    yes: BTreeMap<(u32, usize, PersonId), Digest>,
    /// Which asking runs, and whose words it is about.
    round: Option<u32>,
    hands: BTreeSet<PersonId>,
    ended: bool,
}

impl Run {
    fn start(world: &World) -> Self {
        let at: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let rules = world.rules.clone();
        let cause = Cause::Person { by: "gil".into(), reason: "a call".to_owned() };
        let opening = Opening {
            setting: world.setting,
            rules: rules.hash(),
            cause,
            roster: world.roster.clone(),
            spike: None,
            pause: None,
        };
        let (incident, effects) = open(1, &opening, at, &rules);
        let events = vec![(at, Event::Opened(opening))];
        let mut run = Self {
            rules,
            incident,
            at,
            events,
            timers: Vec::new(),
            yes: BTreeMap::new(),
            round: None,
            hands: BTreeSet::new(),
            ended: false,
        };
        run.carry_out(&effects);
        run
    }

    /// Takes an event if the core does; the checks hold after each.
    fn take(&mut self, event: Event) -> bool {
        let tried = try_advance(&self.incident, &event, self.at, &self.rules);
        let advanced = advance(self.incident.clone(), &event, self.at, &self.rules);
        let Ok((next, effects)) = tried else {
            assert_eq!(advanced, (self.incident.clone(), Vec::new()), "a refused event changed something");
            return false;
        };
        assert_eq!(advanced, (next.clone(), effects.clone()));
        self.remember(&event);
        self.incident = next;
        self.events.push((self.at, event));
        self.ended |= !self.incident.is_running();
        self.note_round();
        self.check(&effects);
        self.carry_out(&effects);
        true
    }

    fn note_round(&mut self) {
        if let StatementPhase::Asking(ballot) = &self.incident.statements[HOLDING].phase
            && self.round != Some(ballot.round())
        {
            self.round = Some(ballot.round());
            self.hands = self.authors();
        }
    }

    fn remember(&mut self, event: &Event) {
        if let Event::DecisionTaken { request, person, digest, decision: Decision::Approve, .. } = event {
            let asked = self.incident.request(*request).unwrap();
            assert_eq!((&asked.person, &asked.digest), (person, digest), "a yes to something else was taken");
            if asked.of == Subject::Statement(HOLDING.into()) {
                self.yes.insert((asked.round, asked.stage, person.clone()), *digest);
            }
        }
        if let Event::DecisionWithdrawn { request, person, .. } = event {
            let asked = self.incident.request(*request).unwrap();
            self.yes.remove(&(asked.round, asked.stage, person.clone()));
        }
        if let Event::PostIntended { .. } = event {
            assert!(!self.ended, "an intent to post was recorded after the end");
            assert!(self.incident.approved(&HOLDING.into()).is_some());
        }
    }

    fn carry_out(&mut self, effects: &[Effect]) {
        for effect in effects {
            if let Effect::WakeAt { of, at } = effect {
                self.timers.push((*at, of.clone()));
            }
            if let Effect::Draft { statement } = effect {
                let event = drafted(&self.incident, &self.rules, statement, self.at);
                self.take(event);
            }
        }
    }

    fn check(&self, effects: &[Effect]) {
        let posts = effects.iter().any(|effect| matches!(effect, Effect::Post { .. } | Effect::AskToPost { .. }));
        let approved = self.incident.approved(&HOLDING.into());
        assert!(!posts || (approved.is_some() && !self.ended), "a post is owed of what is not approved");
        let (Some(approved), Some(statement)) = (approved, self.incident.statements.get(HOLDING)) else { return };
        let (StatementPhase::Posting(posting) | StatementPhase::Posted(posting)) = &statement.phase else {
            panic!("approved in another phase")
        };
        assert_eq!(approved.digest(), approved.package().digest());
        assert_eq!(Some(approved.digest()), statement.current().map(|version| version.digest));
        if !posting.has_begun() {
            self.check_quorum(posting.ballot.round(), approved.digest());
        }
    }

    /// The plain reading: in each stage, enough entitled people said yes to these bytes.
    fn check_quorum(&self, round: u32, digest: Digest) {
        let Some(StepKind::Statement(step)) = self.rules.playbook.step(&HOLDING.into()).map(|step| &step.kind) else {
            panic!("no statement")
        };
        let mut readers = false;
        for (place, stage) in step.approval.iter().enumerate() {
            let said = self.yes.iter().filter(|((of, at, _), bytes)| (*of, *at, **bytes) == (round, place, digest));
            let people: Vec<&PersonId> = said.map(|((_, _, person), _)| person).collect();
            let entitled: Vec<&PersonId> = people
                .into_iter()
                .filter(|person| stage.quorum.roles().iter().any(|role| self.may_fill(person, role, stage)))
                .collect();
            readers |= entitled.iter().any(|person| {
                self.incident.roster.people[person.as_str()].reads.iter().any(|language| language == "en")
            });
            let met = match &stage.quorum {
                Quorum::AnyOf(_) => !entitled.is_empty(),
                Quorum::Of { count, .. } => entitled.len() >= *count,
                Quorum::AllOf(roles) => self.assigned(roles, &entitled, &BTreeSet::new(), stage),
            };
            assert!(met, "stage {place} {stage:?} has only {entitled:?}");
        }
        assert!(readers, "nobody who said yes reads the text");
    }

    /// Tries every way to give each role a person of its own.
    fn assigned(&self, roles: &[RoleName], people: &[&PersonId], taken: &BTreeSet<&PersonId>, stage: &Stage) -> bool {
        let Some((role, rest)) = roles.split_first() else { return true };
        people.iter().filter(|person| !taken.contains(**person) && self.may_fill(person, role, stage)).any(|person| {
            let mut taken = taken.clone();
            taken.insert(person);
            self.assigned(rest, people, &taken, stage)
        })
    }

    fn may_fill(&self, person: &PersonId, role: &RoleName, stage: &Stage) -> bool {
        let shared = self.incident.roster.people.get(person.as_str()).is_none_or(|known| known.shared);
        let author = stage.quorum.one_passes() && self.hands.contains(person);
        let instead = stage
            .otherwise
            .get(role)
            .filter(|instead| role.as_str() != "privacy-officer" || instead.as_str() == "privacy-deputy");
        !shared && !author && (self.sits(person, role, stage) || instead.is_some_and(|of| self.sits(person, of, stage)))
    }

    /// Holds the role now, or stands in for a holder who is away or wrote the text.
    fn sits(&self, person: &PersonId, role: &RoleName, stage: &Stage) -> bool {
        let roster = &self.incident.roster;
        roster.roles.get(role.as_str()).into_iter().flatten().any(|holder| {
            let known = &roster.people[holder.as_str()];
            let wrote = stage.quorum.one_passes() && self.hands.contains(holder);
            let represented = known.delegate.as_ref() == Some(person) && (known.away.is_some() || wrote);
            holder == person || represented
        })
    }

    /// Whoever saved words since the last draft, and whoever filled the free-text fact.
    fn authors(&self) -> BTreeSet<PersonId> {
        let mut authors = BTreeSet::new();
        let mut proposed: Option<(&FactValue, &PersonId)> = None;
        let mut filler = None;
        for (_, event) in &self.events {
            if let Event::Saved { by, .. } = event {
                match by {
                    Author::Template => authors.clear(),
                    Author::Person(person) => {
                        authors.insert(person.clone());
                    }
                }
            }
            if let Event::FactProposed { value, by, .. } = event {
                proposed = Some((value, by));
                filler = None;
            }
            if let Event::FactConfirmed { value, by, .. } = event {
                filler = Some(proposed.filter(|(known, _)| *known == value).map_or(by, |(_, filler)| filler).clone());
                proposed = None;
            }
        }
        authors.extend(filler);
        authors
    }

    fn step(&mut self, (minutes, kind, a, b): Move) {
        self.at += SignedDuration::from_mins(i64::from(minutes % 4));
        let person = PersonId::from(PEOPLE[usize::from(a) % PEOPLE.len()]);
        let role = RoleName::from(ROLES[usize::from(b) % ROLES.len()]);
        let statement = StepId::from(if b == 255 { "nonsense" } else { HOLDING });
        let (request, asked) = self.some_request(a, b);
        let digest = if b % 16 == 1 {
            Digest::from_bytes([9; 32])
        } else {
            asked.as_ref().map_or(Digest::from_bytes([1; 32]), |asked| asked.1)
        };
        let asked_person = if a % 16 == 1 { person.clone() } else { asked.map_or(person.clone(), |asked| asked.0) };
        let decide = |decision| Event::DecisionTaken {
            request,
            person: asked_person.clone(),
            digest,
            decision,
            proof: Proof::Mail,
        };
        let channel = || if b % 2 == 0 { "bluesky".into() } else { "facebook".into() };
        let why = || "so".to_owned();
        let event = match kind % 24 {
            0..=6 => decide(Decision::Approve),
            7 => decide(Decision::Reject { reason: why() }),
            8 => Event::DecisionWithdrawn { request, person: asked_person, digest },
            9 => Event::LeftRole { role: self.role_of(&asked_person).unwrap_or(role), person: asked_person },
            10 => Event::LeftRole { person, role },
            11 => Event::FactProposed {
                fact: "what_happened".into(),
                value: FactValue::Text(format!("v{}", b % 3)),
                by: person,
            },
            12 => Event::FactConfirmed {
                fact: "what_happened".into(),
                value: FactValue::Text(format!("v{}", b % 3)),
                by: person,
            },
            13 => match self.saved(&statement, &person, b) {
                Some(event) => event,
                None => return,
            },
            14 => Event::AskedAgain { statement, by: person, reason: why() },
            15 => Event::RedraftAsked { statement, by: person },
            16 => Event::RequestLocked { request },
            17..=19 => match self.timers.get(usize::from(b) % self.timers.len().max(1)).cloned() {
                Some((at, of)) => {
                    self.at = self.at.max(at);
                    Event::DeadlinePassed { of }
                }
                None => return,
            },
            20 => Event::PostIntended { statement, channel: channel(), attempt: 1 + u32::from(b % 3 == 0) },
            21 if b % 3 == 0 => {
                Event::PostPutOff { statement, channel: channel(), why: why(), not_before: Timestamp::UNIX_EPOCH }
            }
            21 => Event::PostConfirmed { statement, channel: channel(), url: why() },
            22 if b % 2 == 0 => Event::StandDownAsked { by: Asker::Person(person), reason: why() },
            22 => Event::PostSettled { statement, channel: channel(), by: person, found: Settlement::NotThere },
            _ if b % 8 == 0 => Event::Verified { verdict: Verification::NotOurs, by: person, reason: why() },
            _ => Event::PostUnknown { statement, channel: channel(), why: why() },
        };
        self.take(event);
    }

    fn role_of(&self, person: &PersonId) -> Option<RoleName> {
        let mut roles = self.incident.roster.roles.iter();
        roles.find(|(_, holders)| holders.contains(person)).map(|(role, _)| role.clone())
    }

    /// Mostly one of the last requests, sometimes one that never was.
    fn some_request(&self, a: u8, b: u8) -> (u32, Option<(PersonId, Digest)>) {
        let requests = &self.incident.requests;
        let number = if a == 255 { 9_999 } else { requests.len().saturating_sub(1 + usize::from(b) % 6) };
        let asked = requests.get(number).map(|asked| (asked.person.clone(), asked.digest));
        (u32::try_from(number).unwrap(), asked)
    }

    fn saved(&self, statement: &StepId, by: &PersonId, b: u8) -> Option<Event> {
        let found = self.incident.statements.get(statement.as_str())?;
        let mut package = found.current()?.package.clone();
        package.variants[0].body.push_str(["", " And more.", " And less."][usize::from(b) % 3]);
        Some(Event::Saved {
            statement: statement.clone(),
            by: Author::Person(by.clone()),
            replaces: found.version(),
            basis: self.incident.events,
            package: Box::new(package),
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_approved_without_its_quorum(
        world in world(),
        moves in proptest::collection::vec(any::<Move>(), 0..60),
    ) {
        let mut run = Run::start(&world);
        for step in moves {
            run.step(step);
        }
        let events = run.events.iter().map(|(at, event)| (*at, event, &run.rules));
        prop_assert_eq!(fold(1, events), Some(run.incident.clone()));
    }

    /// Everybody who is asked says yes, in any order and with noise in between: the same ends posted.
    #[test]
    fn the_order_of_votes_and_of_noise_does_not_matter(
        world in world(),
        order in any::<u64>(),
        noise in proptest::collection::vec(0..4u8, 0..8),
    ) {
        let mut plain = Run::start(&world);
        everybody_approves(&mut plain, 0, &[]);
        let mut shuffled = Run::start(&world);
        everybody_approves(&mut shuffled, order, &noise);
        prop_assert_eq!(posting(&plain.incident), posting(&shuffled.incident));
    }
}

fn everybody_approves(run: &mut Run, order: u64, noise: &[u8]) {
    let mut noise = noise.iter();
    for round in 0..64_u64 {
        let waiting = run.incident.requests.iter().filter(|asked| run.incident.awaits(asked, run.at).is_ok());
        let mut waiting: Vec<_> =
            waiting.map(|asked| (asked.number, asked.person.clone(), asked.digest, asked.stage)).collect();
        waiting.sort_by_key(|asked| asked.3);
        let stage = waiting.first().map(|first| first.3);
        waiting.retain(|asked| Some(asked.3) == stage);
        if waiting.is_empty() {
            return;
        }
        let pick = usize::try_from(order.rotate_left(u32::try_from(round).unwrap()) % waiting.len() as u64).unwrap();
        let (request, person, digest, _) = waiting.swap_remove(pick);
        if let Some(kind) = noise.next() {
            run.take(noise_of(*kind, request, &person));
        }
        run.take(Event::DecisionTaken { request, person, digest, decision: Decision::Approve, proof: Proof::Mail });
    }
}

/// Events that are about something else, or that must be refused.
fn noise_of(kind: u8, request: u32, person: &PersonId) -> Event {
    let other = Digest::from_bytes([3; 32]);
    match kind {
        0 => Event::DecisionTaken {
            request,
            person: person.clone(),
            digest: other,
            decision: Decision::Reject { reason: "x".to_owned() },
            proof: Proof::Mail,
        },
        1 => Event::MailRefused { person: "dev".into(), why: "full".to_owned() },
        2 => Event::FactProposed { fact: "records".into(), value: FactValue::Number(7), by: "gil".into() },
        _ => Event::DecisionTaken {
            request,
            person: "gil".into(),
            digest: other,
            decision: Decision::Approve,
            proof: Proof::Strong,
        },
    }
}

/// What is out or owed, and whether anything is.
fn posting(incident: &Incident) -> Option<Vec<PostPhase>> {
    assert!(matches!(incident.phase, IncidentPhase::Open));
    match &incident.statements[HOLDING].phase {
        StatementPhase::Posting(posting) | StatementPhase::Posted(posting) => {
            Some(posting.posts.values().cloned().collect())
        }
        StatementPhase::Waiting
        | StatementPhase::Drafting(_)
        | StatementPhase::Asking(_)
        | StatementPhase::Ready(_)
        | StatementPhase::Skipped(_)
        | StatementPhase::Withdrawn => None,
    }
}
