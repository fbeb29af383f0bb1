//! The timeline in words: one sentence an event, for the terminal and the incident's page. No text of a mention, code or draft is in it.

use jiff::tz::TimeZone;

use super::event::{Asker, Author, Cause, Deadline, Event, Opening, Settlement, Teller, Verification};
use super::{AGREE, Incident, Joined, Lesson, PromisePhase, Spike, Subject, Switch};
use crate::core::approval::{Decision, Rung};
use crate::core::name::{ChannelName, PersonId, StepId};
use crate::core::statement::{Says, Seen};

/// What `event` did, told later: `incident` is the state of now.
#[expect(clippy::too_many_lines, reason = "a table: one sentence an event")]
pub fn narrate(incident: &Incident, event: &Event, zone: &TimeZone) -> String {
    let name = |person: &PersonId| incident.roster.name_of(person).to_owned();
    match event {
        Event::Opened(opening) => opened(incident, opening),
        Event::SpikeChanged { spike } => format!(
            "The watch {} counts {} mentions in {} from {} voices.",
            spike.watch, spike.count, spike.window, spike.voices
        ),
        Event::SpikeJoined { spike } => joined(incident, spike),
        Event::SeverityRaised { to, by, reason } => format!("{} raised the severity to {to}: {reason}", name(by)),
        Event::Verified { verdict, by, reason } => verified(*verdict, &name(by), reason),
        Event::Claimed { by } => format!("{} claimed the incident.", name(by)),
        Event::HandOverOffered { to, by, .. } => format!("{} offered the incident to {}.", name(by), name(to)),
        Event::HandOverAccepted { by } => format!("{} accepted the incident.", name(by)),
        Event::PlaybookPicked { by, switch: Some(switch), .. } => switched(&name(by), switch),
        Event::PlaybookPicked { by, switch: None, .. } => {
            format!("{} picked the playbook {}.", name(by), incident.first_title())
        }
        Event::TaskDone { task, by, note } => format!("{} did the task {task}{}", name(by), remark(note)),
        Event::BegunEarly { step, by } => format!("{} began {step} before its time.", name(by)),
        Event::StepSkipped { step, by, reason } => format!("{} left {step} out: {reason}", name(by)),
        Event::TaskAdded { todo, who, by, .. } => {
            format!("{} added a task for {}: {todo}", name(by), name(who))
        }
        Event::StoryBroken { teller, by } => {
            format!("{} says that {} told the story first.", name(by), teller_words(*teller))
        }
        Event::Used { statement, by, to, .. } => format!("{} said the approved words of {statement} to {to}", name(by)),
        Event::SaidNow { statement, by, digest } => {
            format!("{} gave the word for {statement}, hash {}.", name(by), digest.short())
        }
        Event::FactProposed { fact, value, by } => {
            format!("{} wrote the fact {fact}, not confirmed yet: {}", name(by), value.shown(zone))
        }
        Event::FactConfirmed { fact, value, by } => {
            format!("{} confirmed the fact {fact}: {}", name(by), value.shown(zone))
        }
        Event::FactLeftUnknown { fact, by } => format!("{} left the fact {fact} unknown for now.", name(by)),
        Event::Saved { statement, by, replaces, package, .. } => {
            saved(incident, statement.as_str(), by, *replaces, package)
        }
        Event::DraftFailed { statement, why } => format!("The statement {statement} could not be drafted: {why}"),
        Event::RedraftAsked { statement, by } => format!("{} asked for a fresh draft of {statement}.", name(by)),
        Event::BlockLifted { statement, rule, by, reason, .. } => {
            format!("{} lifted the block {rule} on {statement}: {reason}", name(by))
        }
        Event::TextPicked { statement, says: Says::NothingNew, by } => {
            format!("{} chose to say in {statement} that there is nothing new yet.", name(by))
        }
        Event::TextPicked { statement, says: Says::Own, by } => {
            format!("{} chose to say in {statement} what is new.", name(by))
        }
        Event::AskedAgain { statement, by, reason } => {
            format!("{} asked again for approval of {statement}: {reason}", name(by))
        }
        Event::DecisionTaken { request, person, decision, digest, .. } => {
            let decided = decided(incident, *request, decision);
            format!("{} {decided}, hash {}.", name(person), digest.short())
        }
        Event::DecisionWithdrawn { request, person, .. } => {
            format!("{} took back their approval of {}.", name(person), subject(incident, *request))
        }
        Event::RequestLocked { request } => {
            let person = incident.request(*request).map(|request| name(&request.person)).unwrap_or_default();
            format!("Too many wrong codes: the request to {person} about {} is locked.", subject(incident, *request))
        }
        Event::DeadlinePassed { of } => deadline(incident, of),
        Event::PostIntended { statement, channel, attempt } => {
            format!("Posting {statement} to {channel} (attempt {attempt}).")
        }
        Event::PostConfirmed { statement, channel, url } => format!("{statement} is posted on {channel}: {url}"),
        Event::PostPutOff { statement, channel, why, .. } => {
            format!("{channel} did not take {statement} ({why}); it is tried again.")
        }
        Event::PostRefused { statement, channel, why } => format!("{channel} refused {statement}: {why}"),
        Event::PostUnknown { statement, channel, why } => {
            format!("{channel} did not say whether it took {statement} ({why}); Holdline looks for it there.")
        }
        Event::PostNotFound { statement, channel, why } => {
            format!("Whether {statement} is on {channel} cannot be told ({why}); a person must look.")
        }
        Event::PostSettled { statement, channel, by, found } => {
            format!("{} looked: {statement} {}", name(by), settled(channel, found))
        }
        Event::PostedByHand { statement, channel, by, url } => {
            format!("{} posted {statement} on {channel} by hand: {url}", name(by))
        }
        Event::PostSeen { statement, channel, url, seen } => looked_at(statement, channel, url, *seen),
        Event::TakeDownAsked { statement, channel, by, reason } => {
            format!("{} asked to take {statement} down from {channel}: {reason}", name(by))
        }
        Event::TakenDown { statement, channel, by: Some(by) } => {
            format!("{} took {statement} down from {channel}.", name(by))
        }
        Event::TakenDown { statement, channel, by: None } => format!("{statement} was taken down from {channel}."),
        Event::TakeDownFailed { statement, channel, why } => {
            format!("{statement} is still on {channel}; it could not be taken down: {why}")
        }
        Event::CorrectionBegun { of, by, reason } => format!("{} began to correct {of}: {reason}", name(by)),
        Event::PostingStopped { by, reason } => format!("{by} stopped all posting{}", remark(reason)),
        Event::PostingResumed { by } => format!("{by} resumed posting."),
        Event::MailRefused { person, why } => format!("A mail to {} was refused for good: {why}", name(person)),
        Event::DelegationEnded { of } => format!("Nobody stands in for {} any more.", name(of)),
        Event::LeftRole { person, role } => format!("{} no longer holds the role {role}.", name(person)),
        Event::ChangeOffered { change } => {
            let name = &change.to.name;
            format!("The folder was changed for {name}; it holds here once {AGREE} others of this incident agree.")
        }
        Event::ChangeAgreed { change, by } => {
            format!("{} agreed to the change of {}.", name(by), changed(incident, *change))
        }
        Event::ChangeDropped { change } => {
            format!("The folder does not ask for the change of {} any more.", changed(incident, *change))
        }
        Event::StandDownAsked { by: Asker::Person(person), reason } => {
            format!("{} proposed to stand down: {reason}", name(person))
        }
        Event::StandDownAsked { by: Asker::Playbook, reason } => format!("Standing down is proposed: {reason}."),
        Event::Closed { by, reason } => format!("{} closed the incident{}", name(by), remark(reason)),
        Event::Injected { words, .. } => format!("Inject: {words}"),
        Event::BrokenOff { why } => format!("The rehearsal was broken off: {why}"),
        Event::LessonAdded { lesson, by } => learned(&name(by), lesson, name),
        Event::FollowUpDone { lesson, by, note } => {
            let words = incident.lesson(*lesson).map(|learned| learned.lesson.words()).unwrap_or_default();
            format!("{} did what was to follow ({words}){}", name(by), remark(note))
        }
        Event::Between(between) => between.sentence(incident),
        Event::Mail(turn) => turn.sentence().to_owned(),
    }
}

