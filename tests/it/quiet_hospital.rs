//! Quiet without deafness in the running program: silences, quiet hours, maintenance, further spikes, false alarms, gaps.

use std::fs;
use std::process::Command;

use holdline::core::detect::{Verdict, Why};
use holdline::core::incident::IncidentPhase;
use holdline::core::mention::Mention;
use holdline::core::name::{FeedName, WatchName};
use holdline::core::quiet::{FLAP, GAP_MINUTES_MIN, QuietBy, STEP_AFTER};
use holdline::core::severity::Severity;
use holdline::engine::WatchNow;
use holdline::store::{INSTALLATION, InstallationEvent, Reader};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::Value;

use crate::test_app::{TestApp, Visitor};

/// What the watch breach counts, and no other.
const LEAK: &str = "@riversidegeneral leaked my records";

impl TestApp {
    /// Mentions of as many voices, in one delivery.
    async fn say(&mut self, prefix: &str, voices: usize, text: &str) {
        // Each in words of its own: one text from many is one story.
        let said = |voice| (format!("{prefix}{voice}"), format!("{text} {prefix}{voice}"));
        let lines: Vec<Value> = (0..voices).map(said).map(|(author, text)| self.mention(&author, &text)).collect();
        assert_eq!(self.deliver("/in/listening", &lines).await.status(), StatusCode::OK);
        self.settle().await;
    }

    /// Moves the clock and does what is done at every full minute.
    async fn later(&self, minutes: i64) {
        self.clock.set(self.clock.now() + SignedDuration::from_mins(minutes));
        self.app().engine.call(|work| work.tick()).await.unwrap();
        self.settle().await;
    }

    /// The events of quiet in the record, in words.
    fn quiet_events(&self) -> Vec<String> {
        let rows = Reader::new(&self.file("holdline.db")).events(INSTALLATION).unwrap();
        let told = rows.iter().filter_map(|row| match row.installation_event().unwrap()? {
            InstallationEvent::SilenceBegun { silence } => Some(format!("silence of {}", silence.scope)),
            InstallationEvent::SilenceEnded { silence, by } => Some(format!("{by} ends {silence}")),
            InstallationEvent::HeldBack { watch, by, severity, count, .. } => {
                Some(format!("{watch} held back by {by}: {severity}, {count}"))
            }
            InstallationEvent::HeldOver { watch, times, mentions, highest, incident, .. } => {
                Some(format!("{watch} over: {times} alarms, {mentions} mentions, at most {highest}, {incident:?}"))
            }
            _ => None,
        });
        told.collect()
    }

    pub(crate) async fn watch(&self, name: &str) -> WatchNow {
        let (watches, _) = self.app().engine.watches_now(100).await.unwrap();
        watches.into_iter().find(|watch| watch.counted.watch.as_str() == name).unwrap()
    }

    /// Adds to holdline.yaml and starts anew with it.
    async fn with(&mut self, more: &str) {
        let path = self.file("holdline.yaml");
        let yaml = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{yaml}\n{more}\n")).unwrap();
        self.restart().await;
    }
}

