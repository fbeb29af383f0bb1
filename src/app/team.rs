//! Rehearsals with the team: a second Holdline within the daemon, with a record, links and sessions of its own. It shares the
//! mail server and the clock with the live one, and nothing else: its hands hold a stage, its folder was read without the
//! channels' credentials, and it listens to no feed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex as Guarded, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{StartError, keys, salts, standing};
use crate::channel::Stage;
use crate::config::{Config, Need, load};
use crate::control::{Answer, RehearsalRequest};
use crate::core::incident::IncidentId;
use crate::core::name::{PersonId, PlaybookName};
use crate::core::period::Period;
use crate::core::rehearsal::{LASTS, Recurring, Retold, retell, score};
use crate::core::statement::clock_time;
use crate::engine::{
    Clock, Engine, FolderState, Hands, NotNow, PlannedRehearsal, RecordError, Recorder, Shell, TakeUpError,
    WriterThread,
};
use crate::mail::Post;
use crate::mail::compose::Composer;
use crate::web::{self, Beneath, Inside, Operating, REHEARSAL_PATH, Web, Webhooks};

/// How the name of its store ends, beside the live one.
const STORE: &str = "team.db";
/// How long after the announcement one begins that is asked for now.
const BEGINS_AFTER: Period = Period::minutes(10);
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// Where the record of rehearsals with the team is, beside this store.
pub fn team_store(store: &Path) -> PathBuf {
    store.with_extension(STORE)
}

/// Where it finds its folder, keeps its record and serves its pages.
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) store: PathBuf,
    pub(super) url: String,
}

/// What it is put together from.
pub(super) struct TeamParts {
    /// Of the live one: its own record lies beside that one's, and its pages beneath that one's.
    pub(super) place: Place,
    pub(super) post: Arc<Post>,
    pub(super) live: Engine,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
}

pub(super) struct Team {
    parts: TeamParts,
    router: watch::Sender<Option<Inside>>,
    recurring: Guarded<Vec<Recurring>>,
    running: Mutex<Option<Running>>,
    /// Somebody asked for something that has a time.
    asked: Notify,
}

/// The second Holdline, once it was needed.
struct Running {
    engine: Engine,
    writer: WriterThread,
    /// Kept for as long as it runs: pages ask them.
    _webhooks: watch::Sender<Webhooks>,
    _folder: watch::Sender<FolderState>,
}

#[derive(Debug, thiserror::Error)]
enum TeamError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the folder cannot be used as it is: {0}")]
    Folder(String),
    #[error(transparent)]
    NotNow(#[from] NotNow),
    #[error("there is no playbook called {0}")]
    NoSuchPlaybook(PlaybookName),
    #[error("nobody is called {0}; name a person of `people:`")]
    NoSuchPerson(PersonId),
    #[error("nobody could open it; name a person with `--by`")]
    NobodyOpens,
}

impl Team {
    /// Looks after rehearsals from now on; the second Holdline itself begins when it is needed.
    pub(super) fn beside(parts: TeamParts, recurring: Vec<Recurring>) -> Arc<Self> {
        let Place { path, store, url } = parts.place;
        let place = Place { path, store: team_store(&store), url: format!("{url}{REHEARSAL_PATH}") };
        let (parts, router) = (TeamParts { place, ..parts }, watch::Sender::new(None));
        let team = Arc::new(Self {
            parts,
            router,
            recurring: Guarded::new(recurring),
            running: Mutex::new(None),
            asked: Notify::new(),
        });
        team.parts.tasks.spawn(Arc::clone(&team).watch_over());
        team
    }

    fn clock(&self) -> &Clock {
        self.parts.live.clock()
    }

    pub(super) fn router(&self) -> Beneath {
        self.router.subscribe()
    }

