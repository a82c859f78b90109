"""Permission: from the pages to a pair of tokens, a refresh when the access token has died, and its end."""

from box_sdk_gen import AccessToken, BoxAPIError, BoxOAuth, BoxSDKError, GetAuthorizeUrlOptions, InMemoryTokenStorage, OAuthConfig

from ..browser import Browser
from .world import CALLBACK, SESSION, TestCase, new_client


class OAuth(TestCase):
    def new_auth(self, **tokens):
        app = self.world.full_app
        storage = InMemoryTokenStorage(AccessToken(**tokens) if tokens else None)
        return BoxOAuth(OAuthConfig(app.key, app.secret, token_storage=storage))

    def sign_in(self):
        auth = self.new_auth()
        url = auth.get_authorize_url(options=GetAuthorizeUrlOptions(redirect_uri=CALLBACK, state="tide"))
        # The SDK has one host for this page, whatever it was told of others; the browser knows it.
        page = Browser().authorize(url, self.person.email, self.person.password)
        self.assertEqual(page.query["state"], "tide")
        token = auth.get_tokens_authorization_code_grant(page.query["code"], network_session=SESSION)
        self.assertEqual((token.token_type.value, token.restricted_to), ("bearer", []))
        self.assertGreater(token.expires_in, 3000)
        return auth, token

    def test_code_refresh_and_revocation(self):
        auth, token = self.sign_in()
        client = new_client(auth)
        self.assertEqual(client.users.get_user_me().login, self.person.email)
        fresh = auth.refresh_token(network_session=SESSION)
        self.assertNotEqual((fresh.access_token, fresh.refresh_token), (token.access_token, token.refresh_token))
        self.assertEqual(client.users.get_user_me().login, self.person.email)
        auth.revoke_token(network_session=SESSION)
        with self.assertRaises((BoxAPIError, BoxSDKError)):
            client.users.get_user_me()

    def test_refreshes_by_itself(self):
        """A 401 makes the SDK refresh and ask once more."""
        _, token = self.sign_in()
        auth = self.new_auth(access_token="long dead", refresh_token=token.refresh_token)
        self.assertEqual(new_client(auth).users.get_user_me().login, self.person.email)
        self.assertNotEqual(auth.token_storage.get().refresh_token, token.refresh_token)

    def test_a_refresh_token_serves_once(self):
        auth, token = self.sign_in()
        auth.refresh_token(network_session=SESSION)
        # The new token is used: now the old pair is over.
        new_client(auth).users.get_user_me()
        with self.assertRaises(BoxAPIError) as caught:
            self.new_auth(access_token="x", refresh_token=token.refresh_token).refresh_token(network_session=SESSION)
        self.assertEqual(caught.exception.response_info.status_code, 400)
        self.assertEqual(caught.exception.response_info.body["error"], "invalid_grant")

    def test_a_dead_token(self):
        with self.assertRaises(BoxSDKError):
            self.new_client("nonsense").users.get_user_me()
