//! What people do with an incident: say whether it is real, fill in facts, edit, lift, stand down, leave, and edit the files.

use holdline::core::incident::{
    Asker, Author, Event, Hold, IncidentId, IncidentPhase, StatementPhase, Teller, Verification,
};
use holdline::core::lint::{Level, linted};
use holdline::core::name::{PersonId, PlaybookName, StepId};
use holdline::core::playbook::FactValue;
use holdline::core::severity::Severity;
use holdline::core::statement::{Says, edited};
use holdline::engine::Entry;
use rand::RngExt as _;

use super::files::stays;
use super::house::{PEOPLE, ROLES, STATEMENTS};
use super::posts::is_in_the_dark;
use super::process::Called;
use super::world::World;
use crate::hospital::person;

pub(super) const REASON: &str = "because";

impl World {
    pub(super) fn somebody_acts(&mut self) {
        if self.mishap(1) || self.board().incidents.is_empty() && self.chance(30) {
            self.open_by_hand();
            return;
        }
        if self.mishap(1) {
            self.join_incidents();
            return;
        }
        if self.board().stopped && self.chance(8) {
            self.work("resume", |work| work.resume_posting("ana"));
        }
        let Some((id, entry)) = self.some_incident() else { return };
        if is_in_the_dark(&entry) && self.mishap(30) {
            // Whoever is impatient looks before Holdline asks for it.
            self.look_at_the_wires(id, &entry);
        } else if is_on_its_way(&entry) && self.mishap(20) {
            self.act_at_the_worst_moment(id, &entry);
        } else if self.chance(55) {
            self.answer();
        } else {
            self.act(id, &entry);
        }
    }

    /// Mostly a running incident; sometimes one that is over.
    fn some_incident(&mut self) -> Option<(IncidentId, Entry)> {
        let board = self.board();
        let running = !self.mishap(5);
        let all = board.incidents.iter().filter(|(_, entry)| entry.incident.is_running() || !running);
        let all: Vec<_> = all.collect();
        if all.is_empty() {
            return None;
        }
        // Mostly the oldest that has something to say: what is begun is brought further.
        let begun = all.iter().position(|(_, entry)| !entry.incident.statements.is_empty());
        let place = begun.filter(|_| self.chance(70)).unwrap_or_else(|| self.rng.random_range(0..all.len()));
        let (id, entry) = all[place];
        Some((*id, entry.clone()))
    }

    fn open_by_hand(&mut self) {
        let (playbook, by) = (PlaybookName::from("breach"), person(self.pick(PEOPLE)));
        self.work("open", |work| work.open(&playbook, &by, "a call"));
    }

    /// Links two incidents, takes the link away, or merges one into the other, whatever they are.
    fn join_incidents(&mut self) {
        let all: Vec<IncidentId> = self.board().incidents.keys().copied().collect();
        if all.is_empty() {
            return;
        }
        let (one, other) = (self.pick(&all), self.pick(&all));
        let by = person(self.pick(PEOPLE));
        match self.rng.random_range(0..100) {
            0..60 => {
                self.work("link", |work| work.link(one, other, &by, REASON));
                // No draw: the rest of a seed is as it would be without.
                if one.is_multiple_of(2) {
                    self.work("unlink", |work| work.unlink(one, other, &by, REASON));
                }
            }
            _ => drop(self.work("merge", |work| work.merge(one, other, &by, REASON))),
        }
    }

    fn act(&mut self, id: IncidentId, entry: &Entry) {
        let incident = &entry.incident;
        if incident.verified.is_none() && self.chance(60) {
            let (verdict, by, reason) = (Verification::Real, person(self.pick(PEOPLE)), REASON.to_owned());
            self.record(id, Event::Verified { verdict, by, reason });
        } else if incident.waiting_changes().next().is_some() && self.chance(20) {
            self.agree_to_changes(id, entry);
        } else if incident.statements.is_empty() && self.chance(25) {
            self.pick_playbook(id);
        } else if incident.statements.keys().any(|id| incident.held_until(id).is_some()) && self.chance(15) {
            let by = person(self.pick(PEOPLE));
            self.say_now(id, entry, by);
        } else if incident.facts.len() < 2 && self.chance(60) {
            self.tell_a_fact(id);
        } else if incident.statements.values().any(|found| found.posting().is_some()) && self.chance(30) {
            self.post_by_hand(id, entry);
            self.follow_up(id, entry);
        } else {
            self.act_by_chance(id, entry);
        }
    }

