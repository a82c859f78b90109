//! Programs: how they are registered, and where they may send a browser back to.

use super::accounts::is_display_name;
use super::reserved::is_reserved;
use super::{OWNED_APPS_MAX, People, secret};
use crate::model::{Access, AccountId, App, AppKey, Name};
use crate::store::{AppChange, StoreError};

/// The length of an app's key and of its secret, in characters: as the old service's, and 77 bits each.
const WORD_LENGTH: usize = 15;
/// How many addresses of a kind an app may have.
pub const URIS_MAX: usize = 100;
/// The longest of them, in bytes.
const URI_MAX: usize = 2_000;

/// A program to be.
#[derive(Clone, Debug)]
pub struct NewApp {
    /// What people see on the consent page, and what its folder is called.
    pub name: String,
    /// How far its permission reaches.
    pub access: Access,
    /// See [`App::redirect_uris`].
    pub redirect_uris: Vec<String>,
    /// Whether there may be another of this name. People cannot tell them apart then: neither when they are asked, nor
    /// among what they have linked.
    pub same_name: bool,
    /// See [`App::webhook_uris`]. Each should have been asked first: see
    /// [`Registry::register_app`](crate::webhooks::Registry::register_app).
    pub webhook_uris: Vec<String>,
    /// See [`App::owner`].
    pub owner: Option<AccountId>,
}

