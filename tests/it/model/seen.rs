//! What is compared after each step: the model's state and the engine's, brought to the same terms.

use std::path::{Path, PathBuf};

use holdline::core::incident::{Effect, Hold, IncidentId, PostPhase, Statement, StatementPhase};
use holdline::core::statement;
use holdline::store::EffectId;
use jiff::Timestamp;
use rusqlite::Connection;

use super::driver::Driver;
use super::quorum::{ASKED, Count, SLOTS};
use super::state::{CHANNELS, Post, ROWS, Row, Sight, State};
use super::ward::{self, CHANNEL_NAMES};

#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing that is so or not")]
pub(super) struct Seen {
    version: u32,
    /// Somebody said no.
    held: bool,
    /// Handed to its channels.
    frozen: bool,
    /// The incident ended before anything of it was public.
    withdrawn: bool,
    stopped: bool,
    over: bool,
    /// Which yeses count; after the first intent nobody asks any more.
    yes: Option<[bool; SLOTS]>,
    posts: [Post; CHANNELS],
    sights: [Sight; CHANNELS],
    /// Whether an address is to be looked at.
    looks_at: [bool; CHANNELS],
    rows: [[Row; ROWS]; CHANNELS],
    looks: [Row; CHANNELS],
}

impl Seen {
    pub(super) fn of_model(state: &State) -> Self {
        let posts = state.channels.map(|channel| channel.post);
        let ended = |post: &Post| matches!(post, Post::Cancelled | Post::Refused | Post::Nothing);
        let unseen = posts.iter().all(ended) && posts.contains(&Post::Cancelled);
        let withdrawn = state.over && (!state.frozen || unseen);
        let frozen = state.frozen && !withdrawn;
        let held = state.held && !withdrawn;
        let asks = !withdrawn && !held && !state.has_begun();
        Self {
            version: state.version.into(),
            held,
            frozen,
            withdrawn,
            stopped: state.stopped,
            over: state.over,
            yes: asks.then(|| std::array::from_fn(|slot| Count::RIGHT.counts(state, slot))),
            posts: if frozen { posts } else { [Post::Nothing; CHANNELS] },
            sights: state.channels.map(|channel| if frozen { shown(channel.post, channel.sight) } else { Sight::None }),
            looks_at: state.channels.map(|channel| channel.look_at),
            rows: state.channels.map(|channel| channel.rows.map(nobodys)),
            looks: state.channels.map(|channel| nobodys(channel.look)),
        }
    }

    pub(super) fn of_engine(driver: &mut Driver) -> Self {
        let incident = driver.folded();
        let id = driver.statement.clone();
        let statement = &incident.statements[&id];
        let posts = CHANNEL_NAMES.map(|channel| incident.post(&id, &channel.into()).map_or(Post::Nothing, post));
        let sights = CHANNEL_NAMES.map(|channel| incident.post(&id, &channel.into()).map_or(Sight::None, sight));
        driver.rows.read(driver.now);
        Self {
            version: driver.version_before + statement.version(),
            held: matches!(statement.phase, StatementPhase::Drafting(Hold::Refused { .. })),
            frozen: statement.posting().is_some(),
            withdrawn: statement.phase == StatementPhase::Withdrawn,
            stopped: driver.is_stopped(),
            over: !incident.is_running(),
            yes: yes(statement),
            posts,
            sights,
            looks_at: driver.rows.looks_at.map(|row| row.is_some()),
            rows: driver.rows.posts.map(|channel| channel.map(|row| row.map_or(Row::Closed, |row| row.row))),
            looks: driver.rows.looks.map(|row| row.map_or(Row::Closed, |row| row.row)),
        }
    }
}

/// Who holds a row shows in what its holder can do with it, not in the outbox.
fn nobodys(row: Row) -> Row {
    match row {
        Row::Open { attempt, leased, intended, .. } => Row::Open { attempt, holder: None, leased, intended },
        Row::Closed => Row::Closed,
    }
}

