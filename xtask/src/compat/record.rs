//! The notes of a run: lines of JSON, one for each request of a client and one for each test's outcome.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
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

/// What a request (its method and its path) asks for, of these endpoints.
pub(super) type Find = for<'a> fn(&str, &str, &'a [String]) -> Asked<'a>;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    /// One of the endpoints.
    Endpoint(&'a str),
    /// Something of the protocol that is none of them.
    Unknown,
    /// Something outside of the protocol (a shared link's page, another protocol).
    Elsewhere,
}

/// Reads notes; tells what was seen of each endpoint that was called.
pub(super) fn read(notes: &str, endpoints: &[String], find: Find) -> Result<BTreeMap<String, Seen>> {
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
            Line::Call { test, method, path, status } => match find(&method, &path, endpoints) {
                Asked::Endpoint(name) => calls.push((name.to_owned(), test, status < 400)),
                Asked::Unknown => bail!("{test}: {method} {path} is no endpoint of the table"),
                Asked::Elsewhere => {}
            },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compat::paths::dropbox_v1;

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
        let seen = read(&notes.concat(), &endpoints(), dropbox_v1).unwrap();
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
        assert_eq!(read(&notes, &endpoints(), dropbox_v1).unwrap()["delta"], Seen::Passed);
        notes += &(call("c", "/1/delta", 200) + &outcome("c", false));
        assert_eq!(read(&notes, &endpoints(), dropbox_v1).unwrap()["delta"], Seen::Failed);
    }

    #[test]
    fn notes_that_show_nothing_are_errors() {
        assert!(read("", &endpoints(), dropbox_v1).is_err());
        assert!(read("{}\n", &endpoints(), dropbox_v1).is_err());
        assert!(
            read(&(call("a", "/1/nothing", 404) + &outcome("a", true)), &endpoints(), dropbox_v1).is_err()
        );
    }
}
