//! Which endpoint a request means.
//!
//! Paths are matched as they arrive, not decoded: `%2F` belongs to the path of a file, and clients double slashes, end
//! in one, or end in an empty query. See `docs/protocols/dropbox-v1.md`, which has a row for each endpoint (a test
//! compares the two).

use http::Method;

/// One endpoint as the wire has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// What stands behind the version; also the word for it in metrics.
    pub name: &'static str,
    /// What it does.
    pub(super) verb: Verb,
    /// What it may be asked with. Clients disagree, so most take more than one.
    pub methods: &'static [Method],
    /// Where its parameters are.
    pub params: ParamPlace,
    /// What follows its name.
    pub tail: Tail,
    /// Whether somebody must be calling.
    pub needs_caller: bool,
}

/// Where an endpoint's parameters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamPlace {
    /// In the query, in a form, or in both.
    QueryAndForm,
    /// In the query only: the body is a file's bytes, whatever its type says.
    Query,
}

/// What follows an endpoint's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Nothing but slashes.
    None,
    /// A root and a path below it.
    RootAndPath,
    /// One word that names something, or nothing.
    Id,
    /// A word that stands for a file, and what the file is called, which is for people.
    TokenAndName,
}

/// What an endpoint does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    AccountInfo,
    AppInfo,
    CheckDeveloper,
    CheckRedirectUri,
    ChunkedUpload,
    CommitChunkedUpload,
    Copy,
    CopyRef,
    CreateFolder,
    Delete,
    Delta,
    DisableToken,
    Files,
    FilesPut,
    LatestCursor,
    Longpoll,
    Media,
    Metadata,
    Move,
    Previews,
    Restore,
    Revisions,
    SaveUrl,
    SaveUrlJob,
    Search,
    SharedFolders,
    Shares,
    Thumbnails,
    TokenFromOauth1,
    View,
}

const GET: &[Method] = &[Method::GET];
const POST: &[Method] = &[Method::POST];
const GET_HEAD: &[Method] = &[Method::GET, Method::HEAD];
const GET_POST: &[Method] = &[Method::GET, Method::POST];
const GET_HEAD_POST: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
const PUT_POST: &[Method] = &[Method::PUT, Method::POST];