/// Why an app was not registered or changed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// It could not name a folder, or could not be shown.
    #[error("'{0}' cannot be the name of an app: it is shown to people, and names the app's folder")]
    Name(String),
    /// People would not know which one they allow.
    #[error("there is an app called '{0}' already, and people could not tell the two apart")]
    NameTaken(String),
    /// People would take it for the server's own.
    #[error("'{0}' cannot be the name of somebody's app: people would take it for one of this server itself")]
    NameReserved(String),
    /// Codes and tokens must not travel where anybody can read them.
    #[error("'{0}' cannot be a redirect URI: it must be https, or http to localhost, without a fragment")]
    RedirectUri(String),
    /// It cannot be called.
    #[error("'{0}' cannot be a webhook URI: it must be http or https, without a fragment")]
    WebhookUri(String),
    /// It is one of the app's.
    #[error("the app has the redirect URI '{0}' already")]
    HasRedirectUri(String),
    /// It is none of the app's.
    #[error("the app has no redirect URI '{0}'")]
    NoRedirectUri(String),
    /// Without any, programs that sign with OAuth 1 may send browsers anywhere.
    #[error(
        "it is the app's last redirect URI, without which OAuth 1 would let it send browsers anywhere: add another one first"
    )]
    LastRedirectUri,
    /// More than anybody needs.
    #[error("an app has at most {URIS_MAX} URIs of a kind")]
    TooManyUris,
    /// More than anybody makes.
    #[error("an account owns at most {OWNED_APPS_MAX} apps")]
    TooManyApps,
    /// An administrator has shut it out.
    #[error(
        "an administrator has shut the app out: until it is let in again, it keeps its name and is not deleted"
    )]
    ShutOut,
    /// There is none with this key.
    #[error("there is no app with the key '{0}'")]
    Unknown(String),
    /// It could not be done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl People {
    /// Registers a program under a new key, with a new secret.
    pub async fn register_app(&self, app: NewApp) -> Result<App, AppError> {
        let app = self.app_to_be(app).await?;
        match self.accounts.add_app(&app).await? {
            true => Ok(app),
            false => Err(StoreError::Corrupt(format!("the key {} was drawn twice", app.key)).into()),
        }
    }

    /// Sees to it that there are the apps of our own programs, which send browsers back to the person's machine or have codes
    /// copied, and of our own pages. Once they are there they are left as they are: an administrator may have shut one out, or
    /// changed where it leads.
    pub async fn ensure_own_apps(&self) -> Result<(), StoreError> {
        let loopback = ["http://127.0.0.1/", "http://[::1]/"];
        self.ensure_own_app(App::OWN, "Tidemark", &loopback).await?;
        self.ensure_own_app(App::PAGES, "Tidemark on the web", &[]).await
    }

    async fn ensure_own_app(&self, key: &str, name: &str, redirect_uris: &[&str]) -> Result<(), StoreError> {
        let key = AppKey(key.to_owned());
        if self.accounts.app(&key).await?.is_some() {
            return Ok(());
        }
        let app = App {
            key,
            // Like every app's, but nobody is told it, and nobody needs it.
            secret: secret::random_word(&*self.entropy, WORD_LENGTH),
            name: name.to_owned(),
            access: Access::Full,
            redirect_uris: redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
            webhook_uris: Vec::new(),
            disabled: false,
            paused: false,
            created: self.clock.now(),
            owner: None,
        };
        // If somebody else was faster, it is there.
        self.accounts.add_app(&app).await.map(|_| ())
    }

    /// Refuses what [`register_app`](People::register_app) would refuse.
    pub async fn check_app(&self, app: &NewApp) -> Result<(), AppError> {
        self.app_to_be(app.clone()).await.map(|_| ())
    }

    async fn app_to_be(&self, app: NewApp) -> Result<App, AppError> {
        let same_name = app.same_name;
        let mut webhook_uris: Vec<String> = Vec::new();
        for uri in app.webhook_uris {
            if !webhook_uris.contains(&uri) {
                webhook_uris.push(uri);
            }
        }
        let app = App {
            key: AppKey(secret::random_word(&*self.entropy, WORD_LENGTH)),
            secret: secret::random_word(&*self.entropy, WORD_LENGTH),
            name: app.name.trim().to_owned(),
            access: app.access,
            redirect_uris: app.redirect_uris,
            webhook_uris,
            disabled: false,
            paused: false,
            created: self.clock.now(),
            owner: app.owner,
        };
        check(&app)?;
        if !same_name {
            self.check_own_name(&app).await?;
        }
        Ok(app)
    }

    /// Refuses a name that another app has.
    async fn check_own_name(&self, app: &App) -> Result<(), AppError> {
        let key = |name: &str| Name::new(name).map(|name| name.key()).ok();
        let others = self.accounts.apps().await?.into_iter().filter(|other| other.key != app.key);
        match others.into_iter().find(|other| key(&other.name) == key(&app.name)) {
            Some(other) => Err(AppError::NameTaken(other.name)),
            None => Ok(()),
        }
    }

    /// The app with this key.
    pub async fn app(&self, key: &str) -> Result<App, AppError> {
        let app = self.accounts.app(&AppKey(key.to_owned())).await?;
        app.ok_or_else(|| AppError::Unknown(key.to_owned()))
    }

    /// The app with this key, for those who come with a key and may know no more than that it is good for something:
    /// nothing if there is none, or if it is shut out.
    pub async fn open_app(&self, key: &str) -> Result<Option<App>, StoreError> {
        Ok(self.accounts.app(&AppKey(key.to_owned())).await?.filter(|app| !app.disabled))
    }

    /// All apps, the oldest first.
    pub async fn apps(&self) -> Result<Vec<App>, StoreError> {
        self.accounts.apps().await
    }

    /// The apps of this [`owner`](App::owner), the oldest first.
    pub async fn apps_of(&self, owner: AccountId) -> Result<Vec<App>, StoreError> {
        self.accounts.apps_of(owner).await
    }

    /// Shuts a program out (its tokens do not work while it is), or lets it in again.
    pub async fn set_app_disabled(&self, key: &str, disabled: bool) -> Result<App, AppError> {
        self.change_app(key, AppChange::Disabled(disabled)).await
    }

    /// Lets a program send browsers back to one more address.
    pub async fn add_redirect_uri(&self, key: &str, uri: &str) -> Result<App, AppError> {
        let mut app = self.app(key).await?;
        if app.redirect_uris.iter().any(|known| known == uri) {
            return Err(AppError::HasRedirectUri(uri.to_owned()));
        }
        app.redirect_uris.push(uri.to_owned());
        check(&app)?;
        self.change_app(key, AppChange::AddRedirectUri(uri.to_owned())).await
    }

    /// Takes such an address away. What was sent there before is as good as it was.
    ///
    /// The last one stays: without any, a program that signs may name whatever address it likes (see [`callback_host`]),
    /// and to take something away must not allow more.
    pub async fn remove_redirect_uri(&self, key: &str, uri: &str) -> Result<App, AppError> {
        let app = self.app(key).await?;
        match app.redirect_uris.as_slice() {
            [last] if last == uri => return Err(AppError::LastRedirectUri),
            known if known.iter().any(|known| known == uri) => {}
            _ => return Err(AppError::NoRedirectUri(uri.to_owned())),
        }
        self.change_app(key, AppChange::RemoveRedirectUri(uri.to_owned())).await
    }

    /// Calls a program something else, for everybody who is asked about it or has linked it. Folders that it has keep their
    /// names: they are people's.
    ///
    /// One at a time, so that no two get one name: whoever calls holds the turn.
    pub(super) async fn rename_app(&self, app: &App, name: &str) -> Result<App, AppError> {
        let renamed = App { name: name.trim().to_owned(), ..app.clone() };
        check(&renamed)?;
        self.check_own_name(&renamed).await?;
        self.change_app(&app.key.0, AppChange::Name(renamed.name)).await
    }

    pub(super) async fn change_app(&self, key: &str, change: AppChange) -> Result<App, AppError> {
        self.accounts.change_app(&AppKey(key.to_owned()), change).await?;
        self.app(key).await
    }
}

