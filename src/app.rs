//! Puts a running Holdline together from its configuration. The only place that sees everything, and where live is told from the rest.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::channel::{self, Outcome, Outside, PostOffice, Reason};
use crate::config::{Audit, Config};
use crate::control;
use crate::core::name::FeedName;
use crate::core::setting::Setting;
use crate::engine::{
    Clock, Engine, FollowedFeed, LiveChannel, OpenError, PolledFeed, Recorder, Shell, Standing, WriterThread,
};
use crate::feed::{Door, Feed, Webhook};
use crate::mail::compose::{ComposeError, Composer};
use crate::mail::{self, MailReason, Mailbox, Post, Sent, Smtp, SmtpSetupError};
use crate::net::{Http, HttpSetupError};
use crate::store::{Keys, Salts};
use crate::web::{self, Web, WebError};

/// How long to wait before a letter to a list that was not taken is handed over again.
const MAIL_RETRY_AFTER: Duration = Duration::from_mins(1);

/// Where mail goes, and with it who may look at it.
pub enum Mode {
    /// Mail leaves by SMTP.
    Live,
    /// Mail stays in a built-in mailbox that anybody at this machine can read, and visitors pick who to be.
    Demo(Mailbox),
}

/// A running Holdline.
pub struct App {
    pub engine: Engine,
    pub address: SocketAddr,
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
    Web(#[from] WebError),
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error("`mail:` is missing in holdline.yaml; without it nobody can be alerted or asked")]
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
    pub async fn start(config: Config, mode: Mode, clock: Clock) -> Result<Self, StartError> {
        let (post, mailbox) = match mode {
            Mode::Live => (Post::Smtp(Box::new(Smtp::new(config.mail.as_ref().ok_or(StartError::NoMail)?)?)), None),
            Mode::Demo(mailbox) => (Post::Capture(mailbox.clone()), Some(mailbox)),
        };
        if mailbox.is_some() && !config.server.listen.ip().is_loopback() {
            return Err(StartError::NotThisMachine(config.server.listen));
        }
        let listener = listen(config.server.listen).await?;
        let address = listener.local_addr().unwrap_or(config.server.listen);
        let standing = standing(&config, address);
        let every = config.audit.every;
        let url = standing.url.clone();
        let recorder =
            Recorder::open(&config.store, keys(&config.audit), salts(), standing, config.watches, clock.now())?;
        let socket = control::listen(&control::socket_of(&config.store));
        let (engine, writer) = Engine::start(recorder, &config.store, clock);
        let post = Arc::new(post);
        // Where mail stays here, nothing else leaves either.
        let http = if mailbox.is_some() { None } else { Some(Http::new()?) };
        let way_out = http.clone();
        let outside = Outside { http, post_office: Some(post_office(&post, &engine)) };
        let connected = config.channels.iter().filter_map(|(name, settings)| {
            let channel = settings.connect(name, &outside)?;
            Some((name.clone(), LiveChannel { rules: settings.rules(), channel }))
        });
        let channels = connected.collect();
        let shell = Arc::new(Shell { post, composer: Composer::new()?, channels, outside });

        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(engine.clone().carry_out(shell, stop.clone()));
        tasks.spawn(engine.clone().tick(stop.clone()));
        match socket {
            Ok(listener) => drop(tasks.spawn(control::serve(listener, engine.clone(), stop.clone()))),
            // A path that is too long for a socket, say: everything else works, and the desk has the switch as well.
            Err(error) => {
                tracing::error!(%error, "no control socket: `holdline stop-posting` cannot reach this daemon");
            }
        }
        let sealing = SignedDuration::from_secs(i64::try_from(every.as_seconds()).unwrap_or(i64::MAX));
        tasks.spawn(engine.clone().seal(sealing, stop.clone()));
        let feeds: BTreeMap<FeedName, Arc<dyn Feed>> =
            config.feeds.into_iter().map(|(name, feed)| (name, Arc::from(feed))).collect();
        listen_to(&feeds, way_out.as_ref(), &engine, &tasks, &stop);
        tasks.close();
        let router = web::router(Web { engine: engine.clone(), url, webhooks: webhooks(&feeds), mailbox })?;
        let server = tokio::spawn(web::serve(listener, router, stop.clone()));
        Ok(Self { engine, address, stop, tasks, server, writer })
    }

    /// Stops taking in, finishes what is under way and writes down what is queued.
    pub async fn stop(self) {
        let Self { engine, stop, tasks, server, writer, .. } = self;
        stop.cancel();
        tasks.wait().await;
        drop(engine);
        // An aborted connection ends with the process; nothing waits for it.
        let _ = server.await;
        let joined = tokio::task::spawn_blocking(move || writer.join()).await;
        if let Err(error) = joined {
            tracing::error!(%error, "the writer did not end as it should");
        }
    }
}

/// Starts a loop for every feed that we look at or follow.
fn listen_to(
    feeds: &BTreeMap<FeedName, Arc<dyn Feed>>,
    http: Option<&Http>,
    engine: &Engine,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    for (name, feed) in feeds {
        let (name, feed) = (name.clone(), Arc::clone(feed));
        match (feed.door(), http) {
            (Door::Polled(_), _) => {
                let polled = PolledFeed { name, feed: Arc::clone(&feed) };
                tasks.spawn(engine.clone().poll(polled, stop.clone()));
            }
            (Door::Streamed(_), Some(http)) => {
                let followed = FollowedFeed { name, feed: Arc::clone(&feed), http: http.clone() };
                tasks.spawn(engine.clone().follow(followed, stop.clone()));
            }
            (Door::Streamed(_), None) => {
                tracing::warn!(feed = %name, "nothing leaves this machine here, so the feed is not followed");
            }
            (Door::Webhook(_), _) => {}
        }
    }
}

/// The record, opened by a command while no daemon runs.
pub fn recorder(config: Config, now: Timestamp) -> Result<Recorder, OpenError> {
    let standing = standing(&config, config.server.listen);
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
            match post.send_circular(&circular, engine.now()).await {
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

/// The feeds that others post to, by path.
fn webhooks(feeds: &BTreeMap<FeedName, Arc<dyn Feed>>) -> BTreeMap<String, (FeedName, Arc<Webhook>)> {
    let pushed = feeds.iter().filter_map(|(name, feed)| match feed.door() {
        Door::Webhook(webhook) => Some((webhook.path().to_owned(), (name.clone(), Arc::new(webhook.clone())))),
        Door::Polled(_) | Door::Streamed(_) => None,
    });
    pushed.collect()
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Listen { address, why: error.to_string() })
}

/// What new incidents take from this configuration. A `url` with port 0 is the port that was given to us.
fn standing(config: &Config, address: SocketAddr) -> Standing {
    Standing {
        setting: Setting::Live,
        roster: Arc::new(config.roster.clone()),
        organisation: Arc::new(config.organisation.clone()),
        rules: config.rules.clone(),
        url: match config.server.url.strip_suffix(":0") {
            Some(host) => format!("{host}:{}", address.port()),
            None => config.server.url.clone(),
        },
        heads_to: match config.audit.heads_to.as_slice() {
            [] => vec![config.operator.clone()],
            named => named.to_vec(),
        },
    }
}
