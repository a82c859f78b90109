//! Every target over its corpus, and over bytes that are made from it at random.

use std::fs;
use std::path::{Path, PathBuf};
use tidemark_fuzz::TARGETS;

/// How many random inputs each target gets, unless `TIDEMARK_FUZZ_RUNS` says otherwise.
const RUNS: u64 = 5_000;

fn fuzz_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = fuzz_folder().join("corpus").join(target);
    let listing = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = listing.map(|file| file.expect("the folder can be read").path()).collect();
    files.sort();
    files.into_iter().map(|file| (file.clone(), fs::read(file).expect("the file can be read"))).collect()
}

#[test]
fn the_corpora_pass() {
    for (name, run) in TARGETS {
        let corpus = corpus(name);
        assert!(corpus.len() >= 3, "the corpus of {name} has {} inputs only", corpus.len());
        for (file, data) in corpus {
            let shown = format!("{} fails", file.display());
            std::panic::catch_unwind(|| run(&data)).expect(&shown);
        }
    }
}

/// A failing input is shown in a form that can be put into the corpus.
#[test]
#[expect(clippy::disallowed_methods, reason = "a longer run is asked for by the environment")]
fn random_inputs_pass() {
    let runs = std::env::var("TIDEMARK_FUZZ_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS);
    for (name, run) in TARGETS {
        let corpus: Vec<_> = corpus(name).into_iter().map(|(_, data)| data).collect();
        for seed in 0..runs {
            let data = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1).input(&corpus);
            let shown = format!("{name} fails with {}", data.escape_ascii());
            std::panic::catch_unwind(|| run(&data)).expect(&shown);
        }
    }
}

/// A fuzz target that nobody runs finds nothing; one without a corpus begins at nothing.
#[test]
fn every_target_has_a_file_and_a_corpus() {
    let names = |folder: &str| {
        let listing = fs::read_dir(fuzz_folder().join(folder)).unwrap();
        let mut names: Vec<_> = listing
            .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    let targets: Vec<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz_targets"), targets);
    assert_eq!(names("corpus"), targets);
    for name in targets {
        let file = fs::read_to_string(fuzz_folder().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(file.contains(&format!("run(\"{name}\", data)")), "{name}.rs runs another target");
    }
}

/// Xorshift: the same inputs in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below.max(1)
    }

    /// An input of the corpus with some damage done to it, sometimes continued by another.
    fn input(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut data = corpus[self.roll(corpus.len())].clone();
        for _ in 0..=self.roll(4) {
            let at = self.roll(data.len() + 1);
            match self.roll(6) {
                0 if at < data.len() => data[at] ^= 1 << self.roll(8),
                1 if at < data.len() => data[at] = self.roll(256) as u8,
                2 => data.insert(at, b"%&=,\"/;:\r\n\0*-\\ \xc3\xff"[self.roll(17)]),
                3 => data.truncate(at),
                4 => {
                    let other = &corpus[self.roll(corpus.len())];
                    data.splice(at.., other[self.roll(other.len())..].iter().copied());
                }
                _ => {
                    let end = (at + self.roll(16)).min(data.len());
                    data.drain(at..end);
                }
            }
        }
        data
    }
}
