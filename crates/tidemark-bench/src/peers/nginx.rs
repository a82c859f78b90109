//! nginx with WebDAV, static files, listings and, if it is to be had, nchan's long polls.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::debian;
use crate::process::{self, Running};

/// nginx, running on a folder of its own.
pub(crate) struct Nginx {
    running: Running,
    addr: SocketAddr,
    folder: PathBuf,
    nchan: Result<(), String>,
    // Dropped after the process.
    _default: Option<DefaultFolder>,
}

/// nchan makes nginx open its built-in folder for bodies, whatever is configured. Where nginx is not installed
/// the folder is made for as long as the process runs.
struct DefaultFolder {
    made: bool,
}

const DEFAULT_FOLDER: &str = "/var/lib/nginx";

impl DefaultFolder {
    fn make() -> Result<Self, String> {
        if Path::new(DEFAULT_FOLDER).exists() {
            return Ok(Self { made: false });
        }
        let made = std::fs::create_dir(DEFAULT_FOLDER);
        made.map_err(|error| format!("nchan needs the folder {DEFAULT_FOLDER}: {error}"))?;
        Ok(Self { made: true })
    }
}

impl Drop for DefaultFolder {
    fn drop(&mut self) {
        if self.made {
            // Only what is empty goes: nothing was to be written there.
            let _ = std::fs::remove_dir(Path::new(DEFAULT_FOLDER).join("body"));
            let _ = std::fs::remove_dir(DEFAULT_FOLDER);
        }
    }
}

impl Nginx {
    /// Starts it with so many workers; `packages` is where it is unpacked if the machine has none.
    pub(crate) fn start(folder: &Path, packages: &Path, workers: usize) -> Result<Self> {
        let found = debian::find(packages)?;
        let (nchan, default) = match found.nchan.and_then(|module| Ok((module, DefaultFolder::make()?))) {
            Ok((module, default)) => (Ok(module), Some(default)),
            Err(why) => (Err(why), None),
        };
        for name in ["files", "dav", "temp"] {
            std::fs::create_dir_all(folder.join(name))?;
        }
        // The port is free now and is taken a moment later.
        let addr = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let config = folder.join("nginx.conf");
        std::fs::write(&config, configuration(folder, addr, workers, nchan.as_deref().ok())?)?;
        let mut running = Running::start(
            Command::new(&found.program)
                .arg("-p")
                .arg(folder)
                .arg("-e")
                .arg(folder.join("error.log"))
                .arg("-c")
                .arg(&config)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        )?;
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(addr).is_err() {
            if running.has_ended() || Instant::now() > deadline {
                let log = std::fs::read_to_string(folder.join("error.log")).unwrap_or_default();
                // Time, level and process stand before what went wrong.
                let line = log.lines().last().unwrap_or_default();
                bail!("nginx does not start: {}", line.split_once("#").map_or(line, |(_, rest)| rest));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Self { running, addr, folder: folder.to_owned(), nchan: nchan.map(|_| ()), _default: default })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The folder that `/files/` serves and `/list/` lists.
    pub(crate) fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    /// Removes a large upload. Small ones stay until the end: a file system that has just deleted many files
    /// is slow to create others, and that is not what is measured.
    pub(crate) fn remove_upload(&self, target: &str) -> Result<()> {
        let path = self.folder.join(target.trim_start_matches('/'));
        std::fs::remove_file(path).context("could not remove an upload")
    }

    /// Whether it serves `/pub/NAME` and `/sub/NAME`.
    pub(crate) fn nchan(&self) -> Result<(), String> {
        self.nchan.clone()
    }

    /// The master and its workers.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let master = self.running.pid();
        std::iter::once(master).chain(process::children(master)).collect()
    }
}

/// As it comes, but for what would get in the way: logs, limits on requests per connection, other folders.
fn configuration(folder: &Path, addr: SocketAddr, workers: usize, nchan: Option<&Path>) -> Result<String> {
    let at = folder.display();
    let mut text = String::new();
    if let Some(module) = nchan {
        writeln!(text, "load_module {};", module.display())?;
    }
    if rustix::process::geteuid().is_root() {
        // Workers of another user could not read a private folder.
        writeln!(text, "user root;")?;
    }
    writeln!(
        text,
        "daemon off;
worker_processes {workers};
pid {at}/nginx.pid;
error_log {at}/error.log error;
events {{ worker_connections 65536; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 600s;
    keepalive_requests 1000000000;
    client_max_body_size 0;
    client_body_temp_path {at}/temp/body;
    proxy_temp_path {at}/temp/proxy;
    fastcgi_temp_path {at}/temp/fastcgi;
    uwsgi_temp_path {at}/temp/uwsgi;
    scgi_temp_path {at}/temp/scgi;
    {shared}
    server {{
        listen {addr} backlog=4096;
        location /files/ {{ root {at}; }}
        location /list/ {{ alias {at}/files/; autoindex on; autoindex_format json; }}
        location /dav/ {{ root {at}; dav_methods PUT; create_full_put_path on; }}
        {channels}
    }}
}}",
        shared = if nchan.is_some() { "nchan_shared_memory_size 512m;" } else { "" },
        channels = if nchan.is_some() { CHANNELS } else { "" },
    )?;
    Ok(text)
}

const CHANNELS: &str = "location ~ ^/pub/(?<name>[a-z0-9]+)$ { nchan_publisher; nchan_channel_id $name; }
        location ~ ^/sub/(?<name>[a-z0-9]+)$ {
            nchan_subscriber longpoll;
            nchan_channel_id $name;
            nchan_subscriber_first_message newest;
        }";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nchan_is_configured_only_where_it_is() {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        let with = configuration(Path::new("/x"), addr, 2, Some(Path::new("/m.so"))).unwrap();
        assert!(with.contains("load_module /m.so;") && with.contains("nchan_publisher"), "{with}");
        let without = configuration(Path::new("/x"), addr, 1, None).unwrap();
        assert!(!without.contains("nchan") && without.contains("worker_processes 1;"), "{without}");
        assert!(without.contains("listen 127.0.0.1:8080 "), "{without}");
    }
}
