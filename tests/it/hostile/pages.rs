//! Pages and HTML mails: blns, xss-payload-list, template-injection, unicode.json and the templates of handlebars-spec and
//! mustache-spec as everything that people and strangers write. No page gets an element or an attribute that harmless
//! text does not give it.

use std::collections::BTreeSet;
use std::path::Path;

use holdline::core::statement::{RENDERED_BYTES_MAX, hidden_character};
use holdline::feed::form::TITLE_BYTES_MAX;
use holdline::mail::Letter;
use reqwest::{Response, StatusCode};
use serde_json::json;

use super::outline::outline;
use super::{Meter, hostile, payloads, templates};
use crate::test_app::{TestApp, Visitor};

/// How much is written into one text at once, in bytes.
const CHUNK_BYTES: usize = 10 * 1024;
/// Mentions of one spike that are quoted.
const QUOTED: usize = 5;

/// A running incident, and what its pages may be made of.
struct Desk {
    app: TestApp,
    ana: Visitor,
    pages: BTreeSet<String>,
    mails: BTreeSet<String>,
    /// Letters looked at so far.
    read: usize,
}

impl Desk {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let ana = app.sign_in("ana").await;
        Self { app, ana, pages: BTreeSet::new(), mails: BTreeSet::new(), read: 0 }
    }

    async fn page(&self, path: &str) -> BTreeSet<String> {
        self.outline_of(path, self.ana.get(path).await).await
    }

    async fn outline_of(&self, path: &str, response: Response) -> BTreeSet<String> {
        assert!(response.headers().contains_key("content-security-policy"), "{path}");
        assert!(!response.status().is_server_error(), "{path}: {}", response.status());
        outline(&response.text().await.unwrap())
    }

    /// Every page that shows the incident, and every letter since the last time.
    async fn look(&mut self, incident: u32) -> (BTreeSet<String>, BTreeSet<String>) {
        let mut pages = BTreeSet::new();
        for path in [&format!("/incident/{incident}"), "/", "/mailbox", "/newsroom"] {
            pages.extend(self.page(path).await);
        }
        if let Some(link) = self.app.asked("eve") {
            pages.extend(self.page(&link.path).await);
        }
        let letters = self.app.mailbox.all();
        let mut mails = BTreeSet::new();
        for kept in &letters[self.read..] {
            let Letter { html, .. } = &kept.letter;
            mails.extend(outline(html));
            pages.extend(self.page(&format!("/mailbox/{}", kept.number)).await);
        }
        self.read = letters.len();
        (pages, mails)
    }

    /// Takes what harmless text gives as all that there may be.
    async fn learn(&mut self, incident: u32) {
        let (pages, mails) = self.look(incident).await;
        self.pages.extend(pages);
        self.mails.extend(mails);
    }

    async fn compare(&mut self, incident: u32) {
        let (pages, mails) = self.look(incident).await;
        let strange: Vec<_> = pages.difference(&self.pages).collect();
        assert!(strange.is_empty(), "a page holds {strange:?}");
        let strange: Vec<_> = mails.difference(&self.mails).collect();
        assert!(strange.is_empty(), "a mail holds {strange:?}");
    }

    /// A spike whose quoted mentions say this.
    async fn spike(&mut self, said: &[String]) {
        let mut mentions = vec![self.app.mention("first", "Riverside General leaked my records")];
        for text in said {
            let clean: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
            let author = if clean.trim().is_empty() { "nobody" } else { &clean };
            let id = self.app.mention(author, "")["id"].clone();
            let path: String = clean.chars().filter(|c| !c.is_whitespace()).collect();
            mentions.push(json!({
                "id": id,
                "author": format!("{author}{id}"),
                "title": text.replace('\0', ""),
                "text": format!("{id} Riverside General leaked {}", text.replace('\0', "")),
                "url": format!("https://x{path}evil.example/{path}"),
            }));
        }
        let delivered = self.app.deliver("/in/listening", &mentions).await;
        let status = delivered.status();
        assert_eq!(status, StatusCode::OK, "{}", delivered.text().await.unwrap());
        self.app.settle().await;
    }

    async fn edit(&self, title: &str, body: &str) -> Response {
        let incident = self.app.incident(1);
        let version = incident.statements["staff"].version().to_string();
        let events = incident.events.to_string();
        let form = [("version", version.as_str()), ("events", &events), ("title.0", title), ("body.0", body)];
        let response = self.ana.post("/incident/1/statement/staff/edit", &form).await;
        self.app.settle().await;
        response
    }

    /// An incident whose first statement is with its approver.
    async fn asked(&mut self) {
        self.spike(&vec!["harmless".to_owned(); QUOTED]).await;
        self.ana.does("/incident/1/verify", &[("verdict", "real"), ("reason", "harmless")]).await;
        self.ana.does("/incident/1/claim", &[]).await;
        self.app.settle().await;
        self.learn(1).await;
        assert_eq!(self.edit("Harmless", "Harmless words").await.status(), StatusCode::SEE_OTHER);
        self.learn(1).await;
        let body = "Other harmless words https://a.example, Ada Byron, 12 March";
        assert_eq!(self.edit("Harmless", body).await.status(), StatusCode::SEE_OTHER);
        self.learn(1).await;
    }
}

