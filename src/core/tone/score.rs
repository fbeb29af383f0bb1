//! The score of a text.

use super::lexicon::{degree, emoji, negates, phrase, rating};

/// How many words are read; a longer text's tone is that of its beginning.
const WORDS_MAX: usize = 512;
const SHOUTED: f64 = 0.733;
const NEGATED: f64 = -0.74;
/// `never so good` and `never this good`.
const NEVER_SO: f64 = 1.25;
const BEFORE_BUT: f64 = 0.5;
const AFTER_BUT: f64 = 1.5;
/// What is left of a word of degree one, two and three words before.
const WANES: [f64; 3] = [1.0, 0.95, 0.9];
const EXCLAMATION: f64 = 0.292;
const EXCLAMATIONS_MAX: usize = 4;
const QUESTION: f64 = 0.18;
const MANY_QUESTIONS: f64 = 0.96;
/// About the largest sum that is met.
const ALPHA: f64 = 15.0;

struct Word {
    lower: String,
    shouted: bool,
}

/// From -1 (negative) to 1 (positive); 0 where no word is rated.
pub fn compound(text: &str) -> f64 {
    let text = named(text);
    let words = words(&text);
    let shouted = words.iter().filter(|word| word.shouted).count();
    let words_of = Words { words: &words, some_shouted: 0 < shouted && shouted < words.len() };
    let but = words.iter().position(|word| word.lower == "but");
    let weighed = |place: usize| {
        let rating = words_of.rating(place);
        match but {
            Some(but) if place < but => rating * BEFORE_BUT,
            Some(but) if place > but => rating * AFTER_BUT,
            Some(_) | None => rating,
        }
    };
    let sum: f64 = (0..words.len()).map(weighed).sum();
    let emphasis = emphasis(&text);
    let sum = if sum > 0.0 {
        sum + emphasis
    } else if sum < 0.0 {
        sum - emphasis
    } else {
        return 0.0;
    };
    sum / (sum * sum + ALPHA).sqrt()
}

/// With emoji replaced by their names.
fn named(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match emoji(c) {
            Some(name) => {
                written.push(' ');
                written.push_str(name);
            }
            None => written.push(c),
        }
    }
    written
}

fn words(text: &str) -> Vec<Word> {
    let word = |piece: &str| {
        let bare = piece.trim_matches(|c: char| c.is_ascii_punctuation());
        // What is as short as this was a face made of signs.
        let word = if bare.chars().nth(2).is_none() { piece } else { bare };
        let shouted = word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase);
        Word { lower: word.to_lowercase(), shouted }
    };
    text.split_whitespace().take(WORDS_MAX).map(word).collect()
}

struct Words<'a> {
    words: &'a [Word],
    /// Some words are in capitals, but not all.
    some_shouted: bool,
}

impl Words<'_> {
    fn lower(&self, place: usize) -> &str {
        self.words.get(place).map_or("", |word| word.lower.as_str())
    }

    /// The word so many places before; nothing before the beginning.
    fn before(&self, place: usize, by: usize) -> &str {
        place.checked_sub(by).map_or("", |place| self.lower(place))
    }

    fn rating(&self, place: usize) -> f64 {
        let word = self.lower(place);
        if degree(word).is_some() || (word == "kind" && self.lower(place + 1) == "of") {
            return 0.0;
        }
        let Some(rated) = rating(word) else { return 0.0 };
        let mut valence = rated;
        if word == "no" && rating(self.lower(place + 1)).is_some() {
            valence = 0.0;
        }
        let no_or = self.before(place, 3) == "no" && matches!(self.before(place, 1), "or" | "nor");
        if self.before(place, 1) == "no" || self.before(place, 2) == "no" || no_or {
            valence = rated * NEGATED;
        }
        if self.some_shouted && self.words[place].shouted {
            valence += if valence > 0.0 { SHOUTED } else { -SHOUTED };
        }
        for by in 1..=WANES.len() {
            if place < by || rating(self.before(place, by)).is_some() {
                continue;
            }
            valence += self.degree(place - by, valence) * WANES[by - 1];
            valence *= self.negation(place, by);
            if by == WANES.len() {
                valence = self.phrase(place, valence);
            }
        }
        let least = self.before(place, 1) == "least" && !matches!(self.before(place, 2), "at" | "very");
        if least { valence * NEGATED } else { valence }
    }

    fn degree(&self, place: usize, valence: f64) -> f64 {
        let Some(degree) = degree(self.lower(place)) else { return 0.0 };
        let scalar = if valence < 0.0 { -degree } else { degree };
        if !self.some_shouted || !self.words[place].shouted {
            return scalar;
        }
        scalar + if valence > 0.0 { SHOUTED } else { -SHOUTED }
    }

    /// What the word `by` places before does to a rating, as a factor.
    fn negation(&self, place: usize, by: usize) -> f64 {
        let (one, two, three) = (self.before(place, 1), self.before(place, 2), self.before(place, 3));
        let so = |word: &str| matches!(word, "so" | "this");
        let praised = match by {
            1 => false,
            2 => two == "never" && so(one),
            _ => (three == "never" && so(two)) || so(one),
        };
        let doubtless = match by {
            1 => false,
            2 => two == "without" && one == "doubt",
            _ => three == "without" && (two == "doubt" || one == "doubt"),
        };
        if praised {
            NEVER_SO
        } else if !doubtless && negates(self.before(place, by)) {
            NEGATED
        } else {
            1.0
        }
    }

    fn phrase(&self, place: usize, valence: f64) -> f64 {
        let said = |from: usize, to: usize| {
            let words = (from..=to).map(|at| self.lower(at));
            words.collect::<Vec<_>>().join(" ")
        };
        let behind = [(1, 0), (2, 0), (2, 1), (3, 1), (3, 2)];
        let found = behind.iter().find_map(|(from, to)| phrase(&said(place - from, place - to)));
        let mut valence = found.unwrap_or(valence);
        for ahead in [1, 2] {
            if place + ahead < self.words.len()
                && let Some(found) = phrase(&said(place, place + ahead))
            {
                valence = found;
            }
        }
        let of_degree = [(3, 1), (3, 2), (2, 1)];
        valence + of_degree.iter().filter_map(|(from, to)| degree(&said(place - from, place - to))).sum::<f64>()
    }
}

fn emphasis(text: &str) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let exclamations = text.matches('!').count().min(EXCLAMATIONS_MAX);
    let questions = match text.matches('?').count() {
        0 | 1 => 0.0,
        few @ 2..=3 => number(few) * QUESTION,
        _ => MANY_QUESTIONS,
    };
    number(exclamations) * EXCLAMATION + questions
}
