//! Crash points: the places where a death could hurt, by name, so that a test can let the process die at each. Without the
//! feature `crash-points` passing one is nothing at all.

/// Tells points and their names apart from one list.
macro_rules! points {
    ($($(#[$doc:meta])* $point:ident = $name:literal,)*) => {
        /// A place where a death could hurt.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Point {
            $($(#[$doc])* $point,)*
        }

        impl Point {
            pub const ALL: &'static [Self] = &[$(Self::$point,)*];

            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$point => $name,)*
                }
            }
        }
    };
}

points! {
    Migrating = "store-migrating",
    Migrated = "store-migrated",
    Verified = "store-verified",
    Begun = "store-begun",
    EventAppended = "store-event-appended",
    RulesKept = "store-rules-kept",
    Owed = "store-owed",
    MentionAdded = "store-mention-added",
    MinuteCounted = "store-minute-counted",
    NotePut = "store-note-put",
    CountedUp = "store-counted-up",
    NoteDropped = "store-note-dropped",
    SessionBegun = "store-session-begun",
    SessionSeen = "store-session-seen",
    SessionEnded = "store-session-ended",
    Claiming = "store-claiming",
    Claimed = "store-claimed",
    Renewed = "store-renewed",
    Settled = "store-settled",
    HeadWriting = "store-head-writing",
    HeadWritten = "store-head-written",
    Committing = "store-committing",
    Committed = "store-committed",
    Folded = "engine-folded",
    Started = "engine-started",
    BetweenJobs = "engine-between-jobs",
    Unanswered = "engine-unanswered",
    Answered = "engine-answered",
    SpikeSeen = "engine-spike-seen",
    InsideDone = "engine-inside-done",
    ClaimTaken = "engine-claim-taken",
    MailWritten = "engine-mail-written",
    MailSent = "engine-mail-sent",
    PostIntended = "engine-post-intended",
    PostCalled = "engine-post-called",
    LookingUp = "engine-looking-up",
    LookedUp = "engine-looked-up",
    OutcomeKept = "engine-outcome-kept",
    Polled = "engine-polled",
    PolledKept = "engine-polled-kept",
    HeadSigned = "engine-head-signed",
    FileOpened = "channel-file-opened",
    FileWritten = "channel-file-written",
    FileSynced = "channel-file-synced",
    FolderSynced = "channel-folder-synced",
}

/// Says that this point is passed.
#[cfg(feature = "crash-points")]
pub(crate) fn pass(point: Point) {
    fail::eval(point.name(), |_: Option<String>| ());
}

/// Nothing; there are no crash points in a released program.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub(crate) const fn pass(_: Point) {}

/// Whether this program has its crash points.
pub const ON: bool = cfg!(feature = "crash-points");

/// Calls `then` whenever `point` is passed from here on.
#[cfg(feature = "crash-points")]
pub fn at(point: Point, then: impl Fn() + Send + Sync + 'static) {
    fail::cfg_callback(point.name(), then).expect("a callback needs no words to be parsed");
}

/// Nobody passes points that are not there.
#[cfg(not(feature = "crash-points"))]
pub fn at(_: Point, _: impl Fn() + Send + Sync + 'static) {}
