//! The approval and posting protocol as a model, every reachable state of it within bounds, and the real engine held to it.
//!
//! The model: four people of three roles vote in two stages on one statement, which then goes to two channels through an
//! outbox that two workers carry out, over a network that delays and loses, with crashes, the kill switch, stand-down,
//! lost seats, yeses taken back, look-ups that miss, and people who say what they see. `properties` says what must hold.
//!
//! Bounds (`SCOPES`): each scope is explored to its end, and names how often what is rare happens in one path: texts
//! (an edit or a correction), attempts per channel, crashes, seats lost, yeses taken back, noes, stops, stand-downs, posts
//! taken down. The two channels, and the two workers, are alike: states that differ in their names only are met once.
//!
//! Left out: what a locked code, a delegate, an escalation and a language do to a vote; facts, lint and drafting; posts by
//! hand and the newsroom; who is mailed; the store, which `conformance` runs for real. A correction is begun only once its
//! original is settled everywhere; what is taken down is gone at once, or the channel cannot do it.
//!
//! Time is the order of times only: nothing is sent after the deadline of its call; a lease outlasts that deadline; and
//! "settled" comes after lease and deadline, when each request has arrived or never will. What a channel says for
//! certain is so, and a person who says "there" or "not there" has looked. A look-up may miss what is there.

mod action;
mod bug;
mod checks;
mod conformance;
mod driver;
mod outside;
mod people;
mod quorum;
mod seen;
mod state;
mod step;
mod ward;

use action::Action;
use bug::Bug;
use quorum::people_behind;
use state::{Bounds, Post, State};
use stateright::{Model, Property};
use step::{Refused, Step};

/// The model within bounds, right or with one fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Protocol {
    pub(crate) bounds: Bounds,
    pub(crate) bug: Option<Bug>,
    /// Whether states that differ only in the names of channels and workers are one.
    pub(crate) canonical: bool,
}

impl Protocol {
    pub(crate) fn next(&self, state: &State, action: Action) -> Result<State, Refused> {
        let mut step = Step { state: *state, bounds: &self.bounds, bug: self.bug };
        step.take(action)?;
        if step.state == *state { Err(Refused::Forbidden) } else { Ok(step.state) }
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let settings = [false, true].into_iter().filter(|rehearsal| !rehearsal || self.bounds.rehearsals);
        settings.map(|rehearsal| State::start(&self.bounds, rehearsal)).collect()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        action::of_people(&self.bounds, &mut |action| actions.push(action));
        action::of_machines(&self.bounds, state, &mut |action| actions.push(action));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let next = self.next(state, action).ok()?;
        Some(if self.canonical { next.canonical(&self.bounds) } else { next })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties()
    }
}

/// What the public sees was agreed, in exactly that version, by a full quorum of people entitled to it at the freeze.
const AGREED: &str = "what is public was agreed";
const INSIDE: &str = "a rehearsal stays inside";
const ONCE: &str = "posted once";
const CONFIRMED: &str = "what is confirmed is public";
const STOPPED: &str = "nothing is intended after a stop";
const ENTITLED: &str = "nothing is intended on fewer votes";
const HELD: &str = "nobody gives up what another holds";
const REFUSED: &str = "one no ends the round";
const DOWN: &str = "what was taken down stays down";
const ONE_YES: &str = "one person is one yes";

fn properties() -> Vec<Property<Protocol>> {
    vec![
        Property::always(AGREED, |_, state: &State| {
            let seen = |version: usize| state.channels.iter().any(|channel| channel.public[version] > 0);
            (0..state::VERSIONS).all(|version| !seen(version) || state.told.agreed & (1 << version) != 0)
        }),
        Property::always(INSIDE, |_, state: &State| {
            let nothing = |channel: &state::Channel| channel.public == [0; 2] && channel.flying == [0; 2];
            !state.rehearsal || state.channels.iter().all(nothing)
        }),
        Property::always(ONCE, |_, state: &State| {
            state.channels.iter().all(|channel| channel.public.iter().all(|&times| times <= 1))
        }),
        Property::always(CONFIRMED, |_, state: &State| {
            let version = usize::from(state.version) - 1;
            state.channels.iter().all(|channel| channel.post != Post::Confirmed || channel.public[version] > 0)
        }),
        Property::always(STOPPED, |_, state: &State| !state.told.intended_after_stop),
        Property::always(ENTITLED, |_, state: &State| !state.told.intended_on_fewer),
        Property::always(HELD, |_, state: &State| !state.told.given_up_early),
        Property::always(REFUSED, |_, state: &State| !state.told.refused_and_frozen),
        Property::always(DOWN, |_, state: &State| {
            let version = usize::from(state.version) - 1;
            state.channels.iter().all(|channel| channel.post != Post::TakenDown || channel.public[version] == 0)
        }),
        Property::always(ONE_YES, |_, state: &State| !state.frozen || people_behind(state) >= 2),
        Property::sometimes("confirmed", |_, state: &State| {
            state.channels.iter().any(|channel| channel.post == Post::Confirmed)
        }),
        Property::sometimes("a person is needed", |_, state: &State| {
            state.channels.iter().any(|channel| matches!(channel.post, Post::NeedsPerson(_)))
        }),
        Property::sometimes("posted again by a person", |_, state: &State| {
            state.channels.iter().any(|channel| channel.again && channel.post == Post::Confirmed)
        }),
        Property::sometimes("taken back before the intent", |_, state: &State| state.told.taken_back),
        Property::sometimes("refused", |_, state: &State| state.held),
        Property::sometimes("taken down", |_, state: &State| {
            state.channels.iter().any(|channel| channel.post == Post::TakenDown)
        }),
        Property::sometimes("corrected", |_, state: &State| {
            state.channels.iter().any(|channel| channel.public == [1, 1])
        }),
    ]
}
