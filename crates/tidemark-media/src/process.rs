//! The parent's side: a process for each rendition, watched until it has ended.

use crate::frames::{ANSWER, ANSWER_MAX, NOTHING, READ, READ_MAX, UNCONFINED, request};
use crate::worker::COMMAND;
use async_trait::async_trait;
use bytes::Bytes;
use metrics::{counter, histogram};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tidemark_core::model::{MediaInfo, Rendition, ThumbnailFormat};
use tidemark_core::store::{Imaging, ImagingError, Source, StoreError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// How long a worker may take from its start to its end.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a worker that has answered may take to end.
const FAREWELL: Duration = Duration::from_secs(2);

/// How much of a source a worker may ask for, in bytes and in requests: more than one that means well ever does.
const READ_BYTES_MAX: u64 = 64 << 20;
const READS_MAX: usize = 4096;

const WORKERS: &str = "tidemark_media_workers_total";
const WORKER_SECONDS: &str = "tidemark_media_worker_seconds";

/// Starts workers.
pub struct Workers {
    program: PathBuf,
    memory: u64,
    patience: Duration,
}

/// Why a worker gave no answer.
enum Failure {
    /// It found nothing that it can use. It did nothing wrong.
    Nothing,
    /// It ended without having answered, or said what makes no sense.
    Died,
    /// It ended because it could not be confined: nothing is wrong with the source.
    Unconfined,
    /// It was killed for being slow.
    Slow,
    /// It asked for more of the source than there is use for.
    Greedy,
    /// The source could not be read.
    Store(StoreError),
}

impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Failure {
        // A pipe fails when there is nobody at its other end.
        Failure::Died
    }
}

impl Workers {
    /// Workers of the program that this process runs, each with at most so many bytes of memory. The program must call
    /// [`crate::worker::main`] when its first argument says so.
    pub fn new(memory: u64) -> io::Result<Workers> {
        // The very file that runs here, even when another one has been put in its place since.
        let own = Path::new("/proc/self/exe");
        let program = if own.exists() { own.to_owned() } else { std::env::current_exe()? };
        metrics::describe_counter!(
            WORKERS,
            metrics::Unit::Count,
            "Processes that looked into files, by how they ended."
        );
        metrics::describe_histogram!(
            WORKER_SECONDS,
            metrics::Unit::Seconds,
            "From the start of such a process to its end."
        );
        Ok(Workers { program, memory, patience: PATIENCE })
    }

    /// It knows nothing of this process but the two pipes.
    fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.arg0("tidemark").arg(COMMAND).arg(self.memory.to_string()).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        command.spawn()
    }
}

#[async_trait]
impl Imaging for Workers {
    async fn render(&self, source: &dyn Source, rendition: Rendition) -> Result<Bytes, ImagingError> {
        let begun = Instant::now();
        let mut child = self.start().map_err(|error| ImagingError::Unavailable(error.into()))?;
        let talked = tokio::time::timeout(self.patience, talk(&mut child, source, rendition));
        let mut outcome = talked.await.unwrap_or(Err(Failure::Slow));
        let ended = match &outcome {
            Ok(_) | Err(Failure::Nothing) => tokio::time::timeout(FAREWELL, child.wait()).await.ok(),
            Err(_) => None,
        };
        match ended {
            Some(Ok(status)) if status.success() => {}
            _ => {
                // Killing what has ended is no mistake; waiting for it leaves nothing behind.
                let _ = child.start_kill();
                let ended = child.wait().await;
                let is_unconfined = ended.is_ok_and(|status| status.code() == Some(UNCONFINED.into()));
                outcome = match outcome {
                    Err(Failure::Died) if is_unconfined => Err(Failure::Unconfined),
                    Ok(_) => Err(Failure::Died),
                    failed => failed,
                };
            }
        }
        histogram!(WORKER_SECONDS).record(begun.elapsed());
        let outcome = outcome.and_then(|answer| match is_one(rendition, &answer) {
            true => Ok(answer),
            false => Err(Failure::Died),
        });
        let (word, answer) = match outcome {
            Ok(answer) => ("answered", Ok(answer)),
            Err(Failure::Nothing) => ("refused", Err(ImagingError::Undecodable)),
            Err(Failure::Died) => ("died", Err(ImagingError::Undecodable)),
            Err(Failure::Unconfined) => {
                ("unconfined", Err(ImagingError::Unavailable("the worker could not be confined".into())))
            }
            Err(Failure::Slow | Failure::Greedy) => ("killed", Err(ImagingError::Undecodable)),
            Err(Failure::Store(error)) => ("unread", Err(error.into())),
        };
        counter!(WORKERS, "ended" => word).increment(1);
        answer
    }
}

