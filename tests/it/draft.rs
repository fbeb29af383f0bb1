//! Drafting, editing, the check of templates, and the word diff.

use holdline::core::playbook::FactValue;
use holdline::core::setting::Setting::{Live, Rehearsal};
use holdline::core::statement::{
    DraftError, EditError, Length, Piece, TemplateProblem, TemplateSpec, Variant, changes, check_template, clock_time,
    edited, promised_at, word_diff,
};

use crate::sample::{HOLDING_LONG, at, draft_holding, facts, rules, with_holding};

const NOON: &str = "2026-11-22T18:03:00Z";

#[test]
fn a_draft_holds_every_text_its_channels_need() {
    let package = draft_holding(&rules(), &facts(), Live, NOON).unwrap();
    let labels: Vec<String> = package.variants.iter().map(Variant::label).collect();
    assert_eq!(labels, ["long text, en", "long text, es", "short text, en"]);
    assert_eq!(package.placements[0].variants, [0, 1]);
    assert_eq!(package.placements[1].variants, [2]);
    assert_eq!(package.next_update, Some(at("2026-11-22T19:25:00Z")));
    assert_eq!(package.links, ["https://status.riverside.example/incident"]);
    assert_eq!(package.stamp, None);
    let long = &package.variants[0];
    assert_eq!(long.title.as_deref(), Some("Possible data incident at Riverside General Hospital"));
    assert_eq!(
        long.body,
        "We know this is worrying. On 22 November 2026, 12:30 EST we learned that records may have been seen.\n\n\
         We do not know yet how many people are affected. Call +1 555 010 0100 with questions.\n\n\
         Next update: 22 November, 14:25 EST, at https://status.riverside.example/incident."
    );
    assert!(package.variants[1].body.ends_with("Próxima información: 22 de noviembre, 14:25 EST."));
    assert_eq!(package.variants[2].title, None);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let draft = || draft_holding(&rules(), &facts(), Live, NOON).unwrap().digest();
    assert_eq!(draft(), draft());
}

#[test]
fn a_known_fact_is_written_as_it_is_and_never_as_a_template() {
    let mut facts = facts();
    facts.insert("what_happened".into(), FactValue::Text("{{organisation.name}} <b>& more</b>".to_owned()));
    let package = draft_holding(&rules(), &facts, Live, NOON).unwrap();
    assert!(package.variants[0].body.contains("\n{{organisation.name}} <b>& more</b>\n"));
}

#[test]
fn known_gives_the_other_words_where_a_fact_is_absent() {
    let rules = with_holding(
        "Affected: {{known facts.records \"not known yet\"}}. Spike {{known spike.count \"none\"}}. {{statement.next_update}}",
    );
    let body = |facts: &_| draft_holding(&rules, facts, Live, NOON).unwrap().variants[0].body.clone();
    assert!(body(&facts()).starts_with("Affected: not known yet. Spike none."));
    let mut more = facts();
    more.insert("records".into(), FactValue::Number(0));
    assert!(body(&more).starts_with("Affected: 0. "));
}

#[test]
fn a_zero_is_known() {
    let rules = with_holding("{{#if facts.records}}Known: {{known facts.records \"-\"}}.{{else}}Unknown.{{/if}}");
    let mut facts = facts();
    facts.insert("records".into(), FactValue::Number(0));
    assert_eq!(draft_holding(&rules, &facts, Live, NOON).unwrap().variants[0].body, "Known: 0.");
}

#[test]
fn an_unconfirmed_fact_stops_the_draft() {
    let mut facts = facts();
    facts.remove("help_line");
    let error = draft_holding(&rules(), &facts, Live, NOON).unwrap_err();
    assert!(matches!(&error, DraftError::Unknown { name, line: 8, .. } if name == "facts.help_line"), "{error}");
    assert!(error.to_string().contains("templates/statements/data-breach/holding.long.en.hbs:8"), "{error}");
}

#[test]
fn a_missing_language_says_which_file_to_write() {
    let mut rules = rules();
    rules.templates.retain(|template| template.language != "es");
    let error = draft_holding(&rules, &facts(), Live, NOON).unwrap_err().to_string();
    assert_eq!(
        error,
        "`website` needs this statement in es; write templates/statements/data-breach/holding.long.es.hbs"
    );
}

#[test]
fn a_channel_without_a_text_of_its_length_takes_the_other() {
    let mut rules = rules();
    rules.templates.retain(|template| template.length == Length::Long);
    let package = draft_holding(&rules, &facts(), Live, NOON).unwrap();
    assert_eq!(package.placements[1].variants, [0]);
}

