"""What a test finds around itself: the server of this run, and a person with an empty account.

Every test has an account of its own, so that tests need no order and no clean-up. Apps are shared.
"""

import contextlib
import io
import itertools
import os
import threading
import unittest

from dropbox.client import DropboxClient
from dropbox.rest import ErrorResponse

from .raw import Raw

CALLBACK = "http://localhost:53682/callback"


class World:
    """The server of this run and the apps registered with it."""

    current = None

    def __init__(self, server):
        self.server = server
        self.full_app = server.add_app("Full", "full", [CALLBACK])
        self.folder_app = server.add_app("Notebook", "app-folder")
        self._numbers = itertools.count(1)

    def new_person(self):
        return Person(self, next(self._numbers))


class Person:
    """An account, with the password that only tests know."""

    def __init__(self, world, number):
        self._world = world
        self.name = "Ada %d" % number
        self.email = "ada%d@example.org" % number
        self.password = "correct horse %d" % number
        world.server.add_user(self.email, self.password, self.name)

    def token(self, app=None):
        return self._world.server.create_token(app or self._world.full_app, self.email)


class TestCase(unittest.TestCase):
    """A test with a person (`self.person`), a token, an SDK client and bare HTTP."""

    maxDiff = None

    def setUp(self):
        self.world = World.current
        self.server = self.world.server
        self.person = self.world.new_person()
        self.token = self.person.token()
        self.client = self.new_client()
        self.raw = self.bare(self.token)

    def new_client(self):
        return DropboxClient(self.token)

    def bare(self, token=None):
        """Bare HTTP with this token, or with none."""
        raw = Raw(token)
        self.addCleanup(raw.close)
        return raw

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

    def alongside(self, work, *arguments):
        """Runs work in a thread; `join` on the result returns what it returned, or raises."""
        task = Task(work, arguments)
        self.addCleanup(task.thread.join, 1)
        return task


class Task:
    """Work in a thread of its own, with its result."""

    def __init__(self, work, arguments):
        self._result = None
        self._error = None
        self.thread = threading.Thread(target=self._run, args=(work, arguments), daemon=True)
        self.thread.start()

    def _run(self, work, arguments):
        try:
            self._result = work(*arguments)
        except BaseException as error:
            self._error = error

    def join(self, seconds):
        self.thread.join(seconds)
        if self.thread.is_alive():
            raise AssertionError("still at work after %s s" % seconds)
        if self._error is not None:
            raise self._error
        return self._result


@contextlib.contextmanager
def reached_by(url):
    """Sends the clients of this process to another address of the server."""
    before = os.environ["TIDEMARK_URL"]
    os.environ["TIDEMARK_URL"] = url
    try:
        yield
    finally:
        os.environ["TIDEMARK_URL"] = before
