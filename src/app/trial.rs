//! A trial of both ways to people: one mail to the operator, one page, and what came of each. Nothing is opened for it.

use jiff::Timestamp;

use crate::config::Config;
use crate::mail::{Letter, Sent, Smtp};
use crate::net::Http;
use crate::pager::{Page, Paged, Pager};

/// What came of one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    pub went_out: bool,
    pub said: String,
}

/// Tries every way that the configuration has.
pub async fn send_test(config: &Config) -> Vec<Tried> {
    let now = Timestamp::now();
    let mut tried = vec![mail(config, now).await];
    if config.pager.is_some() {
        tried.push(page(config, now).await);
    }
    tried
}

async fn mail(config: &Config, now: Timestamp) -> Tried {
    let failed = |why: String| Tried { went_out: false, said: format!("The test mail did not go out: {why}.") };
    let smtp = match config.mail.as_ref().map(Smtp::new) {
        Some(Ok(smtp)) => smtp,
        Some(Err(error)) => return failed(error.to_string()),
        None => return failed("there is no `mail:`".to_owned()),
    };
    let to = config.operator.clone();
    let said = format!(
        "This is a test of Holdline's mail for {}. Nothing has happened and nothing is to be done. If you read this, mail \
         reaches the operator.",
        config.organisation.name
    );
    let host = config.server.url.split("://").last().and_then(|rest| rest.split([':', '/']).next());
    let letter = Letter {
        message_id: format!("test.{}@{}", now.as_millisecond(), host.unwrap_or("holdline")),
        thread: None,
        to_name: String::new(),
        to: to.clone(),
        subject: "Holdline: a test of its mail".to_owned(),
        html: format!("<p>{}</p>", said.replace('&', "&amp;").replace('<', "&lt;")),
        text: format!("{said}\n"),
        picture: None,
    };
    match smtp.send(&letter, now).await {
        Sent::Accepted { response } => {
            Tried { went_out: true, said: format!("The mail server took the test mail to {to}: {response}") }
        }
        Sent::Later { why } | Sent::Unknown { why } => failed(why.to_string()),
        Sent::Never { why, said } => failed(format!("{why} ({said})")),
    }
}

async fn page(config: &Config, now: Timestamp) -> Tried {
    let failed = |why: String| Tried { went_out: false, said: format!("The test page did not go out: {why}.") };
    let Some(settings) = config.pager.clone() else { return failed("there is no `pager:`".to_owned()) };
    let pager = match Http::new() {
        Ok(http) => Pager::new(http, settings),
        Err(error) => return failed(error.to_string()),
    };
    let page = Page {
        key: format!("test.{}", now.as_millisecond()),
        organisation: config.organisation.name.clone(),
        incident: None,
        severity: None,
        title: "A test of Holdline's pager".to_owned(),
        text: "Nothing has happened and nothing is to be done. If you read this, pages arrive.".to_owned(),
        url: config.server.url.clone(),
    };
    match pager.page(&page, now).await {
        Paged::Done => Tried { went_out: true, said: "The pager took the test page.".to_owned() },
        Paged::Later { why, .. } | Paged::Never(why) => failed(why.to_string()),
    }
}
