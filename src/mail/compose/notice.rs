//! Notices: what people are told without being asked. One sentence each, and what to do now.

use serde::Serialize;

use super::held_notice::{held_lapsed, held_void, line_not_needed, nobody_commands};
use super::pause_notice::pause_goes_on;
use super::post_notice::{
    not_taken_down, post_differs, post_failed, post_not_seen, post_unknown, posting_resumed, posting_stopped,
    take_down_by_hand, taken_down,
};
use super::press::Kind;
use super::promise_notice::{ready_to_say, say_no_more};
use super::rehearsal_notice::{injected, posted_in_a_rehearsal};
use super::wave_notice::{spike_joined, spike_rose, stand_down_void};
use super::{ComposeError, Composer, Draft, Letter, Scene};
use crate::core::approval::Decision;
use crate::core::incident::{Lesson, Notice, Request, Subject};
use crate::core::name::{ChannelName, PersonId, StepId};
use crate::core::playbook::StepKind;
use crate::core::roster::Person;
use crate::core::setting::Setting;
use crate::core::shown::{Duty, Shown};

#[derive(Serialize)]
struct Told<'a> {
    title: &'a str,
    sentence: String,
    now: String,
    /// The whole hash of what was decided on.
    digest: Option<String>,
    page: String,
    duty: Duty,
}

/// A notice in words: what the subject says, what happened, what to do now.
pub(super) struct Words {
    pub(super) subject: String,
    pub(super) sentence: String,
    pub(super) now: String,
}

impl Composer {
    pub fn notice(&self, scene: &Scene<'_>, notice: &Notice) -> Result<Letter, ComposeError> {
        let words = scene.words(notice);
        let decided = match notice {
            Notice::Receipt { request, .. } | Notice::TakenBack { request, .. } => scene.incident.request(*request),
            Notice::Blocked { .. }
            | Notice::Superseded { .. }
            | Notice::DraftFailed { .. }
            | Notice::Overdue { .. }
            | Notice::PromiseMissed { .. }
            | Notice::HandOverOffered { .. }
            | Notice::HandOverVoid { .. }
            | Notice::HandOverAccepted { .. }
            | Notice::HandOverUnanswered { .. }
            | Notice::ReadyToSay { .. }
            | Notice::SayNoMore { .. }
            | Notice::HeldReady { .. }
            | Notice::HeldVoid { .. }
            | Notice::HeldLapsed { .. }
            | Notice::LineNotNeeded { .. }
            | Notice::NobodyCommands { .. }
            | Notice::Locked { .. }
            | Notice::LadderEnded { .. }
            | Notice::SeverityRaised
            | Notice::SpikeRose { .. }
            | Notice::SpikeJoined { .. }
            | Notice::StandDownVoid { .. }
            | Notice::Posted { .. }
            | Notice::PostFailed { .. }
            | Notice::PostUnknown { .. }
            | Notice::PostDiffers { .. }
            | Notice::PostNotSeen { .. }
            | Notice::TakenDown { .. }
            | Notice::NotTakenDown { .. }
            | Notice::PostingStopped { .. }
            | Notice::PostingResumed { .. }
            | Notice::MailRefused { .. }
            | Notice::ChangeOffered { .. }
            | Notice::ChangeMade { .. }
            | Notice::StoodDown
            | Notice::PauseGoesOn { .. }
            | Notice::MergedInto { .. }
            | Notice::PlaybookSwitched
            | Notice::TookOver { .. }
            | Notice::Injected { .. }
            | Notice::FollowUp { .. } => None,
        };
        self.told(scene, words, decided.map(|request| request.digest.to_string()))
    }

    /// Asks somebody to take a post down that Holdline cannot reach.
    pub fn take_down(
        &self,
        scene: &Scene<'_>,
        statement: &StepId,
        channel: &ChannelName,
        url: &str,
    ) -> Result<Letter, ComposeError> {
        self.told(scene, take_down_by_hand(statement, channel, url), None)
    }

    /// Tells an address that somebody had, or would have.
    pub fn notice_to(&self, scene: &Scene<'_>, notice: &Notice, person: &Person) -> Result<Letter, ComposeError> {
        let words = scene.words(notice);
        self.letter_to(scene, person, &told(scene, words, None))
    }

    fn told(&self, scene: &Scene<'_>, words: Words, digest: Option<String>) -> Result<Letter, ComposeError> {
        self.letter(scene, &told(scene, words, digest))
    }
}

fn told<'a>(scene: &Scene<'a>, words: Words, digest: Option<String>) -> Draft<Told<'a>> {
    let data = Told {
        title: &scene.incident.title,
        sentence: words.sentence,
        now: words.now,
        digest,
        page: scene.page(),
        duty: scene.shown().duty(),
    };
    let subject = format!("{}: {}", words.subject, scene.incident.title);
    Draft { kind: Kind::Notice, subject, data }
}

