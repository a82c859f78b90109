//! Makes a folder what an account is, as a job that runs now and then: reads what changed since the last time, and ends.
//!
//! Nothing else may write to the folder; for that there is `tidemark sync`.
//!
//! `cargo run -p tidemark-client --example mirror -- SERVER TOKEN_FILE FOLDER CURSOR_FILE`

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tidemark_client::{
    AccessToken, Client, Cursor, DownloadOptions, HttpOptions, HttpTransport, Metadata, RefusalKind, Server,
    SystemEntropy,
};

struct Mirror {
    client: Client,
    folder: PathBuf,
    /// What is here, by the path in the form in which paths are compared.
    here: BTreeMap<String, PathBuf>,
}

impl Mirror {
    /// Finds out what is here.
    fn look(&mut self, folder: &Path, key: &str) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let key = format!("{key}/{}", entry.file_name().to_string_lossy().to_lowercase());
            if entry.file_type()?.is_dir() {
                self.look(&entry.path(), &key)?;
            }
            self.here.insert(key, entry.path());
        }
        Ok(())
    }

    fn remove(&mut self, key: &str) -> std::io::Result<()> {
        let below = format!("{key}/");
        if let Some(path) = self.here.get(key) {
            if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
        }
        self.here.retain(|known, _| known != key && !known.starts_with(&below));
        Ok(())
    }

    async fn put(&mut self, key: &str, entry: &Metadata) -> Result<(), Box<dyn Error>> {
        // Its names are names: none leads out of the folder.
        let path = entry.path.names().fold(self.folder.clone(), |path, name| path.join(name));
        if entry.is_folder() {
            if self.here.get(key).is_some_and(|known| !known.is_dir()) {
                self.remove(key)?;
            }
            fs::create_dir_all(&path)?;
        } else {
            let options = DownloadOptions { rev: entry.rev.clone(), ..DownloadOptions::default() };
            let mut download = match self.client.download(&entry.path, &options).await {
                // It has gone again, which is told later.
                Err(error) if error.kind() == Some(RefusalKind::NotFound) => return Ok(()),
                download => download?,
            };
            // Nobody ever sees a half-written file.
            let half = self.folder.with_extension("part");
            let mut file = File::create(&half)?;
            while let Some(bytes) = download.chunk().await? {
                file.write_all(&bytes)?;
            }
            file.sync_all()?;
            // What is in the way of a file by this name: a folder, or the same name in another spelling.
            if self.here.get(key).is_some_and(|known| known.is_dir() || *known != path) {
                self.remove(key)?;
            }
            fs::rename(half, &path)?;
        }
        self.here.insert(key.to_owned(), path);
        Ok(())
    }
}

pub(crate) async fn run(
    server: &str,
    token_file: &Path,
    folder: &Path,
    cursor_file: &Path,
) -> Result<(), Box<dyn Error>> {
    let token = AccessToken::new(fs::read_to_string(token_file)?.trim())?;
    let transport = Arc::new(HttpTransport::new(&HttpOptions::default())?);
    let client = Client::new(Server::new(server)?, token, transport, Arc::new(SystemEntropy));
    fs::create_dir_all(folder)?;
    let mut mirror = Mirror { client, folder: folder.to_owned(), here: BTreeMap::new() };
    mirror.look(folder, "")?;

    let mut cursor = fs::read_to_string(cursor_file).ok().map(Cursor::new).transpose()?;
    loop {
        let page = mirror.client.delta(cursor.as_ref(), None).await?;
        if page.reset {
            for key in mirror.here.keys().cloned().collect::<Vec<_>>() {
                mirror.remove(&key)?;
            }
        }
        for (key, entry) in &page.entries {
            match entry {
                Some(entry) => mirror.put(key.as_str(), entry).await?,
                None => mirror.remove(key.as_str())?,
            }
        }
        // Only when all before it is here.
        let new = cursor_file.with_extension("new");
        fs::write(&new, page.cursor.as_str())?;
        fs::rename(new, cursor_file)?;
        cursor = Some(page.cursor);
        if !page.has_more {
            return Ok(());
        }
    }
}

#[allow(dead_code, reason = "the tests call what is above")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, token_file, folder, cursor_file] = arguments.as_slice() else {
        return Err("usage: mirror SERVER TOKEN_FILE FOLDER CURSOR_FILE".into());
    };
    run(server, token_file.as_ref(), folder.as_ref(), cursor_file.as_ref()).await?;
    writeln!(stdout(), "done")?;
    Ok(())
}
