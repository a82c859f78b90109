//! HTTP/1.1 as far as a load generator needs it: requests as bytes, responses parsed as they arrive.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};

/// A response head longer than this is refused.
const HEAD_MAX: usize = 64 * 1024;

/// Builds the head of a request; `length` is the body's and is left out if there is none to announce. The host is
/// `localhost` unless a header names another.
pub(crate) fn head(method: &str, target: &str, headers: &[(&str, &str)], length: Option<usize>) -> Vec<u8> {
    let mut text = format!("{method} {target} HTTP/1.1\r\n");
    if headers.iter().all(|(name, _)| *name != "Host") {
        text.push_str("Host: localhost\r\n");
    }
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if let Some(length) = length {
        let _ = write!(text, "Content-Length: {length}\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// A whole request.
pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let length = if method == "GET" && body.is_empty() { None } else { Some(body.len()) };
    let mut bytes = head(method, target, headers, length);
    bytes.extend_from_slice(body);
    bytes
}

/// Percent-encodes everything but unreserved characters, for query and form values.
pub(crate) fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// How the rest of a body is told.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Framing {
    /// Waiting for the end of the head.
    Head,
    /// So many bytes of the body are to come.
    Length(u64),
    /// Chunked: waiting for the line that tells the next chunk's size.
    ChunkSize,
    /// Chunked: so many bytes of the chunk are to come.
    Chunk(u64),
    /// Chunked: waiting for the end of the line behind a chunk.
    ChunkEnd,
    /// Chunked: the lines after the last chunk, up to an empty one.
    Trailers,
}

/// Parses the responses of one connection, one after the other.
#[derive(Debug)]
pub(crate) struct Parser {
    framing: Framing,
    line: Vec<u8>,
    head: Vec<u8>,
    /// Whether `head` belongs to the last response; the next one then begins anew.
    head_whole: bool,
    status: u16,
    length: u64,
    body: Option<Vec<u8>>,
}

/// What one response was: read it before the next one is fed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) status: u16,
    /// Bytes of body.
    pub(crate) length: u64,
}

impl Parser {
    /// `keep_body` collects bodies for [`Parser::body`]; otherwise they are only counted.
    pub(crate) fn new(keep_body: bool) -> Self {
        let body = keep_body.then(Vec::new);
        Self {
            framing: Framing::Head,
            line: Vec::new(),
            head: Vec::new(),
            head_whole: false,
            status: 0,
            length: 0,
            body,
        }
    }

    /// The body of the response that [`Parser::feed`] told last.
    pub(crate) fn body(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    /// The value of a header of the response that was told last.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// All values of a header that may be there several times.
    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        headers(&self.head, name)
    }

    /// Takes bytes off the wire; a summary once a response is whole. Our requests are never pipelined, so
    /// bytes behind a whole response are an error.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> Result<Option<Summary>> {
        loop {
            let whole = match self.framing {
                Framing::Head => {
                    let Some(rest) = self.feed_head(bytes)? else { return Ok(None) };
                    bytes = rest;
                    self.begin_body()?
                }
                Framing::Length(left) => {
                    let taken = self.take_body(bytes, left);
                    bytes = &bytes[taken..];
                    self.framing = Framing::Length(left - taken as u64);
                    left == taken as u64
                }
                Framing::ChunkSize => {
                    let Some(rest) = self.feed_line(bytes) else { return Ok(None) };
                    bytes = rest;
                    let size = chunk_size(&self.line)?;
                    self.line.clear();
                    self.framing = if size == 0 { Framing::Trailers } else { Framing::Chunk(size) };
                    false
                }
                Framing::Chunk(left) => {
                    let taken = self.take_body(bytes, left);
                    bytes = &bytes[taken..];
                    let left = left - taken as u64;
                    self.framing = if left == 0 { Framing::ChunkEnd } else { Framing::Chunk(left) };
                    false
                }
                Framing::ChunkEnd => {
                    let Some(rest) = self.feed_line(bytes) else { return Ok(None) };
                    bytes = rest;
                    self.line.clear();
                    self.framing = Framing::ChunkSize;
                    false
                }
                Framing::Trailers => {
                    let Some(rest) = self.feed_line(bytes) else { return Ok(None) };
                    bytes = rest;
                    let last = self.line == b"\r\n";
                    self.line.clear();
                    last
                }
            };
            if whole {
                self.framing = Framing::Head;
                if !bytes.is_empty() {
                    bail!("{} bytes follow a response that was whole", bytes.len());
                }
                return Ok(Some(Summary { status: self.status, length: self.length }));
            }
            if bytes.is_empty() {
                return Ok(None);
            }
        }
    }

    /// Collects the head; the bytes behind it once it is whole.
    fn feed_head<'a>(&mut self, bytes: &'a [u8]) -> Result<Option<&'a [u8]>> {
        if self.head_whole {
            self.head.clear();
            self.head_whole = false;
        }
        let before = self.head.len();
        self.head.extend_from_slice(bytes);
        let from = before.saturating_sub(3);
        let Some(at) = find(&self.head[from..], b"\r\n\r\n") else {
            if self.head.len() > HEAD_MAX {
                bail!("the response head is longer than {HEAD_MAX} bytes");
            }
            return Ok(None);
        };
        self.head_whole = true;
        let end = from + at + 4;
        self.head.truncate(end);
        Ok(Some(&bytes[end - before..]))
    }

    /// Reads the head that is whole; whether the response ends with it.
    fn begin_body(&mut self) -> Result<bool> {
        self.status = std::str::from_utf8(self.head.get(9..12).unwrap_or_default())
            .ok()
            .and_then(|digits| digits.parse().ok())
            .context("the response does not begin with a status line")?;
        self.length = 0;
        if let Some(body) = &mut self.body {
            body.clear();
        }
        if self.status == 204 || self.status == 304 {
            return Ok(true);
        }
        if header(&self.head, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
        {
            self.framing = Framing::ChunkSize;
            return Ok(false);
        }
        let length = header(&self.head, "content-length").context("the response tells no length")?;
        let length = length.parse().context("the response's length is not a number")?;
        self.framing = Framing::Length(length);
        Ok(length == 0)
    }

    /// Takes at most `left` bytes of body; how many.
    fn take_body(&mut self, bytes: &[u8], left: u64) -> usize {
        let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.length += taken as u64;
        if let Some(body) = &mut self.body {
            body.extend_from_slice(&bytes[..taken]);
        }
        taken
    }

    /// Collects a line with its end; the bytes behind it once it is whole.
    fn feed_line<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let end = bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        self.line.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
        end.map(|end| &bytes[end..])
    }
}

