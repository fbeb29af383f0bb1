//! The mails' words: what a tired person must find in them, and what a stranger must not be able to do with them.

use holdline::core::approval::{Decision, Proof};
use holdline::core::incident::{Event, Notice};
use holdline::core::name::PersonId;
use holdline::core::proved::Reach;
use holdline::core::setting::Setting;
use holdline::core::severity::Severity;
use holdline::core::shown::{Quote, visible};
use holdline::mail::Letter;
use holdline::mail::compose::{ComposeError, Composer, Head, House, Key, Scene};

use crate::breach::{self, Breach};
use crate::sample;

const KEY: Key<'static> = Key { link: "https://holdline.riverside.example/a/T0KEN", code: "7GK2QX" };

fn composer() -> Composer {
    Composer::new().unwrap()
}

fn scene<'a>(breach: &'a Breach, to: &'a PersonId, quotes: &'a [Quote]) -> Scene<'a> {
    Scene {
        incident: &breach.incident,
        rules: &breach.rules,
        url: "https://holdline.riverside.example",
        now: breach.now,
        quotes,
        to,
        message_id: "7.1.0@holdline.riverside.example",
        thread: None,
    }
}

fn approval(breach: &Breach, person: &str) -> Letter {
    let (to, quotes) = (PersonId::from(person), breach::quotes());
    composer().approval(&scene(breach, &to, &quotes), breach.request_to(person), KEY).unwrap()
}

fn notice(breach: &Breach, to: &str, notice: &Notice) -> Letter {
    composer().notice(&scene(breach, &PersonId::from(to), &[]), notice).unwrap()
}

#[track_caller]
fn says(letter: &Letter, sentence: &str) {
    assert!(letter.text.contains(sentence), "no `{sentence}` in:\n{}", letter.text);
}

#[test]
fn the_subject_says_how_bad_by_when_and_what() {
    let mut breach = Breach::asked(Setting::Live);
    breach.incident.severity = Severity::Serious;
    let letter = approval(&breach, "chi");
    assert_eq!(letter.subject, "[Serious] Approve by 12:51 EST: Patient data breach, holding statement (v1)");
    assert_eq!((letter.to.as_str(), letter.to_name.as_str()), ("chi@riverside.example", "Chi Nwosu"));
}

#[test]
fn an_approval_mail_holds_everything_that_a_decision_needs() {
    let breach = Breach::asked(Setting::Live);
    let letter = approval(&breach, "chi");
    for sentence in [
        "Answer by 22 November, 12:51 EST.",
        "Duty officer: Ana Ruiz, +1 555 010 0111",
        "Open https://holdline.riverside.example/a/T0KEN",
        "Type this code there: 7GK2QX",
        "goes to bluesky (riverside.example): ",
        " of 300 characters",
        "goes to website (status.riverside.example): ",
        "- How many people's records? (nobody has said yet)",
        "- Where can people call? +1 555 010 0100 (confirmed by Chi Nwosu)",
        "accuracy: privacy-officer and legal; is being asked",
        "- Dev Patel (legal): has not answered yet",
        "release: one of comms-lead; is asked once the stage before has its yes",
        "On yes: Your yes counts. Still needed after it: accuracy (privacy-officer and legal) and release (one of comms-lead).",
        "On no, or asking for changes: Nothing is posted.",
        "On silence: Silence never posts anything. At 12:51 EST this link ends, and privacy-deputy (for privacy-officer) is asked as well",
        "In the 15 minutes up to 12:40 EST there were 22 mentions from 17 voices; the watch breach alarms above 5.",
    ] {
        says(&letter, sentence);
    }
    for variant in &breach.package().variants {
        says(&letter, &variant.body);
    }
    says(&letter, &breach.package().digest().to_string());
}

#[test]
fn the_code_is_in_no_link() {
    let letter = approval(&Breach::asked(Setting::Live), "chi");
    for part in [&letter.text, &letter.html] {
        assert_eq!(part.matches(KEY.code).count(), 1);
        assert!(!part.split("http").skip(1).any(|link| link.split_whitespace().next().unwrap().contains(KEY.code)));
    }
    assert!(!letter.subject.contains(KEY.code));
}

#[test]
fn a_critical_mail_begins_with_the_text() {
    let mut breach = Breach::asked(Setting::Live);
    assert!(!approval(&breach, "chi").text.starts_with("THE EXACT TEXT"));
    breach.incident.severity = Severity::Critical;
    assert!(approval(&breach, "chi").text.starts_with("THE EXACT TEXT"));
}

#[test]
fn after_an_edit_the_words_that_changed_are_shown() {
    let letter = approval(&Breach::edited(Setting::Live), "chi");
    says(&letter, "WHAT CHANGED since version 1, the last that you were asked about");
    says(&letter, "{+how worrying +}");
    says(&letter, "Ana Ruiz asks. The text is in their words.");
    assert!(letter.subject.ends_with("holding statement (v2)"));
    assert!(letter.html.contains("<ins "));
}

