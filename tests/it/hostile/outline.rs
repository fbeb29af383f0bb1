//! What a page of HTML is made of, as a browser's tokenizer reads it: elements with the names of their attributes.

use std::cell::RefCell;
use std::collections::BTreeSet;

use holdline::core::statement::hidden_character;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// Attributes whose value a browser follows or loads.
const FOLLOWED: &[&str] = &["href", "src", "action", "formaction", "data", "poster", "srcset", "xlink:href"];

#[derive(Default)]
struct Reading {
    elements: RefCell<BTreeSet<String>>,
    followed: RefCell<Vec<String>>,
}

impl TokenSink for Reading {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(Tag { kind: TagKind::StartTag, name, attrs, .. }) => {
                let mut element = name.to_string();
                for attribute in attrs {
                    let name = attribute.name.local.to_string();
                    if FOLLOWED.contains(&name.as_str()) {
                        self.followed.borrow_mut().push(attribute.value.to_string());
                    }
                    element.push(' ');
                    element.push_str(&name);
                }
                self.elements.borrow_mut().insert(element);
            }
            Token::CommentToken(comment) => {
                self.elements.borrow_mut().insert(format!("comment {comment}"));
            }
            Token::TagToken(_)
            | Token::DoctypeToken(_)
            | Token::CharacterTokens(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

/// The kinds of element in a page, each with its attributes' names. Everything that can be followed must stay here or
/// lead to the web, and nothing in it may be invisible.
pub(super) fn outline(html: &str) -> BTreeSet<String> {
    let hidden = hidden_character(&html.replace(['\r', '\t'], " "));
    assert!(hidden.is_none(), "{hidden:?} stands in a page");
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Reading::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let Reading { elements, followed } = tokenizer.sink;
    for address in followed.into_inner() {
        // The chart travels in the letter itself.
        let own = address.starts_with('#') || address.starts_with("cid:chart.");
        let stays = own || (address.starts_with('/') && !address.starts_with("//"));
        assert!(stays || address.starts_with("https://") || address.starts_with("http://"), "{address}");
    }
    elements.into_inner()
}

#[test]
fn an_outline_sees_what_a_browser_sees() {
    let seen = outline("<p class=a>x</p><svg/onload=alert(1)><!-- c --><a href='/x'>&lt;b&gt;</a>");
    let wanted = ["a href", "comment  c ", "p class", "svg onload"];
    assert_eq!(seen, wanted.map(str::to_owned).into());
}
