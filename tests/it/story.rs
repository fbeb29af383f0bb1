//! Stories: which texts are copies of one another, whose voice a copy is, and how the talk of a spike is shown.

use holdline::core::count::{Counts, Said, minute_of};
use holdline::core::detect::{Asked, KINDS, Verdict, Why, judge};
use holdline::core::incident::{Evidence, Talk};
use holdline::core::mention::Mention;
use holdline::core::past::Followed;
use holdline::core::period::Period;
use holdline::core::query::Query;
use holdline::core::shown::Quote;
use holdline::core::story::{ALIKE_PERMILLE, PLACES_MAX, STORIES_MAX, Sketch, TELLINGS_MAX, WORDS_MAX};
use holdline::core::watch::{Besides, Percent, Voices, Watch};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;

use crate::real_input::data;
use crate::test_app::TestApp;

const WIRE: &str =
    "A nurse told reporters that the general hospital lost the records of four hundred patients on Monday";
/// Real posts of each crisis, of which each is held against every story before it.
const POSTS: usize = 400;
const DAY: Period = Period::minutes(24 * 60);

fn at(minute: i64) -> Timestamp {
    "2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

fn mention(id: usize, author: Option<&str>, url: Option<&str>, text: &str) -> Mention {
    Mention {
        id: id.to_string(),
        title: None,
        text: text.to_owned(),
        author: author.map(str::to_owned),
        url: url.map(str::to_owned),
        language: None,
        published: None,
        reach: None,
    }
}

fn sketch(text: &str) -> Sketch {
    Sketch::of(&mention(1, None, None, text))
}

/// Counts mentions in one minute each, in their order.
#[derive(Default)]
struct Heard {
    counts: Counts,
    minute: i64,
}

impl Heard {
    fn hear(&mut self, mention: &Mention) {
        let evidence = Evidence { feed: "listening".into(), mention: mention.id.clone() };
        let minute = minute_of(at(self.minute));
        self.counts.add(minute, Said::of(mention, &"listening".into()), evidence, minute);
    }

    fn talk(&self) -> Talk {
        self.counts.talk(DAY, minute_of(at(self.minute)))
    }

    fn verdict(&self, watch: &Watch) -> Verdict {
        let followed = Followed::new(watch.detector.as_ref(), 0);
        let asked = Asked { watch, counts: &self.counts, followed: &followed };
        judge(asked, at(self.minute), at(self.minute), None)
    }
}

fn watch(besides: Besides) -> Watch {
    Watch {
        name: "breach".into(),
        query: Query::parse("hospital").unwrap(),
        feeds: std::iter::once("listening".into()).collect(),
        detector: (KINDS.iter().find(|kind| kind.name == "more_than").unwrap().parse)("5 mentions in 15m").unwrap(),
        at_least: None,
        from: Voices(4),
        besides,
        opens: None,
    }
}

#[test]
fn reposts_links_and_dress_make_no_other_story() {
    let of = sketch(WIRE);
    for copy in [
        format!("RT @news_desk: {WIRE}"),
        format!("“{WIRE}” https://t.example/abc?utm_source=x"),
        format!("{} via @someone.else", WIRE.to_uppercase()),
        format!("🚨🚨 {WIRE}!!! 😡 bit.ly/3xYz"),
        format!("MT @a: {} pic.example.com/1", WIRE.replace(' ', "  ")),
        "RT @x: A nurse told reporters that the general hospital lost the records of four hundred patients on Mon…"
            .to_owned(),
        WIRE.replace("nurse told", "nurse, told").replace("records", "récords"),
        format!("{WIRE} &amp; more"),
        format!("Updated: {WIRE} - The Daily Paper"),
    ] {
        assert!(sketch(&copy).is_copy_of(&of), "{copy}: {}", sketch(&copy).resemblance(&of));
    }
    for other in [
        "A nurse told reporters that she was glad to be back at the general hospital on Monday",
        "The general hospital lost its appeal over the records of a nurse on Monday",
        "Four hundred patients wait for a bed, a nurse of the general hospital says",
    ] {
        assert!(!sketch(other).is_copy_of(&of), "{other}: {}", sketch(other).resemblance(&of));
    }
}

#[test]
fn short_texts_are_copies_where_they_are_the_same() {
    assert!(sketch("Hospital hacked!").is_copy_of(&sketch("RT @x: hospital HACKED https://x.example/1")));
    assert!(!sketch("Hospital hacked again today").is_copy_of(&sketch("Hospital hacked again yesterday")));
    assert!(!sketch("@press").is_copy_of(&sketch("@ward")), "where only names are said, they are the words");
}

fn words(rng: &mut StdRng, number: usize) -> Vec<String> {
    (0..number).map(|_| format!("word{}", rng.random_range(0..5_000))).collect()
}

proptest! {
    #[test]
    fn a_text_of_eight_k_and_one_words_bears_k_changes(
        k in 1_usize..12, more in 0_usize..30, seed in any::<u64>(),
    ) {
        let mut rng = StdRng::seed_from_u64(seed);
        let number = (8 * k + 1 + more).min(WORDS_MAX);
        let text = words(&mut rng, number);
        let mut copy = text.clone();
        for change in 0..k.min((number - 1) / 8) {
            let place = rng.random_range(0..number);
            copy[place] = format!("changed{change}");
        }
        prop_assert!(sketch(&copy.join(" ")).is_copy_of(&sketch(&text.join(" "))));
    }

    #[test]
    fn texts_of_other_words_are_never_copies(number in 2_usize..60, seed in any::<u64>()) {
        let mut rng = StdRng::seed_from_u64(seed);
        let text = words(&mut rng, number).join(" ");
        let other: Vec<String> = words(&mut rng, number).iter().map(|word| format!("{word}x")).collect();
        prop_assert!(!sketch(&text).is_copy_of(&sketch(&other.join(" "))));
    }

    /// Copies of the same words come together however they arrive, and so does all that is counted of them.
    #[test]
    fn the_order_of_arrival_changes_nothing_for_equal_copies(
        told in prop::collection::vec((0_usize..6, 0_usize..9, 0_usize..4), 1..40),
        seed in any::<u64>(),
    ) {
        let texts: Vec<String> = (0..6).map(|story| words(&mut StdRng::seed_from_u64(story), 20).join(" ")).collect();
        let mentions: Vec<Mention> = told.iter().enumerate().map(|(id, (story, author, host))| {
            let (author, url) = (format!("voice{author}"), format!("https://site{host}.example/{id}"));
            Mention { reach: Some(u32::try_from(id).unwrap()), ..mention(id, Some(&author), Some(&url), &texts[*story]) }
        }).collect();
        let mut shuffled = mentions.clone();
        let mut rng = StdRng::seed_from_u64(seed);
        for place in (1..shuffled.len()).rev() {
            shuffled.swap(place, rng.random_range(0..=place));
        }
        let (mut one, mut other) = (Heard::default(), Heard::default());
        for (first, second) in mentions.iter().zip(&shuffled) {
            one.hear(first);
            other.hear(second);
        }
        let (one, other) = (one.talk(), other.talk());
        prop_assert_eq!((one.stories, one.sources, one.reach), (other.stories, other.sources, other.reach));
        let sizes = |talk: &Talk| talk.largest.iter().map(|story| (story.mentions, story.voices)).collect::<Vec<_>>();
        prop_assert_eq!(sizes(&one), sizes(&other));
    }
}

#[test]
fn nearly_every_copy_is_found_among_many_stories() {
    let mut rng = StdRng::seed_from_u64(11);
    let mut heard = Heard::default();
    let texts: Vec<Vec<String>> = (0..1_000).map(|_| words(&mut rng, 25)).collect();
    for (id, text) in texts.iter().enumerate() {
        heard.hear(&mention(id, None, None, &text.join(" ")));
    }
    assert_eq!(heard.talk().stories, 1_000);
    for (id, text) in texts.iter().enumerate() {
        let mut copy = text.clone();
        for change in [4, 12, 20] {
            copy[change] = format!("changed{}", rng.random_range(0..1_000_000));
        }
        let (copy, text) = (copy.join(" "), text.join(" "));
        assert_eq!(sketch(&copy).is_copy_of(&sketch(&text)), ALIKE_PERMILLE <= 600);
        heard.hear(&mention(1_000 + id, None, None, &copy));
    }
    // At a resemblance of 0.6, the least that is a copy, one in two hundred is expected to be missed.
    let missed = heard.talk().stories - 1_000;
    assert!(missed <= 15, "{missed} of 1,000 copies were missed");
}

#[test]
fn a_brigade_is_one_voice_and_a_wire_story_is_as_many_as_there_are_papers() {
    let watch = watch(Besides::default());
    let mut brigade = Heard::default();
    for id in 0..40 {
        let url = format!("https://social.example/{id}");
        brigade.hear(&mention(id, Some(&format!("account{id}")), Some(&url), WIRE));
    }
    assert_eq!(brigade.verdict(&watch), Verdict::Suppressed(Why::TooFewVoices { voices: 1, wanted: 4 }));
    let talk = brigade.talk();
    assert_eq!((talk.mentions, talk.stories, talk.own_voices, talk.largest[0].voices), (40, 1, 1, 40));

    // Three people who say something of their own, and the brigade is a fourth voice, no more.
    for id in 40..43 {
        let own = format!("I was a patient there {id} and nobody told me anything about it {id} {id} {id}");
        brigade.hear(&mention(id, Some(&format!("person{id}")), Some("https://social.example/own"), &own));
    }
    assert!(matches!(brigade.verdict(&watch), Verdict::Spike(_)));

    let mut papers = Heard::default();
    for id in 0..40 {
        papers.hear(&mention(id, None, Some(&format!("https://paper{id}.example/health")), WIRE));
    }
    let Verdict::Spike(spike) = papers.verdict(&watch) else { panic!("{:?}", papers.verdict(&watch)) };
    let talk = spike.talk.unwrap();
    assert_eq!((talk.stories, talk.own_voices, talk.sources, talk.largest[0].mentions), (1, 40, 40, 40));

    let mut busy = Heard::default();
    (0..40).for_each(|id| busy.hear(&mention(id, Some("one"), None, &format!("{WIRE} {id}"))));
    assert_eq!(busy.verdict(&watch), Verdict::Suppressed(Why::TooFewVoices { voices: 1, wanted: 4 }));

    let mut slogan = Heard::default();
    (0..6).for_each(|id| slogan.hear(&mention(id, Some(&format!("voice{id}")), None, "Hospital breach!")));
    assert!(matches!(slogan.verdict(&watch), Verdict::Spike(_)), "two words are nobody's to copy");
}

#[test]
fn tone_and_reach_hold_an_alarm_back_until_they_are_told() {
    let negative = watch(Besides { negative: Some(Percent(60)), reach: None });
    let reach = watch(Besides { negative: None, reach: Some(10_000) });
    let say = |heard: &mut Heard, id: usize, language: &str, text: &str, reach: u32| {
        let said = mention(id, Some(&format!("voice{id}")), None, text);
        heard.hear(&Mention { language: Some(language.to_owned()), reach: Some(reach), ..said });
    };
    let mut heard = Heard::default();
    (0..8).for_each(|id| say(&mut heard, id, "es", &format!("horrible hospital malo {id}"), 1_000));
    assert_eq!(
        heard.verdict(&negative),
        Verdict::Suppressed(Why::NotNegative { negative: 0, toned: 0, wanted: Percent(60) }),
        "a language whose tone is not known is not guessed to be negative"
    );
    assert_eq!(heard.verdict(&reach), Verdict::Suppressed(Why::TooLittleReach { reach: 8_000, wanted: 10_000 }));
    say(&mut heard, 7, "es", "otra cosa", 3_000);
    assert!(
        matches!(heard.verdict(&reach), Verdict::Spike(_)),
        "a voice counts once, with the most that was said of it"
    );

    (10..14).for_each(|id| say(&mut heard, id, "en", &format!("horrible hospital {id}"), 0));
    assert!(
        matches!(heard.verdict(&negative), Verdict::Suppressed(Why::NotNegative { toned: 4, .. })),
        "four are too few"
    );
    say(&mut heard, 14, "en", "lovely hospital 14", 0);
    let Verdict::Spike(spike) = heard.verdict(&negative) else { panic!("{:?}", heard.verdict(&negative)) };
    let talk = spike.talk.unwrap();
    assert_eq!((talk.toned, talk.negative, talk.reach), (5, 4, 10_000));
    (15..17).for_each(|id| say(&mut heard, id, "en", &format!("lovely hospital {id}"), 0));
    assert!(matches!(heard.verdict(&negative), Verdict::Suppressed(Why::NotNegative { negative: 4, toned: 7, .. })));
}

#[test]
fn memory_ends_at_its_bounds() {
    let mut heard = Heard::default();
    for id in 0..TELLINGS_MAX + 3 {
        heard.hear(&mention(id, Some("one"), None, &format!("short text {id}")));
    }
    let talk = heard.talk();
    assert_eq!(talk.mentions as usize, TELLINGS_MAX, "the latest are told apart");
    assert_eq!(heard.counts.count(DAY, minute_of(at(0))) as usize, TELLINGS_MAX + 3, "all are counted");

    let mut heard = Heard::default();
    heard.hear(&mention(0, None, None, "the first of very many stories here"));
    heard.minute = 1;
    (1..=STORIES_MAX).for_each(|id| heard.hear(&mention(id, None, None, &format!("short text {id}"))));
    heard.hear(&mention(STORIES_MAX + 1, None, None, "the first of very many stories here"));
    assert_eq!(heard.talk().stories as usize, STORIES_MAX + 2, "what was told longest ago is forgotten first");
    heard.hear(&mention(STORIES_MAX + 2, None, None, &format!("short text {STORIES_MAX}")));
    assert_eq!(heard.talk().stories as usize, STORIES_MAX + 2, "what was told last is known");

    let mut heard = Heard::default();
    for id in 0..PLACES_MAX + 9 {
        heard.hear(&mention(id, None, Some(&format!("https://paper{id}.example/")), WIRE));
    }
    assert_eq!(heard.talk().own_voices as usize, PLACES_MAX, "more places are counted short, never over");
}

#[test]
fn a_story_is_over_a_day_after_it_was_last_told() {
    let mut heard = Heard::default();
    heard.hear(&mention(0, None, None, WIRE));
    heard.minute = 24 * 60;
    heard.hear(&mention(1, None, None, WIRE));
    assert_eq!(heard.talk().largest[0].first.mention, "0", "told again within the day");
    heard.minute = 2 * 24 * 60 + 1;
    heard.hear(&mention(2, None, None, WIRE));
    assert_eq!(heard.talk().largest[0].first.mention, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_and_the_page_say_what_the_talk_is() {
    let mut app = TestApp::start().await;
    let text = "Riverside General leaked the records of my mother Helen Pruitt, a nurse has told the paper today";
    let mut lines: Vec<_> = (0..5)
        .map(|paper| {
            let mut mention = app.mention("", text);
            mention["url"] = json!(format!("https://paper{paper}.example/health?a=1&b=2"));
            mention["published"] = json!((app.clock.now() - SignedDuration::from_mins(5 - paper)).to_string());
            mention
        })
        .collect();
    let mut loud = app.mention("loud", "I hate it: Riverside General leaked everything and lied to all of us again");
    loud["reach"] = json!(12_000);
    loud["language"] = json!("en");
    lines.push(loud);
    assert!(app.deliver("/in/listening", &lines).await.status().is_success());
    app.settle().await;
    let letter = app.letters("ana", "Is this real?").pop().unwrap();
    let page = app.sign_in("ana").await.text("/incident/1").await;
    for shown in [&letter.letter.text, &letter.letter.html, &page] {
        for says in [
            "2 stories",
            "4 of them copies",
            "one story x 5, from 5 voices; first seen",
            "at paper0[.]example",
            "and 1 more",
            "of the 6 in English are negative",
            "12,000 people",
            "my mother [name]",
        ] {
            assert!(shown.contains(says), "{says} not in:\n{shown}");
        }
        assert!(!shown.contains("Pruitt"));
    }
    assert_eq!(letter.letter.text.matches("told the paper today").count(), 1, "a story is quoted once");
    assert!(!letter.letter.html.contains("paper0.example") && !letter.letter.text.contains("paper0.example"));
    let link = "<a href=\"https://paper0.example/health?a&#x3D;1&amp;b&#x3D;2\" rel=\"noopener noreferrer nofollow\">";
    assert!(page.contains(link), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_our_own_accounts_say_is_kept_and_counts_for_nothing() {
    let mut app = TestApp::start().await;
    let lines: Vec<_> =
        (0..9).map(|n| app.mention("@RiversideGeneral", &format!("Riverside General leaked {n}"))).collect();
    assert!(app.deliver("/in/listening", &lines).await.status().is_success());
    app.settle().await;
    app.spike(5).await;
    assert_eq!(app.incidents(), 0, "five is not more than five");
    app.spike(1).await;
    assert_eq!(app.incidents(), 1);
    assert_eq!(app.incident(1).spike.as_ref().unwrap().count, 6);
}

/// Copies among real posts: what the index finds against comparing each with every other.
#[test]
fn copies_among_real_posts_are_found() {
    let Some(folder) = data() else { return };
    for crisis in ["2012_Venezuela_refinery", "2013_Glasgow_helicopter_crash", "2013_NY_train_crash"] {
        let path = folder.join(format!("mentions/{crisis}/{crisis}-tweets_labeled.csv"));
        let mut rows = csv::ReaderBuilder::new().flexible(true).from_path(path).unwrap();
        let texts = rows.byte_records().map(|row| String::from_utf8_lossy(&row.unwrap()[1]).into_owned());
        let texts: Vec<String> = texts.take(POSTS).collect();
        let sketches: Vec<Sketch> = texts.iter().map(|text| sketch(text)).collect();
        let mut heard = Heard::default();
        let (mut leaders, mut joined, mut missed): (Vec<usize>, usize, usize) = (Vec::new(), 0, 0);
        for (id, text) in texts.iter().enumerate() {
            let before = heard.talk().stories;
            heard.hear(&mention(id, None, None, text));
            let is_copy = leaders.iter().any(|leader| sketches[id].is_copy_of(&sketches[*leader]));
            if heard.talk().stories > before {
                leaders.push(id);
                missed += usize::from(is_copy);
            } else {
                joined += 1;
                assert!(is_copy, "what resembles no story joined one");
            }
        }
        eprintln!("{crisis}: {} texts, {} stories, {joined} copies found, {missed} missed", texts.len(), leaders.len());
        assert!(missed * 100 <= joined, "{missed} missed against {joined}");
    }
}

/// Of the spans that point to a person in invented texts, those that a quotation still holds word for word.
#[test]
fn quotations_hide_most_of_what_points_to_a_person() {
    let Some(folder) = data() else { return };
    let lines = std::fs::read_to_string(folder.join("phi/dev.jsonl")).unwrap();
    let (mut all, mut hidden) = (0, 0);
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let quote = Quote::of(&"listening".into(), &mention(1, None, None, row["text"].as_str().unwrap()));
        // Names that nothing gives away are said to stay.
        for span in row["spans"].as_array().unwrap().iter().filter(|span| span["type"] != "NAME") {
            all += 1;
            hidden += usize::from(!quote.text.contains(span["text"].as_str().unwrap()));
        }
    }
    eprintln!("quotations hide {hidden} of {all} identifiers");
    assert!(hidden * 100 >= all * 75, "{hidden} of {all}");
}
