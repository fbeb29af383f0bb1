//! Conditions in CEL over what an incident knows. What reads something unknown is *cannot tell yet*, never false.

mod covers;
mod kinds;
mod names;
mod plain;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, LazyLock};

pub use kinds::{Kind, Mistake};
pub use names::Read;

use cel::common::ast::{EntryExpr, Expr, IdedEntryExpr};
use cel::{Context, Env, ExecutionError, IdedExpr, Program, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeMap as _};

/// The longest condition, in bytes; also keeps the parser's recursion small.
pub const CONDITION_BYTES_MAX: usize = 1024;

/// What conditions read: tables of names.
pub const GROUPS: [&str; 4] = ["facts", "spike", "incident", "organisation"];

/// CEL's own functions. Declaring them takes far longer than any condition does.
static FUNCTIONS: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// What a condition says of the known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    Holds,
    DoesNotHold,
    /// Something it reads is not known. Never lowers severity, skips a task or stands down.
    CannotTell,
}

/// The names conditions read: unknown values are absent from their map.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Known {
    pub facts: serde_json::Map<String, serde_json::Value>,
    pub spike: serde_json::Map<String, serde_json::Value>,
    pub incident: serde_json::Map<String, serde_json::Value>,
    pub organisation: serde_json::Map<String, serde_json::Value>,
}

/// Values with every whole number signed, as CEL's literals are: it does not mix signed and unsigned in arithmetic.
struct Signed<'a>(&'a serde_json::Map<String, serde_json::Value>);

impl Serialize for Signed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            match value.as_i64() {
                Some(number) => map.serialize_entry(name, &number)?,
                None => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

/// A condition that parses. Compared and stored by its text.
#[derive(Clone)]
pub struct Condition {
    source: String,
    program: Arc<Program>,
    /// The variables that it reads: the others are not handed to it.
    reads: Arc<BTreeSet<String>>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConditionError {
    #[error("this condition is longer than {CONDITION_BYTES_MAX} bytes; split it into several rules")]
    TooLong,
    #[error(
        "this condition cannot be read: {0}; conditions look like `spike.count > 20 || facts.records_affected >= 500`"
    )]
    Syntax(String),
    #[error(
        "this condition goes through a list, which conditions cannot; write out what is compared, as in `facts.a > 5 || facts.b > 5`"
    )]
    Loop,
    #[error("this condition cannot be worked out: {why}; {help}")]
    NotWorkedOut { why: String, help: &'static str },
    #[error("this condition does not give true or false but {0}; compare it with something")]
    NotATruth(&'static str),
}

impl Condition {
    pub fn parse(source: &str) -> Result<Self, ConditionError> {
        if source.len() > CONDITION_BYTES_MAX {
            return Err(ConditionError::TooLong);
        }
        let program =
            Program::compile(source).map_err(|errors| ConditionError::Syntax(plain::unread(source, &errors)))?;
        if loops(program.expression()) {
            return Err(ConditionError::Loop);
        }
        let reads = program.references().variables().into_iter().map(str::to_owned).collect();
        Ok(Self { source: source.to_owned(), program: Arc::new(program), reads: Arc::new(reads) })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// The variables it reads at top level, such as `facts` and `spike`.
    pub fn variables(&self) -> &BTreeSet<String> {
        &self.reads
    }

    /// Every name within a group that it reads, in the order in which they stand.
    pub fn names(&self) -> Vec<Read<'_>> {
        let mut found = Vec::new();
        names::reads(self.program.expression(), &GROUPS, &mut found);
        found
    }

    /// What cannot be right in it whatever is known, also where no value would ever come to it. `of` says what stands
    /// under a name of a group.
    pub fn mistake(&self, of: &dyn Fn(&str, &str) -> Kind) -> Option<Mistake> {
        kinds::kind(self.program.expression(), of).err()
    }

    /// Whether it holds wherever `narrow` does; false where that cannot be told from the two alone.
    pub fn covers(&self, narrow: &Self) -> bool {
        covers::covers(self.program.expression(), narrow.program.expression())
    }

    /// Evaluates; an error at run time is *cannot tell*, since [`Self::try_on`] refuses the others when the file is read.
    pub fn holds(&self, known: &Known) -> Truth {
        self.try_on(known).unwrap_or(Truth::CannotTell)
    }

    /// Evaluates on samples and says when the condition is wrong whatever the values, for `check`.
    pub fn try_on(&self, known: &Known) -> Result<Truth, ConditionError> {
        let mut context = Context::with_env(Arc::clone(&FUNCTIONS));
        let named = [
            ("facts", &known.facts),
            ("spike", &known.spike),
            ("incident", &known.incident),
            ("organisation", &known.organisation),
        ];
        let is_read = |name: &str| self.reads.iter().any(|read| read.trim_start_matches('.') == name);
        for (name, values) in named.into_iter().filter(|(name, _)| is_read(name)) {
            if context.add_variable(name, Signed(values)).is_err() {
                return Ok(Truth::CannotTell);
            }
        }
        match self.program.execute(&context) {
            Ok(Value::Bool(true)) => Ok(Truth::Holds),
            Ok(Value::Bool(false)) => Ok(Truth::DoesNotHold),
            Ok(other) => Err(ConditionError::NotATruth(in_words(&other))),
            Err(ExecutionError::NoSuchKey(_)) => Ok(Truth::CannotTell),
            Err(error) => Err(plain::failed(&error)),
        }
    }
}

/// Whether it goes through a list (`all`, `exists`, `map`, `filter`): a few within one another would never end, and
/// nothing that conditions read is a list.
fn loops(expression: &IdedExpr) -> bool {
    let entry = |entry: &IdedEntryExpr| match &entry.expr {
        EntryExpr::StructField(field) => loops(&field.value),
        EntryExpr::MapEntry(entry) => loops(&entry.key) || loops(&entry.value),
    };
    match &expression.expr {
        Expr::Comprehension(_) => true,
        Expr::Call(call) => call.target.as_deref().is_some_and(loops) || call.args.iter().any(loops),
        Expr::List(list) => list.elements.iter().any(loops),
        Expr::Map(map) => map.entries.iter().any(entry),
        Expr::Struct(made) => made.entries.iter().any(entry),
        Expr::Select(select) => loops(&select.operand),
        Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => false,
    }
}

/// What kind of value a condition gave.
fn in_words(value: &Value) -> &'static str {
    match value {
        Value::Int(_) | Value::UInt(_) | Value::Float(_) => "a number",
        Value::String(_) => "a text",
        _ => "something else",
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({:?})", self.source)
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Condition {}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