#[test]
fn an_invisible_character_in_a_fact_is_refused() {
    let mut facts = facts();
    facts.insert("what_happened".into(), FactValue::Text("safe \u{202e}efas".to_owned()));
    let error = draft_holding(&rules(), &facts, Live, NOON).unwrap_err();
    assert!(matches!(error, DraftError::Hidden { character: '\u{202e}', .. }), "{error}");
}

#[test]
fn a_text_beyond_the_cap_is_refused() {
    let source = "{{known facts.what_happened \"-\"}}".repeat(40);
    let mut facts = facts();
    facts.insert("what_happened".into(), FactValue::Text("a".repeat(2_000)));
    let error = draft_holding(&with_holding(&source), &facts, Live, NOON).unwrap_err();
    assert!(matches!(error, DraftError::TooLong { .. }), "{error}");
}

#[test]
fn a_rehearsal_stamps_every_text_and_title() {
    let package = draft_holding(&rules(), &facts(), Rehearsal, NOON).unwrap();
    assert_eq!(package.stamp.as_deref(), Some("EXERCISE - NOT REAL"));
    for variant in &package.variants {
        assert_eq!(variant.body.lines().next(), Some("EXERCISE - NOT REAL"));
        assert!(variant.title.as_ref().is_none_or(|title| title.starts_with("EXERCISE - NOT REAL: ")));
    }
}

#[test]
fn promised_times_are_rounded_up_and_named_right_across_clock_changes() {
    use holdline::core::period::Period;
    let minutes = |minutes| Period::minutes(minutes);
    assert_eq!(
        promised_at(at("2026-11-22T18:00:00Z"), Some(minutes(20)), minutes(60), None),
        at("2026-11-22T19:20:00Z")
    );
    assert_eq!(promised_at(at("2026-11-22T18:00:00.5Z"), None, minutes(60), None), at("2026-11-22T19:05:00Z"));
    // A promise that is to be kept is the deadline, where it comes first and lies ahead.
    let keeping =
        |keeps: &str| promised_at(at("2026-11-22T18:00:00Z"), Some(minutes(20)), minutes(60), Some(at(keeps)));
    assert_eq!(keeping("2026-11-22T18:10:00Z"), at("2026-11-22T19:10:00Z"));
    assert_eq!(keeping("2026-11-22T18:40:00Z"), at("2026-11-22T19:20:00Z"));
    assert_eq!(keeping("2026-11-22T17:50:00Z"), at("2026-11-22T19:20:00Z"));
    let zone = |name: &str| jiff::tz::TimeZone::get(name).unwrap();
    let new_york = zone("America/New_York");
    assert_eq!(clock_time(at("2026-11-01T05:30:00Z"), &new_york, "en"), "1 November, 01:30 EDT");
    assert_eq!(clock_time(at("2026-11-01T06:30:00Z"), &new_york, "en-US"), "1 November, 01:30 EST");
    assert_eq!(clock_time(at("2026-11-23T05:10:00Z"), &new_york, "es"), "23 de noviembre, 00:10 EST");
    assert_eq!(clock_time(at("2026-07-01T05:10:00Z"), &zone("Europe/Berlin"), "de"), "2026-07-01, 07:10 CEST");
    assert_eq!(clock_time(at("2026-07-01T05:10:00Z"), &zone("America/Sao_Paulo"), "en"), "1 July, 02:10 UTC-3");
    assert_eq!(clock_time(at("2026-07-01T05:10:00Z"), &zone("Asia/Kathmandu"), "en"), "1 July, 10:55 UTC+5:45");
}

fn problems(source: &str, has_next_update: bool) -> Vec<TemplateProblem> {
    let rules = rules();
    let step = rules.playbook.statement(&"holding".into()).unwrap();
    check_template(
        source,
        TemplateSpec { facts: &rules.playbook.facts, needs: &step.needs, has_next_update, fixed: false },
    )
}

#[test]
fn templates_that_cannot_print_a_blank_pass() {
    let sources = [
        HOLDING_LONG,
        "plain words",
        "Call {{#if facts.records}}us{{else}}{{organisation.hotline}}{{/if}} now.",
        "We know. {{#if facts.records}}Some records are affected. {{/if}}More follows.",
        "A.\n{{#if facts.records}}\n{{#unless spike.count}}\nB\n{{/unless}}\n{{/if}}\nC.",
        "{{#if facts.records}}A{{else if spike.count}}B{{else}}C{{/if}}",
        "{{! a note }}{{!-- another }} one --}}Words {{{organisation.name}}}",
        "Words \\{{literal}}",
    ];
    for source in sources {
        assert_eq!(problems(source, true), [], "{source}");
    }
}

