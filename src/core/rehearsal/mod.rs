//! Rehearsals: scenarios that people write, what they expect, and how a rehearsal went, told from its events alone.

mod expect;
mod recurring;
mod retold;
mod scenario;
mod score;

pub use expect::{Expectation, Found, find};
pub use recurring::{ANNOUNCED, ANNOUNCED_MAX, Recurring, RecurringError};
pub use retold::{Retold, retell};
pub use scenario::{Answers, Inject, LASTS, MENTIONS_MAX, Scenario, What};
pub use score::{Missed, Score, StatementScore, score};
