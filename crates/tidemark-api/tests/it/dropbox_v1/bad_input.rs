//! What every endpoint must refuse, asked of every endpoint in the table.

use crate::world::{Answer, World};
use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use tidemark_api::dropbox_v1::routes::{ENDPOINTS, Endpoint, ParamPlace, Tail};

const FORM: &str = "application/x-www-form-urlencoded";

fn uri(endpoint: &Endpoint, tail: &str) -> String {
    match endpoint.tail {
        Tail::None => format!("/1/{}", endpoint.name),
        Tail::RootAndPath => format!("/1/{}/{tail}", endpoint.name),
        Tail::Id => format!("/1/{}/", endpoint.name),
        Tail::TokenAndName => format!("/1/{}/token/{tail}", endpoint.name),
    }
}

async fn ask(world: &World, method: &Method, uri: &str) -> Answer {
    world.send(world.ask(method.clone(), uri).body(Body::from("x=y")).unwrap()).await
}

fn with_paths() -> impl Iterator<Item = (&'static Endpoint, &'static Method)> {
    let endpoints = ENDPOINTS.iter().filter(|endpoint| endpoint.tail == Tail::RootAndPath);
    endpoints.flat_map(|endpoint| endpoint.methods.iter().map(move |method| (endpoint, method)))
}

/// HEAD has no body to check.
fn is_told(answer: &Answer, method: &Method, status: u16, what: &str) {
    assert_eq!(answer.status.as_u16(), status, "{method} {what}: {}", answer.text());
    if method != Method::HEAD {
        answer.refuses(status);
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let world = World::new().await;
    for endpoint in ENDPOINTS {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            if endpoint.methods.contains(&method) {
                continue;
            }
            let answer = ask(&world, &method, &uri(endpoint, "auto/a")).await;
            is_told(&answer, &method, 405, endpoint.name);
            let allowed: Vec<_> = answer.header("allow").unwrap().split(", ").collect();
            let names: Vec<_> =
                endpoint.methods.iter().chain([&Method::OPTIONS]).map(Method::as_str).collect();
            assert_eq!(allowed, names);
        }
    }
}

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let world = World::new().await;
    for endpoint in ENDPOINTS {
        for method in endpoint.methods {
            for query in ["", "?access_token=", "?access_token=wrong", "?access_token=%F0%9F%8C%8A"] {
                let request = Request::builder().method(method).uri(uri(endpoint, "auto/a") + query);
                let answer = world.send(request.body(Body::from("x=y")).unwrap()).await;
                let status = match endpoint.tail {
                    _ if endpoint.needs_caller => 401,
                    Tail::TokenAndName => 404,
                    _ => 400,
                };
                is_told(&answer, method, status, endpoint.name);
            }
        }
    }
}

#[tokio::test]
async fn bad_paths_are_refused_everywhere() {
    let world = World::new().await;
    for (endpoint, method) in with_paths() {
        for path in [
            "..",
            "a/../b",
            "%2e%2e/etc",
            "..%2F..%2Fetc%2Fpasswd",
            ".",
            "a/./b",
            "a%00b",
            "%00",
            "%FF",
            "%C3",
            "a%",
            "a%2",
            "a%zz",
            "a%5Cb",
            "..%5C..%5Cx",
            "a%0Ab",
            "a%7Fb",
            "trailing%20",
            &"a/".repeat(129),
            &"x".repeat(256),
        ] {
            let uri = uri(endpoint, &format!("auto/{path}"));
            is_told(&ask(&world, method, &uri).await, method, 400, &uri);
        }
    }
}

#[tokio::test]
async fn bad_roots_are_refused_everywhere() {
    let world = World::new().await;
    for (endpoint, method) in with_paths() {
        // Parameters that must be there, so that only the root is at fault.
        let query = match endpoint.name {
            "restore" => "?rev=100000001",
            "save_url" => "?url=http://example.org/",
            "search" => "?query=abc",
            "commit_chunked_upload" => "?upload_id=AAAAAAAAAAAAAAAAAAAAAA",
            _ => "",
        };
        for root in ["", "/", "nowhere/a", "AUTO/a", "auto%2Fa", "..", "%FF/a"] {
            let uri = uri(endpoint, root) + query;
            is_told(&ask(&world, method, &uri).await, method, 400, &uri);
        }
    }
}

