//! A watch's past: what was usual, how loud each day became, and the line that its detector draws from that.
//!
//! [`Past`] holds counts in bins of five minutes, and [`Baseline`] what is usual by them; [`Tail`] says how often chance is
//! as loud as this. [`Follow`] takes a series through time. [`Replay`] plays a file through a detector and [`Followed`] is
//! a running watch: both draw the same lines from the same past, and both ask [`judged`] whether that is an alarm.

mod bins;
mod follow;
mod followed;
mod grid;
mod judged;
mod line;
mod replay;
mod rhythm;
mod spent;
mod tail;

pub use bins::{Baseline, DEAF_MAX, LOOK_BACK_DAYS, Past, Usual, WARM_UP_DAYS};
pub use follow::{ECHO_HALVES_HOURS, Follow, SAME_STORY_HOURS, SECOND_WAVE, Turned};
pub use followed::{Followed, bin_of};
pub use grid::{BIN_SECONDS, BinNumber, DayNumber, Grid, Scale};
pub use judged::{About, Held, Last, judged};
pub use line::{Lead, Line, Usually};
pub use replay::{Reading, Replay};
pub use spent::Spent;
pub use tail::{PEAK_DAYS, Peaks, Tail};
