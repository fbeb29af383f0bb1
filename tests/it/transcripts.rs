//! Stories: events in, effects out, as files under `tests/transcripts`. `HOLDLINE_BLESS=1` rewrites what is expected.

#[path = "transcripts/handed.rs"]
mod handed;
#[path = "transcripts/tell.rs"]
mod tell;
#[path = "transcripts/verbs.rs"]
pub(crate) mod verbs;
#[path = "transcripts/world.rs"]
pub(crate) mod world;

use std::fs;
use std::path::{Path, PathBuf};

use holdline::core::incident::{Deadline, Effect, Event, Incident, Opening, fold, open, try_advance};
use holdline::core::rules::Rules;
use jiff::{SignedDuration, Timestamp};
use similar::TextDiff;
use verbs::Scene;
use world::World;

const MIDNIGHT: &str = "2026-11-22T00:00:00Z";

/// What begins every story with `given: holding is asked about`.
const ASKED: [&str; 3] = ["ana opens it: records on a forum", "ana claims", "chi confirms help_line +1 555 010 0100"];

/// One story as it is played: the state, what was recorded, what is waited for, and what was told.
struct Play {
    world: World,
    incident: Option<Incident>,
    now: Timestamp,
    events: Vec<(Timestamp, Event, Rules)>,
    timers: Vec<(Timestamp, Deadline)>,
    told: Vec<String>,
}

impl Play {
    fn new(world: World) -> Self {
        let now = MIDNIGHT.parse().unwrap();
        Self { world, incident: None, now, events: Vec::new(), timers: Vec::new(), told: Vec::new() }
    }

    fn line(&mut self, line: &str) {
        let (clock, text) = line.split_once(' ').unwrap();
        let at = time(clock);
        assert!(at >= self.now, "time runs backwards at `{line}`");
        self.fire_until(at);
        self.now = at;
        self.told.push(line.to_owned());
        if text != "time passes" {
            self.play(text);
        }
    }

    fn play(&mut self, text: &str) {
        match self.incident.take() {
            None => self.open(text),
            Some(incident) => {
                if let Some(other) = self.world.other.as_ref().filter(|_| text.contains(" switches the playbook")) {
                    self.world.picked = incident.rules_with(&self.world.rules, other);
                }
                let (rules, picked) = (&self.world.rules, &self.world.picked);
                let event = Scene { incident: &incident, rules, picked, at: self.now }.event(text);
                self.incident = Some(incident);
                if let Err(refusal) = self.record(&event) {
                    self.told.push(format!("  refused: {refusal}"));
                }
            }
        }
    }

    fn open(&mut self, text: &str) {
        let (cause, spike) = verbs::cause(text, self.now);
        let (setting, roster) = (self.world.setting, self.world.roster.clone());
        let opening = Opening { setting, rules: self.world.rules.hash(), cause, roster, spike, pause: None };
        let (incident, effects) = open(1, &opening, self.now, &self.world.rules);
        self.keep(Event::Opened(opening), incident, &effects);
    }

    /// Advances twice, so that the same event gives the same effects, and checks that a refusal keeps the state.
    fn record(&mut self, event: &Event) -> Result<(), String> {
        let picks = matches!(event, Event::PlaybookPicked { .. });
        let rules = if picks { self.world.picked.clone() } else { self.world.rules.clone() };
        let incident = self.incident.clone().unwrap();
        let first = try_advance(&incident, event, self.now, &rules);
        assert_eq!(first, try_advance(&incident, event, self.now, &rules));
        let (next, effects) = first.map_err(|refusal| refusal.to_string())?;
        self.world.rules = rules;
        self.keep(event.clone(), next, &effects);
        Ok(())
    }

