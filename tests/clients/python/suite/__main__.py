"""Runs a client's suite against a binary: `python -m suite CLIENT --binary target/release/tidemark`.

The client is the name of a folder beside this file, with `world.py`, and `surface.py` if its methods are few enough to ask for all.

The last line is `N passed, N failed`. A test that takes longer than its limit counts as failed.
"""

import argparse
import importlib
import importlib.util
import os
import signal
import sys
import tempfile
import time
import unittest
from pathlib import Path

import recorder

from .case import World
from .server import Server

TEST_SECONDS_MAX = 180
HERE = Path(__file__).parent
CLIENTS = sorted(path.parent.name for path in HERE.glob("*/world.py"))


class Result(unittest.TestResult):
    """Prints a line per test and counts."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self.uncalled = []
        self.bad_end = False

    def startTest(self, test):
        super().startTest(test)
        self._began = time.monotonic()
        self._failed_before = self.failed
        os.environ["TIDEMARK_TEST"] = test.id()
        signal.alarm(TEST_SECONDS_MAX)

    def stopTest(self, test):
        signal.alarm(0)
        del os.environ["TIDEMARK_TEST"]
        recorder.note_outcome(test.id(), self.failed == self._failed_before)
        super().stopTest(test)

    def addSuccess(self, test):
        self.passed += 1
        self._tell("ok", test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._tell("FAILED", test)

    def addError(self, test, error):
        super().addError(test, error)
        self._tell("ERROR", test)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self._tell("FAILED", subtest)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._tell("skipped (%s)" % reason, test)

    def _tell(self, word, test):
        name = test.id().partition(".test_")[2]
        print("%-60s %s (%.2f s)" % (name, word, time.monotonic() - self._began), flush=True)

    def check_surface(self, surface):
        """Each method of the SDK that no test has called is a failure."""
        self.uncalled = sorted(surface.uncalled)
        for method in self.uncalled:
            print("%-60s FAILED (no test calls it)" % method, flush=True)

    def check_end(self, server):
        """A server that ended by itself, or not well when it was asked to, is a failure."""
        if server.process.poll() is not None or server.stop() != 0:
            self.bad_end = True
            print("the server ended with %s" % server.process.returncode, flush=True)

    @property
    def failed(self):
        return len(self.failures) + len(self.errors) + len(self.uncalled) + self.bad_end


def watch_surface(client):
    """Watches the methods of a client that says which they are."""
    name = "suite.%s.surface" % client
    return importlib.import_module(name).Surface() if importlib.util.find_spec(name) else None


def too_long(_signal, _frame):
    raise TimeoutError("the test took longer than %d s" % TEST_SECONDS_MAX)


def run(options, folder):
    package = importlib.import_module("suite." + options.client)
    server = Server(options.binary, folder, getattr(package, "SERVE", ()))
    server.start()
    try:
        os.environ["TIDEMARK_URL"] = server.url
        if options.record:
            os.environ["TIDEMARK_RECORD"] = str(options.record.resolve() / ("%s.jsonl" % options.client.replace("_", "-")))
        World.current = World(server)
        loader = unittest.TestLoader()
        loader.testNamePatterns = ["*%s*" % pattern for pattern in options.k] or None
        tests = loader.discover(str(HERE / options.client), top_level_dir=str(HERE.parent))
        result = Result()
        surface = watch_surface(options.client)
        tests.run(result)
        if surface and not options.k:
            result.check_surface(surface)
        result.check_end(server)
    finally:
        if server.process.poll() is None:
            server.stop()
    for test, trace in result.failures + result.errors:
        print("\n---- %s\n%s" % (test.id(), trace))
    return result


def main():
    parser = argparse.ArgumentParser(prog="suite", description=__doc__)
    parser.add_argument("client", choices=CLIENTS, help="whose tests")
    parser.add_argument("--binary", required=True, type=Path, help="the tidemark binary")
    parser.add_argument("--record", type=Path, metavar="FOLDER", help="notes what the SDK called, and what came of it")
    parser.add_argument("-k", action="append", default=[], metavar="WORD", help="only tests whose id has this")
    options = parser.parse_args()
    options.binary = options.binary.resolve()
    signal.signal(signal.SIGALRM, too_long)
    with tempfile.TemporaryDirectory(prefix="tidemark-suite-") as folder:
        result = run(options, folder)
        if result.failed:
            lines = (Path(folder) / "server.log").read_text(errors="replace").splitlines()
            print("\n---- the server's last words", *lines[-40:], sep="\n")
    print("\n%d passed, %d failed" % (result.passed, result.failed))
    sys.exit(1 if result.failed or not result.passed else 0)


if __name__ == "__main__":
    main()