fn switched(by: &str, switch: &Switch) -> String {
    let dropped: Vec<&str> = switch.drop.iter().map(StepId::as_str).collect();
    let dropped = if dropped.is_empty() { String::new() } else { format!(" Dropped: {}.", dropped.join(", ")) };
    let reason = switch.reason.trim_end_matches('.');
    format!("{by} switched to the playbook {}, whose steps begin now: {reason}.{dropped}", switch.to)
}

fn learned(by: &str, lesson: &Lesson, name: impl Fn(&PersonId) -> String) -> String {
    match lesson {
        Lesson::Keep { words } => format!("{by} wrote down what to keep: {words}"),
        Lesson::Change { words } => format!("{by} wrote down what to change: {words}"),
        Lesson::FollowUp { words, owner, due } => {
            format!("{by} wrote down what is to follow, by {} until {due}: {words}", name(owner))
        }
    }
}

/// Who told the story first, in words.
pub fn teller_words(teller: Teller) -> &'static str {
    match teller {
        Teller::Us => "we ourselves",
        Teller::Media => "the media",
        Teller::ThirdParty => "a third party",
    }
}

fn changed(incident: &Incident, change: u32) -> String {
    incident.change(change).map(|offered| offered.change.to.name.clone()).unwrap_or_default()
}