    fn keep(&mut self, event: Event, incident: Incident, effects: &[Effect]) {
        self.events.push((self.now, event, self.world.rules.clone()));
        self.told.extend(tell::effects(&incident, effects));
        self.incident = Some(incident);
        for effect in effects {
            match effect {
                Effect::WakeAt { of, at } => self.timers.push((*at, of.clone())),
                Effect::Draft { statement } => {
                    let event = verbs::drafted(self.incident.as_ref().unwrap(), &self.world.rules, statement, self.now);
                    let _moot = self.record(&event);
                }
                Effect::Alert { .. }
                | Effect::Page { .. }
                | Effect::AskTask { .. }
                | Effect::AskApproval { .. }
                | Effect::Remind { .. }
                | Effect::Tell { .. }
                | Effect::TellAddress { .. }
                | Effect::Post { .. }
                | Effect::LookUp { .. }
                | Effect::LookAt { .. }
                | Effect::TakeDown { .. }
                | Effect::AskToTakeDown { .. }
                | Effect::AskToPost { .. } => {}
            }
        }
    }

    /// Fires what is due up to `until`, in order; a timer that no longer matters tells nothing.
    fn fire_until(&mut self, until: Timestamp) {
        while let Some(next) = self.next_timer(until) {
            let (at, of) = self.timers.remove(next);
            self.now = at;
            let what = tell::deadline(self.incident.as_ref().unwrap(), &of);
            let before = self.told.len();
            self.told.push(format!("{} * {what}", tell::clock(at)));
            if self.record(&Event::DeadlinePassed { of }).is_err() {
                self.told.truncate(before);
            }
        }
    }

    fn next_timer(&self, until: Timestamp) -> Option<usize> {
        let due = self.timers.iter().enumerate().filter(|(_, (at, _))| *at <= until);
        due.min_by_key(|(place, (at, _))| (*at, *place)).map(|(place, _)| place)
    }

    fn end(mut self) -> String {
        let incident = self.incident.take().unwrap();
        let events = self.events.iter().map(|(at, event, rules)| (*at, event, rules));
        assert_eq!(fold(1, events).as_ref(), Some(&incident), "the fold of the events is another state");
        self.told.extend(tell::state(&incident));
        self.told.join("\n") + "\n"
    }
}

fn time(clock: &str) -> Timestamp {
    let (hours, minutes) = clock.split_once(':').unwrap_or_else(|| panic!("`{clock}` is not a time"));
    let minutes: i64 = hours.parse::<i64>().unwrap() * 60 + minutes.parse::<i64>().unwrap();
    MIDNIGHT.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

/// What a story records, for those who make something of it.
pub(crate) fn events_of(story: &str) -> Vec<(Timestamp, Event, Rules)> {
    played(story).1.events
}

/// The story as it comes out: its title and givens as written, then what happens.
fn told(story: &str) -> String {
    let (head, play) = played(story);
    format!("{head}\n{}", play.end())
}

/// A story's title and givens, and the story played to its last line.
fn played(story: &str) -> (String, Play) {
    let lines: Vec<&str> = story.lines().collect();
    let head: Vec<&str> =
        lines.iter().copied().take_while(|line| line.starts_with('#') || line.starts_with("given: ")).collect();
    let givens: Vec<&str> = head.iter().filter_map(|line| line.strip_prefix("given: ")).collect();
    let mut play = Play::new(World::new(&givens));
    if play.world.asked {
        for line in ASKED {
            play.play(line);
        }
        play.told.clear();
    }
    let written = |line: &&&str| !line.is_empty() && !line.starts_with([' ', '=', '#']) && !line.contains(" * ");
    for line in lines.iter().skip(head.len()).filter(written) {
        play.line(line);
    }
    (head.join("\n"), play)
}

fn stories() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut stories: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    stories.sort();
    stories
}

#[test]
fn every_story_comes_out_as_written() {
    let bless = std::env::var_os("HOLDLINE_BLESS").is_some();
    let mut failed: Vec<String> = Vec::new();
    for path in stories() {
        let story = fs::read_to_string(&path).unwrap();
        let now = told(&story);
        if now == story {
            continue;
        }
        if bless {
            fs::write(&path, now).unwrap();
            continue;
        }
        let diff = TextDiff::from_lines(&story, &now).unified_diff().context_radius(4).to_string();
        failed.push(format!("{}:\n{diff}", path.file_name().unwrap().display()));
    }
    let hint = "HOLDLINE_BLESS=1 rewrites what is expected";
    assert!(failed.is_empty(), "{} stories come out otherwise; {hint}\n{}", failed.len(), failed.join("\n"));
}
