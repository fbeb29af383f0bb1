//! Whose mail goes first: a rehearsal's waits for everything that is owed live, since both go through one mail server.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::outbox::Shell;
use super::work::{MAIL, Work};
use super::{Engine, RecordError};
use crate::store::{Claimed, Settled};

/// How long a rehearsal's mail waits at once for live mail that is on its way, in real time. With the sending it stays
/// within a lease.
const WAITS_MAX: Duration = Duration::from_secs(5);
/// After which it looks again.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// Mail that is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct MailOwed {
    due: bool,
    /// Some was tried, and is to be sent again.
    again: bool,
}

impl Engine {
    /// Puts a mail off while the mail that goes first is owed. Says whether it did.
    pub(super) async fn gives_way(&self, shell: &Shell, row: &Claimed) -> Result<bool, RecordError> {
        let Some(first) = &shell.first else { return Ok(false) };
        let out = timeout(WAITS_MAX, first.mail_is_out()).await;
        if out.unwrap_or(Ok(false))? {
            return Ok(false);
        }
        let later = self.time().checked_add(AGAIN_AFTER).unwrap_or(Timestamp::MAX);
        self.end(row, Settled::NotBefore(later), None).await?;
        Ok(true)
    }

    /// Returns true once no mail is owed that could go out, and false at once where the mail server takes none.
    async fn mail_is_out(&self) -> Result<bool, RecordError> {
        let mut changes = self.changes();
        loop {
            changes.mark_unchanged();
            let owed = self.call(|work| work.mail_owed()).await?;
            // What one address does not take holds up nobody else; what no server takes waits for the server.
            let down = self.measures().mail_is_down();
            match (owed.due, owed.again && down) {
                (false, false) => return Ok(true),
                (_, true) => return Ok(false),
                (true, false) => changes.changed().await.map_err(|_| RecordError::Stopping)?,
            }
        }
    }
}

impl Work<'_, '_> {
    fn mail_owed(&mut self) -> Result<MailOwed, RecordError> {
        let due = self.batch.owed_by(&[MAIL], self.now)? > 0;
        Ok(MailOwed { due, again: self.batch.owed_again(MAIL)? })
    }
}