    fn act_by_chance(&mut self, id: IncidentId, entry: &Entry) {
        let by = person(self.pick(PEOPLE));
        let statement = self.some_statement(entry);
        let reason = REASON.to_owned();
        match self.rng.random_range(0..100) {
            0..8 => drop(self.record(id, Event::Verified { verdict: Verification::Real, by, reason })),
            8..9 => self.call_it_false(id),
            9..24 => drop(self.record(id, Event::Claimed { by })),
            24..31 => self.tell_a_fact(id),
            31..34 => self.say_now(id, entry, by),
            34..41 => self.edit(id, entry, &statement),
            41..45 => drop(self.record(id, Event::RedraftAsked { statement, by })),
            45..50 => drop(self.record(id, Event::FactLeftUnknown { fact: "patients".into(), by })),
            50..64 => drop(self.record(id, Event::AskedAgain { statement, by, reason })),
            64..65 => {
                let task = self.pick(&["pause", "tell-regulator"]).into();
                self.record(id, Event::TaskDone { task, by, note: String::new() });
            }
            65..69 => self.take_out_of_order(id, entry, by),
            69..70 if self.chance(50) => drop(self.record(id, Event::StandDownAsked { by: Asker::Person(by), reason })),
            69..70 => self.leave(id),
            70..72 => {
                let to = self.pick(&[Severity::Elevated, Severity::Serious, Severity::Critical]);
                self.record(id, Event::SeverityRaised { to, by, reason });
            }
            72..75 => self.pick_playbook(id),
            75..76 => self.switch_playbook(id, entry),
            76..84 => self.lift(id, entry),
            84..85 => drop(self.record(id, Event::Closed { by, reason })),
            85..90 => self.look_at_the_wires(id, entry),
            90..94 => self.agree_to_changes(id, entry),
            94..97 => self.post_by_hand(id, entry),
            _ => self.follow_up(id, entry),
        }
    }

    /// One of the playbook's, or a correction.
    pub(super) fn some_statement(&mut self, entry: &Entry) -> StepId {
        let known: Vec<&StepId> = entry.incident.statements.keys().collect();
        if known.is_empty() || self.mishap(5) {
            return StepId::from(self.pick(STATEMENTS));
        }
        known[self.rng.random_range(0..known.len())].clone()
    }

    fn call_it_false(&mut self, id: IncidentId) {
        let verdict = self.pick(&[Verification::FalseAlarm, Verification::NotOurs]);
        let by = person(self.pick(PEOPLE));
        self.record(id, Event::Verified { verdict, by, reason: REASON.to_owned() });
    }

    fn tell_a_fact(&mut self, id: IncidentId) {
        let by = person(self.pick(PEOPLE));
        let (fact, value) = match self.rng.random_range(0..100) {
            0..45 => ("help_line", FactValue::Phone(self.pick(&["+1 555 010 0100", "+1 555 010 0200"]).to_owned())),
            45..85 => {
                ("what_happened", FactValue::Text(self.pick(&["a file was copied", "a laptop is gone"]).to_owned()))
            }
            _ => ("patients", FactValue::Number(self.pick(&[12, 800]))),
        };
        let fact = fact.into();
        match self.rng.random_range(0..100) {
            0..80 => self.record(id, Event::FactConfirmed { fact, value, by }),
            80..92 => self.record(id, Event::FactProposed { fact, value, by }),
            _ => self.record(id, Event::FactLeftUnknown { fact, by }),
        };
    }

