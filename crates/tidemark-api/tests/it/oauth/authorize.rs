//! `/1/oauth2/authorize`: what may be asked, and how the answer travels.

use super::{allow, authorize_url, exchange, lets_in};
use crate::browser::{EMAIL, PASSWORD, REDIRECT, World, query};
use http::StatusCode;
use http::header::CONTENT_SECURITY_POLICY;
use tidemark_core::model::Access;
use tidemark_core::people::NewApp;
use tidemark_core::store::AccountStore as _;

const STATE: &str = "a b+c/d=e&f#g%20é|x==";

/// Python's `DropboxOAuth2FlowNoRedirect`: sign in on the way, allow, copy the code, exchange it.
#[tokio::test]
async fn a_code_is_shown_to_be_copied() {
    let world = World::with_ann().await;
    let app = world.app_with(Access::AppFolder, &[]).await;
    for path in ["/1/oauth2/authorize", "/oauth2/authorize"] {
        let mut browser = world.browser();
        let url = format!("{path}?{}", query(&[("client_id", &app.key.0), ("response_type", "code")]));
        let to_sign_in = browser.get(&url).await;
        assert_eq!(to_sign_in.status, StatusCode::SEE_OTHER);
        let signed_in = browser.sign_in_at(to_sign_in.location(), EMAIL, PASSWORD).await;
        assert_eq!(signed_in.status, StatusCode::SEE_OTHER);
        let consent = browser.get(signed_in.location()).await;
        assert_eq!(consent.body.matches("<form ").count(), 1);
        for shown in
            ["Camera &#60;&#38;&#62; Co", "a folder of its own", EMAIL, ">Allow</button>", ">Deny</button>"]
        {
            assert!(consent.body.contains(shown), "{shown}");
        }
        let page = browser.submit(&consent, &[("decision", "allow")]).await;
        assert_eq!(page.status, StatusCode::OK);
        let code = page.auth_code();
        assert!(code.len() == 43 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));

        let reply = exchange(&world, &app, code, &[]).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert!(lets_in(&world, reply.json()["access_token"].as_str().unwrap()).await);
    }
}

/// What is missing is told from what is wrong.
#[tokio::test]
async fn an_app_says_which_one_it_is() {
    let world = World::with_ann().await;
    let mut ann = world.signed_in().await;
    for (query, told) in
        [("", "has no client_id"), ("&client_id=", "has no client_id"), ("&client_id=x", "is not registered")]
    {
        let page = ann.get(&authorize_path(query)).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.body.contains(told), "{query:?}: {}", page.body);
    }
}

fn authorize_path(query: &str) -> String {
    format!("/1/oauth2/authorize?response_type=code{query}")
}

/// dropbox-js and Python's `DropboxOAuth2Flow`: the browser brings code and state, the state unchanged.
#[tokio::test]
async fn a_code_is_brought_by_the_browser() {
    let world = World::with_ann().await;
    let app = world.app().await;
    for (redirect, begins) in [
        (REDIRECT, "https://camera.example/cb?"),
        ("http://localhost:5000/cb?x=1", "http://localhost:5000/cb?x=1&"),
    ] {
        let mut browser = world.signed_in().await;
        let params = [("response_type", "code"), ("redirect_uri", redirect), ("state", STATE)];
        let reply = allow(&mut browser, &app, &params).await;
        assert_eq!(reply.status, StatusCode::FOUND);
        assert!(reply.location().starts_with(begins), "{}", reply.location());
        let back = reply.sent_back('?');
        assert_eq!(back["state"], STATE);
        assert!(!back.contains_key("error"));
        let more = [("redirect_uri", redirect)];
        let reply = exchange(&world, &app, &back["code"], &more).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    }
}

/// The implicit flow: the token in the fragment, which reaches no server.
#[tokio::test]
async fn a_token_is_brought_in_the_fragment() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let mut browser = world.signed_in().await;
    let params = [("response_type", "token"), ("redirect_uri", REDIRECT), ("state", STATE)];
    let reply = allow(&mut browser, &app, &params).await;
    assert_eq!(reply.status, StatusCode::FOUND);
    assert!(reply.location().starts_with("https://camera.example/cb#access_token="));
    let back = reply.sent_back('#');
    assert_eq!(
        (back["token_type"].as_str(), back["uid"].as_str(), back["state"].as_str()),
        ("bearer", "1", STATE)
    );
    assert!(lets_in(&world, &back["access_token"]).await);
}