/// Where an OAuth 1 callback leads, with its port; nothing if the app's pages may not be reached that way.
///
/// A program that has registered redirect URIs is held to them, whatever query it adds. Programs of OAuth 1's days
/// registered none: theirs may be any web address, and the person is shown whose it is.
#[must_use]
pub fn callback_host<'a>(app: &App, callback: &'a str) -> Option<&'a str> {
    let address = WebAddress::read(callback)?;
    let page = |uri: &'a str| uri.split_once('?').map_or(uri, |(page, _)| page);
    let own = |uri: &String| uri.split_once('?').map_or(uri.as_str(), |(page, _)| page) == page(callback);
    if !app.redirect_uris.is_empty() && !app.redirect_uris.iter().any(own) {
        return None;
    }
    Some(address.authority)
}

/// Whether a code may be sent there: to one of the app's redirect URIs, as it was registered, or, if that leads to this
/// machine and names no port, at any port (RFC 8252 section 7.3): programs listen where there is room. Whoever catches a code
/// there can do nothing with it without the program's secret or verifier.
#[must_use]
pub fn returns_to(app: &App, uri: &str) -> bool {
    let asked = || WebAddress::read(uri).filter(WebAddress::is_loopback);
    app.redirect_uris.iter().any(|own| {
        own == uri
            || WebAddress::read(own)
                .filter(|own| own.is_loopback() && own.port.is_none())
                .zip(asked())
                .is_some_and(|(own, asked)| {
                    own == WebAddress { port: None, authority: own.authority, ..asked }
                })
    })
}

/// The address at which to register a program that is given its codes there: one on this machine without its port, which may
/// be another one next time and is compared by [`returns_to`] as any; every other one as it is.
pub(super) fn without_loopback_port(uri: &str) -> String {
    match WebAddress::read(uri).filter(WebAddress::is_loopback) {
        Some(address) => format!("http://{}{}", address.host, address.rest),
        None => uri.to_owned(),
    }
}

fn check(app: &App) -> Result<(), AppError> {
    if !is_display_name(&app.name) || Name::new(&app.name).is_err() {
        return Err(AppError::Name(app.name.clone()));
    }
    // (An administrator's may be called so: the server is theirs.)
    if app.owner.is_some() && is_reserved(&app.name) {
        return Err(AppError::NameReserved(app.name.clone()));
    }
    if app.redirect_uris.len().max(app.webhook_uris.len()) > URIS_MAX {
        return Err(AppError::TooManyUris);
    }
    if let Some(bad) = app.redirect_uris.iter().find(|uri| !is_redirect_uri(uri)) {
        return Err(AppError::RedirectUri(bad.clone()));
    }
    app.webhook_uris.iter().try_for_each(|uri| check_webhook_uri(uri))
}

/// Refuses what is no plain web address.
pub(crate) fn check_webhook_uri(uri: &str) -> Result<(), AppError> {
    if WebAddress::read(uri).is_some() { Ok(()) } else { Err(AppError::WebhookUri(uri.to_owned())) }
}

/// Whether codes and tokens may be sent there: encrypted, or not leaving the machine.
fn is_redirect_uri(uri: &str) -> bool {
    WebAddress::read(uri).is_some_and(|address| address.secure || address.is_loopback())
}