impl Scene<'_> {
    fn words(&self, notice: &Notice) -> Words {
        match notice {
            Notice::Receipt { request, by, decision } => self.receipt(*request, by, decision),
            Notice::TakenBack { request, by } => self.taken_back(*request, by),
            Notice::Blocked { statement, rules } => blocked(statement, rules),
            Notice::Superseded { statement } => superseded(statement),
            Notice::DraftFailed { statement, why } => draft_failed(statement, why),
            Notice::Overdue { of } => self.overdue(of),
            Notice::PromiseMissed { statement, by, paged } => self.promise_missed(statement, *by, *paged),
            Notice::HandOverOffered { by } => self.hand_over_offered(by),
            Notice::HandOverVoid { by } => self.hand_over_void(by),
            Notice::HandOverAccepted { by } => self.hand_over_accepted(by),
            Notice::HandOverUnanswered { to, by } => self.hand_over_unanswered(to, by),
            Notice::ReadyToSay { statement } => ready_to_say(statement),
            Notice::SayNoMore { statement } => say_no_more(statement),
            Notice::HeldReady { statement, until } => self.held_ready(statement, *until),
            Notice::HeldVoid { statement } => held_void(statement),
            Notice::HeldLapsed { statement } => held_lapsed(statement),
            Notice::LineNotNeeded { statement } => line_not_needed(statement),
            Notice::NobodyCommands { statement } => nobody_commands(statement),
            Notice::Locked { request, person } => self.locked(*request, person),
            Notice::LadderEnded { of, stage } => ladder_ended(of, stage),
            Notice::SeverityRaised => self.severity_raised(),
            Notice::SpikeRose { watch, count, before } => spike_rose(watch, *count, *before),
            Notice::SpikeJoined { watch, count } => spike_joined(watch, *count),
            Notice::StandDownVoid { watch, count, before } => stand_down_void(watch, *count, *before),
            Notice::Posted { statement, channel, url } => self.posted(statement, channel, url),
            Notice::PostFailed { statement, channel, why } => post_failed(statement, channel, why),
            Notice::PostUnknown { statement, channel, why } => post_unknown(statement, channel, why),
            Notice::PostDiffers { statement, channel, url } => post_differs(statement, channel, url),
            Notice::PostNotSeen { statement, channel, url } => post_not_seen(statement, channel, url),
            Notice::TakenDown { statement, channel } => taken_down(statement, channel),
            Notice::NotTakenDown { statement, channel, why } => not_taken_down(statement, channel, why),
            Notice::PostingStopped { by, reason } => posting_stopped(by, reason),
            Notice::PostingResumed { by } => posting_resumed(by),
            Notice::MailRefused { person, why } => self.mail_refused(person, why),
            Notice::ChangeOffered { change } => self.change_offered(*change),
            Notice::ChangeMade { change } => self.change_made(*change),
            Notice::StoodDown => stood_down(),
            Notice::PauseGoesOn { incident } => pause_goes_on(*incident),
            Notice::PlaybookSwitched => self.playbook_switched(),
            Notice::MergedInto { incident } => self.merged_into(*incident),
            Notice::TookOver { incident } => self.took_over(*incident),
            Notice::Injected { words } => injected(words),
            Notice::FollowUp { lesson } => self.follow_up(*lesson),
        }
    }

    fn what(&self, request: Option<&Request>) -> String {
        request.map_or_else(|| "a request".to_owned(), |request| self.shown().subject_name(request))
    }

    fn who(&self, person: &PersonId) -> String {
        if person == self.to { "You".to_owned() } else { self.shown().name(person) }
    }

    fn receipt(&self, request: u32, by: &PersonId, decision: &Decision) -> Words {
        let request = self.incident.request(request);
        let (what, who) = (self.what(request), self.who(by));
        let (did, sentence, now) = match decision {
            Decision::Approve => (
                "approved",
                format!("{who} approved: {what}."),
                "Nothing for you to do. If you gave this yes and want it back, open the link of your request again: \
                 until posting begins you can take it back there.",
            ),
            Decision::Reject { reason } => (
                "refused",
                format!("{who} refused: {what}. The reason: {reason}"),
                "Nothing is posted. Whoever runs the incident now mends it, or asks again with a reason.",
            ),
            Decision::Changes { wanted } => (
                "asked for changes",
                format!("{who} asked for changes: {what}. Wanted: {wanted}"),
                "Nothing is posted. Whoever runs the incident now saves a new version, and then everyone is asked anew.",
            ),
        };
        Words { subject: format!("{who} {did}, {what}"), sentence, now: now.to_owned() }
    }

    fn taken_back(&self, request: u32, by: &PersonId) -> Words {
        let (what, who) = (self.what(self.incident.request(request)), self.who(by));
        Words {
            subject: format!("{who} took an approval back, {what}"),
            sentence: format!("{who} took the approval back: {what}."),
            now: "Nothing is posted on it. Speak with each other; who took it back can still approve by the same link."
                .to_owned(),
        }
    }

    fn overdue(&self, of: &StepId) -> Words {
        let name = match self.rules.playbook.step(of).map(|step| &step.kind) {
            Some(StepKind::Task(task)) => format!("the task “{}”", task.todo),
            Some(StepKind::Statement(_)) => format!("the {}", Shown::statement_name(of)),
            Some(StepKind::Alert(_)) | None => self.other_step(of),
        };
        Words {
            subject: format!("Overdue, {of}"),
            sentence: format!("The time for {name} has passed and it is not done."),
            now: "Open the incident's page: it says what it waits for. Call whoever has not answered.".to_owned(),
        }
    }

    fn locked(&self, request: u32, person: &PersonId) -> Words {
        let what = self.what(self.incident.request(request));
        let name = self.shown().name(person);
        Words {
            subject: format!("Request locked, {what}"),
            sentence: format!(
                "Five wrong codes were tried on the request to {name} ({what}); its link decides nothing any more."
            ),
            now: format!(
                "Call {name}. If it was {name}, ask again with a reason on the incident's page; if not, \
                 somebody else has that link: tell whoever looks after your mail."
            ),
        }
    }

    fn severity_raised(&self) -> Words {
        let severity = self.incident.severity;
        Words {
            subject: format!("Now {}", severity.to_string().to_lowercase()),
            sentence: format!("The incident is now {}.", severity.to_string().to_lowercase()),
            now: "Open the incident's page and see what has changed.".to_owned(),
        }
    }

    fn posted(&self, statement: &StepId, channel: &ChannelName, url: &str) -> Words {
        let name = Shown::statement_name(statement);
        let url = if url.starts_with('/') { format!("{}{url}", self.url) } else { url.to_owned() };
        match self.incident.setting {
            Setting::Live => Words {
                subject: format!("Posted on {channel}, {name}"),
                sentence: format!("The {name} is public on {channel}: {url}"),
                now: "Read it once where the public reads it.".to_owned(),
            },
            Setting::Rehearsal => posted_in_a_rehearsal(channel, &name, &url),
        }
    }

    fn follow_up(&self, lesson: u32) -> Words {
        let learned = self.incident.lesson(lesson);
        let who = learned.map(|learned| self.shown().name(&learned.by)).unwrap_or_default();
        let (words, due) = match learned.map(|learned| &learned.lesson) {
            Some(Lesson::FollowUp { words, due, .. }) => (words.as_str(), due.strftime("%-d %B %Y").to_string()),
            Some(Lesson::Keep { .. } | Lesson::Change { .. }) | None => ("", String::new()),
        };
        Words {
            subject: format!("For you to do until {due}"),
            sentence: format!(
                "{who} wrote down what is to follow from this incident, and that you do it until {due}: {words}"
            ),
            now: "Do it, then press “Done” on the incident's page. It is in the after-action report.".to_owned(),
        }
    }

    fn mail_refused(&self, person: &PersonId, why: &str) -> Words {
        let known = self.incident.roster.person(person);
        let phone = known.and_then(|person| person.phone.clone());
        let name = self.shown().name(person);
        Words {
            subject: format!("Mail to {name} does not arrive"),
            sentence: format!("The mail server refused a mail to {name} for good: {why}"),
            now: match phone {
                Some(phone) => format!("Call {name}: {phone}. They have not read what Holdline sent."),
                None => format!("Reach {name} another way. They have not read what Holdline sent."),
            },
        }
    }
}

