"""What a test finds around itself, whatever its client: the server of this run, and a person with an empty account.

Every test has an account of its own, so that tests need no order and no clean-up. Apps are shared.
"""

import itertools
import threading
import unittest

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
    """A test with a person (`self.person`), a token, and bare HTTP."""

    maxDiff = None

    def setUp(self):
        self.world = World.current
        self.server = self.world.server
        self.person = self.world.new_person()
        self.token = self.person.token()
        self.raw = self.bare(self.token)

    def bare(self, token=None):
        """Bare HTTP with this token, or with none."""
        raw = Raw(token)
        self.addCleanup(raw.close)
        return raw

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
