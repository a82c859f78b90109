"""A browser without scripts: pages, links of redirects, cookies, and the forms a person fills in."""

import os
import re
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from http.cookiejar import CookieJar

import recorder
from classic_sdk import RETIRED_HOSTS, server_address

# As clients call the server in the addresses of its pages.
HOSTS = RETIRED_HOSTS | {"account.box.com", "app.box.com"}
REDIRECTS_MAX = 10
OAUTH_PAGE = re.compile(r"/([01]/oauth2?|api/oauth2)/")


class Browser:
    """One person's browser. It stops at a redirect that leaves the server, and shows where it led."""

    def __init__(self):
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(cookies, _NoRedirect())

    def open(self, url, form=None):
        """Fetches a page; with `form` (name-value pairs) by POST."""
        for _ in range(REDIRECTS_MAX):
            url = _as_reached(url)
            answer = self._fetch(url, form)
            location = answer.headers.get("Location")
            if answer.status not in (301, 302, 303, 307, 308) or location is None:
                return Page(url, answer.status, answer.read().decode("utf-8"))
            target = urllib.parse.urljoin(url, location)
            if not _is_ours(target):
                return Page(target, answer.status, "")
            url, form = target, (form if answer.status in (307, 308) else None)
        raise RuntimeError("more than %d redirects, the last to %s" % (REDIRECTS_MAX, url))

    def submit(self, page, form, press, **filled):
        """Fills in fields by their type or name, presses the control with that label."""
        control = form.control(press)
        values = [(field["name"], form.value(field, filled)) for field in form.fields if "name" in field]
        if "name" in control:
            values.append((control["name"], control.get("value", "")))
        action = urllib.parse.urljoin(page.url, control.get("formaction") or form.action or page.url)
        if form.method == "get":
            return self.open(action.split("?")[0] + "?" + urllib.parse.urlencode(values))
        return self.open(action, values)

    def sign_in(self, page, email, password):
        """Fills in the sign-in form of a page."""
        form = page.form_with("password")
        return self.submit(page, form, None, email=email, password=password)

    def authorize(self, url, email, password, press="Allow"):
        """From an authorize URL, through sign-in and consent, to where the answer stands."""
        page = self.open(url)
        if page.form_with("password"):
            page = self.sign_in(page, email, password)
        form = page.form_labelled(press)
        if form is None:
            raise AssertionError("no control called %s on the page:\n%s" % (press, page.html))
        return self.submit(page, form, press)

    def _fetch(self, url, form):
        body = None if form is None else urllib.parse.urlencode(form).encode("ascii")
        request = urllib.request.Request(url, data=body)
        if body is not None:
            request.add_header("Origin", os.environ["TIDEMARK_URL"])
        try:
            answer = self._opener.open(request, timeout=30)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        # The clients make the URLs of these pages, and cannot do without them.
        if OAUTH_PAGE.match(urllib.parse.urlsplit(url).path):
            recorder.note_call(request.get_method(), url, answer.status)
        return answer


class Page:
    """An answer: where it stands, its status, its forms and the texts of elements with an id."""

    def __init__(self, url, status, html):
        self.url = url
        self.status = status
        self.html = html
        reader = _Reader()
        reader.feed(html)
        self.forms = reader.forms
        self.texts = {name: text.strip() for name, text in reader.texts.items()}

    @property
    def query(self):
        """The parameters of the page's URL."""
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.url).query))

    def form_with(self, kind):
        """The form that has a field of this type, if any."""
        return next((form for form in self.forms if form.field_of(kind)), None)

    def form_labelled(self, label):
        """The form that has a control called so, if any."""
        return next((form for form in self.forms if form.control(label)), None)


class Form:
    """A form: its fields and its controls, each a dictionary of attributes."""

    def __init__(self, attributes):
        self.action = attributes.get("action")
        self.method = attributes.get("method", "get").lower()
        self.fields = []
        self.controls = []

    def field_of(self, kind):
        return next((field for field in self.fields if field.get("type") == kind), None)

    def control(self, label):
        """The control with this label; without a label, the first."""
        for control in self.controls:
            if label is None or control["label"].strip().lower() == label.lower():
                return control
        return None

    def value(self, field, filled):
        return filled.get(field.get("type"), filled.get(field["name"], field.get("value", "")))


class _Reader(HTMLParser):
    """Collects forms, and the text inside elements that have an id."""

    VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())

    def __init__(self):
        super().__init__()
        self.forms = []
        self.texts = {}
        self._open = []

    def handle_starttag(self, tag, pairs):
        attributes = {name: value or "" for name, value in pairs}
        if tag == "form":
            self.forms.append(Form(attributes))
        elif self.forms and tag == "input":
            self._input(self.forms[-1], attributes)
        elif self.forms and tag == "button":
            self.forms[-1].controls.append(dict(attributes, label=""))
        if tag not in self.VOID:
            self._open.append((tag, attributes.get("id")))
            if "id" in attributes:
                self.texts.setdefault(attributes["id"], "")

    def _input(self, form, attributes):
        kind = attributes.setdefault("type", "text").lower()
        if kind == "submit":
            form.controls.append(dict(attributes, label=attributes.get("value", "")))
        elif kind not in ("checkbox", "radio") or "checked" in attributes:
            form.fields.append(attributes)

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        for tag, name in self._open:
            if name is not None:
                self.texts[name] += text
        if any(tag == "button" for tag, _ in self._open) and self.forms and self.forms[-1].controls:
            self.forms[-1].controls[-1]["label"] += text


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def _is_ours(url):
    parts = urllib.parse.urlsplit(url)
    return parts.hostname in HOSTS or (parts.hostname, parts.port) == server_address()


def _as_reached(url):
    """The URL by which the server is reached, whatever name of it a program was told."""
    if not _is_ours(url):
        raise ValueError("not a page of the server: %s" % url)
    return urllib.parse.urljoin(os.environ["TIDEMARK_URL"], urllib.parse.urlunsplit(("", "", *urllib.parse.urlsplit(url)[2:])))
