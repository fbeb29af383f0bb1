//! A rehearsal in the terminal: a store of its own, a clock that is moved by hand, the built-in mailbox and a stage. No feed
//! is listened to, no page is served, and no socket is opened.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{StartError, salts, standing};
use crate::channel::Stage;
use crate::config::Config;
use crate::engine::{Clock, Engine, Hands, ManualClock, Recorder, Shell, WriterThread};
use crate::mail::compose::Composer;
use crate::mail::{Mailbox, Post};
use crate::store::Keys;

/// From whom the letters of a rehearsal are that stay on this machine.
pub const REHEARSAL_FROM: &str = "Holdline rehearsal <holdline@rehearsal.invalid>";
/// What its mails link to: an address that can never be anybody's (RFC 2606, 2).
const URL: &str = "https://rehearsal.invalid";
const STORE: &str = "rehearsal.db";
const KEY_BYTES: usize = 32;

/// The engine, with everything that it is rehearsed with.
pub struct Rehearsed {
    pub engine: Engine,
    pub clock: ManualClock,
    pub mailbox: Mailbox,
    pub stage: Stage,
    stop: CancellationToken,
    tasks: TaskTracker,
    writer: WriterThread,
}

impl Rehearsed {
    /// Begins at `at`, with a fresh store in `folder` under a key that nobody keeps.
    pub fn start(config: Config, folder: &Path, at: Timestamp) -> Result<Self, StartError> {
        let (manual, store) = (ManualClock::at(at), folder.join(STORE));
        let (mailbox, stage) = (Mailbox::new(REHEARSAL_FROM)?, Stage::default());
        let hands = Hands::Rehearsal(stage.clone());
        let standing = standing(&config, hands.setting(), URL.to_owned());
        let key: [u8; KEY_BYTES] = rand::random();
        let clock = Clock::Manual(manual.clone());
        let recorder = Recorder::open(&store, Keys::new(&key), salts(), standing, config.watches, clock.reading())?;
        let (engine, writer) = Engine::start(recorder, &store, clock);
        let post = Arc::new(Post::Capture(mailbox.clone()));
        let shell = watch::Sender::new(Arc::new(Shell { post, composer: Composer::new()?, hands, first: None }));
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(engine.clone().carry_out(shell.subscribe(), stop.clone()));
        tasks.close();
        Ok(Self { engine, clock: manual, mailbox, stage, stop, tasks, writer })
    }

    /// Writes down what is queued and ends.
    pub async fn stop(self) {
        let Self { engine, stop, tasks, writer, .. } = self;
        stop.cancel();
        tasks.wait().await;
        drop(engine);
        writer.join();
    }
}
