//! Effects and state in the words of the stories.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use holdline::core::approval::{Ballot, Decision, Right, Rung};
use holdline::core::incident::{
    AlertPhase, Deadline, Effect, Hold, Incident, IncidentPhase, Notice, PostPhase, PromisePhase, Statement,
    StatementPhase, Subject, TaskPhase, Verification, teller_words,
};
use holdline::core::name::{ChannelName, FactName};
use holdline::core::statement::{Says, Seen};
use jiff::Timestamp;

pub(crate) fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M").to_string()
}

fn subject(of: &Subject) -> String {
    match of {
        Subject::Statement(id) => id.to_string(),
        Subject::StandDown => "stand-down".to_owned(),
    }
}

/// One line for each kind of effect, the people of it together. Wake-ups show when they fire.
pub(crate) fn effects(incident: &Incident, effects: &[Effect]) -> Vec<String> {
    let mut lines: Vec<(String, Vec<String>, String)> = Vec::new();
    for effect in effects {
        let Some((before, who, after)) = effect_parts(incident, effect) else { continue };
        match lines.iter_mut().find(|line| line.0 == before && line.2 == after) {
            Some(line) => line.1.push(who),
            None => lines.push((before, vec![who], after)),
        }
    }
    lines.into_iter().map(|(before, who, after)| format!("  > {before}{}{after}", who.join(", "))).collect()
}

fn effect_parts(incident: &Incident, effect: &Effect) -> Option<(String, String, String)> {
    let parts = |before: &str, who: String, after: String| Some((before.to_owned(), who, after));
    match effect {
        Effect::Alert { person, rung, .. } => parts("alert ", person.to_string(), format!(" (rung {rung})")),
        Effect::Page { rung, .. } => parts("page ", "whoever carries the pager".to_owned(), format!(" (rung {rung})")),
        Effect::AskTask { task, person } => parts("ask ", person.to_string(), format!(" to do {task}")),
        Effect::Draft { statement } => parts("draft ", statement.to_string(), String::new()),
        Effect::AskApproval { request } => {
            let asked = incident.request(*request)?;
            let stage = stage_name(incident, &asked.of, asked.stage);
            let rung = match asked.rung {
                Rung::First => "",
                Rung::Escalated => ", escalated",
                Rung::Paged => ", paged",
            };
            let until = asked.until.map_or_else(String::new, |until| format!(" by {}", clock(until)));
            let who = format!("{} [{request}]", asked.person);
            parts("ask ", who, format!(" to approve {} ({stage}{rung}){until}", subject(&asked.of)))
        }
        Effect::Remind { request, nth } => {
            parts("remind ", incident.request(*request)?.person.to_string(), format!(" ({nth})"))
        }
        Effect::Tell { person, notice } => parts("tell ", person.to_string(), format!(": {}", told(notice))),
        Effect::TellAddress { change, which, notice } => {
            let known = incident.change(*change)?.address(*which)?;
            parts("tell ", known.email.clone(), format!(": {}", told(notice)))
        }
        Effect::Post { statement, channel, attempt, .. } => {
            parts("post ", format!("{statement} to {channel}"), format!(" (attempt {attempt})"))
        }
        Effect::AskToPost { statement, channel, person } => {
            parts("ask ", person.to_string(), format!(" to post {statement} on {channel} by hand"))
        }
        Effect::LookUp { statement, channel, at, .. } => {
            parts("look up ", format!("{statement} on {channel}"), format!(" at {}", clock(*at)))
        }
        Effect::LookAt { statement, channel, url } => {
            parts("look at ", url.clone(), format!(" for {statement} on {channel}"))
        }
        Effect::TakeDown { statement, channel, .. } => {
            parts("take down ", format!("{statement} on {channel}"), String::new())
        }
        Effect::AskToTakeDown { statement, channel, person, .. } => {
            parts("ask ", person.to_string(), format!(" to take {statement} down on {channel} by hand"))
        }
        Effect::WakeAt { .. } => None,
    }
}

fn stage_name(incident: &Incident, of: &Subject, stage: usize) -> String {
    let name = match (of, &incident.phase) {
        (Subject::StandDown, IncidentPhase::StandingDown(ballot)) => ballot.stage(stage).map(|vote| &vote.stage().name),
        (Subject::StandDown, _) => None,
        (Subject::Statement(id), _) => match incident.statements.get(id).map(|found| &found.phase) {
            Some(StatementPhase::Asking(ballot)) => ballot.stage(stage).map(|vote| &vote.stage().name),
            Some(_) | None => None,
        },
    };
    name.cloned().unwrap_or_else(|| format!("stage {stage}"))
}

