//! As much HTTP as tests of real processes need: one kept connection, bodies of known length, JSON answers.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A server that is silent for so long hangs.
const SILENCE_MAX: Duration = Duration::from_secs(60);
const HEADERS_MAX: usize = 100;

/// A connection to the server on this machine.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

/// An answer, its body read.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// What is asked.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    /// Path and query, encoded.
    pub(crate) target: &'a str,
    pub(crate) token: &'a str,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

impl Connection {
    pub(crate) fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE_MAX))?;
        stream.set_write_timeout(Some(SILENCE_MAX))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a request and reads the answer.
    pub(crate) fn send(&mut self, request: &Request<'_>) -> io::Result<Answer> {
        let Request { method, target, token, content_type, body } = request;
        let mut head =
            format!("{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n");
        if let Some(kind) = content_type {
            let _ = write!(head, "Content-Type: {kind}\r\n");
        }
        let _ = write!(head, "Content-Length: {}\r\n\r\n", body.len());
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        self.answer()
    }

    pub(crate) fn get(&mut self, token: &str, target: &str) -> io::Result<Answer> {
        self.send(&Request { method: "GET", target, token, content_type: None, body: &[] })
    }

    pub(crate) fn post(&mut self, token: &str, target: &str, form: &[(&str, &str)]) -> io::Result<Answer> {
        let body = query(form);
        let content_type = Some("application/x-www-form-urlencoded");
        self.send(&Request { method: "POST", target, token, content_type, body: body.as_bytes() })
    }

    pub(crate) fn put(&mut self, token: &str, target: &str, body: &[u8]) -> io::Result<Answer> {
        self.send(&Request { method: "PUT", target, token, content_type: None, body })
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let status_line = self.line()?;
        let status = status_line.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status = status.ok_or_else(|| broken(&format!("no status in {status_line:?}")))?;
        let mut length = None;
        for _ in 0..HEADERS_MAX {
            let line = self.line()?;
            if line.is_empty() {
                let length = length.ok_or_else(|| broken("an answer without a length"))?;
                let mut body = vec![0; length];
                self.stream.read_exact(&mut body)?;
                return Ok(Answer { status, body });
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok();
            }
        }
        Err(broken("too many headers"))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// A form, or the part of a URL behind the question mark.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", encode(value, ""))).collect();
    pairs.join("&")
}

/// A path as it stands in a URL.
pub(crate) fn path(text: &str) -> String {
    encode(text, "/")
}

fn encode(text: &str, keep: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        let letter = char::from(byte);
        if letter.is_ascii_alphanumeric() || "-_.~".contains(letter) || keep.contains(letter) {
            encoded.push(letter);
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn encodes() {
        assert_eq!(path("/a b/é+%.txt"), "/a%20b/%C3%A9%2B%25.txt");
        assert_eq!(query(&[("from_path", "/a b"), ("root", "auto")]), "from_path=%2Fa%20b&root=auto");
    }

    #[test]
    fn reads_answers_one_after_another() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 1];
            stream.read_exact(&mut asked).unwrap();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{\"a\":1}HTTP/1.1 404 No\r\nContent-Length:0\r\n\r\n")
                .unwrap();
            stream
        });
        let mut connection = Connection::open(port).unwrap();
        let first = connection.get("t", "/1/x").unwrap();
        assert_eq!((first.status, first.json()["a"].as_u64()), (200, Some(1)));
        assert_eq!(connection.post("t", "/1/y", &[("a", "b")]).unwrap().status, 404);
        drop(server.join().unwrap());
        assert!(connection.get("t", "/1/z").is_err());
    }
}
