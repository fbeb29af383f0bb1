//! Tone and language: the scores of VADER's authors for invented sentences, and what stays unknown.

use holdline::core::language::{LETTERS_MIN, Language};
use holdline::core::mention::Mention;
use holdline::core::tone::{Tone, compound};

/// What the authors' own program (vaderSentiment 3.3.2) gives, to four places.
#[rustfmt::skip]
const SCORES: &[(&str, f64)] = &[
    ("The nurses were kind and the ward was clean.", 0.7269),
    ("The nurses were KIND and the ward was clean!!!", 0.8275),
    ("Not a kind nurse in the house.", -0.4168),
    ("The waiting was very bad.", -0.5849),
    ("The waiting was hardly bad.", -0.4951),
    ("The waiting was kind of bad.", -0.5849),
    ("They never apologised, and I hate it.", -0.6119),
    ("Never so good a doctor.", 0.5777),
    ("It was without doubt a great team.", 0.7359),
    ("The food was terrible, but the doctors are wonderful.", 0.6124),
    ("The doctors are wonderful, but the food was terrible.", -0.4215),
    ("No good reason, no help.", -0.5667),
    ("There is no pain.", 0.4023),
    ("The least helpful desk ever.", -0.3252),
    ("At least it helped.", 0.0),
    ("WHY is this so awful???? Why?", -0.7028),
    ("They lied?? Really??", -0.5514),
    ("Patients died in the fire. It is a tragedy.", -0.886),
    ("My records were stolen and leaked, a disgrace!", -0.8398),
    ("Yeah right, they care.", 0.6597),
    ("This clinic is the bomb", 0.6124),
    ("They are bad ass nurses", -0.25),
    ("A great day 😂 in the ward 😡", 0.7906),
    ("I love it :) thanks", 0.8779),
    ("Riverside General opens a new wing on Monday.", 0.0),
    ("", 0.0),
    ("I don't trust them, they aren't safe", -0.6259),
    ("I wasn't very happy with it", -0.4964),
    ("It was somewhat painful, and almost scary", -0.672),
    ("EXTREMELY dangerous place", -0.6281),
    ("He was absolutely NOT happy", -0.5067),
    ("nothing but problems", 0.438),
    ("She was neither helped nor comforted", 0.2466),
];

#[test]
fn scores_are_those_of_the_authors_program() {
    for (text, score) in SCORES {
        let own = compound(text);
        assert!((own - score).abs() < 0.000_051, "{text}: {own} for {score}");
    }
}

#[test]
fn a_long_text_is_scored_by_its_beginning() {
    let long = format!("{}{}", "word ".repeat(600), "terrible");
    assert!(compound(&long).abs() < f64::EPSILON);
}

fn said(language: Option<&str>, text: &str) -> Mention {
    Mention {
        id: "1".to_owned(),
        title: None,
        text: text.to_owned(),
        author: None,
        url: None,
        language: language.map(str::to_owned),
        published: None,
        reach: None,
    }
}

fn told(language: Option<&str>, text: &str) -> (Option<String>, Option<Tone>) {
    let mention = said(language, text);
    let language = Language::of(&mention);
    (language.map(|language| language.as_str().to_owned()), Tone::of(&mention, language))
}

#[test]
fn the_source_says_the_language_and_else_the_letters_do_where_they_are_enough() {
    let english =
        "The nurses of the ward were horrible to us and nobody would tell my family what was going on that night";
    let greek =
        "Οι νοσοκόμες ήταν φρικτές μαζί μας και κανείς δεν είπε στην οικογένειά μου τι συνέβαινε εκείνη τη νύχτα";
    let spanish = "Las enfermeras fueron horribles y nadie quiso decirle a mi familia lo que pasaba aquella noche";
    assert_eq!(told(None, english), (Some("en".to_owned()), Some(Tone::Negative)));
    assert_eq!(told(None, greek), (Some("el".to_owned()), None));
    let (language, tone) = told(None, spanish);
    assert!(language.is_none_or(|language| language == "es") && tone.is_none(), "unsure is unknown, and never English");
    assert_eq!(told(Some("pt-BR"), english), (Some("pt".to_owned()), None), "what the source says comes first");
    assert_eq!(told(Some("und"), english).0.as_deref(), Some("en"), "unless it says that it does not know");
    assert_eq!(told(Some("en-GB"), "lovely"), (Some("en".to_owned()), Some(Tone::Positive)));
    assert_eq!(told(Some("en"), "a hospital"), (Some("en".to_owned()), Some(Tone::Neutral)));
}

#[test]
fn a_short_or_mixed_text_has_no_language_and_no_tone() {
    for text in [
        "horrible!",
        "hospital horrible",
        "no no no",
        "https://english.example/horrible/words/and/more/of/them/in/it",
        "",
    ] {
        assert_eq!(told(None, text), (None, None), "{text}");
    }
    let cut = |letters: usize| {
        let mut left = letters;
        let inside = |c: &char| {
            let fits = !c.is_alphabetic() || left > 0;
            left -= usize::from(c.is_alphabetic() && left > 0);
            fits
        };
        "The nurses of the ward were horrible to us and nobody would tell us"
            .chars()
            .take_while(inside)
            .collect::<String>()
    };
    assert_eq!(told(None, &cut(LETTERS_MIN - 1)), (None, None), "one letter short");
}
