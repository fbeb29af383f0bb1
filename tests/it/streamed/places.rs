//! Walks through timelines that grow, lose statuses and get late ones meanwhile: everything since somebody listens is met.

use std::collections::BTreeSet;

use holdline::feed::mastodon::place::{OVERLAP, PAGE_USUAL, PAGES_MAX, Places};
use holdline::feed::mastodon::status::Row;
use holdline::feed::mastodon::{Public, Timeline};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const TIMELINE: Timeline = Timeline::Public(Public::All);
const PAGE: usize = 40;

fn begun() -> Timestamp {
    "2026-11-22T14:00:00Z".parse().unwrap()
}

fn row(id: u64, seconds: i64) -> Row {
    Row { id: id.to_string(), at: Some(begun() + SignedDuration::from_secs(seconds)), said: Ok(None) }
}

fn fresh() -> Places {
    Places::read(None, &[TIMELINE], begun()).unwrap()
}

/// A server's timeline: ids tell when a status was written, and pages are in their order.
#[derive(Default)]
struct Server {
    rows: Vec<(u64, i64)>,
}

impl Server {
    fn page(&self, places: &mut Places) -> Vec<Row> {
        let place = places.of(&TIMELINE).unwrap();
        let id = |text: &str| text.parse::<u64>().unwrap();
        let (since, before) = (place.since().map(id), place.before().map(id));
        let mut rows: Vec<_> = self.rows.clone();
        rows.sort_unstable_by(|one, other| other.cmp(one));
        let wanted = rows.into_iter().filter(|(id, _)| since.is_none_or(|s| *id > s) && before.is_none_or(|b| *id < b));
        wanted.take(PAGE).map(|(id, at)| row(id, at)).collect()
    }
}

proptest! {
    #[test]
    fn whatever_happens_between_two_pages_is_met_in_the_end(
        happenings in prop::collection::vec((0_u8..10, 0_i64..240, 1_usize..70), 1..40)
    ) {
        let (mut server, mut places) = (Server::default(), fresh());
        let (mut now, mut met, mut gone) = (0_i64, BTreeSet::new(), BTreeSet::new());
        let mut look = |server: &Server, places: &mut Places| {
            // As after a death in the middle of it.
            let mut again = Places::read(Some(&places.write()), &[TIMELINE], begun()).unwrap();
            let rows = server.page(&mut again);
            met.extend(rows.iter().map(|row| row.id.parse::<u64>().unwrap()));
            let turned = again.of(&TIMELINE).unwrap().turn(&rows);
            *places = again;
            assert!(!turned.cut_off);
            turned.more
        };
        let mut next = 0;
        for (what, late, count) in happenings {
            match what {
                // Said now, or written a while ago and come late.
                0..=4 => for _ in 0..count {
                    now += 1;
                    let written = if what == 4 { (now - late).max(0) } else { now };
                    next += 1;
                    server.rows.push((u64::try_from(written).unwrap() * 100_000 + next, written));
                },
                5 => if let Some(at) = server.rows.len().checked_sub(count) { gone.insert(server.rows.remove(at).0); },
                _ => { look(&server, &mut places); }
            }
            prop_assert!(OVERLAP > SignedDuration::from_secs(240));
        }
        while look(&server, &mut places) {}
        while look(&server, &mut places) {}
        let missed: Vec<u64> = server.rows.iter().map(|(id, _)| *id).filter(|id| !met.contains(id)).collect();
        prop_assert!(missed.is_empty(), "{missed:?} of {} were missed", server.rows.len());
    }
}

#[test]
fn a_walk_ends_where_it_must() {
    let full = |first: u64, seconds: i64| (0..PAGE_USUAL as u64).map(|n| row(first - n, seconds)).collect::<Vec<_>>();
    let turn = |places: &mut Places, rows: &[Row]| places.of(&TIMELINE).unwrap().turn(rows);
    // A page that is not full is the last.
    let mut places = fresh();
    assert!(!turn(&mut places, &full(1_000, 0)[1..]).more);
    assert!(turn(&mut places, &full(1_000, 0)).more);
    // The same page again: the server cannot go back.
    assert!(!turn(&mut places, &full(1_000, 0)).more);
    // What was said before anybody listened is the end, whatever became of the status that was to end it.
    let mut places = fresh();
    assert!(turn(&mut places, &full(1_000, 0)).more);
    let before = -OVERLAP.as_secs() - 1;
    assert!(!turn(&mut places, &full(900, before)).more);
    assert!(!places.of(&TIMELINE).unwrap().is_ours(&row(1, before)));
    assert!(places.of(&TIMELINE).unwrap().is_ours(&row(1, before + 1)));
    // And the longest walk is cut off, and says so.
    let mut places = fresh();
    for page in 1..PAGES_MAX {
        let turned = turn(&mut places, &full(1_000_000 - u64::from(page) * 100, 0));
        assert!(turned.more && !turned.cut_off, "{page}");
    }
    let turned = turn(&mut places, &full(10_000, 0));
    assert!(!turned.more && turned.cut_off);
}

#[test]
fn places_of_timelines_that_are_no_longer_read_are_forgotten_and_new_ones_begin_now() {
    let tag = |name: &str| Timeline::Hashtag(name.to_owned());
    let mut places = Places::read(None, &[tag("a"), tag("b")], begun()).unwrap();
    let rows: Vec<Row> = vec![row(9, 600), row(3, 0)];
    places.of(&tag("a")).unwrap().turn(&rows);
    let later = begun() + SignedDuration::from_hours(1);
    let mut again = Places::read(Some(&places.write()), &[tag("a"), tag("c")], later).unwrap();
    assert_eq!(again.of(&tag("a")).unwrap().since(), Some("3"));
    assert!(again.of(&tag("b")).is_none());
    assert!(!again.of(&tag("c")).unwrap().is_ours(&row(1, 0)));
    assert!(Places::read(Some("1725911162329308"), &[tag("a")], later).is_err());
}