/// Every payload and template.
fn all(folder: &Path) -> Vec<String> {
    let mut all = payloads::sample(folder, 1);
    all.extend(templates::cases(folder).into_iter().map(|case| case.template));
    all
}

/// Texts joined until they are as long as one form should be.
fn chunks(texts: &[String]) -> Vec<String> {
    let mut chunks = vec![String::new()];
    for text in texts {
        if chunks.last().unwrap().len() + text.len() > CHUNK_BYTES {
            chunks.push(String::new());
        }
        let chunk = chunks.last_mut().unwrap();
        chunk.push_str(text);
        chunk.push('\n');
    }
    chunks
}

#[tokio::test(flavor = "multi_thread")]
async fn mentions_are_text_on_every_page_and_in_every_mail() {
    let Some(folder) = hostile() else { return };
    let mut meter = Meter::of("a sample of every set as mentions on pages and in mails");
    let mut desk = Desk::open().await;
    let every: Vec<String> = payloads::sample(&folder, 120).into_iter().step_by(4).collect();
    let odd = [payloads::unicode(&folder), payloads::template_injection(&folder)].concat();
    let fits = |text: &String| text.len() <= TITLE_BYTES_MAX;
    let harmless = vec!["harmless".to_owned(); 2 * QUOTED];
    let all: Vec<String> = [harmless, odd, every].concat().into_iter().filter(fits).collect();
    for (said, incident) in all.chunks(QUOTED).zip(1..) {
        desk.spike(said).await;
        assert_eq!(desk.app.incident(incident).id, incident, "no spike of {said:.200?}");
        let path = format!("/incident/{incident}/verify");
        desk.ana.does(&path, &[("verdict", "false-alarm"), ("reason", &said[0])]).await;
        desk.app.settle().await;
        if incident <= 2 {
            desk.learn(incident).await;
        } else {
            meter.run_async(&said[0], async |_| desk.page(&format!("/incident/{incident}")).await).await;
            desk.compare(incident).await;
        }
        // Back below the line; the session is renewed before it is twelve hours old.
        desk.app.minutes_go_by(16).await;
        if incident % 30 == 0 {
            desk.ana = desk.app.sign_in("ana").await;
            desk.read = desk.app.mailbox.all().len();
        }
    }
    meter.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_and_reasons_are_text_on_every_page_and_in_every_mail() {
    let Some(folder) = hostile() else { return };
    let mut desk = Desk::open().await;
    desk.asked().await;
    let (refused, shown): (Vec<String>, Vec<String>) = all(&folder).into_iter().partition(|text| {
        hidden_character(&text.replace(['\r', '\t'], " ")).is_some() || text.len() > RENDERED_BYTES_MAX
    });
    for (nth, body) in chunks(&shown).iter().enumerate() {
        let title = format!("{nth} {}", body.lines().next().unwrap_or_default());
        assert_eq!(desk.edit(&title, body).await.status(), StatusCode::SEE_OTHER, "{body:.200}");
        desk.compare(1).await;
        let stored = desk.app.incident(1).statements["staff"].current().unwrap().package.variants[0].body.clone();
        let line = |text: &str| text.trim_end().replace('\t', " ");
        let last = body.lines().rfind(|line| !line.trim().is_empty()).unwrap();
        assert!(stored.ends_with(line(last).trim_start()) || stored.ends_with(&line(last)), "{last}");
    }
    // The mailbox of tests keeps every letter, so memory is measured from here on only.
    let mut meter = Meter::of("what no statement may say");
    for text in refused {
        let response = meter.run_async(&text, async |_| desk.edit("Harmless", &text).await).await;
        // At its ends it is cut off.
        let inner = text.trim();
        let cut = !inner.is_empty() && hidden_character(inner).is_none() && text.len() <= RENDERED_BYTES_MAX;
        let wanted = if cut { StatusCode::SEE_OTHER } else { StatusCode::UNPROCESSABLE_ENTITY };
        assert_eq!(response.status(), wanted, "{text:.200?}");
        let page = desk.outline_of("the refusal", response).await;
        let strange: Vec<_> = page.difference(&desk.pages).filter(|element| **element != "p class").collect();
        assert!(strange.is_empty(), "{text:.200?}: {strange:?}");
    }
    meter.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn reasons_and_wishes_run_nothing() {
    let Some(folder) = hostile() else { return };
    let mut desk = Desk::open().await;
    desk.asked().await;
    let words = &chunks(&payloads::blns(&folder))[1];
    let short: String = words.chars().take(2_000).collect();
    desk.ana.does("/incident/1/severity", &[("to", "critical"), ("reason", words)]).await;
    let link = desk.app.asked("eve").unwrap();
    let answered = desk.app.press(&link, &link.code, "changes", &short).await;
    assert_eq!(answered.status(), StatusCode::SEE_OTHER, "{}", answered.text().await.unwrap());
    desk.app.settle().await;
    let (pages, mails) = desk.look(1).await;
    let runs = |element: &&String| {
        element.contains(" on") || ["script", "img", "svg", "iframe src"].iter().any(|tag| element.starts_with(tag))
    };
    let strange: Vec<_> = pages.difference(&desk.pages).chain(mails.difference(&desk.mails)).filter(runs).collect();
    assert!(strange.is_empty(), "{strange:?}");
}
