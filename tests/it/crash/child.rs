//! The child that tells a story and is broken off: this test binary once more, in a process of its own.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use holdline::crash::{self, Point};
use rustix::process::{Signal, getpid, kill_process};

use super::control;
use super::stories::Story;
use super::world::{GAVE_UP, World};

const PART: &str = "HOLDLINE_CHILD_PART";
const FOLDER: &str = "HOLDLINE_CHILD_FOLDER";
const DIES_AT: &str = "HOLDLINE_CHILD_DIES_AT";
const DAEMON: &str = "daemon";
const CONTROL: &str = "control ";
const RETRIES: &str = "HOLDLINE_CHILD_RETRIES";
const PASSED: &str = "passed";

/// What a child plays.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Story(&'static Story),
    /// The whole program.
    Daemon,
    /// A small writer of the tests' own, at a level of synchronisation.
    Control(&'static str),
}

impl Part {
    fn name(self) -> String {
        match self {
            Self::Story(story) => story.name.to_owned(),
            Self::Daemon => DAEMON.to_owned(),
            Self::Control(level) => format!("{CONTROL}{level}"),
        }
    }

    fn named(name: &str) -> Self {
        match name.strip_prefix(CONTROL) {
            Some(level) => Self::Control(control::LEVELS.iter().find(|known| **known == level).unwrap()),
            None if name == DAEMON => Self::Daemon,
            None => Self::Story(Story::named(name)),
        }
    }
}

/// What a child is to do.
pub(super) struct Role {
    part: Part,
    folder: PathBuf,
    dies_at: Option<(Point, usize)>,
    retries: bool,
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Killed,
    Finished,
    GaveUp,
}

impl Role {
    pub(super) fn of_this_process() -> Option<Self> {
        let said = |name| std::env::var(name).ok();
        let (part, folder) = (said(PART)?, said(FOLDER)?);
        let dies_at = said(DIES_AT).map(|at| {
            let (name, nth) = at.split_once(' ').unwrap();
            let point = Point::ALL.iter().find(|point| point.name() == name).unwrap();
            (*point, nth.parse().unwrap())
        });
        Some(Self { part: Part::named(&part), folder: folder.into(), dies_at, retries: said(RETRIES).is_some() })
    }

    pub(super) fn play(&self) {
        let passed = count_points();
        if let Some((point, nth)) = self.dies_at {
            die_at(point, nth);
        }
        match self.part {
            Part::Story(story) => {
                let mut world = World::new(&self.folder, (story.standing_then)());
                world.retries = self.retries;
                story.play(&mut world);
            }
            Part::Daemon => super::daemon_child::play(&self.folder),
            Part::Control(level) => control::play(&self.folder, level),
        }
        let passed = passed.iter().map(|(point, times)| format!("{} {}\n", point.name(), times.load(Ordering::SeqCst)));
        fs::write(self.folder.join(PASSED), passed.collect::<String>()).unwrap();
    }
}

fn count_points() -> BTreeMap<Point, Arc<AtomicUsize>> {
    let counting = Point::ALL.iter().map(|&point| {
        let times = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&times);
        crash::at(point, move || {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        (point, times)
    });
    counting.collect()
}

/// Like `kill -9`: nothing is unwound, dropped or flushed.
pub(super) fn die_at(point: Point, nth: usize) {
    let times = AtomicUsize::new(0);
    crash::at(point, move || {
        if times.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            kill_process(getpid(), Signal::KILL).unwrap();
            // Other threads may still run for a moment; this one does nothing more.
            loop {
                std::thread::park();
            }
        }
    });
}

/// How often each point was passed in a story that was told to its end.
pub(super) fn passed(folder: &Path) -> BTreeMap<Point, usize> {
    let text = fs::read_to_string(folder.join(PASSED)).unwrap();
    let times = |point: &Point| text.lines().find_map(|line| line.strip_prefix(point.name())?.trim().parse().ok());
    Point::ALL.iter().map(|point| (*point, times(point).unwrap())).collect()
}

/// The command that tells a story in a child, to be run as it is or under `strace`.
pub(super) struct Child<'a> {
    pub(super) part: Part,
    pub(super) folder: &'a Path,
    pub(super) dies_at: Option<(Point, usize)>,
    pub(super) retries: bool,
    /// Words before the command itself.
    pub(super) under: Vec<String>,
}

impl Child<'_> {
    pub(super) fn run(&self) -> End {
        let own = std::env::current_exe().unwrap();
        let mut command = match self.under.split_first() {
            Some((program, words)) => {
                let mut command = Command::new(program);
                command.args(words).arg(own);
                command
            }
            None => Command::new(own),
        };
        // One test thread is the main thread: all that the store writes is written there.
        command.args(["--exact", "crash::child", "--test-threads=1", "--nocapture"]);
        command.env(PART, self.part.name()).env(FOLDER, self.folder);
        if let Some((point, nth)) = self.dies_at {
            command.env(DIES_AT, format!("{} {nth}", point.name()));
        }
        if self.retries {
            command.env(RETRIES, "1");
        }
        end_of(&command.output().unwrap())
    }
}

fn end_of(output: &Output) -> End {
    let status = output.status;
    if status.success() {
        return End::Finished;
    }
    if status.code() == Some(GAVE_UP) {
        return End::GaveUp;
    }
    let said = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{status}: {}", said());
    End::Killed
}
