//! Lessons: what people who were there write down afterwards, to keep, to change, and to be done by whom.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::advance::Turn;
use super::{Incident, Notice, Refusal};
use crate::core::name::PersonId;

/// How many lessons one incident takes; nobody acts on the hundredth.
pub const LESSONS_MAX: usize = 99;
/// The longest lesson, and the longest word on how one was done, in characters.
pub const LESSON_CHARS_MAX: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Lesson {
    /// What went well and is to stay.
    Keep { words: String },
    /// What is to be otherwise the next time.
    Change { words: String },
    /// What somebody of the incident's people does about it, until a day of the organisation's calendar.
    FollowUp { words: String, owner: PersonId, due: Date },
}

/// A lesson as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learned {
    pub lesson: Lesson,
    pub by: PersonId,
    pub at: Timestamp,
    /// Of a follow-up that was done.
    pub done: Option<FollowedUp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowedUp {
    pub by: PersonId,
    pub at: Timestamp,
    pub note: String,
}

impl Lesson {
    pub fn words(&self) -> &str {
        match self {
            Self::Keep { words } | Self::Change { words } | Self::FollowUp { words, .. } => words,
        }
    }
}

impl Incident {
    /// A lesson's number is its place.
    pub fn lesson(&self, number: u32) -> Option<&Learned> {
        self.lessons.get(usize::try_from(number).ok()?)
    }

    /// Whether people write lessons down: once it is over, however it ended.
    pub fn takes_lessons(&self) -> bool {
        !self.is_running()
    }
}

impl Turn<'_> {
    pub(super) fn add_lesson(&mut self, lesson: &Lesson, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        if !self.incident.takes_lessons() {
            return Err(Refusal::StillRunning);
        }
        let chars = lesson.words().trim().chars().count();
        if chars == 0 || chars > LESSON_CHARS_MAX {
            return Err(Refusal::Words(LESSON_CHARS_MAX));
        }
        if self.incident.lessons.len() >= LESSONS_MAX {
            return Err(Refusal::TooManyLessons(LESSONS_MAX));
        }
        if self.incident.lessons.iter().any(|known| known.lesson == *lesson) {
            return Err(Refusal::NothingChanged);
        }
        if let Lesson::FollowUp { owner, .. } = lesson {
            self.must_be_known(owner)?;
            if owner != by {
                let lesson = u32::try_from(self.incident.lessons.len()).unwrap_or(u32::MAX);
                self.tell(owner, Notice::FollowUp { lesson });
            }
        }
        self.incident.lessons.push(Learned { lesson: lesson.clone(), by: by.clone(), at: self.at, done: None });
        Ok(())
    }

    pub(super) fn follow_up(&mut self, number: u32, by: &PersonId, note: &str) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        if note.chars().count() > LESSON_CHARS_MAX {
            return Err(Refusal::Words(LESSON_CHARS_MAX));
        }
        let at = self.at;
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        let learned = self.incident.lessons.get_mut(place).ok_or(Refusal::Unknown)?;
        match (&learned.lesson, &learned.done) {
            (Lesson::FollowUp { .. }, None) => {
                learned.done = Some(FollowedUp { by: by.clone(), at, note: note.to_owned() });
                Ok(())
            }
            (Lesson::FollowUp { .. }, Some(_)) => Err(Refusal::NothingChanged),
            (Lesson::Keep { .. } | Lesson::Change { .. }, _) => Err(Refusal::Unknown),
        }
    }
}
