//! Whether a template could print a blank: nothing at all, or a sentence with a hole in it.

use handlebars::template::{HelperTemplate, Template, TemplateElement};

use crate::core::statement::text::is_blank;

/// Whether some choice of its conditions prints nothing.
pub(super) fn may_be_blank(template: &Template) -> bool {
    template.elements.iter().all(|element| match element {
        TemplateElement::RawString(text) => is_blank(text),
        TemplateElement::Comment(_) => true,
        TemplateElement::HelperBlock(block) => leaves_a_hole(block),
        _ => false,
    })
}

/// Whether one of a condition's branches is missing or may be blank.
pub(super) fn leaves_a_hole(block: &HelperTemplate) -> bool {
    branches(block).into_iter().any(|branch| branch.is_none_or(may_be_blank))
}

/// Whether a condition that may print nothing holds whole sentences or lines in the branches that do print.
pub(super) fn drops_whole_sentences(block: &HelperTemplate, whole: bool) -> bool {
    if !leaves_a_hole(block) {
        return true;
    }
    let mut printing = branches(block).into_iter().flatten().filter(|branch| !is_empty(branch));
    printing.all(|branch| end(branch, whole))
}

/// Whether the text ends a sentence or a line after `element`, where `before` says whether it did before it.
pub(super) fn ends_whole(element: &TemplateElement, before: bool) -> bool {
    match element {
        TemplateElement::RawString(text) => text_ends_whole(text, before),
        TemplateElement::Comment(_) => before,
        TemplateElement::HelperBlock(block) => {
            branches(block).into_iter().all(|branch| branch.map_or(before, |branch| end(branch, before)))
        }
        _ => false,
    }
}

fn branches(block: &HelperTemplate) -> [Option<&Template>; 2] {
    [block.template.as_ref(), block.inverse.as_ref()]
}

fn end(template: &Template, before: bool) -> bool {
    template.elements.iter().fold(before, |whole, element| ends_whole(element, whole))
}

/// Whether it prints nothing whatever its conditions say.
fn is_empty(template: &Template) -> bool {
    template.elements.iter().all(|element| match element {
        TemplateElement::RawString(text) => is_blank(text),
        TemplateElement::Comment(_) => true,
        TemplateElement::HelperBlock(block) => branches(block).into_iter().flatten().all(is_empty),
        _ => false,
    })
}

fn text_ends_whole(text: &str, before: bool) -> bool {
    let words = text.trim_end();
    if text[words.len()..].contains('\n') {
        return true;
    }
    words.chars().last().map_or(before, |last| matches!(last, '.' | '!' | '?' | '…'))
}
