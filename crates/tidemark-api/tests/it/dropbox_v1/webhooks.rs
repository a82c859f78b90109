//! Webhooks on the wire: the challenge, the notification, and whatever an app's server may answer.

use crate::world::World;
use async_trait::async_trait;
use bytes::Bytes;
use expect_test::expect;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidemark_api::dropbox_v1::Webhooks;
use tidemark_core::model::{Access, AccountId, App};
use tidemark_core::people::NewApp;
use tidemark_core::store::memory::SeededEntropy;
use tidemark_core::store::{Egress, EgressError, Incoming, IncomingBody, OutMethod, Outgoing, Whereto};
use tidemark_core::webhooks::{ChallengeError, Notifier, NotifyError, PATIENCE};

/// An app's server, as it is seen from behind the way out.
#[derive(Default)]
struct Server {
    asked: Mutex<Vec<Outgoing>>,
    answers: Mutex<VecDeque<Answer>>,
}

enum Answer {
    /// The challenge, with something around it.
    Echo(u16, &'static str, &'static str),
    Body(u16, Vec<Result<Bytes, EgressError>>),
    /// A body without an end.
    Endless,
    Refused(EgressError),
    Never,
}

struct Pieces(VecDeque<Result<Bytes, EgressError>>, bool);

#[async_trait]
impl IncomingBody for Pieces {
    async fn next(&mut self) -> Option<Result<Bytes, EgressError>> {
        if self.1 { Some(Ok(Bytes::from_static(&[b'x'; 1_000]))) } else { self.0.pop_front() }
    }
}

#[async_trait]
impl Egress for Server {
    fn check(&self, _: &str) -> Result<(), EgressError> {
        Ok(())
    }

    async fn send(&self, request: Outgoing) -> Result<Incoming, EgressError> {
        let challenge = request.url.rsplit_once("challenge=").map(|(_, word)| word.to_owned());
        self.asked.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front().expect("an answer was prepared");
        let (status, pieces, endless) = match answer {
            Answer::Echo(status, before, after) => {
                let text = format!("{before}{}{after}", challenge.expect("it is a challenge"));
                // In two pieces, as the network may bring it.
                let (one, two) = text.split_at(text.len() / 2);
                let piece = |text: &str| Ok(Bytes::copy_from_slice(text.as_bytes()));
                (status, VecDeque::from([piece(one), piece(two)]), false)
            }
            Answer::Body(status, pieces) => (status, pieces.into(), false),
            Answer::Endless => (200, VecDeque::new(), true),
            Answer::Refused(error) => return Err(error),
            Answer::Never => std::future::pending().await,
        };
        Ok(Incoming { status, length: None, body: Box::new(Pieces(pieces, endless)) })
    }
}

fn server(answers: impl IntoIterator<Item = Answer>) -> (Arc<Server>, Webhooks) {
    let server = Server { answers: Mutex::new(answers.into_iter().collect()), ..Server::default() };
    let server = Arc::new(server);
    (server.clone(), Webhooks::new(server, Arc::new(SeededEntropy::new(1))))
}

async fn app() -> App {
    let (name, access) = ("Hooked".to_owned(), Access::Full);
    let app = NewApp {
        name,
        access,
        redirect_uris: Vec::new(),
        same_name: true,
        webhook_uris: Vec::new(),
        owner: None,
    };
    App { secret: "s3cret".into(), ..World::new().await.people.register_app(app).await.unwrap() }
}