    /// A person's words over what they had before them: now and then something that lint stops.
    fn edit(&mut self, id: IncidentId, entry: &Entry, statement: &StepId) {
        let Some(found) = entry.incident.statements.get(statement) else { return };
        let Some(current) = found.current() else { return };
        let more = self.pick(&["Thank you.", "We are sorry.", "[TBD]"]);
        let body = format!("{} {more}", current.package.variants[0].body);
        let texts = vec![(0, current.package.variants[0].title.clone(), body)];
        let Ok(package) = edited(&current.package, texts, &entry.rules, entry.incident.setting) else { return };
        let package = linted(package, &entry.rules, entry.incident.setting, self.clocks.engine);
        // Some save over what they saw a while ago.
        let replaces = current.number - u32::from(self.mishap(10));
        let basis = entry.incident.events.saturating_sub(if self.mishap(10) { 30 } else { 0 });
        let by = Author::Person(person(self.pick(PEOPLE)));
        let (statement, package) = (statement.clone(), Box::new(package));
        self.record(id, Event::Saved { statement, by, replaces, basis, package });
    }

    fn lift(&mut self, id: IncidentId, entry: &Entry) {
        let by = person(self.pick(&["ana", "ben", "dev", "eve", "fay", "cora", "gus"]));
        for (statement, found) in &entry.incident.statements {
            let StatementPhase::Drafting(Hold::Blocked(rules)) = &found.phase else { continue };
            let (Some(rule), Some(current)) = (rules.first(), found.current()) else { continue };
            assert!(
                current.package.findings.iter().all(|finding| finding.level != Level::PrivacyBlock),
                "this hospital names no patients"
            );
            let (statement, rule, digest) = (statement.clone(), rule.clone(), current.digest);
            self.record(id, Event::BlockLifted { statement, digest, rule, by, reason: REASON.to_owned() });
            return;
        }
    }

    /// Begins early, leaves out, adds, and chooses what a round says.
    fn take_out_of_order(&mut self, id: IncidentId, entry: &Entry, by: PersonId) {
        let step = if self.chance(50) { self.some_statement(entry) } else { StepId::from("tell-regulator") };
        match self.rng.random_range(0..100) {
            0..40 => self.pick_text(id, entry, by),
            40..55 => drop(self.record(id, Event::BegunEarly { step, by })),
            55..65 => drop(self.record(id, Event::StepSkipped { step, by, reason: REASON.to_owned() })),
            65..85 => {
                let who = person(self.pick(PEOPLE));
                let due = self.clocks.engine.checked_add(jiff::SignedDuration::from_mins(30)).ok();
                self.record(id, Event::TaskAdded { todo: "call the ward".to_owned(), who, due, by });
            }
            85..95 => {
                let to = person(self.pick(PEOPLE));
                let accepted = Event::HandOverAccepted { by: to.clone() };
                let by = entry.incident.duty.clone().unwrap_or(by);
                self.record(id, Event::HandOverOffered { to, by, note: String::new() });
                if self.chance(50) {
                    self.record(id, accepted);
                }
            }
            _ => drop(self.record(id, Event::StoryBroken { teller: Teller::Media, by })),
        }
    }

    /// Chooses what a round says, where there is a choice.
    fn pick_text(&mut self, id: IncidentId, entry: &Entry, by: PersonId) {
        let says = self.pick(&[Says::Own, Says::NothingNew]);
        let mut rounds = entry.incident.statements.keys();
        let found = rounds.find(|statement| entry.incident.can_pick(statement, says, &entry.rules));
        let statement = found.cloned().unwrap_or_else(|| StepId::from("update"));
        self.record(id, Event::TextPicked { statement, says, by });
    }

    /// Says what is held, or what is not.
    fn say_now(&mut self, id: IncidentId, entry: &Entry, by: PersonId) {
        let held = entry.incident.statements.keys().find(|statement| entry.incident.held_until(statement).is_some());
        let statement = held.cloned().unwrap_or_else(|| StepId::from("standby"));
        let current = entry.incident.statements.get(&statement).and_then(|found| found.current());
        let Some(digest) = current.map(|version| version.digest) else { return };
        let by = if self.chance(70) { person("ana") } else { by };
        self.record(id, Event::SaidNow { statement, digest, by });
    }

    fn pick_playbook(&mut self, id: IncidentId) {
        let by = person(self.pick(PEOPLE));
        let standing = self.standing();
        let rules = standing.rules[&PlaybookName::from("breach")].hash();
        self.record(id, Event::PlaybookPicked { rules, by, switch: None });
    }