#[tokio::test]
async fn bad_parameters_are_refused_by_name() {
    let world = World::new().await;
    world.file("/a", "a").await;
    let long = "9".repeat(30);
    for (method, uri, param) in [
        (Method::GET, "/1/metadata/auto?list=maybe", "list"),
        (Method::GET, "/1/metadata/auto?include_deleted=2", "include_deleted"),
        (Method::GET, "/1/metadata/auto?include_media_info=x", "include_media_info"),
        (Method::GET, "/1/metadata/auto?include_membership=x", "include_membership"),
        (Method::GET, "/1/metadata/auto?file_limit=0", "file_limit"),
        (Method::GET, "/1/metadata/auto?file_limit=-1", "file_limit"),
        (Method::GET, "/1/metadata/auto?file_limit=ten", "file_limit"),
        (Method::GET, &format!("/1/metadata/auto?file_limit={long}"), "file_limit"),
        (Method::GET, "/1/metadata/auto/a?rev=xyz", "rev"),
        (Method::GET, "/1/metadata/auto/a?rev=%FF", "rev"),
        (Method::GET, "/1/files/auto/a?rev=1", "rev"),
        (Method::GET, "/1/thumbnails/auto/a?size=huge", "size"),
        (Method::GET, "/1/thumbnails/auto/a?size=64x64", "size"),
        (Method::GET, "/1/thumbnails/auto/a?format=tiff", "format"),
        (Method::GET, "/1/thumbnails/auto/a?rev=1", "rev"),
        (Method::GET, "/1/previews/auto/a?rev=1", "rev"),
        (Method::PUT, "/1/files_put/auto/b?overwrite=maybe", "overwrite"),
        (Method::PUT, "/1/files_put/auto/b?autorename=maybe", "autorename"),
        (Method::PUT, "/1/files_put/auto/b?parent_rev=maybe", "parent_rev"),
        (Method::PUT, "/1/files_put/auto/desktop.ini", "path"),
        (Method::PUT, "/1/files_put/auto/dir/.DS_Store", "path"),
        (Method::PUT, "/1/files_put/auto/thumbs.db/inside", "path"),
        (Method::PUT, "/1/files_put/auto/", "path"),
        (Method::PUT, "/1/chunked_upload?offset=-1", "offset"),
        (Method::PUT, "/1/chunked_upload?offset=x", "offset"),
        (Method::PUT, "/1/chunked_upload?offset=1", "offset"),
        (Method::POST, "/1/commit_chunked_upload/auto/b", "upload_id"),
        (Method::POST, "/1/commit_chunked_upload/auto/b?upload_id=x", "upload_id"),
        (Method::POST, "/1/delta?path_prefix=/a/../b", "path_prefix"),
        (Method::POST, "/1/delta?path_prefix=a%00b", "path_prefix"),
        (Method::POST, "/1/delta?include_media_info=x", "include_media_info"),
        (Method::POST, "/1/delta/latest_cursor?path_prefix=..", "path_prefix"),
        (Method::POST, "/1/delta?cursor=%FF", "cursor"),
        (Method::POST, "/1/restore/auto/a", "rev"),
        (Method::GET, "/1/revisions/auto/a?rev_limit=0", "rev_limit"),
        (Method::GET, "/1/apps/info", "app_key"),
        (Method::GET, "/1/apps/info?app_key=nobody", "app_key"),
        (Method::GET, "/1/apps/check_developer?app_key=nobody&uid=1", "app_key"),
        (Method::GET, "/1/apps/check_redirect_uri?app_key=nobody&redirect_uri=x", "app_key"),
        (Method::POST, "/1/save_url/auto/b", "url"),
        (Method::POST, "/1/save_url/auto/b?url=", "url"),
        (Method::POST, "/1/save_url/auto/b?url=file:///etc/passwd", "url"),
        (Method::POST, "/1/save_url/auto/b?url=%FF", "url"),
        (Method::POST, "/1/save_url/auto/?url=http://example.org/", "path"),
        (Method::POST, "/1/save_url/auto/desktop.ini?url=http://example.org/", "path"),
        (Method::GET, "/1/shared_folders?include_membership=maybe", "include_membership"),
        (Method::GET, "/1/search/auto", "query"),
        (Method::GET, "/1/search/auto?query=", "query"),
        (Method::GET, "/1/search/auto?query=ab", "query"),
        (Method::GET, "/1/search/auto?query=+ab++", "query"),
        (Method::GET, "/1/search/auto?query=%CC%81%CC%81%CC%81", "query"),
        (Method::GET, "/1/search/auto?query=%FF", "query"),
        (Method::POST, &format!("/1/search/auto?query={}", "ab+".repeat(101)), "query"),
        (Method::POST, &format!("/1/search/auto?query={}", "x".repeat(1001)), "query"),
        (Method::GET, "/1/search/auto?query=abc&file_limit=0", "file_limit"),
        (Method::GET, "/1/search/auto?query=abc&file_limit=-1", "file_limit"),
        (Method::GET, "/1/search/auto?query=abc&include_deleted=x", "include_deleted"),
        (Method::GET, "/1/search/auto?query=abc&include_media_info=x", "include_media_info"),
        (Method::GET, "/1/search/auto?query=abc&include_membership=x", "include_membership"),
        (Method::GET, "/1/shares/auto/a?short_url=maybe", "short_url"),
        (Method::GET, "/1/shares/auto", "path"),
        (Method::POST, "/1/fileops/copy?root=auto&from_path=/a", "to_path"),
        (Method::POST, "/1/fileops/copy?root=auto&to_path=/b", "from_path"),
        (Method::POST, "/1/fileops/copy?root=auto&from_path=/a&to_path=/b%5Cc", "to_path"),
        (Method::POST, "/1/fileops/copy?root=auto&from_path=/..&to_path=/b", "from_path"),
        (Method::POST, "/1/fileops/move?root=auto&to_path=/b", "from_path"),
        (Method::POST, "/1/fileops/move?root=auto&from_path=/a&to_path=/thumbs.db", "to_path"),
        (Method::POST, "/1/fileops/move?root=nowhere&from_path=/a&to_path=/b", "root"),
        (Method::POST, "/1/fileops/create_folder?root=auto", "path"),
        (Method::POST, "/1/fileops/create_folder?root=auto&path=%FF", "path"),
        (Method::POST, "/1/fileops/create_folder?root=auto&path=/a%00", "path"),
        (Method::POST, "/1/fileops/delete?root=auto&path=", "path"),
        (Method::POST, "/1/fileops/delete?root=auto&path=..", "path"),
    ] {
        let answer = ask(&world, &method, uri).await;
        answer.refuses(400);
        assert!(answer.json()["error"][param].is_string(), "{method} {uri}: {}", answer.text());
    }
    assert_eq!(
        world.post("/1/delta", "").await.json()["entries"].as_array().map(Vec::len),
        Some(1),
        "only /a"
    );
}