/// The exact bytes, which an app checks the signature of.
#[tokio::test]
async fn a_notification_is_signed_json() {
    let (server, webhooks) = server([Answer::Body(204, vec![])]);
    let told =
        webhooks.notify(&app().await, "http://10.0.0.7/hook?x=1", &[AccountId(10_001), AccountId(7)]).await;
    assert_eq!(told, Ok(204));
    let asked = server.asked.lock().unwrap().remove(0);
    assert_eq!((asked.method, asked.url.as_str()), (OutMethod::Post, "http://10.0.0.7/hook?x=1"));
    assert_eq!((asked.whereto, asked.redirects_max), (Whereto::Anywhere, 0));
    expect![[r#"
        content-type: application/json
        x-dropbox-signature: 09a61b6e63794967c3e260c29ab77566ed2712535c018a367320f174e901b66b

        {"delta":{"users":[10001,7]}}"#]]
    .assert_eq(&format!(
        "{}\n{}",
        asked.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect::<String>(),
        String::from_utf8(asked.body.to_vec()).unwrap()
    ));
}

/// Only 2xx is a yes.
#[tokio::test(start_paused = true)]
async fn anything_else_is_a_failure() {
    let app = app().await;
    for status in [100, 199, 300, 302, 304, 400, 404, 410, 500, 503] {
        let (_, webhooks) = server([Answer::Body(status, vec![])]);
        let told = webhooks.notify(&app, "http://a", &[AccountId(1)]).await;
        assert_eq!(told, Err(NotifyError::Status(status)));
    }
    let (_, webhooks) = server([Answer::Endless]);
    assert_eq!(webhooks.notify(&app, "http://a", &[AccountId(1)]).await, Ok(200), "its body is not read");
    let (_, webhooks) = server([Answer::Refused(EgressError::Unreachable), Answer::Never]);
    for error in [EgressError::Unreachable, EgressError::TimedOut] {
        let told = webhooks.notify(&app, "http://a", &[AccountId(1)]).await;
        assert_eq!(told, Err(NotifyError::Egress(error)));
    }
}

/// The challenge is appended to whatever the address is, is another one each time, and must come back alone.
#[tokio::test]
async fn an_address_must_echo_the_challenge() {
    let (server, webhooks) = server((0..3).map(|_| Answer::Echo(200, "", "")));
    for (uri, begins) in [
        ("https://a.example/hook", "https://a.example/hook?challenge="),
        ("https://a.example/hook?key=1", "https://a.example/hook?key=1&challenge="),
        ("https://a.example", "https://a.example?challenge="),
    ] {
        assert_eq!(webhooks.challenge(uri, Whereto::Anywhere).await, Ok(()));
        let asked = server.asked.lock().unwrap().last().cloned().unwrap();
        let challenge = asked.url.strip_prefix(begins).unwrap_or_else(|| panic!("{}", asked.url)).to_owned();
        assert!(
            challenge.len() == 43
                && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        );
        assert_eq!((asked.method, asked.redirects_max, asked.body.len()), (OutMethod::Get, 0, 0));
    }
    let asked = server.asked.lock().unwrap();
    let words: std::collections::HashSet<_> =
        asked.iter().filter_map(|asked| asked.url.rsplit('=').next()).collect();
    assert_eq!(words.len(), 3);
}

/// What was expected and what came is told; however much or little comes, or whenever.
#[tokio::test(start_paused = true)]
async fn other_answers_are_refused_and_told() {
    let piece = |text: &'static str| Ok(Bytes::from_static(text.as_bytes()));
    let cases = [
        (Answer::Echo(200, "", "\n"), "and answered '"),
        (Answer::Echo(200, "<html>", "</html>"), "and answered '<html>"),
        (Answer::Echo(201, "", ""), "answered with status 201"),
        (Answer::Echo(302, "", ""), "answered with status 302"),
        (Answer::Body(200, vec![]), "and answered ''"),
        (Answer::Body(200, vec![piece("hello\u{1b}")]), "and answered 'hello\\u{1b}'"),
        (Answer::Body(404, vec![piece("x")]), "answered with status 404"),
        (Answer::Body(200, vec![piece("x"), Err(EgressError::Broken)]), "did not: the response broke off"),
        (Answer::Endless, "xxxx..."),
        (Answer::Refused(EgressError::Unknown), "did not: the host is not known"),
        (Answer::Never, "did not: the host took too long"),
    ];
    for (answer, told) in cases {
        let (_, webhooks) = server([answer]);
        let refused: ChallengeError =
            webhooks.challenge("https://a.example", Whereto::Anywhere).await.unwrap_err();
        let source = std::error::Error::source(&refused).map(|source| format!(": {source}"));
        let text = format!("{refused}{}", source.unwrap_or_default());
        assert!(text.starts_with("it should answer GET with ") && text.contains(told), "{text}");
        assert!(text.len() < 400, "{text}");
    }
    assert_eq!(PATIENCE, Duration::from_secs(10));
}

/// Whoever registered an app for themselves must not look around in the operator's network: nothing of theirs goes there, and
/// what is there and what is not is told alike.
#[tokio::test]
async fn what_strangers_registered_stays_on_the_public_internet() {
    let own = App { owner: Some(AccountId(1)), ..app().await };
    let answers = [EgressError::Forbidden, EgressError::Unknown].map(Answer::Refused);
    let (server, webhooks) = server(answers);
    for _ in 0..2 {
        let told = webhooks.notify(&own, "http://10.0.0.7/hook", &[AccountId(1)]).await;
        assert_eq!(told, Err(NotifyError::Egress(EgressError::Unknown)));
    }
    server.answers.lock().unwrap().push_back(Answer::Refused(EgressError::Forbidden));
    let asked = webhooks.challenge("http://10.0.0.7/hook", Whereto::Public).await;
    assert_eq!(asked, Err(ChallengeError::Egress(EgressError::Unknown)));
    assert!(server.asked.lock().unwrap().iter().all(|asked| asked.whereto == Whereto::Public));
}
