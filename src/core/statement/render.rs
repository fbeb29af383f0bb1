//! Rendering one checked template: strict, without escapes, within a cap.

use std::io::{self, Write};

use handlebars::{
    Context, Handlebars, Helper, HelperResult, JsonRender as _, Output, RenderContext, RenderErrorReason, no_escape,
};
use serde_json::Value;

use super::draft::{DraftError, RENDERED_BYTES_MAX, TemplateFile};
use super::text::is_blank;

pub(super) fn render(source: &str, data: &Value, file: &TemplateFile) -> Result<String, DraftError> {
    let mut handlebars = Handlebars::new();
    handlebars.set_strict_mode(true);
    handlebars.register_escape_fn(no_escape);
    handlebars.register_helper("known", Box::new(known));
    let mut page = Page { bytes: Vec::new(), full: false };
    let outcome = handlebars.render_template_to_write(source, data, &mut page);
    if page.full {
        return Err(DraftError::TooLong { file: file.clone() });
    }
    if let Err(error) = outcome {
        return Err(match error.reason() {
            RenderErrorReason::MissingVariable(Some(name)) => {
                DraftError::Unknown { file: file.clone(), line: error.line_no.unwrap_or(1), name: name.clone() }
            }
            reason => DraftError::Render { file: file.clone(), why: reason.to_string() },
        });
    }
    String::from_utf8(page.bytes).map_err(|error| DraftError::Render { file: file.clone(), why: error.to_string() })
}

/// `{{known facts.help_line "other words"}}`: the value, or the words where it is unknown.
fn known(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let shown =
        |index| helper.param(index).filter(|param| !param.is_value_missing()).map(|param| param.value().render());
    let text = shown(0).filter(|text| !is_blank(text)).or_else(|| shown(1)).unwrap_or_default();
    out.write(&text)?;
    Ok(())
}

/// Takes what is rendered, up to [`RENDERED_BYTES_MAX`].
struct Page {
    bytes: Vec<u8>,
    full: bool,
}

impl Write for Page {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + piece.len() > RENDERED_BYTES_MAX {
            self.full = true;
            return Err(io::Error::other("the text is too long"));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