#[tokio::test]
async fn too_many_and_too_large_parameters_are_refused_everywhere() {
    let world = World::new().await;
    let many = "a=1&".repeat(600);
    let large = format!("a={}", "x".repeat(2 << 20));
    for endpoint in ENDPOINTS {
        for method in endpoint.methods {
            let answer = ask(&world, method, &format!("{}?{many}", uri(endpoint, "auto/a"))).await;
            is_told(&answer, method, 400, endpoint.name);
        }
        if endpoint.params == ParamPlace::QueryAndForm && endpoint.methods.contains(&Method::POST) {
            let answer = world.post(&uri(endpoint, "auto/a"), &large).await;
            answer.refuses(413);
        }
    }
}

#[tokio::test]
async fn what_is_no_form_is_not_read_as_one() {
    let world = World::new().await;
    let request = world.ask(Method::POST, "/1/delta").header(CONTENT_TYPE, "application/json");
    let answer = world.send(request.body(Body::from("{\"cursor\": \"x\"}")).unwrap()).await;
    assert_eq!(answer.json()["reset"], true);
}

#[tokio::test]
async fn unknown_endpoints_and_versions_are_not_found() {
    let world = World::new().await;
    for uri in [
        "/1",
        "/1/",
        "/2/delta",
        "/1/nothing",
        "/1/searches/auto/x",
        "/1/account",
        "/1/delta/x",
        "/1/fileops/burn",
        "/0/token",
    ] {
        for method in [Method::GET, Method::POST, Method::PUT] {
            ask(&world, &method, uri).await.refuses(404);
        }
    }
}

/// Everything of a form is kept in memory, so strangers get little of it, and none once they are known to be strangers.
#[tokio::test]
async fn a_strangers_form_is_small() {
    let world = World::new().await;
    let send = async |token: Option<&str>, form: String| {
        let request = Request::builder().method(Method::POST).uri("/1/delta");
        let request = match token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        };
        let form = Body::from(form);
        world.send(request.header(CONTENT_TYPE, FORM).body(form).unwrap()).await
    };
    let padded = |token: &str, padding: usize| format!("access_token={token}&x={}", "x".repeat(padding));
    assert_eq!(send(None, padded(&world.token, 60_000)).await.status, 200);
    send(None, padded(&world.token, 70_000)).await.refuses(413);
    assert_eq!(send(Some(&world.token), padded("", 1_000_000)).await.status, 200);
    send(Some("nobody's"), padded(&world.token, 1_000_000)).await.refuses(401);
}