    /// Goes on by another playbook, seldom by the one that runs; now and then a task is dropped, which may not be there.
    fn switch_playbook(&mut self, id: IncidentId, entry: &Entry) {
        let runs = entry.rules.playbook.name.as_str();
        let other = if (runs == "breach") == self.chance(95) { "outage" } else { "breach" };
        let by = person(self.pick(PEOPLE));
        let drop = if self.chance(30) { Some(self.pick(&["pause", "tell-regulator"]).into()) } else { None };
        let Some(process) = &self.process else { return };
        let breach = process.standing().borrow().rules[&PlaybookName::from("breach")].hash();
        self.ledger.switch_lowers = self.ledger.lowered.contains(&breach.to_string());
        let drop = drop.into_iter().collect();
        let switched =
            self.work("switch", |work| work.switch_playbook(id, &PlaybookName::from(other), None, &by, REASON, drop));
        if let Called::Not(error) = switched {
            self.coverage.refused("switch", &error);
        }
    }

    /// Somebody leaves a role while the incident runs; never the last who could still be asked for it.
    fn leave(&mut self, id: IncidentId) {
        let (role, holders) = ROLES[self.rng.random_range(0..ROLES.len())];
        let by = self.pick(holders);
        if !stays(by, role) {
            self.record(id, Event::LeftRole { person: person(by), role: role.into() });
        }
    }

    /// Something is approved and not out yet, or called and not answered: now somebody changes their mind, or is removed.
    fn act_at_the_worst_moment(&mut self, id: IncidentId, entry: &Entry) {
        let by = person(self.pick(PEOPLE));
        let statement = self.some_statement(entry);
        self.coverage.saw("somebody acted at the worst moment");
        match self.rng.random_range(0..100) {
            0..30 => self.take_back(id),
            30..45 => self.leave(id),
            45..60 => self.tell_a_fact(id),
            60..70 => self.edit(id, entry, &statement),
            70..80 => drop(self.record(id, Event::RedraftAsked { statement, by })),
            80..84 => drop(self.record(id, Event::StandDownAsked { by: Asker::Person(by), reason: REASON.to_owned() })),
            84..88 => self.kill(),
            88..93 => {
                self.edit_files();
                self.reload();
            }
            93..97 => drop(self.work("stop", |work| work.stop_posting("ana", REASON))),
            _ => self.look_at_the_wires(id, entry),
        }
    }

    /// Where nobody proposed it yet, proposes to stand down; where it is over, closes it.
    pub(super) fn bring_to_an_end(&mut self, id: IncidentId, entry: &Entry) {
        let (by, reason) = (person("ana"), REASON.to_owned());
        // Whoever asked waits for an answer before asking everybody anew.
        let patient =
            self.clocks.engine.checked_sub(jiff::SignedDuration::from_hours(3)).unwrap_or(jiff::Timestamp::MIN);
        let event = match entry.incident.phase {
            IncidentPhase::StoodDown { .. } => Event::Closed { by, reason },
            _ if entry.incident.can_be_proposed_to_stand_down(patient) => {
                Event::StandDownAsked { by: Asker::Person(by), reason }
            }
            IncidentPhase::Open | IncidentPhase::StandingDown(_) | IncidentPhase::Closed { .. } => return,
        };
        self.record(id, event);
    }

    /// Somebody stands at the kill switch, or edits the files; they are taken up at once, by the next start, or by neither.
    pub(super) fn operator_acts(&mut self) {
        let stopped = self.board().stopped;
        if stopped && self.chance(70) {
            self.work("resume", |work| work.resume_posting("ana"));
            return;
        }
        if self.chance(30) {
            self.work("stop", |work| work.stop_posting("ana", REASON));
            return;
        }
        for _ in 0..self.rng.random_range(1..4) {
            self.edit_files();
        }
        match self.rng.random_range(0..100) {
            0..45 => self.reload(),
            45..85 => self.kill(),
            _ => {}
        }
    }
}

/// Whether something is approved, and not said everywhere yet.
fn is_on_its_way(entry: &Entry) -> bool {
    entry.incident.statements.values().any(|found| matches!(found.phase, StatementPhase::Posting(_)))
}
