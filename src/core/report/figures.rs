//! The figures: each from the events alone, beside what is aimed at.
//!
//! Targets are those that practitioners name: a first statement within 15 minutes and at most an hour (Agnes), updates at
//! fixed times (Braud, PRWeek), a grade of at most 8 (NIH, Clear Communication), and steps of our own where nobody names
//! one: detection within 10 minutes, a claim within 5 and an approval within 10 where it is critical, 15 and 30 otherwise.

use jiff::{SignedDuration, Timestamp};

use super::grade::grade;
use super::measure::{Amount, Figure, Measure, Target, Value};
use super::promise::{Kept, PROMISE_GRACE, Promise};
use super::said::{Said, first_public_word};
use super::step::{Outcome, StepTaken};
use super::wait::Link;
use super::walk::Walked;
use crate::core::incident::{IncidentPhase, Lesson, Outage, Teller};
use crate::core::lint::Level;
use crate::core::severity::Severity;
use crate::core::shown::lasted;

const DETECT_TARGET: SignedDuration = SignedDuration::from_mins(10);
const FIRST_STATEMENT_BEST: SignedDuration = SignedDuration::from_mins(15);
const FIRST_STATEMENT_TARGET: SignedDuration = SignedDuration::from_mins(60);
/// Of the promised updates, in hundredths.
const PROMISES_KEPT_TARGET: usize = 95;
const GRADE_TARGET: f64 = 8.0;

const ERASED: &str = "the words that would tell are erased";
const NO_PUBLIC_WORD: &str = "nothing public was said";

pub(super) fn figures(walked: &Walked, promises: &[Promise], steps: &[StepTaken], as_of: Timestamp) -> Vec<Figure> {
    let told = [
        time_to_detect(walked),
        time_to_acknowledge(walked),
        time_to_first_statement(walked),
        staff_first(walked),
        steps_in_time(walked, steps),
        longest_approval(walked, as_of),
        versions(walked),
        lint_fired(walked),
        blocks_lifted(walked),
        promises_kept(walked, promises),
        longest_silence(walked, as_of),
        known(walked),
        reading_grade(walked),
        languages(walked),
        half_life(walked),
        follow_ups(walked, as_of),
        who_broke_it(walked),
    ];
    told.into_iter().chain(never_told()).collect()
}

/// What no event tells yet, each with the reason.
fn never_told() -> impl Iterator<Item = Figure> {
    let never = [
        (Measure::Spread, "feeds do not say where a mention was made"),
        (Measure::SameMessage, "playbooks name no key messages"),
        (Measure::ShareOfVoice, "coverage that repeats a statement is not counted"),
        (Measure::ToneRecovery, "the tone is told at alarms only"),
        (Measure::FalseClaims, "claims are not kept apart from other mentions"),
        (Measure::PrivateThreads, "single mentions are not answered from here"),
        (Measure::LegalClocks, "playbooks do not say which tasks the law asks for"),
    ];
    never.into_iter().map(|(measure, why)| Figure { measure, value: Value::NotTold(why), target: None })
}

fn not_told(measure: Measure, why: &'static str) -> Figure {
    Figure { measure, value: Value::NotTold(why), target: None }
}

fn told(measure: Measure, amount: Amount, target: Option<Target>) -> Figure {
    Figure { measure, value: Value::Told(amount), target }
}

fn at_most(value: SignedDuration, most: SignedDuration) -> Target {
    Target { words: format!("at most {}", lasted(most)), met: value <= most }
}

impl Walked {
    /// When the first alert rang; the opening where the playbook rings none.
    pub(super) fn alert_at(&self) -> Option<Timestamp> {
        let has_alerts = !self.incident.alerts.is_empty();
        if has_alerts { self.starts.first_alert(&self.incident) } else { Some(self.incident.opened_at) }
    }

    /// From the alert to the claim.
    pub(in crate::core) fn time_to_claim(&self) -> Option<SignedDuration> {
        let (alert, (_, claimed)) = self.alert_at().zip(self.claimed.as_ref())?;
        Some(claimed.duration_since(alert))
    }

    /// From the alert to the first public post.
    pub(in crate::core) fn time_to_first_statement(&self) -> Option<SignedDuration> {
        let (alert, first) = self.alert_at().zip(first_public_word(&self.said))?;
        Some(first.duration_since(alert))
    }

