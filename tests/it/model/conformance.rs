//! Random paths of the model, from fixed seeds, through the real engine: after each step both say the same.
//!
//! One clock drives both: when it reaches a deadline, a lease's end or a settling, the model takes the step that is about
//! that time. What the model forbids is tried as well, and has to change nothing.

use std::collections::BTreeMap;

use holdline::core::incident::{PostPhase, SETTLE};
use holdline::core::setting::Setting;
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use stateright::Model as _;

use super::action::{self, Action};
use super::driver::{Did, Driver};
use super::seen::Seen;
use super::state::{Bounds, CHANNELS, Post, Row, Sight, State, Worker};
use super::step::Refused;
use super::ward::CHANNEL_NAMES;
use super::{Protocol, properties};

const PATHS: u64 = 1_000;
const STEPS: usize = 75;
/// Paths on one store: opening one takes longer than a path.
const PATHS_A_STORE: u64 = 25;
const THREADS: u64 = 2;
/// One path in so many is a rehearsal.
const REHEARSALS: u64 = 20;
/// One path in so many goes to a wire and a board.
const BY_HAND: u64 = 3;

const BOUNDS: Bounds = Bounds {
    channels: 2,
    workers: 2,
    rehearsals: true,
    agreed: false,
    versions: 2,
    attempts: 5,
    crashes: 2,
    seats: 0b11_1111,
    removals: 2,
    withdrawals: 2,
    stops: 2,
    stand_downs: 1,
    corrections: 1,
    rejections: 1,
    take_downs: 1,
    by_hand: 0,
};
const WIRES: Protocol = Protocol { bounds: BOUNDS, bug: None, canonical: false };
/// The second channel is a board that a person posts to.
const BOARD: Protocol = Protocol { bounds: Bounds { by_hand: 0b10, ..BOUNDS }, ..WIRES };

/// How often each action was taken, each was tried in vain, and each thing was reached.
type Tally = BTreeMap<String, usize>;

fn count(tally: &mut Tally, what: &str, action: Action) {
    let name = format!("{action:?}");
    let name = name.split(' ').next().unwrap_or_default();
    *tally.entry(format!("{what} {name}")).or_default() += 1;
}

/// What leads away from posting or ends it, so that most paths go far.
fn is_rare(action: Action) -> bool {
    matches!(
        action,
        Action::LoseSeat { .. }
            | Action::StandDown
            | Action::Stop
            | Action::Save
            | Action::TakeBack { .. }
            | Action::Crash { .. }
            | Action::RestartLive
            | Action::SayThere { .. }
            | Action::Reject { .. }
            | Action::AskAgain
            | Action::AskTakeDown { .. }
            | Action::PutUp { right: false, .. }
    )
}

struct Walk<'a> {
    rng: StdRng,
    state: State,
    driver: &'a mut Driver,
    trace: Vec<String>,
    tally: &'a mut Tally,
    seed: u64,
    model: Protocol,
}

