//! The figures beside what is aimed at, and the slowest link.

use super::content::{Words, name, or_dash, roles};
use super::document::Document;
use crate::core::incident::{Subject, teller_words};
use crate::core::report::{Amount, Figure, Link, RoleWaits, Value};
use crate::core::shown::{lasted, listed, sentence};

pub(super) fn section(told: &Words<'_>, document: &mut Document) {
    document.heading("Figures");
    let figures = &told.account.figures;
    let rows = figures.iter().filter_map(row);
    document.table(&["What", "Value", "Aim", "Met"], rows.collect(), "The events tell no figure.");
    let not_told = figures.iter().filter_map(|figure| match figure.value {
        Value::NotTold(why) => Some(format!("{}: n/a, {why}.", figure.measure.name())),
        Value::Told(_) => None,
    });
    document.list(not_told.collect());
    waits(told, document);
}

fn row(figure: &Figure) -> Option<Vec<String>> {
    let Value::Told(amount) = &figure.value else { return None };
    let target = figure.target.as_ref();
    Some(vec![
        format!("{} ({})", figure.measure.name(), figure.measure.meaning()),
        self::amount(amount),
        or_dash(target.map(|target| target.words.clone())),
        or_dash(target.map(|target| if target.met { "yes".to_owned() } else { "NO".to_owned() })),
    ])
}

pub(super) fn amount(amount: &Amount) -> String {
    match amount {
        Amount::Lasted(time) if time.is_negative() => format!("{} after", lasted(*time)),
        Amount::Lasted(time) => lasted(*time),
        Amount::Share { part, whole } => format!("{part} of {whole}"),
        Amount::Count(count) => count.to_string(),
        Amount::Who(teller) => teller_words(*teller).to_owned(),
        Amount::Grade(grade) => format!("{grade:.1}"),
        Amount::Each(each) if each.is_empty() => "nothing".to_owned(),
        Amount::Each(each) => listed(&each.iter().map(|(what, count)| format!("{what} {count}")).collect::<Vec<_>>()),
        Amount::Slots(slots) => {
            let at = slots.iter().map(|(step, known, asked)| format!("{step} {known} of {asked}"));
            listed(&at.collect::<Vec<_>>())
        }
    }
}

fn waits(told: &Words<'_>, document: &mut Document) {
    document.heading("The slowest link");
    never_heard(told, document);
    let Some(slowest) = &told.account.slowest else {
        document.text("Nobody let anybody wait for an approval.");
        return;
    };
    let share = told.account.roles.iter().filter(|role| slowest.roles.contains(&role.role)).find_map(share);
    let share = share.map(|share| format!(" {share}")).unwrap_or_default();
    document.text(format!("{}{share}", sentence(&link(told, slowest, true))));
    let head = ["Role", "Answers", "By stand-ins", "Missed", "Median wait", "Longest wait"];
    let rows = told.account.roles.iter().map(|role| by_role(told, role)).collect();
    document.table(&head, rows, "Nobody was asked.");
}

/// Whoever was called on and did nothing at all. Nothing is told of it where words are erased: they may have done something.
fn never_heard(told: &Words<'_>, document: &mut Document) {
    let absent: Vec<String> = told.account.absent.iter().map(|person| told.shown.name(person)).collect();
    if !absent.is_empty() && told.account.gap.is_none() {
        document.text(format!("Called on and never heard: {}.", listed(&absent)));
    }
}

/// `Dev Patel (legal) let 12 minutes go by on the holding statement, stage accuracy`.
pub(super) fn link(told: &Words<'_>, link: &Link, with_roles: bool) -> String {
    let of = match &link.of {
        Subject::Statement(id) => format!("the {}", name(id)),
        Subject::StandDown => "standing down".to_owned(),
    };
    let roles = if with_roles && !link.roles.is_empty() { format!(" ({})", roles(&link.roles)) } else { String::new() };
    let (who, time) = (told.shown.name(&link.person), lasted(link.lasted));
    let never = if link.answered { "" } else { ", without an answer" };
    format!("{who}{roles}: {time} on {of}, stage {}{never}", link.stage)
}

fn share(role: &RoleWaits) -> Option<String> {
    let (waited, whole) = role.share?;
    let hundredths = waited.as_secs() * 100 / whole.as_secs().max(1);
    Some(format!("Of the time to the first public word, {hundredths} % was spent waiting for {}.", role.role))
}

fn by_role(told: &Words<'_>, role: &RoleWaits) -> Vec<String> {
    let number = |count: usize| count.to_string();
    vec![
        role.role.to_string(),
        number(role.answers),
        number(role.stood_in),
        number(role.missed),
        or_dash(role.median.map(lasted)),
        or_dash(role.longest.as_ref().map(|longest| link(told, longest, false))),
    ]
}
