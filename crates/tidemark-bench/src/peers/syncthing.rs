//! Two Syncthings, connected over loopback, that know nobody else.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::debian;
use crate::process::Running;

/// How long it waits before it looks at what changed, in seconds: the least that it takes. (It comes with ten.)
pub(crate) const DELAY_S: u32 = 1;

/// Two of them, each with a folder.
pub(crate) struct Pair {
    running: Vec<Running>,
}

struct Peer {
    home: PathBuf,
    folder: PathBuf,
    id: String,
    port: u16,
    console: u16,
}

impl Pair {
    /// Starts both.
    pub(crate) fn start(packages: &Path, own: &Path, one: &Path, other: &Path) -> Result<Self> {
        let peers =
            [prepare(packages, &own.join("one"), one)?, prepare(packages, &own.join("other"), other)?];
        let mut running = Vec::new();
        for peer in &peers {
            fs::write(peer.home.join("config.xml"), config(peer, &peers))?;
            let mut command = program(packages)?;
            command.args(["serve", "--no-browser", "--no-restart", "--no-upgrade", "--no-default-folder"]);
            command.arg("--home").arg(&peer.home).env("HOME", &peer.home);
            command
                .stdin(Stdio::null())
                .stdout(fs::File::create(peer.home.join("log"))?)
                .stderr(Stdio::null());
            running.push(Running::start(&mut command)?);
        }
        Ok(Self { running })
    }

    /// The processes; each may have started another, which does its work.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.running.iter().map(Running::pid).collect()
    }
}

fn program(packages: &Path) -> Result<Command> {
    debian::program(packages, "syncthing", &["syncthing"])
}

fn prepare(packages: &Path, home: &Path, folder: &Path) -> Result<Peer> {
    fs::create_dir_all(home)?;
    // Without this it believes that the folder was unmounted.
    fs::create_dir_all(folder.join(".stfolder"))?;
    let made = program(packages)?
        .args(["generate", "--no-default-folder", "--home"])
        .arg(home)
        .env("HOME", home)
        .output()
        .context("syncthing does not start")?;
    if !made.status.success() {
        bail!("syncthing makes no keys: {}", String::from_utf8_lossy(&made.stderr).trim());
    }
    let config = fs::read_to_string(home.join("config.xml")).context("syncthing made no configuration")?;
    let id = config.split("<device id=\"").nth(1).and_then(|rest| rest.split('"').next());
    let id = id.context("syncthing's configuration names no device")?.to_owned();
    Ok(Peer {
        home: home.to_owned(),
        folder: folder.to_owned(),
        id,
        port: free_port()?,
        console: free_port()?,
    })
}

fn config(own: &Peer, peers: &[Peer]) -> String {
    let devices: String = peers.iter().map(|peer| format!("<device id=\"{}\"></device>", peer.id)).collect();
    let addresses: String = peers
        .iter()
        .map(|peer| {
            format!(
                "<device id=\"{}\" name=\"{}\"><address>tcp://127.0.0.1:{}</address></device>",
                peer.id, peer.port, peer.port
            )
        })
        .collect();
    format!(
        "<configuration version=\"35\">\
         <folder id=\"bench\" path=\"{}\" type=\"sendreceive\" rescanIntervalS=\"3600\" fsWatcherEnabled=\"true\" \
         fsWatcherDelayS=\"{DELAY_S}\">{devices}</folder>{addresses}\
         <gui enabled=\"true\"><address>127.0.0.1:{}</address><apikey>bench</apikey></gui>\
         <options><listenAddress>tcp://127.0.0.1:{}</listenAddress>\
         <globalAnnounceEnabled>false</globalAnnounceEnabled><localAnnounceEnabled>false</localAnnounceEnabled>\
         <relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled><urAccepted>-1</urAccepted>\
         <crashReportingEnabled>false</crashReportingEnabled><startBrowser>false</startBrowser>\
         <reconnectionIntervalS>1</reconnectionIntervalS></options></configuration>",
        own.folder.display(),
        own.console,
        own.port
    )
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