    /// The engine of rehearsals, begun where none runs yet.
    async fn engine(&self) -> Result<Engine, TeamError> {
        let mut running = self.running.lock().await;
        if let Some(running) = &*running {
            return Ok(running.engine.clone());
        }
        let path = self.parts.place.path.clone();
        let loaded = tokio::task::spawn_blocking(move || load(&path, Need::DryRun)).await;
        let loaded = loaded.map_err(|error| TeamError::Folder(error.to_string()))?;
        let config = loaded
            .map_err(|problems| TeamError::Folder(problems.first().map(ToString::to_string).unwrap_or_default()))?;
        let begun = self.begin(&config.config)?;
        let engine = begun.engine.clone();
        *running = Some(begun);
        Ok(engine)
    }

    fn begin(&self, config: &Config) -> Result<Running, StartError> {
        let TeamParts { place: Place { store, url, .. }, post, live, stop, tasks } = &self.parts;
        let (hands, clock) = (Hands::Rehearsal(Stage::default()), self.clock());
        let standing = standing(config, hands.setting(), url.clone());
        let recorder = Recorder::open(store, keys(&config.audit), salts(), standing, Vec::new(), clock.reading())?;
        let (engine, writer) = Engine::start(recorder, store, clock.clone());
        let (post, first) = (Arc::clone(post), Some(live.clone()));
        let shell = watch::Sender::new(Arc::new(Shell { post, composer: Composer::new()?, hands, first }));
        tasks.spawn(engine.clone().carry_out(shell.subscribe(), stop.clone()));
        tasks.spawn(engine.clone().tick(stop.clone()));
        let (webhooks, folder) = (watch::Sender::new(Webhooks::new()), watch::Sender::new(FolderState::default()));
        let web = Web {
            engine: engine.clone(),
            url: url.clone(),
            webhooks: webhooks.subscribe(),
            folder: folder.subscribe(),
            operating: Operating::new(engine.clone(), folder.subscribe(), web::places()),
            mailbox: None,
            rehearsal: None,
            live: Some(live.clone()),
        };
        self.router.send_replace(Some(Inside { routes: web::router(web)?, engine: engine.clone() }));
        Ok(Running { engine, writer, _webhooks: webhooks, _folder: folder })
    }

