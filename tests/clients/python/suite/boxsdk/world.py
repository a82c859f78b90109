"""What a test of Box's first SDK finds around itself: clients of it, pointed at the server by its own settings."""

import contextlib
import io
import logging
import os

from boxsdk import Client, OAuth2
from boxsdk.config import API
from boxsdk.exception import BoxAPIException

from .. import case
from ..case import CALLBACK

__all__ = ["CALLBACK", "Hands", "TestCase"]

# It tells of every connection that breaks off, and the tests break some.
logging.getLogger("boxsdk").setLevel(logging.CRITICAL)

SERVER = os.environ["TIDEMARK_URL"]
API.BASE_API_URL = SERVER + "/2.0"
API.UPLOAD_URL = SERVER + "/api/2.0"
API.OAUTH2_API_URL = SERVER + "/oauth2"
API.OAUTH2_AUTHORIZE_URL = SERVER + "/api/oauth2/authorize"


class TestCase(case.TestCase):
    """A test with an SDK client."""

    def setUp(self):
        super().setUp()
        self.client = self.new_client()
        self.root = self.client.root_folder()

    def new_client(self, token=None):
        app = self.world.full_app
        return Client(OAuth2(client_id=app.key, client_secret=app.secret, access_token=token or self.token))

    def upload(self, name, content=b"tide", folder=None, **options):
        return (folder or self.root).upload_stream(io.BytesIO(content), name, **options)

    @contextlib.contextmanager
    def refused(self, status, code):
        """The block must end in the SDK's own exception, with this status and code."""
        with self.assertRaises(BoxAPIException) as caught:
            yield caught
        self.assertEqual((caught.exception.status, caught.exception.code), (status, code), str(caught.exception))


class Hands:
    """How the SDK changes things, each by the id of what it is done to."""

    def __init__(self, client):
        self._client = client

    def create_folder(self, parent, name):
        return self._client.folder(parent).create_subfolder(name).id

    def upload(self, parent, name, content):
        return self._client.folder(parent).upload_stream(io.BytesIO(content), name).id

    def new_version(self, file, content):
        self._client.file(file).update_contents_with_stream(io.BytesIO(content))

    def rename(self, file, name):
        self._client.file(file).rename(name)

    def move(self, file, parent):
        self._client.file(file).move(self._client.folder(parent))

    def trash(self, file):
        self._client.file(file).delete()

    def share(self, file):
        self._client.file(file).create_shared_link()

    def unshare(self, file):
        self._client.file(file).remove_shared_link()
