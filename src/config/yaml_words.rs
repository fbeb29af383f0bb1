//! What the YAML crate says, in words for those who write the files, without advice that is for programmers.

use super::yaml::{ALIASES_MAX, DEPTH_MAX, NODES_MAX};

const HELP: &str = "look at indentation, brackets and quotes here and in the line above; a text that begins with a quote, @, & or * needs quotes \
                    around the whole";

/// What a part of the crate's message tells, and what mends it; the first that fits.
const TOLD: &[(&str, &str, &str)] = &[
    ("tab", "a tab stands here or in the next line, and indentation is made of blanks", "put blanks in its place"),
    (
        "mapping values are not allowed",
        "a colon with a blank after it stands within a text",
        "put the whole text in quotes, or begin a new line for the next key",
    ),
    ("illegal placement of ':'", "a colon with a blank after it stands where none may", HELP),
    ("unclosed quote", "a quote opens here and is never closed", "close it with the same kind of quote"),
    ("unexpected document indicator", "a quote opens before this and is never closed", "close it before this line"),
    (
        "trailing content",
        "something stands right behind a text in quotes",
        "put the whole text in quotes, or begin a new line",
    ),
    (
        "a quoted scalar",
        "a backslash stands in double quotes before something that it does not go with",
        "put the text in single quotes, or write two backslashes for one",
    ),
    ("unclosed bracket", "a bracket opens here and is never closed", "close it, and look at the commas within"),
    ("mismatched bracket", "a bracket closes one of another kind", "close [ with ], and { with }"),
    ("misplaced bracket", "a bracket closes what was never opened", "take it out, or put the text in quotes"),
    (
        "flow",
        "a comma or a closing bracket is missing here",
        "put commas between entries, and in quotes a text that holds brackets, braces or commas",
    ),
    (
        "unexpected eof",
        "the file ends before what was begun is whole",
        "look for a bracket or a quote that is not closed",
    ),
    ("merge", "`<<` would take another table in, which is not done here", "write out here what the other table holds"),
    (
        "-' indicator",
        "this line is neither an entry of the list above nor outside of it",
        "begin each entry with a dash, all of them as far in as the first",
    ),
    (
        "sequence entries are not allowed",
        "a dash that would begin an entry of a list stands where none may",
        "begin the list on a line of its own, or put the text in quotes",
    ),
    ("\"-\" is only valid", "a dash stands within brackets", "write [one, other] without dashes"),
    ("'-' must be followed", "a dash that begins an entry needs a blank behind it", "write a blank behind it"),
    ("starts with '-'", "a text begins with a dash", "put the whole text in quotes"),
    ("start with '-'", "a text begins with a dash", "put the whole text in quotes"),
    (
        "indent",
        "this line is not as far in as what it belongs to",
        "give lines that belong together the same number of blanks",
    ),
    (
        "did not find expected key",
        "this line is not as far in as the keys around it, or says no key",
        "give the keys of one table the same number of blanks, each with a colon and a blank behind it",
    ),
    (
        "simple key",
        "this line says no key: a colon is missing",
        "write it as `key: value`, or put a text of several lines in quotes",
    ),
    ("mapping keys are not allowed", "a key stands where none may", "begin a new line for it"),
    ("anchor", "a word that begins with & or * means something else in YAML", "put the whole text in quotes"),
    ("alias", "a word that begins with & or * means something else in YAML", "put the whole text in quotes"),
    ("tag", "a word that begins with ! means something else in YAML", "put the whole text in quotes"),
    ("unexpected character", "a text begins with a sign that none may begin with", "put the whole text in quotes"),
    (
        "directive",
        "a line that begins with % means something else in YAML",
        "put the text in quotes, or the % within its line",
    ),
    ("comment", "a # begins a comment here, in the midst of a text", "put the whole text in quotes"),
    (
        "block scalar",
        "what follows | or > does not say how its lines are to be taken",
        "write | or > alone, and the text beneath it, farther in",
    ),
    ("BOM", "an invisible sign stands within the file", "delete it: take out the blanks here and type them anew"),
];

/// The message for a problem, and how to mend it.
pub(super) fn reworded(said: &str) -> (String, String) {
    let said = said.rsplit_once(" at line ").map_or(said, |(reason, _)| reason);
    if let Some(rest) = said.strip_prefix("duplicate mapping key: ") {
        let key = rest.split(',').next().unwrap_or(rest);
        return (format!("`{key}` stands here a second time"), "keep one of the two".to_owned());
    }
    if said.starts_with("multiple YAML documents") {
        return ("a second document begins here".to_owned(), "keep one document a file, without `---`".to_owned());
    }
    if said.starts_with("budget breached") || said.contains("recursion limit") || said.contains("limit exceeded") {
        let help = format!("keep to {NODES_MAX} values, {DEPTH_MAX} levels and {ALIASES_MAX} aliases");
        return ("this file holds more, or nests deeper, than Holdline reads".to_owned(), help);
    }
    let told = TOLD.iter().find(|(part, ..)| said.contains(part));
    let (why, help) = told.map_or(("it cannot be read from here on", HELP), |(_, why, help)| (*why, *help));
    (format!("this is not YAML: {why}"), help.to_owned())
}
