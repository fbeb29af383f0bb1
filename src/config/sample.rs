//! The sample folder: an invented hospital, with a feed that spikes. `demo` runs it.

/// The playbooks and templates are the shipped library's own.
const FILES: &[(&str, &str)] = &[
    ("holdline.yaml", include_str!("sample/holdline.yaml")),
    ("mentions.jsonl", include_str!("sample/mentions.jsonl")),
    ("playbooks/data-breach.yaml", include_str!("../../playbooks/data-breach.yaml")),
    (
        "templates/statements/data-breach/staff.long.en.hbs",
        include_str!("../../templates/statements/data-breach/staff.long.en.hbs"),
    ),
    (
        "templates/statements/data-breach/holding.long.en.hbs",
        include_str!("../../templates/statements/data-breach/holding.long.en.hbs"),
    ),
    (
        "templates/statements/data-breach/holding.long.es.hbs",
        include_str!("../../templates/statements/data-breach/holding.long.es.hbs"),
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
        "templates/statements/data-breach/update.long.es.hbs",
        include_str!("../../templates/statements/data-breach/update.long.es.hbs"),
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
        "templates/statements/data-breach/nothing-new.long.es.hbs",
        include_str!("../../templates/statements/data-breach/nothing-new.long.es.hbs"),
    ),
    (
        "templates/statements/data-breach/nothing-new.short.en.hbs",
        include_str!("../../templates/statements/data-breach/nothing-new.short.en.hbs"),
    ),
];

/// The file that the sample's audit key is read from. It is not among the files: whoever writes them makes a key,
/// of 32 bytes or more.
pub const SAMPLE_KEY_FILE: &str = "audit-key";

/// The sample's files: path within the folder, and text.
pub fn sample() -> &'static [(&'static str, &'static str)] {
    FILES
}