fn decided(decision: &Decision) -> String {
    match decision {
        Decision::Approve => "approved".to_owned(),
        Decision::Reject { reason } => format!("rejected ({reason})"),
        Decision::Changes { wanted } => format!("wants changes ({wanted})"),
    }
}

fn told(notice: &Notice) -> String {
    match notice {
        Notice::Receipt { by, decision, .. } => format!("{by} {}", decided(decision)),
        Notice::TakenBack { by, .. } => format!("{by} took it back"),
        Notice::Blocked { statement, rules } => format!("{statement} is stopped by {}", rules.join(", ")),
        Notice::Superseded { statement } => format!("what you were asked about {statement} is void"),
        Notice::DraftFailed { statement, .. } => format!("{statement} could not be drafted"),
        Notice::Overdue { of } => format!("{of} is overdue"),
        Notice::PromiseMissed { statement, by, paged } => {
            let everybody = if *paged { ", and everybody hears of it" } else { "" };
            format!("{statement} promised a word by {}{everybody}", clock(*by))
        }
        Notice::HandOverOffered { by } => format!("{by} offers the incident"),
        Notice::HandOverVoid { .. } => "the incident is offered to somebody else".to_owned(),
        Notice::HandOverAccepted { by } => format!("{by} has the incident now"),
        Notice::HandOverUnanswered { to, by } => format!("{to} did not accept what {by} offered"),
        Notice::ReadyToSay { statement } => format!("{statement} may be said"),
        Notice::SayNoMore { statement } => format!("{statement} may not be said any more"),
        Notice::HeldReady { statement, until } => format!("{statement} is held ready until {}", clock(*until)),
        Notice::HeldVoid { statement } => format!("{statement} is not held any more"),
        Notice::NobodyCommands { statement } => format!("nobody could send {statement}"),
        Notice::LineNotNeeded { statement } => format!("{statement} is not needed"),
        Notice::HeldLapsed { statement } => format!("{statement} lapsed"),
        Notice::Locked { request, person } => format!("request {request} to {person} is locked"),
        Notice::LadderEnded { of, stage } => {
            format!("nobody answers for {} {stage}", subject(of)).trim_end().to_owned()
        }
        Notice::SeverityRaised => "the severity rose".to_owned(),
        Notice::SpikeRose { watch, count, before } => format!("{watch} rose from {before} to {count}"),
        Notice::SpikeJoined { watch, count } => format!("{watch} joined with {count}"),
        Notice::StandDownVoid { watch, count, .. } => format!("{watch} counts {count}, so it is not over"),
        Notice::Posted { statement, channel, .. } => format!("{statement} is on {channel}"),
        Notice::PostFailed { statement, channel, why } => format!("{channel} refused {statement} ({why})"),
        Notice::PostUnknown { statement, channel, .. } => format!("{channel} cannot say about {statement}; look"),
        Notice::PostDiffers { statement, channel, .. } => format!("what is on {channel} is not {statement}"),
        Notice::PostNotSeen { statement, channel, .. } => format!("{statement} could not be seen on {channel}"),
        Notice::TakenDown { statement, channel } => format!("{statement} is down on {channel}"),
        Notice::NotTakenDown { statement, channel, why } => format!("{statement} is still on {channel} ({why})"),
        Notice::PostingStopped { by, .. } => format!("{by} stopped posting"),
        Notice::PostingResumed { by } => format!("{by} resumed posting"),
        Notice::MailRefused { person, .. } => format!("mail to {person} is refused"),
        Notice::ChangeOffered { change } => format!("change {change} waits for two"),
        Notice::ChangeMade { change } => format!("change {change} holds"),
        Notice::PlaybookSwitched => "another playbook runs".to_owned(),
        Notice::MergedInto { incident } => format!("it is merged into incident {incident}"),
        Notice::TookOver { incident } => format!("incident {incident} is merged into it"),
        Notice::PauseGoesOn { incident } => format!("it stays paused, incident {incident} was opened"),
        Notice::StoodDown => "it is over".to_owned(),
        Notice::Injected { words } => format!("inject: {words}"),
        Notice::FollowUp { lesson } => format!("lesson {lesson} is yours to follow up"),
    }
}

