//! Conditions that a person could write and no machine could finish: refused or answered in time, as everything else.

use holdline::core::condition::{CONDITION_BYTES_MAX, Condition, ConditionError, Known};

use super::Meter;

const LIST: &str = "[0,1,2,3,4,5,6,7,8,9]";

fn within_one_another(levels: usize, call: &str) -> String {
    let open: String = (0..levels).fold(String::new(), |open, level| open + &format!("{LIST}.{call}(v{level}, "));
    format!("{open}true{}", ")".repeat(levels))
}

#[test]
fn no_condition_takes_long() {
    let mut meter = Meter::of("conditions");
    let deep = |open: &str, close: &str, inner: &str| {
        let levels = (CONDITION_BYTES_MAX - inner.len()) / (open.len() + close.len());
        format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
    };
    for condition in [
        within_one_another(2, "all"),
        within_one_another(12, "all"),
        within_one_another(25, "exists_one"),
        within_one_another(25, "map"),
        within_one_another(25, "filter"),
        deep("(", ")", "true"),
        deep("!", "", "true"),
        deep("-", "", "1"),
        deep("[", "]", "1"),
        deep("{1:", "}", "1"),
        deep("true ? ", "", "true : true"),
        deep("1 + ", "", "1"),
        deep("a.", "", "a"),
        deep("f(", ")", "a"),
        "9223372036854775807 + 1 > 0".to_owned(),
        "-9223372036854775808 / -1 > 0".to_owned(),
        "1 / 0 > 0".to_owned(),
        "1 % 0 > 0".to_owned(),
        "\"\\ud800\" == \"\"".to_owned(),
        "[1][18446744073709551615u] == 1".to_owned(),
        "[1][-1] == 1".to_owned(),
        "duration(\"999999999999999h\") > duration(\"1s\")".to_owned(),
    ] {
        meter.run(&condition, || {
            if let Ok(condition) = Condition::parse(&condition) {
                condition.holds(&Known::default());
            }
        });
    }
    meter.end();
    assert_eq!(Condition::parse(&within_one_another(1, "all")), Err(ConditionError::Loop));
    assert_eq!(Condition::parse("[1, 2].exists(x, x > 1)").err(), Some(ConditionError::Loop));
    assert!(Condition::parse("has(facts.a) && facts.b in [1, 2]").is_ok());
}