/// The end of a sentence, with what somebody added.
fn remark(words: &str) -> String {
    if words.is_empty() { ".".to_owned() } else { format!(": {words}") }
}

fn looked_at(statement: &StepId, channel: &ChannelName, url: &str, seen: Seen) -> String {
    match seen {
        Seen::Matches => format!("Looked at {url}: the approved words of {statement} stand there."),
        Seen::Differs => format!("Looked at {url}: what stands on {channel} is not the approved text of {statement}."),
        Seen::CouldNotBeSeen { why } => format!("{statement} could not be seen at {url}: {why}"),
    }
}

fn settled(channel: &ChannelName, found: &Settlement) -> String {
    match found {
        Settlement::There { url } => format!("is on {channel}: {url}"),
        Settlement::NotThere => format!("is not on {channel}; it is posted again."),
    }
}

fn opened(incident: &Incident, opening: &Opening) -> String {
    match (&opening.cause, &opening.spike) {
        (Cause::Person { by, reason }, _) => {
            format!("{} opened the incident {}: {reason}", incident.roster.name_of(by), incident.first_title())
        }
        (Cause::Spike, Some(spike)) => format!(
            "A spike opened the incident {}: {} mentions in {} from {} voices; the watch {} {}.",
            incident.first_title(),
            spike.count,
            spike.window,
            spike.voices,
            spike.watch,
            spike.line_words()
        ),
        (Cause::Spike, None) => format!("A spike opened the incident {}.", incident.first_title()),
    }
}

fn joined(incident: &Incident, spike: &Spike) -> String {
    let quietly = match incident.joined.get(&spike.watch) {
        Some(Joined { inhibited: true, .. }) => " It is small beside what is open, so nobody was told.",
        Some(Joined { inhibited: false, .. }) | None => "",
    };
    format!(
        "The watch {} has a spike as well: {} mentions in {} from {} voices; it {}.{quietly}",
        spike.watch,
        spike.count,
        spike.window,
        spike.voices,
        spike.line_words()
    )
}