pub(crate) fn deadline(incident: &Incident, of: &Deadline) -> String {
    match of {
        Deadline::Start { step } => format!("{step} is due to start"),
        Deadline::Acknowledge { alert, .. } => format!("nobody claimed {alert}"),
        Deadline::Task { task } => format!("{task}'s time is over"),
        Deadline::Statement { statement } => format!("{statement}'s time is over"),
        Deadline::HandOver { .. } => "nobody accepted the hand-over".to_owned(),
        Deadline::Lapse { statement, .. } => format!("{statement} was held long enough"),
        Deadline::Round { statement } => format!("{statement} must begin"),
        Deadline::Promise { statement } => format!("the time that {statement} promised"),
        Deadline::Reminder { request, nth } => format!("reminder {nth} of request {request}"),
        Deadline::Stage { of, stage, .. } => {
            format!("{} of {}: its time is over", stage_name(incident, of, *stage), subject(of))
        }
        Deadline::StandDown { .. } => "it has stayed quiet".to_owned(),
    }
}

pub(crate) fn state(incident: &Incident) -> Vec<String> {
    let phase = match &incident.phase {
        IncidentPhase::Open => "open".to_owned(),
        IncidentPhase::StandingDown(ballot) => format!("standing down: {}", votes(ballot)),
        IncidentPhase::StoodDown { .. } => "stood down".to_owned(),
        IncidentPhase::Closed { verdict, .. } => {
            let verdict = match verdict {
                Verification::Real => "real",
                Verification::NotOurs => "not ours",
                Verification::FalseAlarm => "a false alarm",
            };
            format!("closed as {verdict}")
        }
    };
    let verified = if incident.verified.is_some() { "" } else { ", unverified" };
    let stopped = if incident.stopped.is_some() { ", posting is stopped" } else { "" };
    let duty = incident.duty.as_ref().map_or_else(String::new, |duty| format!(", {duty} has it"));
    let mut lines =
        vec![format!("= {phase}, {}{verified}{duty}{stopped}", incident.severity.to_string().to_lowercase())];
    for (id, alert) in &incident.alerts {
        if let AlertPhase::Ringing { rung, .. } = alert {
            lines.push(format!("= {id}: ringing, rung {rung}"));
        }
    }
    for (id, task) in &incident.tasks {
        let phase = match task {
            TaskPhase::Waiting => "waiting".to_owned(),
            TaskPhase::Open { due } => due.map_or("open".to_owned(), |due| format!("open until {}", clock(due))),
            TaskPhase::Overdue { .. } => "overdue".to_owned(),
            TaskPhase::Done { by, .. } => format!("done by {by}"),
            TaskPhase::Elsewhere { incident, settled: None } => format!("incident {incident} has it"),
            TaskPhase::Elsewhere { incident, settled: Some(_) } => format!("settled in incident {incident}"),
            TaskPhase::Skipped(skipped) => format!("left out by {} ({})", skipped.by, skipped.reason),
        };
        lines.push(format!("= {id}: {phase}"));
    }
    for (number, learned) in incident.lessons.iter().enumerate() {
        let done = if learned.done.is_some() { ", done" } else { "" };
        lines.push(format!("= lesson {number} by {}: {}{done}", learned.by, learned.lesson.words()));
    }
    if let Some(teller) = incident.broken_by {
        lines.push(format!("= {} told the story first", teller_words(teller)));
    }
    for (number, change) in incident.waiting_changes() {
        lines.push(format!("= change {number} of {} waits", change.change.person));
    }
    lines.extend(
        incident
            .statements
            .iter()
            .map(|(id, statement)| format!("= {id}: {}{}", statement_state(statement), promise_state(statement))),
    );
    lines
}

fn promise_state(statement: &Statement) -> String {
    let Some(promise) = &statement.promise else { return String::new() };
    let phase = match &promise.phase {
        PromisePhase::Open => return String::new(),
        PromisePhase::Missed => "missed".to_owned(),
        PromisePhase::Paged => "missed, everybody told".to_owned(),
        PromisePhase::Kept { with, at } => format!("kept at {} by {with}", clock(*at)),
    };
    format!("; promises {}: {phase}", clock(promise.by))
}