/// Every endpoint, by name.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        name: "account/info",
        verb: Verb::AccountInfo,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        needs_caller: true,
    },
    Endpoint {
        name: "apps/check_developer",
        verb: Verb::CheckDeveloper,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        // Pages ask these before anybody has signed in.
        needs_caller: false,
    },
    Endpoint {
        name: "apps/check_redirect_uri",
        verb: Verb::CheckRedirectUri,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        needs_caller: false,
    },
    Endpoint {
        name: "apps/info",
        verb: Verb::AppInfo,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        needs_caller: false,
    },
    Endpoint {
        name: "chunked_upload",
        verb: Verb::ChunkedUpload,
        methods: PUT_POST,
        params: ParamPlace::Query,
        tail: Tail::None,
        needs_caller: true,
    },
    Endpoint {
        name: "commit_chunked_upload",
        verb: Verb::CommitChunkedUpload,
        methods: POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::RootAndPath,
        needs_caller: true,
    },
    Endpoint {
        name: "copy_ref",
        verb: Verb::CopyRef,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::RootAndPath,
        needs_caller: true,
    },
    Endpoint {
        name: "delta",
        verb: Verb::Delta,
        methods: POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        needs_caller: true,
    },
    Endpoint {
        name: "delta/latest_cursor",
        verb: Verb::LatestCursor,
        methods: POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        needs_caller: true,
    },
    Endpoint {
        name: "disable_access_token",
        verb: Verb::DisableToken,
        methods: POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        needs_caller: true,
    },
    Endpoint {
        name: "fileops/copy",
        verb: Verb::Copy,
        // One client asks for copies of references with GET.
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        needs_caller: true,
    },
    Endpoint {
        name: "fileops/create_folder",
        verb: Verb::CreateFolder,
        methods: POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        needs_caller: true,
    },
    Endpoint {
        name: "fileops/delete",
        verb: Verb::Delete,
        methods: POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        needs_caller: true,
    },
    Endpoint {
        name: "fileops/move",
        verb: Verb::Move,
        methods: POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        needs_caller: true,
    },
    Endpoint {
        name: "files",
        verb: Verb::Files,
        methods: GET_HEAD_POST,
        // A multipart upload has fields of its own, which its handler reads.
        params: ParamPlace::Query,
        tail: Tail::RootAndPath,
        needs_caller: true,
    },
    Endpoint {
        name: "files_put",
        verb: Verb::FilesPut,
        methods: PUT_POST,
        params: ParamPlace::Query,
        tail: Tail::RootAndPath,
        needs_caller: true,
    },
    Endpoint {
        name: "longpoll_delta",
        verb: Verb::Longpoll,
        methods: GET,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        // The cursor is the credential.
        needs_caller: false,
    },
    Endpoint {
        name: "media",
        verb: Verb::Media,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::RootAndPath,
        needs_caller: true,
    },
    Endpoint {
        name: "metadata",
        verb: Verb::Metadata,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::RootAndPath,
        needs_caller: true,
    },
    Endpoint {
        name: "oauth2/token_from_oauth1",
        verb: Verb::TokenFromOauth1,
        methods: POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        needs_caller: true,
    },
    Endpoint {
        name: "previews",
        verb: Verb::Previews,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::RootAndPath,
        needs_caller: true,
    },
    Endpoint {
        name: "restore",
        verb: Verb::Restore,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::RootAndPath,
        needs_caller: true,
    },
    Endpoint {
        name: "revisions",
        verb: Verb::Revisions,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::RootAndPath,
        needs_caller: true,
    },
    Endpoint {
        name: "save_url",
        verb: Verb::SaveUrl,
        methods: POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::RootAndPath,
        needs_caller: true,
    },
    Endpoint {
        name: "save_url_job",
        verb: Verb::SaveUrlJob,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::Id,
        needs_caller: true,
    },
    Endpoint {
        name: "search",
        verb: Verb::Search,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::RootAndPath,
        needs_caller: true,
    },
    Endpoint {
        name: "shared_folders",
        verb: Verb::SharedFolders,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::Id,
        needs_caller: true,
    },
    Endpoint {
        name: "shares",
        verb: Verb::Shares,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::RootAndPath,
        needs_caller: true,
    },
    Endpoint {
        name: "thumbnails",
        verb: Verb::Thumbnails,
        methods: GET_POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::RootAndPath,
        needs_caller: true,
    },
    Endpoint {
        name: "unlink_access_token",
        verb: Verb::DisableToken,
        methods: POST,
        params: ParamPlace::QueryAndForm,
        tail: Tail::None,
        needs_caller: true,
    },
    Endpoint {
        name: "view",
        verb: Verb::View,
        methods: GET_HEAD,
        params: ParamPlace::QueryAndForm,
        tail: Tail::TokenAndName,
        // The token is the credential: pages of other sites point here.
        needs_caller: false,
    },
];

/// A request's endpoint, and what of the path is left for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'a> {
    /// Which endpoint.
    pub endpoint: &'static Endpoint,
    /// The root's word, or the token in its place, raw; empty if it is missing or the endpoint has none.
    pub root: &'a str,
    /// The path below the root, or the word that names something; raw, without slashes around it.
    pub path: &'a str,
}

/// Why a request reaches no endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unroutable {
    /// There is no such version, or no such endpoint in it.
    Unknown,
    /// The endpoint takes these methods only.
    Method(&'static [Method]),
}

/// Whether a raw path belongs to this protocol: `/1/...`, or `/0/...` of its predecessor, whose endpoints are the same.
pub fn is_ours(path: &str) -> bool {
    split_segment(path).is_some_and(|(version, _)| matches!(version, "0" | "1"))
}

/// Finds the endpoint that a method and a raw path (without its query) mean.
///
/// # Errors
/// [`Unroutable`].
pub fn route<'a>(method: &Method, path: &'a str) -> Result<Route<'a>, Unroutable> {
    let route = find(path).ok_or(Unroutable::Unknown)?;
    if route.endpoint.methods.contains(method) {
        Ok(route)
    } else {
        Err(Unroutable::Method(route.endpoint.methods))
    }
}

