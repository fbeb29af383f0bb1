//! The folder while Holdline runs: a change is taken up whole, or refused whole and what was taken last goes on.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::channels::with_those_of_before;
use super::listening::Listening;
use super::mode::{Mode, Parted};
use super::team::Team;
use super::{StartError, standing};
use crate::config::{Config, Problem, Stamp, Weight, load, stamp};
use crate::core::period::Period;
use crate::engine::{Engine, FolderState, RefusedFolder, Shell, TakeUpError};
use crate::mail::compose::Composer;
use crate::net::Http;
use crate::web::Webhooks;

/// How long the files must have been left alone before they are read: editors write in several steps.
const QUIET: Duration = Duration::from_millis(500);
/// How long a burst of changes puts the reading off at most.
const QUIET_WITHIN: Duration = Duration::from_secs(5);
/// How often the files are looked at where the system tells nothing of changes, or the folder itself came and went.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Changes that may wait: one stands for all.
const CHANGES_MAX: usize = 1;

/// What a running Holdline cannot change.
pub(super) struct Fixed {
    store: PathBuf,
    listen: SocketAddr,
    metrics: Option<SocketAddr>,
    url: String,
    key: SecretString,
    previous: Vec<SecretString>,
    every: Period,
    /// As the folder writes it: a mail server carries the codes of every open incident, so no change of a file gives one.
    mail: String,
}

impl Fixed {
    pub(super) fn of(config: &Config) -> Self {
        Self {
            store: config.store.clone(),
            listen: config.server.listen,
            metrics: config.server.metrics,
            url: config.server.url.clone(),
            key: config.audit.key.clone(),
            previous: config.audit.previous.clone(),
            every: config.audit.every,
            mail: config.written.mail.clone(),
        }
    }

    /// What `config` says otherwise, each a sentence.
    fn waits(&self, config: &Config) -> Vec<String> {
        let bytes = |key: &SecretString| key.expose_secret().as_bytes().to_vec();
        let keys = |keys: &[SecretString]| keys.iter().map(bytes).collect::<Vec<_>>();
        let changed = [
            (self.store != config.store, "`store`"),
            (self.listen != config.server.listen, "`server.listen`"),
            (self.metrics != config.server.metrics, "`server.metrics`"),
            (self.url != config.server.url, "`server.url`"),
            (bytes(&self.key) != bytes(&config.audit.key), "the audit key"),
            (keys(&self.previous) != keys(&config.audit.previous), "`audit.previous`"),
            (self.every != config.audit.every, "`audit.every`"),
            (self.mail != config.written.mail, "`mail`"),
        ];
        let changed = changed.into_iter().filter(|(changed, _)| *changed);
        changed.map(|(_, what)| format!("{what} holds from the next start on.")).collect()
    }
}

/// What the folder's reader works with.
pub(super) struct Parts {
    pub(super) path: PathBuf,
    /// The files as they were when the configuration of the start was read.
    pub(super) stamp: Stamp,
    pub(super) fixed: Fixed,
    pub(super) mode: Mode,
    /// What feeds are fetched with.
    pub(super) http: Option<Http>,
    pub(super) engine: Engine,
    /// Rehearsals follow the folder too.
    pub(super) team: Option<Arc<Team>>,
}

pub(super) struct Folder {
    parts: Parts,
    shell: watch::Sender<Arc<Shell>>,
    webhooks: watch::Sender<Webhooks>,
    state: watch::Sender<FolderState>,
    /// Held for a whole look: one at a time.
    taken: Mutex<Taken>,
}

/// What of the last good folder is needed at the next look.
struct Taken {
    listening: Listening,
    operator: String,
}

