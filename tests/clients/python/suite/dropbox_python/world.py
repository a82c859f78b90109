"""What a test of the SDK of 2014 finds around itself, beside what every test finds: a client of it."""

import contextlib
import io
import os

from dropbox.client import DropboxClient
from dropbox.rest import ErrorResponse

from .. import case
from ..case import CALLBACK

__all__ = ["CALLBACK", "TestCase", "reached_by"]


class TestCase(case.TestCase):
    """A test with an SDK client."""

    def setUp(self):
        super().setUp()
        self.client = self.new_client()

    def new_client(self):
        return DropboxClient(self.token)

    def put(self, path, content=b"tide", client=None, **options):
        """Uploads bytes through the SDK; the answered metadata."""
        options.setdefault("overwrite", "parent_rev" not in options)
        return (client or self.client).put_file(path, io.BytesIO(content), **options)

    def read(self, path, **options):
        """Downloads through the SDK; the bytes."""
        source = self.client.get_file(path, **options)
        with contextlib.closing(source):
            return source.read()

    def latest_cursor(self, client=None, **params):
        """The cursor for "now"; the SDK has no call of its own for it."""
        client = client or self.client
        url, params, headers = client.request("/delta/latest_cursor", params)
        return client.rest_client.POST(url, params, headers)["cursor"]

    def changes(self, cursor=None, path_prefix=None, client=None):
        """All pages from a cursor on: the entries, and the cursor after them."""
        entries = []
        while True:
            page = (client or self.client).delta(cursor, path_prefix=path_prefix)
            entries += page["entries"]
            cursor = page["cursor"]
            if not page["has_more"]:
                return entries, cursor

    @contextlib.contextmanager
    def refused(self, *statuses):
        """The block must end in one of these statuses, with an error in the protocol's form."""
        with self.assertRaises(ErrorResponse) as caught:
            yield caught
        self.assertIn(caught.exception.status, statuses, str(caught.exception))
        if caught.exception.status != 304:
            self.assertIsInstance(caught.exception.body, dict)
            self.assertTrue(caught.exception.error_msg, "no error text in %r" % caught.exception.body)


@contextlib.contextmanager
def reached_by(url):
    """Sends the clients of this process to another address of the server."""
    before = os.environ["TIDEMARK_URL"]
    os.environ["TIDEMARK_URL"] = url
    try:
        yield
    finally:
        os.environ["TIDEMARK_URL"] = before
