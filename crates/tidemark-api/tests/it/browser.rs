//! A world of people and apps behind the router, and a browser that keeps cookies and fills in forms.

use crate::hooks::Hooks;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use http::{HeaderMap, Method, Request, StatusCode};
use std::collections::BTreeMap;
use std::sync::Arc;
use tidemark_api::server::ConnectionInfo;
use tidemark_api::{not_found, oauth, web};
use tidemark_core::cloud::{Cloud, Condition, Put, Reach, Scope};
use tidemark_core::model::{Access, Account, App, ClientTimes, Link, LinkChange, Path, Timestamp};
use tidemark_core::people::{NewApp, NewPerson, People};
use tidemark_core::store::memory::{ManualClock, MemoryAccounts, PretendImaging};
use tidemark_testing::{Choices, MemoryServer, Seams};
use tower::ServiceExt;

pub(crate) const EMAIL: &str = "ann@example.org";
pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const REDIRECT: &str = "https://camera.example/cb";

pub(crate) struct World {
    pub(crate) people: Arc<People>,
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) clock: Arc<ManualClock>,
    /// Takes texts that begin with `picture` for pictures, and for spreadsheets.
    pub(crate) imaging: Arc<PretendImaging>,
    /// Apps' servers.
    pub(crate) hooks: Arc<Hooks>,
    pub(crate) store: Arc<MemoryAccounts>,
    pub(crate) router: Router,
}

impl World {
    pub(crate) fn new() -> World {
        World::configured(|site| site)
    }

    pub(crate) fn configured(configure: impl FnOnce(web::Site) -> web::Site) -> World {
        let clock = Arc::new(ManualClock::new(Timestamp(1_700_000_000_000)));
        let seams = Seams::new(&clock);
        let (store, imaging) = (seams.accounts.clone(), seams.imaging.clone());
        let server = MemoryServer::assemble(seams, Choices::default());
        let hooks = Arc::new(Hooks::default());
        let site = configure(server.site(hooks.clone()));
        let router = web::router(site.clone()).merge(oauth::router(site.clone())).fallback(nowhere);
        let router = web::framed(router, site);
        World { people: server.people, cloud: server.cloud, clock, imaging, hooks, store, router }
    }

    /// With the account of [`EMAIL`].
    pub(crate) async fn with_ann() -> World {
        let world = World::new();
        world.account(EMAIL).await;
        world
    }

    pub(crate) async fn account(&self, email: &str) -> Account {
        let person = NewPerson {
            email: email.into(),
            name: Some("Ann <Lee> & \"Co\"".into()),
            password: PASSWORD.into(),
            quota: None,
            admin: false,
        };
        self.people.add_account(person).await.unwrap()
    }

    pub(crate) async fn app(&self) -> App {
        self.app_with(Access::Full, &[REDIRECT, "http://localhost:5000/cb?x=1"]).await
    }

    pub(crate) async fn app_with(&self, access: Access, redirect_uris: &[&str]) -> App {
        let app = NewApp {
            name: "Camera <&> Co".into(),
            access,
            redirect_uris: redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
            same_name: true,
            owner: None,
            webhook_uris: vec![],
        };
        self.people.register_app(app).await.unwrap()
    }

    /// Ann's whole tree.
    pub(crate) async fn tree(&self) -> Scope {
        let ann = self.people.account(EMAIL).await.unwrap();
        self.cloud.scope(&ann, Reach::Whole).await.unwrap()
    }

    /// Puts a file into Ann's tree.
    pub(crate) async fn put(&self, path: &str, bytes: &[u8]) {
        let mut intake = self.cloud.intake(1 << 30);
        intake.push(Bytes::copy_from_slice(bytes)).await.unwrap();
        let content = intake.finish().await.unwrap();
        let path = Path::parse(path).unwrap();
        let condition = Condition::Overwrite;
        let put =
            Put { at: path.into(), content, condition, autorename: false, times: ClientTimes::default() };
        self.cloud.put_file(&self.tree().await, &put).await.unwrap();
    }

    /// Ann's link to what is there, made by an app.
    pub(crate) async fn share(&self, path: &str) -> Link {
        self.share_with(path, &LinkChange::default()).await
    }

    /// The same under rules of its own.
    pub(crate) async fn share_with(&self, path: &str, change: &LinkChange) -> Link {
        let app = match self.people.apps().await.unwrap().pop() {
            Some(app) => app,
            None => self.app().await,
        };
        self.cloud.share(&self.tree().await, &Path::parse(path).unwrap(), &app.key, change).await.unwrap().0
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookies: BTreeMap::new(), peer: "192.0.2.1:4711", tls: false }
    }

    /// A browser in which [`EMAIL`] has signed in.
    pub(crate) async fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        let reply = browser.sign_in(EMAIL, PASSWORD).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER);
        browser
    }
}

#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) peer: &'static str,
    pub(crate) tls: bool,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], "").await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.post_with(path, fields, &[]).await
    }

    pub(crate) async fn post_with(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Reply {
        let form = query(fields);
        let mut all = vec![(CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded")];
        all.extend(headers);
        self.send(Method::POST, path, &all, &form).await
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let connection = ConnectionInfo { peer: self.peer.parse().unwrap(), tls: self.tls };
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(path).extension(connection);
        request = request.header(HOST, "files.example:8765").header(COOKIE, cookies.join("; "));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = to_bytes(body, 16 << 20).await.unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// Loads the sign-in page and sends its form.
    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Reply {
        self.sign_in_at("/login", email, password).await
    }

    pub(crate) async fn sign_in_at(&mut self, page: &str, email: &str, password: &str) -> Reply {
        let page = self.get(page).await;
        self.submit(&page, &[("email", email), ("password", password)]).await
    }

    /// Sends the (last) form of a page with these fields filled in.
    pub(crate) async fn submit(&mut self, page: &Reply, filled: &[(&str, &str)]) -> Reply {
        let (action, mut fields) = page.form();
        for (name, value) in filled {
            fields.retain(|(other, _)| other != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        self.post(&action, &fields).await
    }
}

impl Reply {
    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header(LOCATION)
    }

    /// The parameters in the query (or, after `#`, in the fragment) of where this redirects to.
    pub(crate) fn sent_back(&self, mark: char) -> BTreeMap<String, String> {
        let (_, fields) = self.location().split_once(mark).unwrap_or_default();
        form_urlencoded::parse(fields.as_bytes()).into_owned().collect()
    }

    /// The (last) form's action and fields.
    pub(crate) fn form(&self) -> (String, Vec<(String, String)>) {
        let form = self.body.rsplit("<form ").next().unwrap().split("</form>").next().unwrap();
        let action = attribute(form, "action").expect("a page with a form");
        let inputs = form.split("<input ").skip(1).filter_map(|input| {
            let input = input.split('>').next()?;
            Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()))
        });
        (action, inputs.collect())
    }

    pub(crate) fn field(&self, name: &str) -> String {
        self.form().1.into_iter().find(|(other, _)| other == name).expect("such a field").1
    }

    /// The code on the page that shows one.
    pub(crate) fn auth_code(&self) -> &str {
        let (_, after) = self.body.split_once("id=\"auth-code\">").expect("a page with a code");
        after.split('<').next().unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, after) = tag.split_once(&format!("{name}=\""))?;
    let value = after.split('"').next()?;
    let escapes = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    Some(escapes.iter().fold(value.to_owned(), |text, (escape, plain)| text.replace(escape, plain)))
}

/// Fields as a query or a form.
pub(crate) fn query(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn nowhere(uri: http::Uri, headers: HeaderMap) -> Response {
    not_found(uri.path(), &headers)
}