/// Asks, gives what is asked for, and takes the answer.
async fn talk(child: &mut Child, source: &dyn Source, rendition: Rendition) -> Result<Bytes, Failure> {
    let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Failure::Died);
    };
    let size = source.size();
    input.write_all(&request(size, rendition)).await?;
    let mut given = 0;
    for _ in 0..READS_MAX {
        match output.read_u8().await? {
            READ => {
                let (offset, length) = (output.read_u64().await?, output.read_u32().await?);
                if length > READ_MAX {
                    return Err(Failure::Died);
                }
                let start = offset.min(size);
                let end = start.saturating_add(u64::from(length)).min(size);
                given += end - start;
                if given > READ_BYTES_MAX {
                    return Err(Failure::Greedy);
                }
                let bytes = source.read(start..end).await.map_err(Failure::Store)?;
                input.write_all(&(bytes.len() as u32).to_be_bytes()).await?;
                input.write_all(&bytes).await?;
            }
            ANSWER => {
                let length = output.read_u32().await?;
                if length > ANSWER_MAX {
                    return Err(Failure::Died);
                }
                let mut answer = vec![0; length as usize];
                output.read_exact(&mut answer).await?;
                return Ok(answer.into());
            }
            NOTHING => return Err(Failure::Nothing),
            _ => return Err(Failure::Died),
        }
    }
    Err(Failure::Greedy)
}

/// Whether an answer looks like what was asked for. A worker that was taken over may still say anything, but only in the
/// place of this rendition of this source.
fn is_one(rendition: Rendition, answer: &[u8]) -> bool {
    match rendition {
        Rendition::MediaInfo => MediaInfo::from_bytes(answer).is_some(),
        Rendition::SheetPage => std::str::from_utf8(answer).is_ok(),
        Rendition::Thumbnail(spec) => answer.starts_with(match spec.format {
            ThumbnailFormat::Jpeg => b"\xff\xd8\xff",
            ThumbnailFormat::Png => b"\x89PNG\r\n\x1a\n",
            ThumbnailFormat::Bmp => b"BM",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::ops::Range;
    use std::os::unix::fs::PermissionsExt;

    struct Empty;

    #[async_trait]
    impl Source for Empty {
        fn size(&self) -> u64 {
            0
        }

        async fn read(&self, _: Range<u64>) -> Result<Bytes, StoreError> {
            Ok(Bytes::new())
        }
    }

    /// What a worker that does this makes of an empty file.
    async fn render(script: &str, patience: Duration) -> Result<Bytes, ImagingError> {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("worker");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        let workers = Workers { program, memory: 0, patience };
        workers.render(&Empty, Rendition::SheetPage).await
    }

    // One test, because a program cannot be started as long as a child of another test has it open for writing.
    #[tokio::test]
    async fn whatever_a_worker_does_is_the_files_fault_but_that_it_cannot_be_confined() {
        let made = render(&format!("exit {UNCONFINED}"), PATIENCE).await;
        assert!(matches!(made, Err(ImagingError::Unavailable(_))), "{made:?}");
        // Who ends before the request has come is dead.
        let answer = |text: &str| format!("head -c 10 > /dev/null; printf 'A\\000\\000\\000\\002{text}'");
        assert_eq!(render(&answer("ok"), PATIENCE).await.unwrap(), "ok");
        for script in [
            "exit 0",
            "exit 1",
            "kill -9 $$",
            "printf N",
            "printf X",
            "printf 'A\\377\\377\\377\\377'",
            "printf 'R\\000\\000\\000\\000\\000\\000\\000\\000\\377\\377\\377\\377'",
            // Slow, before it answers or after.
            "exec sleep 60",
            &format!("{}; exec sleep 60", answer("ok")),
            // Taken over.
            &answer("\\377\\377"),
            &format!("{}; exit {UNCONFINED}", answer("ok")),
            "exec yes RRRRRRRRRRRRR",
        ] {
            let made = render(script, Duration::from_millis(500)).await;
            assert!(matches!(made, Err(ImagingError::Undecodable)), "{script}: {made:?}");
        }
    }
}