impl Walk<'_> {
    fn walk(&mut self) {
        self.compare();
        for _ in 0..STEPS {
            match self.rng.random_range(0..100) {
                0..18 => self.try_what_is_forbidden(),
                18..23 => drop(self.time_goes_by()),
                _ => {
                    let rare = self.chance(if self.state.frozen { 10 } else { 20 });
                    if !self.act(rare) && !self.time_goes_by() && !self.act(true) {
                        break;
                    }
                }
            }
        }
        for (channel, post) in self.state.channels.iter().map(|channel| (channel, channel.post)) {
            let again = if channel.again && post == Post::Confirmed { " after a person's word" } else { "" };
            let name = format!("{post:?}{again}");
            let name = name.split('(').next().unwrap_or_default();
            *self.tally.entry(format!("ended {name}")).or_default() += 1;
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    /// What can be done now in both: the model allows it, and in the outbox it is due.
    fn possible(&self, machines: bool) -> Vec<(Action, State)> {
        let mut found = Vec::new();
        let mut add = |action: Action| {
            if action.is_time() {
                return;
            }
            if let Ok(next) = self.model.next(&self.state, action)
                && self.is_due(action)
            {
                found.push((action, next));
            }
        };
        if machines {
            action::of_machines(&self.model.bounds, &self.state, &mut add);
        } else {
            action::of_people(&self.model.bounds, &mut add);
        }
        found
    }

    fn is_due(&self, action: Action) -> bool {
        let row = match action {
            Action::Claim { channel, row, .. } => self.driver.rows.post(channel, row),
            Action::ClaimLook { channel, .. } => self.driver.rows.look(channel),
            Action::See { channel, .. } => self.driver.rows.look_at(channel),
            _ => return true,
        };
        row.is_none_or(|row| self.driver.rows.is_due(row, self.driver.now))
    }

    fn act(&mut self, rare: bool) -> bool {
        let machines = self.chance(if self.state.frozen { 90 } else { 15 });
        let wanted = |(action, _): &(Action, State)| rare || !is_rare(*action);
        let mut possible: Vec<_> = self.possible(machines).into_iter().filter(wanted).collect();
        if possible.is_empty() {
            possible = self.possible(!machines).into_iter().filter(wanted).collect();
        }
        if possible.is_empty() {
            return false;
        }
        let (action, next) = possible[self.rng.random_range(0..possible.len())];
        let did = self.driver.take(action);
        self.trace.push(format!("{action:?} {did:?}"));
        assert_eq!(did, Some(Did::Done), "{}", self.told());
        self.state = next;
        count(self.tally, "did", action);
        if let Action::Send { worker } = action {
            let words = self.driver.words_of(worker);
            assert_eq!(words, Some(self.state.version.into()), "other words than the approved ones: {}", self.told());
        }
        self.compare();
        true
    }

    /// Something that the model does not allow: the engine refuses it, or nothing changes.
    fn try_what_is_forbidden(&mut self) {
        let mut forbidden = Vec::new();
        let mut add = |action: Action| {
            if self.model.next(&self.state, action) == Err(Refused::Forbidden) {
                forbidden.push(action);
            }
        };
        action::of_people(&self.model.bounds, &mut add);
        for worker in
            (0..self.model.bounds.workers).filter(|&worker| self.state.workers[usize::from(worker)] == Worker::Idle)
        {
            for channel in 0..self.model.bounds.channels {
                add(Action::Claim { worker, channel, row: 0 });
                add(Action::ClaimLook { worker, channel });
            }
            for channel in 0..self.model.bounds.channels {
                add(Action::See { channel, sight: Sight::Matches });
            }
            // What it ended before, or lost, once more.
            add(Action::EndDone { worker });
            add(Action::EndLater { worker });
            add(Action::EndNever { worker });
            add(Action::EndUnknown { worker });
            add(Action::LookHit { worker });
            add(Action::LookMiss { worker });
        }
        let action = forbidden[self.rng.random_range(0..forbidden.len())];
        let Some(did) = self.driver.take(action) else { return };
        self.trace.push(format!("forbidden: {action:?} {did:?}"));
        count(self.tally, "tried", action);
        self.compare();
    }

    /// The clock goes to the next time that matters. Says no where there is none, or what is on its way must settle first.
    fn time_goes_by(&mut self) -> bool {
        let now = self.driver.now;
        let mut times: Vec<Timestamp> = self.driver.rows.times().collect();
        times.extend(self.driver.hands.iter().flatten().map(|hand| hand.until));
        times.extend((0..CHANNELS).filter_map(|channel| self.settles_at(channel)));
        let Some(next) = times.into_iter().filter(|time| *time > now).min() else { return false };
        let before = self.driver.now;
        self.driver.now = next;
        self.driver.rows.read(next);
        let Some(state) = self.at(next) else {
            self.driver.now = before;
            self.driver.rows.read(before);
            return false;
        };
        self.trace.push(format!("{next}"));
        self.state = state;
        self.compare();
        true
    }

    /// After a start nobody knows how long ago an intent really was.
    fn settles_at(&self, channel: usize) -> Option<Timestamp> {
        let incident = self.driver.folded();
        match incident.post(&self.driver.statement, &CHANNEL_NAMES[channel].into())? {
            PostPhase::Intended { at, .. } | PostPhase::Unknown { at, .. } | PostPhase::NeedsPerson { at, .. } => {
                Some(SETTLE.after((*at).max(self.driver.started)))
            }
            PostPhase::Owed { .. }
            | PostPhase::Confirmed { .. }
            | PostPhase::Refused { .. }
            | PostPhase::ByHand { .. }
            | PostPhase::Cancelled
            | PostPhase::TakingDown { .. }
            | PostPhase::TakenDown { .. } => None,
        }
    }

    /// The model's steps about the times that are over at `now`, where the order of times allows them.
    fn at(&self, now: Timestamp) -> Option<State> {
        let mut state = self.state;
        for (worker, hand) in (0..).zip(&self.driver.hands) {
            let over = hand.as_ref().is_some_and(|hand| hand.until <= now);
            if let Worker::Holds { in_time: true, .. } | Worker::Intends { in_time: true, .. } =
                state.workers[usize::from(worker)]
                && over
            {
                state = self.model.next(&state, Action::DeadlinePasses { worker }).ok()?;
            }
        }
        for channel in 0..self.model.bounds.channels {
            let place = usize::from(channel);
            for row in 0..action::small(state.channels[place].rows.len()) {
                let is_leased = |found: Row| matches!(found, Row::Open { leased: true, .. });
                if is_leased(state.channels[place].rows[usize::from(row)]) && !self.driver.rows.is_leased(channel, row)
                {
                    state = self.model.next(&state, Action::LeaseEnds { channel, row }).ok()?;
                }
            }
            if let Row::Open { leased: true, .. } = state.channels[place].look
                && !self.driver.rows.is_look_leased(channel)
            {
                state = self.model.next(&state, Action::LookLeaseEnds { channel }).ok()?;
            }
            if self.settles_at(place).is_some_and(|at| at <= now) && !state.channels[place].settled {
                state = self.model.next(&state, Action::Settles { channel }).ok()?;
            }
        }
        Some(state)
    }

    fn compare(&mut self) {
        let (model, engine) = (Seen::of_model(&self.state), Seen::of_engine(self.driver));
        assert_eq!(model, engine, "model and engine differ: {}", self.told());
        for property in properties() {
            if property.expectation == stateright::Expectation::Always {
                assert!((property.condition)(&self.model, &self.state), "{}: {}", property.name, self.told());
            }
        }
    }

    fn told(&self) -> String {
        format!("seed {}:\n{}\n{:#?}", self.seed, self.trace.join("\n"), self.state)
    }
}

fn walk(seed: u64, driver: &mut Driver, tally: &mut Tally) {
    let rehearsal = seed.is_multiple_of(REHEARSALS);
    let model = if seed.is_multiple_of(BY_HAND) { BOARD } else { WIRES };
    driver.open(if rehearsal { Setting::Rehearsal } else { Setting::Live }, model.bounds.by_hand != 0);
    let state = model.init_states()[usize::from(rehearsal)];
    let rng = StdRng::seed_from_u64(seed);
    Walk { rng, state, driver, trace: Vec::new(), tally, seed, model }.walk();
    driver.close();
}

fn walks(seeds: impl Iterator<Item = u64>) -> Tally {
    let mut tally = Tally::new();
    let seeds: Vec<u64> = seeds.collect();
    for seeds in seeds.chunks(usize::try_from(PATHS_A_STORE).unwrap()) {
        let mut driver = Driver::new();
        for &seed in seeds {
            walk(seed, &mut driver, &mut tally);
        }
    }
    tally
}

#[test]
fn the_engine_does_what_the_model_does() {
    let mut tally = Tally::new();
    std::thread::scope(|scope| {
        let share = |thread| (0..PATHS).filter(move |seed| seed % THREADS == thread);
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || walks(share(thread)))).collect();
        for thread in threads {
            for (what, times) in thread.join().unwrap() {
                *tally.entry(what).or_default() += times;
            }
        }
    });
    eprintln!("conformance: {tally:#?}");
    let sum =
        |what: &str| tally.iter().filter(|(name, _)| name.starts_with(what)).map(|(_, times)| times).sum::<usize>();
    assert!(sum("did") > 20_000 && sum("tried") > 4_000, "the paths are too short");
    for wanted in [
        "ended Confirmed",
        "ended Confirmed after a person's word",
        "ended NeedsPerson",
        "ended TakenDown",
        "did TakeBack",
        "did LookHit",
        "did Reject",
        "did BeginCorrection",
        "did GiveAddress",
        "did See",
    ] {
        assert!(tally.get(wanted).is_some_and(|&times| times >= 10), "hardly ever {wanted}");
    }
}
