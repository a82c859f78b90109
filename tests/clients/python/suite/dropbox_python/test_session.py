"""OAuth 1 by `DropboxSession`: linking through the real pages, and the whole client over signed requests."""

import io
import os

from dropbox.client import DropboxClient
from dropbox.session import DropboxSession

from . import test_conflicts, test_delta, test_fileops, test_files, test_longpoll, test_metadata, test_revisions
from ..browser import Browser
from .world import CALLBACK, TestCase


def link(person, app, access_type="auto"):
    """A session that the person has allowed."""
    session = DropboxSession(app.key, app.secret, access_type)
    request = session.obtain_request_token()
    Browser().authorize(session.build_authorize_url(request), person.email, person.password)
    session.obtain_access_token(request)
    return session


class Linking(TestCase):
    def session(self, **changes):
        app = self.world.full_app
        return DropboxSession(changes.get("key", app.key), changes.get("secret", app.secret))

    def visit(self, session, press="Allow", callback=None):
        url = session.build_authorize_url(session.obtain_request_token(), callback)
        return Browser().authorize(url, self.person.email, self.person.password, press)

    def test_three_steps(self):
        session = self.session()
        self.assertFalse(session.is_linked())
        page = self.visit(session)
        self.assertEqual(page.status, 200)
        token = session.obtain_access_token()
        self.assertTrue(session.is_linked())
        # Android's client takes nothing else apart.
        for value in (token.key, token.secret):
            self.assertRegex(value, r"\A[A-Za-z0-9]+\Z")
        self.assertEqual(DropboxClient(session).account_info()["email"], self.person.email)

    def test_a_kept_token_goes_on_working(self):
        """A program keeps key and secret, and starts again with them."""
        token = link(self.person, self.world.full_app).token
        session = self.session()
        session.set_token(token.key, token.secret)
        self.assertEqual(DropboxClient(session).account_info()["email"], self.person.email)
        session.unlink()
        self.assertFalse(session.is_linked())

    def test_back_to_the_program(self):
        """The callback learns who it is and whose request; the request token is kept by the program meanwhile."""
        session = self.session()
        page = self.visit(session, callback=CALLBACK + "?step=3")
        self.assertTrue(page.url.startswith(CALLBACK + "?step=3&"), page.url)
        self.assertEqual(page.query["oauth_token"], session.request_token.key)
        kept = session.request_token
        session = self.session()
        session.set_request_token(kept.key, kept.secret)
        session.obtain_access_token()
        self.assertEqual(str(DropboxClient(session).account_info()["uid"]), page.query["uid"])

    def test_deny(self):
        session = self.session()
        page = self.visit(session, press="Deny", callback=CALLBACK)
        self.assertEqual(page.query["not_approved"], "true")
        with self.refused(401):
            session.obtain_access_token()

    def test_a_callback_of_somebody_else(self):
        """An app that has registered its addresses is sent to no other."""
        session = self.session()
        url = session.build_authorize_url(session.obtain_request_token(), "http://elsewhere.example/callback")
        browser = Browser()
        page = browser.open(url)
        if page.form_with("password"):
            page = browser.sign_in(page, self.person.email, self.person.password)
        self.assertEqual(page.status, 400)
        self.assertIsNone(page.form_labelled("Allow"))

    def test_undecided(self):
        session = self.session()
        session.obtain_request_token()
        with self.refused(401):
            session.obtain_access_token()

    def test_wrong_credentials(self):
        with self.refused(401, 403):
            self.session(secret="wrong").obtain_request_token()
        with self.refused(401, 403):
            self.session(key="nokey").obtain_request_token()
        session = link(self.person, self.world.full_app)
        session.set_token(session.token.key, "wrong")
        with self.refused(401, 403):
            DropboxClient(session).account_info()
        session.set_token("unknown", "wrong")
        with self.refused(401):
            DropboxClient(session).account_info()

    def test_app_folder(self):
        """`app_folder` is `sandbox` on the wire, and the app's own folder."""
        client = DropboxClient(link(self.person, self.world.folder_app, "app_folder"))
        entry = self.put("/own.txt", client=client)
        self.assertEqual((entry["path"], entry["root"]), ("/own.txt", "app_folder"))
        self.assertEqual(self.read("/Apps/Notebook/own.txt"), b"tide")


class Token(TestCase):
    def test_disabled_token_ends(self):
        client = DropboxClient(link(self.person, self.world.full_app))
        client.disable_access_token()
        with self.refused(401):
            client.account_info()

    def test_becomes_an_oauth2_token(self):
        """The new token is the same app's and person's; the old one stays until it is disabled."""
        old = DropboxClient(link(self.person, self.world.full_app))
        new = DropboxClient(old.create_oauth2_access_token())
        self.put("/a.txt", b"a", client=old)
        self.assertEqual(new.metadata("/a.txt"), old.metadata("/a.txt"))
        self.assertEqual(new.account_info(), old.account_info())
        old.disable_access_token()
        with self.refused(401):
            old.account_info()
        self.assertEqual(new.account_info()["email"], self.person.email)


class Signed:
    """The tests of another module, by a client that signs its requests."""

    def new_client(self):
        return DropboxClient(link(self.person, self.world.full_app))


def signed(cases):
    """Each class of tests once more, by a client that signs; as what this module has."""
    for case in cases:
        name = "Signed" + case.__module__.rpartition("test_")[2].capitalize() + case.__name__
        globals()[name] = type(name, (Signed, case), {"__module__": __name__, "__doc__": case.__doc__})


signed(
    [
        test_conflicts.Overwrite,
        test_conflicts.ParentRev,
        test_delta.FirstListing,
        test_delta.Changes,
        test_delta.Prefix,
        test_fileops.Copy,
        test_fileops.Move,
        test_fileops.CreateFolder,
        test_fileops.Delete,
        test_files.Account,
        test_files.Upload,
        test_files.Download,
        test_longpoll.Wakes,
        test_metadata.Listing,
        test_metadata.Hash,
        test_metadata.Deleted,
        test_revisions.Revisions,
        test_revisions.Restore,
    ]
)


class SignedChunks(Signed, TestCase):
    def test_in_pieces(self):
        content = os.urandom(300_000)
        uploader = self.client.get_chunked_uploader(io.BytesIO(content), len(content))
        uploader.upload_chunked(100_000)
        self.assertEqual(uploader.finish("/large.bin")["bytes"], len(content))
        self.assertEqual(self.read("/large.bin"), content)
