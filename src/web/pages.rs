//! Renders the embedded page templates. Every value is made visible and escaped; no template opts out of it but for the
//! chart and the report, whose words are escaped where they are written.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use handlebars::{Handlebars, RenderError, TemplateError, html_escape};
use serde::Serialize;

use super::Site;
use super::session::{Visitor, within_words};
use crate::core::proved::Reach;
use crate::core::rules::Organisation;
use crate::core::setting::Setting;
use crate::core::shown::visible;

macro_rules! template {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/web/", $name))
    };
}

const STYLE: &str = template!("style.css");

/// Pages, and the parts that several of them use.
const TEMPLATES: [(&str, &str); 26] = [
    ("layout", template!("layout.hbs")),
    ("newsroom_layout", template!("newsroom_layout.hbs")),
    ("texts", template!("texts.hbs")),
    ("changes", template!("changes.hbs")),
    ("findings", template!("findings.hbs")),
    ("stages", template!("stages.hbs")),
    ("why", template!("why.hbs")),
    ("fact", template!("fact.hbs")),
    ("statement", template!("statement.hbs")),
    ("lessons", template!("lessons.hbs")),
    ("rehearsals", template!("rehearsals.hbs")),
    ("others", template!("others.hbs")),
    ("report", template!("report.hbs")),
    ("desk", template!("desk.hbs")),
    ("feeds", template!("feeds.hbs")),
    ("incident", template!("incident.hbs")),
    ("watches", template!("watches.hbs")),
    ("approval", template!("approval.hbs")),
    ("sign_in", template!("sign_in.hbs")),
    ("sign_in_code", template!("sign_in_code.hbs")),
    ("problem", template!("problem.hbs")),
    ("newsroom", template!("newsroom.hbs")),
    ("newsroom_statement", template!("newsroom_statement.hbs")),
    ("demo", template!("demo.hbs")),
    ("mailbox", template!("mailbox.hbs")),
    ("letter", template!("letter.hbs")),
];
const FEED: (&str, &str) = ("feed", template!("feed.atom.hbs"));

/// The compiled templates of all pages.
pub(super) struct Pages(Handlebars<'static>);

/// What stands around a page.
#[derive(Serialize, Default)]
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) organisation: String,
    /// The name of whoever is signed in.
    pub(super) person: Option<String>,
    /// Whether they are led to what is beside incidents.
    pub(super) desk: bool,
    /// What to know before reading on.
    pub(super) note: Option<String>,
    pub(super) stamp: Option<String>,
    pub(super) demo: bool,
    /// Whether rehearsals with the team may take place beside it.
    pub(super) rehearsals: bool,
}

#[derive(Serialize)]
struct Framed<'a> {
    frame: &'a Frame,
    body: &'a str,
}

impl Pages {
    pub(super) fn new() -> Result<Self, Box<TemplateError>> {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.register_escape_fn(|value| html_escape(&visible(value)));
        for (name, source) in TEMPLATES.into_iter().chain([FEED]) {
            registry.register_template_string(name, source)?;
        }
        Ok(Self(registry))
    }

    pub(super) fn render<T: Serialize>(&self, name: &str, data: &T) -> Result<String, RenderError> {
        self.0.render(name, data)
    }

    fn framed<T: Serialize>(&self, layout: &str, name: &str, frame: &Frame, data: &T) -> Result<String, RenderError> {
        let body = self.render(name, data)?;
        self.render(layout, &Framed { frame, body: &body })
    }
}

impl Site {
    /// A page in the frame of those who work with it.
    pub(super) fn page<T: Serialize>(&self, name: &str, frame: &Frame, data: &T) -> Response {
        answer(self.pages.framed("layout", name, frame, data))
    }

    /// A page in the public's frame.
    pub(super) fn public_page<T: Serialize>(&self, name: &str, frame: &Frame, data: &T) -> Response {
        let mut response = answer(self.pages.framed("newsroom_layout", name, frame, data));
        let fresh = header::HeaderValue::from_static("no-cache");
        response.headers_mut().insert(header::CACHE_CONTROL, fresh);
        response
    }

    pub(super) fn frame(&self, title: &str, visitor: Option<&Visitor>) -> Frame {
        let standing = self.engine.standing();
        Frame {
            title: title.to_owned(),
            organisation: standing.organisation.name.clone(),
            person: visitor.map(|visitor| visitor.name.clone()),
            desk: visitor.is_some_and(|visitor| visitor.reach == Reach::Everywhere),
            note: match visitor.map(|visitor| &visitor.reach) {
                Some(Reach::Within(incidents)) => Some(within_words(incidents)),
                Some(Reach::Everywhere) | None => None,
            },
            stamp: standing.setting.stamp(&standing.organisation.stamp),
            demo: self.mailbox.is_some(),
            rehearsals: self.rehearsal.is_some(),
        }
    }
}

fn answer(rendered: Result<String, RenderError>) -> Response {
    match rendered {
        Ok(page) => Html(page).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            let words = "This page could not be shown. Its operator can see why in the log.";
            (StatusCode::INTERNAL_SERVER_ERROR, words).into_response()
        }
    }
}

impl Frame {
    /// With a note before the page, where there is one.
    pub(super) fn noting(self, note: Option<String>) -> Self {
        Self { note: note.or(self.note), ..self }
    }

    /// With this stamp, where there is one.
    pub(super) fn carrying(self, stamp: Option<String>) -> Self {
        Self { stamp, ..self }
    }

    /// With the stamp that everything of a rehearsal carries.
    pub(super) fn stamped(self, setting: Setting, organisation: &Organisation) -> Self {
        Self { stamp: setting.stamp(&organisation.stamp), ..self }
    }
}

pub(super) async fn style(State(_): State<Arc<Site>>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, STYLE).into_response()
}