fn verified(verdict: Verification, name: &str, reason: &str) -> String {
    match verdict {
        Verification::Real => format!("{name} says that it is real."),
        Verification::NotOurs => format!("{name} says that it is not ours: {reason}"),
        Verification::FalseAlarm => format!("{name} says that it is a false alarm: {reason}"),
    }
}

fn saved(
    incident: &Incident,
    statement: &str,
    by: &Author,
    replaces: u32,
    package: &crate::core::statement::Package,
) -> String {
    let by = match by {
        Author::Template => "drafted from its template".to_owned(),
        Author::Person(person) => format!("saved by {}", incident.roster.name_of(person)),
    };
    let found = match package.findings.len() {
        0 => "lint found nothing".to_owned(),
        1 => "lint found 1 thing".to_owned(),
        many => format!("lint found {many} things"),
    };
    format!("{statement} version {} was {by}, hash {}; {found}.", replaces + 1, package.digest().short())
}

fn decided(incident: &Incident, request: u32, decision: &Decision) -> String {
    let subject = subject(incident, request);
    match decision {
        Decision::Approve => format!("approved {subject}"),
        Decision::Reject { reason } if reason.is_empty() => format!("refused {subject}"),
        Decision::Reject { reason } => format!("refused {subject} ({reason})"),
        Decision::Changes { wanted } => format!("wants changes to {subject} ({wanted})"),
    }
}

fn subject(incident: &Incident, request: u32) -> String {
    let request = incident.request(request);
    request.map_or_else(|| "an unknown request".to_owned(), |request| subject_words(&request.of))
}

fn subject_words(of: &Subject) -> String {
    match of {
        Subject::Statement(id) => format!("the statement {id}"),
        Subject::StandDown => "standing down".to_owned(),
    }
}

fn deadline(incident: &Incident, of: &Deadline) -> String {
    match of {
        Deadline::Start { step } => format!("It is time for {step}."),
        Deadline::Acknowledge { alert, .. } => format!("Nobody has claimed the incident in time; {alert} rings on."),
        Deadline::Task { task } => format!("The task {task} is overdue."),
        Deadline::Statement { statement } => format!("The statement {statement} is overdue."),
        Deadline::HandOver { .. } => "The next shift did not accept the incident in time.".to_owned(),
        Deadline::Lapse { statement, .. } => {
            format!("Nobody gave the word for {statement} in time; it is held no longer.")
        }
        Deadline::Round { statement } => format!("It is time to say {statement}."),
        Deadline::Promise { statement } => promise(incident, statement),
        Deadline::Reminder { request, nth } => {
            let asked = incident.request(*request).map(|request| incident.roster.name_of(&request.person));
            let (asked, about) = (asked.unwrap_or_default(), subject(incident, *request));
            let at = incident.reminders.get(&(*request, *nth));
            if at.is_some_and(|at| incident.mail_was_down(*at)) {
                return format!("Mail was down when {asked} was to be reminded about {about}.");
            }
            format!("{asked} was reminded about {about}.")
        }
        Deadline::Stage { of, rung: Rung::First, .. } => {
            format!("The time to approve {} passed; whoever stands in was asked as well.", subject_words(of))
        }
        Deadline::Stage { of, rung: Rung::Escalated | Rung::Paged, .. } => {
            format!("Nobody approved {} in time; everyone was asked once more.", subject_words(of))
        }
        Deadline::StandDown { .. } => "It has been quiet for the time that the playbook asks.".to_owned(),
    }
}

/// What the time that a statement promised brought.
fn promise(incident: &Incident, statement: &StepId) -> String {
    let phase = incident.statements.get(statement).and_then(|found| Some(&found.promise.as_ref()?.phase));
    match phase {
        Some(PromisePhase::Kept { .. }) | None => format!("The time that {statement} promised has come."),
        Some(PromisePhase::Open | PromisePhase::Missed | PromisePhase::Paged) => {
            format!("The next word that {statement} promised did not come in time.")
        }
    }
}
