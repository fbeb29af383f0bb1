//! Masking: what in a stranger's words could point to a private person, above all to a patient.
//!
//! After the identifiers of the HIPAA Privacy Rule's safe harbour (45 CFR 164.514(b)(2)) as far as their form gives them
//! away: addresses of mail and web, account names, telephone and other long numbers, record numbers, dates with their
//! year, ages over 89, streets, postcodes, rooms and beds, and names behind a word that says whose they are. A name that
//! stands alone is not known for one: a quotation is never safe to publish.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Fewer digits in a row than this are left to be read: they are years, counts and times.
const MASKED_DIGITS_MIN: usize = 5;
/// In a word that has letters as well, as record numbers and plates do.
const MASKED_DIGITS_OF_CODES_MIN: usize = 3;

/// What is looked for, and what stands in its place; `${1}` is what may be read.
const MASKS: &[(&str, &str)] = &[
    // Numbers that say what they are.
    (
        r"(?i)\b((?:MRN|SSN|NHS|DOB|IBAN|chart|record|patient|member|policy|account|acct|case|claim|licen[cs]e|passport|plate)(?:\s+(?:no|nr|num|number|id))?\.?)(?:\s*[:#]\s*|\s+#?)[A-Z0-9-]*\d[A-Z0-9/.-]*",
        "${1} •••",
    ),
    // Dates with their year: ISO, with numbers, and with the month's name before or after the day.
    (r"\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|\b\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})\b", "[date]"),
    (
        r"(?i)\b(?:\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?(?:\s+\d{1,2}(?:st|nd|rd|th)?)?,?\s+(?:19|20)\d{2}\b",
        "[date]",
    ),
    (r"(?i)\b((?:born|birthday|birth)(?:\s+(?:on|in|is|was))?:?)\s+[^\s.,;!?]*\d[^\s.,;!?]*", "${1} [date]"),
    // Ages over 89.
    (r"(?i)\b(?:9\d|1[01]\d)[\s-]*(?:years?|yrs?|y/o|yo)\b(?:[\s-]*old\b)?", "[age]"),
    (r"(?i)\b(aged?|turned|turns|turning)\s+(?:9\d|1[01]\d)\b", "${1} [age]"),
    // Streets with a number, postcodes of the UK, rooms and beds.
    (
        r"\b\d{1,5}[A-Za-z]?\s+(?:[NSEW]\.?\s+)?(?:[A-Z][\w'.-]*\s+){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Pl|Terrace|Close|Crescent|Square)\b\.?(?:,?\s+(?:Apt|Unit|Flat|Suite)\.?\s*\w+)?",
        "[street]",
    ),
    (r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b", "[postcode]"),
    (r"(?i)\b(room|rm|bed|ward|bay)\.?\s*#?\d[\w-]*(?:,?\s+bed\s+\w+)?", "${1} •••"),
    (r"\b(?:[A-Z]{2}\s?)?\d{2}(?:[\s-]\d{2}){2}[\s-]?[A-D]\b", "•••"),
    // Whoever is said to be in care: two words that may be a name, also in small letters.
    (
        r"(?i)\b[\p{L}'’-]+\s+[\p{L}'’-]+(\s+(?:was|is|got|has\s+been|had\s+been)\s+(?:re)?(?:admitted|discharged|treated|hospitali[sz]ed|sectioned|diagnosed))\b",
        "[name]${1}",
    ),
    (r"(?i)\b[\p{L}'’-]+\s+[\p{L}'’-]+(,\s+(?:a\s+)?patient\b|\s+(?:is|was)\s+a\s+patient\b)", "[name]${1}"),
];

/// Names behind whose they are: a title, a relation, `patient`. Doctors speak for their work and stay.
const NAMED: &str = r"(?x)
    \b( (?:[Mm]y|[Hh]er|[Hh]is|[Oo]ur|[Tt]heir) \s+
        (?:mother|mom|mum|father|dad|husband|wife|partner|son|daughter|sister|brother|aunt|uncle|cousin|niece|nephew|
           grandmother|grandma|gran|grandfather|grandpa|baby|child|kid|friend|neighbou?r|boss)
      | [Pp]atient (?:\s+named)?
      | (?:Mr|Mrs|Ms|Miss|Mx)
      | [Nn]urse | [Mm]idwife | [Pp]aramedic
      | I \s+ am | I['’]m | [Mm]y \s+ name \s+ is
      | [Ff]amily \s+ of
    ) (\.?,?) \s+ (?:(?:Mr|Mrs|Ms|Miss)\.?\s+)? \p{Lu}[\p{L}'’-]+ (?: \s+ \p{Lu}[\p{L}'’-]+ ){0,2}";

/// A pattern that did not compile would mask nothing; a test compiles them all.
static COMPILED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let named = (NAMED, "${1}${2} [name]");
    let all = MASKS.iter().chain([&named]);
    all.filter_map(|(pattern, shown)| Some((Regex::new(pattern).ok()?, *shown))).collect()
});

