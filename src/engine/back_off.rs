//! Waits after failures in a row, for feeds that have no schedule: they double from the first to the last.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LAST: Duration = Duration::from_mins(5);

pub(super) struct BackOff(Duration);

impl BackOff {
    pub(super) fn new() -> Self {
        Self(FIRST)
    }

    /// After something that went well the first wait comes first again.
    pub(super) fn end(&mut self) {
        self.0 = FIRST;
    }

    /// How long to wait now.
    pub(super) fn next(&mut self) -> Duration {
        let wait = self.0;
        self.0 = (wait * 2).min(LAST);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::{BackOff, FIRST, LAST};

    #[test]
    fn waits_double_up_to_the_last_and_begin_anew_after_a_success() {
        let mut wait = BackOff::new();
        assert_eq!([wait.next(), wait.next(), wait.next()], [FIRST, FIRST * 2, FIRST * 4]);
        assert_eq!((0..20).map(|_| wait.next()).max(), Some(LAST));
        wait.end();
        assert_eq!(wait.next(), FIRST);
    }
}
