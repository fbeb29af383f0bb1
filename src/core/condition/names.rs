//! What a condition reads: every name within a group, however it is written.

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr, IdedEntryExpr, LiteralValue, operators};

/// A name that a condition reads, such as `facts.records`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read<'c> {
    pub group: &'c str,
    /// None where the whole group is read, or a name that is worked out: nobody could say which.
    pub name: Option<&'c str>,
}

/// The name that this part of a condition is, as `facts.records` or as `facts["records"]`.
pub(super) fn read<'c>(expression: &'c IdedExpr, groups: &[&str]) -> Option<Read<'c>> {
    let group = |part: &'c IdedExpr| match &part.expr {
        Expr::Ident(name) => Some(name.trim_start_matches('.')).filter(|name| groups.contains(name)),
        _ => None,
    };
    match &expression.expr {
        Expr::Select(select) => Some(Read { group: group(&select.operand)?, name: Some(&select.field) }),
        Expr::Call(call) if call.func_name == operators::INDEX => {
            let [of, key] = call.args.as_slice() else { return None };
            Some(Read { group: group(of)?, name: text(key) })
        }
        Expr::Ident(_) => Some(Read { group: group(expression)?, name: None }),
        _ => None,
    }
}

/// A text as it stands in a condition.
pub(super) fn text(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

/// The parts that a part of a condition is made of.
pub(super) fn parts(expression: &IdedExpr) -> Vec<&IdedExpr> {
    match &expression.expr {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map.entries.iter().flat_map(of_entry).collect(),
        Expr::Struct(made) => made.entries.iter().flat_map(of_entry).collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Comprehension(_) | Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => Vec::new(),
    }
}

fn of_entry(entry: &IdedEntryExpr) -> Vec<&IdedExpr> {
    match &entry.expr {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}

/// Every name that is read, in the order in which they stand.
pub(super) fn reads<'c>(expression: &'c IdedExpr, groups: &[&str], found: &mut Vec<Read<'c>>) {
    let read = read(expression, groups);
    found.extend(read);
    // The group itself is read already; a key that is worked out reads what it is worked out from.
    let of_it = usize::from(read.is_some());
    parts(expression).into_iter().skip(of_it).for_each(|part| reads(part, groups, found));
}
