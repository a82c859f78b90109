//! What is written to the log.

use super::{Pair, allow, ask_as, exchange, lets_in, refresh};
use crate::browser::{Browser, EMAIL, PASSWORD, REDIRECT, World};
use crate::signer::{Signer, form};
use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// Everything that knows people. (What the server logs of requests is tested with the server.)
const LOGGED: &str = "tidemark_core=trace,tidemark_api::oauth=trace,tidemark_api::web=trace";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

/// Every secret of a whole flow, looked for in a log of everything. The log is the process's, since the other tests run
/// through the same lines: one that only this thread has would miss those that another thread reached first.
#[tokio::test]
async fn no_secret_is_logged() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(LOGGED).with_ansi(false).with_writer(log.clone());
    subscriber.finish().try_init().expect("no other test sets the log");

    let world = World::new();
    let link = world.people.setup_link().await.unwrap().unwrap();
    let mut browser = world.browser();
    let page = browser.get(&format!("/setup?token={}", link.reveal())).await;
    browser.submit(&page, &[("email", EMAIL), ("password", PASSWORD)]).await;
    let app = world.app().await;
    browser.sign_in_at("/login?again=1", EMAIL, PASSWORD).await;
    world.browser().sign_in(EMAIL, "wrong guess").await;
    let code = allow(&mut browser, &app, &[("response_type", "code")]).await.auth_code().to_owned();
    let token = exchange(&world, &app, &code, &[]).await.json()["access_token"].as_str().unwrap().to_owned();
    let params = [("response_type", "token"), ("redirect_uri", REDIRECT)];
    let implicit = allow(&mut browser, &app, &params).await.sent_back('#')["access_token"].clone();
    exchange(&world, &app, &code, &[("client_secret", "wrong secret")]).await;

    let first = Pair::first(&world, &app).await;
    let renewed = Pair::of(&refresh(&world, &app, &first.refresh).await);
    ask_as(&world, &app, "/oauth2/revoke", &[("token", &renewed.access)]).await;
    // The family has ended; another one ends by an old refresh token.
    refresh(&world, &app, &first.refresh).await;
    let second = Pair::first(&world, &app).await;
    let third = Pair::of(&refresh(&world, &app, &second.refresh).await);
    assert!(lets_in(&world, &third.access).await);
    refresh(&world, &app, &second.refresh).await;

    let mut program = Browser { tls: true, ..world.browser() };
    let signer = Signer::new(&app);
    let query = form(&signer.plaintext());
    let reply = program.get(&format!("/1/oauth/request_token?{query}")).await;
    let request = signer.with(&reply.body);
    let (request_token, request_secret) = request.token.clone().unwrap();
    let page = browser.get(&format!("/1/oauth/authorize?oauth_token={request_token}")).await;
    browser.submit(&page, &[("decision", "allow")]).await;
    let query = form(&request.plaintext());
    let reply = program.get(&format!("/1/oauth/access_token?{query}")).await;
    let (access_token, access_secret) = signer.with(&reply.body).token.unwrap();
    program.get(&format!("/1/oauth/access_token?{query}")).await;
    let wrong = Signer { secret: "wrong app secret".into(), ..signer };
    program.get(&format!("/1/oauth/request_token?{}", form(&wrong.plaintext()))).await;

    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for line in [
        "the server was set up",
        "signed in",
        "an app was allowed",
        "an app gave a token back",
        "an old refresh token was presented",
    ] {
        assert!(written.contains(line), "{line} in {written}");
    }
    let session = &browser.cookies["tidemark-session"];
    let secrets = [
        link.reveal(),
        PASSWORD,
        "wrong guess",
        &code,
        &token,
        &implicit,
        session,
        &app.secret,
        "wrong secret",
        &request_token,
        &request_secret,
        &access_token,
        &access_secret,
        "wrong app secret",
        &first.access,
        &first.refresh,
        &first.refresh[..22],
        &renewed.access,
        &renewed.refresh,
        &second.refresh,
        &third.access,
        &third.refresh,
        "argon2",
    ];
    for secret in secrets {
        assert!(!written.contains(secret), "{secret} in {written}");
    }
}
