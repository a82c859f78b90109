"""OAuth 2 through the real pages: codes, redirects, refusals, and the end of a token."""

import base64
import hashlib
import urllib.parse

from dropbox.client import DropboxClient, DropboxOAuth2Flow, DropboxOAuth2FlowNoRedirect

from ..browser import Browser
from .world import CALLBACK, TestCase


class NoRedirect(TestCase):
    def flow(self, app=None):
        app = app or self.world.full_app
        return DropboxOAuth2FlowNoRedirect(app.key, app.secret)

    def code(self, flow=None):
        page = Browser().authorize((flow or self.flow()).start(), self.person.email, self.person.password)
        self.assertEqual(page.status, 200)
        return page.texts["auth-code"]

    def test_code_becomes_a_token(self):
        """The code stands alone on the page; the token that it buys works and names the same user."""
        code = self.code()
        self.assertRegex(code, r"\A[-_A-Za-z0-9]{20,}\Z")
        token, uid = self.flow().finish(code)
        self.assertIsInstance(uid, str)
        account = DropboxClient(token).account_info()
        self.assertIsInstance(account["uid"], int)
        self.assertEqual((account["email"], str(account["uid"])), (self.person.email, uid))

    def test_code_works_once(self):
        code = self.code()
        self.flow().finish(code)
        with self.refused(400) as caught:
            self.flow().finish(code)
        self.assertEqual(caught.exception.error_msg, "invalid_grant")

    def test_wrong_code(self):
        """The old JavaScript client looks for these words in the description."""
        with self.refused(400) as caught:
            self.flow().finish("not-a-code")
        self.assertEqual(caught.exception.error_msg, "invalid_grant")
        self.assertRegex(caught.exception.body["error_description"], "code.*exist.*expired")

    def test_wrong_secret(self):
        code = self.code()
        with self.refused(400, 401):
            DropboxOAuth2FlowNoRedirect(self.world.full_app.key, "wrong").finish(code)

    def test_code_of_another_app(self):
        code = self.code()
        with self.refused(400):
            self.flow(self.world.folder_app).finish(code)

    def test_unknown_app(self):
        """An app that is not registered gets an error page, and no sign-in form."""
        page = Browser().open(DropboxOAuth2FlowNoRedirect("nokey", "x").start())
        self.assertEqual(page.status, 400)
        self.assertIsNone(page.form_with("password"))

    def test_wrong_password(self):
        """The sign-in form comes again; nobody is signed in."""
        browser = Browser()
        page = browser.sign_in(browser.open(self.flow().start()), self.person.email, "wrong")
        self.assertIsNotNone(page.form_with("password"))
        self.assertNotIn("auth-code", page.texts)
        self.assertIsNotNone(browser.open(self.flow().start()).form_with("password"))

    def test_deny_shows_no_code(self):
        page = Browser().authorize(self.flow().start(), self.person.email, self.person.password, press="Deny")
        self.assertNotIn("auth-code", page.texts)

    def test_signed_in_once(self):
        """A browser that is signed in is asked for consent only."""
        browser = Browser()
        browser.authorize(self.flow().start(), self.person.email, self.person.password)
        page = browser.open(self.flow().start())
        self.assertIsNone(page.form_with("password"))
        self.assertIsNotNone(page.form_labelled("Allow"))

    def test_consent_needs_the_page_it_was_shown_on(self):
        """A consent form posted without its hidden values is refused: no other site can press Allow."""
        browser = Browser()
        page = browser.open(self.flow().start())
        page = browser.sign_in(page, self.person.email, self.person.password)
        form = page.form_labelled("Allow")
        control = form.control("Allow")
        hidden = [field for field in form.fields if field.get("type") == "hidden"]
        self.assertTrue(hidden, "the consent form carries no hidden value")
        answer = browser.open(
            urllib.parse.urljoin(page.url, form.action or page.url),
            [(control["name"], control.get("value", ""))] if "name" in control else [("allow", "1")],
        )
        self.assertIn(answer.status, range(400, 500))
        self.assertNotIn("auth-code", answer.texts)


