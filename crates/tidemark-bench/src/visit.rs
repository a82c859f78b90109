//! Somebody at pages, as far as signing in and allowing an app needs one: forms and cookies, no scripts.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};

use crate::client::Client;
use crate::http::{self, encode};
use crate::server::Person;

/// Pages that lead to others may do so this often.
const STEPS_MAX: usize = 10;

/// Somebody's browser. Each program has cookies of its own, whatever browsers do: ours have different names.
#[derive(Default)]
pub(crate) struct Visit {
    cookies: BTreeMap<(SocketAddr, String), String>,
}

/// Where they are, and what is there.
struct Page {
    at: SocketAddr,
    status: u16,
    location: Option<String>,
    body: String,
}

impl Visit {
    /// Begins at an address that leads to a sign-in form, signs in there and allows whatever is asked, until a page asks for
    /// nothing more.
    pub(crate) fn allow(&mut self, at: SocketAddr, target: &str, person: &Person) -> Result<()> {
        let mut page = self.send(at, "GET", target, "")?;
        for _ in 0..STEPS_MAX {
            page = match (page.status, &page.location) {
                (302 | 303, Some(location)) => {
                    let (at, target) = resolve(page.at, location)?;
                    self.send(at, "GET", &target, "")?
                }
                (200, _) if page.body.contains("name=\"password\"") => {
                    let fields = [("email", &*person.email), ("password", &*person.password)];
                    self.submit(&page, &fields)?
                }
                (200, _) if page.body.contains("name=\"decision\"") => {
                    self.submit(&page, &[("decision", "allow")])?
                }
                (200, _) => return Ok(()),
                (status, _) => bail!("a page on the way was answered with {status}"),
            };
        }
        bail!("pages lead on without end")
    }

    /// A cookie that a program has set.
    pub(crate) fn cookie(&self, of: SocketAddr, name: &str) -> Option<&str> {
        self.cookies.get(&(of, name.to_owned())).map(String::as_str)
    }

    /// Sends a page's form with these fields, and those that it has already.
    fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Result<Page> {
        let form = page.body.split_once("<form method=\"post\"").context("there is no form")?.1;
        let form = form.split_once("</form>").map_or(form, |(form, _)| form);
        let action = attribute(form, "action=\"").context("the form leads nowhere")?;
        let mut all: Vec<(String, String)> = Vec::new();
        for input in form.split("<input type=\"hidden\" name=\"").skip(1) {
            let name = input.split('"').next().unwrap_or_default().to_owned();
            all.push((name, attribute(input, "value=\"").unwrap_or_default()));
        }
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let all: Vec<String> =
            all.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let (at, target) = resolve(page.at, &action)?;
        self.send(at, "POST", &target, &all.join("&"))
    }

    fn send(&mut self, at: SocketAddr, method: &str, target: &str, body: &str) -> Result<Page> {
        let mine = self.cookies.iter().filter(|((of, _), _)| *of == at);
        let cookies: Vec<String> = mine.map(|((_, name), value)| format!("{name}={value}")).collect();
        let (host, cookies) = (at.to_string(), cookies.join("; "));
        let mut headers = vec![("Host", &*host), ("Cookie", &*cookies)];
        if method == "POST" {
            headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        }
        let mut client = Client::connect(at)?;
        let status = client.exchange(&http::request(method, target, &headers, body.as_bytes()))?.status;
        for cookie in client.headers("set-cookie") {
            let pair = cookie.split(';').next().and_then(|pair| pair.split_once('='));
            let (name, value) = pair.context("a cookie is not understood")?;
            self.cookies.insert((at, name.trim().to_owned()), value.to_owned());
        }
        let location = client.header("location").map(str::to_owned);
        Ok(Page { at, status, location, body: String::from_utf8_lossy(client.body()).into_owned() })
    }
}

/// The host and the target of an address, seen from a page.
fn resolve(from: SocketAddr, address: &str) -> Result<(SocketAddr, String)> {
    let Some(rest) = address.strip_prefix("http://") else {
        ensure!(address.starts_with('/'), "nobody knows where {address} leads");
        return Ok((from, address.to_owned()));
    };
    let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    Ok((host.parse().with_context(|| format!("{host} is not an address and a port"))?, target))
}

/// What stands behind this, up to the next quote.
fn attribute(text: &str, before: &str) -> Option<String> {
    let value = text.split_once(before)?.1.split('"').next()?;
    let plain = value.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#39;", "'");
    Some(plain.replace("&lt;", "<").replace("&gt;", ">").replace("&#38;", "&").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_on_from_where_they_are() {
        let here: SocketAddr = "127.0.0.1:80".parse().unwrap();
        assert_eq!(resolve(here, "/a?b").unwrap(), (here, "/a?b".to_owned()));
        let there = resolve(here, "http://127.0.0.1:81/?code=x").unwrap();
        assert_eq!(there, ("127.0.0.1:81".parse().unwrap(), "/?code=x".to_owned()));
        assert_eq!(resolve(here, "http://127.0.0.1:81").unwrap().1, "/");
        assert!(resolve(here, "https://example.org/").is_err() && resolve(here, "x").is_err());
    }

    #[test]
    fn attributes_are_read_as_they_are_meant() {
        assert_eq!(attribute("<a href=\"/x?a=1&amp;b=&quot;\">", "href=\"").unwrap(), "/x?a=1&b=\"");
        assert_eq!(attribute("<a>", "href=\""), None);
    }
}