#[test]
fn the_last_yes_says_what_it_does() {
    let mut breach = Breach::asked(Setting::Live);
    for person in ["chi", "dev"] {
        let request = breach.request_to(person);
        let digest = breach.package().digest();
        let (person, decision) = (PersonId::from(person), Decision::Approve);
        breach.then(&Event::DecisionTaken { request, person, digest, decision, proof: Proof::Mail });
    }
    let letter = approval(&breach, "ana");
    says(
        &letter,
        "Yours is the last yes that is needed: Holdline posts exactly this text to website, bluesky and facebook at once.",
    );
    says(&letter, "- Chi Nwosu (privacy-officer): said yes at 12:41 EST");
}

#[test]
fn what_strangers_wrote_is_masked_unlinked_and_harmless() {
    let letter = approval(&Breach::asked(Setting::Live), "chi");
    for part in [&letter.text, &letter.html] {
        for hostile in ["evil.example", "jo@x.example", "010 0199", "mallory", "\u{202e}", "social.example"] {
            assert!(!part.contains(hostile), "{hostile} in:\n{part}");
        }
        assert!(part.contains("⟦U+202E⟧kcah leaked {{facts.help_line}}"));
    }
    assert!(!letter.html.contains("<script"));
    assert!(letter.html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    says(
        &letter,
        "- \"my records from Riverside General are on [link], call me ••• or [address]\" j…, social[.]example (fediverse)",
    );
}

#[test]
fn html_loads_nothing_from_anywhere() {
    let breach = Breach::edited(Setting::Rehearsal);
    let ana = PersonId::from("ana");
    let quotes = breach::quotes();
    let letters =
        [approval(&breach, "chi"), composer().alert(&scene(&breach, &ana, &quotes), &"wake".into(), 0).unwrap()];
    for letter in letters {
        for remote in ["<link", "<style", "<script", "url(", "@import", "<form", "<iframe", "srcset", "background="] {
            assert!(!letter.html.contains(remote), "{remote}");
        }
        let picture = letter.picture.as_ref().expect("the chart");
        let named = format!("<img src=\"cid:{}\"", picture.content_id);
        assert_eq!((letter.html.matches("src=").count(), letter.html.matches(&named).count()), (1, 1));
    }
}

#[test]
fn a_rehearsal_is_stamped_in_subject_top_and_bottom() {
    let breach = Breach::asked(Setting::Rehearsal);
    let letter = approval(&breach, "chi");
    assert!(letter.subject.starts_with("[EXERCISE] [Elevated] Approve by "));
    assert!(letter.text.starts_with("*** EXERCISE - NOT REAL ***"));
    assert!(letter.text.trim_end().ends_with("*** EXERCISE - NOT REAL ***"));
    assert!(letter.html.matches("EXERCISE - NOT REAL").count() >= 2);
    let live = approval(&Breach::asked(Setting::Live), "chi");
    assert!(!format!("{}{}{}", live.subject, live.text, live.html).contains("EXERCISE"));
}

#[test]
fn an_alert_says_why_and_what_to_do_first() {
    let breach = Breach::opened(Setting::Live);
    let (ana, quotes) = (PersonId::from("ana"), breach::quotes());
    let letter = composer().alert(&scene(&breach, &ana, &quotes), &"wake".into(), 0).unwrap();
    assert_eq!(letter.subject, "[Elevated] Is this real? Patient data breach");
    says(&letter, "say whether it is real, and claim the incident");
    says(&letter, "https://holdline.riverside.example/incident/7");
    says(&letter, "If nobody claims it within 10 minutes, more people are woken.");
    says(&letter, "▁▂▂▄▅█");
    says(&letter, "(mentions in 15 minutes, 22 November 2026, 11:55 EST to 12:40 EST; one mark for every 2 minutes)");
    assert!(letter.html.contains(
        "alt=\"Mentions in 15 minutes, 22 November 2026, 11:55 EST to 12:40 EST. The most were 22, at 12:40 EST. \
         The watch alarms above 5. It alarmed at 12:40 EST.\""
    ));
    let again = composer().alert(&scene(&breach, &ana, &quotes), &"wake".into(), 1).unwrap();
    assert_eq!(again.subject, "[Elevated] Still nobody on it: Patient data breach");
}

#[test]
fn a_task_says_what_and_by_when() {
    let breach = Breach::asked(Setting::Live);
    let letter = composer().task(&scene(&breach, &PersonId::from("ana"), &[]), &"pause".into()).unwrap();
    assert_eq!(letter.subject, "[Elevated] Task by 12:51 EST: Pause scheduled posts on every channel");
}

#[test]
fn a_reminder_keeps_link_and_code() {
    let breach = Breach::asked(Setting::Live);
    let chi = PersonId::from("chi");
    let letter = composer().reminder(&scene(&breach, &chi, &[]), breach.request_to("chi"), KEY).unwrap();
    assert!(letter.subject.starts_with("[Elevated] Reminder, approve by 12:51 EST: "));
    says(&letter, "REMINDER. You were asked at 12:41 EST and have not answered yet.");
    says(&letter, KEY.code);
}

#[test]
fn only_an_approved_text_is_given_out_to_be_posted_by_hand() {
    let mut breach = Breach::asked(Setting::Live);
    let ana = PersonId::from("ana");
    let refused = composer().by_hand(&scene(&breach, &ana, &[]), &"holding".into(), &"facebook".into());
    assert!(matches!(refused, Err(ComposeError::NotApproved(_))));
    for person in ["chi", "dev", "ana"] {
        let (request, digest) = (breach.request_to(person), breach.package().digest());
        let (person, decision) = (PersonId::from(person), Decision::Approve);
        breach.then(&Event::DecisionTaken { request, person, digest, decision, proof: Proof::Mail });
    }
    let letter = composer().by_hand(&scene(&breach, &ana, &[]), &"holding".into(), &"facebook".into()).unwrap();
    assert_eq!(letter.subject, "[Elevated] Post by hand on facebook: Patient data breach, holding statement (v1)");
    for variant in breach.package().variants_for(&"facebook".into()) {
        says(&letter, &variant.body);
    }
    assert!(!letter.text.contains("bluesky"));
}

#[test]
fn every_notice_has_a_sentence_and_a_next_step() {
    let breach = Breach::asked(Setting::Live);
    let request = breach.request_to("chi");
    let decision = Decision::Reject { reason: "wrong date".to_owned() };
    let receipt = Notice::Receipt { request, by: "chi".into(), decision };
    let letter = notice(&breach, "dev", &receipt);
    assert_eq!(letter.subject, "[Elevated] Chi Nwosu refused, holding statement (v1): Patient data breach");
    says(&letter, "Chi Nwosu refused: holding statement (v1). The reason: wrong date");
    says(&letter, &breach.package().digest().to_string());
    says(&notice(&breach, "chi", &receipt), "You refused: holding statement (v1).");
    let unknown =
        Notice::PostUnknown { statement: "holding".into(), channel: "bluesky".into(), why: "no answer".to_owned() };
    says(&notice(&breach, "ana", &unknown), "Holdline never guesses.");
    let refused = Notice::MailRefused { person: "ana".into(), why: "550".to_owned() };
    says(&notice(&breach, "chi", &refused), "Call Ana Ruiz: +1 555 010 0111.");
    let posted = Notice::Posted {
        statement: "holding".into(),
        channel: "website".into(),
        url: "/newsroom/7/holding".to_owned(),
    };
    says(
        &notice(&breach, "chi", &posted),
        "is public on website: https://holdline.riverside.example/newsroom/7/holding",
    );
    for other in [
        Notice::Blocked { statement: "holding".into(), rules: vec!["stale".to_owned()] },
        Notice::Superseded { statement: "holding".into() },
        Notice::DraftFailed { statement: "holding".into(), why: "line 3".to_owned() },
        Notice::Overdue { of: "pause".into() },
        Notice::Locked { request, person: "chi".into() },
        Notice::SeverityRaised,
        Notice::StoodDown,
        Notice::Injected { words: "A reporter calls".to_owned() },
        Notice::BrokenOff { why: "a live incident opened".to_owned() },
        Notice::TakenBack { request, by: "chi".into() },
    ] {
        let letter = notice(&breach, "ana", &other);
        assert!(
            letter.text.contains("WHAT TO DO NOW\n") && !letter.text.contains("WHAT TO DO NOW\n\n"),
            "{}",
            letter.text
        );
    }
}

#[test]
fn sign_in_and_audit_head_belong_to_no_incident() {
    let rules = sample::rules();
    let house = House {
        organisation: &rules.organisation,
        setting: Setting::Live,
        message_id: "0.5.0@x.example",
        to_name: "Ana Ruiz",
        to: "ana@riverside.example",
    };
    let letter = composer().sign_in(&house, KEY, sample::at("2026-11-22T18:00:00Z"), &Reach::Everywhere).unwrap();
    assert_eq!(letter.subject, "Sign in to Holdline");
    says(&letter, "Type this code there: 7GK2QX");
    says(&letter, "until 22 November, 13:00 EST");
    let at = sample::at("2026-11-22T18:00:00Z");
    let head = Head { seq: 41, at, mac: "aa", signature: "bb", public_key: "cc" };
    let letter = composer().head(&house, &head).unwrap();
    assert_eq!(letter.subject, "Holdline audit head 41");
    says(&letter, "signature:  bb");
}

#[test]
fn what_cannot_be_seen_is_written_out() {
    assert_eq!(visible("a\u{202e}b\u{0}c"), "a⟦U+202E⟧b⟦U+0000⟧c");
    assert_eq!(visible("one\r\ntwo\tthree"), "one\ntwo three");
    let scotland = "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
    assert_eq!(visible(scotland), scotland);
}