fn statement_state(statement: &Statement) -> String {
    let stamped = statement.current().is_some_and(|version| version.package.stamp.is_some());
    let says = if statement.says == Says::NothingNew { " (nothing new)" } else { "" };
    let version = format!("v{}{}{says}", statement.version(), if stamped { " (stamped)" } else { "" });
    match &statement.phase {
        StatementPhase::Waiting => {
            statement.due.map_or_else(|| "waiting".to_owned(), |due| format!("waiting, due {}", clock(due)))
        }
        StatementPhase::Drafting(hold) => format!("{version} held: {}", held(hold)),
        StatementPhase::Asking(ballot) => format!("asking about {version}: {}", votes(ballot)),
        StatementPhase::Posting(posting) => format!("posting {version}: {}", posts(&posting.posts)),
        StatementPhase::Posted(posting) => format!("posted {version}: {}", posts(&posting.posts)),
        StatementPhase::Withdrawn => "withdrawn".to_owned(),
        StatementPhase::Skipped(skipped) => format!("left out by {} ({})", skipped.by, skipped.reason),
        StatementPhase::Ready(ready) => {
            let uses: Vec<String> =
                statement.uses.iter().map(|told| format!(", said by {} to {}", told.by, told.to)).collect();
            let held = ready.lapses.map_or_else(String::new, |until| format!(", held until {}", clock(until)));
            format!("ready {version}: {}{held}{}", votes(&ready.ballot), uses.concat())
        }
    }
}

fn held(hold: &Hold) -> String {
    match hold {
        Hold::Facts(facts) => {
            format!("needs {}", facts.iter().map(FactName::as_str).collect::<Vec<_>>().join(", "))
        }
        Hold::Draft => "a draft is owed".to_owned(),
        Hold::DraftFailed(why) => format!("could not be drafted: {why}"),
        Hold::Blocked(rules) => format!("stopped by {}", rules.join(", ")),
        Hold::Unverified => "nobody has said yet that it is real".to_owned(),
        Hold::Refused { by, wanted } => format!("{by} said no ({wanted})"),
        Hold::FactsChanged => "a fact changed after a person edited it".to_owned(),
        Hold::Lapsed => "held, and nobody gave the word".to_owned(),
        Hold::NobodyToAsk => "nobody to ask".to_owned(),
    }
}

/// `accuracy yes dev, asks chi for privacy-officer`.
fn votes<S>(ballot: &Ballot<S>) -> String {
    let stages = ballot.stages().map(|vote| {
        let mut text = vote.stage().name.clone();
        if !vote.is_open() {
            return text + " not asked";
        }
        for ask in vote.asked() {
            let said = if vote.has_yes(&ask.person) {
                "yes"
            } else if ask.fills.is_empty() {
                "no more"
            } else if ask.locked {
                "locked"
            } else {
                "asks"
            };
            let fills = ask.fills.iter().map(|(role, right)| match right {
                Right::Holder => role.to_string(),
                Right::StandingInFor(holder) => format!("{role} for {holder}"),
                Right::InsteadOf(own) => format!("{role} as {own}"),
            });
            let _ = write!(text, ", {said} {} ({})", ask.person, fills.collect::<Vec<_>>().join(" and "));
        }
        text
    });
    stages.collect::<Vec<_>>().join("; ")
}

fn posts(posts: &BTreeMap<ChannelName, PostPhase>) -> String {
    let posts = posts.iter().map(|(channel, post)| {
        let phase = match post {
            PostPhase::Owed { attempt } => format!("owed (attempt {attempt})"),
            PostPhase::Intended { .. } => "on its way".to_owned(),
            PostPhase::Confirmed { seen: None, .. } => "there".to_owned(),
            PostPhase::Confirmed { seen: Some(Seen::Matches), .. } => "there, and seen".to_owned(),
            PostPhase::Confirmed { seen: Some(Seen::Differs), .. } => "there in other words".to_owned(),
            PostPhase::Confirmed { seen: Some(Seen::CouldNotBeSeen { .. }), .. } => "there, unseen".to_owned(),
            PostPhase::NeedsPerson { .. } => "unknown, a person must look".to_owned(),
            PostPhase::TakingDown { .. } => "being taken down".to_owned(),
            PostPhase::TakenDown { .. } => "taken down".to_owned(),
            PostPhase::Refused { why } => format!("refused ({why})"),
            PostPhase::Unknown { .. } => "unknown".to_owned(),
            PostPhase::ByHand { by } => format!("with {by}"),
            PostPhase::Cancelled => "cancelled".to_owned(),
        };
        format!("{channel} {phase}")
    });
    posts.collect::<Vec<_>>().join(", ")
}