/// Denied: never with a code, in the place where the answer would have been.
#[tokio::test]
async fn a_denial_is_told() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let mut browser = world.signed_in().await;
    for (kind, mark) in [("code", '?'), ("token", '#')] {
        let url =
            authorize_url(&app, &[("response_type", kind), ("redirect_uri", REDIRECT), ("state", STATE)]);
        for decision in ["deny", "", "ALLOW", "allow "] {
            let page = browser.get(&url).await;
            let reply = browser.submit(&page, &[("decision", decision)]).await;
            assert_eq!(reply.status, StatusCode::FOUND);
            let back = reply.sent_back(mark);
            assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", STATE));
            assert!(back.contains_key("error_description") && !back.contains_key("code") && back.len() == 3);
        }
    }
    let page = browser.get(&authorize_url(&app, &[("response_type", "code")])).await;
    let reply = browser.submit(&page, &[("decision", "deny")]).await;
    assert!(reply.body.contains("Not allowed") && !reply.body.contains("auth-code"));
    let ann = world.people.account(EMAIL).await.unwrap();
    assert!(world.people.grants(ann.id).await.unwrap().is_empty());
}

/// An unknown app, or an address that is not the app's: nobody is sent anywhere.
#[tokio::test]
async fn nobody_is_sent_to_a_strange_address() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let mut browser = world.signed_in().await;
    for client in ["", "nosuchkey", "NOSUCHKEY", "x%00"] {
        let path =
            format!("/1/oauth2/authorize?response_type=code&client_id={client}&redirect_uri={REDIRECT}");
        let reply = browser.get(&path).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::BAD_REQUEST, ""), "{client}");
    }
    let strange = [
        "https://evil.example/cb",
        "https://camera.example/cb/",
        "https://camera.example/cb?x=1",
        "https://camera.example/CB",
        "https://camera.example/cb#x",
        "https://camera.example/",
        "https://camera.example/cb/../x",
        "https://camera.example:443/cb",
        "https://CAMERA.example/cb",
        "https://camera.example/cb ",
        "http://camera.example/cb",
        "http://localhost:5001/cb?x=1",
        "http://localhost:5000/cb",
        "//camera.example/cb",
        "javascript:alert(1)",
    ];
    for uri in strange {
        for kind in ["code", "token", "nonsense"] {
            let params = [("response_type", kind), ("redirect_uri", uri)];
            let reply = browser.get(&authorize_url(&app, &params)).await;
            assert_eq!((reply.status, reply.location()), (StatusCode::BAD_REQUEST, ""), "{uri}");
            assert!(!reply.body.contains("<form"));
        }
        // Nor if the consent page's fields are changed.
        let page =
            browser.get(&authorize_url(&app, &[("response_type", "code"), ("redirect_uri", REDIRECT)])).await;
        let reply = browser.submit(&page, &[("decision", "allow"), ("redirect_uri", uri)]).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::BAD_REQUEST, ""), "{uri}");
    }
    world.people.set_app_disabled(&app.key.0, true).await.unwrap();
    let reply =
        browser.get(&authorize_url(&app, &[("response_type", "code"), ("redirect_uri", REDIRECT)])).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::BAD_REQUEST, ""));
}

