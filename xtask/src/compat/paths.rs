//! Which endpoint a noted request asks for: each protocol has its own way to say so.

use super::record::Asked;

/// The version, then the endpoint, then perhaps somebody's path.
pub(super) fn dropbox_v1<'a>(_method: &str, path: &str, endpoints: &'a [String]) -> Asked<'a> {
    let segments: Vec<&str> = segments(path).collect();
    let ["0" | "1", inside @ ..] = segments.as_slice() else { return Asked::Elsewhere };
    let inside = inside.join("/");
    let begins =
        |name: &str| inside.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let longest =
        endpoints.iter().map(String::as_str).filter(|name| begins(name)).max_by_key(|name| name.len());
    longest.map_or(Asked::Unknown, Asked::Endpoint)
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_longest_name_of_dropbox_counts() {
        let endpoints = names(&["delta", "delta/latest_cursor", "files"]);
        let find = |path| dropbox_v1("GET", path, &endpoints);
        assert_eq!(find("/1/files/auto/x%20y"), Asked::Endpoint("files"));
        assert_eq!(find("/0//delta/"), Asked::Endpoint("delta"));
        assert_eq!(find("/1/delta/latest_cursor"), Asked::Endpoint("delta/latest_cursor"));
        assert_eq!(find("/1/deltas"), Asked::Unknown);
        assert_eq!(find("/s/abc/x.txt"), Asked::Elsewhere);
        assert_eq!(find("/2.0/files/1"), Asked::Elsewhere);
    }
}
