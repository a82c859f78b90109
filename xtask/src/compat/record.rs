//! The notes of a run: lines of JSON, one for each request of a client and one for each test's outcome.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// A line of the notes.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Line {
    /// A test asked for something, and was answered.
    Call { test: String, method: String, path: String, status: u16 },
    /// A test has ended.
    Outcome { test: String, passed: bool },
}

/// What became of a client's calls to one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Every test that called it passed, and at least one call was granted.
    Passed,
    /// Every test that called it passed, but no call was granted: refusals show little.
    Refused,
    /// A test that called it failed, or never came to its end.
    Failed,
}

/// Reads notes; tells what was seen of each endpoint that was called.
pub(super) fn read(notes: &str, endpoints: &[String]) -> Result<BTreeMap<String, Seen>> {
    let mut calls: Vec<(String, String, bool)> = Vec::new();
    let mut passed = BTreeSet::new();
    let mut ended = 0;
    for (index, line) in notes.lines().enumerate() {
        let line = serde_json::from_str(line).with_context(|| format!("line {} is no note", index + 1))?;
        match line {
            Line::Outcome { test, passed: true } => {
                ended += 1;
                passed.insert(test);
            }
            Line::Outcome { passed: false, .. } => ended += 1,
            Line::Call { test, method, path, status } => {
                if let Some(inside) = inside_the_protocol(&path) {
                    let endpoint = endpoint(&inside, endpoints)
                        .with_context(|| format!("{test}: {method} {path} is no endpoint of the table"))?;
                    calls.push((endpoint.to_owned(), test, status < 400));
                }
            }
        }
    }
    ensure!(ended > 0, "no test came to its end");
    let mut seen = BTreeMap::new();
    for (endpoint, test, granted) in calls {
        let now = match (passed.contains(&test), granted) {
            (false, _) => Seen::Failed,
            (true, true) => Seen::Passed,
            (true, false) => Seen::Refused,
        };
        let before = seen.entry(endpoint).or_insert(now);
        *before = match (*before, now) {
            (Seen::Failed, _) | (_, Seen::Failed) => Seen::Failed,
            (Seen::Passed, _) | (_, Seen::Passed) => Seen::Passed,
            (Seen::Refused, Seen::Refused) => Seen::Refused,
        };
    }
    Ok(seen)
}

/// What stands behind the version; a path outside of the protocol (a shared link's page, say) has none.
fn inside_the_protocol(path: &str) -> Option<String> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    matches!(segments.first(), Some(&("0" | "1"))).then(|| segments[1..].join("/"))
}

/// The longest endpoint with which a path begins.
fn endpoint<'a>(path: &str, endpoints: &'a [String]) -> Option<&'a str> {
    let begins =
        |name: &str| path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    endpoints.iter().map(String::as_str).filter(|name| begins(name)).max_by_key(|name| name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints() -> Vec<String> {
        ["delta", "delta/latest_cursor", "files", "search"].map(str::to_owned).to_vec()
    }

    fn call(test: &str, path: &str, status: u16) -> String {
        format!("{{\"test\":\"{test}\",\"method\":\"GET\",\"path\":\"{path}\",\"status\":{status}}}\n")
    }

    fn outcome(test: &str, passed: bool) -> String {
        format!("{{\"test\":\"{test}\",\"passed\":{passed}}}\n")
    }

    #[test]
    fn a_call_counts_as_its_test_went() {
        let notes = [
            call("a", "/1/files/auto/x%20y", 200),
            call("a", "/1//delta/", 404),
            call("b", "/0/delta", 400),
            call("c", "/1/search/auto", 200),
            call("d", "/1/delta/latest_cursor", 200),
            call("a", "/s/abc/x.txt", 200),
            outcome("a", true),
            outcome("b", true),
            outcome("c", false),
        ];
        let seen = read(&notes.concat(), &endpoints()).unwrap();
        let expected = [
            ("delta", Seen::Refused),
            ("delta/latest_cursor", Seen::Failed),
            ("files", Seen::Passed),
            ("search", Seen::Failed),
        ];
        assert_eq!(seen, expected.map(|(name, seen)| (name.to_owned(), seen)).into());
    }

    #[test]
    fn a_granted_call_outweighs_refusals_but_no_failure() {
        let mut notes =
            [call("a", "/1/delta", 400), call("b", "/1/delta", 200), outcome("a", true), outcome("b", true)]
                .concat();
        assert_eq!(read(&notes, &endpoints()).unwrap()["delta"], Seen::Passed);
        notes += &(call("c", "/1/delta", 200) + &outcome("c", false));
        assert_eq!(read(&notes, &endpoints()).unwrap()["delta"], Seen::Failed);
    }

    #[test]
    fn notes_that_show_nothing_are_errors() {
        assert!(read("", &endpoints()).is_err());
        assert!(read("{}\n", &endpoints()).is_err());
        assert!(read(&(call("a", "/1/nothing", 404) + &outcome("a", true)), &endpoints()).is_err());
    }
}