/// A plain web address, in parts.
#[derive(Clone, Copy, PartialEq, Eq)]
struct WebAddress<'a> {
    /// Whether it is encrypted.
    secure: bool,
    /// The host with its port.
    authority: &'a str,
    host: &'a str,
    port: Option<&'a str>,
    /// The path and the query.
    rest: &'a str,
}

impl<'a> WebAddress<'a> {
    /// The parts; nothing if it is no plain web address.
    fn read(uri: &'a str) -> Option<WebAddress<'a>> {
        // Whatever browsers might read in more than one way has no place in an address that is compared exactly.
        let plain = uri.len() <= URI_MAX
            && uri.bytes().all(|b| b.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&b));
        let (secure, rest) = match uri.split_once("://")? {
            (scheme, rest) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            (scheme, rest) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            _ => return None,
        };
        let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        // The port follows the last colon, unless that belongs to an IPv6 address.
        let (host, port) = match authority.rfind(':') {
            Some(at) if !authority[at..].contains(']') => (&authority[..at], Some(&authority[at + 1..])),
            _ => (authority, None),
        };
        let good_port =
            port.is_none_or(|port| port.parse::<u16>().is_ok() && port.bytes().all(|b| b.is_ascii_digit()));
        (plain && !host.is_empty() && !authority.contains('@') && good_port).then_some(WebAddress {
            secure,
            authority,
            host,
            port,
            rest,
        })
    }

