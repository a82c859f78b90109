//! Which endpoint a request means.
//!
//! Paths are matched as they arrive, not decoded: none of them has a name of somebody's in it. Clients double slashes and
//! end in one. See `docs/protocols/box.md`, which has a row for each endpoint (a test compares the two).

use http::Method;
use tidemark_core::model::ThumbnailFormat;

/// One endpoint as the wire has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// A method and a path, in which words with a colon stand for what varies; also what it is called in metrics. What is
    /// got can also be asked for with HEAD.
    pub name: &'static str,
    /// What it does, and for whom.
    pub(super) task: Task,
}

/// Where a request has its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenPlace {
    /// In the header.
    Header,
    /// In the header or in the query, for addresses that are opened by something else.
    HeaderOrQuery,
}

/// What an endpoint does, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// For whom a token is of.
    Called(Verb, TokenPlace),
    /// For whoever has the address, which is its own credential.
    Open(Open),
}

/// What an endpoint does that needs no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    Download,
    Subscribe,
}

/// What an endpoint does for its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    AbortSession,
    BeginSession,
    BeginVersionSession,
    CommitSession,
    CopyFile,
    CopyFolder,
    CreateFolder,
    DeleteFile,
    DeleteFolder,
    GetAvatar,
    GetCollections,
    GetContent,
    GetEvents,
    GetFile,
    GetFolder,
    GetMe,
    GetRealtimeServers,
    GetSession,
    GetSharedItem,
    GetThumbnail(ThumbnailFormat),
    GetTrashedFile,
    GetTrashedFolder,
    GetUser,
    GetVersion,
    ListFolder,
    ListParts,
    ListTrash,
    ListUsers,
    ListVersions,
    PreflightNew,
    PreflightVersion,
    PromoteVersion,
    PurgeFile,
    PurgeFolder,
    ReinstateVersion,
    RestoreFile,
    RestoreFolder,
    Search,
    UpdateFile,
    UpdateFolder,
    UploadNew,
    UploadPart,
    UploadVersion,
    WithdrawVersion,
}