/// A faulty request of a known app is told to the app, where there is a way.
#[tokio::test]
async fn the_app_is_told_what_is_wrong_with_its_request() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let mut browser = world.browser();
    let (short, long) = ("x".repeat(42), "x".repeat(129));
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[], "invalid_request"),
        (&[("response_type", "id_token")], "unsupported_response_type"),
        (&[("response_type", "code"), ("code_challenge", &short)], "invalid_request"),
        (&[("response_type", "code"), ("code_challenge", &long)], "invalid_request"),
        (&[("response_type", "code"), ("code_challenge", "é")], "invalid_request"),
        (&[("response_type", "code"), ("code_challenge_method", "S256")], "invalid_request"),
        (
            &[("response_type", "code"), ("code_challenge", super::S256), ("code_challenge_method", "MD5")],
            "invalid_request",
        ),
    ];
    for (params, error) in cases {
        let mut with_redirect = vec![("redirect_uri", REDIRECT), ("state", STATE)];
        with_redirect.extend(params);
        let reply = browser.get(&authorize_url(&app, &with_redirect)).await;
        assert_eq!(reply.status, StatusCode::FOUND, "{params:?}");
        let back = reply.sent_back('?');
        assert_eq!((back["error"].as_str(), back["state"].as_str()), (error, STATE), "{params:?}");
        let without = browser.get(&authorize_url(&app, params)).await;
        assert_eq!((without.status, without.location()), (StatusCode::BAD_REQUEST, ""), "{params:?}");
    }
    let nowhere = browser.get(&authorize_url(&app, &[("response_type", "token")])).await;
    assert_eq!((nowhere.status, nowhere.location()), (StatusCode::BAD_REQUEST, ""));
}

/// A state of up to 500 bytes comes back; a longer one is refused.
#[tokio::test]
async fn a_state_may_have_500_bytes() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let mut browser = world.signed_in().await;
    for (state, fits) in [("é".repeat(250), true), ("x".repeat(501), false)] {
        let params = [("response_type", "code"), ("redirect_uri", REDIRECT), ("state", &state)];
        let page = browser.get(&authorize_url(&app, &params)).await;
        if fits {
            let reply = browser.submit(&page, &[("decision", "allow")]).await;
            assert_eq!(reply.sent_back('?')["state"], state);
        } else {
            assert_eq!((page.status, page.location()), (StatusCode::BAD_REQUEST, ""));
        }
    }
    let params = [("response_type", "code"), ("redirect_uri", REDIRECT)];
    let reply = allow(&mut browser, &app, &params).await;
    assert!(!reply.sent_back('?').contains_key("state"), "no state, none back");
    let header = [("response_type", "code"), ("redirect_uri", REDIRECT), ("state", "x\r\nSet-Cookie: y")];
    let reply = allow(&mut browser, &app, &header).await;
    assert_eq!(reply.sent_back('?')["state"], "x\r\nSet-Cookie: y");
}

/// Asked every time, even after it was allowed: `force_reapprove` has nothing left to force.
#[tokio::test]
async fn the_person_is_asked_every_time() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let mut browser = world.signed_in().await;
    for force in ["false", "true", "False", "nonsense"] {
        let params = [
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("force_reapprove", force),
            ("disable_signup", "true"),
            ("require_role", "work"),
            ("locale", "pt-BR"),
        ];
        let page = browser.get(&authorize_url(&app, &params)).await;
        assert_eq!(page.status, StatusCode::OK, "{force}");
        assert_eq!(browser.submit(&page, &[("decision", "allow")]).await.status, StatusCode::FOUND);
    }
}

/// Consent cannot be forged, fetched from elsewhere, or given in somebody else's browser.
#[tokio::test]
async fn consent_cannot_be_forged() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let mut ann = world.signed_in().await;
    let url = authorize_url(&app, &[("response_type", "token"), ("redirect_uri", REDIRECT)]);
    let page = ann.get(&url).await;
    let token = page.field("form_token");
    let fields = |token| {
        [
            ("form_token", token),
            ("decision", "allow"),
            ("response_type", "token"),
            ("client_id", app.key.0.as_str()),
            ("redirect_uri", REDIRECT),
        ]
    };
    assert_eq!(ann.post("/1/oauth2/authorize", &fields("")).await.status, StatusCode::FORBIDDEN);
    let elsewhere = [("sec-fetch-site", "cross-site")];
    let reply = ann.post_with("/1/oauth2/authorize", &fields(&token), &elsewhere).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    let all_in_query = format!("{url}&decision=allow&form_token={token}");
    assert_eq!(ann.post(&all_in_query, &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ann.get(&all_in_query).await.status, StatusCode::OK, "a GET allows nothing");
    let mut stranger = world.browser();
    stranger.get("/login").await;
    assert_eq!(stranger.post("/1/oauth2/authorize", &fields(&token)).await.status, StatusCode::FORBIDDEN);
    let strangers = stranger.get("/login").await.field("form_token");
    let reply = stranger.post("/1/oauth2/authorize", &fields(&strangers)).await;
    assert!(reply.location().starts_with("/login?continue=/1/oauth2/authorize%3F"), "{}", reply.location());
    let account = world.people.account(EMAIL).await.unwrap();
    assert!(world.people.grants(account.id).await.unwrap().is_empty());
}

