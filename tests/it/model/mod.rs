//! The approval and posting protocol as a model, every reachable state of it within bounds, and the real engine held to it.
//!
//! The model: four people of three roles vote in two stages on one statement, which then goes to two channels through an
//! outbox that two workers carry out, over a network that delays and loses, with crashes, the kill switch, stand-down,
//! lost seats, yeses taken back, look-ups that miss, and people who say what they see or post by hand. `properties` says
//! what must hold.
//!
//! Bounds (`SCOPES`): each scope is explored to its end, and names how often what is rare happens in one path: texts
//! (an edit or a correction), attempts per channel, crashes, seats lost, yeses taken back, noes, stops, stand-downs, posts
//! taken down. The two channels, and the two workers, are alike: states that differ in their names only are met once.
//!
//! Left out: what a locked code, a delegate, an escalation and a language do to a vote; facts, lint and drafting; the
//! newsroom; who is mailed; the store, which `conformance` runs for real. A correction is begun only once its
//! original is settled everywhere; what is taken down is gone at once, or the channel cannot do it.
//!
//! Time is the order of times only: nothing is sent after the deadline of its call; a lease outlasts that deadline; and
//! "settled" comes after lease and deadline, when each request has arrived or never will. What a channel says for
//! certain is so, and a person who says "there" or "not there" has looked. A look-up may miss what is there. Whoever posts
//! by hand may put up other words, and may do so after the vote fell; whoever gives an address has put something there.

mod action;
mod bug;
mod by_hand;
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
use quorum::{Count, people_behind};
use state::{Board, Bounds, Post, Sight, State};
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
/// Whoever is asked to post by hand is asked for words that a full quorum of people still entitled stands behind.
const ASKED_BY_HAND: &str = "nobody is asked to post what is not agreed";
const GIVEN: &str = "an address is taken for agreed words only";
const MATCHES: &str = "what is said to match does";
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
        Property::always(ASKED_BY_HAND, |_, state: &State| {
            let asked = state.channels.iter().any(|channel| channel.post == Post::ByHand);
            !asked || state.frozen && Count::RIGHT.quorum(state)
        }),
        Property::always(GIVEN, |_, state: &State| !state.told.counted_on_fewer),
        Property::always(MATCHES, |_, state: &State| {
            let matches = |channel: &state::Channel| channel.board == Board::Words(state.version);
            state.channels.iter().all(|channel| channel.sight != Sight::Matches || matches(channel))
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
            let shows = |channel: &state::Channel| channel.public[version] > 0 || channel.board != Board::Nothing;
            state.channels.iter().all(|channel| channel.post != Post::Confirmed || shows(channel))
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
        Property::sometimes("seen to match", |_, state: &State| sees(state, Sight::Matches)),
        Property::sometimes("seen to differ", |_, state: &State| sees(state, Sight::Differs)),
        Property::sometimes("could not be seen", |_, state: &State| sees(state, Sight::Unseen)),
        Property::sometimes("put up, and taken back", |_, state: &State| {
            let stands = |channel: &state::Channel| channel.board != Board::Nothing && !channel.given;
            !state.frozen && state.channels.iter().any(stands)
        }),
        Property::sometimes("corrected", |_, state: &State| {
            state.channels.iter().any(|channel| channel.public == [1, 1])
        }),
    ]
}

fn sees(state: &State, sight: Sight) -> bool {
    state.channels.iter().any(|channel| channel.sight == sight)
}
