//! Queries: the matcher and the explanation against a plainer reading of the same trees, and against hostile text.

use holdline::core::mention::Mention;
use holdline::core::query::{Matcher, Query, explain};
use proptest::prelude::*;

fn said(text: &str) -> Mention {
    Mention {
        id: "1".to_owned(),
        title: None,
        text: text.to_owned(),
        author: None,
        url: None,
        language: None,
        published: None,
        reach: None,
    }
}

/// Query and reading side by side: a tree, its source, and what it says of a list of plain words.
#[derive(Clone, Debug)]
enum Tree {
    Phrase(Vec<&'static str>, bool),
    Near(usize, Box<[Tree; 2]>),
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
}

impl Tree {
    fn source(&self) -> String {
        let all = |parts: &[Self]| parts.iter().map(Self::source).collect::<Vec<_>>();
        match self {
            Self::Phrase(words, star) => {
                format!("\"{}{}\"", words.join(" "), if *star { "*" } else { "" })
            }
            Self::Near(within, sides) => {
                format!("({} NEAR/{within} {})", sides[0].source(), sides[1].source())
            }
            Self::Not(inner) => format!("NOT {}", inner.source()),
            Self::And(parts) => format!("({})", all(parts).join(" ")),
            Self::Or(parts) => format!("({})", all(parts).join(" OR ")),
        }
    }

    fn ranges(&self, text: &[&str]) -> Vec<(usize, usize)> {
        match self {
            Self::Phrase(words, star) => {
                let fits = |at: usize| {
                    words.iter().enumerate().all(|(n, word)| {
                        text[at + n] == *word || (*star && n + 1 == words.len() && text[at + n].starts_with(word))
                    })
                };
                let starts = 0..(text.len() + 1).saturating_sub(words.len());
                starts.filter(|&at| fits(at)).map(|at| (at, at + words.len() - 1)).collect()
            }
            Self::Or(parts) => parts.iter().flat_map(|part| part.ranges(text)).collect(),
            Self::Near(..) | Self::Not(_) | Self::And(_) => Vec::new(),
        }
    }

    fn holds(&self, text: &[&str]) -> bool {
        match self {
            Self::Phrase(..) => !self.ranges(text).is_empty(),
            Self::Near(within, sides) => sides[0].ranges(text).into_iter().any(|one| {
                let close = |a: (usize, usize), b: (usize, usize)| a.1 < b.0 && b.0 - a.1 <= *within;
                sides[1].ranges(text).into_iter().any(|other| close(one, other) || close(other, one))
            }),
            Self::Not(inner) => !inner.holds(text),
            Self::And(parts) => parts.iter().all(|part| part.holds(text)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(text)),
        }
    }
}

const WORDS: [&str; 7] = ["aa", "aab", "aabb", "bb", "bba", "cc", "ccaa"];

fn phrase() -> impl Strategy<Value = Tree> {
    (prop::collection::vec(prop::sample::select(&WORDS[..]), 1..4), any::<bool>())
        .prop_map(|(words, star)| Tree::Phrase(words, star))
}

fn side() -> impl Strategy<Value = Tree> {
    prop_oneof![phrase(), prop::collection::vec(phrase(), 2..4).prop_map(Tree::Or)]
}

fn tree() -> impl Strategy<Value = Tree> {
    let near = (1..5usize, side(), side()).prop_map(|(within, a, b)| Tree::Near(within, Box::new([a, b])));
    prop_oneof![2 => phrase(), 1 => near].prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Tree::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::And),
            prop::collection::vec(inner, 2..4).prop_map(Tree::Or),
        ]
    })
}

proptest! {
    /// One automaton for all queries, a plain reading of each, and its explanation say the same.
    #[test]
    fn one_pass_equals_one_by_one(
        trees in prop::collection::vec(tree(), 1..12),
        text in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..12),
        between in prop::sample::select(vec![" ", ", ", " — ", "'", "\n"]),
    ) {
        let all: Vec<_> = trees.iter().filter_map(|tree| Some((tree, Query::parse(&tree.source()).ok()?))).collect();
        let queries: Vec<_> = all.iter().map(|(_, query)| query.clone()).collect();
        let mention = said(&text.join(between));
        let found = Matcher::new(&queries).expect("in order").matches(&mention);
        for (at, (tree, query)) in all.iter().enumerate() {
            prop_assert_eq!(found.contains(&at), tree.holds(&text), "{}", query.source());
            prop_assert_eq!(explain(query, &mention).matched, tree.holds(&text), "{}", query.source());
        }
        prop_assert!(found.is_sorted());
    }

    /// A query is refused for leaving out alone exactly if it would match a mention that says nothing.
    #[test]
    fn what_would_match_an_empty_mention_is_refused(tree in tree()) {
        match Query::parse(&tree.source()) {
            Ok(query) => prop_assert!(!explain(&query, &said("")).matched),
            Err(error) => prop_assert!(tree.holds(&[]), "{error}"),
        }
    }

    #[test]
    fn anything_can_be_parsed_without_a_panic(source in any::<String>()) {
        if let Err(error) = Query::parse(&source) {
            prop_assert!(source.get(error.span).is_some());
        }
    }

    #[test]
    fn anything_like_a_query_is_read_without_a_panic_and_the_same_twice(
        sources in prop::collection::vec("([(]|[)]|AND |OR |NOT |-|NEAR/3 |[@#]|from:|lang:|site:|\"|[*]| |[a-cé'._\u{301}病ßＡ\u{200d}]{1,3} ?){1,8}", 1..6),
        title in prop::option::of("[a-c @#é病.]{0,12}"),
        text in "([@#]?[a-cÉ'._\u{301}病ßＡ\u{200d}]{1,3}[ ,]?){0,8}|\\PC{0,20}",
        author in prop::option::of("[@a-cé ]{0,4}"),
        url in prop::option::of("(https?://)?[a-c.@:/]{0,8}"),
        language in prop::option::of("[a-c]{0,3}(-[a-c]{1,2})?"),
    ) {
        let queries: Vec<_> = sources.iter().filter_map(|source| Query::parse(source).ok()).collect();
        let mention = Mention { title, author, url, language, ..said(&text) };
        let found = Matcher::new(&queries).expect("in order").matches(&mention);
        for (at, query) in queries.iter().enumerate() {
            let explained = explain(query, &mention);
            prop_assert_eq!(found.contains(&at), explained.matched, "{}\n{}", query.source(), explained);
            prop_assert_eq!(&Query::parse(query.source()).expect("in order"), query);
        }
    }

    /// A word that stands in a mention is found there, in whatever case and composition it is asked for.
    #[test]
    fn words_are_found_in_any_spelling(word in "[a-zäöüéñçåžășİŁØßœ]{1,8}", around in "[ .,!?—\n]{1,3}") {
        use unicode_normalization::UnicodeNormalization;
        let mention = said(&format!("x{around}{word}{around}y"));
        for asked in [word.to_uppercase(), word.to_lowercase(), word.nfd().collect(), word.nfkc().collect()] {
            if let Ok(query) = Query::parse(&format!("\"{asked}\"")) {
                prop_assert!(explain(&query, &mention).matched, "{asked} in {}", mention.text);
            }
        }
    }
}
