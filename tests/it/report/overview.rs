//! Many reports beside one another: what was live and what was a rehearsal are never counted together.

use holdline::core::report::Reports;
use holdline::report::{TREND_MAX, document, markdown, overview};

use super::golden::{report_of, story};

/// A rehearsal that was quick: public after four minutes.
const QUICK: &str = "given: a rehearsal\n00:00 ana opens it: x\n00:01 ana claims\n00:02 chi confirms help_line 1 555 0100\n\
    00:03 chi approves holding\n00:03 dev approves holding\n00:04 ana approves holding\n";

#[test]
fn live_and_rehearsal_stand_apart() {
    let reports = ["breach.txt", "rehearsal.txt", "false_alarm.txt"].map(|name| report_of(&story(name)));
    let reports = reports.into_iter().chain([report_of(QUICK)]).collect();
    let text = markdown(&overview(&Reports { reports, left_out: 3 }));
    let (live, rehearsals) = text.split_once("## Rehearsals").unwrap();
    let rows = |part: &str| part.lines().filter(|line| line.starts_with("| 1: ")).count();
    assert_eq!((rows(live), rows(rehearsals)), (2, 2), "{text}");
    // 23 minutes, and one without a statement; 23 and 4 minutes.
    assert!(live.contains("Median time to the first public statement: 23 minutes."), "{live}");
    assert!(rehearsals.contains("Median time to the first public statement: 13 minutes 30 seconds."), "{rehearsals}");
    let trend = "Patient data breach, first statement after, from the oldest to the newest: 4 minutes, 23 minutes.";
    assert!(rehearsals.contains(trend) && !live.contains("from the oldest"), "{text}");
    assert!(live.contains("| 23 minutes | dev (legal): 14 minutes on the holding statement, stage accuracy, without an answer | 1 | 1 of 3 | 1 of 2 |"), "{live}");
    assert!(live.contains("Closed as a false alarm by eve"), "{live}");
    assert!(text.contains("3 older incidents not shown here"), "{text}");
}

#[test]
fn a_rehearsal_that_was_broken_off_is_not_said_to_be_stood_down() {
    let story = "given: a rehearsal\n00:00 ana opens it: x\n00:05 broken off: a live incident is open\n";
    let report = report_of(story);
    let words = "Broken off 22 November, 00:05 UTC: a live incident is open.";
    assert!(markdown(&document(&report, &[])).contains(words), "{}", markdown(&document(&report, &[])));
    let list = markdown(&overview(&Reports { reports: vec![report], left_out: 0 }));
    assert!(list.contains(words) && !list.contains("Stood down"), "{list}");
}

#[test]
fn where_there_is_none_the_list_says_so() {
    let text = markdown(&overview(&Reports { reports: Vec::new(), left_out: 0 }));
    assert!(text.contains("There is none yet."), "{text}");
}

#[test]
fn a_trend_is_as_long_as_its_limit_and_no_longer() {
    for count in [TREND_MAX, TREND_MAX + 1] {
        let reports = (0..count).map(|_| report_of(QUICK)).collect();
        let text = markdown(&overview(&Reports { reports, left_out: 0 }));
        let trend = text.lines().find(|line| line.contains("from the oldest")).unwrap();
        assert_eq!(trend.matches("4 minutes").count(), TREND_MAX, "{trend}");
    }
}
