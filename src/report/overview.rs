//! Incidents over time with their key figures; live ones and rehearsals are never mixed.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::content::{Words, or_dash, shown};
use super::document::Document;
use super::figures::{amount, link};
use crate::core::report::{Account, Amount, Measure, Report, Reports, Value};
use crate::core::setting::Setting;
use crate::core::shown::{counted, lasted, listed};
use crate::core::statement::clock_time_with_year;

/// How many times to the first statement are told one after the other.
pub const TREND_MAX: usize = 12;

/// One table a setting, the newest first.
pub fn overview(of: &Reports) -> Document {
    let mut document = Document { title: "Incidents and rehearsals over time".to_owned(), ..Document::default() };
    let mut groups: BTreeMap<Setting, Vec<(&Report, &Account)>> = BTreeMap::new();
    for report in &of.reports {
        if let Some(account) = &report.account {
            groups.entry(account.incident.setting).or_default().push((report, account));
        }
    }
    if groups.is_empty() {
        document.text("There is none yet.");
    }
    for (setting, group) in &groups {
        document.heading(setting.name_of_many());
        if let Some(median) = median(group) {
            document.text(format!("Median time to the first public statement: {}.", lasted(median)));
        }
        for trend in trends(group) {
            document.text(trend);
        }
        let head = [
            "Incident",
            "Opened",
            "How it ended",
            "First statement",
            "Slowest link",
            "Approvals missed",
            "Steps in time",
            "Promises kept",
            "Never heard",
        ];
        document.table(&head, group.iter().map(|(report, account)| row(report, account)).collect(), "None.");
    }
    let erased = of.reports.iter().filter(|report| report.account.is_none());
    let erased: Vec<String> =
        erased.map(|report| format!("Incident {}: its words were erased.", report.incident)).collect();
    if !erased.is_empty() {
        document.heading("Erased");
        document.list(erased);
    }
    if of.left_out > 0 {
        let older = counted(u64::try_from(of.left_out).unwrap_or(u64::MAX), "older incident");
        document.text(format!("{older} not shown here; each has its own report."));
    }
    document
}

/// How the time to the first statement went on for incidents of one title.
fn trends(group: &[(&Report, &Account)]) -> Vec<String> {
    let mut times: BTreeMap<&str, Vec<SignedDuration>> = BTreeMap::new();
    for (_, account) in group.iter().rev() {
        if let Some(time) = first_statement(account) {
            times.entry(&account.incident.title).or_default().push(time);
        }
    }
    times.retain(|_, times| times.len() > 1);
    let trend = |(title, times): (&str, Vec<SignedDuration>)| {
        let newest: Vec<String> =
            times.iter().skip(times.len().saturating_sub(TREND_MAX)).map(|time| lasted(*time)).collect();
        format!("{title}, first statement after, from the oldest to the newest: {}.", newest.join(", "))
    };
    times.into_iter().map(trend).collect()
}

fn row(report: &Report, account: &Account) -> Vec<String> {
    let told = Words { account, shown: shown(account, report.as_of) };
    let zone = account.rules.organisation.zone();
    vec![
        format!("{}: {}", report.incident, account.incident.title),
        clock_time_with_year(account.incident.opened_at, &zone, "en"),
        told.ended(),
        value(account, Measure::TimeToFirstStatement),
        or_dash(account.slowest.as_ref().map(|slowest| link(&told, slowest, true))),
        account.missed.to_string(),
        value(account, Measure::StepsInTime),
        value(account, Measure::PromisesKept),
        or_dash(never_heard(&told)),
    ]
}

fn never_heard(told: &Words<'_>) -> Option<String> {
    let absent: Vec<String> = told.account.absent.iter().map(|person| told.shown.name(person)).collect();
    Some(listed(&absent)).filter(|_| !absent.is_empty() && told.account.gap.is_none())
}

fn value(account: &Account, measure: Measure) -> String {
    match account.figure(measure).map(|figure| &figure.value) {
        Some(Value::Told(told)) => amount(told),
        Some(Value::NotTold(_)) | None => "n/a".to_owned(),
    }
}

fn first_statement(account: &Account) -> Option<SignedDuration> {
    match &account.figure(Measure::TimeToFirstStatement)?.value {
        Value::Told(Amount::Lasted(time)) => Some(*time),
        Value::Told(_) | Value::NotTold(_) => None,
    }
}

fn median(group: &[(&Report, &Account)]) -> Option<SignedDuration> {
    let mut times: Vec<SignedDuration> = group.iter().filter_map(|(_, account)| first_statement(account)).collect();
    times.sort_unstable();
    let upper = *times.get(times.len() / 2)?;
    let lower = times[(times.len() - 1) / 2];
    Some((lower + upper) / 2)
}
