//! `kill -9` at the calls that write: every write, sync, truncation and removal of the store's files in every story.

use super::child::End;
use super::reference::Reference;
use super::stories::STORIES;
use super::strace;
use super::verdict::{Tally, goes_on, what_is_there};

/// A prime, so that the points do not fall into step with the calls of a commit.
const STRIDE: usize = 23;

#[test]
fn a_death_before_any_write_of_any_story_loses_nothing_and_doubles_nothing() {
    if !strace::is_here() {
        return;
    }
    let stride = super::stride(STRIDE);
    let (mut tally, mut all) = (Tally::default(), 0);
    for story in STORIES {
        let reference = Reference::of(story);
        let counted = strace::counted(&reference, strace::WRITES);
        for (call, times) in counted {
            // Where a call is rare, its first one is always tried.
            for nth in (1..=times).step_by(stride) {
                tally.try_one(
                    || format!("{} dies before {call} {nth}", story.name),
                    || {
                        let folder = reference.begin();
                        let end =
                            strace::with(&reference, folder.path(), &call, &format!("signal=KILL:when={nth}"), false);
                        assert_eq!(end, End::Killed);
                        let there = what_is_there(&reference, folder.path());
                        goes_on(&reference, folder.path(), there);
                    },
                );
            }
            all += times;
        }
    }
    tally.close(&format!("kill -9 at every {stride}. of {all} calls that write"));
}
