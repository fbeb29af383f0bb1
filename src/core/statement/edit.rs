//! Editing: a person's words in place of drafted ones, with the same channels, promise and stamp.

use super::draft::{RENDERED_BYTES_MAX, package_links};
use super::package::{PACKAGE_BYTES_MAX, Package};
use super::text::{hidden_character, is_blank, tidy};
use crate::core::rules::Rules;
use crate::core::setting::Setting;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EditError {
    #[error("this version has no text number {0}; reload the page and edit again")]
    NoVariant(usize),
    #[error("{0}: the text is empty; write what the statement says")]
    Blank(String),
    #[error("{0}: the title is empty; write one line")]
    NoTitle(String),
    #[error("{0}: a title is one line; move the rest into the text")]
    LongTitle(String),
    #[error("{0}: this text has no title; put the words into the text")]
    UnwantedTitle(String),
    #[error(
        "{label}: an invisible character (U+{point:04X}) stands in it, perhaps pasted along; delete it, or type the words by hand",
        point = u32::from(*character)
    )]
    Hidden { label: String, character: char },
    #[error("{label}: a rehearsal's text begins with `{stamp}`; put that line back")]
    StampRemoved { label: String, stamp: String },
    #[error("{0}: the text is larger than {RENDERED_BYTES_MAX} bytes; shorten it")]
    TextTooLarge(String),
    #[error("the texts are larger than {PACKAGE_BYTES_MAX} bytes together; shorten them")]
    TooLarge,
}

/// `previous` with new texts for some of its variants: index, title, body. Placements and the promised time stay;
/// links are found anew, and findings are empty until lint has seen it. Saving the same words gives the same bytes.
pub fn edited(
    previous: &Package,
    texts: Vec<(usize, Option<String>, String)>,
    rules: &Rules,
    setting: Setting,
) -> Result<Package, EditError> {
    let stamp = setting.stamp(&rules.organisation.stamp);
    let mut package = Package { stamp: stamp.clone(), findings: Vec::new(), ..previous.clone() };
    for (index, title, body) in texts {
        let variant = package.variants.get_mut(index).ok_or(EditError::NoVariant(index))?;
        let label = variant.label();
        if body.len() + title.as_ref().map_or(0, String::len) > RENDERED_BYTES_MAX {
            return Err(EditError::TextTooLarge(label));
        }
        variant.title = edited_title(variant.title.is_some(), title, &label)?;
        variant.body = tidy(&body);
        if is_blank(&variant.body) {
            return Err(EditError::Blank(label));
        }
        if let Some(character) = hidden_character(&variant.text()) {
            return Err(EditError::Hidden { label, character });
        }
        let Some(stamp) = &stamp else { continue };
        let stamped = variant.body.lines().next() == Some(stamp.as_str())
            && variant.title.as_ref().is_none_or(|title| title.starts_with(stamp));
        if !stamped {
            return Err(EditError::StampRemoved { label, stamp: stamp.clone() });
        }
    }
    package.links = package_links(&package.variants);
    if package.wire().len() > PACKAGE_BYTES_MAX { Err(EditError::TooLarge) } else { Ok(package) }
}

fn edited_title(titled: bool, title: Option<String>, label: &str) -> Result<Option<String>, EditError> {
    let title = title.map(|title| tidy(&title)).filter(|title| !is_blank(title));
    match (titled, title) {
        (true, None) => Err(EditError::NoTitle(label.to_owned())),
        (false, Some(_)) => Err(EditError::UnwantedTitle(label.to_owned())),
        (true, Some(title)) if title.contains('\n') => Err(EditError::LongTitle(label.to_owned())),
        (true, title @ Some(_)) | (false, title @ None) => Ok(title),
    }
}
