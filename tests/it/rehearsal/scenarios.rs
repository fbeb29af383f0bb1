//! Scenarios: what the shipped ones say of themselves holds, every branch that an inject opens is reached, and a mistake is
//! named with its place.

use std::fs;

use holdline::config::{ENTRIES_MAX, Need, Problem, SCENARIOS_MAX, StartFor, load, start};

use super::terminal::{folder_of, holdline, said, sample_folder};

/// Plays a scenario of the data breach, written on the spot; gives what was printed and whether all went as expected.
fn play(scenario: &str) -> (String, bool) {
    let folder = sample_folder();
    fs::write(folder.path().join("mine.yaml"), scenario).unwrap();
    let at = "2026-11-22 09:00";
    let output = holdline(&["rehearse", "data-breach", "--scenario", "mine.yaml", "--at", at], folder.path());
    let text = said(&output);
    assert!(text.contains("Score") || text.contains("nothing to score"), "it was not played: {text}");
    (text, output.status.success())
}

#[test]
fn the_shipped_scenarios_go_as_they_expect() {
    let (folder, other) = (sample_folder(), folder_of(start(StartFor::Other)));
    let hospital = folder_of(start(StartFor::Hospital));
    for (folder, playbook, name) in [
        (&folder, "data-breach", "data-breach-lawyer-silent"),
        (&folder, "data-breach", "data-breach-second-wave"),
        (&other, "service-outage", "service-outage-restored"),
        (&other, "service-outage", "service-outage-nobody-answers"),
        (&hospital, "violence-active-threat", "violence-active-threat-stay-away"),
    ] {
        let output = holdline(&["rehearse", playbook, "--scenario", name], folder.path());
        let text = said(&output);
        assert!(output.status.success() && !text.contains("NOT MET"), "{name}: {text}");
        let expected = fs::read_to_string(folder.path().join(format!("playbooks/scenarios/{name}.yaml"))).unwrap();
        let lines = expected.split("expect:").nth(1).unwrap().matches("\n  - ").count();
        assert_eq!(text.matches("  met      ").count(), lines, "{text}");
        assert!(!text.contains("came to nothing"), "{name} plays less than it says: {text}");
    }
    let silent =
        said(&holdline(&["rehearse", "data-breach", "--scenario", "data-breach-lawyer-silent"], folder.path()));
    for words in ["A spike opened the incident", "Called on, never heard   Dev Patel", "Slowest link"] {
        assert!(silent.contains(words), "{words}: {silent}");
    }
}

#[test]
fn the_cast_lifts_no_block_and_the_end_says_what_was_blocked() {
    let (text, met) = play(
        "title: A blank is left
playbook: data-breach
opened_by: ana
lasts: 1h
facts: { what_happened: TBD }
expect:
  - { posted: holding }
  - { not_posted: update }
",
    );
    assert!(met, "{text}");
    let end = text.split("Not posted, and why").nth(1).unwrap_or_else(|| panic!("it does not say why: {text}"));
    let blocked = end.contains("update: lint stopped version 1: placeholder-left in ") && end.contains("\"TBD\"");
    assert!(blocked && end.contains("Nobody of the cast lifts a block"), "{end}");
}

