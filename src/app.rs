//! Puts a running Holdline together from its configuration. The only place that sees everything, and where live is told from the rest.

mod channels;
mod folder;
mod last_good;
mod listening;
mod mode;
mod rehearsed;
mod team;
mod trial;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::folder::place;
use self::folder::{Fixed, Folder, Parts, follow};
pub use self::last_good::{NoLastGood, last_good};
use self::listening::Listening;
pub use self::mode::Mode;
use self::mode::Parted;
pub use self::rehearsed::{REHEARSAL_FROM, Rehearsed};
pub use self::team::team_store;
use self::team::{Place, Team, TeamParts};
pub use self::trial::{Tried, send_test};
use crate::channel::{self, Outcome, PostOffice, Reason};
use crate::config::{Audit, Config};
use crate::control;
use crate::core::setting::Setting;
use crate::engine::{Clock, Engine, FolderState, OpenError, RecordError, Recorder, Shell, Standing, WriterThread};
use crate::mail::compose::{ComposeError, Composer};
use crate::mail::{self, LetterError, MailReason, Post, Sent, SmtpSetupError};
use crate::net::HttpSetupError;
use crate::store::{KeptFolder, Keys, Salts};
use crate::web::{self, Operating, Web, WebError};

/// How long to wait before a letter to a list that was not taken is handed over again.
const MAIL_RETRY_AFTER: Duration = Duration::from_mins(1);

/// A running Holdline.
pub struct App {
    pub engine: Engine,
    pub address: SocketAddr,
    /// Where metrics and health are served to the operator.
    pub metrics: Option<SocketAddr>,
    folder: Arc<Folder>,
    team: Option<Arc<Team>>,
    stop: CancellationToken,
    tasks: TaskTracker,
    server: JoinHandle<()>,
    writer: WriterThread,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the mail server's settings do not work: {0}")]
    Mail(#[from] SmtpSetupError),
    #[error(transparent)]
    Http(#[from] HttpSetupError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Web(#[from] WebError),
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error(transparent)]
    Mailbox(#[from] LetterError),
    #[error(
        "`mail:` is missing in holdline.yaml, and nobody can be alerted or asked without it; `holdline run --dry-run` needs none"
    )]
    NoMail,
    #[error("the built-in sample does not load:\n{0}")]
    Sample(String),
    #[error("where anybody may be anybody, only this machine is listened to; {0} is not a 127.0.0.1 address")]
    NotThisMachine(SocketAddr),
    #[error("nothing can listen on {address}: {why}; is another Holdline running, or is `server.listen` wrong?")]
    Listen { address: SocketAddr, why: String },
}

