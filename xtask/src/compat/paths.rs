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

/// A method and a path, in which words with a colon stand for what varies.
pub(super) fn box_events<'a>(method: &str, path: &str, endpoints: &'a [String]) -> Asked<'a> {
    let mut first = segments(path);
    match (first.next(), first.next()) {
        (Some("2.0" | "subscribe" | "oauth2"), _) | (Some("api"), Some("2.0" | "oauth2")) => {}
        (Some("d"), Some("1")) => {}
        _ => return Asked::Elsewhere,
    }
    let fits = |name: &str| {
        let Some((its_method, pattern)) = name.split_once(' ') else { return false };
        let fits_word = |(word, segment): (&str, &str)| word.starts_with(':') || word == segment;
        its_method == method
            && segments(pattern).count() == segments(path).count()
            && segments(pattern).zip(segments(path)).all(fits_word)
    };
    let variables = |name: &str| segments(name).filter(|word| word.starts_with(':')).count();
    let closest =
        endpoints.iter().map(String::as_str).filter(|name| fits(name)).min_by_key(|name| variables(name));
    closest.map_or(Asked::Unknown, Asked::Endpoint)
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

    #[test]
    fn words_of_box_count_before_variables() {
        let endpoints = names(&[
            "GET /2.0/folders/:id",
            "GET /2.0/folders/:id/items",
            "GET /2.0/folders/trash/items",
            "POST /2.0/folders/:id",
            "POST /oauth2/token",
            "GET /d/1/:token/download",
        ]);
        let find = |method, path| box_events(method, path, &endpoints);
        assert_eq!(find("GET", "/2.0/folders/77/"), Asked::Endpoint("GET /2.0/folders/:id"));
        assert_eq!(find("GET", "/2.0/folders/77/items"), Asked::Endpoint("GET /2.0/folders/:id/items"));
        assert_eq!(find("GET", "/2.0/folders/trash/items"), Asked::Endpoint("GET /2.0/folders/trash/items"));
        assert_eq!(find("POST", "/2.0/folders/77"), Asked::Endpoint("POST /2.0/folders/:id"));
        assert_eq!(find("POST", "/oauth2/token"), Asked::Endpoint("POST /oauth2/token"));
        assert_eq!(find("GET", "/d/1/abc/download"), Asked::Endpoint("GET /d/1/:token/download"));
        assert_eq!(find("PUT", "/2.0/folders/77"), Asked::Unknown);
        assert_eq!(find("GET", "/1/files/auto/x"), Asked::Elsewhere);
        assert_eq!(find("POST", "/api/oauth2/token"), Asked::Unknown);
    }
}
