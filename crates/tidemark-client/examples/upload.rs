//! Uploads a file of any size, shows how far it is, and can be stopped and started again.
//!
//! `cargo run -p tidemark-client --example upload -- SERVER TOKEN_FILE FILE REMOTE_PATH`

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write, stdout};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use tidemark_client::{
    AccessToken, Client, HttpOptions, HttpTransport, Progress, RemotePath, Server, Source, SystemEntropy,
    UploadOptions, UploadSession, WriteMode,
};

/// A file on disk. (A program with more to do would read it on a thread of its own.)
struct Local {
    file: File,
    size: u64,
}

#[async_trait]
impl Source for Local {
    async fn read_at(&mut self, offset: u64, length: usize) -> io::Result<Bytes> {
        let mut bytes = Vec::with_capacity(length);
        self.file.seek(SeekFrom::Start(offset))?;
        Read::by_ref(&mut self.file).take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }

    fn size(&self) -> u64 {
        self.size
    }
}

/// Shows the percentage, and keeps what the upload can be resumed with beside the file.
struct Shown<W> {
    out: Mutex<(W, u64)>,
    state: PathBuf,
}

impl<W: Write + Send> Progress for Shown<W> {
    fn passed(&self, bytes: u64, total: u64) {
        let mut out = self.out.lock().expect("nobody panics here");
        let percent = (bytes * 100).checked_div(total).unwrap_or(100);
        if percent != out.1 {
            out.1 = percent;
            // A terminal that is gone is no reason to stop.
            let _ = writeln!(out.0, "{percent} %");
        }
    }

    fn reached(&self, session: &UploadSession) {
        // Without it the next try begins anew.
        let _ = serde_json::to_vec(session).map(|text| fs::write(&self.state, text));
    }
}

pub(crate) async fn run(
    server: &str,
    token_file: &Path,
    local: &Path,
    remote: &str,
    out: impl Write + Send + 'static,
) -> Result<String, Box<dyn Error>> {
    let token = AccessToken::new(fs::read_to_string(token_file)?.trim())?;
    let transport = Arc::new(HttpTransport::new(&HttpOptions::default())?);
    let client = Client::new(Server::new(server)?, token, transport, Arc::new(SystemEntropy));

    let file = File::open(local)?;
    let mut source = Local { size: file.metadata()?.len(), file };
    let mut state = local.as_os_str().to_owned();
    state.push(".upload");
    let state = PathBuf::from(state);
    let kept = fs::read(&state).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let options = UploadOptions {
        mode: WriteMode::Overwrite,
        resume: kept,
        progress: Some(Arc::new(Shown { out: Mutex::new((out, 0)), state: state.clone() })),
        ..UploadOptions::default()
    };
    let uploaded = client.upload(&RemotePath::new(remote)?, &mut source, options).await?;
    let _ = fs::remove_file(state);
    Ok(format!("{} is there, with the digest {}", uploaded.metadata.path, uploaded.content_hash))
}

#[allow(dead_code, reason = "the tests call what is above")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, token_file, local, remote] = arguments.as_slice() else {
        return Err("usage: upload SERVER TOKEN_FILE FILE REMOTE_PATH".into());
    };
    let told = run(server, token_file.as_ref(), local.as_ref(), remote, stdout()).await?;
    writeln!(stdout(), "{told}")?;
    Ok(())
}
