//! What a report measures, what each figure means, and what is aimed at.

use jiff::SignedDuration;

use crate::core::incident::Teller;
use crate::core::name::StepId;

/// Closed on purpose: each has its meaning here, and the report shows all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    TimeToDetect,
    TimeToAcknowledge,
    TimeToFirstStatement,
    StaffFirst,
    StepsInTime,
    LongestApproval,
    Versions,
    LintFired,
    BlocksLifted,
    PromisesKept,
    LongestSilence,
    Known,
    ReadingGrade,
    Languages,
    HalfLife,
    FollowUps,
    WhoBrokeIt,
    Spread,
    SameMessage,
    ShareOfVoice,
    ToneRecovery,
    FalseClaims,
    PrivateThreads,
    LegalClocks,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub measure: Measure,
    pub value: Value,
    /// None where nothing is aimed at, or nothing can be compared.
    pub target: Option<Target>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Told(Amount),
    /// The events do not tell it, and why.
    NotTold(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Amount {
    Lasted(SignedDuration),
    /// So many of so many.
    Share {
        part: usize,
        whole: usize,
    },
    Count(usize),
    Grade(f64),
    Who(Teller),
    /// How many of each.
    Each(Vec<(String, usize)>),
    /// At each word: facts that were confirmed, of those that the playbook asks for.
    Slots(Vec<(StepId, usize, usize)>),
}

/// What is aimed at, and whether the value is that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub words: String,
    pub met: bool,
}

impl Measure {
    pub fn name(self) -> &'static str {
        match self {
            Self::TimeToDetect => "Time to detect",
            Self::TimeToAcknowledge => "Time to claim",
            Self::TimeToFirstStatement => "Time to the first statement",
            Self::StaffFirst => "Staff before the public",
            Self::StepsInTime => "Steps in time",
            Self::LongestApproval => "Longest wait for an approval",
            Self::Versions => "Versions until approved",
            Self::LintFired => "What lint found",
            Self::BlocksLifted => "Privacy blocks lifted",
            Self::PromisesKept => "Promised updates kept",
            Self::LongestSilence => "Longest silence",
            Self::Known => "Facts known at each statement",
            Self::ReadingGrade => "Reading grade",
            Self::Languages => "Statements in every language",
            Self::HalfLife => "Half-life of the talk",
            Self::FollowUps => "Follow-ups done",
            Self::WhoBrokeIt => "Who broke the story",
            Self::Spread => "First word before the story spread",
            Self::SameMessage => "Same message everywhere",
            Self::ShareOfVoice => "Share of voice",
            Self::ToneRecovery => "Recovery of the tone",
            Self::FalseClaims => "False claims corrected",
            Self::PrivateThreads => "Private matters taken off the thread",
            Self::LegalClocks => "Legal deadlines",
        }
    }

    /// What is counted, from what to what.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::TimeToDetect => "from the first mention of the stories that drove the alarm to the alert",
            Self::TimeToAcknowledge => "from the alert to the claim",
            Self::TimeToFirstStatement => "from the alert to the first public post",
            Self::StaffFirst => "by how much staff heard before the public did",
            Self::StepsInTime => "steps with a deadline that were done by it",
            Self::LongestApproval => {
                "from a request to its decision, or to the end of the vote where none came in time"
            }
            Self::Versions => "of each statement that went out",
            Self::LintFired => "findings in all versions, by rule",
            Self::BlocksLifted => "findings about privacy that somebody let pass",
            Self::PromisesKept => "promised times by which the next word had come, with five minutes' grace",
            Self::LongestSilence => "between public words, up to the end",
            Self::Known => "facts confirmed, of those that the playbook asks for",
            Self::ReadingGrade => "median Flesch-Kincaid grade of the public texts in English",
            Self::Languages => "public statements that went out in each of the organisation's languages",
            Self::HalfLife => "from the highest count of the window to half of it",
            Self::FollowUps => "things to do that were written down afterwards",
            Self::WhoBrokeIt => "who told it first: we ourselves, the media or a third party",
            Self::Spread => "whether the first public post came before the story left the region",
            Self::SameMessage => "posts that hold every key message",
            Self::ShareOfVoice => "our posts and what repeats them, of all mentions",
            Self::ToneRecovery => "from the worst tone back to the usual one",
            Self::FalseClaims => "false claims found, and the time to their correction",
            Self::PrivateThreads => "private matters that were answered elsewhere within four hours",
            Self::LegalClocks => "duties to report that were met in time",
        }
    }
}
