//! What a webhook remembers between deliveries: which it has met, and how many a minute. Time is an argument.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::{Delivery, DeliveryError, ReplayKey};

/// How long a delivery is remembered: longer than its timestamp stays acceptable, early or late.
pub const REPLAY_KEPT: SignedDuration = SignedDuration::from_mins(10);
/// The most deliveries remembered. Beyond it the oldest is forgotten; its mentions are still known by their ids.
pub const REPLAY_KEYS_MAX: usize = 200_000;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// One webhook's memory. A restart empties it, and mention ids then catch a repeat.
#[derive(Debug, Default)]
pub struct Gate {
    replays: ReplayGuard,
    rate: RateLimit,
}

impl Gate {
    /// Lets a verified delivery in, once. A replay does not use up the sender's allowance.
    pub fn admit(&mut self, delivery: &Delivery, per_minute: u32, now: Timestamp) -> Result<(), DeliveryError> {
        self.replays.check(&delivery.replay_key, now)?;
        self.rate.take(per_minute, now)?;
        self.replays.remember(delivery.replay_key, now);
        Ok(())
    }

    /// Undoes `admit` when nothing of the delivery was stored, so that the sender may repeat it as it is.
    pub fn withdraw(&mut self, delivery: &Delivery) {
        self.replays.forget(&delivery.replay_key);
    }
}

/// Which deliveries were met in the last ten minutes.
#[derive(Debug, Default)]
pub struct ReplayGuard {
    met: BTreeMap<ReplayKey, Timestamp>,
    order: VecDeque<(Timestamp, ReplayKey)>,
}

impl ReplayGuard {
    /// Refuses a key that was met.
    pub fn check(&mut self, key: &ReplayKey, now: Timestamp) -> Result<(), DeliveryError> {
        while let Some((at, _)) = self.order.front()
            && now.duration_since(*at) > REPLAY_KEPT
        {
            self.drop_oldest();
        }
        if self.met.contains_key(key) { Err(DeliveryError::Replayed) } else { Ok(()) }
    }

    pub fn remember(&mut self, key: ReplayKey, now: Timestamp) {
        if self.order.len() == REPLAY_KEYS_MAX {
            self.drop_oldest();
        }
        self.met.insert(key, now);
        self.order.push_back((now, key));
    }

    pub fn forget(&mut self, key: &ReplayKey) {
        self.met.remove(key);
    }

    pub fn len(&self) -> usize {
        self.met.len()
    }

    pub fn is_empty(&self) -> bool {
        self.met.is_empty()
    }

    fn drop_oldest(&mut self) {
        // A key forgotten and met again stands in the order twice; only its own time removes it.
        if let Some((at, key)) = self.order.pop_front()
            && self.met.get(&key) == Some(&at)
        {
            self.met.remove(&key);
        }
    }
}

/// An allowance that refills evenly; a minute's worth may come at once.
#[derive(Debug, Default)]
pub struct RateLimit {
    /// When everything taken so far is earned back.
    paid_at: Option<Timestamp>,
}

impl RateLimit {
    pub fn take(&mut self, per_minute: u32, now: Timestamp) -> Result<(), DeliveryError> {
        let per_minute = per_minute.max(1);
        let price = MINUTE / i32::try_from(per_minute).unwrap_or(i32::MAX);
        let owed = self.paid_at.map_or(SignedDuration::ZERO, |at| at.duration_since(now));
        // More than a minute is never owed, unless the clock was set back: then the count begins anew.
        let owed = if owed > MINUTE { SignedDuration::ZERO } else { owed.max(SignedDuration::ZERO) };
        let over = owed + price - MINUTE;
        if over > SignedDuration::ZERO {
            let whole = over.as_secs() + i64::from(over.subsec_nanos() > 0);
            let retry_after_seconds = u64::try_from(whole).unwrap_or(1).max(1);
            return Err(DeliveryError::TooMany { per_minute, retry_after_seconds });
        }
        self.paid_at = now.checked_add(owed + price).ok();
        Ok(())
    }
}
