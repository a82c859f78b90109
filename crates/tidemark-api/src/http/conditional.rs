//! Conditional requests: entity tags, `If-Match`, `If-None-Match` (RFC 9110, sections 8.8.3 and 13).

use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// How many tags of a list are looked at. A client that holds more copies than these gets the whole answer.
const TAGS_MAX: usize = 64;

/// An entity tag: `"opaque"`, or `W/"opaque"` when it is weak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag {
    weak: bool,
    opaque: String,
}

impl ETag {
    /// A strong tag: the same tag means the same bytes. `opaque` is what stands between the quotes; characters that
    /// may not stand there are left out.
    pub fn strong(opaque: impl Into<String>) -> Self {
        let mut opaque = opaque.into();
        opaque.retain(is_tag_char);
        Self { weak: false, opaque }
    }

    /// A weak tag: the same tag means as good as the same.
    pub fn weak(opaque: impl Into<String>) -> Self {
        Self { weak: true, ..Self::strong(opaque) }
    }

    /// What stands between the quotes.
    pub fn opaque(&self) -> &str {
        &self.opaque
    }

    /// Whether the tag is a weak one.
    pub fn is_weak(&self) -> bool {
        self.weak
    }

    /// The value of an `ETag` header.
    pub fn to_header(&self) -> HeaderValue {
        let prefix = if self.weak { "W/" } else { "" };
        HeaderValue::try_from(format!("{prefix}\"{}\"", self.opaque))
            .expect("the constructors keep tag characters only")
    }

    /// Equal, and both strong: what `If-Match` and `If-Range` ask.
    pub fn matches_strongly(&self, other: &Self) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// Equal but for weakness: what `If-None-Match` asks.
    pub fn matches_weakly(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }

    /// Reads one tag from the front of `text` and returns what follows it. Without quotes, as some clients send it,
    /// the tag ends at a comma or a space.
    fn take(text: &str) -> Option<(Self, &str)> {
        let (weak, text) = match text.strip_prefix("W/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (opaque, rest) = match text.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => text.split_at(text.find([',', ' ', '\t', '"']).unwrap_or(text.len())),
        };
        let valid = opaque.chars().all(is_tag_char);
        (valid && !(opaque.is_empty() && rest.len() == text.len()))
            .then(|| (Self { weak, opaque: opaque.to_owned() }, rest))
    }

    /// Reads a header that holds exactly one tag.
    pub fn parse(value: &HeaderValue) -> Option<Self> {
        let (tag, rest) = Self::take(value.to_str().ok()?.trim())?;
        rest.is_empty().then_some(tag)
    }
}

/// The characters of a tag: visible ASCII but the quote. (The RFC also lets bytes beyond ASCII through, which nobody
/// sends and which have no encoding.)
fn is_tag_char(c: char) -> bool {
    c.is_ascii_graphic() && c != '"'
}

/// One `If-Match` or `If-None-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tags {
    /// `*`: whatever is there.
    Any,
    /// A list of tags, without those that can't be read.
    Of(Vec<ETag>),
}

impl Tags {
    /// Collects the header's values, of which there may be several. None when the request has no such header.
    pub fn from_headers(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        if !headers.contains_key(name) {
            return None;
        }
        let mut tags = Vec::new();
        for value in headers.get_all(name) {
            let Ok(mut rest) = value.to_str() else { continue };
            loop {
                rest = rest.trim_start_matches([',', ' ', '\t']);
                if rest.trim_end() == "*" {
                    return Some(Self::Any);
                }
                if rest.is_empty() || tags.len() == TAGS_MAX {
                    break;
                }
                let Some((tag, after)) = ETag::take(rest) else { break };
                tags.push(tag);
                rest = after;
            }
        }
        Some(Self::Of(tags))
    }

    fn holds(&self, current: Option<&ETag>, same: impl Fn(&ETag, &ETag) -> bool) -> bool {
        match (self, current) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::Of(tags), Some(current)) => tags.iter().any(|tag| same(tag, current)),
        }
    }
}

/// What a request's conditions say about the entity as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Do what the request asks.
    Proceed,
    /// 304: the client has this already.
    NotModified,
    /// 412: the entity is not what the client thinks.
    Failed,
}

/// The conditions of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preconditions {
    /// `If-Match`.
    pub if_match: Option<Tags>,
    /// `If-None-Match`.
    pub if_none_match: Option<Tags>,
}

