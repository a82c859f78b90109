//! Links this program with a person's account: names the page, waits for the browser to come back, keeps the token.
//!
//! `cargo run -p tidemark-client --example link -- SERVER APP_KEY TOKEN_FILE`; the app must have been registered with
//! `--redirect-uri http://127.0.0.1/`.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::{Write, stdout};
use std::path::Path;
use std::time::Duration;

use tidemark_client::{Authorization, HttpOptions, HttpTransport, Loopback, Server, SystemEntropy};

pub(crate) async fn run(
    server: &str,
    app_key: &str,
    token_file: &Path,
    out: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let transport = HttpTransport::new(&HttpOptions::default())?;
    let loopback = Loopback::open().await?;
    let authorization =
        Authorization::new(Server::new(server)?, app_key, Some(loopback.redirect_uri()), &SystemEntropy);
    writeln!(out, "Please open this page: {}", authorization.url())?;
    out.flush()?;
    let code = loopback.code(&authorization, Duration::from_secs(600)).await?;
    let authorized = authorization.finish(&code, &transport).await?;

    // For nobody else's eyes.
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(token_file)?.write_all(authorized.token.reveal().as_bytes())?;
    writeln!(out, "Linked with account {}.", authorized.uid)?;
    Ok(())
}

#[allow(dead_code, reason = "the tests call what is above")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, app_key, token_file] = arguments.as_slice() else {
        return Err("usage: link SERVER APP_KEY TOKEN_FILE".into());
    };
    run(server, app_key, token_file.as_ref(), &mut stdout()).await
}