#[test]
fn an_inject_that_comes_to_nothing_is_said() {
    let (text, met) = play(
        "title: Nobody noticed
playbook: data-breach
opened_by: ana
lasts: 1h
injects:
  - { refuses: { person: fay, statement: staff, reason: too soon } }
  - { wants_changes: { person: cora, statement: holding, words: more of it } }
  - { fact: { name: records_affected, value: 9, by: chi } }
  - { at: 80m, fact: { name: records_affected, value: 9, by: chi } }
",
    );
    assert!(met, "nothing was expected: {text}");
    for words in [
        "The inject of the fact records_affected came to nothing: no incident is open yet",
        "The inject of the fact records_affected came to nothing: this incident is over",
        "Injects that came to nothing",
        "Fay Lind was to refuse the staff statement: others had decided by then, or it was never asked.",
        "Cora Haim was to want other words in the holding statement",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn an_expectation_that_is_not_met_is_said_and_fails() {
    let (text, met) = play(
        "title: Too much is expected
playbook: data-breach
opened_by: ana
expect:
  - { posted: holding, within: 1m }
  - { not_posted: staff }
  - { asked: cora, about: staff }
  - { escalated: holding, to: fay }
  - { severity: critical }
  - { done: pause, within: 1m }
  - { posted: holding }
",
    );
    assert!(!met);
    assert_eq!(text.matches("NOT MET").count(), 6, "{text}");
    assert_eq!(text.matches("  met      ").count(), 1, "{text}");
    assert!(text.contains("NOT MET  Cora Haim is asked about staff: they were not asked"), "{text}");
}

#[test]
fn a_refusal_ends_the_round_and_is_talked_over() {
    let (text, met) = play(
        "title: Refused once
playbook: data-breach
opened_by: ana
injects:
  - { refuses: { person: chi, statement: holding, reason: the time is wrong } }
expect:
  - { posted: holding }
",
    );
    let order = [
        "Chi Nwosu refused the statement holding (the time is wrong)",
        "asked again for approval",
        "Chi Nwosu approved the statement holding",
    ];
    let places: Vec<usize> =
        order.iter().map(|words| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"))).collect();
    assert!(met && places.is_sorted(), "{text}");
}

#[test]
fn wanted_words_are_added_and_approved_anew() {
    let (text, met) = play(
        "title: Other words
playbook: data-breach
opened_by: ana
injects:
  - { wants_changes: { person: chi, statement: holding, words: Please call our help line. } }
expect:
  - { posted: holding }
",
    );
    assert!(text.contains("wants changes to the statement holding (Please call our help line.)"), "{text}");
    assert!(met && text.contains("holding version 2 was saved by"), "{text}");
}

#[test]
fn a_channel_that_is_down_is_tried_again_and_mail_that_is_down_waits() {
    let (text, met) = play(
        "title: Machines fail
playbook: data-breach
opened_by: ana
injects:
  - { channel_down: staff-board }
  - { at: 20m, channel_up: staff-board }
expect:
  - { not_posted: staff, before: 20m }
  - { posted: staff, within: 30m }
",
    );
    assert!(
        met && text.contains("staff-board did not take staff (it could not be reached); it is tried again."),
        "{text}"
    );
    let (text, met) = play(
        "title: No mail
playbook: data-breach
opened_by: ana
injects:
  - { mail: down }
  - { at: 30m, mail: up }
expect:
  - { not_posted: staff, before: 30m }
  - { posted: staff, within: 45m }
",
    );
    assert!(met, "{text}");
}

#[test]
fn who_cannot_be_reached_is_found_out_and_who_comes_back_answers() {
    let silent = "title: Nobody from privacy
playbook: data-breach
opened_by: ana
lasts: 2h
people: { cora: never }
injects:
  - { unreachable: chi }
INJECT
expect:
  - { EXPECTED }
";
    let (text, met) = play(&silent.replace("INJECT", "").replace("EXPECTED", "not_posted: holding"));
    assert!(met && text.contains("Called on, never heard   Chi Nwosu"), "{text}");
    let back = "  - { at: 50m, reachable: chi }";
    let (text, met) = play(&silent.replace("INJECT", back).replace("EXPECTED", "posted: holding, within: 2h"));
    assert!(met && text.contains("Chi Nwosu confirmed the fact discovered_at"), "{text}");
}

#[test]
fn a_second_wave_and_a_late_fact_raise_the_severity_and_a_call_reaches_the_duty() {
    let (text, met) = play(
        "title: A second wave
playbook: data-breach
facts: { records_affected: 10 }
injects:
  - { mentions: { texts: [Riverside General leaked my records, breach at Riverside General], count: 8 } }
  - { at: 10m, call: { from: Jo Park, asks: How many? } }
  - { at: 20m, mentions: { text: Riverside General was hacked, count: 60, over: 10m } }
  - { at: 40m, fact: { name: records_affected, value: 900, by: chi } }
expect:
  - { severity: serious, within: 39m }
  - { severity: critical, within: 41m }
",
    );
    assert!(met, "{text}");
    for words in [
        "8 mentions come in by town-talk.",
        "A spike opened",
        "Inject: Jo Park calls and asks: How many?",
        "60 mentions in",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn mentions_that_open_nothing_fail_the_rehearsal() {
    let (text, met) = play(
        "title: Too quiet
playbook: data-breach
lasts: 1h
injects:
  - { mentions: { text: Riverside General leaked, count: 2 } }
",
    );
    assert!(!met && text.contains("No incident was opened"), "{text}");
}

fn problems(scenario: &str) -> Vec<String> {
    let folder = sample_folder();
    fs::write(folder.path().join("playbooks/scenarios/mine.yaml"), scenario).unwrap();
    let said = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect();
    match load(folder.path(), Need::Rehearsal) {
        Ok(loaded) => {
            assert!(loaded.config.scenarios.contains_key("mine"));
            Vec::new()
        }
        Err(problems) => said(problems),
    }
}

#[test]
fn a_mistake_in_a_scenario_is_named_with_its_place_and_a_way_to_mend_it() {
    let wrong = "title: All wrong
playbook: data-breach
people: { zoe: 8m, chi: soon }
facts: { recods_affected: 12, records_affected: many }
injects:
  - { at: 5m, unreachable: pressroom }
  - { at: 5m }
  - { call: { from: Jo } }
  - { mail: sideways }
  - { channel_down: website, channel_up: website }
  - { fact: { name: records_affected, value: 1, by: ana } }
  - { refuses: { person: chi, statement: pause, reason: no } }
  - { mentions: { text: leak, count: 0 } }
  - { mention: { text: leak } }
  - { says_now: { person: ana, statement: holding } }
expect:
  - { posted: pause }
  - { done: pause, before: 5m }
  - { severity: sever }
  - { escalated: holding }
";
    let found = problems(wrong);
    let expected = [
        "3:11: there is no person called `zoe`",
        "3:25: `soon` does not say when somebody answers; write a length of time, as in 8m, or never",
        "4:10: the playbook data-breach has no fact called `recods_affected`; did you mean `records_affected`?",
        "4:49: `many` is not a whole number",
        "6:28: there is no person called `pressroom`",
        "7:5: this does not say what it is; write one of `mentions`",
        "8:7: `call` has no `asks`",
        "9:13: `sideways` is not what mail can be; write down or up",
        "10:30: `channel_up` is one too many here",
        "11:53: `ana` does not hold the role `privacy-officer`, which alone confirms this fact",
        "12:42: the playbook data-breach has no statement called `pause`",
        "13:38: `0` is not a number of mentions; write 1 to 2000",
        "14:7: `an inject` has no key `mention`; did you mean `mentions`?",
        "15:43: `holding` waits for nobody's word; name a statement with `use: hold` and `on_word_of`",
        "17:15: the playbook data-breach has no statement called `pause`",
        "18:20: `before` does not stand beside `done`; beside it stands `within`",
        "19:17: there is no severity called `sever`",
        "20:5: `an expectation` has no `to`",
    ];
    let at =
        |words: &&str| found.iter().any(|said| said.starts_with(&format!("playbooks/scenarios/mine.yaml:{words}")));
    let missing: Vec<_> = expected.iter().filter(|words| !at(words)).collect();
    assert!(missing.is_empty(), "{missing:#?} are not among {found:#?}");
    let quiet = problems("title: Nothing happens\nplaybook: data-breach\n");
    assert!(quiet[0].contains("nothing opens the incident; say who does with `opened_by`"), "{quiet:?}");
    assert!(problems("title: Elsewhere\nplaybook: data-breech\n")[0].contains("did you mean `data-breach`?"));
}

#[test]
fn a_scenario_is_as_large_as_its_limits_and_no_larger() {
    let with = |injects: usize| {
        let lines = "  - { at: 5m, mail: up }\n".repeat(injects);
        format!("title: Long\nplaybook: data-breach\nopened_by: ana\ninjects:\n{lines}")
    };
    assert!(problems(&with(ENTRIES_MAX)).is_empty());
    assert!(problems(&with(ENTRIES_MAX + 1))[0].contains("`injects` has more than 500 entries"));
    let folder = sample_folder();
    let there = fs::read_dir(folder.path().join("playbooks/scenarios")).unwrap().count();
    let one = "title: One of many\nplaybook: data-breach\nopened_by: ana\n";
    for number in there..SCENARIOS_MAX {
        fs::write(folder.path().join(format!("playbooks/scenarios/s{number}.yaml")), one).unwrap();
    }
    assert_eq!(load(folder.path(), Need::Rehearsal).unwrap().config.scenarios.len(), SCENARIOS_MAX);
    fs::write(folder.path().join("playbooks/scenarios/one-more.yaml"), one).unwrap();
    let said = load(folder.path(), Need::Rehearsal).unwrap_err()[0].to_string();
    assert!(said.starts_with("playbooks/scenarios:1:1: there are 201 files here"), "{said}");
}
