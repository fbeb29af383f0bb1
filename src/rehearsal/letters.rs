//! What a person finds in a letter: the link of a request and its code.

use crate::mail::Captured;

/// The token and the code of a request for approval; none where the letter asks for none.
pub(super) fn request_in(letter: &Captured, url: &str) -> Option<(String, String)> {
    let text = &letter.letter.text;
    let after = |mark: &str| text.split(mark).nth(1)?.split_whitespace().next();
    let token = after(&format!("Open {url}/a/"))?;
    let code = after("Type this code there: ")?;
    Some((token.to_owned(), code.to_owned()))
}
