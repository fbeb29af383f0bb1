//! Quiet nights: hours in which next to nothing is said are measured by themselves, once two weeks agree.

use holdline::core::past::{Grid, Past};

use crate::past::{HALF_HOUR, STEPS_A_DAY, alarms, days, detector, play, talk};

/// A day's talk in half hours: next to nothing at three in the morning, nearly twice the mean in the afternoon.
fn quiet_nights(step: usize) -> f64 {
    (1.0 + 0.9 * ((days(step) - 0.375) * std::f64::consts::TAU).sin()).max(0.05)
}

#[test]
fn a_crisis_that_begins_in_a_quiet_night_is_found_in_that_night() {
    for (name, usual) in [("a busy house", 60.0), ("a small one", 12.0)] {
        // Every second week, at three in the morning, as much as four times the day's mean.
        let nights: Vec<usize> = (4..15).step_by(2).map(|week| week * 7 * STEPS_A_DAY + 6).collect();
        let crisis = |step: usize| {
            let since = nights.iter().filter(|night| (**night..**night + 6).contains(&step)).map(|night| step - night);
            since.map(|after| 4.0 * (-days(after) * 24.0 / 1.5).exp()).sum::<f64>()
        };
        let series = talk(21, 15, |step| usual * (quiet_nights(step) + crisis(step)));
        let dial = detector("false_alarms", "1 per week");
        let alarms = alarms(&play(dial.as_ref(), HALF_HOUR, &series));
        let found = nights.iter().filter(|night| alarms.iter().any(|at| (**night..**night + 4).contains(at))).count();
        eprintln!("{name}: {found} of {} nights found, {} alarms", nights.len(), alarms.len());
        assert!(found >= 5, "{name}: {found}");
    }
}

#[test]
fn an_hour_is_quiet_once_two_whole_weeks_agree() {
    let grid = Grid::default();
    let (day, hour) = (grid.bins_in_day(), grid.bins_in_hour());
    let heard_for = |days: i64, night: u32| {
        let mut past = Past::default();
        past.begin(0);
        (0..days * day).for_each(|bin| past.add(bin, if bin % day < 8 * hour { night } else { 20 }));
        past
    };
    let highs = |past: &Past, bin: i64| -> Vec<f64> {
        past.baseline(bin, &grid).unwrap().usual().iter().map(|usual| usual.high).collect()
    };
    let (noon, night) = (12 * hour, 4 * hour);
    let known = heard_for(15, 2);
    for (high, by_day) in highs(&known, 14 * day + noon).into_iter().zip([40.0, 120.0, 360.0, 1_080.0]) {
        assert!((high - by_day).abs() < 1e-6, "{high} {by_day}");
    }
    assert!(
        highs(&known, 14 * day + night)
            .iter()
            .zip(highs(&known, 14 * day + noon))
            .all(|(by_night, by_day)| *by_night < 0.5 * by_day)
    );
    // Not yet two weeks, and nights that are no less than half as loud as the day.
    for past in [heard_for(13, 2), heard_for(15, 12)] {
        let last = past.since().unwrap() + 12 * day;
        assert_eq!(highs(&past, last + night), highs(&past, last + 6 * hour));
    }
    // Where next to nothing is said at all, chance makes no rhythm, and one mention is not loud.
    let rare = heard_for(15, 0);
    assert!(highs(&rare, 14 * day + night).iter().all(|high| *high >= 1.0));
}