fn yes(statement: &Statement) -> Option<[bool; SLOTS]> {
    let ballot = match &statement.phase {
        StatementPhase::Asking(ballot) => ballot,
        StatementPhase::Posting(posting) | StatementPhase::Posted(posting) if !posting.has_begun() => &posting.ballot,
        StatementPhase::Posting(_)
        | StatementPhase::Posted(_)
        | StatementPhase::Waiting
        | StatementPhase::Drafting(_)
        | StatementPhase::Ready(_)
        | StatementPhase::Skipped(_)
        | StatementPhase::Withdrawn => return None,
    };
    Some(ASKED.map(|(person, asked_in)| ballot.has_yes(ward::place(asked_in), &ward::name(person).into())))
}

fn post(phase: &PostPhase) -> Post {
    let small = |attempt: &u32| u8::try_from(*attempt).unwrap();
    match phase {
        PostPhase::Owed { attempt } => Post::Owed(small(attempt)),
        PostPhase::Intended { attempt, .. } => Post::Intended(small(attempt)),
        PostPhase::Unknown { attempt, .. } => Post::Unknown(small(attempt)),
        PostPhase::NeedsPerson { attempt, .. } => Post::NeedsPerson(small(attempt)),
        PostPhase::Confirmed { .. } => Post::Confirmed,
        PostPhase::Refused { .. } => Post::Refused,
        PostPhase::Cancelled => Post::Cancelled,
        PostPhase::TakingDown { .. } => Post::TakingDown,
        PostPhase::TakenDown { .. } => Post::TakenDown,
        PostPhase::ByHand { .. } => Post::ByHand,
    }
}

/// What was seen is told of what is public alone.
fn shown(post: Post, sight: Sight) -> Sight {
    if matches!(post, Post::Confirmed | Post::TakingDown) { sight } else { Sight::None }
}

fn sight(phase: &PostPhase) -> Sight {
    match phase {
        PostPhase::Confirmed { seen: Some(seen), .. } | PostPhase::TakingDown { seen: Some(seen), .. } => match seen {
            statement::Seen::Matches => Sight::Matches,
            statement::Seen::Differs => Sight::Differs,
            statement::Seen::CouldNotBeSeen { .. } => Sight::Unseen,
        },
        PostPhase::Confirmed { seen: None, .. }
        | PostPhase::Owed { .. }
        | PostPhase::Intended { .. }
        | PostPhase::Unknown { .. }
        | PostPhase::NeedsPerson { .. }
        | PostPhase::Refused { .. }
        | PostPhase::ByHand { .. }
        | PostPhase::Cancelled
        | PostPhase::TakingDown { seen: None, .. }
        | PostPhase::TakenDown { .. } => Sight::None,
    }
}

/// A row of the real outbox.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenRow {
    id: EffectId,
    row: Row,
    not_before: Timestamp,
    claimed_until: Option<Timestamp>,
}

fn is_leased(row: Option<OpenRow>) -> bool {
    row.is_some_and(|row| matches!(row.row, Row::Open { leased: true, .. }))
}

/// The incident's rows that are about posts, in the places that the model gives them.
pub(super) struct OpenRows {
    path: PathBuf,
    db: Option<Connection>,
    incident: IncidentId,
    posts: [[Option<OpenRow>; ROWS]; CHANNELS],
    looks: [Option<OpenRow>; CHANNELS],
    /// Looks at addresses that somebody gave for what was posted by hand.
    looks_at: [Option<EffectId>; CHANNELS],
    /// Whether the second channel is a board.
    by_hand: bool,
}

impl OpenRows {
    pub(super) fn new(path: &Path) -> Self {
        let (posts, looks) = ([[None; ROWS]; CHANNELS], [None; CHANNELS]);
        Self { path: path.to_owned(), db: None, incident: 0, posts, looks, looks_at: [None; CHANNELS], by_hand: false }
    }

    pub(super) fn connect(&mut self) {
        self.db = Some(Connection::open(&self.path).unwrap());
    }

    pub(super) fn begin(&mut self, incident: IncidentId, by_hand: bool) {
        (self.incident, self.by_hand) = (incident, by_hand);
        (self.posts, self.looks) = ([[None; ROWS]; CHANNELS], [None; CHANNELS]);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.posts.iter().flatten().chain(&self.looks).all(Option::is_none)
    }

    pub(super) fn post(&self, channel: u8, row: u8) -> Option<EffectId> {
        self.posts[usize::from(channel)][usize::from(row)].map(|row| row.id)
    }

