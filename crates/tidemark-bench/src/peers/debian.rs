//! Fetches nginx and nchan from Debian without installing them: packages are unpacked into a folder of the
//! build directory, so that nothing on the machine changes.

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
    let fetched = fetch(folder);
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

fn fetch(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    if !quiet(
        Command::new("apt-get").arg("download").args(["nginx", "libnginx-mod-nchan"]).current_dir(folder),
    ) {
        // Old lists name versions that are gone; renewing them takes the right to.
        quiet(Command::new("apt-get").args(["update", "-qq"]));
        let again = Command::new("apt-get")
            .arg("download")
            .args(["nginx", "libnginx-mod-nchan"])
            .current_dir(folder)
            .output();
        if !again.context("apt-get is not to be had")?.status.success() {
            bail!("nginx is not installed and could not be fetched");
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
