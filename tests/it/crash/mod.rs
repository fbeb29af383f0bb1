//! Deaths, failing disks and power cuts: stories told by a child process that is broken off, and what a restart must then find.

mod before;
mod child;
mod control;
mod daemon;
mod daemon_child;
mod faults;
mod full_disk;
mod kills;
mod people;
mod points;
mod posting;
mod power;
mod reference;
mod replay;
mod short_writes;
pub(crate) mod sink;
mod stories;
mod strace;
mod trace;
mod verdict;
mod world;

/// Not a test by itself: the stories' child is this binary again, and comes in by this door.
#[test]
fn child() {
    if let Some(role) = child::Role::of_this_process() {
        role.play();
    }
}

/// How many kill or fault points lie from one that is tried to the next; `HOLDLINE_STRIDE=1` tries every one.
fn stride(usual: usize) -> usize {
    let asked = std::env::var("HOLDLINE_STRIDE").ok();
    asked.map_or(usual, |asked| asked.parse().expect("HOLDLINE_STRIDE is a number")).max(1)
}
