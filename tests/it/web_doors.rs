//! The doors: who gets in where, what a scanner can do with a link, what the webhook takes and refuses.

use std::collections::BTreeSet;

use holdline::core::incident::{Hold, StatementPhase};
use holdline::engine::MAILS_PER_HOUR_MAX;
use holdline::web::{CONNECTIONS_MAX, HEADERS_WITHIN};
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::test_app::{Link, TestApp};

/// Every private page and form, as the router has them; a new one must be added here.
const PRIVATE: &[(&str, &str)] = &[
    ("GET", "/"),
    ("POST", "/open"),
    ("POST", "/sign-out"),
    ("GET", "/incident/1"),
    ("GET", "/incident/1/report"),
    ("GET", "/incident/1/report.md"),
    ("GET", "/reports"),
    ("GET", "/rehearsals"),
    ("GET", "/rehearsals/1"),
    ("POST", "/incident/1/verify"),
    ("POST", "/incident/1/claim"),
    ("POST", "/incident/1/severity"),
    ("POST", "/incident/1/stand-down"),
    ("POST", "/incident/1/close"),
    ("POST", "/incident/1/lesson"),
    ("POST", "/incident/1/lesson/0/done"),
    ("POST", "/incident/1/playbook"),
    ("POST", "/incident/1/change/0"),
    ("POST", "/incident/1/link"),
    ("POST", "/incident/1/merge"),
    ("POST", "/incident/1/switch"),
    ("POST", "/incident/1/fact/help_line"),
    ("POST", "/incident/1/task/pause"),
    ("POST", "/incident/1/statement/staff/edit"),
    ("POST", "/incident/1/statement/staff/redraft"),
    ("POST", "/incident/1/hand-over"),
    ("POST", "/incident/1/accept"),
    ("POST", "/incident/1/begin"),
    ("POST", "/incident/1/skip"),
    ("POST", "/incident/1/add-task"),
    ("POST", "/incident/1/story"),
    ("POST", "/incident/1/statement/staff/used"),
    ("POST", "/incident/1/statement/staff/says"),
    ("POST", "/incident/1/statement/staff/say-now"),
    ("POST", "/incident/1/statement/staff/ask"),
    ("POST", "/incident/1/statement/staff/lift"),
    ("POST", "/incident/1/statement/staff/posted"),
    ("POST", "/incident/1/statement/staff/settle"),
    ("POST", "/incident/1/statement/staff/take-down"),
    ("POST", "/incident/1/statement/staff/correct"),
    ("POST", "/posting"),
    ("GET", "/feeds"),
    ("GET", "/metrics"),
    ("GET", "/health/parts"),
    ("GET", "/watches"),
    ("POST", "/watches/silence"),
    ("POST", "/watches/silence/1/end"),
];

async fn asked() -> (TestApp, Link) {
    let mut app = TestApp::start().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    app.settle().await;
    let link = app.asked("eve").expect("the staff statement asks for a release");
    (app, link)
}