impl App {
    /// Opens the store, starts every loop and serves the pages.
    pub async fn start(mut config: Config, mode: Mode, clock: Clock) -> Result<Self, StartError> {
        let post = Arc::new(mode.post(&config)?);
        let wanted = mode.listen(&config)?;
        let listener = listen(wanted).await?;
        let address = listener.local_addr().unwrap_or(wanted);
        let operators = match mode.metrics(&config) {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let (fixed, path) = (Fixed::of(&config), config.folder.clone());
        let standing = standing(&config, mode.setting(), mode.url(&config, address));
        let every = config.audit.every;
        let url = standing.url.clone();
        let watches = std::mem::take(&mut config.watches);
        let recorder = Recorder::open(&config.store, keys(&config.audit), salts(), standing, watches, clock.reading())?;
        let socket = control::listen(&control::socket_of(&config.store));
        let (engine, writer) = Engine::start(recorder, &config.store, clock);
        let http = mode.feeds_with()?;
        let parted = Parted { http: http.as_ref(), post: &post, engine: &engine };
        let hands = channels::of_the_start(&mode, &config, parted).await?;
        let shell = Shell { post: Arc::clone(&post), composer: Composer::new()?, hands, first: None };
        let shell = watch::Sender::new(Arc::new(shell));

        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(engine.clone().carry_out(shell.subscribe(), stop.clone()));
        tasks.spawn(engine.clone().tick(stop.clone()));
        let rehearsals = std::mem::take(&mut config.rehearsals);
        let (live, stopping, beside) = (engine.clone(), stop.clone(), tasks.clone());
        let team = mode.rehearses_with_the_team().then(|| {
            let place = Place { path: path.clone(), store: config.store.clone(), url: url.clone() };
            Team::beside(TeamParts { place, post, live, stop: stopping, tasks: beside }, rehearsals)
        });
        if let Some(listener) = heard(socket) {
            let asked = team.clone().map(rehearsals_of);
            tasks.spawn(control::serve(listener, engine.clone(), asked, stop.clone()));
        }
        tasks.spawn(engine.clone().seal(every.length(), stop.clone()));
        let mut listening = Listening::new(engine.clone(), http.clone(), tasks.clone(), stop.clone());
        listening.listen_to(config.feeds, &config.written.feeds).await;
        let parts = Parts {
            path,
            stamp: config.stamp,
            fixed,
            mode: mode.clone(),
            http: http.clone(),
            engine: engine.clone(),
            team: team.clone(),
        };
        let folder = Folder::new(parts, shell, listening, config.operator);
        tasks.close();
        let (webhooks, state) = (folder.webhooks(), folder.state());
        let mailbox = mode.mailbox().cloned();
        let rehearsal = team.as_ref().map(|team| team.router());
        let places = web::places();
        let operating = Operating::new(engine.clone(), state.clone(), Arc::clone(&places));
        let metrics = operators.as_ref().and_then(|listener| listener.local_addr().ok());
        if let Some(listener) = operators {
            let router = web::operating_router(operating.clone());
            tasks.spawn(web::serve(listener, router, web::places(), stop.clone()));
        }
        let web =
            Web { engine: engine.clone(), url, webhooks, folder: state, operating, mailbox, rehearsal, live: None };
        let router = web::router(web)?;
        let server = tokio::spawn(web::serve(listener, router, places, stop.clone()));
        Ok(Self { engine, address, metrics, folder: Arc::new(folder), team, stop, tasks, server, writer })
    }

    /// Takes up the folder as it is now, or says why not and goes on.
    pub async fn look_at_folder(&self) {
        self.folder.look().await;
    }

    /// What there is to say of the folder; changes with every look.
    pub fn folder_state(&self) -> watch::Receiver<FolderState> {
        self.folder.state()
    }

    /// From now on changed files are taken up by themselves.
    pub fn follow_folder(&self) {
        self.tasks.spawn(follow(Arc::clone(&self.folder), self.stop.clone()));
    }

    /// Stops taking in, finishes what is under way and writes down what is queued.
    pub async fn stop(self) {
        let Self { engine, folder, team, stop, tasks, server, writer, .. } = self;
        stop.cancel();
        tasks.wait().await;
        drop((engine, folder));
        // An aborted connection ends with the process; nothing waits for it.
        let _ = server.await;
        if let Some(team) = team {
            team.stop().await;
        }
        let joined = tokio::task::spawn_blocking(move || writer.join()).await;
        if let Err(error) = joined {
            tracing::error!(%error, "the writer did not end as it should");
        }
    }
}

/// Without the socket, as where its path is too long, everything else works, and the desk has the switch as well.
fn heard(socket: std::io::Result<UnixListener>) -> Option<UnixListener> {
    let cannot = "no control socket: `holdline stop-posting` cannot reach this daemon";
    socket.inspect_err(|error| tracing::error!(%error, "{cannot}")).ok()
}

/// How the control socket asks about rehearsals.
fn rehearsals_of(team: Arc<Team>) -> control::Rehearsals {
    Arc::new(move |request| {
        let team = Arc::clone(&team);
        Box::pin(async move { team.ask(request).await })
    })
}

/// The record, opened by a command while no daemon runs.
pub fn recorder(config: Config, now: Timestamp) -> Result<Recorder, OpenError> {
    let standing = Standing { folder: None, ..standing(&config, Setting::Live, config.server.url.clone()) };
    Recorder::open(&config.store, keys(&config.audit), salts(), standing, config.watches, now)
}

/// What nobody can foresee, before each body's hash.
fn salts() -> Salts {
    Box::new(|salt: &mut [u8]| rand::Rng::fill_bytes(&mut rand::rng(), salt))
}

/// How channels hand letters to the mail server; what it answered, in a channel's words.
fn post_office(post: &Arc<Post>, engine: &Engine) -> PostOffice {
    let (post, engine) = (Arc::clone(post), engine.clone());
    Arc::new(move |channel::Circular { key, from_name, reply_to, to, subject, text }| {
        let (post, engine) = (Arc::clone(&post), engine.clone());
        let message_id = engine.message_id(&key);
        Box::pin(async move {
            let url = format!("mid:{message_id}");
            let circular = mail::Circular { message_id, from_name, reply_to, to, subject, text };
            match post.send_circular(&circular, engine.machine_time()).await {
                Sent::Accepted { .. } => Outcome::Done { url },
                Sent::Later { why } => Outcome::Later { why: reason(why), after: MAIL_RETRY_AFTER },
                Sent::Never { why, .. } => Outcome::Never(reason(why)),
                Sent::Unknown { why } => Outcome::Unknown(reason(why)),
            }
        })
    })
}

fn reason(why: MailReason) -> Reason {
    match why {
        MailReason::BadLetter => Reason::OtherBytes,
        MailReason::NoSignIn | MailReason::SignInRefused => Reason::SignIn,
        MailReason::Deferred => Reason::Busy,
        MailReason::Refused | MailReason::NotSupported => Reason::Refused,
        MailReason::Garbled => Reason::Garbled,
        MailReason::TooSlow => Reason::TimedOut,
        MailReason::NameNotFound
        | MailReason::Unreachable
        | MailReason::TlsFailed
        | MailReason::NoStartTls
        | MailReason::Lost => Reason::Unreachable,
    }
}

/// The keys that the record stands under.
pub fn keys(audit: &Audit) -> Keys {
    let current = Keys::new(audit.key.expose_secret().as_bytes());
    audit.previous.iter().fold(current, |keys, key| keys.with_previous(key.expose_secret().as_bytes()))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Listen { address, why: error.to_string() })
}

/// What new incidents take from this configuration.
fn standing(config: &Config, setting: Setting, url: String) -> Standing {
    Standing {
        setting,
        roster: Arc::new(config.roster.clone()),
        organisation: Arc::new(config.organisation.clone()),
        rules: config.rules.clone(),
        url,
        accounts: config.accounts.clone(),
        heads_to: match config.audit.heads_to.as_slice() {
            [] => vec![config.operator.clone()],
            named => named.to_vec(),
        },
        operator: config.operator.clone(),
        quiet: Arc::new(config.quiet.clone()),
        retention: config.retention,
        folder: (setting == Setting::Live).then(|| KeptFolder::new(config.files.to_json())),
    }
}
