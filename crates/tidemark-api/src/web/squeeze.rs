//! Scripts and styles without what only people read, line by line.
//!
//! This is no minifier: it knows no grammar, and leaves alone every line in which a space could mean something. What it relies
//! on is checked for each of our files: no text goes on over several lines.

/// What stands between two things whatever is around it. (A sign of a number is another's neighbour only by a space.)
const SIGNS: &str = "=*<>?:,;(){}[]&|!";

/// What the browser needs of a script.
pub(super) fn script(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut is_open = false;
    for line in code_lines(text) {
        let line = without_types(line);
        let closed = closed_up_script(&line);
        // Nothing ends behind or before these, with or without a line's end.
        let goes_on = kept.trim_end().ends_with(['{', '(', '[', ',', ';', ':', '?', '&', '|', '=']);
        if is_open && (goes_on || line.starts_with(['}', ')', ']', '.', '?', ':', '&', '|'])) {
            kept.pop();
            let is_idle = line.starts_with('}') && kept.ends_with(';')
                || line.starts_with(['}', ')']) && kept.ends_with(',');
            kept.truncate(kept.len() - usize::from(is_idle));
        }
        is_open = closed.is_some();
        kept.push_str(closed.as_deref().unwrap_or(&line));
        kept.push('\n');
    }
    kept
}

/// The line without spaces that mean nothing, if it is known which do.
fn closed_up_script(line: &str) -> Option<String> {
    // A text within a text within a text.
    if line.contains("${") && line.matches('`').count() > 2 {
        return None;
    }
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['\'', '"', '`', '/', '\\']) {
        let quote = rest[at..].chars().next().filter(|c| !matches!(c, '/' | '\\'))?;
        let text = &rest[at + 1..];
        let end = text.find([quote, '\\']).filter(|end| text[*end..].starts_with(quote))?;
        // A text is told from what is around it by its quotes.
        kept.push_str(&closed_up(rest[..at].trim(), SIGNS, SIGNS));
        kept.push_str(&rest[at..at + end + 2]);
        rest = &text[end + 1..];
    }
    kept.push_str(&closed_up(rest.trim(), SIGNS, SIGNS));
    Some(kept)
}

/// What the browser needs of a style.
pub(super) fn style(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for line in code_lines(text) {
        if line.contains(['"', '\'', '\\']) {
            kept.push_str(line);
        } else {
            // A space before a colon stands between an element and what is in it.
            kept.push_str(&closed_up(line, "{};,", "{};,:"));
        }
        if !kept.ends_with(['{', '}', ';', ',']) {
            kept.push('\n');
        }
    }
    kept.replace(";}", "}")
}

/// The lines that are no comments alone, each without what is around it.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut is_comment = false;
    text.lines().map(str::trim).filter(move |line| {
        is_comment |= line.starts_with("/*");
        let is_code = !is_comment && !line.is_empty() && !line.starts_with("//");
        is_comment &= !line.ends_with("*/");
        is_code
    })
}

/// The line without what tells types amid code. No text of ours has such a thing in it.
fn without_types(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once("/** @") {
        let Some((_, after)) = behind.split_once("*/") else { break };
        kept.push_str(before);
        rest = after.trim_start();
    }
    kept + rest
}

/// The text without single spaces before one sort of signs and behind another.
fn closed_up(text: &str, before: &str, behind: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_idle = c == ' '
            && (kept.ends_with(|last| behind.contains(last))
                || chars.peek().is_some_and(|next| before.contains(*next)));
        if !is_idle {
            kept.push(c);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_types_and_idle_spaces_are_left_out() {
        for (text, squeezed) in [
            (
                "/**\n * Why.\n */\nexport const a = 1; // one\n\n  // two\n  /* three */\nb;\n",
                "export const a = 1; // one\nb;\n",
            ),
            (
                "if (a !== b && c) {\n  f('x , y', /** @type {any} */ (z));\n}\n",
                "if(a!==b&&c){f('x , y',(z))}\n",
            ),
            ("f(\n  a,\n  [b, c],\n);\nlet d = -1 - -a\n", "f(a,[b,c]);let d=-1 - -a\n"),
            ("a\n  .b(`c , ${d , e} : f`)\n  .g();\n", "a.b(`c , ${d , e} : f`).g();\n"),
            ("return a ? 'b' : \"c ' d\" in e;\n", "return a?'b':\"c ' d\"in e;\n"),
            (
                "x = y / z;\n}\na = `b ${c ? `d , e` : f}`;\ng = 'it\\'s , h';\n",
                "x = y / z;\n}\na = `b ${c ? `d , e` : f}`;\ng = 'it\\'s , h';\n",
            ),
        ] {
            assert_eq!(script(text), squeezed);
        }
        let text = "/* why */\n.a > b, .c :hover {\n  margin: 0 auto;\n  content: \" ; \";\n}\n";
        assert_eq!(style(text), ".a > b,.c :hover{margin:0 auto;content: \" ; \"}");
    }
}