fn find(path: &str) -> Option<Route<'_>> {
    let (_, rest) = split_segment(path).filter(|(version, _)| matches!(*version, "0" | "1"))?;
    let (first, rest) = split_segment(rest)?;
    // A name of two words goes before a name of one: `delta/latest_cursor` is not `delta` with a tail.
    let longer = split_segment(rest).and_then(|(second, rest)| {
        let is_named = |endpoint: &&Endpoint| endpoint.name.split_once('/') == Some((first, second));
        ENDPOINTS.iter().find(is_named).map(|endpoint| (endpoint, rest))
    });
    let shorter =
        || ENDPOINTS.iter().find(|endpoint| endpoint.name == first).map(|endpoint| (endpoint, rest));
    let (endpoint, rest) = longer.or_else(shorter)?;
    match endpoint.tail {
        Tail::None if rest.trim_matches('/').is_empty() => Some(Route { endpoint, root: "", path: "" }),
        Tail::None => None,
        Tail::Id => {
            let id = rest.trim_matches('/');
            (!id.contains('/')).then_some(Route { endpoint, root: "", path: id })
        }
        Tail::RootAndPath | Tail::TokenAndName => {
            let (root, path) = split_segment(rest).unwrap_or_default();
            Some(Route { endpoint, root, path: path.trim_matches('/') })
        }
    }
}

/// The first segment of a path that is not empty, and what follows it.
fn split_segment(path: &str) -> Option<(&str, &str)> {
    let path = path.trim_start_matches('/');
    let end = path.find('/').unwrap_or(path.len());
    (end > 0).then(|| path.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn get(path: &str) -> Option<(&'static str, &str, &str)> {
        find(path).map(|route| (route.endpoint.name, route.root, route.path))
    }

    #[test]
    fn clients_spell_the_same_thing_differently() {
        for (path, expected) in [
            ("/1/metadata/auto", ("metadata", "auto", "")),
            ("/1/metadata/auto/", ("metadata", "auto", "")),
            ("/1/metadata/sandbox/%2F", ("metadata", "sandbox", "%2F")),
            ("/1/metadata/sandbox/%2Fa%20b%2Fc", ("metadata", "sandbox", "%2Fa%20b%2Fc")),
            ("/1/commit_chunked_upload//auto/x", ("commit_chunked_upload", "auto", "x")),
            ("//1//files///auto//a//b//", ("files", "auto", "a//b")),
            ("/0/files/dropbox/a+b%25.txt", ("files", "dropbox", "a+b%25.txt")),
            ("/1/fileops/copy/", ("fileops/copy", "", "")),
            ("/1/delta/", ("delta", "", "")),
            ("/1/delta/latest_cursor", ("delta/latest_cursor", "", "")),
            ("/1/delta//latest_cursor//", ("delta/latest_cursor", "", "")),
            ("/1/files", ("files", "", "")),
            ("/1/files/", ("files", "", "")),
            // A folder called like a word of ours is a folder.
            ("/1/files/auto/1/files/auto", ("files", "auto", "1/files/auto")),
        ] {
            assert_eq!(get(path), Some(expected), "{path}");
        }
    }

    #[test]
    fn what_is_no_endpoint_is_none() {
        for path in [
            "",
            "/",
            "/1",
            "/1/",
            "/2/delta",
            "/01/delta",
            "/1x/delta",
            "/1/Delta",
            "/1/nothing",
            "/1/fileops",
            "/1/fileops/",
            "/1/fileops/permanently_delete",
            "/1/account",
            "/1/delta/x",
            "/1/delta/latest_cursor/x",
            "/1/account%2Finfo",
            "/1/files_put%2Fauto/x",
            "/0/token",
            "delta",
        ] {
            assert_eq!(get(path), None, "{path}");
        }
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones() {
        assert_eq!(route(&Method::GET, "/1/delta"), Err(Unroutable::Method(POST)));
        assert_eq!(route(&Method::DELETE, "/1/files/auto/x"), Err(Unroutable::Method(GET_HEAD_POST)));
        assert!(route(&Method::PUT, "/1/files_put/auto/x").is_ok());
    }

    #[test]
    fn names_are_unique_and_sorted() {
        let names: Vec<_> = ENDPOINTS.iter().map(|endpoint| endpoint.name).collect();
        let sorted: Vec<_> = names.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        assert_eq!(names, sorted);
    }

    #[test]
    fn only_the_versions_are_ours() {
        assert!(is_ours("/1/nothing") && is_ours("/0/delta") && is_ours("//1"));
        assert!(!is_ours("/") && !is_ours("/2/files") && !is_ours("/10/files"));
    }
}