/// Why a folder without mistakes was not taken up all the same.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error(transparent)]
    TakeUp(#[from] TakeUpError),
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Folder {
    pub(super) fn new(parts: Parts, shell: watch::Sender<Arc<Shell>>, listening: Listening, operator: String) -> Self {
        let (webhooks, state) = (watch::Sender::new(listening.webhooks()), watch::Sender::default());
        Self { parts, shell, webhooks, state, taken: Mutex::new(Taken { listening, operator }) }
    }

    pub(super) fn webhooks(&self) -> watch::Receiver<Webhooks> {
        self.webhooks.subscribe()
    }

    pub(super) fn state(&self) -> watch::Receiver<FolderState> {
        self.state.subscribe()
    }

    /// Reads the folder and takes it up, or says what is wrong with it.
    pub(super) async fn look(&self) {
        let mut taken = self.taken.lock().await;
        let path = self.parts.path.clone();
        let need = self.parts.mode.need();
        let problems = match tokio::task::spawn_blocking(move || load(&path, need)).await {
            Ok(Ok(loaded)) => match self.take_up(&mut taken, loaded.config).await {
                Ok(waits) => {
                    tracing::info!(waits = waits.join(" "), "the changed folder is taken up");
                    self.state.send_modify(|state| {
                        *state = FolderState { refused: None, waits, looks: state.looks + 1 };
                    });
                    return;
                }
                Err(error) => vec![error.to_string()],
            },
            Ok(Err(problems)) => said(&problems),
            Err(error) => vec![format!("the folder could not be read: {error}")],
        };
        self.refuse(&taken.operator, &problems).await;
    }

    /// All of it or nothing: what can fail comes first.
    async fn take_up(&self, taken: &mut Taken, config: Config) -> Result<Vec<String>, NotTaken> {
        let Parts { fixed, mode, http, engine, .. } = &self.parts;
        let post = Arc::clone(&self.shell.borrow().post);
        let hands = mode.hands(&config, Parted { http: http.as_ref(), post: &post, engine }, engine.time());
        let hands = with_those_of_before(hands, &self.shell.borrow().hands, &engine.board());
        let shell = Shell { post, composer: Composer::new().map_err(StartError::from)?, hands, first: None };
        let standing = standing(&config, mode.setting(), engine.standing().url.clone());
        let waits = fixed.waits(&config);
        if let Some(team) = &self.parts.team {
            team.take_up(&config).await?;
        }
        engine.take_up(standing, config.watches, waits.clone()).await?;
        self.shell.send_replace(Arc::new(shell));
        taken.listening.listen_to(config.feeds, &config.written.feeds).await;
        self.webhooks.send_replace(taken.listening.webhooks());
        taken.operator = config.operator;
        Ok(waits)
    }

    /// Says it in the log and on the desk, and to the operator once until the folder is good again.
    async fn refuse(&self, operator: &str, problems: &[String]) {
        let refused = RefusedFolder::new(self.parts.engine.time(), problems);
        let before = self.state.borrow().refused.clone();
        if before.as_ref().map(|before| &before.problems) != Some(&refused.problems) {
            let places: Vec<&str> = refused.problems.iter().map(|problem| place(problem)).collect();
            tracing::error!(
                problems = problems.len(),
                at = places.join(" "),
                "the changed folder cannot be used; the last one goes on; `holdline check` says what is wrong"
            );
        }
        if before.is_none()
            && let Err(error) = self.parts.engine.refuse_folder(operator.to_owned(), &refused).await
        {
            tracing::error!(%error, "that the folder cannot be used was not written down, and the operator was not told");
        }
        self.state.send_modify(|state| {
            let at = before.map_or(refused.at, |before| before.at);
            state.refused = Some(RefusedFolder { at, ..refused });
            state.looks += 1;
        });
    }
}

/// The mistakes, each a line.
fn said(problems: &[Problem]) -> Vec<String> {
    problems.iter().filter(|problem| problem.weight == Weight::Refused).map(ToString::to_string).collect()
}

/// Where a problem is. Its words may quote a secret that stands in the wrong place, and a log keeps none.
pub fn place(problem: &str) -> &str {
    problem.split_once(": ").map_or(problem, |(place, _)| place)
}

/// Takes up what changes until `stop`. The system tells of most changes at once; a look from time to time finds the rest.
pub(super) async fn follow(folder: Arc<Folder>, stop: CancellationToken) {
    let (tell, mut told) = mpsc::channel(CHANGES_MAX);
    let mut seen = folder.parts.stamp;
    let mut watcher = watch_files(&folder.parts.path, &tell);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = told.recv() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        if stamp_of(&folder.parts.path).await == seen {
            // However much else is written there, the files are read twice a second at most.
            tokio::time::sleep(QUIET).await;
            continue;
        }
        seen = quiet(&folder.parts.path).await;
        folder.look().await;
        // The folder itself may have been put there anew.
        drop(watcher);
        watcher = watch_files(&folder.parts.path, &tell);
    }
}

/// Where it cannot be had, the regular look remains.
fn watch_files(path: &Path, tell: &mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let tell = tell.clone();
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| is_change(&event)) {
            // One that waits already stands for this one too.
            let _ = tell.try_send(());
        }
    });
    let watching = watcher.and_then(|mut watcher| {
        watcher.watch(path, RecursiveMode::Recursive)?;
        Ok(watcher)
    });
    watching.inspect_err(|error| tracing::warn!(%error, "changes of the folder show only after some seconds")).ok()
}

/// Our own reading of the files is no change of them, nor is what the store beside them takes.
fn is_change(event: &notify::Event) -> bool {
    !event.kind.is_access() && event.paths.iter().any(|path| is_written_by_people(path))
}

/// The store, its log and its socket change all the time.
fn is_written_by_people(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    !["db", "db-wal", "db-shm", "db-journal", "jsonl"].contains(&ending)
}

async fn stamp_of(path: &Path) -> Stamp {
    let path = path.to_owned();
    // A look that could not be had is taken for a change.
    tokio::task::spawn_blocking(move || stamp(&path)).await.unwrap_or_default()
}

/// Waits until the files were left alone for a while, or for as long as a burst may put it off.
async fn quiet(path: &Path) -> Stamp {
    let by = Instant::now() + QUIET_WITHIN;
    let mut before = stamp_of(path).await;
    loop {
        tokio::time::sleep(QUIET).await;
        let now = stamp_of(path).await;
        if now == before || Instant::now() >= by {
            return now;
        }
        before = now;
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, AccessMode, DataChange, ModifyKind};
    use notify::{Event, EventKind};

    use super::{is_change, place};

    #[test]
    fn a_problem_is_logged_by_its_place_alone() {
        assert_eq!(place("holdline.yaml:27:29: `to` holds \"Ana <ana@riverside.example>\""), "holdline.yaml:27:29");
    }

    #[test]
    fn reading_the_folder_and_writing_the_store_are_no_changes_of_it() {
        let written = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let event = |kind, path: &str| Event::new(kind).add_path(path.into());
        assert!(is_change(&event(written, "hospital/holdline.yaml")));
        assert!(is_change(&event(written, "hospital/webhook-secret")));
        assert!(!is_change(&event(written, "hospital/holdline.db-wal")));
        for read in [AccessKind::Open(AccessMode::Any), AccessKind::Close(AccessMode::Read), AccessKind::Read] {
            assert!(!is_change(&event(EventKind::Access(read), "hospital/holdline.yaml")));
        }
    }
}
