//! The machine that was measured on, as far as it explains figures: no names, no paths.

use std::fs;
use std::path::Path;

/// What figures depend on.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: f64,
    pub(crate) kernel: String,
    pub(crate) file_system: String,
    pub(crate) open_files: u64,
}

impl Machine {
    /// Looks at this machine; `data` lies on the file system that is measured.
    pub(crate) fn look(data: &Path, open_files: u64) -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kib = field(&memory, "MemTotal").and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            processor: field(&cpu, "model name").unwrap_or("unknown processor").to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: kib.unwrap_or(0.0) / (1024.0 * 1024.0),
            kernel: format!("Linux {}", release.split(['-', '\n']).next().unwrap_or_default()),
            file_system: file_system(data).to_owned(),
            open_files,
        }
    }

    /// One sentence.
    pub(crate) fn describe(&self) -> String {
        let Self { processor, cores, memory_gib, kernel, file_system, open_files } = self;
        format!(
            "{processor}, {cores} cores, {memory_gib:.0} GiB of memory, {kernel}, {file_system}, {open_files} open files per process"
        )
    }
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':').map(|(_, value)| value.trim()))
}

/// The name behind the magic number of `statfs(2)`.
fn file_system(path: &Path) -> &'static str {
    let Ok(found) = rustix::fs::statfs(path) else { return "unknown file system" };
    match found.f_type as u64 & 0xffff_ffff {
        0xef53 => "ext4",
        0x5846_5342 => "xfs",
        0x9123_683e => "btrfs",
        0x0102_1994 => "tmpfs (nothing here is durable)",
        0x794c_7630 => "overlayfs",
        0x2fc1_2fc1 => "zfs",
        _ => "another file system",
    }
}
