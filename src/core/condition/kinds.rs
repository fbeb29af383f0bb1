//! What kind of value each part of a condition gives, told from its text alone: beside `true ||` no sample reaches a mistake.

use std::fmt;

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators};

use super::GROUPS;
use super::names::{parts, read, text};
use crate::core::severity::Severity;

/// What a part of a condition gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Truth,
    Number,
    Text,
    /// `incident.severity`: a text that is one of three.
    Severity,
    /// It cannot be told from the text.
    Unsaid,
}

/// What cannot be right, whatever is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    #[error(
        "this condition cannot be worked out: `{sign}` stands between {one} and {other}; compare numbers with numbers, and texts with texts in quotes"
    )]
    Mixed { sign: String, one: Kind, other: Kind },
    #[error("`{sign}` joins what is true or false, and here it stands beside {kind}; compare that with something")]
    NoTruth { sign: String, kind: Kind },
    #[error("no severity is called `{0}`; there are `elevated`, `serious` and `critical`, in small letters")]
    NoSeverity(String),
    #[error(
        "`{0}` would go by the alphabet, in which `critical` is the least; name the severities, as in `incident.severity == \"critical\"`"
    )]
    SeverityOrder(String),
}

const ORDERS: [&str; 4] = [operators::LESS, operators::LESS_EQUALS, operators::GREATER, operators::GREATER_EQUALS];
const SUMS: [&str; 4] = [operators::SUBSTRACT, operators::MULTIPLY, operators::DIVIDE, operators::MODULO];

/// What `expression` gives; `of` says what a name stands for.
pub(super) fn kind(expression: &IdedExpr, of: &dyn Fn(&str, &str) -> Kind) -> Result<Kind, Mistake> {
    if matches!(&expression.expr, Expr::Select(select) if select.test) {
        return Ok(Kind::Truth);
    }
    if let Some(read) = read(expression, &GROUPS) {
        return Ok(read.name.map_or(Kind::Unsaid, |name| of(read.group, name)));
    }
    match &expression.expr {
        Expr::Literal(LiteralValue::Boolean(_)) => Ok(Kind::Truth),
        Expr::Literal(LiteralValue::Int(_) | LiteralValue::UInt(_) | LiteralValue::Double(_)) => Ok(Kind::Number),
        Expr::Literal(LiteralValue::String(_)) => Ok(Kind::Text),
        Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
            (sign @ (operators::LOGICAL_OR | operators::LOGICAL_AND), sides) => {
                sides.iter().try_for_each(|side| truth(side, sign, of))?;
                Ok(Kind::Truth)
            }
            (sign @ operators::LOGICAL_NOT, [side]) => truth(side, sign, of).map(|()| Kind::Truth),
            (operators::CONDITIONAL, [when, then, otherwise]) => {
                truth(when, "?", of)?;
                let (then, otherwise) = (kind(then, of)?, kind(otherwise, of)?);
                Ok(if then == otherwise { then } else { Kind::Unsaid })
            }
            (sign, [one, other]) => pair(sign, one, other, of),
            (_, _) => of_parts(expression, of),
        },
        _ => of_parts(expression, of),
    }
}

fn of_parts(expression: &IdedExpr, of: &dyn Fn(&str, &str) -> Kind) -> Result<Kind, Mistake> {
    parts(expression).into_iter().try_for_each(|part| kind(part, of).map(|_| ()))?;
    Ok(Kind::Unsaid)
}

fn truth(side: &IdedExpr, sign: &str, of: &dyn Fn(&str, &str) -> Kind) -> Result<(), Mistake> {
    match kind(side, of)? {
        Kind::Truth | Kind::Unsaid => Ok(()),
        kind @ (Kind::Number | Kind::Text | Kind::Severity) => Err(Mistake::NoTruth { sign: shown(sign), kind }),
    }
}

/// Of a sign between two values.
fn pair(sign: &str, one: &IdedExpr, other: &IdedExpr, of: &dyn Fn(&str, &str) -> Kind) -> Result<Kind, Mistake> {
    let kinds = (kind(one, of)?, kind(other, of)?);
    let (is_order, is_equality) = (ORDERS.contains(&sign), matches!(sign, operators::EQUALS | operators::NOT_EQUALS));
    let is_sum = SUMS.contains(&sign) || sign == operators::ADD;
    let is_severity = matches!(kinds, (Kind::Severity, _) | (_, Kind::Severity));
    if is_severity && is_order {
        return Err(Mistake::SeverityOrder(shown(sign)));
    }
    if is_severity && (is_equality || sign == operators::IN) {
        let named = [one, other].into_iter().flat_map(|side| std::iter::once(side).chain(parts(side)));
        let unknown = named.filter_map(text).find(|name| !is_severity_name(name));
        if let Some(name) = unknown {
            return Err(Mistake::NoSeverity(name.to_owned()));
        }
    }
    let mixed = || Mistake::Mixed { sign: shown(sign), one: kinds.0, other: kinds.1 };
    match (kinds.0.compared(), kinds.1.compared()) {
        (Kind::Unsaid, _) | (_, Kind::Unsaid) => {}
        (one, other) if one != other && (is_order || is_equality || is_sum) => return Err(mixed()),
        (Kind::Truth, _) if is_order || is_sum => return Err(mixed()),
        (Kind::Text, _) if SUMS.contains(&sign) => return Err(mixed()),
        (Kind::Truth | Kind::Number | Kind::Text | Kind::Severity, _) => {}
    }
    Ok(match (is_order || is_equality || sign == operators::IN, is_sum) {
        (true, _) => Kind::Truth,
        (false, true) => kinds.0.compared(),
        (false, false) => Kind::Unsaid,
    })
}

fn is_severity_name(name: &str) -> bool {
    let all = [Severity::Elevated, Severity::Serious, Severity::Critical];
    all.iter().any(|severity| severity.to_string().to_lowercase() == name)
}

/// A sign as people write it: the parser calls them `_>_` and `@in`.
fn shown(sign: &str) -> String {
    sign.trim_matches(['_', '@']).to_owned()
}

impl Kind {
    /// What it is where it is compared.
    fn compared(self) -> Self {
        match self {
            Self::Severity => Self::Text,
            Self::Truth | Self::Number | Self::Text | Self::Unsaid => self,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truth => "what is true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Severity => "a severity",
            Self::Unsaid => "something else",
        })
    }
}
