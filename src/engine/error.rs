//! Why the engine did not do what it was asked.

use crate::core::incident::{IncidentId, Refusal};
use crate::core::quiet::SilenceError;
use crate::store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("there is no such incident")]
    NoSuchIncident,
    #[error("there is no playbook of this name")]
    NoSuchPlaybook,
    #[error(transparent)]
    Silence(#[from] SilenceError),
    #[error(
        "incident {0} does not know you by the address that you signed in with, so you can change nothing there; sign in \
         with the address that it knows, or let two other people of it agree to the new one on its page"
    )]
    AnotherAddress(IncidentId),
    #[error("Holdline has more to write down than it can right now; try again in a few seconds")]
    Busy,
    #[error("Holdline is stopping")]
    Stopping,
    /// Nothing of the request was kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an answer by link and code was not counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    #[error("this link is not one of ours, or it was cut short; open it from the mail once more")]
    NoSuchLink,
    #[error("this is not the code of that mail; {} left", tries(*.left))]
    WrongCode { left: u32 },
    #[error("too many wrong codes were tried, so this link decides nothing any more; the duty officer was told")]
    Locked,
    #[error(transparent)]
    Refused(Refusal),
    #[error(transparent)]
    Record(RecordError),
}

fn tries(left: u32) -> String {
    if left == 1 { "1 try is".to_owned() } else { format!("{left} tries are") }
}

impl From<RecordError> for AnswerError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Refused(refusal) => Self::Refused(refusal),
            RecordError::NoSuchIncident
            | RecordError::NoSuchPlaybook
            | RecordError::Silence(_)
            | RecordError::AnotherAddress(_)
            | RecordError::Busy
            | RecordError::Stopping
            | RecordError::Store(_) => Self::Record(error),
        }
    }
}
