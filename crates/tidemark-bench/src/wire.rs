//! The requests that are measured, as bytes: of the Core API v1, but where it says so.

use crate::http::{encode, head, request};

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// `PUT /1/files_put`; paths here are plain ASCII and need no encoding.
pub(crate) fn upload(token: &str, path: &str, body: &[u8]) -> Vec<u8> {
    request("PUT", &files_put(path), &[("Authorization", &bearer(token))], body)
}

/// The head alone, for a body that is sent in pieces.
pub(crate) fn upload_head(token: &str, path: &str, length: usize) -> Vec<u8> {
    head("PUT", &files_put(path), &[("Authorization", &bearer(token))], Some(length))
}

/// Target of an upload.
pub(crate) fn files_put(path: &str) -> String {
    format!("/1/files_put/auto{path}")
}

/// The head of `PUT /1/chunked_upload`; without an id it begins an upload.
pub(crate) fn chunk_head(token: &str, id: Option<&str>, offset: u64, length: usize) -> Vec<u8> {
    let query = id.map_or_else(String::new, |id| format!("?upload_id={}&offset={offset}", encode(id)));
    head("PUT", &format!("/1/chunked_upload{query}"), &[("Authorization", &bearer(token))], Some(length))
}

/// `POST /1/commit_chunked_upload`.
pub(crate) fn commit(token: &str, path: &str, id: &str) -> Vec<u8> {
    form(token, &format!("/1/commit_chunked_upload/auto{path}"), &[("upload_id", id)])
}

/// `GET /1/files`, with the ETag of a copy if there is one.
pub(crate) fn download(token: &str, path: &str, etag: Option<&str>) -> Vec<u8> {
    let bearer = bearer(token);
    let mut headers = vec![("Authorization", bearer.as_str())];
    headers.extend(etag.map(|etag| ("If-None-Match", etag)));
    request("GET", &format!("/1/files/auto{path}"), &headers, b"")
}

/// `GET /1/metadata` with the listing, or with the hash of a listing.
pub(crate) fn metadata(token: &str, path: &str, hash: Option<&str>) -> Vec<u8> {
    let hash = hash.map_or_else(String::new, |hash| format!("&hash={hash}"));
    let target = format!("/1/metadata/auto{path}?list=true&file_limit=25000{hash}");
    request("GET", &target, &[("Authorization", &bearer(token))], b"")
}

/// `GET /1/metadata` with a page of the listing, of so many entries after a name, as the web page asks for it.
pub(crate) fn listing_after(token: &str, path: &str, after: &str, limit: usize) -> Vec<u8> {
    let target = format!("/1/metadata/auto{path}?file_limit={limit}&list_after={}", encode(after));
    request("GET", &target, &[("Authorization", &bearer(token))], b"")
}

/// `POST /1/delta`; without a cursor it begins the listing.
pub(crate) fn delta(token: &str, cursor: Option<&str>) -> Vec<u8> {
    let fields: Vec<_> = cursor.map(|cursor| ("cursor", cursor)).into_iter().collect();
    form(token, "/1/delta", &fields)
}

/// `POST /1/delta/latest_cursor`.
pub(crate) fn latest_cursor(token: &str) -> Vec<u8> {
    form(token, "/1/delta/latest_cursor", &[])
}

/// `GET /1/longpoll_delta`, as long as the protocol lets it wait.
pub(crate) fn longpoll(cursor: &str) -> Vec<u8> {
    request("GET", &format!("/1/longpoll_delta?cursor={}&timeout=480", encode(cursor)), &[], b"")
}

/// `POST /1/fileops/...`.
pub(crate) fn fileop(token: &str, verb: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let fields = [&[("root", "auto")], fields].concat();
    form(token, &format!("/1/fileops/{verb}"), &fields)
}

/// `POST /1/search/auto/<path>`.
pub(crate) fn search(token: &str, path: &str, query: &str) -> Vec<u8> {
    form(token, &format!("/1/search/auto{path}"), &[("query", query)])
}

fn form(token: &str, target: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let body =
        fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&");
    let headers =
        [("Authorization", bearer(token)), ("Content-Type", "application/x-www-form-urlencoded".to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    request("POST", target, &headers, body.as_bytes())
}

/// `GET /2.0/events` of Box's protocol.
pub(crate) fn events(token: &str, position: &str) -> Vec<u8> {
    let target = format!("/2.0/events?stream_position={position}");
    request("GET", &target, &[("Authorization", &bearer(token))], b"")
}

/// `OPTIONS /2.0/events`: where to wait.
pub(crate) fn realtime_servers(token: &str) -> Vec<u8> {
    request("OPTIONS", "/2.0/events", &[("Authorization", &bearer(token))], b"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn requests_are_spelled_as_the_protocol_has_them() {
        assert!(text(&upload("t", "/a/b", b"x")).starts_with("PUT /1/files_put/auto/a/b HTTP/1.1\r\n"));
        assert!(
            text(&chunk_head("t", Some("i/d"), 7, 9)).contains("/1/chunked_upload?upload_id=i%2Fd&offset=7 ")
        );
        assert!(text(&chunk_head("t", None, 0, 9)).contains("PUT /1/chunked_upload HTTP"));
        assert!(text(&delta("t", Some("a=b"))).ends_with("\r\n\r\ncursor=a%3Db"));
        assert!(text(&delta("t", None)).contains("Content-Length: 0\r\n"));
        assert!(text(&longpoll("c")).starts_with("GET /1/longpoll_delta?cursor=c&timeout=480 HTTP/1.1\r\n"));
        assert!(text(&longpoll("c")).find("Authorization").is_none(), "the cursor is the credential");
        let moved = text(&fileop("t", "move", &[("from_path", "/a"), ("to_path", "/b")]));
        assert!(moved.ends_with("root=auto&from_path=%2Fa&to_path=%2Fb"), "{moved}");
        assert!(text(&events("t", "now")).starts_with("GET /2.0/events?stream_position=now HTTP/1.1\r\n"));
        assert!(text(&realtime_servers("t")).starts_with("OPTIONS /2.0/events HTTP/1.1\r\n"));
        assert!(text(&download("t", "/a", Some("\"r\""))).contains("If-None-Match: \"r\"\r\n"));
    }
}
