//! What of a failed step's output is worth showing: where test programs (cargo's and the clients' suites) say which test
//! failed and why, which may be thousands of lines before the end, and the end.

/// How much of what failed tests said is shown.
const REPORTS_MAX: usize = 300;
/// How much of the end is shown.
const END_MAX: usize = 60;
/// Stands above the end of a server's log.
const LAST_WORDS: &str = "---- the server's last words";

/// The lines to show, in their order.
pub(super) fn telling(output: &str) -> Vec<&str> {
    let lines: Vec<&str> = output.lines().collect();
    let (before, end) = lines.split_at(lines.len().saturating_sub(END_MAX));
    let mut shown = reports(before);
    shown.extend(end);
    shown
}

/// A report of cargo's programs goes from `failures:` to the result behind it. In the clients' suites each failed test has
/// one of its own, from `---- NAME`, and the last words of the server are behind them.
fn reports<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut inside = false;
    let mut reports = Vec::new();
    for line in lines {
        inside |= *line == "failures:" || line.starts_with("---- ");
        inside &= *line != LAST_WORDS;
        if inside {
            reports.push(*line);
        }
        if line.starts_with("test result:") {
            inside = false;
        }
    }
    if reports.len() > REPORTS_MAX {
        reports.truncate(REPORTS_MAX);
        reports.push("[...]");
    }
    reports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_shown_however_long_ago() {
        let passing = "test a ... ok\n".repeat(1000);
        let report = "failures:\n\n---- b stdout ----\nit is broken\n\nfailures:\n    b\n\ntest result: FAILED. 0 passed; 1 failed;";
        let output = format!("{passing}{report}\n{passing}error: 1 target failed\n");
        let shown = telling(&output).join("\n");
        assert!(shown.starts_with(report), "{shown}");
        assert!(shown.ends_with("test a ... ok\nerror: 1 target failed"), "{shown}");
        assert_eq!(shown.lines().count(), report.lines().count() + END_MAX);
    }

    #[test]
    fn what_failed_in_a_suite_of_clients_is_shown_whatever_the_server_said() {
        let report =
            "---- suite.test_b\nTraceback\nAssertionError: 1 != 2\n\n---- suite.test_c\nit is broken";
        let words = format!("{LAST_WORDS}\n{}", "INFO access: answered\n".repeat(2 * END_MAX));
        let output = format!("a   ok (0.1 s)\nb   FAILED (0.1 s)\n\n{report}\n{words}\n1 passed, 1 failed\n");
        let shown = telling(&output);
        assert_eq!(shown.len(), report.lines().count() + END_MAX);
        assert_eq!(shown[..report.lines().count()].join("\n"), report);
        assert_eq!(shown.last(), Some(&"1 passed, 1 failed"));
    }

    #[test]
    fn no_line_is_shown_twice() {
        let output = "failures:\nb is broken\ntest result: FAILED.\n";
        assert_eq!(telling(output).join("\n"), output.trim_end());
    }

    #[test]
    fn is_bounded() {
        let output = format!("failures:\n{}", "text\n".repeat(100_000));
        assert_eq!(telling(&output).len(), REPORTS_MAX + 1 + END_MAX);
        assert!(telling("").is_empty());
    }
}
