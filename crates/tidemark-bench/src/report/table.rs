//! The table on the terminal: ratios first, figures below.

use std::io::{Result, Write};

use super::{Row, Verdict, show_ratio, show_sample};

/// Writes all rows.
pub(crate) fn write(out: &mut dyn Write, rows: &[Row]) -> Result<()> {
    let mut case = "";
    for row in rows {
        if row.case != case {
            case = row.case;
            writeln!(out, "\n{case}")?;
        }
        writeln!(out, "  {}", row.what)?;
        let verdict = match row.verdict() {
            Verdict::Reached => "reached",
            Verdict::Missed => "NOT REACHED",
            Verdict::Open => "not measured",
        };
        if let Some(target) = &row.target {
            let score = row
                .our_score()
                .map(|score| format!(", {} the target", show_ratio(score)))
                .unwrap_or_default();
            let value = row.unit.show(target.value);
            // A target that is a plain figure is its own value.
            let value = if target.text.ends_with(&value) { String::new() } else { format!(" = {value}") };
            writeln!(out, "    target      {}{value}: {verdict}{score}", target.text)?;
        }
        for lane in &row.lanes {
            let ratio = if Some(&lane.name) == row.ours().map(|ours| &ours.name) {
                String::new()
            } else {
                row.ratio(lane).map(|ratio| show_ratio(ratio.median())).unwrap_or_default()
            };
            writeln!(out, "    {ratio:>8}    {:<36} {}", lane.name, show_sample(row.unit, &lane.result))?;
        }
        for note in &row.notes {
            writeln!(out, "                {note}")?;
        }
    }
    let count = |verdict| rows.iter().filter(|row| row.target.is_some() && row.verdict() == verdict).count();
    let (reached, missed, open) = (count(Verdict::Reached), count(Verdict::Missed), count(Verdict::Open));
    writeln!(out, "\n{reached} targets reached, {missed} not reached, {open} not measured")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::rows;

    #[test]
    fn misses_and_gaps_are_told() {
        let mut out = Vec::new();
        super::write(&mut out, &rows()).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("target      ahead of nginx = 12,500/s: NOT REACHED, 0.80× the target"),
            "{text}"
        );
        assert!(text.contains("0.20×    group commit"), "{text}");
        assert!(text.contains("– (not to be had)"), "{text}");
        assert!(text.contains("target      at most 0.10 ms: reached"), "{text}");
        assert!(text.ends_with("1 targets reached, 1 not reached, 1 not measured\n"), "{text}");
    }
}
