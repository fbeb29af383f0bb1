//! Whether one condition holds wherever another does, as far as comparisons with numbers and texts show it.

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators};

use super::GROUPS;
use super::names::{Read, read};

/// The most alternatives that a condition is written out into; what has more is taken for one that shows nothing.
const ALTERNATIVES_MAX: usize = 64;

/// A comparison: what is compared, how, and with what.
#[derive(Clone, Debug, PartialEq)]
struct Comparison<'c> {
    of: Read<'c>,
    sign: Sign,
    with: Literal<'c>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Below,
    UpTo,
    Equal,
    From,
    Above,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Literal<'c> {
    Number(f64),
    Text(&'c str),
}

/// One way in which a condition holds: all of these hold. None stands for a part that shows nothing.
type Alternative<'c> = Vec<Option<Comparison<'c>>>;

/// Whether `broad` holds wherever `narrow` does. False where it cannot be told.
pub(super) fn covers(broad: &IdedExpr, narrow: &IdedExpr) -> bool {
    let (Some(broad), Some(narrow)) = (alternatives(broad), alternatives(narrow)) else { return false };
    narrow.iter().all(|narrow| broad.iter().any(|broad| follows(broad, narrow)))
}

/// Whether all of `broad` holds where all of `narrow` does.
fn follows(broad: &Alternative<'_>, narrow: &Alternative<'_>) -> bool {
    let held = |wanted: &Comparison<'_>| narrow.iter().flatten().any(|known| implies(known, wanted));
    broad.iter().all(|wanted| wanted.as_ref().is_some_and(held))
}

fn implies(known: &Comparison<'_>, wanted: &Comparison<'_>) -> bool {
    if known.of != wanted.of {
        return false;
    }
    let (known_with, wanted_with) = match (known.with, wanted.with) {
        (Literal::Number(known), Literal::Number(wanted)) => (known, wanted),
        (one, other) => return known.sign == Sign::Equal && wanted.sign == Sign::Equal && one == other,
    };
    match (wanted.sign, known.sign) {
        (Sign::Above, Sign::Above) | (Sign::From, Sign::Above | Sign::From | Sign::Equal) => known_with >= wanted_with,
        (Sign::Above, Sign::From | Sign::Equal) => known_with > wanted_with,
        (Sign::Below, Sign::Below) | (Sign::UpTo, Sign::Below | Sign::UpTo | Sign::Equal) => known_with <= wanted_with,
        (Sign::Below, Sign::UpTo | Sign::Equal) => known_with < wanted_with,
        (Sign::Equal, Sign::Equal) => known == wanted,
        (Sign::Above | Sign::From, Sign::Below | Sign::UpTo)
        | (Sign::Below | Sign::UpTo, Sign::Above | Sign::From)
        | (Sign::Equal, Sign::Below | Sign::UpTo | Sign::From | Sign::Above) => false,
    }
}

/// The ways in which a condition holds; none where there are too many.
fn alternatives(expression: &IdedExpr) -> Option<Vec<Alternative<'_>>> {
    let Expr::Call(call) = &expression.expr else { return Some(vec![alone(expression)]) };
    let found = match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_OR, sides) => {
            let sides: Option<Vec<_>> = sides.iter().map(alternatives).collect();
            sides?.concat()
        }
        (operators::LOGICAL_AND, sides) => {
            let mut joined: Vec<Alternative<'_>> = vec![Vec::new()];
            for side in sides {
                let side = alternatives(side)?;
                if joined.len() * side.len() > ALTERNATIVES_MAX {
                    return None;
                }
                joined =
                    joined.iter().flat_map(|one| side.iter().map(|other| [one.as_slice(), other].concat())).collect();
            }
            joined
        }
        (_, _) => vec![alone(expression)],
    };
    (found.len() <= ALTERNATIVES_MAX).then_some(found)
}

/// `true` asks nothing.
fn alone(expression: &IdedExpr) -> Alternative<'_> {
    match &expression.expr {
        Expr::Literal(LiteralValue::Boolean(truth)) if *truth.inner() => Vec::new(),
        other => vec![comparison(other)],
    }
}

fn comparison(expression: &Expr) -> Option<Comparison<'_>> {
    let Expr::Call(call) = expression else { return None };
    let [one, other] = call.args.as_slice() else { return None };
    let sign = match call.func_name.as_str() {
        operators::LESS => Sign::Below,
        operators::LESS_EQUALS => Sign::UpTo,
        operators::EQUALS => Sign::Equal,
        operators::GREATER_EQUALS => Sign::From,
        operators::GREATER => Sign::Above,
        _ => return None,
    };
    let named = |side| read(side, &GROUPS).filter(|read| read.name.is_some());
    match (literal(&one.expr), literal(&other.expr)) {
        (None, Some(with)) => Some(Comparison { of: named(one)?, sign, with }),
        (Some(with), None) => Some(Comparison { of: named(other)?, sign: sign.turned(), with }),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

/// Numbers as conditions compare them; larger ones than a voice count ever is lose their last digits here.
fn literal(expression: &Expr) -> Option<Literal<'_>> {
    let Expr::Literal(literal) = expression else { return None };
    match literal {
        LiteralValue::Int(number) => number.inner().to_string().parse().ok().map(Literal::Number),
        LiteralValue::UInt(number) => number.inner().to_string().parse().ok().map(Literal::Number),
        LiteralValue::Double(number) => Some(Literal::Number(*number.inner())),
        LiteralValue::String(text) => Some(Literal::Text(text.inner())),
        LiteralValue::Boolean(_) | LiteralValue::Bytes(_) | LiteralValue::Null => None,
    }
}

impl Sign {
    /// The same comparison read from its other side.
    fn turned(self) -> Self {
        match self {
            Self::Below => Self::Above,
            Self::UpTo => Self::From,
            Self::Equal => Self::Equal,
            Self::From => Self::UpTo,
            Self::Above => Self::Below,
        }
    }
}
