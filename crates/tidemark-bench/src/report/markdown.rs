//! `docs/BENCHMARKS.md`: the text around the markers is kept, what is between them is measured.

use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::machine::Machine;
use super::{Role, Row, Verdict, show_ratio, show_sample};

/// What a new document begins with.
const PREFACE: &str = "# Benchmarks

How fast Tidemark is, beside what the machine can do at all (limits) and beside programs that do a comparable part of
the work (peers). Everything is measured in one run, with the load generator on the same cores. **The ratios count**:
absolute figures depend on the machine and on what else it does. A ratio of 1 is as good, above 1 is better, for times
and memory as well.

Below is what the last full run measured; `cargo xtask bench` measures it anew.

";

/// Replaces the measured part of a document that has this name, or adds it at the end; begins a document.
pub(crate) fn update(document: Option<&str>, name: &str, measured: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name}: begin -->"), format!("<!-- {name}: end -->"));
    let document = document.unwrap_or(PREFACE);
    match document.split_once(&begin) {
        None => Ok(format!("{}\n\n{begin}\n{measured}{end}\n", document.trim_end())),
        Some((before, rest)) => {
            let Some((_, after)) = rest.split_once(&end) else { bail!("the document lacks the line {end}") };
            Ok(format!("{before}{begin}\n{measured}{end}{after}"))
        }
    }
}

/// The measured part.
pub(crate) fn render(command: &str, machine: &Machine, rows: &[Row], plot: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "Measured with `{command}` on: {}.\n", machine.describe());
    let _ = writeln!(text, "![Each figure beside its target]({plot})\n");
    let _ = writeln!(text, "| What | Ratio | Tidemark | Limits and peers | Target | |");
    let _ = writeln!(text, "| --- | --- | --- | --- | --- | --- |");
    let mut notes: Vec<&str> = Vec::new();
    for row in rows {
        let ratios: Vec<String> = row
            .others()
            .filter_map(|lane| Some(format!("{} {}", show_ratio(row.ratio(lane)?.median()), lane.name)))
            .collect();
        let others: Vec<String> = row
            .others()
            .map(|lane| {
                let role = if lane.role == Role::Limit { "limit" } else { "peer" };
                format!("{role} {}: {}", lane.name, show_sample(row.unit, &lane.result))
            })
            .collect();
        let ours = row.ours().map_or_else(String::new, |lane| show_sample(row.unit, &lane.result));
        let target = row.target.as_ref().map_or("–", |target| target.text.as_str());
        let verdict = match row.verdict() {
            Verdict::Reached => "reached",
            Verdict::Missed => "**not reached**",
            Verdict::Open => "–",
        };
        let marks: Vec<String> = row
            .notes
            .iter()
            .map(|note| {
                let known = notes.iter().position(|known| known == note);
                let at = known.unwrap_or_else(|| {
                    notes.push(note);
                    notes.len() - 1
                });
                format!(" [{}]", at + 1)
            })
            .collect();
        let cells = [
            format!("{}{}", row.what, marks.concat()),
            ratios.join("<br>"),
            ours,
            others.join("<br>"),
            target.to_owned(),
        ];
        let cells: Vec<String> =
            cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        let _ = writeln!(text, "| {} | {verdict} |", cells.join(" | "));
    }
    if !notes.is_empty() {
        text.push('\n');
    }
    for (at, note) in notes.iter().enumerate() {
        let _ = writeln!(text, "{}. {note}", at + 1);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::rows;
    use super::*;

    fn machine() -> Machine {
        Machine {
            processor: "P".to_owned(),
            cores: 2,
            memory_gib: 24.0,
            kernel: "Linux 6".to_owned(),
            file_system: "ext4".to_owned(),
            open_files: 20_000,
        }
    }

    #[test]
    fn only_the_measured_part_is_replaced() {
        let first = update(None, "measured", "one\n").unwrap();
        let edited = first.replace("# Benchmarks", "# How fast?") + "\nWhat it means.\n";
        let second = update(Some(&edited), "measured", "two\n").unwrap();
        assert!(second.starts_with("# How fast?") && second.ends_with("\nWhat it means.\n"), "{second}");
        assert!(second.contains("two\n") && !second.contains("one\n"), "{second}");
        let third = update(Some(&second), "measured pages", "three\n").unwrap();
        assert!(
            third.starts_with(&second) && third.contains("three\n<!-- measured pages: end -->"),
            "{third}"
        );
        assert!(update(Some("<!-- measured: begin -->"), "measured", "x").is_err());
    }

    #[test]
    fn every_row_has_its_line() {
        let text = render("cargo xtask bench", &machine(), &rows(), "benchmarks.svg");
        let lines: Vec<_> = text.lines().filter(|line| line.starts_with("| ")).collect();
        assert_eq!(lines.len(), 2 + 4);
        assert!(lines.iter().all(|line| line.matches(" |").count() == 6), "{text}");
        assert!(lines[2].contains("0.20× group commit<br>0.80× nginx"), "{text}");
        assert!(lines[2].ends_with("| ahead of nginx | **not reached** |"), "{text}");
        assert!(lines[3].contains("p50 [1] |") && text.ends_with("1. <1 & more\n"), "{text}");
    }
}
