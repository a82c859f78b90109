//! A person at a browser, as far as allowing an app needs one.

use crate::cli::serve::Serving;
use std::collections::BTreeMap;

pub(super) struct Browser<'a> {
    serving: &'a Serving,
    cookies: BTreeMap<String, String>,
}

pub(super) struct Page {
    head: String,
    pub(super) body: String,
}

impl<'a> Browser<'a> {
    pub(super) fn at(serving: &'a Serving) -> Browser<'a> {
        Browser { serving, cookies: BTreeMap::new() }
    }

    /// Goes to a page of the server, signs in, and decides. Tells where that leads, or what the page then shows.
    pub(super) fn decide(&mut self, url: &str, decision: &str) -> Page {
        let sign_in = self.get(url);
        let location = sign_in.location().expect("nobody is signed in");
        let sign_in = self.get(&location);
        let person = [("email", "ann@example.org"), ("password", "correct horse")];
        let signed_in = self.submit(&sign_in, &person);
        let consent = self.get(&signed_in.location().unwrap());
        self.submit(&consent, &[("decision", decision)])
    }

    fn get(&mut self, url: &str) -> Page {
        self.send("GET", url, "")
    }

    fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let action = attribute(&page.body, "<form method=\"post\" action=\"");
        let mut form = form_urlencoded::Serializer::new(String::new());
        for input in page.body.split("<input type=\"hidden\" name=\"").skip(1) {
            let name = input.split('"').next().unwrap();
            form.append_pair(name, &attribute(input, "value=\""));
        }
        form.extend_pairs(fields);
        self.send("POST", &action, &form.finish())
    }

    fn send(&mut self, method: &str, url: &str, body: &str) -> Page {
        let path = url.strip_prefix(&format!("http://{}", self.serving.address)).unwrap_or(url);
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = format!(
            "Cookie: {}\r\nContent-Length: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            cookies.join("; "),
            body.len()
        );
        let answer = self.serving.ask_with(method, path, &headers, body);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let page = Page { head: head.to_owned(), body: body.to_owned() };
        for cookie in page.headers("set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        page
    }
}

impl Page {
    fn headers(&self, name: &str) -> Vec<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
            .collect()
    }

    pub(super) fn location(&self) -> Option<String> {
        self.headers("location").pop()
    }

    /// The code that is shown to be copied.
    pub(super) fn code(&self) -> String {
        let behind =
            self.body.split("id=\"auth-code\"").nth(1).unwrap_or_else(|| panic!("no code: {}", self.body));
        behind.split('>').nth(1).unwrap().split('<').next().unwrap().trim().to_owned()
    }
}

/// What stands behind this, up to the next quote.
fn attribute(text: &str, before: &str) -> String {
    let value = text.split(before).nth(1).unwrap_or_else(|| panic!("no {before} in {text}"));
    let value = value.split('"').next().unwrap();
    value.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#38;", "&").replace("&amp;", "&")
}