    pub(super) fn look(&self, channel: u8) -> Option<EffectId> {
        self.looks[usize::from(channel)].map(|row| row.id)
    }

    pub(super) fn look_at(&self, channel: u8) -> Option<EffectId> {
        self.looks_at[usize::from(channel)]
    }

    /// A look at an address is due at once.
    pub(super) fn is_due(&self, id: EffectId, now: Timestamp) -> bool {
        self.looks_at.contains(&Some(id)) || self.all().any(|row| row.id == id && row.not_before <= now)
    }

    pub(super) fn is_leased(&self, channel: u8, row: u8) -> bool {
        is_leased(self.posts[usize::from(channel)][usize::from(row)])
    }

    pub(super) fn is_look_leased(&self, channel: u8) -> bool {
        is_leased(self.looks[usize::from(channel)])
    }

    fn all(&self) -> impl Iterator<Item = &OpenRow> {
        self.posts.iter().flatten().chain(&self.looks).flatten()
    }

    /// When rows fall due and leases end.
    pub(super) fn times(&self) -> impl Iterator<Item = Timestamp> {
        self.all().flat_map(|row| [Some(row.not_before), row.claimed_until]).flatten()
    }

    pub(super) fn read(&mut self, now: Timestamp) {
        let found = self.open(now);
        let is_open = |row: &OpenRow| found.iter().any(|(_, other)| other.id == row.id);
        let places = self.posts.iter_mut().flatten().chain(&mut self.looks);
        places.filter(|place| place.is_some_and(|row| !is_open(&row))).for_each(|place| *place = None);
        self.looks_at = [None; CHANNELS];
        for (effect, row) in found {
            if let Effect::LookAt { channel, .. } = &effect {
                // The model has no look at what a person said of a wire.
                if !self.by_hand || channel.as_str() != CHANNEL_NAMES[1] {
                    continue;
                }
                let channel = CHANNEL_NAMES.iter().position(|name| *name == channel.as_str()).unwrap();
                self.looks_at[channel] = Some(row.id);
                continue;
            }
            let (channel, look) = match &effect {
                Effect::Post { channel, .. } => (channel, false),
                Effect::LookUp { channel, .. } => (channel, true),
                _ => continue,
            };
            let channel = CHANNEL_NAMES.iter().position(|name| *name == channel.as_str()).unwrap();
            let places =
                if look { std::slice::from_mut(&mut self.looks[channel]) } else { &mut self.posts[channel][..] };
            let known = places.iter().position(|place| place.is_some_and(|known| known.id == row.id));
            let free = known.or_else(|| places.iter().position(Option::is_none));
            places[free.expect("no more rows than the model allows")] = Some(row);
        }
    }

    fn open(&self, now: Timestamp) -> Vec<(Effect, OpenRow)> {
        let mut statement = self
            .db
            .as_ref()
            .unwrap()
            .prepare_cached(
                "select number, place, body, not_before, claimed_until, kind = 'intended' from outbox
                 where incident = ?1 and outcome is null and kind in ('channel', 'intended', 'look')
                 order by number, place",
            )
            .unwrap();
        let rows = statement.query_map([self.incident], |row| {
            let body: String = row.get(2)?;
            Ok((row.get(0)?, row.get(1)?, body, row.get(3)?, row.get::<_, Option<i64>>(4)?, row.get(5)?))
        });
        let at = |millisecond| Timestamp::from_millisecond(millisecond).unwrap();
        rows.unwrap()
            .map(|row| {
                let (number, place, body, not_before, claimed_until, intended) = row.unwrap();
                let effect: Effect = serde_json::from_str(&body).unwrap();
                let attempt = match &effect {
                    Effect::Post { attempt, .. } | Effect::LookUp { attempt, .. } => u8::try_from(*attempt).unwrap(),
                    _ => 0,
                };
                let claimed_until = claimed_until.map(at);
                let leased = claimed_until.is_some_and(|until| until > now);
                let row = Row::Open { attempt, holder: None, leased, intended };
                let id = EffectId { incident: self.incident, number, place };
                (effect, OpenRow { id, row, not_before: at(not_before), claimed_until })
            })
            .collect()
    }
}