/// Every endpoint, by path and method.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint { name: "GET /2.0/collections", task: Task::Called(Verb::GetCollections, TokenPlace::Header) },
    Endpoint { name: "GET /2.0/events", task: Task::Called(Verb::GetEvents, TokenPlace::Header) },
    Endpoint {
        name: "OPTIONS /2.0/events",
        task: Task::Called(Verb::GetRealtimeServers, TokenPlace::Header),
    },
    Endpoint { name: "DELETE /2.0/files/:id", task: Task::Called(Verb::DeleteFile, TokenPlace::Header) },
    Endpoint { name: "GET /2.0/files/:id", task: Task::Called(Verb::GetFile, TokenPlace::Header) },
    Endpoint { name: "POST /2.0/files/:id", task: Task::Called(Verb::RestoreFile, TokenPlace::Header) },
    Endpoint { name: "PUT /2.0/files/:id", task: Task::Called(Verb::UpdateFile, TokenPlace::Header) },
    Endpoint {
        name: "GET /2.0/files/:id/content",
        task: Task::Called(Verb::GetContent, TokenPlace::HeaderOrQuery),
    },
    Endpoint {
        name: "OPTIONS /2.0/files/:id/content",
        task: Task::Called(Verb::PreflightVersion, TokenPlace::Header),
    },
    Endpoint { name: "POST /2.0/files/:id/copy", task: Task::Called(Verb::CopyFile, TokenPlace::Header) },
    Endpoint {
        name: "GET /2.0/files/:id/thumbnail.jpg",
        task: Task::Called(Verb::GetThumbnail(ThumbnailFormat::Jpeg), TokenPlace::Header),
    },
    Endpoint {
        name: "GET /2.0/files/:id/thumbnail.png",
        task: Task::Called(Verb::GetThumbnail(ThumbnailFormat::Png), TokenPlace::Header),
    },
    Endpoint { name: "DELETE /2.0/files/:id/trash", task: Task::Called(Verb::PurgeFile, TokenPlace::Header) },
    Endpoint {
        name: "GET /2.0/files/:id/trash",
        task: Task::Called(Verb::GetTrashedFile, TokenPlace::Header),
    },
    Endpoint {
        name: "GET /2.0/files/:id/versions",
        task: Task::Called(Verb::ListVersions, TokenPlace::Header),
    },
    Endpoint {
        name: "DELETE /2.0/files/:id/versions/:version",
        task: Task::Called(Verb::WithdrawVersion, TokenPlace::Header),
    },
    Endpoint {
        name: "GET /2.0/files/:id/versions/:version",
        task: Task::Called(Verb::GetVersion, TokenPlace::Header),
    },
    Endpoint {
        name: "PUT /2.0/files/:id/versions/:version",
        task: Task::Called(Verb::ReinstateVersion, TokenPlace::Header),
    },
    Endpoint {
        name: "POST /2.0/files/:id/versions/current",
        task: Task::Called(Verb::PromoteVersion, TokenPlace::Header),
    },
    Endpoint {
        name: "OPTIONS /2.0/files/content",
        task: Task::Called(Verb::PreflightNew, TokenPlace::Header),
    },
    Endpoint { name: "POST /2.0/folders", task: Task::Called(Verb::CreateFolder, TokenPlace::Header) },
    Endpoint { name: "DELETE /2.0/folders/:id", task: Task::Called(Verb::DeleteFolder, TokenPlace::Header) },
    Endpoint { name: "GET /2.0/folders/:id", task: Task::Called(Verb::GetFolder, TokenPlace::Header) },
    Endpoint { name: "POST /2.0/folders/:id", task: Task::Called(Verb::RestoreFolder, TokenPlace::Header) },
    Endpoint { name: "PUT /2.0/folders/:id", task: Task::Called(Verb::UpdateFolder, TokenPlace::Header) },
    Endpoint { name: "POST /2.0/folders/:id/copy", task: Task::Called(Verb::CopyFolder, TokenPlace::Header) },
    Endpoint { name: "GET /2.0/folders/:id/items", task: Task::Called(Verb::ListFolder, TokenPlace::Header) },
    Endpoint {
        name: "DELETE /2.0/folders/:id/trash",
        task: Task::Called(Verb::PurgeFolder, TokenPlace::Header),
    },
    Endpoint {
        name: "GET /2.0/folders/:id/trash",
        task: Task::Called(Verb::GetTrashedFolder, TokenPlace::Header),
    },
    Endpoint {
        name: "GET /2.0/folders/trash/items",
        task: Task::Called(Verb::ListTrash, TokenPlace::Header),
    },
    Endpoint { name: "GET /2.0/search", task: Task::Called(Verb::Search, TokenPlace::Header) },
    Endpoint { name: "GET /2.0/shared_items", task: Task::Called(Verb::GetSharedItem, TokenPlace::Header) },
    Endpoint { name: "GET /2.0/users", task: Task::Called(Verb::ListUsers, TokenPlace::Header) },
    Endpoint { name: "GET /2.0/users/:id", task: Task::Called(Verb::GetUser, TokenPlace::Header) },
    Endpoint { name: "GET /2.0/users/:id/avatar", task: Task::Called(Verb::GetAvatar, TokenPlace::Header) },
    Endpoint { name: "GET /2.0/users/me", task: Task::Called(Verb::GetMe, TokenPlace::Header) },
    Endpoint {
        name: "POST /api/2.0/files/:id/content",
        task: Task::Called(Verb::UploadVersion, TokenPlace::Header),
    },
    Endpoint {
        name: "POST /api/2.0/files/:id/upload_sessions",
        task: Task::Called(Verb::BeginVersionSession, TokenPlace::Header),
    },
    Endpoint { name: "POST /api/2.0/files/content", task: Task::Called(Verb::UploadNew, TokenPlace::Header) },
    Endpoint {
        name: "POST /api/2.0/files/upload_sessions",
        task: Task::Called(Verb::BeginSession, TokenPlace::Header),
    },
    Endpoint {
        name: "DELETE /api/2.0/files/upload_sessions/:session",
        task: Task::Called(Verb::AbortSession, TokenPlace::Header),
    },
    Endpoint {
        name: "GET /api/2.0/files/upload_sessions/:session",
        task: Task::Called(Verb::GetSession, TokenPlace::Header),
    },
    Endpoint {
        name: "PUT /api/2.0/files/upload_sessions/:session",
        task: Task::Called(Verb::UploadPart, TokenPlace::Header),
    },
    Endpoint {
        name: "POST /api/2.0/files/upload_sessions/:session/commit",
        task: Task::Called(Verb::CommitSession, TokenPlace::Header),
    },
    Endpoint {
        name: "GET /api/2.0/files/upload_sessions/:session/parts",
        task: Task::Called(Verb::ListParts, TokenPlace::Header),
    },
    Endpoint { name: "GET /d/1/:token/download", task: Task::Open(Open::Download) },
    Endpoint { name: "GET /subscribe", task: Task::Open(Open::Subscribe) },
];

