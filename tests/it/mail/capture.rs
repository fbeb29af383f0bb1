//! The built-in mailbox.

use std::time::Duration;

use holdline::mail::{Letter, MailReason, Mailbox, Post, Sent, capture::MAILBOX_LETTERS_MAX};

use super::{FROM, letter, noon, numbered};

fn mailbox() -> Mailbox {
    Mailbox::new(FROM).expect("a mailbox")
}

#[tokio::test]
async fn keeps_each_letter_once_with_the_bytes_that_would_go_out() {
    let mailbox = mailbox();
    let post = Post::Capture(mailbox.clone());
    for _ in 0..2 {
        assert!(matches!(post.send(&letter(), noon()).await, Sent::Accepted { .. }));
    }
    let kept = mailbox.all();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].number, &kept[0].letter, kept[0].at), (1, &letter(), noon()));
    assert!(String::from_utf8_lossy(&kept[0].mime).contains("Message-ID: <i7.3.0@riverside.example>"));
}

#[test]
fn lists_by_address_and_by_number() {
    let mailbox = mailbox();
    for n in 1..=3 {
        let to = if n == 2 { "Bob@ex.test" } else { "alice@ex.test" };
        let _ = mailbox.send(&Letter { to: to.to_owned(), ..numbered(n) }, noon());
    }
    let numbers = |address: &str| mailbox.to(address).iter().map(|kept| kept.number).collect::<Vec<_>>();
    assert_eq!((numbers("ALICE@ex.test"), numbers("bob@ex.test"), numbers("x@ex.test")), (vec![1, 3], vec![2], vec![]));
    assert_eq!(mailbox.get(2).map(|kept| kept.letter.to.clone()).as_deref(), Some("Bob@ex.test"));
    assert_eq!(mailbox.get(4), None);
}

#[test]
fn refuses_what_could_not_be_sent() {
    let mailbox = mailbox();
    let sent = mailbox.send(&Letter { to: "nobody".to_owned(), ..letter() }, noon());
    assert!(matches!(sent, Sent::Never { why: MailReason::BadLetter, .. }));
    assert!(mailbox.all().is_empty());
}

#[test]
fn drops_the_oldest_beyond_its_bound() {
    let mailbox = mailbox();
    for n in 1..=MAILBOX_LETTERS_MAX + 1 {
        let _ = mailbox.send(&numbered(n), noon());
    }
    assert_eq!(mailbox.all().len(), MAILBOX_LETTERS_MAX);
    assert_eq!((mailbox.get(1), mailbox.get(2).is_some()), (None, true));
}

#[tokio::test]
async fn waits_for_a_letter_and_no_longer_than_told() {
    let mailbox = mailbox();
    let waiting = mailbox.clone();
    let arrival = tokio::spawn(async move {
        waiting.wait_for(|kept| kept.letter.message_id == numbered(2).message_id, Duration::from_mins(1)).await
    });
    for n in 1..=2 {
        tokio::task::yield_now().await;
        let _ = mailbox.send(&numbered(n), noon());
    }
    assert_eq!(arrival.await.expect("the wait ends").map(|kept| kept.number), Some(2));
    assert_eq!(mailbox.wait_for(|_| false, Duration::from_millis(1)).await, None);
}
