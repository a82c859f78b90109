//! Fetches programs from Debian without installing them: packages are unpacked into a folder of the build directory, so
//! that nothing on the machine changes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Where a program and its module are.
pub(crate) struct Nginx {
    pub(crate) program: PathBuf,
    /// The nchan module, or why it is not to be had.
    pub(crate) nchan: Result<PathBuf, String>,
}

const MODULE: &str = "lib/nginx/modules/ngx_nchan_module.so";

/// Finds nginx on the machine, or unpacked before, or fetches it.
pub(crate) fn find(folder: &Path) -> Result<Nginx> {
    let roots = [PathBuf::from("/usr"), folder.join("usr")];
    if let Some(nginx) = roots.iter().find_map(|root| at(root).filter(|nginx| nginx.nchan.is_ok())) {
        return Ok(nginx);
    }
    let fetched = fetch(folder, &["nginx", "libnginx-mod-nchan"]);
    // A machine may have nginx alone and no way to fetch the module.
    let found = roots.iter().rev().find_map(|root| at(root));
    match (found, fetched) {
        (Some(nginx), _) => Ok(nginx),
        (None, Err(error)) => Err(error),
        (None, Ok(())) => bail!("the packages hold no nginx"),
    }
}

fn at(root: &Path) -> Option<Nginx> {
    let program = root.join("sbin/nginx");
    let module = root.join(MODULE);
    let works = Command::new(&program).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    works.is_ok_and(|status| status.success()).then(|| Nginx {
        program,
        nchan: if module.exists() { Ok(module) } else { Err("the nchan module is not to be had".to_owned()) },
    })
}

/// A program and what it needs, found on the machine, or unpacked before, or fetched.
pub(crate) fn program(folder: &Path, name: &str, packages: &[&str]) -> Result<Command> {
    let [installed, unpacked] = [PathBuf::from("/usr/bin").join(name), folder.join("usr/bin").join(name)];
    if !installed.exists() && !unpacked.exists() {
        fetch(folder, packages)?;
    }
    if installed.exists() {
        return Ok(Command::new(installed));
    }
    let mut command = Command::new(unpacked);
    command.env("LD_LIBRARY_PATH", folder.join("usr/lib").join(LIBRARIES));
    Ok(command)
}

/// Where Debian's packages have libraries on this machine.
const LIBRARIES: &str = if cfg!(target_arch = "aarch64") { "aarch64-linux-gnu" } else { "x86_64-linux-gnu" };

fn fetch(folder: &Path, packages: &[&str]) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let download = || {
        let mut command = Command::new("apt-get");
        command.arg("download").args(packages).current_dir(folder);
        command
    };
    if !quiet(&mut download()) {
        // Old lists name versions that are gone; renewing them takes the right to.
        quiet(Command::new("apt-get").args(["update", "-qq"]));
        if !download().output().context("apt-get is not to be had")?.status.success() {
            bail!("{} could not be fetched", packages.join(", "));
        }
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            let unpacked = Command::new("dpkg").arg("-x").arg(&path).arg(folder).status();
            if !unpacked.context("dpkg is not to be had")?.success() {
                bail!("a package could not be unpacked");
            }
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn quiet(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