    fn public(&self) -> impl Iterator<Item = &Said> {
        self.said.iter().filter(|said| said.is_public())
    }

    /// The reason that something is missing: it did not happen, or the words that would tell it are erased.
    fn because(&self, why: &'static str) -> &'static str {
        if self.gap.is_some() { ERASED } else { why }
    }

    /// By severity: where it is critical, and otherwise.
    fn minutes(&self, critical: i64, otherwise: i64) -> SignedDuration {
        match self.incident.severity {
            Severity::Critical => SignedDuration::from_mins(critical),
            Severity::Elevated | Severity::Serious => SignedDuration::from_mins(otherwise),
        }
    }

    /// How long no letter of it was taken, until its end; none where that was never so.
    pub(in crate::core) fn mail_down_for(&self, as_of: Timestamp) -> Option<SignedDuration> {
        let end = self.end(as_of);
        let lasted = |outage: &Outage| outage.until.map_or(end, |until| until.min(end)).duration_since(outage.from);
        let whole: SignedDuration =
            self.incident.outages.iter().map(lasted).fold(SignedDuration::ZERO, SignedDuration::saturating_add);
        (!self.incident.outages.is_empty()).then_some(whole)
    }

    /// Who let others wait longest for a decision, until its end: the one slowest link of report and score.
    pub(in crate::core) fn slowest(&self, as_of: Timestamp) -> Option<Link> {
        self.waits.slowest(self.end(as_of))
    }

    /// When nothing was to be said any more; when somebody looked where that is not so yet.
    pub(super) fn end(&self, as_of: Timestamp) -> Timestamp {
        match self.incident.phase {
            IncidentPhase::StoodDown { at } => at,
            IncidentPhase::Closed { at, .. } => self.stood_down_at.unwrap_or(at),
            IncidentPhase::Open | IncidentPhase::StandingDown(_) => as_of,
        }
    }
}

fn time_to_detect(walked: &Walked) -> Figure {
    let measure = Measure::TimeToDetect;
    let Some(spike) = &walked.spike else { return not_told(measure, "a person opened it") };
    let stories = spike.talk.iter().flat_map(|talk| &talk.largest);
    let first = stories.map(|story| story.first_at).min();
    let (Some(first), Some(alert)) = (first, walked.alert_at()) else {
        return not_told(measure, walked.because("the alarm does not say when its first mention came"));
    };
    let value = alert.duration_since(first).max(SignedDuration::ZERO);
    told(measure, Amount::Lasted(value), Some(at_most(value, DETECT_TARGET)))
}

fn time_to_acknowledge(walked: &Walked) -> Figure {
    let measure = Measure::TimeToAcknowledge;
    let Some(value) = walked.time_to_claim() else {
        return not_told(measure, walked.because("nobody claimed it"));
    };
    told(measure, Amount::Lasted(value), Some(at_most(value, walked.minutes(5, 15))))
}

fn time_to_first_statement(walked: &Walked) -> Figure {
    let measure = Measure::TimeToFirstStatement;
    let Some(value) = walked.time_to_first_statement() else {
        return not_told(measure, walked.because(NO_PUBLIC_WORD));
    };
    let words = format!("{} at best, {} at most", lasted(FIRST_STATEMENT_BEST), lasted(FIRST_STATEMENT_TARGET));
    told(measure, Amount::Lasted(value), Some(Target { words, met: value <= FIRST_STATEMENT_TARGET }))
}

fn staff_first(walked: &Walked) -> Figure {
    let measure = Measure::StaffFirst;
    let is_staff = |said: &&Said| said.package.audience.trim().eq_ignore_ascii_case("staff");
    let staff = walked.said.iter().filter(is_staff).map(|said| said.at).min();
    let Some((staff, public)) = staff.zip(first_public_word(&walked.said)) else {
        return not_told(measure, walked.because("not both staff and the public were told something"));
    };
    let value = public.duration_since(staff);
    let target = Target { words: "not after the public".to_owned(), met: value >= SignedDuration::ZERO };
    told(measure, Amount::Lasted(value), Some(target))
}

fn steps_in_time(walked: &Walked, steps: &[StepTaken]) -> Figure {
    let measure = Measure::StepsInTime;
    if walked.gap.is_some() {
        return not_told(measure, ERASED);
    }
    let judged = steps.iter().filter(|step| {
        step.due.is_some() && matches!(step.outcome, Outcome::InTime | Outcome::LateBy(_) | Outcome::NotDone(Some(_)))
    });
    let whole = judged.clone().count();
    let part = judged.filter(|step| step.outcome == Outcome::InTime).count();
    share(measure, part, whole, "no step had a deadline that came", 100)
}

/// A share, and how many hundredths of it are aimed at.
fn share(measure: Measure, part: usize, whole: usize, none: &'static str, hundredths: usize) -> Figure {
    if whole == 0 {
        return not_told(measure, none);
    }
    let words = if hundredths == 100 { "all of them".to_owned() } else { format!("at least {hundredths} %") };
    let target = Target { words, met: part * 100 >= whole * hundredths };
    told(measure, Amount::Share { part, whole }, Some(target))
}

fn longest_approval(walked: &Walked, as_of: Timestamp) -> Figure {
    let measure = Measure::LongestApproval;
    let link = walked.slowest(as_of).filter(|_| walked.gap.is_none());
    let Some(link) = link else { return not_told(measure, walked.because("nobody was asked, or nobody answered yet")) };
    told(measure, Amount::Lasted(link.lasted), Some(at_most(link.lasted, walked.minutes(10, 30))))
}

fn versions(walked: &Walked) -> Figure {
    let measure = Measure::Versions;
    let approved = walked.said.iter().map(|said| {
        let versions = walked.incident.statements.get(&said.statement).map_or(0, |statement| {
            let upto = statement.versions.iter().rposition(|version| version.digest == said.digest);
            upto.map_or(0, |place| place + 1)
        });
        (said.statement.to_string(), versions)
    });
    let each: Vec<(String, usize)> = approved.collect();
    if each.is_empty() {
        return not_told(measure, walked.because("nothing went out"));
    }
    told(measure, Amount::Each(each), None)
}

fn lint_fired(walked: &Walked) -> Figure {
    let measure = Measure::LintFired;
    if walked.gap.is_some() {
        return not_told(measure, ERASED);
    }
    let mut rules = std::collections::BTreeMap::new();
    let versions = walked.incident.statements.values().flat_map(|statement| &statement.versions);
    for finding in versions.flat_map(|version| &version.package.findings) {
        *rules.entry(finding.rule.clone()).or_insert(0) += 1;
    }
    told(measure, Amount::Each(rules.into_iter().collect()), None)
}

fn blocks_lifted(walked: &Walked) -> Figure {
    let measure = Measure::BlocksLifted;
    if walked.gap.is_some() {
        return not_told(measure, ERASED);
    }
    let private = walked.lifted.iter().filter(|lifted| lifted.level == Some(Level::PrivacyBlock)).count();
    told(measure, Amount::Count(private), Some(Target { words: "none".to_owned(), met: private == 0 }))
}

fn promises_kept(walked: &Walked, promises: &[Promise]) -> Figure {
    let measure = Measure::PromisesKept;
    if walked.gap.is_some() {
        return not_told(measure, ERASED);
    }
    let public = promises.iter().filter(|promise| promise.is_public);
    let judged = public.filter(|promise| matches!(promise.kept, Kept::Yes | Kept::LateBy(_) | Kept::No));
    let whole = judged.clone().count();
    let part = judged.filter(|promise| promise.kept == Kept::Yes).count();
    share(measure, part, whole, "no promised time has come", PROMISES_KEPT_TARGET)
}

/// The longest time between public words, and whether each such time lay within what was promised at its beginning.
fn longest_silence(walked: &Walked, as_of: Timestamp) -> Figure {
    let measure = Measure::LongestSilence;
    if walked.gap.is_some() {
        return not_told(measure, ERASED);
    }
    let mut words: Vec<&Said> = walked.public().collect();
    words.sort_by_key(|said| said.at);
    let end = walked.end(as_of);
    let silences: Vec<(SignedDuration, Option<SignedDuration>)> = words
        .iter()
        .enumerate()
        .map(|(place, word)| {
            let until = words.get(place + 1).map_or(end, |next| next.at).max(word.at);
            let allowed = word.promised().map(|promised| PROMISE_GRACE.after(promised).duration_since(word.at));
            (until.duration_since(word.at), allowed)
        })
        .collect();
    let Some((longest, _)) = silences.iter().max_by_key(|(lasted, _)| *lasted).copied() else {
        return not_told(measure, NO_PUBLIC_WORD);
    };
    let promised = silences.iter().filter_map(|(lasted, allowed)| allowed.map(|allowed| *lasted <= allowed));
    let met = promised.reduce(|one, other| one && other);
    let target = met.map(|met| Target { words: "no longer than what was promised".to_owned(), met });
    told(measure, Amount::Lasted(longest), target)
}

fn known(walked: &Walked) -> Figure {
    let measure = Measure::Known;
    let slots: Vec<_> = walked.public().map(|said| (said.statement.clone(), said.known, said.asked)).collect();
    if slots.is_empty() || slots.iter().all(|(_, _, asked)| *asked == 0) {
        return not_told(measure, walked.because(NO_PUBLIC_WORD));
    }
    let grows = slots.windows(2).all(|pair| pair[0].1 <= pair[1].1);
    let target = (slots.len() > 1).then(|| Target { words: "more each time".to_owned(), met: grows });
    told(measure, Amount::Slots(slots), target)
}

fn reading_grade(walked: &Walked) -> Figure {
    let measure = Measure::ReadingGrade;
    let english = walked.public().flat_map(|said| &said.package.variants).filter(|variant| variant.language == "en");
    let mut grades: Vec<f64> = english.filter_map(|variant| grade(&variant.text())).collect();
    grades.sort_by(f64::total_cmp);
    let Some(middle) = grades.get(grades.len() / 2).copied() else {
        return not_told(measure, walked.because("no public text in English was long enough"));
    };
    let lower = grades[(grades.len() - 1) / 2];
    let median = f64::midpoint(lower, middle);
    let target = Target { words: format!("at most {GRADE_TARGET}"), met: median <= GRADE_TARGET };
    told(measure, Amount::Grade(median), Some(target))
}

fn languages(walked: &Walked) -> Figure {
    let measure = Measure::Languages;
    let wanted = &walked.rules.organisation.languages;
    let in_all = |said: &&Said| {
        let variants = &said.package.variants;
        wanted.iter().all(|language| variants.iter().any(|variant| variant.language == *language))
    };
    let (part, whole) = (walked.public().filter(in_all).count(), walked.public().count());
    share(measure, part, whole, walked.because(NO_PUBLIC_WORD), 100)
}

fn half_life(walked: &Walked) -> Figure {
    let measure = Measure::HalfLife;
    let peak = walked.counts.iter().max_by_key(|(_, count)| *count);
    let Some((at, peak)) = peak else { return not_told(measure, "no watch counted it") };
    let half = walked.counts.iter().find(|(later, count)| later > at && u64::from(*count) * 2 <= u64::from(*peak));
    match half {
        Some((later, _)) => told(measure, Amount::Lasted(later.duration_since(*at)), None),
        None => not_told(measure, walked.because("no count of half the highest was written down")),
    }
}

fn follow_ups(walked: &Walked, as_of: Timestamp) -> Figure {
    let measure = Measure::FollowUps;
    if walked.gap.is_some() {
        return not_told(measure, ERASED);
    }
    let zone = walked.rules.organisation.zone();
    let (mut part, mut whole, mut late) = (0, 0, 0);
    for learned in &walked.incident.lessons {
        let Lesson::FollowUp { due, .. } = &learned.lesson else { continue };
        whole += 1;
        part += usize::from(learned.done.is_some());
        let ended = learned.done.as_ref().map_or(as_of, |done| done.at);
        late += usize::from(ended.to_zoned(zone.clone()).date() > *due);
    }
    if whole == 0 {
        return not_told(measure, "nobody wrote one down");
    }
    // What is open and not late yet is neither met nor missed.
    let judged = late > 0 || part == whole;
    let target = judged.then(|| Target { words: "each by its day".to_owned(), met: late == 0 });
    told(measure, Amount::Share { part, whole }, target)
}

/// Whoever tells a story about themselves first is believed more.
fn who_broke_it(walked: &Walked) -> Figure {
    let measure = Measure::WhoBrokeIt;
    let Some(teller) = walked.incident.broken_by else {
        return not_told(measure, walked.because("nobody has said who told it first"));
    };
    let target = Target { words: "we ourselves".to_owned(), met: teller == Teller::Us };
    told(measure, Amount::Who(teller), Some(target))
}
