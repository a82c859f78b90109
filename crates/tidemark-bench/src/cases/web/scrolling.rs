//! How smoothly a large folder scrolls: when frames come, and what each takes.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::{EMPTY, LARGE, NAME, Stage};
use crate::race::Race;
use crate::report::{Role, Row, Unit, grouped};
use crate::stats::Sample;
use crate::world::World;

/// How far a frame scrolls, in CSS pixels: as somebody flings the wheel, and as they drag the bar, so that no row stays.
const WAYS: [(&str, u32); 2] =
    [("by the wheel, 120 px a frame", 120), ("by the bar, 4,000 px a frame", 4000)];

/// Frames in a round.
const FRAMES: usize = 300;

/// Screens show sixty in a second.
const FRAME_S: f64 = 1.0 / 60.0;

/// One frame in a hundred may come late, and one in twenty may need more than its time.
const DROPPED: f64 = 0.01;

/// What one turn showed.
struct Turn {
    /// From frame to frame, in seconds.
    every: Vec<f64>,
    /// What the page did for each.
    work: Vec<f64>,
}

pub(super) fn rows(world: &World, stage: &Result<Stage<'_>, String>) -> Vec<Row> {
    WAYS.iter().flat_map(|(way, step)| of(world, stage, way, *step)).collect()
}

fn of(world: &World, stage: &Result<Stage<'_>, String>, way: &str, step: u32) -> Vec<Row> {
    let measured = Race::new()
        .lane_of(Role::Limit, EMPTY, stage, |stage, _| {
            Turn::read(&stage.browser.ask(&json!({ "ask": "idle", "frames": FRAMES }))?)
        })
        .lane_of(Role::Ours, "Tidemark", stage, |stage, _| {
            Turn::read(&stage.browser.ask(&json!({
                "ask": "scrolling", "origin": stage.origin(), "path": stage.large.page(),
                "count": stage.large.count.get(), "step": step, "frames": FRAMES,
            }))?)
        })
        .measure(world.effort.rounds);
    let what = format!("scrolling {} files {way}", grouped(LARGE));
    let row = |name: &str, unit, figure: fn(&Turn) -> f64| {
        Row::new(NAME, format!("{what}: {name}"), unit, measured.lanes(|turn| Some(figure(turn))))
    };
    vec![
        row("from frame to frame, median", Unit::Time, |turn| quantile(&turn.every, 0.5)),
        row("from frame to frame, p95", Unit::Time, |turn| quantile(&turn.every, 0.95)),
        row("dropped frames", Unit::Share, Turn::dropped).target_at(DROPPED),
        row("the page's work for a frame, p95", Unit::Time, |turn| quantile(&turn.work, 0.95))
            .target_at(FRAME_S),
    ]
}

impl Turn {
    fn read(answer: &Value) -> Result<Self> {
        let figures = |name: &str| -> Result<Vec<f64>> {
            let list = answer[name].as_array().context("the browser told no frames")?;
            ensure!(list.len() >= FRAMES, "the browser told {} frames", list.len());
            list.iter().map(|figure| figure.as_f64().context("a frame has no time")).collect()
        };
        Ok(Self { every: figures("every")?, work: figures("work")? })
    }

    /// Which part of the frames that the screen had time for was not drawn.
    fn dropped(&self) -> f64 {
        let due: f64 = self.every.iter().map(|every| (every / FRAME_S).round().max(1.0)).sum();
        (due - self.every.len() as f64) / due
    }
}

/// What the part `q` of all stayed within.
fn quantile(figures: &[f64], q: f64) -> f64 {
    if q == 0.5 {
        return Sample::new(figures.to_vec()).map_or(0.0, |sample| sample.median());
    }
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() as f64 * q).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_were_not_drawn_are_counted() {
        let turn = Turn { every: vec![0.0166, 0.0168, 0.0334, 0.0166], work: Vec::new() };
        assert_eq!(turn.dropped(), 1.0 / 5.0);
        assert_eq!(quantile(&turn.every, 0.95), 0.0334);
        assert_eq!(quantile(&turn.every, 0.75), 0.0168);
    }
}