impl Preconditions {
    /// The conditions that a request's headers state.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        Self {
            if_match: Tags::from_headers(headers, &IF_MATCH),
            if_none_match: Tags::from_headers(headers, &IF_NONE_MATCH),
        }
    }

    /// Judges them in the order of RFC 9110, section 13.2.2. `current` is the entity's tag, or none if there is no
    /// entity yet.
    pub fn judge(&self, method: &Method, current: Option<&ETag>) -> Verdict {
        if self.if_match.as_ref().is_some_and(|tags| !tags.holds(current, ETag::matches_strongly)) {
            return Verdict::Failed;
        }
        if self.if_none_match.as_ref().is_some_and(|tags| tags.holds(current, ETag::matches_weakly)) {
            return if *method == Method::GET || *method == Method::HEAD {
                Verdict::NotModified
            } else {
                Verdict::Failed
            };
        }
        Verdict::Proceed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let name = HeaderName::from_static(name);
        values.iter().map(|v| (name.clone(), HeaderValue::from_str(v).unwrap())).collect()
    }

    fn none_match(values: &[&str]) -> Verdict {
        Preconditions::from_headers(&headers("if-none-match", values))
            .judge(&Method::GET, Some(&ETag::strong("1f")))
    }

    #[test]
    fn not_modified_when_any_tag_matches() {
        use Verdict::{NotModified, Proceed};
        assert_eq!(none_match(&[]), Proceed);
        for hit in [
            &["\"1f\""][..],
            &["W/\"1f\""],
            &["1f"],
            &["*"],
            &["\"a\", \"1f\""],
            &["\"a\"", "\"1f\""],
            &["\"a,b\" ,\t\"1f\""],
            &[", ,\"1f\""],
        ] {
            assert_eq!(none_match(hit), NotModified, "{hit:?}");
        }
        for miss in [&["\"1F\""][..], &["\"1\""], &[""], &["\"1f"], &["\"a 1f\""], &["\"\""], &["\"*\""]] {
            assert_eq!(none_match(miss), Proceed, "{miss:?}");
        }
    }

    #[test]
    fn a_list_is_bounded() {
        let long = "\"a\",".repeat(TAGS_MAX) + "\"1f\"";
        assert_eq!(none_match(&[&long]), Verdict::Proceed);
    }

    #[test]
    fn if_match_is_strong_and_comes_first() {
        let judge = |values: &[&str], current: Option<ETag>| {
            Preconditions::from_headers(&headers("if-match", values)).judge(&Method::PUT, current.as_ref())
        };
        assert_eq!(judge(&["\"1\""], Some(ETag::strong("1"))), Verdict::Proceed);
        assert_eq!(judge(&["W/\"1\""], Some(ETag::strong("1"))), Verdict::Failed);
        assert_eq!(judge(&["\"1\""], Some(ETag::weak("1"))), Verdict::Failed);
        assert_eq!(judge(&["*"], Some(ETag::strong("1"))), Verdict::Proceed);
        assert_eq!(judge(&["*"], None), Verdict::Failed);
        let both = Preconditions {
            if_match: Some(Tags::Of(vec![ETag::strong("2")])),
            if_none_match: Some(Tags::Any),
        };
        assert_eq!(both.judge(&Method::GET, Some(&ETag::strong("1"))), Verdict::Failed);
    }

    #[test]
    fn if_none_match_guards_a_creation() {
        let create = Preconditions::from_headers(&headers("if-none-match", &["*"]));
        assert_eq!(create.judge(&Method::PUT, None), Verdict::Proceed);
        assert_eq!(create.judge(&Method::PUT, Some(&ETag::strong("1"))), Verdict::Failed);
    }

    #[test]
    fn a_tag_is_always_a_legal_header() {
        assert_eq!(ETag::strong("a\"b\r\nc é").to_header(), "\"abc\"");
        assert_eq!(ETag::weak("x").to_header(), "W/\"x\"");
    }

    proptest! {
        #[test]
        fn reads_back_what_it_wrote(opaque in "[!#-~]{1,40}", weak: bool) {
            let tag = if weak { ETag::weak(opaque) } else { ETag::strong(opaque) };
            prop_assert_eq!(ETag::parse(&tag.to_header()), Some(tag));
        }

        #[test]
        fn never_panics(text in "[\\x20-\\x7e\t]{0,60}") {
            let map = headers("if-none-match", &[&text]);
            let _ = Preconditions::from_headers(&map).judge(&Method::GET, Some(&ETag::strong("1")));
        }
    }
}
