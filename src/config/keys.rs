//! Every key that people may write, by table. `default.yaml` explains each; a test holds the two together.

pub(super) const FILE: &[&str] = &[
    "organisation",
    "server",
    "store",
    "operator",
    "audit",
    "people",
    "roles",
    "mail",
    "pager",
    "feeds",
    "channels",
    "watches",
    "quiet",
    "maintenance",
    "retention",
    "rehearsals",
];
pub(super) const ORGANISATION: &[&str] =
    &["name", "timezone", "hotline", "press_office", "languages", "known", "stamp", "accounts"];
pub(super) const SERVER: &[&str] = &["listen", "url", "metrics"];
pub(super) const AUDIT: &[&str] = &["key", "previous", "heads_to", "every"];
pub(super) const PERSON: &[&str] = &["name", "email", "phone", "delegate", "away", "reads", "shared"];
pub(super) const MAIL: &[&str] = &["from", "smtp"];
pub(super) const PAGER: &[&str] = &["webhook", "slack", "teams", "secret", "when_mail_fails_for", "private"];
pub(super) const SMTP: &[&str] = &["host", "port", "security", "user", "password", "ca"];
/// Beside a feed's kind, for kinds that know them.
pub(super) const FEED_COMMON: &[&str] = &["every", "private"];
/// Beside a channel's kind.
pub(super) const CHANNEL_COMMON: &[&str] = &["language"];
pub(super) const WATCH: &[&str] = &["query", "feeds", "spike", "opens", "group"];
/// Beside a spike's detector.
pub(super) const SPIKE_COMMON: &[&str] = &["at_least", "from", "negative", "reach"];
pub(super) const HOURS: &[&str] = &["from", "for", "timezone", "watches", "break_through"];
pub(super) const MAINTENANCE: &[&str] = &["from", "to", "reason", "watches", "break_through"];
pub(super) const RETENTION: &[&str] = &["mentions", "incidents"];
pub(super) const REHEARSAL: &[&str] = &["playbook", "from", "timezone", "announce", "by"];
pub(super) const PLAYBOOK: &[&str] = &["title", "when_to_use", "severity", "facts", "timeline", "stand_down"];
pub(super) const SEVERITY: &[&str] = &["critical", "serious", "elevated"];
pub(super) const FACT: &[&str] = &["ask", "type", "confirmed_by", "may_stay_unknown", "default"];
pub(super) const STEP: &[&str] = &["alert", "task", "statement"];
pub(super) const ALERT: &[&str] = &["id", "to", "by", "acknowledge_within", "else", "at", "after", "when"];
pub(super) const TASK: &[&str] = &["id", "do", "by", "within", "resume", "at", "after", "when"];
pub(super) const STATEMENT: &[&str] = &[
    "id",
    "use",
    "audience",
    "template",
    "channels",
    "tell",
    "on_word_of",
    "instead_of",
    "lapses",
    "needs",
    "within",
    "next_update",
    "every",
    "nothing_new",
    "approval",
    "at",
    "after",
    "when",
];
pub(super) const NOTHING_NEW: &[&str] = &["template", "approval"];
/// Beside a stage's quorum.
pub(super) const STAGE_COMMON: &[&str] = &["stage", "within", "else"];
pub(super) const SCENARIO: &[&str] =
    &["title", "playbook", "opened_by", "lasts", "people", "facts", "injects", "expect"];
pub(super) const INJECT: &[&str] = &[
    "at",
    "mentions",
    "call",
    "fact",
    "unreachable",
    "reachable",
    "refuses",
    "wants_changes",
    "says_now",
    "channel_down",
    "channel_up",
    "mail",
];
pub(super) const INJECT_MENTIONS: &[&str] = &["feed", "text", "texts", "count", "over"];
pub(super) const INJECT_CALL: &[&str] = &["from", "asks"];
pub(super) const INJECT_FACT: &[&str] = &["name", "value", "by"];
pub(super) const REFUSES: &[&str] = &["person", "statement", "reason"];
pub(super) const WANTS_CHANGES: &[&str] = &["person", "statement", "words"];
pub(super) const SAYS_NOW: &[&str] = &["person", "statement"];
pub(super) const EXPECT: &[&str] =
    &["posted", "not_posted", "asked", "escalated", "severity", "done", "within", "before", "about", "to"];
/// Beside what is expected.
pub(super) const EXPECT_BESIDE: &[&str] = &["within", "before", "about", "to"];
pub(super) const STAND_DOWN: &[&str] = &["when", "for", "approval"];

/// All of them, for the reference and its test.
pub const TABLES: &[(&str, &[&str])] = &[
    ("holdline.yaml", FILE),
    ("organisation", ORGANISATION),
    ("server", SERVER),
    ("audit", AUDIT),
    ("a person", PERSON),
    ("mail", MAIL),
    ("smtp", SMTP),
    ("pager", PAGER),
    ("a feed", FEED_COMMON),
    ("a channel", CHANNEL_COMMON),
    ("a watch", WATCH),
    ("spike", SPIKE_COMMON),
    ("quiet hours", HOURS),
    ("maintenance", MAINTENANCE),
    ("retention", RETENTION),
    ("a rehearsal", REHEARSAL),
    ("a playbook", PLAYBOOK),
    ("severity", SEVERITY),
    ("a fact", FACT),
    ("a step", STEP),
    ("alert", ALERT),
    ("task", TASK),
    ("statement", STATEMENT),
    ("nothing_new", NOTHING_NEW),
    ("a stage", STAGE_COMMON),
    ("stand_down", STAND_DOWN),
    ("a scenario", SCENARIO),
    ("an inject", INJECT),
    ("mentions", INJECT_MENTIONS),
    ("call", INJECT_CALL),
    ("fact", INJECT_FACT),
    ("refuses", REFUSES),
    ("wants_changes", WANTS_CHANGES),
    ("says_now", SAYS_NOW),
    ("an expectation", EXPECT),
];