#[test]
fn templates_that_could_print_a_blank_or_know_no_such_name_are_refused() {
    let cases = [
        ("a\nCall {{facts.records}}", 2, 6, "the fact `records` may be unknown"),
        ("{{facts.nobody}}", 1, 1, "nothing is called `facts.nobody`"),
        ("Word {{#if facts.nobody}}x{{else}}y{{/if}}", 1, 6, "nothing is called `facts.nobody`"),
        ("Word {{known facts.nobody \"x\"}}", 1, 6, "nothing is called `facts.nobody`"),
        ("{{known facts.records \" \"}}", 1, 1, "could print a blank"),
        ("{{known facts.records \"\u{a0}\"}}", 1, 1, "could print a blank"),
        ("{{known facts.records}}", 1, 1, "`known` takes a name and the words"),
        ("Call {{#if facts.records}}us{{/if}} now.", 1, 6, "a sentence is left with a hole"),
        ("Call {{#if facts.records}}us{{else}} {{/if}} now.", 1, 6, "a sentence is left with a hole"),
        ("A. {{#if facts.records}}us{{/if}} now.", 1, 4, "a sentence is left with a hole"),
        ("{{#if facts.records}}Words.{{/if}}", 1, 1, "could print nothing at all"),
        ("   \n", 1, 1, "could print nothing at all"),
        ("x {{spike.count}}", 1, 3, "not known where a person opened"),
        ("x {{this}}", 1, 3, "nothing is called `this`"),
        ("x {{@root.facts.records}}", 1, 3, "nothing is called"),
        ("x {{this.facts.help_line}}", 1, 3, "nothing is called"),
        ("x {{lookup facts \"records\"}}", 1, 3, "has no `lookup`"),
        ("x {{#each facts}}a{{/each}}", 1, 3, "has no `{{#each}}`"),
        ("x {{#with facts}}a{{/with}}", 1, 3, "has no `{{#with}}`"),
        ("x {{> other}}", 1, 3, "cannot take in another template"),
        ("x {{#*inline \"y\"}}a{{/inline}}", 1, 1, ""),
        ("x {{#if (eq spike.count 1)}}a{{else}}b{{/if}}", 1, 3, "takes one name"),
        ("x {{known (lookup facts \"a\") \"b\"}}", 1, 3, "`known` takes a name"),
        ("x {{{{raw}}}} {{{{/raw}}}}", 1, 3, ""),
        ("x {{#if facts.records}}a", 1, 3, "is never closed"),
        ("x {{/if}}", 1, 3, "closes nothing"),
        ("x {{#if facts.records}}a{{/unless}}", 1, 25, "closes nothing here"),
        ("x {{else}}", 1, 3, "outside any condition"),
        ("x {{facts.help_line", 1, 3, "never closed"),
        ("x {{}}", 1, 3, "empty"),
        ("x {facts.help_line} {{facts.help_line}}", 1, 3, "a brace stands alone"),
        ("x {{facts.help_line}} {facts.help_line}", 1, 23, "a brace stands alone"),
        ("x\n {{facts..help}}", 2, 0, ""),
        ("x \u{200b}", 1, 3, "invisible"),
    ];
    for (source, line, column, message) in cases {
        let problems = problems(source, true);
        let first = problems.first().unwrap_or_else(|| panic!("nothing found in {source}"));
        assert!(first.message.contains(message), "{source}: {first:?}");
        if !message.is_empty() {
            assert_eq!((first.line, first.column), (line, column), "{source}: {first:?}");
        }
    }
}

#[test]
fn a_step_that_promises_nothing_has_no_promised_time() {
    let problem = &problems("Next update: {{statement.next_update}}.", false)[0];
    assert!(problem.help.contains("promises no next update"), "{problem:?}");
    assert_eq!(problems("Words. {{#if statement.next_update}}More at a set time.{{/if}}", false), []);
}