    /// Whether it leads to this machine, in the clear.
    fn is_loopback(&self) -> bool {
        let names = ["localhost", "127.0.0.1", "[::1]"];
        !self.secure && names.iter().any(|name| self.host.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_travel_encrypted_or_stay_on_the_machine() {
        for good in [
            "https://app.example/cb",
            "https://app.example",
            "https://app.example:8443/cb?x=1&y=2",
            "HTTPS://APP.example/cb",
            "http://localhost/cb",
            "http://localhost:5000/cb",
            "http://127.0.0.1:5000/",
            "http://[::1]:5000/cb",
            "http://LOCALHOST/cb",
        ] {
            assert!(is_redirect_uri(good), "{good}");
        }
        for bad in [
            "",
            "app.example/cb",
            "/cb",
            "//app.example/cb",
            "https://",
            "https:///cb",
            "https://?x",
            "http://app.example/cb",
            "http://localhost.app.example/cb",
            "http://localhost@app.example/cb",
            "https://me:pw@app.example/cb",
            "http://127.0.0.1.app.example/",
            "https://app.example/cb#x",
            "https://app.example/c b",
            "https://app.example/\r\nSet-Cookie: x",
            "https://app.example\\@evil.example/",
            "https://app.example:x/",
            "https://app.example:/",
            "https://app.example:99999/",
            "https://é.example/",
            "javascript:alert(1)",
            "javascript://app.example/%0aalert(1)",
            "data://text/html,x",
        ] {
            assert!(!is_redirect_uri(bad), "{bad}");
        }
        assert!(!is_redirect_uri(&format!("https://app.example/{}", "a".repeat(URI_MAX))));
    }

    fn app_with(redirect_uris: &[&str]) -> App {
        App {
            key: AppKey("k".into()),
            secret: "s".into(),
            name: "A".into(),
            access: Access::Full,
            redirect_uris: redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
            webhook_uris: vec![],
            disabled: false,
            paused: false,
            created: crate::model::Timestamp(0),
            owner: None,
        }
    }

    #[test]
    fn a_port_of_this_machine_is_not_registered() {
        for (uri, registered) in [
            ("http://127.0.0.1:8765/gallery/callback", "http://127.0.0.1/gallery/callback"),
            ("http://[::1]:8765/cb?x=1", "http://[::1]/cb?x=1"),
            ("http://localhost:1", "http://localhost"),
            ("http://localhost/cb", "http://localhost/cb"),
            ("https://localhost:8765/cb", "https://localhost:8765/cb"),
            ("https://app.example:8443/cb", "https://app.example:8443/cb"),
            ("http://app.example:80/cb", "http://app.example:80/cb"),
            ("not an address", "not an address"),
        ] {
            assert_eq!(without_loopback_port(uri), registered);
            if is_redirect_uri(uri) {
                assert!(returns_to(&app_with(&[registered]), uri), "{uri}");
            }
        }
    }

    #[test]
    fn a_code_goes_to_any_port_of_this_machine_if_none_is_named() {
        for (own, good) in [
            ("http://127.0.0.1/", "http://127.0.0.1:49152/"),
            ("http://127.0.0.1/", "http://127.0.0.1/"),
            ("http://127.0.0.1/cb?x=1", "http://127.0.0.1:1/cb?x=1"),
            ("http://localhost", "http://localhost:65535"),
            ("http://localhost/cb", "http://localhost:80/cb"),
            ("http://[::1]/cb", "http://[::1]:5000/cb"),
            ("http://localhost:5000/cb", "http://localhost:5000/cb"),
            ("https://app.example/cb", "https://app.example/cb"),
        ] {
            assert!(returns_to(&app_with(&["https://x.example", own]), good), "{good} for {own}");
        }
        for (own, bad) in [
            // Another host, path, query or scheme is another address, on this machine, too.
            ("http://127.0.0.1/", "http://localhost:5000/"),
            ("http://127.0.0.1/", "http://[::1]:5000/"),
            ("http://127.0.0.1/", "http://127.0.0.1:5000"),
            ("http://127.0.0.1/", "http://127.0.0.1:5000/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5000/cb?x=1"),
            ("http://127.0.0.1/cb?x=1", "http://127.0.0.1:5000/cb"),
            ("http://127.0.0.1/", "https://127.0.0.1:5000/"),
            ("https://127.0.0.1/", "https://127.0.0.1:5000/"),
            // A port that was named is meant.
            ("http://127.0.0.1:5000/", "http://127.0.0.1:5001/"),
            ("http://127.0.0.1:5000/", "http://127.0.0.1/"),
            // What leads elsewhere.
            ("https://app.example/cb", "https://app.example:8443/cb"),
            ("http://127.0.0.1/", "http://127.0.0.1:5000@evil.example/"),
            ("http://127.0.0.1/", "http://127.0.0.1:x/"),
            ("http://127.0.0.1/", "http://127.0.0.1:99999/"),
            ("http://127.0.0.1/", "http://127.0.0.1:/"),
            ("http://127.0.0.1/", "http://127.0.0.1.evil.example:5000/"),
            ("http://127.0.0.1/", "http://127.0.0.1:5000\\@evil.example/"),
            ("http://127.0.0.1/", "http://evil.example:5000/"),
            ("http://127.0.0.1/", "http://127.0.0.1:5000/#x"),
            ("http://127.0.0.1/", ""),
        ] {
            assert!(!returns_to(&app_with(&[own]), bad), "{bad} for {own}");
        }
        assert!(!returns_to(&app_with(&[]), "http://127.0.0.1:5000/"));
    }

    #[test]
    fn a_callback_is_one_of_the_apps_own_if_it_has_any() {
        let mut app = app_with(&[]);
        for (callback, host) in [
            ("http://app.example/cb", "app.example"),
            ("https://app.example:8443/cb?x=1&y=2", "app.example:8443"),
            ("http://app.example?x=http://other.example/", "app.example"),
            ("http://[::1]:5000/cb", "[::1]:5000"),
        ] {
            assert_eq!(callback_host(&app, callback), Some(host));
        }
        for bad in [
            "",
            "/cb",
            "//app.example/cb",
            "oob",
            "javascript:alert(1)",
            "myapp://cb",
            "http://me@app.example/",
            "http://app.example/#x",
            "http://app.example/\r\nx",
            "http://app.example\\@evil.example/",
            "http://app.example/c b",
        ] {
            assert_eq!(callback_host(&app, bad), None, "{bad}");
        }
        app.redirect_uris = vec!["https://app.example/cb?fixed=1".into(), "http://localhost:5000/cb".into()];
        for own in ["https://app.example/cb", "https://app.example/cb?x=1", "http://localhost:5000/cb?x"] {
            assert!(callback_host(&app, own).is_some(), "{own}");
        }
        for other in [
            "https://app.example/cb/",
            "https://app.example/",
            "http://app.example/cb",
            "https://app.example.evil.example/cb",
            "https://evil.example/?https://app.example/cb",
            "http://localhost:5001/cb",
        ] {
            assert_eq!(callback_host(&app, other), None, "{other}");
        }
    }
}