fn events(app: &TestApp) -> u32 {
    app.incident(1).events
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incidents_number_is_taken_as_it_is_written_alone() {
    let (app, _) = asked().await;
    let ana = app.sign_in("ana").await;
    assert_eq!(ana.get("/incident/1").await.status(), StatusCode::OK);
    for odd in ["/incident/%31", "/incident/+1", "/incident/1%20"] {
        assert_eq!(ana.get(odd).await.status(), StatusCode::NOT_FOUND, "{odd}");
    }
}

#[test]
fn every_private_route_is_in_the_list() {
    let router = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/router.rs")).unwrap();
    let private = router.split("fn private()").nth(1).unwrap().split("\n}").next().unwrap();
    let listed = private.matches(".route(").count();
    assert_eq!(listed, PRIVATE.len(), "a private route is missing in this test's list");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_nothing_private_is_seen_or_changed() {
    let (app, _) = asked().await;
    let before = events(&app);
    for (method, path) in PRIVATE {
        let request = app.client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{path}", app.base));
        let request = if *method == "POST" { request.form(&[("verdict", "real"), ("reason", "x")]) } else { request };
        let response = request.header("cookie", "holdline=forged").send().await.unwrap();
        let status = response.status();
        let away = response.headers().get("location").is_some_and(|to| to.to_str().unwrap().starts_with("/sign-in"));
        assert!(away || status == StatusCode::UNAUTHORIZED, "{method} {path}: {status}");
    }
    assert_eq!(events(&app), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_without_a_role_looks_and_changes_nothing() {
    let (app, _) = asked().await;
    let guest = app.sign_in("guest").await;
    let before = events(&app);
    for (method, path) in PRIVATE {
        if *method == "POST" && *path != "/sign-out" {
            let status =
                guest.post(path, &[("verdict", "real"), ("reason", "x"), ("playbook", "data-breach")]).await.status();
            assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    assert_eq!((events(&app), app.incidents()), (before, 1));
    let page = guest.text("/incident/1").await;
    assert!(page.contains("<body class=\"looks-on\">") && page.contains("You hold no role"), "{page}");
    assert!(app.text("/style.css").await.contains(".looks-on main form[method=post] { display: none; }"));
    let ana = app.sign_in("ana").await;
    assert!(!ana.text("/incident/1").await.contains("You hold no role"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_is_confirmed_on_the_page_of_those_who_may_and_written_down_on_others() {
    let (app, _) = asked().await;
    let form = |page: &str| {
        let from = page.find("id=\"fact-discovered_at\"").unwrap();
        page[from..from + page[from..].find("</form>").unwrap()].to_owned()
    };
    for (person, may) in [("chi", true), ("ana", false)] {
        let form = form(&app.sign_in(person).await.text("/incident/1").await);
        assert_eq!(form.contains("value=\"confirm\""), may, "{person}: {form}");
        assert!(form.contains("value=\"propose\"") && form.contains("The privacy-officer confirms it."), "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_is_signed_out_or_idle() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    assert_eq!(ana.get("/").await.status(), StatusCode::OK);
    ana.post("/sign-out", &[]).await;
    assert_eq!(ana.get("/").await.status(), StatusCode::SEE_OTHER);
    let ben = app.sign_in("ben").await;
    app.minutes_go_by(29).await;
    assert_eq!(ben.get("/").await.status(), StatusCode::OK);
    app.minutes_go_by(29).await;
    assert_eq!(ben.get("/").await.status(), StatusCode::OK, "use keeps it alive");
    app.minutes_go_by(31).await;
    assert_eq!(ben.get("/").await.status(), StatusCode::SEE_OTHER, "idle for half an hour");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_twelve_hours_however_much_it_is_used() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    for _ in 0..24 {
        app.minutes_go_by(29).await;
        assert_eq!(ana.get("/").await.status(), StatusCode::OK);
    }
    app.minutes_go_by(25).await;
    assert_eq!(ana.get("/").await.status(), StatusCode::SEE_OTHER, "twelve hours and a minute");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_gets_no_more_mails_of_a_kind_an_hour_than_the_cap_and_the_rest_in_the_next() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    for _ in 0..80 {
        ana.does("/open", &[("playbook", "data-breach"), ("reason", "a call")]).await;
    }
    app.settle().await;
    let alerts = || app.letters("ana", "Incident opened").len();
    let (first, all) = (alerts(), app.mailbox.to("ana@riverside.example").len());
    // Those under way at once may each be the last one.
    let most = usize::try_from(MAILS_PER_HOUR_MAX).unwrap();
    assert!((most..=most + 16).contains(&first), "{first} alerts in the first hour");
    assert!(all <= 3 * (most + 16), "{all} mails in the first hour");
    app.minutes_go_by(60).await;
    assert!(alerts() > first, "what was over comes in the next hour");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_link_needs_its_code_works_once_and_tells_nobody_who_is_known() {
    let app = TestApp::start().await;
    let known = app.visitor().post("/sign-in", &[("email", "ana@riverside.example")]).await.text().await.unwrap();
    let unknown = app.visitor().post("/sign-in", &[("email", "mallory@evil.example")]).await.text().await.unwrap();
    assert_eq!(known, unknown);
    let shared = app.visitor().post("/sign-in", &[("email", "press@riverside.example")]).await;
    assert_eq!(shared.status(), StatusCode::OK);
    app.settle().await;
    assert_eq!(app.mailbox.all().len(), 1, "one mail, to Ana; a shared mailbox is nobody");
    let letter = app.mailbox.all()[0].clone();
    let token = letter.letter.text.split("/sign-in/").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let code = letter.letter.text.split("Type this code there: ").nth(1).unwrap()[..6].to_owned();
    let path = format!("/sign-in/{token}");
    for _ in 0..3 {
        assert_eq!(app.visitor().get(&path).await.status(), StatusCode::OK);
    }
    assert_eq!(app.visitor().post(&path, &[("code", "ZZZZZZ")]).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(app.visitor().post(&path, &[("code", &code)]).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        app.visitor().post(&path, &[("code", &code)]).await.status(),
        StatusCode::FORBIDDEN,
        "a link signs in once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_that_follows_and_submits_decides_nothing() {
    let (app, link) = asked().await;
    let before = events(&app);
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        for _ in 0..10 {
            app.client.request(method.clone(), format!("{}{}", app.base, link.path)).send().await.unwrap();
        }
    }
    for press in ["approve", "changes", "refuse", "take-back", ""] {
        let answered = app.press(&link, "", press, "words").await;
        assert_eq!(answered.status(), StatusCode::UNPROCESSABLE_ENTITY, "{press} without a code");
    }
    assert_eq!(events(&app), before);
    app.approve("eve").await;
    assert_eq!(app.asked("eve").unwrap().path, link.path, "the link still worked for its owner");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_go_key_of_a_phone_presses_no_answer() {
    let (app, link) = asked().await;
    let page = app.text(&link.path).await;
    let form = page.split(&format!("action=\"{}\"", link.path)).nth(1).expect("the form is there");
    let first = form.split("<button").nth(1).unwrap().split('>').next().unwrap();
    assert!(first.contains("disabled") && !first.contains("press"), "the form's first button is {first}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_lock_the_request_and_tell_the_duty_officer() {
    let (app, link) = asked().await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let form = [("code", "ZZZZZZ"), ("press", "approve"), ("words", "")];
        let request = app.client.post(format!("{}{}", app.base, link.path)).form(&form);
        tries.spawn(async move {
            let answered = request.send().await.unwrap();
            (answered.status(), answered.text().await.unwrap())
        });
    }
    let texts = tries.join_all().await;
    assert!(
        texts.iter().all(|(status, _)| matches!(*status, StatusCode::FORBIDDEN | StatusCode::CONFLICT)),
        "{texts:?}"
    );
    let evaluated = texts.iter().filter(|(_, text)| text.contains("left")).count();
    assert!(evaluated <= 4, "{evaluated} of forty parallel tries were told that they were wrong");
    app.settle().await;
    let right = app.press(&link, &link.code, "approve", "").await;
    assert_ne!(right.status(), StatusCode::SEE_OTHER, "the right code comes too late");
    assert!(!app.mailbox.to("ana@riverside.example").last().unwrap().letter.text.is_empty());
    assert!(app.mailbox.to("ana@riverside.example").iter().any(|letter| letter.letter.text.contains("wrong code")));
    assert!(!matches!(app.incident(1).statements["staff"].phase, StatementPhase::Posted(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_may_be_typed_as_people_type() {
    let (app, link) = asked().await;
    let typed = format!(" {}-{} ", link.code[..3].to_lowercase(), &link.code[3..].replace('0', "o").replace('1', "l"));
    assert_eq!(app.press(&link, &typed, "approve", "").await.status(), StatusCode::SEE_OTHER);
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_ends_the_round_and_tells_everyone_asked() {
    let (app, link) = asked().await;
    let bare = app.press(&link, &link.code, "refuse", "").await;
    assert_eq!(bare.status(), StatusCode::UNPROCESSABLE_ENTITY, "a refusal needs words");
    assert_eq!(app.press(&link, &link.code, "refuse", "not yet").await.status(), StatusCode::SEE_OTHER);
    app.settle().await;
    let phase = &app.incident(1).statements["staff"].phase;
    assert!(
        matches!(phase, StatementPhase::Drafting(Hold::Refused { wanted, .. }) if wanted == "not yet"),
        "{phase:?}"
    );
    for who in ["ana", "ben", "fay"] {
        let told = app.mailbox.to(&format!("{who}@riverside.example"));
        assert!(told.iter().any(|letter| letter.letter.text.contains("not yet")), "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_says_its_headers_and_takes_no_form_of_another_site() {
    let (app, link) = asked().await;
    let ana = app.sign_in("ana").await;
    for path in [
        "/",
        "/incident/1",
        "/newsroom",
        "/newsroom/feed.atom",
        "/health",
        "/sign-in",
        &link.path,
        "/nowhere",
        "/mailbox",
    ] {
        let response = ana.get(path).await;
        let headers = response.headers();
        let policy = headers.get("content-security-policy").unwrap_or_else(|| panic!("{path}")).to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(!policy.contains("script-src"), "{path}: no script runs anywhere");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert!(!response.text().await.unwrap().contains("<script"), "{path}");
    }
    let foreign = app
        .client
        .post(format!("{}{}", app.base, link.path))
        .header("origin", "https://evil.example")
        .form(&[("code", link.code.as_str()), ("press", "approve"), ("words", "")])
        .send()
        .await
        .unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    assert!(matches!(app.incident(1).statements["staff"].phase, StatementPhase::Asking(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newsroom_shows_nothing_of_bytes_that_are_not_the_approved_ones() {
    let (app, _) = asked().await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    let chi = app.sign_in("chi").await;
    chi.does("/incident/1/fact/discovered_at", &[("value", "2026-11-22 08:40"), ("press", "confirm")]).await;
    app.settle().await;
    for who in ["eve", "dev", "chi", "ben"] {
        app.approve(who).await;
    }
    assert!(app.text("/newsroom/1/holding").await.contains("+1 555 010 0100"));
    let db = rusqlite::Connection::open(app.file("holdline.db")).unwrap();
    db.execute(
        "update events set body = replace(body, '+1 555 010 0100', '+1 555 666 6666') where body like '%saved%'",
        [],
    )
    .unwrap();
    for path in ["/newsroom/1/holding", "/newsroom", "/newsroom/feed.atom"] {
        let text = app.get(path).await.text().await.unwrap();
        assert!(!text.contains("666"), "{path} shows bytes that nobody approved");
    }
    assert_eq!(app.get("/newsroom/1/holding").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_keeps_all_or_nothing_and_every_mention_once() {
    let app = TestApp::start().await;
    let good = json!({ "id": "1", "text": "hello" });
    let first = app.deliver("/in/listening", std::slice::from_ref(&good)).await;
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(first.json::<serde_json::Value>().await.unwrap(), json!({ "new": 1, "known": 0 }));
    let replayed = app.deliver("/in/listening", std::slice::from_ref(&good)).await;
    assert_eq!(replayed.status(), StatusCode::CONFLICT, "the same delivery once more is a replay");
    app.clock.set(app.clock.now() + SignedDuration::from_secs(1));
    let again = app.deliver("/in/listening", &[good, json!({ "id": "2", "text": "world" })]).await;
    assert_eq!(again.json::<serde_json::Value>().await.unwrap(), json!({ "new": 1, "known": 1 }));
    let torn = "{\"id\":\"3\",\"text\":\"fine\"}\n{\"id\":\"4\",\"text\":7}\n";
    let refused = app.deliver_bytes("/in/listening", torn.as_bytes(), app.clock.now()).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let words = refused.text().await.unwrap();
    assert!(words.contains('2') && words.contains("text"), "{words}");
    let db = rusqlite::Connection::open(app.file("holdline.db")).unwrap();
    let ids: BTreeSet<String> = db
        .prepare("select foreign_id from mentions")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(ids, BTreeSet::from(["1".to_owned(), "2".to_owned()]), "nothing of the refused batch was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_refuses_what_is_unsigned_old_too_large_or_too_much() {
    let app = TestApp::start().await;
    let mention = json!({ "id": "1", "text": "hello" }).to_string();
    let unsigned = app.client.post(format!("{}/in/listening", app.base)).body(mention.clone()).send().await.unwrap();
    assert_eq!(unsigned.status(), StatusCode::UNAUTHORIZED);
    let old =
        app.deliver_bytes("/in/listening", mention.as_bytes(), app.clock.now() - SignedDuration::from_secs(301)).await;
    assert_eq!(old.status(), StatusCode::UNAUTHORIZED);
    let nowhere = app.deliver_bytes("/in/nowhere", mention.as_bytes(), app.clock.now()).await;
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
    let large = vec![b' '; 1024 * 1024 + 1];
    let refused = app.deliver_bytes("/in/listening", &large, app.clock.now()).await;
    assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let mut taken = 0;
    for number in 0..3 {
        let mention = json!({ "id": number.to_string(), "text": "hello" });
        taken += u32::from(app.deliver("/in/slow", &[mention]).await.status() == StatusCode::OK);
    }
    assert_eq!(taken, 2, "two deliveries a minute");
    let late = app.deliver("/in/slow", &[json!({ "id": "9", "text": "hello" })]).await;
    assert_eq!(late.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(late.headers().contains_key("retry-after"));
    app.clock.set(app.clock.now() + SignedDuration::from_mins(1));
    assert_eq!(app.deliver("/in/slow", &[json!({ "id": "9", "text": "hello" })]).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_of_a_mention_is_text_wherever_it_is_shown() {
    let mut app = TestApp::start().await;
    let hostile = "Riverside General leaked <script>alert(1)</script> {{hotline}} \u{202e}evil";
    let lines: Vec<_> = (0..6)
        .map(|n| {
            app.mention(&format!("<img src=x onerror=alert({n})>"), &format!("{hostile} {n}a {n}b {n}c {n}d {n}e"))
        })
        .collect();
    assert_eq!(app.deliver("/in/listening", &lines).await.status(), StatusCode::OK);
    app.settle().await;
    let ana = app.sign_in("ana").await;
    let page = ana.text("/incident/1").await;
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    assert!(page.contains("{{hotline}}"), "mention text reaches no template");
    assert!(!page.contains('\u{202e}'), "a bidi override is shown as what it is");
    let letter = app.letters("ana", "Is this real?").pop().unwrap();
    assert!(!letter.letter.html.contains("<script") && !letter.letter.html.contains("onerror=alert"));
    assert!(!letter.letter.text.contains('\u{202e}'));
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_request_is_not_waited_for() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let app = TestApp::start().await;
    let started = std::time::Instant::now();
    let mut stream = tokio::net::TcpStream::connect(app.app().address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let waited = started.elapsed();
    assert!(waited >= HEADERS_WITHIN && waited < HEADERS_WITHIN * 3, "closed after {waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_there_is_room_for_wait_and_lose_nothing() {
    let app = TestApp::start().await;
    let mut idle = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        idle.push(tokio::net::TcpStream::connect(app.app().address).await.unwrap());
    }
    let waiting = tokio::spawn(app.client.get(format!("{}/health", app.base)).send());
    drop(idle);
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::OK);
}