class Redirect(TestCase):
    def setUp(self):
        super().setUp()
        self.session = {}
        app = self.world.full_app
        self.flow = DropboxOAuth2Flow(app.key, app.secret, CALLBACK, self.session, "csrf")

    def visit(self, press, state=None):
        page = Browser().authorize(self.flow.start(state), self.person.email, self.person.password, press)
        self.assertTrue(page.url.startswith(CALLBACK + "?"), page.url)
        return page.query

    def test_allow(self):
        """The state comes back as it was sent, with whatever the app put behind the random part."""
        token, uid, state = self.flow.finish(self.visit("Allow", "/next page?x=1&y=é"))
        self.assertEqual(state, "/next page?x=1&y=é")
        self.assertEqual(str(DropboxClient(token).account_info()["uid"]), uid)

    def test_deny(self):
        with self.assertRaises(DropboxOAuth2Flow.NotApprovedException):
            self.flow.finish(self.visit("Deny"))

    def test_state_of_someone_else(self):
        query = self.visit("Allow")
        self.session["csrf"] = "x" * len(self.session["csrf"])
        with self.assertRaises(DropboxOAuth2Flow.CsrfException):
            self.flow.finish(query)

    def test_code_is_bound_to_its_redirect(self):
        """A code that was sent to a page can't be spent without naming that page."""
        query = self.visit("Allow")
        app = self.world.full_app
        with self.refused(400):
            DropboxOAuth2FlowNoRedirect(app.key, app.secret).finish(query["code"])

    def test_unregistered_page(self):
        """Nobody is sent to a page that the app did not register."""
        app = self.world.full_app
        flow = DropboxOAuth2Flow(app.key, app.secret, "https://evil.example/", {}, "csrf")
        page = Browser().open(flow.start())
        self.assertEqual(page.status, 400)


class OtherWays(TestCase):
    """What the SDK does not do, and curl, the JavaScript client and later programs do."""

    def authorize(self, **query):
        query = dict({"client_id": self.world.full_app.key, "response_type": "code"}, **query)
        url = self.server.url + "/1/oauth2/authorize?" + urllib.parse.urlencode(query)
        return Browser().authorize(url, self.person.email, self.person.password)

    def exchange(self, code, **more):
        app = self.world.full_app
        form = {"grant_type": "authorization_code", "code": code, "client_id": app.key, "client_secret": app.secret}
        return self.bare().post("/1/oauth2/token", **form, **more)

    def check(self, answer):
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.json["token_type"].lower(), "bearer")
        self.assertEqual(DropboxClient(answer.json["access_token"]).account_info()["email"], self.person.email)

    def test_parameters_in_the_query(self):
        """curl, with an empty body and no type."""
        app = self.world.full_app
        query = {
            "grant_type": "authorization_code",
            "code": self.authorize().texts["auth-code"],
            "client_id": app.key,
            "client_secret": app.secret,
        }
        self.check(self.bare().request("POST", "/1/oauth2/token", query=query))

    def test_basic_authorization(self):
        """Java, PHP and Ruby name the app in a header."""
        app = self.world.full_app
        words = base64.b64encode(("%s:%s" % (app.key, app.secret)).encode()).decode()
        form = {"grant_type": "authorization_code", "code": self.authorize().texts["auth-code"]}
        headers = {"Authorization": "Basic " + words}
        self.check(self.bare().request("POST", "/1/oauth2/token", form=form, headers=headers))

    def test_implicit(self):
        """The token comes in the fragment, where no server on the way sees it."""
        page = self.authorize(response_type="token", redirect_uri=CALLBACK, state="x y")
        address, _, fragment = page.url.partition("#")
        self.assertEqual(address, CALLBACK)
        told = dict(urllib.parse.parse_qsl(fragment))
        self.assertEqual((told["token_type"].lower(), told["state"]), ("bearer", "x y"))
        account = DropboxClient(told["access_token"]).account_info()
        self.assertEqual((account["email"], str(account["uid"])), (self.person.email, told["uid"]))

    def test_proof_key(self):
        """A code asked for with a challenge is worth nothing without its verifier."""
        verifier = "v" * 43
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        for wrong in [{"code_verifier": "w" * 43}, {}]:
            page = self.authorize(code_challenge=challenge, code_challenge_method="S256")
            self.assertEqual(self.exchange(page.texts["auth-code"], **wrong).status, 400)
        page = self.authorize(code_challenge=challenge, code_challenge_method="S256")
        self.check(self.exchange(page.texts["auth-code"], code_verifier=verifier))


class Token(TestCase):
    def test_disabled_token_ends(self):
        self.client.disable_access_token()
        with self.refused(401):
            self.client.account_info()

    def test_disabling_ends_no_other_token(self):
        other = DropboxClient(self.person.token())
        self.client.disable_access_token()
        self.assertEqual(other.account_info()["email"], self.person.email)

    def test_unknown_token(self):
        with self.refused(401):
            DropboxClient("nothing").account_info()

    def test_refused_upload_stays_readable(self):
        """A refusal while the body is still coming is answered, never a reset connection."""
        for _ in range(5):
            with self.refused(401):
                self.put("/big.bin", bytes(8_000_000), client=DropboxClient("nothing"))
