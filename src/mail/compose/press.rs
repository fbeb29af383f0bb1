//! Renders the embedded mail templates. Every value is made visible and, in HTML, escaped; no template opts out of it.

use std::sync::Mutex;

use handlebars::{
    Context, Handlebars, Helper, HelperResult, JsonRender as _, Output, RenderContext, RenderError, TemplateError,
    html_escape,
};
use serde::Serialize;

use crate::core::chart::Chart;
use crate::core::name::{PersonId, StepId};
use crate::core::shown::visible;

macro_rules! template {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/mail/", $name))
    };
}

/// What a letter is, and so which templates it is rendered from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Alert,
    Approval,
    ByHand,
    FolderRefused,
    Head,
    HeldBack,
    Notice,
    Rehearsal,
    Restored,
    Blind,
    SignIn,
    SilenceEnds,
    Task,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Approval => "approval",
            Self::ByHand => "by_hand",
            Self::FolderRefused => "folder_refused",
            Self::Head => "head",
            Self::HeldBack => "held_back",
            Self::Notice => "notice",
            Self::Rehearsal => "rehearsal",
            Self::Restored => "restored",
            Self::Blind => "blind",
            Self::SignIn => "sign_in",
            Self::SilenceEnds => "silence_ends",
            Self::Task => "task",
        }
    }
}

/// Name, plain text and HTML. The partials `text` and `why` are used by several.
const TEMPLATES: [(&str, &str, &str); 16] = [
    ("layout", template!("layout.text.hbs"), template!("layout.html.hbs")),
    ("texts", template!("texts.text.hbs"), template!("texts.html.hbs")),
    ("why", template!("why.text.hbs"), template!("why.html.hbs")),
    ("alert", template!("alert.text.hbs"), template!("alert.html.hbs")),
    ("approval", template!("approval.text.hbs"), template!("approval.html.hbs")),
    ("by_hand", template!("by_hand.text.hbs"), template!("by_hand.html.hbs")),
    ("folder_refused", template!("folder_refused.text.hbs"), template!("folder_refused.html.hbs")),
    ("head", template!("head.text.hbs"), template!("head.html.hbs")),
    ("held_back", template!("held_back.text.hbs"), template!("held_back.html.hbs")),
    ("notice", template!("notice.text.hbs"), template!("notice.html.hbs")),
    ("rehearsal", template!("rehearsal.text.hbs"), template!("rehearsal.html.hbs")),
    ("restored", template!("restored.text.hbs"), template!("restored.html.hbs")),
    ("blind", template!("blind.text.hbs"), template!("blind.html.hbs")),
    ("sign_in", template!("sign_in.text.hbs"), template!("sign_in.html.hbs")),
    ("silence_ends", template!("silence_ends.text.hbs"), template!("silence_ends.html.hbs")),
    ("task", template!("task.text.hbs"), template!("task.html.hbs")),
];

/// Why no letter could be written.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error("the incident's roster names nobody as {0}")]
    Person(PersonId),
    #[error("the incident's playbook has no step {0} of this kind")]
    Step(StepId),
    #[error("the incident has no request {0} about a text that it holds")]
    Request(u32),
    #[error("the statement {0} is not approved, so nobody is given its text to post")]
    NotApproved(StepId),
    #[error("a mail template is broken: {0}")]
    Template(#[from] Box<TemplateError>),
    #[error("a mail template could not be filled: {0}")]
    Render(#[from] Box<RenderError>),
}

/// The compiled templates of all mails.
pub struct Composer {
    text: Handlebars<'static>,
    html: Handlebars<'static>,
    /// The last chart that was drawn, and its picture.
    pub(super) drawn: Mutex<Option<(Chart, Vec<u8>)>>,
}

/// What stands around every letter.
#[derive(Serialize)]
pub(super) struct Frame {
    pub(super) stamp: Option<String>,
    pub(super) organisation: String,
    pub(super) incident: Option<u32>,
}

#[derive(Serialize)]
struct Framed<'a> {
    frame: &'a Frame,
    body: &'a str,
}

impl Composer {
    pub fn new() -> Result<Self, ComposeError> {
        let mut text = Handlebars::new();
        text.set_strict_mode(true);
        text.register_escape_fn(visible);
        let mut html = Handlebars::new();
        html.set_strict_mode(true);
        html.register_escape_fn(|value| html_escape(&visible(value)));
        html.register_helper("lines", Box::new(lines));
        for (name, plain, marked_up) in TEMPLATES {
            text.register_template_string(name, plain).map_err(Box::new)?;
            html.register_template_string(name, marked_up).map_err(Box::new)?;
        }
        Ok(Self { text, html, drawn: Mutex::default() })
    }

    pub(super) fn render<T: Serialize>(
        &self,
        kind: Kind,
        frame: &Frame,
        data: &T,
    ) -> Result<(String, String), ComposeError> {
        let text = framed(&self.text, kind, frame, data).map_err(Box::new)?;
        let html = framed(&self.html, kind, frame, data).map_err(Box::new)?;
        Ok((text, html))
    }
}

fn framed<T: Serialize>(registry: &Handlebars<'_>, kind: Kind, frame: &Frame, data: &T) -> Result<String, RenderError> {
    let body = registry.render(kind.name(), data)?;
    registry.render("layout", &Framed { frame, body: body.trim() })
}

/// `{{lines value}}`: escaped, with its line ends kept; some mail programs know no other way.
fn lines(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let value = helper.param(0).map(|param| param.value().render()).unwrap_or_default();
    out.write(&html_escape(&visible(&value)).replace('\n', "<br>\n"))?;
    Ok(())
}
