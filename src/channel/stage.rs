//! Where a rehearsal posts: onto a stage in memory. It is made of nothing, so no live channel can come into it, and what
//! stands on it reaches nobody.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Calling, Channel, Found, Intent, Outcome, Reason};
use crate::core::approval::ApprovedStatement;
use crate::core::name::ChannelName;
use crate::core::statement::{Package, Variant};

/// Most posts that are kept; beyond it the oldest are dropped.
pub const STAGED_MAX: usize = 1_000;
/// How long a channel that is down asks to be left alone.
const DOWN_FOR: Duration = Duration::from_mins(1);

/// A stage; clones share what stands on it.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    posts: VecDeque<Staged>,
    down: BTreeSet<ChannelName>,
}

/// What would have been posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    pub channel: ChannelName,
    /// The intent's.
    pub key: String,
    pub url: String,
    pub texts: Vec<Variant>,
    taken_down: bool,
}

impl Stage {
    /// The place of one channel on this stage.
    pub fn channel(&self, name: &ChannelName) -> Arc<dyn Channel> {
        Arc::new(Place { name: name.clone(), stage: self.clone() })
    }

    /// From now on the channel cannot be reached, or can again.
    pub fn set_down(&self, channel: &ChannelName, down: bool) {
        let mut held = self.held();
        if down {
            held.down.insert(channel.clone());
        } else {
            held.down.remove(channel);
        }
    }

    /// What stands on the stage, oldest first.
    pub fn posts(&self) -> Vec<Staged> {
        self.held().posts.iter().filter(|post| !post.taken_down).cloned().collect()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Place {
    name: ChannelName,
    stage: Stage,
}

impl Channel for Place {
    fn post<'a>(&'a self, statement: &'a ApprovedStatement, intent: &'a Intent) -> Calling<'a, Outcome> {
        Box::pin(async move {
            let Some(texts) = statement.texts_for(&self.name).filter(|texts| !texts.is_empty()) else {
                return Outcome::Never(Reason::OtherBytes);
            };
            let mut held = self.stage.held();
            if held.down.contains(&self.name) {
                return Outcome::Later { why: Reason::Unreachable, after: DOWN_FOR };
            }
            let (channel, key) = (self.name.clone(), intent.key.clone());
            let url = format!("rehearsal:{channel}/{key}");
            let texts = texts.into_iter().cloned().collect();
            held.posts.push_back(Staged { channel, key, url: url.clone(), texts, taken_down: false });
            if held.posts.len() > STAGED_MAX {
                held.posts.pop_front();
            }
            Outcome::Done { url }
        })
    }

    fn find<'a>(&'a self, _: &'a Package, intent: &'a Intent) -> Calling<'a, Found> {
        Box::pin(async move {
            let held = self.stage.held();
            if held.down.contains(&self.name) {
                return Found::CannotTell(Reason::Unreachable);
            }
            let found = held.posts.iter().find(|post| post.channel == self.name && post.key == intent.key);
            found.map_or(Found::Nothing, |post| Found::There { url: post.url.clone() })
        })
    }

    fn take_down<'a>(&'a self, url: &'a str, _: &'a str) -> Calling<'a, Outcome> {
        Box::pin(async move {
            let mut held = self.stage.held();
            if held.down.contains(&self.name) {
                return Outcome::Later { why: Reason::Unreachable, after: DOWN_FOR };
            }
            for post in held.posts.iter_mut().filter(|post| post.url == url) {
                post.taken_down = true;
            }
            Outcome::Done { url: url.to_owned() }
        })
    }
}