impl Endpoint {
    /// What it is asked with.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.name.split(' ').next().unwrap_or_default()
    }

    /// Whether it reads what others have shared, too, for who names a link in a header. Nothing else may.
    pub(super) fn takes_guests(&self) -> bool {
        let Task::Called(verb, _) = self.task else { return false };
        matches!(
            verb,
            Verb::GetContent | Verb::GetFile | Verb::GetFolder | Verb::GetThumbnail(_) | Verb::ListFolder
        )
    }

    /// Whether its answers tell the links of items. The strictest client takes none with what has been restored.
    pub(super) fn tells_links(&self) -> bool {
        !matches!(self.task, Task::Called(Verb::RestoreFile | Verb::RestoreFolder, _))
    }

    /// Where its requests have a token; nothing if none is needed.
    #[must_use]
    pub fn token(&self) -> Option<TokenPlace> {
        match self.task {
            Task::Called(_, place) => Some(place),
            Task::Open(_) => None,
        }
    }

    fn pattern(&self) -> &'static str {
        self.name.rsplit(' ').next().unwrap_or_default()
    }

    fn takes(&self, method: &Method) -> bool {
        let method = if method == Method::HEAD { Method::GET.as_str() } else { method.as_str() };
        self.method() == method
    }

    fn fit<'a>(&self, path: &'a str) -> Fit<'a> {
        let mut values = Values::default();
        let (mut pattern, mut path) = (segments(self.pattern()), segments(path));
        let (mut count, mut is_formed) = (0, true);
        loop {
            let (word, segment) = match (pattern.next(), path.next()) {
                (Some(word), Some(segment)) => (word, segment),
                (None, None) if is_formed => return Fit::Whole(values),
                (None, None) => return Fit::Malformed,
                (Some(_), None) | (None, Some(_)) => return Fit::None,
            };
            match word.strip_prefix(':') {
                None if word == segment => {}
                None => return Fit::None,
                Some(name) => {
                    is_formed &= !NUMBERS.contains(&name) || is_number(segment);
                    values.0[count] = segment;
                    count += 1;
                }
            }
        }
    }
}

/// The variables of paths that are numbers.
const NUMBERS: [&str; 2] = ["id", "version"];

/// No path has more variables.
const VALUES_MAX: usize = 2;

/// What the variables of a path stand for, raw; empty where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Values<'a>([&'a str; VALUES_MAX]);

impl<'a> Values<'a> {
    /// The variable with this index.
    #[must_use]
    pub fn get(self, index: usize) -> &'a str {
        self.0.get(index).copied().unwrap_or_default()
    }
}

/// How a path fits an endpoint.
enum Fit<'a> {
    None,
    /// But for a variable that is not of the right kind.
    Malformed,
    Whole(Values<'a>),
}

/// A request's endpoint, and what its path says besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'a> {
    /// Which endpoint.
    pub endpoint: &'static Endpoint,
    /// What its variables stand for.
    pub values: Values<'a>,
}

/// Why a request reaches no endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unroutable {
    /// There is no such endpoint.
    Unknown,
    /// Something in the path is no id.
    Malformed,
    /// What is there takes these methods only.
    Method(Vec<Method>),
}

/// Whether a raw path belongs to this protocol.
pub fn is_ours(path: &str) -> bool {
    let mut segments = segments(path);
    match (segments.next(), segments.next()) {
        (Some("2.0"), _) | (Some("api"), Some("2.0")) | (Some("d"), Some("1")) => true,
        (Some("subscribe"), rest) => rest.is_none(),
        _ => false,
    }
}

