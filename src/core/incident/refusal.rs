//! Why an event changes nothing, in words for the person who caused it.

use crate::core::playbook::FactError;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this incident is already open")]
    AlreadyOpen,
    #[error("this incident is over")]
    Over,
    #[error("this was already done")]
    NothingChanged,
    #[error("the playbook of this incident has no such step, fact or channel")]
    Unknown,
    #[error("only {0} may do this")]
    NotEntitled(String),
    #[error("{0} has already claimed this incident")]
    ClaimedBy(String),
    #[error("somebody saved version {0} in the meantime; look at it before you save yours")]
    NewerVersion(u32),
    #[error("the words are the same; nothing was saved, and every approval stands")]
    SameWords,
    #[error("this statement has {0} versions already, and no more are kept; approve one, or open another incident")]
    TooManyVersions(usize),
    #[error("a fact that this text says changed while it was written; look at the facts, then save it")]
    FactsChanged,
    #[error("the text that this request was about is not the current one; nothing was decided")]
    Superseded,
    #[error("your address was changed since you were asked; answer by the request that went to the new one")]
    OldAddress,
    #[error("this request's time had passed; nothing was decided")]
    Late,
    #[error("too many wrong codes were tried; the duty officer was told and can ask you again")]
    Locked,
    #[error("this request was made to somebody else")]
    NotAsked,
    #[error("these are not the words that you were asked about; nothing was decided")]
    OtherBytes,
    #[error("you have already answered this request")]
    AlreadyDecided,
    #[error("enough people have approved; your answer is not needed any more")]
    Enough,
    #[error("posting has begun; the decision cannot be taken back any more")]
    PostingBegan,
    #[error("nobody has said yet whether this incident is real; say so first")]
    Unverified,
    #[error("lint stops this text: {0}; mend it, or have it lifted")]
    Blocked(String),
    #[error("this finding does not stop the current text")]
    NothingToLift,
    #[error("nothing of it is public there now")]
    NotPublic,
    #[error("a correction of this statement is under way; finish that one")]
    BeingCorrected,
    #[error("this statement was corrected {0} times, and more corrections are not taken; open another incident")]
    TooManyCorrections(usize),
    #[error("{0} changes of people were offered to this incident, and no more are taken; open another incident")]
    TooManyChanges(usize),
    #[error("posting is stopped; nothing goes out before it is resumed")]
    PostingStopped,
    #[error("a late attempt could still post this, and Holdline looks for it itself first; try again in two minutes")]
    TooEarly,
    #[error("somebody said that this incident is real; it ends by standing down")]
    IsReal,
    #[error("an incident stands down first and is closed afterwards")]
    NotStoodDown,
    #[error("this happens in rehearsals alone")]
    OnlyRehearsed,
    #[error("this incident is still running; what was learned is written down once it is over")]
    StillRunning,
    #[error("write between one and {0} characters")]
    Words(usize),
    #[error("{0} lessons are written down here, and no more are taken; keep the rest elsewhere")]
    TooManyLessons(usize),
    #[error("no approved text is ready there now; look at the page again before you say anything")]
    NotReady,
    #[error("this sends an instruction at once, so the code is not enough: sign in as well, then press again")]
    NotSignedIn,
    #[error("the words of an instruction are fixed, so that its approval stands; leave it out, or send another one")]
    FixedWords,
    #[error("the approval of these words has lapsed; ask again with a reason, or draft them afresh")]
    Lapsed,
    #[error("write to whom you said it")]
    AskerMissing,
    #[error("these words were said {0} times, and no more uses are written down here; keep a list of your own")]
    TooManyUses(usize),
    #[error("write what is to be done")]
    TodoMissing,
    #[error("this is longer than {0} characters; shorten it")]
    TooLong(usize),
    #[error("this holds a character that cannot be shown; type it again by hand")]
    HiddenCharacter,
    #[error("that time has passed; give a later one, or none")]
    DuePassed,
    #[error("{0} tasks were added to this incident, and no more are taken; finish some in another incident")]
    TooManyTasks(usize),
    #[error("incident {0} has this task, for all that is open; do it there")]
    PausedElsewhere(u32),
    #[error("name another incident than this one")]
    ItselfNamed,
    #[error("one is a rehearsal and the other is not; they have nothing to do with one another")]
    OtherSetting,
    #[error("this incident is linked with {0} others, and no more links are kept; take one away first")]
    TooManyLinks(usize),
    #[error("{0} incidents were merged into this one, and no more are taken; link them instead")]
    TooManyTakenOver(usize),
    #[error("this incident runs this playbook already")]
    SamePlaybook,
    #[error("somebody switched this incident to the playbook {0} meanwhile; look at it before you switch it again")]
    SwitchedMeanwhile(String),
    #[error(
        "the playbook of this incident was switched {0} times, and no more switches are taken; open another incident"
    )]
    TooManySwitches(usize),
    #[error("this incident has no task called `{0}`")]
    NoSuchTask(String),
    #[error("a reason is needed")]
    ReasonMissing,
    #[error(transparent)]
    Fact(#[from] FactError),
}
