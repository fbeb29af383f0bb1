//! The folders that `holdline init` begins: one for hospitals, one for any other organisation. Keys are made by whoever
//! writes the files.

use super::schema::{Schema, schema};

/// Who begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Organisation {
    Hospital,
    Other,
}

const README: &str = include_str!("start/README.md");
const IGNORED: &str = include_str!("start/gitignore");
const MODELINE: &str = "# yaml-language-server: $schema=";

/// Beneath the hospital's: the shipped library's own playbook.
const HOSPITAL: &[(&str, &str)] = &[
    ("playbooks/data-breach.yaml", include_str!("../../playbooks/data-breach.yaml")),
    (
        "playbooks/scenarios/data-breach-lawyer-silent.yaml",
        include_str!("../../playbooks/scenarios/data-breach-lawyer-silent.yaml"),
    ),
    (
        "playbooks/scenarios/data-breach-second-wave.yaml",
        include_str!("../../playbooks/scenarios/data-breach-second-wave.yaml"),
    ),
    (
        "templates/statements/data-breach/staff.long.en.hbs",
        include_str!("../../templates/statements/data-breach/staff.long.en.hbs"),
    ),
    (
        "templates/statements/data-breach/holding.long.en.hbs",
        include_str!("../../templates/statements/data-breach/holding.long.en.hbs"),
    ),
    (
        "templates/statements/data-breach/holding.short.en.hbs",
        include_str!("../../templates/statements/data-breach/holding.short.en.hbs"),
    ),
    (
        "templates/statements/data-breach/update.long.en.hbs",
        include_str!("../../templates/statements/data-breach/update.long.en.hbs"),
    ),
    (
        "templates/statements/data-breach/update.short.en.hbs",
        include_str!("../../templates/statements/data-breach/update.short.en.hbs"),
    ),
    (
        "templates/statements/data-breach/nothing-new.long.en.hbs",
        include_str!("../../templates/statements/data-breach/nothing-new.long.en.hbs"),
    ),
    (
        "templates/statements/data-breach/nothing-new.short.en.hbs",
        include_str!("../../templates/statements/data-breach/nothing-new.short.en.hbs"),
    ),
    ("playbooks/violence-active-threat.yaml", include_str!("../../playbooks/violence-active-threat.yaml")),
    (
        "playbooks/scenarios/violence-active-threat-stay-away.yaml",
        include_str!("../../playbooks/scenarios/violence-active-threat-stay-away.yaml"),
    ),
    (
        "templates/statements/violence-active-threat/stay-away.long.en.hbs",
        include_str!("../../templates/statements/violence-active-threat/stay-away.long.en.hbs"),
    ),
    (
        "templates/statements/violence-active-threat/stay-away.short.en.hbs",
        include_str!("../../templates/statements/violence-active-threat/stay-away.short.en.hbs"),
    ),
    (
        "templates/statements/violence-active-threat/shelter.long.en.hbs",
        include_str!("../../templates/statements/violence-active-threat/shelter.long.en.hbs"),
    ),
    (
        "templates/statements/violence-active-threat/shelter.short.en.hbs",
        include_str!("../../templates/statements/violence-active-threat/shelter.short.en.hbs"),
    ),
    (
        "templates/statements/violence-active-threat/holding.long.en.hbs",
        include_str!("../../templates/statements/violence-active-threat/holding.long.en.hbs"),
    ),
    (
        "templates/statements/violence-active-threat/holding.short.en.hbs",
        include_str!("../../templates/statements/violence-active-threat/holding.short.en.hbs"),
    ),
    (
        "templates/statements/violence-active-threat/update.long.en.hbs",
        include_str!("../../templates/statements/violence-active-threat/update.long.en.hbs"),
    ),
    (
        "templates/statements/violence-active-threat/update.short.en.hbs",
        include_str!("../../templates/statements/violence-active-threat/update.short.en.hbs"),
    ),
    (
        "templates/statements/violence-active-threat/nothing-new.long.en.hbs",
        include_str!("../../templates/statements/violence-active-threat/nothing-new.long.en.hbs"),
    ),
    (
        "templates/statements/violence-active-threat/nothing-new.short.en.hbs",
        include_str!("../../templates/statements/violence-active-threat/nothing-new.short.en.hbs"),
    ),
];

const OTHER: &[(&str, &str)] = &[
    ("playbooks/service-outage.yaml", include_str!("start/service-outage.yaml")),
    ("templates/statements/service-outage/holding.long.en.hbs", include_str!("start/holding.long.en.hbs")),
    ("templates/statements/service-outage/holding.short.en.hbs", include_str!("start/holding.short.en.hbs")),
    ("templates/statements/service-outage/update.long.en.hbs", include_str!("start/update.long.en.hbs")),
    ("templates/statements/service-outage/update.short.en.hbs", include_str!("start/update.short.en.hbs")),
    ("templates/statements/service-outage/nothing-new.long.en.hbs", include_str!("start/nothing-new.long.en.hbs")),
    ("templates/statements/service-outage/nothing-new.short.en.hbs", include_str!("start/nothing-new.short.en.hbs")),
    ("templates/statements/service-outage/restored.long.en.hbs", include_str!("start/restored.long.en.hbs")),
    ("templates/statements/service-outage/restored.short.en.hbs", include_str!("start/restored.short.en.hbs")),
    ("templates/statements/service-outage/last-line.long.en.hbs", include_str!("start/last-line.long.en.hbs")),
    ("templates/statements/service-outage/last-line.short.en.hbs", include_str!("start/last-line.short.en.hbs")),
    (
        "playbooks/scenarios/service-outage-nobody-answers.yaml",
        include_str!("start/service-outage-nobody-answers.yaml"),
    ),
    ("playbooks/scenarios/service-outage-restored.yaml", include_str!("start/service-outage-restored.yaml")),
];

/// The files of a folder to start from: path within it, and text.
pub fn start(of: Organisation) -> Vec<(String, String)> {
    let (main, rest) = match of {
        Organisation::Hospital => (include_str!("start/hospital.yaml"), HOSPITAL),
        Organisation::Other => (include_str!("start/other.yaml"), OTHER),
    };
    let mut files = vec![
        ("holdline.yaml".to_owned(), format!("{MODELINE}schema/holdline.json\n{main}")),
        ("README.md".to_owned(), README.to_owned()),
        (".gitignore".to_owned(), IGNORED.to_owned()),
        ("schema/holdline.json".to_owned(), format!("{:#}\n", schema(Schema::Config))),
        ("schema/playbook.json".to_owned(), format!("{:#}\n", schema(Schema::Playbook))),
        ("schema/scenario.json".to_owned(), format!("{:#}\n", schema(Schema::Scenario))),
    ];
    files.extend(rest.iter().map(|(name, text)| {
        let modeline = if name.starts_with("playbooks/scenarios/") {
            format!("{MODELINE}../../schema/scenario.json\n")
        } else if name.starts_with("playbooks/") {
            format!("{MODELINE}../schema/playbook.json\n")
        } else {
            String::new()
        };
        ((*name).to_owned(), format!("{modeline}{text}"))
    }));
    files
}