/// Finds the endpoint that a method and a raw path (without its query) mean.
///
/// # Errors
/// [`Unroutable`].
pub fn route<'a>(method: &Method, path: &'a str) -> Result<Route<'a>, Unroutable> {
    let mut is_malformed = false;
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.takes(method)) {
        match endpoint.fit(path) {
            Fit::Whole(values) => return Ok(Route { endpoint, values }),
            Fit::Malformed => is_malformed = true,
            Fit::None => {}
        }
    }
    match methods(path) {
        methods if !methods.is_empty() => Err(Unroutable::Method(methods)),
        _ if is_malformed => Err(Unroutable::Malformed),
        _ => Err(Unroutable::Unknown),
    }
}

/// What a raw path may be asked with.
pub fn methods(path: &str) -> Vec<Method> {
    let fitting = ENDPOINTS.iter().filter(|endpoint| matches!(endpoint.fit(path), Fit::Whole(_)));
    let mut methods = Vec::new();
    for endpoint in fitting {
        methods.extend(Method::from_bytes(endpoint.method().as_bytes()));
        if endpoint.takes(&Method::HEAD) {
            methods.push(Method::HEAD);
        }
    }
    methods
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// Whether it is one as ids are written.
fn is_number(text: &str) -> bool {
    text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn get(path: &str) -> Result<(&'static str, [&str; VALUES_MAX]), Unroutable> {
        route(&Method::GET, path).map(|route| (route.endpoint.name, route.values.0))
    }

    #[test]
    fn slashes_too_many_do_not_matter() {
        for path in ["/2.0/folders/77", "/2.0/folders/77/", "//2.0///folders/77//"] {
            assert_eq!(get(path), Ok(("GET /2.0/folders/:id", ["77", ""])), "{path}");
        }
        assert_eq!(route(&Method::HEAD, "/2.0/folders/77"), route(&Method::GET, "/2.0/folders/77"));
    }

    #[test]
    fn what_is_no_endpoint_is_none() {
        for path in ["", "/", "/2.0", "/2.0/", "/2/folders/0", "/2.0/Folders/0", "/2.0/folders/0/nothing"] {
            assert_eq!(get(path), Err(Unroutable::Unknown), "{path}");
        }
    }

    #[test]
    fn an_id_is_a_number() {
        for path in
            ["/2.0/folders/abc", "/2.0/folders/-1", "/2.0/folders/%30", "/2.0/folders/123456789012345678901"]
        {
            assert_eq!(get(path), Err(Unroutable::Malformed), "{path}");
        }
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones() {
        let told = Unroutable::Method(vec![Method::GET, Method::HEAD]);
        assert_eq!(route(&Method::POST, "/2.0/users/me"), Err(told.clone()));
        assert_eq!(route(&Method::OPTIONS, "/2.0/users/me/"), Err(told));
        assert!(methods("/2.0/nothing").is_empty());
    }

    #[test]
    fn names_are_unique_and_sorted() {
        let by_path = |endpoint: &'static Endpoint| (endpoint.pattern(), endpoint.method());
        let names: Vec<_> = ENDPOINTS.iter().map(by_path).collect();
        let sorted: Vec<_> = names.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        assert_eq!(names, sorted);
        for endpoint in ENDPOINTS {
            let variables = segments(endpoint.pattern()).filter(|word| word.starts_with(':'));
            assert!(variables.count() <= VALUES_MAX, "{}", endpoint.name);
            assert!(is_ours(endpoint.pattern()), "{}", endpoint.name);
        }
    }

    #[test]
    fn only_its_own_paths_are_ours() {
        for path in [
            "/2.0",
            "/2.0/nothing",
            "//2.0/x",
            "/api/2.0/files/content",
            "/subscribe",
            "/subscribe/",
            "/d/1/x",
        ] {
            assert!(is_ours(path), "{path}");
        }
        for path in [
            "/",
            "/1/files",
            "/2/files",
            "/20/x",
            "/api",
            "/api/2",
            "/api/oauth2/token",
            "/subscribe/x",
            "/d/2",
        ] {
            assert!(!is_ours(path), "{path}");
        }
    }
}
