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
    /// What it does.
    pub(super) verb: Verb,
    /// How it is known who calls.
    pub caller: CallerPlace,
}

/// Where a request says who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerPlace {
    /// A token in the header.
    Header,
    /// A token in the header or in the query, for addresses that are opened by something else.
    HeaderOrQuery,
    /// Nowhere: the address is the credential.
    Nowhere,
}

/// What an endpoint does.
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
    Download,
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
    Subscribe,
    UpdateFile,
    UpdateFolder,
    UploadNew,
    UploadPart,
    UploadVersion,
    WithdrawVersion,
}

/// Every endpoint, by path and method.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint { name: "GET /2.0/collections", verb: Verb::GetCollections, caller: CallerPlace::Header },
    Endpoint { name: "GET /2.0/events", verb: Verb::GetEvents, caller: CallerPlace::Header },
    Endpoint { name: "OPTIONS /2.0/events", verb: Verb::GetRealtimeServers, caller: CallerPlace::Header },
    Endpoint { name: "DELETE /2.0/files/:id", verb: Verb::DeleteFile, caller: CallerPlace::Header },
    Endpoint { name: "GET /2.0/files/:id", verb: Verb::GetFile, caller: CallerPlace::Header },
    Endpoint { name: "POST /2.0/files/:id", verb: Verb::RestoreFile, caller: CallerPlace::Header },
    Endpoint { name: "PUT /2.0/files/:id", verb: Verb::UpdateFile, caller: CallerPlace::Header },
    Endpoint {
        name: "GET /2.0/files/:id/content",
        verb: Verb::GetContent,
        caller: CallerPlace::HeaderOrQuery,
    },
    Endpoint {
        name: "OPTIONS /2.0/files/:id/content",
        verb: Verb::PreflightVersion,
        caller: CallerPlace::Header,
    },
    Endpoint { name: "POST /2.0/files/:id/copy", verb: Verb::CopyFile, caller: CallerPlace::Header },
    Endpoint {
        name: "GET /2.0/files/:id/thumbnail.jpg",
        verb: Verb::GetThumbnail(ThumbnailFormat::Jpeg),
        caller: CallerPlace::Header,
    },
    Endpoint {
        name: "GET /2.0/files/:id/thumbnail.png",
        verb: Verb::GetThumbnail(ThumbnailFormat::Png),
        caller: CallerPlace::Header,
    },
    Endpoint { name: "DELETE /2.0/files/:id/trash", verb: Verb::PurgeFile, caller: CallerPlace::Header },
    Endpoint { name: "GET /2.0/files/:id/trash", verb: Verb::GetTrashedFile, caller: CallerPlace::Header },
    Endpoint { name: "GET /2.0/files/:id/versions", verb: Verb::ListVersions, caller: CallerPlace::Header },
    Endpoint {
        name: "DELETE /2.0/files/:id/versions/:version",
        verb: Verb::WithdrawVersion,
        caller: CallerPlace::Header,
    },
    Endpoint {
        name: "GET /2.0/files/:id/versions/:version",
        verb: Verb::GetVersion,
        caller: CallerPlace::Header,
    },
    Endpoint {
        name: "PUT /2.0/files/:id/versions/:version",
        verb: Verb::ReinstateVersion,
        caller: CallerPlace::Header,
    },
    Endpoint {
        name: "POST /2.0/files/:id/versions/current",
        verb: Verb::PromoteVersion,
        caller: CallerPlace::Header,
    },
    Endpoint { name: "OPTIONS /2.0/files/content", verb: Verb::PreflightNew, caller: CallerPlace::Header },
    Endpoint { name: "POST /2.0/folders", verb: Verb::CreateFolder, caller: CallerPlace::Header },
    Endpoint { name: "DELETE /2.0/folders/:id", verb: Verb::DeleteFolder, caller: CallerPlace::Header },
    Endpoint { name: "GET /2.0/folders/:id", verb: Verb::GetFolder, caller: CallerPlace::Header },
    Endpoint { name: "POST /2.0/folders/:id", verb: Verb::RestoreFolder, caller: CallerPlace::Header },
    Endpoint { name: "PUT /2.0/folders/:id", verb: Verb::UpdateFolder, caller: CallerPlace::Header },
    Endpoint { name: "POST /2.0/folders/:id/copy", verb: Verb::CopyFolder, caller: CallerPlace::Header },
    Endpoint { name: "GET /2.0/folders/:id/items", verb: Verb::ListFolder, caller: CallerPlace::Header },
    Endpoint { name: "DELETE /2.0/folders/:id/trash", verb: Verb::PurgeFolder, caller: CallerPlace::Header },
    Endpoint {
        name: "GET /2.0/folders/:id/trash",
        verb: Verb::GetTrashedFolder,
        caller: CallerPlace::Header,
    },
    Endpoint { name: "GET /2.0/folders/trash/items", verb: Verb::ListTrash, caller: CallerPlace::Header },
    Endpoint { name: "GET /2.0/search", verb: Verb::Search, caller: CallerPlace::Header },
    Endpoint { name: "GET /2.0/shared_items", verb: Verb::GetSharedItem, caller: CallerPlace::Header },
    Endpoint { name: "GET /2.0/users", verb: Verb::ListUsers, caller: CallerPlace::Header },
    Endpoint { name: "GET /2.0/users/:id", verb: Verb::GetUser, caller: CallerPlace::Header },
    Endpoint { name: "GET /2.0/users/:id/avatar", verb: Verb::GetAvatar, caller: CallerPlace::Header },
    Endpoint { name: "GET /2.0/users/me", verb: Verb::GetMe, caller: CallerPlace::Header },
    Endpoint {
        name: "POST /api/2.0/files/:id/content",
        verb: Verb::UploadVersion,
        caller: CallerPlace::Header,
    },
    Endpoint {
        name: "POST /api/2.0/files/:id/upload_sessions",
        verb: Verb::BeginVersionSession,
        caller: CallerPlace::Header,
    },
    Endpoint { name: "POST /api/2.0/files/content", verb: Verb::UploadNew, caller: CallerPlace::Header },
    Endpoint {
        name: "POST /api/2.0/files/upload_sessions",
        verb: Verb::BeginSession,
        caller: CallerPlace::Header,
    },
    Endpoint {
        name: "DELETE /api/2.0/files/upload_sessions/:session",
        verb: Verb::AbortSession,
        caller: CallerPlace::Header,
    },
    Endpoint {
        name: "GET /api/2.0/files/upload_sessions/:session",
        verb: Verb::GetSession,
        caller: CallerPlace::Header,
    },
    Endpoint {
        name: "PUT /api/2.0/files/upload_sessions/:session",
        verb: Verb::UploadPart,
        caller: CallerPlace::Header,
    },
    Endpoint {
        name: "POST /api/2.0/files/upload_sessions/:session/commit",
        verb: Verb::CommitSession,
        caller: CallerPlace::Header,
    },
    Endpoint {
        name: "GET /api/2.0/files/upload_sessions/:session/parts",
        verb: Verb::ListParts,
        caller: CallerPlace::Header,
    },
    Endpoint { name: "GET /d/1/:token/download", verb: Verb::Download, caller: CallerPlace::Nowhere },
    Endpoint { name: "GET /subscribe", verb: Verb::Subscribe, caller: CallerPlace::Nowhere },
];

impl Endpoint {
    /// What it is asked with.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.name.split(' ').next().unwrap_or_default()
    }

    /// Whether it reads what others have shared, too, for who names a link in a header. Nothing else may.
    pub(super) fn takes_guests(&self) -> bool {
        matches!(
            self.verb,
            Verb::GetContent | Verb::GetFile | Verb::GetFolder | Verb::GetThumbnail(_) | Verb::ListFolder
        )
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
