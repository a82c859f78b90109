//! A plot of every row that has a target: how far our bar goes beyond the line that is the target.

use std::fmt::Write as _;

use super::{Role, Row, Verdict, show_ratio};

/// Scores beyond these are drawn at the edge.
const SCORE_MIN: f64 = 0.1;
const SCORE_MAX: f64 = 10.0;

const LEFT: f64 = 400.0;
const WIDTH: f64 = 420.0;
const ROW: f64 = 24.0;
const TOP: f64 = 56.0;

/// Draws the rows; light or dark as the reader's system is.
pub(crate) fn render(rows: &[Row]) -> String {
    let drawn: Vec<&Row> = rows.iter().filter(|row| row.our_score().is_some()).collect();
    let height = TOP + ROW * drawn.len() as f64 + 44.0;
    let bottom = TOP + ROW * drawn.len() as f64;
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 {height}" width="900" height="{height}" role="img" aria-label="Each figure beside its target">
<style>
  text {{ font: 12px system-ui, sans-serif; fill: #24292f; }}
  .title {{ font-size: 15px; font-weight: 600; }}
  .soft {{ fill: #57606a; }}
  .grid {{ stroke: #d0d7de; }}
  .target {{ stroke: #24292f; stroke-width: 1.5; }}
  .reached {{ fill: #1a7f64; }}
  .missed {{ fill: #c2571a; }}
  .limit {{ fill: none; stroke: #24292f; stroke-width: 1.5; }}
  .peer {{ fill: #6639ba; }}
  @media (prefers-color-scheme: dark) {{
    text {{ fill: #e6edf3; }}
    .soft {{ fill: #9198a1; }}
    .grid {{ stroke: #3d444d; }}
    .target, .limit {{ stroke: #e6edf3; }}
    .reached {{ fill: #3fb98f; }}
    .missed {{ fill: #e8874a; }}
    .peer {{ fill: #b392f0; }}
  }}
</style>
<text class="title" x="12" y="22">Tidemark beside its targets (right of the line: reached)</text>"#
    );
    for (score, label) in [
        (0.1, "0.1×"),
        (0.2, "0.2×"),
        (0.5, "0.5×"),
        (1.0, "target"),
        (2.0, "2×"),
        (5.0, "5×"),
        (10.0, "10×"),
    ] {
        let x = place(score);
        let class = if score == 1.0 { "target" } else { "grid" };
        let _ = writeln!(
            svg,
            r#"<line class="{class}" x1="{x:.1}" x2="{x:.1}" y1="{:.0}" y2="{bottom:.0}"/>"#,
            TOP - 6.0
        );
        let _ = writeln!(
            svg,
            r#"<text class="soft" x="{x:.1}" y="{:.0}" text-anchor="middle">{label}</text>"#,
            TOP - 12.0
        );
    }
    for (at, row) in drawn.iter().enumerate() {
        draw_row(&mut svg, row, TOP + ROW * at as f64);
    }
    let y = bottom + 26.0;
    let _ = writeln!(svg, r#"<circle class="limit" cx="{LEFT}" cy="{:.0}" r="4"/>"#, y - 4.0);
    let _ = writeln!(svg, r#"<text class="soft" x="{:.0}" y="{y:.0}">limit</text>"#, LEFT + 10.0);
    let _ = writeln!(svg, r#"<circle class="peer" cx="{:.0}" cy="{:.0}" r="4"/>"#, LEFT + 66.0, y - 4.0);
    let _ = writeln!(
        svg,
        r#"<text class="soft" x="{:.0}" y="{y:.0}">peer (at the edge: beyond it)</text>"#,
        LEFT + 76.0
    );
    svg.push_str("</svg>\n");
    svg
}

fn draw_row(svg: &mut String, row: &Row, y: f64) {
    let Some(score) = row.our_score() else { return };
    let (from, to) = (place(1.0).min(place(score)), place(1.0).max(place(score)));
    let class = if row.verdict() == Verdict::Reached { "reached" } else { "missed" };
    let middle = y + ROW / 2.0;
    let what = escape(&row.what);
    let _ = writeln!(
        svg,
        r#"<text x="{:.0}" y="{:.1}" text-anchor="end">{what}</text>"#,
        LEFT - 10.0,
        middle + 4.0
    );
    let (bar, width) = (y + 5.0, (to - from).max(1.5));
    let _ = writeln!(
        svg,
        r#"<rect class="{class}" x="{from:.1}" y="{bar:.1}" width="{width:.1}" height="14" rx="2"/>"#
    );
    for lane in row.others() {
        let Some(score) = lane.result.as_ref().ok().and_then(|sample| row.score(sample.median())) else {
            continue;
        };
        let class = if lane.role == Role::Limit { "limit" } else { "peer" };
        let title = escape(&lane.name);
        let x = place(score);
        let _ = writeln!(
            svg,
            r#"<circle class="{class}" cx="{x:.1}" cy="{middle:.1}" r="4"><title>{title}</title></circle>"#
        );
    }
    let ratio = show_ratio(score);
    let _ = writeln!(
        svg,
        r#"<text class="soft" x="{:.0}" y="{:.1}">{ratio}</text>"#,
        LEFT + WIDTH + 14.0,
        middle + 4.0
    );
}

/// Where a score lies: logarithmic, so that twice as good is as far to the right as half is to the left.
fn place(score: f64) -> f64 {
    let clamped = score.clamp(SCORE_MIN, SCORE_MAX);
    LEFT + WIDTH * (clamped / SCORE_MIN).ln() / (SCORE_MAX / SCORE_MIN).ln()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::rows;
    use super::*;

    #[test]
    fn the_target_is_in_the_middle_and_scores_lie_around_it() {
        assert!((place(1.0) - (LEFT + WIDTH / 2.0)).abs() < 1e-9);
        assert!((place(2.0) - place(1.0) - (place(1.0) - place(0.5))).abs() < 1e-9);
        assert_eq!(place(1e9), LEFT + WIDTH);
        assert_eq!(place(0.0), LEFT);
    }

    #[test]
    fn only_rows_with_a_score_are_drawn_and_names_are_escaped() {
        let mut rows = rows();
        rows[0].what = "a < b & c".to_owned();
        let svg = render(&rows);
        assert_eq!(svg.matches("<rect").count(), 2, "{svg}");
        assert!(svg.contains("a &lt; b &amp; c"), "{svg}");
        assert_eq!(
            (svg.matches(r#"class="missed""#).count(), svg.matches(r#"class="reached""#).count()),
            (1, 1)
        );
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    }
}