fn chunk_size(line: &[u8]) -> Result<u64> {
    let digits = std::str::from_utf8(line).unwrap_or_default();
    let digits = digits.split(';').next().unwrap_or_default().trim();
    u64::from_str_radix(digits, 16).context("a chunk's size is not a number")
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Finds a header in a head, names compared without case.
fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    headers(head, name).next()
}

fn headers<'a>(head: &'a [u8], name: &str) -> impl Iterator<Item = &'a str> {
    head.split(|byte| *byte == b'\n').filter_map(move |line| {
        let (found, value) = line.split_at_checked(name.len())?;
        let value = value.strip_prefix(b":")?;
        if !found.eq_ignore_ascii_case(name.as_bytes()) {
            return None;
        }
        std::str::from_utf8(value).ok().map(str::trim)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"a1\"\r\n\r\nhello";
    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: u\r\n\r\n";

    /// Feeds `bytes` in pieces of `size`; the one response they hold.
    fn parse(bytes: &[u8], size: usize) -> (Summary, Vec<u8>) {
        let mut parser = Parser::new(true);
        let mut told = None;
        for piece in bytes.chunks(size) {
            assert_eq!(told, None, "told before the last byte");
            told = parser.feed(piece).unwrap();
        }
        (told.expect("the response is whole"), parser.body().to_vec())
    }

    #[test]
    fn a_response_is_the_same_however_it_is_cut() {
        for bytes in [LENGTH, CHUNKED] {
            for size in 1..=bytes.len() {
                let (summary, body) = parse(bytes, size);
                assert_eq!(
                    (summary, body.as_slice()),
                    (Summary { status: 200, length: 5 }, &b"hello"[..]),
                    "{size}"
                );
            }
        }
    }

    #[test]
    fn a_connection_carries_one_response_after_the_other() {
        let mut parser = Parser::new(false);
        assert_eq!(parser.feed(LENGTH).unwrap(), Some(Summary { status: 200, length: 5 }));
        assert_eq!(parser.header("etag"), Some("\"a1\""));
        let unchanged = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n";
        assert_eq!(parser.feed(unchanged).unwrap(), Some(Summary { status: 304, length: 0 }));
        assert_eq!(parser.header("etag"), None);
        assert_eq!(parser.feed(CHUNKED).unwrap(), Some(Summary { status: 200, length: 5 }));
    }

    #[test]
    fn what_is_no_response_is_refused() {
        assert!(Parser::new(false).feed(b"SSH-2.0-x\r\n\r\n").is_err());
        assert!(Parser::new(false).feed(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        let two = [LENGTH, LENGTH].concat();
        assert!(Parser::new(false).feed(&two).is_err());
        assert!(Parser::new(false).feed(&vec![b'x'; HEAD_MAX + 1]).is_err());
    }

    #[test]
    fn requests_carry_their_length() {
        let put = request("PUT", "/a", &[("X", "y")], b"body");
        assert_eq!(put, b"PUT /a HTTP/1.1\r\nHost: localhost\r\nX: y\r\nContent-Length: 4\r\n\r\nbody");
        assert_eq!(request("GET", "/", &[], b""), b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(encode("a/b +é~"), "a%2Fb%20%2B%C3%A9~");
    }
}