/// Browsers hold `form-action` against the redirect after a form, too, so this page cannot have it.
#[tokio::test]
async fn the_consent_page_may_end_in_a_redirect() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let page = world.signed_in().await.get(&authorize_url(&app, &[("response_type", "code")])).await;
    assert!(!page.header(CONTENT_SECURITY_POLICY).contains("form-action"));
}

/// Another account can be chosen on the way, and comes back to the same request.
#[tokio::test]
async fn another_account_can_be_chosen() {
    let world = World::with_ann().await;
    let bob = world.account("bob@example.org").await;
    let app = world.app().await;
    let mut browser = world.signed_in().await;
    let params = [("response_type", "code"), ("redirect_uri", REDIRECT), ("state", STATE)];
    let page = browser.get(&authorize_url(&app, &params)).await;
    let at = page.body.find("/login?continue=").unwrap();
    let switch = page.body[at..].split('"').next().unwrap().replace("&#38;", "&");
    let signed_in = browser.sign_in_at(&switch, "bob@example.org", PASSWORD).await;
    let page = browser.get(signed_in.location()).await;
    assert!(page.body.contains("bob@example.org"));
    let back = browser.submit(&page, &[("decision", "allow")]).await.sent_back('?');
    assert_eq!(back["state"], STATE);
    let reply = exchange(&world, &app, &back["code"], &[("redirect_uri", REDIRECT)]).await;
    assert_eq!(reply.json()["uid"], bob.id.0.to_string());
}

/// An account that was shut out meanwhile allows nothing.
#[tokio::test]
async fn a_disabled_account_allows_nothing() {
    let world = World::with_ann().await;
    let app = world.app().await;
    let mut browser = world.signed_in().await;
    let page = browser.get(&authorize_url(&app, &[("response_type", "code")])).await;
    world.people.set_disabled(EMAIL, true).await.unwrap();
    let reply = browser.submit(&page, &[("decision", "allow")]).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(!reply.body.contains("auth-code"));
}

/// An app that somebody registered for themselves says who: it may call itself anything.
#[tokio::test]
async fn whose_app_it_is_is_told() {
    let world = World::with_ann().await;
    let owner = world.account("mallory@example.org").await.id;
    let app = NewApp {
        name: "Cloud Desktop".into(),
        access: Access::Full,
        redirect_uris: vec![REDIRECT.into()],
        same_name: false,
        webhook_uris: vec![],
        owner: Some(owner),
    };
    let own = world.people.register_app(app).await.unwrap();
    let mut ann = world.signed_in().await;
    let page = ann.get(&authorize_url(&own, &[("response_type", "code"), ("redirect_uri", REDIRECT)])).await;
    let told = "registered by <strong><bdi>mallory@example.org</bdi></strong>, who has an account here since 14 November 2023,";
    assert!(page.body.contains(told), "{}", page.body);
    world.store.change_email(owner, "mal\u{202e}lory@example.org").await.unwrap();
    let page = ann.get(&authorize_url(&own, &[("response_type", "code"), ("redirect_uri", REDIRECT)])).await;
    assert!(page.body.contains("<bdi>mal\u{fffd}lory@example.org</bdi>"));
    let of_the_server = world.app().await;
    let page = ann
        .get(&authorize_url(&of_the_server, &[("response_type", "code"), ("redirect_uri", REDIRECT)]))
        .await;
    assert!(!page.body.contains("registered by"));
}
