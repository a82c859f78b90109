//! Licences: every dependency stands under one that we accept, and comes from the registry.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::workspace::{self, Metadata};
use crate::{output, tidy};

/// What we accept, in this file beside the code.
const RULES: &str = "xtask/licences.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    /// SPDX names of licences that any dependency may have.
    allow: Vec<String>,
    /// Further ones for a single dependency, by its name.
    #[serde(default)]
    exceptions: BTreeMap<String, Vec<String>>,
}

/// `cargo xtask licences`.
pub(crate) fn run() -> Result<bool> {
    Ok(tidy::report("licences", &check()?))
}

/// Complaints about dependencies; none is the good answer.
pub(crate) fn check() -> Result<Vec<String>> {
    let rules: Rules = toml::from_str(&workspace::read(Path::new(RULES))?)
        .with_context(|| format!("cannot understand {RULES}"))?;
    let metadata = Metadata::load()?;
    let mut complaints = Vec::new();
    let mut unused: Vec<&String> = rules.exceptions.keys().collect();
    let mut count = 0;
    for package in metadata.foreign() {
        count += 1;
        let name = format!("{} {}", package.name, package.version);
        if !package.source.as_deref().is_some_and(|source| source.starts_with("registry+")) {
            complaints.push(format!("{name} does not come from the registry"));
        }
        let extra = rules.exceptions.get(&package.name);
        unused.retain(|known| **known != package.name);
        let accepted = |licence: &str| {
            rules.allow.iter().chain(extra.into_iter().flatten()).any(|allowed| allowed == licence)
        };
        match &package.license {
            None => complaints.push(format!("{name} names no licence")),
            Some(expression) if !allows(expression, &accepted) => {
                complaints.push(format!("{name} stands under {expression}, which {RULES} does not allow"));
            }
            Some(_) => {}
        }
    }
    complaints
        .extend(unused.iter().map(|name| format!("{RULES} has an exception for {name}, which is not used")));
    output::line(&format!("    {count} dependencies"));
    Ok(complaints)
}

/// Whether an SPDX expression can be satisfied by accepted licences. `A/B` is the old spelling of `A OR B`.
fn allows(expression: &str, accepted: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    either(&mut rest, accepted) == Some(true) && rest.is_empty()
}

fn either(words: &mut &[&str], accepted: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut holds = both(words, accepted)?;
    while let Some(("OR", rest)) = words.split_first().map(|(first, rest)| (*first, rest)) {
        *words = rest;
        holds |= both(words, accepted)?;
    }
    Some(holds)
}

fn both(words: &mut &[&str], accepted: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut holds = single(words, accepted)?;
    while let Some(("AND", rest)) = words.split_first().map(|(first, rest)| (*first, rest)) {
        *words = rest;
        holds &= single(words, accepted)?;
    }
    Some(holds)
}

/// One licence, with its exception if it has one, or an expression in brackets.
fn single(words: &mut &[&str], accepted: &dyn Fn(&str) -> bool) -> Option<bool> {
    let (first, rest) = words.split_first()?;
    *words = rest;
    if *first == "(" {
        let holds = either(words, accepted)?;
        let (closing, rest) = words.split_first()?;
        *words = rest;
        return (*closing == ")").then_some(holds);
    }
    if let ["WITH", exception, rest @ ..] = *words {
        *words = rest;
        return Some(accepted(&format!("{first} WITH {exception}")));
    }
    Some(accepted(first))
}

#[cfg(test)]
mod tests {
    use super::allows;

    fn check(expression: &str, expected: bool) {
        let accepted =
            |licence: &str| ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
        assert_eq!(allows(expression, &accepted), expected, "{expression}");
    }

    #[test]
    fn understands_expressions() {
        check("MIT", true);
        check("GPL-3.0", false);
        check("GPL-3.0 OR MIT", true);
        check("GPL-3.0/MIT", true);
        check("GPL-3.0 AND MIT", false);
        check("(GPL-3.0 OR MIT) AND Apache-2.0", true);
        check("MIT AND (GPL-3.0 OR ISC)", false);
        check("Apache-2.0 WITH LLVM-exception", true);
        check("MIT WITH LLVM-exception", false);
        check("MIT OR GPL-3.0 AND ISC", true);
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        for broken in ["", "MIT OR", "(MIT", "MIT)", "MIT Apache-2.0", "AND"] {
            check(broken, false);
        }
    }
}