fn blocked(statement: &StepId, rules: &[String]) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("Stopped by lint, {name}"),
        sentence: format!("Lint stops the {name}: {}. Nobody is asked for approval while it does.", rules.join(", ")),
        now: "Open the incident's page, read what was found, and mend the text.".to_owned(),
    }
}

fn superseded(statement: &StepId) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("No longer current, {name}"),
        sentence: format!("The text of the {name} that you were asked about is not the current one any more."),
        now: "Do not answer that request: its link decides nothing now. If you are needed for the new text, you get a \
              new mail that shows what changed."
            .to_owned(),
    }
}

fn draft_failed(statement: &StepId, why: &str) -> Words {
    let name = Shown::statement_name(statement);
    Words {
        subject: format!("Could not be drafted, {name}"),
        sentence: format!("The {name} could not be drafted: {why}"),
        now: "Mend what it names, then press “Draft afresh” on the incident's page.".to_owned(),
    }
}

fn ladder_ended(of: &Subject, stage: &str) -> Words {
    let name = match of {
        Subject::Statement(id) => format!("the {}", Shown::statement_name(id)),
        Subject::StandDown => "standing down".to_owned(),
    };
    let sentence = if stage.is_empty() {
        format!("Nobody may be asked about {name}: the only person is its author, or nobody holds the role.")
    } else {
        format!(
            "Nobody gave the yes that is needed for {name} in the stage {stage}; everyone was asked once more, without a deadline."
        )
    };
    let now = if stage.is_empty() {
        "Have somebody else save the text, or ask again with a reason. Nothing is posted by itself."
    } else {
        "Call the people who were asked. Nothing is posted by itself."
    };
    Words { subject: format!("Nobody answers, {name}"), sentence, now: now.to_owned() }
}

fn stood_down() -> Words {
    Words {
        subject: "Stood down".to_owned(),
        sentence: "The incident has stood down: nothing more is asked and nothing more is posted.".to_owned(),
        now: "Nothing for you to do. Whoever ran it closes it on its page.".to_owned(),
    }
}
