"""Permission: from the pages to a pair of tokens, a refresh when the access token has died, and its end."""

from boxsdk import Client, OAuth2
from boxsdk.exception import BoxAPIException, BoxOAuthException

from ..browser import Browser
from .world import CALLBACK, TestCase


class OAuth(TestCase):
    def setUp(self):
        super().setUp()
        self.kept = []
        self.oauth = self.new_oauth()

    def new_oauth(self, **tokens):
        app = self.world.full_app
        keep = lambda *pair: self.kept.append(pair)
        return OAuth2(client_id=app.key, client_secret=app.secret, store_tokens=keep, **tokens)

    def sign_in(self):
        url, state = self.oauth.get_authorization_url(CALLBACK)
        page = Browser().authorize(url, self.person.email, self.person.password)
        self.assertEqual(page.query["state"], state)
        return self.oauth.authenticate(page.query["code"])

    def test_code_refresh_and_revocation(self):
        access, refresh = self.sign_in()
        client = Client(self.oauth)
        self.assertEqual(client.user().get().login, self.person.email)
        new_access, new_refresh = self.oauth.refresh(access)
        self.assertNotIn(new_access, (access, None))
        self.assertNotIn(new_refresh, (refresh, None))
        self.assertEqual(client.user().get().login, self.person.email)
        self.assertEqual(self.kept, [(access, refresh), (new_access, new_refresh)])
        self.oauth.revoke()
        for stale in [self.new_oauth(access_token=new_access), self.new_oauth(access_token="x", refresh_token=new_refresh)]:
            with self.assertRaises((BoxAPIException, BoxOAuthException)):
                Client(stale).user().get()

    def test_refreshes_by_itself(self):
        """A 401 makes the SDK refresh and ask once more."""
        _, refresh = self.sign_in()
        client = Client(self.new_oauth(access_token="long dead", refresh_token=refresh))
        self.assertEqual(client.user().get().login, self.person.email)
        self.assertEqual(len(self.kept), 2)

    def test_a_refresh_token_serves_once(self):
        _, refresh = self.sign_in()
        self.assertEqual(Client(self.oauth).user().get().login, self.person.email)
        self.oauth.refresh(self.oauth.access_token)
        # The new token is used: now the old pair is over.
        Client(self.oauth).user().get()
        with self.assertRaises(BoxOAuthException) as caught:
            self.new_oauth(access_token="x", refresh_token=refresh).refresh("x")
        self.assertEqual((caught.exception.status, caught.exception.code), (400, "invalid_grant"))

    def test_refusals(self):
        with self.assertRaises(BoxOAuthException) as caught:
            self.oauth.authenticate("no code")
        self.assertEqual(caught.exception.code, "invalid_grant")
        page = Browser().authorize(self.oauth.get_authorization_url(CALLBACK)[0], self.person.email, self.person.password, "Deny")
        self.assertEqual(page.query["error"], "access_denied")

    def test_a_token_of_v1_is_a_token_here(self):
        """And the other way round."""
        access, _ = self.sign_in()
        self.assertEqual(self.bare(access).get("/1/account/info").status, 200)
        self.assertEqual(self.client.user().get().login, self.person.email)

    def test_a_dead_token(self):
        with self.assertRaises((BoxAPIException, BoxOAuthException)) as caught:
            self.new_client("nonsense").user().get()
        self.assertIn(caught.exception.status, (400, 401))