async fn silence(visitor: &Visitor, watch: &str, lasting: &str, break_through: &str) {
    let form = [("watch", watch), ("for", lasting), ("reason", "the fair"), ("break_through", break_through)];
    visitor.does("/watches/silence", &form).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_holds_alarms_back_through_a_restart_and_they_are_told_after() {
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    silence(&ana, "breach", "2h", "critical").await;
    app.say("voice", 6, LEAK).await;
    assert_eq!(app.incidents(), 0);
    let page = ana.text("/watches").await;
    for sentence in
        ["1 alarm held back", "Kept quiet by silence", "the fair", "Above its line, and no alarm: it is held"]
    {
        assert!(page.contains(sentence), "{sentence} is missing in:\n{page}");
    }
    assert!(ana.text("/").await.contains("of breach until 22 November, 11:00 EST: the fair"));
    app.restart().await;
    app.later(60).await;
    app.say("again", 7, LEAK).await;
    app.say("more", 1, LEAK).await;
    app.later(59).await;
    assert_eq!(app.incidents(), 0);
    assert!(app.letters("ana", "Held back").is_empty());
    app.later(1).await;
    assert_eq!(app.incidents(), 0, "the count has fallen back long ago");
    let letters = app.letters("ana", "Held back of the watch breach: 2 alarms");
    assert_eq!(letters.len(), 1);
    let text = &letters[0].letter.text;
    assert!(text.contains("There were 14 mentions until now, at most 8 of them within 15 minutes."), "{text}");
    assert!(text.contains("no incident was opened"), "{text}");
    assert_eq!(app.letters("chi", "Held back").len(), 1, "chi would have been woken as well");
    app.later(5).await;
    assert_eq!(app.letters("ana", "Held back").len(), 1);
    let number = app.quiet_events()[1].split("silence ").nth(1).unwrap().split(':').next().unwrap().to_owned();
    assert_eq!(
        app.quiet_events(),
        [
            "silence of breach".to_owned(),
            format!("breach held back by silence {number}: Elevated, 6"),
            format!("breach held back by silence {number}: Elevated, 6"),
            "breach over: 2 alarms, 14 mentions, at most 8, None".to_owned(),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spike_that_still_stands_when_the_silence_ends_opens_its_incident() {
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    silence(&ana, "*", "2h", "critical").await;
    app.say("voice", 6, LEAK).await;
    let number = *app.app().engine.board().quiet.silences.keys().next().unwrap();
    ana.does(&format!("/watches/silence/{number}/end"), &[]).await;
    assert_eq!(app.incidents(), 0);
    app.later(1).await;
    assert_eq!(app.incidents(), 1);
    assert_eq!(app.letters("ana", "Is this real?").len(), 1);
    let held = app.letters("ana", "Held back");
    assert!(
        held[0].letter.text.contains("no longer kept quiet and is still above its line: incident 1 has it"),
        "{}",
        held[0].letter.text
    );
    let twice = ana.post(&format!("/watches/silence/{number}/end"), &[]).await;
    assert_eq!(twice.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_grows_critical_breaks_through_unless_nothing_may() {
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    silence(&ana, "breach", "2h", "critical").await;
    app.say("voice", 100, LEAK).await;
    assert_eq!(app.incidents(), 0);
    assert_eq!(app.watch("breach").await.held.unwrap().severity, Severity::Serious);
    app.say("more", 120, LEAK).await;
    assert_eq!(app.incident(1).severity, Severity::Critical);
    let told = app.letters("ana", "Held back");
    assert!(told[0].letter.text.contains("too big to be held back any longer: incident 1"), "{}", told[0].letter.text);
    // Two hundred are not critical yet; a sixteenth more is weighed within the mention.
    let voices = app.incident(1).spike.as_ref().unwrap().voices;
    assert!((201..=213).contains(&voices), "{voices}");
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    silence(&ana, "breach", "2h", "nothing").await;
    app.say("voice", 201, LEAK).await;
    app.later(1).await;
    assert_eq!(app.incidents(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_that_is_wrong_is_refused_in_words() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    for (watch, lasting, reason, words) in [
        ("no-such", "2h", "x", "no watch called no-such"),
        ("breach", "31d", "x", "30d at most"),
        ("breach", "soon", "x", "not a length of time"),
        ("breach", "2h", " ", "needs a reason"),
        ("", "2h", "x", "Pick a watch"),
    ] {
        let form = [("watch", watch), ("for", lasting), ("reason", reason), ("break_through", "critical")];
        let answer = ana.post("/watches/silence", &form).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let page = answer.text().await.unwrap();
        assert!(page.contains(words), "{words}: {page}");
    }
    let guest = app.sign_in("guest").await;
    let form = [("watch", "breach"), ("for", "2h"), ("reason", "x"), ("break_through", "critical")];
    assert_eq!(guest.post("/watches/silence", &form).await.status(), StatusCode::FORBIDDEN);
    assert!(app.quiet_events().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_made_a_long_silence_is_reminded_before_it_ends_also_after_a_restart() {
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    silence(&ana, "breach", "12h", "critical").await;
    silence(&ana, "talk", "11h", "critical").await;
    silence(&ana, "unsorted", "12h", "critical").await;
    let third = *app.app().engine.board().quiet.silences.keys().next_back().unwrap();
    ana.does(&format!("/watches/silence/{third}/end"), &[]).await;
    app.restart().await;
    app.later(11 * 60 - 1).await;
    assert!(app.letters("ana", "ends at").is_empty());
    app.later(1).await;
    let letters = app.letters("ana", "ends at 22 November, 21:00 EST");
    assert_eq!(letters.len(), 1);
    assert!(letters[0].letter.text.contains("Your reason was: the fair"), "{}", letters[0].letter.text);
    assert_eq!(app.letters("ana", "ends at").len(), 1, "a short one and one that was ended need no reminder");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_makes_lists_and_ends_silences_with_and_without_a_daemon() {
    let mut app = TestApp::start().await;
    let folder = app.file(".");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdline"));
        let command = command.arg("silence").args(arguments).arg("--folder").arg(&folder);
        let output = tokio::task::block_in_place(|| command.output().unwrap());
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), said)
    };
    let (made, said) = run(&["breach", "--for", "2h", "--reason", "the fair", "--by", "ana"]);
    assert!(made && said.contains("holds until 22 November, 11:00 EST"), "{said}");
    let number = said.split("Silence ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let (listed, said) = run(&["--list"]);
    assert!(listed && said.contains(&format!("{number}: breach, until")) && said.contains("the fair"), "{said}");
    app.say("voice", 6, LEAK).await;
    assert_eq!(app.incidents(), 0);
    for (arguments, words) in [
        (&["breach", "--for", "2h", "--reason", "x", "--by", "nobody"][..], "nobody is called nobody"),
        (&["breach", "--for", "2h", "--reason", "x", "--by", "pressroom"], "nobody is called pressroom"),
        (&["no-such", "--for", "2h", "--reason", "x", "--by", "ana"], "no watch called no-such"),
        (&["--end", "999", "--by", "ana"], "no such silence"),
        (&["breach", "--for", "2h", "--by", "ana"], "--reason"),
        (&["breach", "--for", "2h", "--reason", "x", "--by", "ana", "--break-through", "all"], "serious, critical"),
    ] {
        let (done, said) = run(arguments);
        assert!(!done && said.contains(words), "{arguments:?}: {said}");
    }
    let (ended, said) = run(&["--end", &number, "--by", "ben"]);
    assert!(ended && said.contains("is over"), "{said}");
    assert!(run(&["--list"]).1.contains("No silence is in force."));
    app.later(20).await;
    app.stop().await;
    // The machine's own clock: whoever runs the command has no other, and the store's time is ahead of no one's.
    let (made, said) = run(&["--all", "--for", "30d", "--reason", "the move", "--by", "ana"]);
    assert!(made && said.contains("holds until"), "{said}");
    app.restart().await;
    assert!(app.quiet_events().last().unwrap().contains("silence of every watch"), "{:?}", app.quiet_events());
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_hold_back_and_what_they_may_not_hold_breaks_through() {
    let mut app = TestApp::start().await;
    // It is nine in the morning in New York.
    app.with("quiet: { rounds: { from: \"0 8 * * *\", for: 2h, watches: [breach], break_through: serious } }").await;
    app.say("voice", 6, LEAK).await;
    assert_eq!(app.incidents(), 0);
    let ana = app.sign_in("ana").await;
    let page = ana.text("/watches").await;
    assert!(page.contains("They are on until 22 November, 10:00 EST"), "{page}");
    assert_eq!(app.watch("breach").await.held.unwrap().by, QuietBy::Hours("rounds".to_owned()));
    assert!(app.watch("talk").await.hushes.is_empty());
    app.later(60).await;
    assert_eq!(app.letters("ana", "Held back").len(), 1);
    assert_eq!(app.incidents(), 0);
    app.say("voice", 6, LEAK).await;
    assert_eq!(app.incidents(), 1, "the hours are over");
    let mut app = TestApp::start().await;
    app.with("quiet: { rounds: { from: \"0 8 * * *\", for: 2h, break_through: serious } }").await;
    app.say("voice", 11, LEAK).await;
    assert_eq!(app.incident(1).severity, Severity::Serious);
    assert_eq!(app.quiet_events().len(), 2, "it was held back with its sixth mention: {:?}", app.quiet_events());
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_is_announced_on_the_desk_and_holds_back() {
    let mut app = TestApp::start().await;
    let window = "{ from: 2026-11-22 10:00, to: 2026-11-22 12:00, reason: the new site, watches: [breach] }";
    app.with(&format!("maintenance: {{ site: {window} }}")).await;
    let ana = app.sign_in("ana").await;
    let announced = "Maintenance site of breach, from 22 November, 10:00 EST to 22 November, 12:00 EST";
    assert!(ana.text("/").await.contains(announced));
    app.later(60).await;
    app.say("voice", 6, LEAK).await;
    assert_eq!(app.incidents(), 0);
    app.later(120).await;
    assert_eq!(app.letters("ana", "Held back of the watch breach").len(), 1);
    let ana = app.sign_in("ana").await;
    assert!(!ana.text("/").await.contains("Maintenance site"), "it is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_watch_of_the_same_playbook_joins_the_open_incident() {
    let mut app = TestApp::start().await;
    app.say("rider", 13, "Train derailed near metro").await;
    assert_eq!(app.incident(1).spike.as_ref().unwrap().watch.as_str(), "talk");
    app.later(1).await;
    app.say("patient", 6, "@riversidegeneral leaked: hack").await;
    assert_eq!(app.incidents(), 1);
    assert_eq!(app.incident(1).joined[&WatchName::from("breach")].spike.count, 6);
    assert_eq!(app.letters("ana", "Another spike, breach").len(), 1);
    assert_eq!(app.letters("ana", "Is this real?").len(), 1);
    app.say("patient", 3, "@riversidegeneral leaked: hack").await;
    assert_eq!(app.letters("ana", "spike").len(), 1, "not per mention");
    let ana = app.sign_in("ana").await;
    let page = ana.text("/incident/1").await;
    assert!(page.contains("Joined at") && page.contains("The watch breach has a spike as well"), "{page}");
    app.restart().await;
    assert_eq!(app.incident(1).joined.len(), 1);
    // A watch of no playbook is nobody's.
    app.say("driver", 3, "No parking at Riverside").await;
    assert_eq!(app.incidents(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_its_own_keeps_a_watch_apart() {
    let mut app = TestApp::start().await;
    let path = app.file("holdline.yaml");
    let yaml =
        fs::read_to_string(&path).unwrap().replacen("opens: data-breach", "opens: data-breach\n    group: own", 1);
    fs::write(path, yaml).unwrap();
    app.restart().await;
    app.say("rider", 13, "Train derailed near metro").await;
    app.say("patient", 6, "@riversidegeneral leaked: hack").await;
    assert_eq!(app.incidents(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spike_joins_what_a_person_opened_with_its_playbook() {
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    ana.does("/open", &[("playbook", "data-breach"), ("reason", "a call from a patient")]).await;
    app.settle().await;
    app.say("voice", 6, LEAK).await;
    assert_eq!(app.incidents(), 1);
    assert_eq!(app.incident(1).spike.as_ref().unwrap().count, 6);
    assert_eq!(app.letters("chi", "Another spike, breach").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clear_step_is_told_within_the_mention_and_later_ones_once() {
    let mut app = TestApp::start().await;
    app.say("voice", 6, LEAK).await;
    app.say("more", 30, LEAK).await;
    assert!(app.letters("ana", "More talk").is_empty(), "whoever was just woken reads the count on the page");
    app.later(STEP_AFTER.as_secs() / 60).await;
    assert_eq!(app.letters("ana", "More talk, breach").len(), 1);
    app.later(60).await;
    app.say("wave", 71, LEAK).await;
    assert_eq!(app.letters("ana", "More talk, breach").len(), 1);
    app.say("crest", 1, LEAK).await;
    let letters = app.letters("ana", "More talk, breach");
    assert_eq!(letters.len(), 2, "72 is twice 36, and no minute had to pass");
    assert!(letters[1].letter.text.contains("counts 72 mentions now; 36 were the most"), "{}", letters[1].letter.text);
    app.say("crest", 200, LEAK).await;
    assert_eq!(app.letters("ana", "More talk, breach").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_keeps_why_an_incident_opened_beside_what_is_counted_by_now() {
    let mut app = TestApp::start().await;
    app.say("voice", 6, LEAK).await;
    let ana = app.sign_in("ana").await;
    assert!(!ana.text("/incident/1").await.contains("By now:"));
    app.later(STEP_AFTER.as_secs() / 60).await;
    app.say("more", 30, LEAK).await;
    app.later(1).await;
    let page = ana.text("/incident/1").await;
    let (why, now) = page.split_once("By now:").unwrap();
    assert!(why.contains("up to 09:00 EST there were 6 mentions from 6 voices"), "{why}");
    assert!(now.contains("up to 09:11 EST there were 36 mentions from 36 voices"), "{now}");
    assert!(why.contains("It alarmed at 09:00 EST"), "the chart is of the alarm: {why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_watches_page_tells_voices_from_those_with_something_of_their_own_to_say() {
    let mut app = TestApp::start().await;
    let pasted = "Riverside General leaked it all, share this before they delete it";
    let lines: Vec<Value> = (0..9).map(|account| app.mention(&format!("account{account}"), pasted)).collect();
    assert_eq!(app.deliver("/in/listening", &lines).await.status(), StatusCode::OK);
    let page = app.sign_in("ana").await.text("/watches").await;
    for part in [
        "9 mentions in 15 minutes from 9 voices, 1 of them with something of its own to say.",
        "1 voice says something of its own and the watch asks for 4 voices",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_right_after_a_false_alarm_is_told_as_one_and_a_second_wave_is_not() {
    let mut app = TestApp::start().await;
    app.say("voice", 6, LEAK).await;
    let ana = app.sign_in("ana").await;
    let reason = [("verdict", "false-alarm"), ("reason", "a film of the same name")];
    ana.does("/incident/1/verify", &reason).await;
    app.settle().await;
    assert!(matches!(app.incident(1).phase, IncidentPhase::Closed { .. }));
    app.say("echo", 5, LEAK).await;
    assert_eq!(app.incidents(), 1);
    assert_eq!(app.watch("breach").await.verdict, Verdict::Suppressed(Why::StillAbove));
    app.say("wave", 1, LEAK).await;
    assert_eq!(app.incidents(), 2, "twelve are clearly more than six");
    ana.does("/incident/2/verify", &reason).await;
    app.settle().await;
    let page = ana.text("/watches").await;
    assert!(page.contains("Closed as a false alarm: 2 in 30 days."), "{page}");
    // Below the line, and up again within a quarter of an hour of the end.
    app.later(FLAP.as_secs() / 60 - 1).await;
    app.later(1).await;
    app.say("calm", 6, LEAK).await;
    assert_eq!(app.incidents(), 3, "the quarter of an hour is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn flapping_is_held_back_for_a_while_and_told_once() {
    let mut app = TestApp::start().await;
    let path = app.file("holdline.yaml");
    let yaml = fs::read_to_string(&path).unwrap().replacen("5 mentions in 15m", "5 mentions in 2m", 1);
    fs::write(path, yaml).unwrap();
    app.restart().await;
    app.say("voice", 6, LEAK).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "false-alarm"), ("reason", "a film")]).await;
    for number in 0..3 {
        app.later(3).await;
        app.say(&format!("flap{number}-"), 7, LEAK).await;
    }
    assert_eq!(app.incidents(), 1);
    assert_eq!(app.watch("breach").await.held.unwrap().by, QuietBy::JustOver(1));
    app.later(6).await;
    assert_eq!(app.incidents(), 1);
    let letters = app.letters("ana", "Held back of the watch breach: 1 alarm");
    assert_eq!(letters.len(), 1, "{:?}", app.quiet_events());
    assert!(letters[0].letter.text.contains("There were 21 mentions"), "{}", letters[0].letter.text);
}

fn undated(number: usize) -> Mention {
    Mention {
        id: format!("old{number}"),
        title: None,
        text: LEAK.to_owned(),
        author: Some(format!("reader{number}")),
        url: None,
        language: None,
        published: None,
        reach: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_feed_brings_at_its_return_is_no_spike_and_the_gap_is_known() {
    let mut app = TestApp::start().await;
    let feed = FeedName::from("listening");
    let begun = app.clock.now();
    let fails = feed.clone();
    app.app().engine.call(move |work| work.feed_fails(&fails)).await.unwrap();
    app.restart().await;
    assert_eq!(app.watch("breach").await.failing, std::slice::from_ref(&feed));
    app.later(GAP_MINUTES_MIN).await;
    let answers = feed.clone();
    let old: Vec<Mention> = (0..9).map(undated).collect();
    let back = move |work: &mut holdline::engine::Work<'_, '_>| {
        work.feed_answers(&answers)?;
        work.take_in(&answers, &old)
    };
    assert_eq!(app.app().engine.call(back).await.unwrap().new, 9);
    assert_eq!((app.incidents(), app.watch("breach").await.counted.count), (0, 0));
    assert_eq!(app.watch("breach").await.last_quiet.unwrap().1, Why::Backlog(feed.clone()));
    app.restart().await;
    assert_eq!(app.watch("breach").await.counted.count, 0, "a restart counts the same");
    let unheard = app.app().engine.unheard().await.unwrap();
    let minute = |passed: i64| (begun + SignedDuration::from_mins(passed)).as_second().div_euclid(60);
    let gaps = holdline::core::quiet::Gaps::of(unheard.gaps.values(), minute(60));
    assert_eq!(gaps.stretches(), [(minute(0), minute(GAP_MINUTES_MIN))]);
    app.later(1).await;
    app.say("voice", 6, LEAK).await;
    assert_eq!(app.incidents(), 1, "what is said after the return counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_polled_feed_that_cannot_be_read_is_known_to_fail() {
    let mut app = TestApp::start().await;
    let path = app.file("holdline.yaml");
    let yaml = fs::read_to_string(&path).unwrap();
    let yaml = yaml.replacen("feeds:\n", "feeds:\n  export: { file: { path: export.jsonl, follow: true } }\n", 1);
    fs::write(path, yaml.replacen("feeds: [listening]", "feeds: [listening, export]", 1)).unwrap();
    app.restart().await;
    let fails = async |app: &TestApp, wanted: bool| {
        let mut changes = app.app().engine.changes();
        while app.watch("breach").await.failing.is_empty() == wanted {
            changes.changed().await.unwrap();
        }
    };
    let patience = std::time::Duration::from_secs(30);
    tokio::time::timeout(patience, fails(&app, true)).await.expect("it never failed");
    fs::write(app.file("export.jsonl"), "").unwrap();
    tokio::time::timeout(patience, fails(&app, false)).await.expect("it never came back");
}
