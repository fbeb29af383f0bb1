//! P11: what counting a mention costs, and a look at every watch.

use std::hint::black_box;

use holdline::core::count::{Counts, Minutes, Said};
use holdline::core::detect::{Asked, KINDS, Verdict, judge};
use holdline::core::incident::Evidence;
use holdline::core::mention::Mention;
use holdline::core::name::FeedName;
use holdline::core::past::Followed;
use holdline::core::period::Period;
use holdline::core::query::Query;
use holdline::core::story::TELLINGS_MAX;
use holdline::core::watch::{Besides, Voices, Watch};
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::table::{Goal, Table};
use super::turns::{by_turns, nanos_each};

const ROUNDS: usize = 5;
const WATCHES: [usize; 4] = [10, 100, 1_000, 10_000];
const WINDOWS: [&str; 4] = ["9 mentions in 5m", "9 mentions in 15m", "9 mentions in 60m", "9 mentions in 24h"];
/// Half a day of talk is behind every watch, a mention every other minute.
const PAST_MINUTES: i64 = 720;
const ADDED: usize = 200_000;
const VOICES: u64 = 5_000;
const TOLD: usize = 20_000;

pub(crate) fn measure(table: &mut Table) {
    let asked: Vec<(Watch, Followed)> = WINDOWS.iter().map(|window| watch(window)).collect();
    let windows = || asked.iter().map(|(watch, _)| watch.detector.window());
    let lines: Vec<&Followed> = asked.iter().map(|(_, followed)| followed).collect();
    for watches in WATCHES {
        let mut counts: Vec<Counts> = (0..watches).map(|_| Counts::looking_at(windows())).collect();
        for counts in &mut counts {
            (0..PAST_MINUTES).step_by(2).for_each(|minute| add(counts, minute, minute.unsigned_abs()));
            counts.turn(PAST_MINUTES);
        }
        let mut sweep = || {
            for counts in &counts {
                for line in lines.iter().copied().filter_map(Followed::line) {
                    black_box(line.crossed(|window| counts.count(window, PAST_MINUTES)));
                }
            }
        };
        let took = by_turns(ROUNDS, &mut [&mut sweep]);
        let percent = took[0].cpu.as_secs_f64() * 100.0;
        let goal = if watches == 10_000 { Goal::AtMost(1.0) } else { Goal::Shown };
        table.alone(format!("a look at {watches} watches x 4 windows each second"), "% of a core", percent, goal);
        let now = Timestamp::from_second(PAST_MINUTES * 60).unwrap();
        let mut verdicts = || {
            for (counts, (watch, followed)) in counts.iter().zip(asked.iter().cycle()) {
                let verdict = judge(Asked { watch, counts, followed }, now, now, None);
                assert!(!matches!(black_box(verdict), Verdict::Spike(_)));
            }
        };
        let took = by_turns(ROUNDS, &mut [&mut verdicts]);
        let percent = took[0].cpu.as_secs_f64() * 100.0;
        table.alone(format!("a full verdict on {watches} watches each second"), "% of a core", percent, goal);
    }
    counting(table);
    let mut rng = StdRng::seed_from_u64(7);
    let voices: Vec<u64> = (0..ADDED).map(|_| rng.random_range(0..VOICES)).collect();
    let mut counts: Vec<Counts> = (0..1_000).map(|_| Counts::looking_at(windows())).collect();
    let mut minute = PAST_MINUTES;
    let mut adding = || {
        minute += 1;
        for (at, voice) in voices.iter().enumerate() {
            add(&mut counts[at % 1_000], minute, *voice);
        }
    };
    let took = by_turns(ROUNDS, &mut [&mut adding]);
    table.alone("a mention counted, its voice and evidence kept", "ns", nanos_each(ADDED, took[0].cpu), Goal::Shown);
    telling(table);
}

/// A watch that half of its voices are missing to, so that its verdict weighs everything there is.
fn watch(window: &str) -> (Watch, Followed) {
    let kind = KINDS.iter().find(|kind| kind.name == "more_than").unwrap();
    let watch = Watch {
        name: "talk".into(),
        query: Query::parse("riverside").unwrap(),
        feeds: std::iter::once("listening".into()).collect(),
        detector: (kind.parse)(window).unwrap(),
        at_least: None,
        from: Voices(u32::MAX),
        besides: Besides::default(),
        opens: None,
    };
    let followed = Followed::new(watch.detector.as_ref(), 0);
    (watch, followed)
}

/// Counting itself: the minute, and the four windows of a dial.
fn counting(table: &mut Table) {
    let mut minutes: Vec<Minutes> = (0..1_000)
        .map(|_| {
            let mut minutes = Minutes::default();
            minutes.look_at([10, 30, 90, 270].map(Period::minutes));
            (0..PAST_MINUTES).for_each(|minute| {
                minutes.come_to(minute);
                minutes.add(minute, None);
            });
            minutes
        })
        .collect();
    let mut minute = PAST_MINUTES;
    let mut adding = || {
        minute += 1;
        for minutes in &mut minutes {
            for _ in 0..ADDED / 1_000 {
                minutes.come_to(minute);
                black_box(&mut *minutes).add(black_box(minute), None);
            }
        }
    };
    let took = by_turns(ROUNDS, &mut [&mut adding]);
    table.alone(
        "a mention counted in its minute and four windows",
        "ns",
        nanos_each(ADDED, took[0].cpu),
        Goal::AtMost(5.0),
    );
}

/// What knowing a story, its language and its tone takes of every mention that a watch counts.
fn telling(table: &mut Table) {
    let feed = FeedName::from("listening");
    let told = |nth: usize, copy: bool| {
        let story = if copy { nth % 50 } else { nth };
        let text = format!(
            "A nurse told reporters on day {story} that {} records of the ward {story} were lost again",
            story * 7
        );
        mention(nth, text)
    };
    for (name, copy) in [("of a story of its own", false), ("of one of 50 stories", true)] {
        let mentions: Vec<Mention> = (0..TOLD).map(|nth| told(nth, copy)).collect();
        let mut counts = Counts::default();
        let mut telling = || {
            for mention in &mentions {
                let evidence = Evidence { feed: feed.clone(), mention: mention.id.clone() };
                counts.add(PAST_MINUTES, Said::of(mention, &feed), evidence, PAST_MINUTES);
            }
        };
        let took = by_turns(ROUNDS, &mut [&mut telling]);
        table.alone(
            format!("a mention {name}, told apart and counted"),
            "ns",
            nanos_each(TOLD, took[0].cpu),
            Goal::Shown,
        );
        let mut talk = || drop(black_box(counts.talk(Period::minutes(60), PAST_MINUTES)));
        let took = by_turns(ROUNDS, &mut [&mut talk]);
        table.alone(
            format!("the talk of {TELLINGS_MAX} mentions {name}"),
            "ns",
            nanos_each(1, took[0].cpu),
            Goal::Shown,
        );
    }
}

fn mention(nth: usize, text: String) -> Mention {
    Mention {
        id: nth.to_string(),
        title: None,
        text,
        author: Some(format!("voice{}", nth % 5_000)),
        url: Some(format!("https://site{}.example/{nth}", nth % 40)),
        language: None,
        published: None,
        reach: None,
    }
}

fn add(counts: &mut Counts, minute: i64, voice: u64) {
    let evidence = Evidence { feed: "listening".into(), mention: String::from("m") };
    counts.add(minute, voice, evidence, minute);
}
