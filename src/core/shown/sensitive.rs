//! What of strangers' words may stand in a report that is kept and passed on.

use super::mask::masked;
use super::visible;
use crate::core::language::Language;
use crate::core::mention::Mention;

/// Words of somebody's own story: who speaks of themselves, of one person, family, children, care, illness, death or harm. A mention with
/// any of them is counted and not quoted, whatever else it says: in doubt nothing is.
const OWN_STORY: [&str; 103] = [
    "i",
    "im",
    "ive",
    "id",
    "ill",
    "me",
    "my",
    "mine",
    "myself",
    "we",
    "weve",
    "our",
    "ours",
    "us",
    "mother",
    "mom",
    "mum",
    "father",
    "dad",
    "husband",
    "wife",
    "partner",
    "son",
    "daughter",
    "sister",
    "brother",
    "aunt",
    "uncle",
    "cousin",
    "niece",
    "nephew",
    "grandmother",
    "grandma",
    "grandfather",
    "grandpa",
    "friend",
    "neighbour",
    "neighbor",
    "child",
    "children",
    "kid",
    "kids",
    "baby",
    "babies",
    "infant",
    "newborn",
    "boy",
    "girl",
    "teen",
    "teenager",
    "toddler",
    "pupil",
    "school",
    "old",
    "born",
    "died",
    "dead",
    "dies",
    "dying",
    "death",
    "killed",
    "kill",
    "suicide",
    "suicidal",
    "overdose",
    "overdosed",
    "harm",
    "harmed",
    "hurt",
    "bleeding",
    "blood",
    "raped",
    "rape",
    "abused",
    "abuse",
    "pregnant",
    "miscarriage",
    "abortion",
    "cancer",
    "hiv",
    "surgery",
    "diagnosis",
    "diagnosed",
    "psychiatric",
    "rehab",
    "medication",
    "he",
    "him",
    "his",
    "she",
    "her",
    "hers",
    "patient",
    "admitted",
    "discharged",
    "treated",
    "hospitalised",
    "hospitalized",
    "sectioned",
    "depression",
    "ward",
    "nurse",
    "midwife",
];

/// Whether a mention may be quoted where many read it later: it is in English, whose words can be looked at here, nothing
/// in it had to be masked, and it tells nobody's own story.
pub fn may_be_quoted(mention: &Mention) -> bool {
    let title = mention.title.as_deref().unwrap_or_default();
    let said = visible(&format!("{title} {}", mention.text));
    let plain = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = plain
        .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>());
    Language::of(mention) == Some(Language::ENGLISH)
        && masked(&plain) == plain
        && !words.into_iter().any(|word| OWN_STORY.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::may_be_quoted;
    use crate::core::mention::Mention;

    fn said(text: &str) -> Mention {
        Mention {
            id: "1".to_owned(),
            title: None,
            text: text.to_owned(),
            author: None,
            url: None,
            language: Some("en".to_owned()),
            published: None,
            reach: None,
        }
    }

    #[test]
    fn only_what_is_nobodys_own_story_is_quoted() {
        assert!(may_be_quoted(&said("Riverside General says that records may have been seen by others")));
        for text in [
            "I can't do this any more, says Riverside General's waiting list",
            "I’m done waiting at Riverside General",
            "OUR results are on that page",
            "A seven-year-old was in the leaked Riverside General list",
            "somebody at Riverside General died tonight",
            "riverside general hack: john smith was admitted for depression",
            "riverside general leaked what dr jane doe, patient there, told them",
            "Nurse Maria Gomez of Riverside General is behind the leak",
            "leaked: MRN 7740125 of Riverside General",
            "call 415 555 0137 about the Riverside General leak",
            "write to jo@x.example about the Riverside General leak",
        ] {
            assert!(!may_be_quoted(&said(text)), "{text}");
        }
        let spanish = Mention { language: Some("es".to_owned()), ..said("los registros de Riverside General") };
        assert!(!may_be_quoted(&spanish), "its words cannot be looked at");
    }
}