/// Without what could point to a private person.
pub(super) fn masked(text: &str) -> String {
    let words = text.split_whitespace().map(|word| match word.find('@') {
        Some(0) => format!("@{}…", word.chars().nth(1).map(String::from).unwrap_or_default()),
        Some(_) => "[address]".to_owned(),
        None => word.to_owned(),
    });
    let words = words.collect::<Vec<_>>().join(" ");
    let masked = COMPILED.iter().fold(words, |text, (pattern, shown)| {
        let replace = |found: &Captures<'_>| {
            let mut written = String::new();
            found.expand(shown, &mut written);
            written
        };
        pattern.replace_all(&text, replace).into_owned()
    });
    let words: Vec<String> = masked.split_whitespace().map(without_long_numbers).collect();
    without_phone_numbers(&words)
}

fn without_long_numbers(word: &str) -> String {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    // The digits of what `visible` wrote out are nobody's.
    let is_code = !word.contains('⟦') && bare.chars().any(char::is_alphabetic) && digits >= MASKED_DIGITS_OF_CODES_MIN;
    if digits < MASKED_DIGITS_MIN && !is_code {
        return word.to_owned();
    }
    word.chars().map(|c| if c.is_ascii_digit() { '•' } else { c }).collect()
}

/// Neighbouring groups of digits are one number, as in `555 010 0100`.
fn without_phone_numbers(words: &[String]) -> String {
    let is_group = |word: &String| {
        word.chars().any(|c| c.is_ascii_digit() || c == '•')
            && word.chars().all(|c| c.is_ascii_digit() || "•+-().,/".contains(c))
    };
    let mut shown: Vec<String> = Vec::new();
    let mut rest = words;
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|word| is_group(word)).count();
        let digits: usize = rest[..run].iter().map(|word| word.chars().filter(char::is_ascii_digit).count()).sum();
        if run > 1 && digits >= MASKED_DIGITS_MIN {
            shown.push("•••".to_owned());
            rest = &rest[run..];
        } else {
            shown.push(first.clone());
            rest = &rest[1..];
        }
    }
    shown.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{COMPILED, MASKS, masked};

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(COMPILED.len(), MASKS.len() + 1);
    }

    #[test]
    fn what_points_to_a_person_is_masked() {
        for (said, shown) in [
            ("MRN: 7740125 was on the screen", "MRN ••• was on the screen"),
            ("her chart no. H-33", "her chart no. •••"),
            ("DOB 04/12/1951.", "DOB •••"),
            ("seen on 2025-01-17 and 3.2.25", "seen on [date] and [date]"),
            ("admitted on March 3rd, 2025, again 12 June 2024", "admitted on [date], again [date]"),
            ("she was born in 1933", "she was born in [date]"),
            ("my 94-year-old neighbour, aged 97", "my [age] neighbour, aged [age]"),
            ("he lives at 48 Larkspur Lane, Apt 4B", "he lives at [street]"),
            ("near SW1A 1AA", "near [postcode]"),
            ("left in room 412, bed B for hours", "left in room ••• for hours"),
            ("my mother Helen Pruitt waited", "my mother [name] waited"),
            ("Mrs. Chen and the family of Jerome Whitaker", "Mrs. [name] and the family of [name]"),
            ("john smith was admitted for depression", "[name] was admitted for depression"),
            ("dr jane doe, patient of ward B", "dr [name], patient of ward B"),
            ("Nurse Maria Gomez shouted, and I am John Smith", "Nurse [name] shouted, and I am [name]"),
            ("plate 7KJT209", "plate •••"),
            ("call (415) 555-0137 or 07700 900123", "call (415) •••-•••• or ••••• ••••••"),
        ] {
            assert_eq!(masked(said), shown, "{said}");
        }
    }

    #[test]
    fn what_points_to_nobody_stays() {
        for said in [
            "9 hours in your ER on 3 March, in 2025, at 14:05",
            "covid-19 and the B52s, 40 papers, 1,200 patients",
            "Dr. Alan Reyes spoke in May",
            "90 percent of 95 beds",
            "my mother waited and Riverside General knew",
            "hundreds of patients were treated, and a patient of theirs said so",
            "24/7, route 101",
        ] {
            assert_eq!(masked(said), said);
        }
    }
}
