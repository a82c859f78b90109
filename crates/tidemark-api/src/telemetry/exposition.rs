//! Metrics as Prometheus reads them.

use super::trends::Figures;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Bounds of what is timed, in seconds: from a cached answer to a long upload.
const SECONDS: [f64; 16] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0];

/// Bounds of what is counted, such as the commits that share a transaction.
const COUNTS: [f64; 12] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 4096.0];

/// How often recorded samples are folded into their histograms, which bounds the memory they take.
const UPKEEP: Duration = Duration::from_secs(5);

/// The process's metrics, to be rendered.
#[derive(Clone)]
pub struct Exposition(PrometheusHandle);

/// Installs the process's recorder of metrics, once. Names that end in `_seconds` are timings, and in `_size` counts.
///
/// To be called before anything that records metrics is made: what was made before records nothing.
///
/// # Errors
/// When the process has a recorder already.
pub fn install() -> Result<Exposition, BuildError> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &COUNTS)?;
    Ok(Exposition(builder.install_recorder()?))
}

impl Exposition {
    /// The text format that Prometheus scrapes.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// What the server's own pages tell of it; room on the device is none of the metrics'.
    pub fn figures(&self) -> Figures {
        figures_in(&self.render())
    }

    /// Keeps the histograms' memory bounded, for as long as it is polled: to be spawned beside the server.
    pub async fn keep_up(self) {
        loop {
            tokio::time::sleep(UPKEEP).await;
            self.0.run_upkeep();
        }
    }
}

/// Adds up each of the metrics that are looked at over its labels. What is not there is nought: nothing has been counted yet.
fn figures_in(text: &str) -> Figures {
    let mut figures = Figures::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((metric, value)) = line.rsplit_once(' ') else { continue };
        let name = metric.split('{').next().unwrap_or_default();
        let sum = match name {
            "tidemark_commits_total" => &mut figures.commits,
            "tidemark_commit_seconds_sum" => &mut figures.commit_seconds,
            "http_requests_total" => &mut figures.requests,
            "tidemark_waiters" => &mut figures.waiters,
            _ => continue,
        };
        *sum += value.parse().unwrap_or(0.0);
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_added_up_over_labels() {
        let text = "# HELP tidemark_waiters x\n# TYPE tidemark_waiters gauge\ntidemark_waiters{kind=\"a b\"} 2\n\
                    tidemark_waiters{kind=\"c\"} 3\ntidemark_waiters_refused_total 9\nhttp_requests_total 4\n\
                    tidemark_commits_total 5\ntidemark_commit_seconds_sum 0.25\ntidemark_commit_seconds_count 5\n\n";
        let expected =
            Figures { commits: 5.0, commit_seconds: 0.25, requests: 4.0, waiters: 5.0, free: None };
        assert_eq!((figures_in(text), figures_in("")), (expected, Figures::default()));
    }
}