    /// What the folder says by now holds for the next rehearsal.
    pub(super) async fn take_up(&self, config: &Config) -> Result<(), TakeUpError> {
        self.recurring.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&config.rehearsals);
        let running = self.running.lock().await;
        let Some(Running { engine, .. }) = &*running else { return Ok(()) };
        let standing = standing(config, engine.standing().setting, engine.standing().url.clone());
        engine.take_up(standing, Vec::new(), Vec::new()).await
    }

    /// Looks once a minute, and whenever a live incident opens or ends, until Holdline stops.
    async fn watch_over(self: Arc<Self>) {
        // Whoever was asked before a restart is still waited for.
        if self.parts.place.store.exists()
            && let Err(error) = self.engine().await
        {
            tracing::error!(%error, "the record of rehearsals could not be opened");
        }
        loop {
            let known = self.live_incident();
            let looked = self.look(known.as_ref()).await;
            let due = looked.unwrap_or_else(|error| {
                tracing::error!(%error, "the rehearsals could not be looked after; it is tried again");
                None
            });
            let next = self.clock().now().checked_add(LOOK_EVERY).unwrap_or(Timestamp::MAX);
            let next = due.map_or(next, |due| due.min(next));
            tokio::select! {
                () = self.parts.stop.cancelled() => return,
                () = self.live_changes(known.as_ref()) => {}
                () = self.asked.notified() => {}
                () = self.clock().until(next) => {}
            }
        }
    }

    /// Returns once another live incident is open than `known`, or none any more.
    async fn live_changes(&self, known: Option<&(IncidentId, String)>) {
        let mut changes = self.parts.live.changes();
        while self.live_incident().as_ref() == known {
            if changes.changed().await.is_err() {
                // The writer ended; whoever runs this ends as well.
                return std::future::pending().await;
            }
        }
    }

    /// Says when the next one begins.
    async fn look(&self, live: Option<&(IncidentId, String)>) -> Result<Option<Timestamp>, TeamError> {
        if live.is_none() {
            self.announce_what_recurs().await?;
        }
        let engine = self.running.lock().await.as_ref().map(|running| running.engine.clone());
        let Some(engine) = engine else { return Ok(None) };
        match live {
            Some((id, title)) => {
                let why = format!("the live incident {id}, {title}, is open");
                let page = format!("{}/incident/{id}", self.parts.live.standing().url);
                engine.call(move |work| work.call_off(&why, Some(&page))).await?;
            }
            None => drop(engine.call(|work| work.begin_planned()).await?),
        }
        self.end_what_lasts(&engine).await?;
        // How it went is nothing to read while a real incident is open.
        if live.is_none() {
            self.tell_scores(&engine).await?;
        }
        let planned = engine.call(|work| work.planned_rehearsal()).await?;
        Ok(planned.map(|planned| planned.at))
    }

    fn live_incident(&self) -> Option<(IncidentId, String)> {
        self.parts.live.running().into_iter().next()
    }

    async fn announce_what_recurs(&self) -> Result<(), TeamError> {
        let now = self.clock().now();
        let recurring = self.recurring.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for recurring in recurring {
            let Some(at) = recurring.to_announce(now) else { continue };
            let engine = self.engine().await?;
            let Recurring { playbook, by, name, .. } = recurring;
            let by = self.opener(&engine, &playbook, by)?;
            let planned = PlannedRehearsal { playbook, by, at, name: Some(name) };
            engine
                .call(move |work| {
                    // One after the other: the next look finds the second one still to be announced.
                    if work.planned_rehearsal()?.is_some() { Ok(false) } else { work.plan_rehearsal(&planned) }
                })
                .await?;
        }
        Ok(())
    }

    /// Nobody answers for ever: a rehearsal ends by itself.
    async fn end_what_lasts(&self, engine: &Engine) -> Result<(), TeamError> {
        let now = self.clock().now();
        let over = |opened_at: Timestamp| LASTS.after(opened_at) <= now;
        let lasts = engine
            .board()
            .incidents
            .values()
            .any(|entry| entry.incident.is_running() && over(entry.incident.opened_at));
        if lasts {
            engine.call(move |work| work.call_off(&format!("it has lasted {LASTS}"), None)).await?;
        }
        Ok(())
    }

    /// Everybody who was told that it begins hears how it went, and so that it is over.
    async fn tell_scores(&self, engine: &Engine) -> Result<(), TeamError> {
        for id in engine.call(|work| work.rehearsals_to_score()).await? {
            let Some(retold) = retold(engine, id)? else { continue };
            let incident = retold.incident();
            let lines = score(&retold).lines(|person| incident.roster.name_of(person).to_owned());
            let to: BTreeSet<PersonId> = retold.who_acted().cloned().collect();
            engine.call(move |work| work.tell_score(id, &to, &lines)).await?;
        }
        Ok(())
    }

    fn opener(&self, engine: &Engine, playbook: &PlaybookName, by: Option<PersonId>) -> Result<PersonId, TeamError> {
        let standing = engine.standing();
        let rules = standing.rules.get(playbook).ok_or_else(|| TeamError::NoSuchPlaybook(playbook.clone()))?;
        if let Some(by) = by {
            let known = standing.roster.person(&by).is_some_and(|person| !person.shared);
            return if known { Ok(by) } else { Err(TeamError::NoSuchPerson(by)) };
        }
        let day = self.clock().now().to_zoned(standing.organisation.zone()).date();
        let to = rules.playbook.alerts().flat_map(|(_, alert)| &alert.to);
        let mut seats = to.flat_map(|role| standing.roster.seats(role.as_str(), day));
        seats.next().map(|seat| seat.person).ok_or(TeamError::NobodyOpens)
    }

    /// What `holdline rehearse` asks of the running daemon.
    pub(super) async fn ask(&self, request: RehearsalRequest) -> Answer {
        let answered = match request {
            RehearsalRequest::Begin { playbook, by, after } => self.plan(playbook, by, after).await,
            RehearsalRequest::Stop { reason } => self.stop_rehearsal(reason).await,
            RehearsalRequest::List => self.list().await,
        };
        answered.map_or_else(|error| Answer::Refused(error.to_string()), Answer::Done)
    }

    async fn plan(
        &self,
        playbook: PlaybookName,
        by: Option<PersonId>,
        after: Option<Period>,
    ) -> Result<Vec<String>, TeamError> {
        let engine = self.engine().await?;
        if let Some(why) = engine.no_rehearsal_now(&self.parts.live).await? {
            return Err(why.into());
        }
        let by = self.opener(&engine, &playbook, by)?;
        let at = after.unwrap_or(BEGINS_AFTER).after(engine.time());
        let zone = engine.standing().organisation.zone();
        let opens = engine.standing().roster.name_of(&by).to_owned();
        let planned = PlannedRehearsal { playbook, by, at, name: None };
        let free = engine
            .call(
                move |work| {
                    if work.planned_rehearsal()?.is_some() { Ok(false) } else { work.plan_rehearsal(&planned) }
                },
            )
            .await?;
        // Somebody else was quicker.
        if !free && let Some(why) = engine.no_rehearsal_now(&self.parts.live).await? {
            return Err(why.into());
        }
        self.asked.notify_one();
        let begins = clock_time(at, &zone, "en");
        Ok(vec![
            format!("Everybody who holds a role is told by mail. It begins at {begins}; {opens} opens it."),
            "A live incident ends it at once. To end it yourself: holdline rehearse --stop".to_owned(),
        ])
    }

    async fn stop_rehearsal(&self, reason: String) -> Result<Vec<String>, TeamError> {
        let engine = self.engine().await?;
        let found = engine.call(move |work| work.call_off(&reason, None)).await?;
        self.asked.notify_one();
        let said = if found { "The rehearsal is over; everybody is told." } else { "There was no rehearsal to end." };
        Ok(vec![said.to_owned()])
    }

    /// Every rehearsal with its score, oldest first.
    async fn list(&self) -> Result<Vec<String>, TeamError> {
        let engine = self.engine().await?;
        let zone = engine.standing().organisation.zone();
        let mut lines = Vec::new();
        if let Some((title, at)) = engine.announced().await? {
            lines.push(format!("Announced: {title}, begins at {}", clock_time(at, &zone, "en")));
        }
        let ids: Vec<IncidentId> = engine.board().incidents.keys().copied().collect();
        for id in ids {
            let Some(retold) = retold(&engine, id)? else { continue };
            let incident = retold.incident();
            let at = incident.opened_at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
            let under_way = if incident.is_running() { ", under way" } else { "" };
            lines.push(format!("{}. {at}  {}{under_way}", incident.id, incident.title));
            let name = |person: &PersonId| incident.roster.name_of(person).to_owned();
            lines.extend(score(&retold).lines(name).into_iter().map(|line| format!("     {line}")));
        }
        if lines.is_empty() {
            lines.push("No rehearsal with the team has taken place yet.".to_owned());
        }
        Ok(lines)
    }

    /// Lets go of everything; its loops ended with the others.
    pub(super) async fn stop(&self) {
        self.router.send_replace(None);
        let Some(Running { engine, writer, .. }) = self.running.lock().await.take() else { return };
        drop(engine);
        if let Err(error) = tokio::task::spawn_blocking(move || writer.join()).await {
            tracing::error!(%error, "the writer of rehearsals did not end as it should");
        }
    }
}

/// A rehearsal, from its events.
fn retold(engine: &Engine, id: IncidentId) -> Result<Option<Retold>, TeamError> {
    let Some(rules) = engine.board().incidents.get(&id).map(|entry| Arc::clone(&entry.rules)) else { return Ok(None) };
    let events = engine.events(id)?;
    Ok(retell(id, events.iter().map(|(at, event)| (*at, event)), &rules))
}
