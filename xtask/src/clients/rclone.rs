//! rclone as Debian packs it, and what it needs to reach a server that has none of its names: an authority of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};

use super::{Suite, python, unpack_package};
use crate::{process, workspace};

/// What the server is called by those who come through the gateway, and by the suite itself.
const NAMES: [&str; 4] = ["*.box.com", "*.app.box.com", "*.boxcloud.com", "127.0.0.1"];

/// The command that runs the suite.
pub(crate) fn suite(suite: &Suite<'_>) -> Result<Command> {
    let folder = workspace::root().join("target/clients/rclone");
    let program = program(&folder)?;
    let tls = folder.join("tls");
    make_certificates(&tls)?;
    let mut command = python::bare("rclone", suite)?;
    command.env("RCLONE", program).env("SUITE_TLS", &tls).env("SSL_CERT_FILE", tls.join("ca.pem"));
    Ok(command)
}

/// rclone, unpacked at the first call; one that is installed, if there is no Debian to get it from.
fn program(folder: &Path) -> Result<PathBuf> {
    let unpacked = folder.join("usr/bin/rclone");
    let works = |program: &Path| process::read(Command::new(program).arg("version")).is_ok();
    if works(&unpacked) {
        return Ok(unpacked);
    }
    let fetched = unpack_package("rclone", folder);
    let installed = PathBuf::from("rclone");
    if works(&unpacked) {
        Ok(unpacked)
    } else {
        ensure!(works(&installed), "there is no rclone: {:#}", fetched.err().context("it does not run")?);
        Ok(installed)
    }
}

/// An authority that nobody else trusts, and a certificate of it for the names of Box; new ones for each run.
fn make_certificates(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Tidemark's clients' suites");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let mut params = CertificateParams::new(NAMES.map(str::to_owned))?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &authority)?;
    for (name, text) in
        [("ca.pem", authority.pem()), ("cert.pem", certificate.pem()), ("key.pem", key.serialize_pem())]
    {
        let file = folder.join(name);
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}