#[test]
fn deep_or_large_templates_are_refused_before_they_are_parsed() {
    let deep = "{{#if facts.records}}a{{else}}".repeat(5_000) + &"{{/if}}".repeat(5_000);
    assert_eq!(problems(&deep, true).len(), 1);
    let nested = format!("{{{{known {} \"x\"}}}}", "(a ".repeat(300));
    assert_eq!(problems(&nested, true).len(), 1);
    assert_eq!(problems(&"a".repeat(40_000), true).len(), 1);
    let brackets = format!("{{{{known facts.records {}}}}}", "[".repeat(900));
    assert_eq!(problems(&brackets, true).len(), 1);
}

#[test]
fn saving_without_a_change_changes_nothing() {
    let rules = rules();
    for setting in [Live, Rehearsal] {
        let package = draft_holding(&rules, &facts(), setting, NOON).unwrap();
        let crlf = |text: &str| text.replace('\n', "\r\n");
        let texts = package.variants.iter().enumerate();
        let texts =
            texts.map(|(index, variant)| (index, variant.title.clone(), crlf(&variant.body) + "\r\n ")).collect();
        assert_eq!(edited(&package, texts, &rules, setting).unwrap().digest(), package.digest());
    }
}

#[test]
fn an_edit_keeps_what_is_not_words() {
    let rules = rules();
    let package = draft_holding(&rules, &facts(), Live, NOON).unwrap();
    let edit = vec![(2, None, "New words, see riverside.example/help".to_owned())];
    let changed = edited(&package, edit, &rules, Live).unwrap();
    assert_ne!(changed.digest(), package.digest());
    assert_eq!((&changed.placements, changed.next_update), (&package.placements, package.next_update));
    assert_eq!(changed.links, ["https://status.riverside.example/incident", "riverside.example/help"]);
    let labels: Vec<String> = changes(&package, &changed).into_iter().map(|change| change.label).collect();
    assert_eq!(labels, ["short text, en"]);
}

#[test]
fn bad_edits_are_refused() {
    let rules = rules();
    let package = draft_holding(&rules, &facts(), Rehearsal, NOON).unwrap();
    let stamped = |text: &str| format!("EXERCISE - NOT REAL\n{text}");
    let edit = |index, title: Option<&str>, body: String| {
        edited(&package, vec![(index, title.map(str::to_owned), body)], &rules, Rehearsal).unwrap_err()
    };
    assert!(matches!(edit(9, None, stamped("x")), EditError::NoVariant(9)));
    assert!(matches!(edit(2, None, "  ".to_owned()), EditError::Blank(_)));
    assert!(matches!(edit(2, None, stamped(&"a".repeat(70_000))), EditError::TextTooLarge(_)));
    assert!(matches!(edit(2, None, "no stamp".to_owned()), EditError::StampRemoved { .. }));
    assert!(matches!(edit(2, None, stamped("a\u{202e}b")), EditError::Hidden { character: '\u{202e}', .. }));
    assert!(matches!(edit(2, None, stamped("a\u{7}b")), EditError::Hidden { .. }));
    assert!(matches!(edit(2, Some("t"), stamped("x")), EditError::UnwantedTitle(_)));
    assert!(matches!(edit(0, None, stamped("x")), EditError::NoTitle(_)));
    assert!(matches!(edit(0, Some("No stamp"), stamped("x")), EditError::StampRemoved { .. }));
    assert!(matches!(edit(0, Some("EXERCISE - NOT REAL: a\nb"), stamped("x")), EditError::LongTitle(_)));
}

#[test]
fn a_word_diff_shows_words() {
    use Piece::{Added, Removed, Same};
    let same = |text: &str| Same(text.to_owned());
    let expected = [same("Call "), Removed("us".to_owned()), Added("them".to_owned()), same(" today.")];
    assert_eq!(word_diff("Call us today.", "Call them today."), expected);
    assert_eq!(word_diff("a", "a"), [same("a")]);
    assert_eq!(word_diff("", ""), []);
    let (old, new) = ("a ".repeat(10_000), "b ".repeat(10_000));
    assert_eq!(word_diff(&old, &new), [Removed(old.clone()), Added(new.clone())]);
}

#[test]
fn changes_name_channels_and_the_promised_time() {
    let rules = rules();
    let old = draft_holding(&rules, &facts(), Live, NOON).unwrap();
    let mut new = old.clone();
    new.placements[1].account = "other.example".to_owned();
    new.next_update = None;
    let labels: Vec<String> = changes(&old, &new).into_iter().map(|change| change.label).collect();
    assert_eq!(labels, ["channels", "next update"]);
    assert_eq!(changes(&old, &old), []);
}
