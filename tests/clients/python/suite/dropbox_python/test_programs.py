"""The two classic programs, run as processes, unchanged, as a person would run them."""

import os
import queue
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

from ..browser import Browser
from .world import TestCase

PROGRAMS = Path(__file__).parents[2] / "programs"
ANSWER_SECONDS_MAX = 30
PROMPT_SECONDS_MAX = 2.0


class Program:
    """A program with its standard output as a stream of (time, line)."""

    def __init__(self, name, *arguments):
        command = [sys.executable, "-X", "utf8", "-u", str(PROGRAMS / name), *arguments]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
        )
        self._lines = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            self._lines.put((time.monotonic(), line.rstrip("\n")))
        self._lines.put((time.monotonic(), None))

    def line(self, seconds=ANSWER_SECONDS_MAX):
        """The next line and when it came."""
        try:
            when, line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError("the program printed nothing for %s s" % seconds) from None
        if line is None:
            raise AssertionError("the program ended, exit code %s" % self.process.wait())
        return when, line

    def silent(self, seconds):
        """Whether nothing is printed for so long."""
        time.sleep(seconds)
        return self._lines.empty()

    def enter(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def rest(self):
        """Waits for the end; the remaining lines and the exit code."""
        self.process.stdin.close()
        code = self.process.wait(ANSWER_SECONDS_MAX)
        lines = []
        while (line := self._lines.get(timeout=5)[1]) is not None:
            lines.append(line)
        return lines, code

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Tutorial(TestCase):
    def test_links_puts_lists_and_gets(self):
        """Authorised through the real pages, each step of the tutorial works and shows what it should."""
        app = self.world.full_app
        program = Program("tutorial.py", app.key, app.secret)
        self.addCleanup(program.kill)
        self.assertIn("press Allow", program.line()[1])
        url = program.line()[1]
        self.assertTrue(url.startswith("https://www.dropbox.com/1/oauth2/authorize?"), url)
        page = Browser().authorize(url, self.person.email, self.person.password)
        program.enter(page.texts["auth-code"])
        lines, code = program.rest()
        lines = [line.removeprefix("code: ") for line in lines]
        self.assertEqual(code, 0, lines)
        uid = self.client.account_info()["uid"]
        rev = self.client.metadata("/magnum-opus.txt")["rev"]
        self.assertEqual(
            [line for line in lines if line],
            [
                "linked user %d" % uid,
                "account: %s %s" % (self.person.name, self.person.email),
                "uploaded: /magnum-opus.txt 60 bytes, rev %s" % rev,
                "listed: /magnum-opus.txt 60 bytes",
                "downloaded: /magnum-opus.txt rev %s" % rev,
                "the copies are equal",
            ],
        )


class Watcher(TestCase):
    def watch(self, *arguments):
        program = Program("watcher.py", self.token, *arguments)
        self.addCleanup(program.kill)
        return program

    def test_prints_every_change_in_order_and_at_once(self):
        """Fifty changes by another client, at random moments: none lost, none twice, none late."""
        self.put("/before.txt")
        program = self.watch()
        self.assertEqual(program.line()[1], "watching 1 entries")
        chance = random.Random(2013)
        delays = []
        for number, (change, told) in enumerate(self.script()):
            time.sleep(chance.choice([0, 0.002, 0.01, 0.05, 0.2]))
            change()
            made = time.monotonic()
            for expected in told:
                when, line = program.line()
                self.assertEqual(line, expected, "change %d" % number)
                delays.append(max(0.0, when - made))
        self.assertTrue(program.silent(0.5))
        self.assertLess(max(delays), PROMPT_SECONDS_MAX)

    def script(self):
        """Fifty changes of every kind, each with the lines it should cause."""
        client, put = self.client, self.put
        yield lambda: client.file_create_folder("/Inbox"), ["added /Inbox"]
        for number in range(20):
            path = "/Inbox/note %02d.txt" % number
            yield lambda path=path: put(path, path.encode()), ["added " + path]
        for number in range(0, 20, 2):
            path = "/Inbox/note %02d.txt" % number
            yield lambda path=path: put(path, b"edited " + path.encode()), ["changed " + path]
        for number in range(1, 20, 4):
            path = "/Inbox/note %02d.txt" % number
            yield lambda path=path: client.file_delete(path), ["removed " + path]
        for number in range(3, 20, 4):
            old, new = "/Inbox/note %02d.txt" % number, "/Inbox/nóte %02d.txt" % number
            yield lambda old=old, new=new: client.file_move(old, new), ["removed " + old, "added " + new]
        for number in range(0, 12, 2):
            old, new = "/Inbox/note %02d.txt" % number, "/copy %02d.txt" % number
            yield lambda old=old, new=new: client.file_copy(old, new), ["added " + new]
        yield lambda: put("/Deep", b"a file first"), ["added /Deep"]
        yield lambda: client.file_delete("/Deep"), ["removed /Deep"]
        yield lambda: client.file_delete("/Inbox"), ["removed /Inbox"]

    def test_loses_nothing_of_a_burst(self):
        """Changes made faster than they are read: all are told, in the order of their making."""
        program = self.watch()
        program.line()
        paths = ["/burst/%03d.txt" % number for number in range(60)]
        writer = self.alongside(lambda: [self.put(path) for path in paths])
        told = [program.line()[1] for _ in range(1 + len(paths))]
        writer.join(30)
        self.assertEqual(told, ["added /burst"] + ["added " + path for path in paths])

    def test_watches_one_folder(self):
        """With a folder given, changes elsewhere are not told."""
        self.client.file_create_folder("/Mine")
        program = self.watch("/mine")
        self.assertEqual(program.line()[1], "watching 1 entries")
        self.put("/other.txt")
        self.put("/Mine/own.txt")
        self.assertEqual(program.line()[1], "added /Mine/own.txt")
        self.assertTrue(program.silent(0.3))

    def test_outlives_a_restart_of_the_server(self):
        """The server goes away while the watcher waits, and comes back: the watcher goes on from its cursor."""
        program = self.watch()
        program.line()
        self.put("/one.txt")
        self.assertEqual(program.line()[1], "added /one.txt")
        time.sleep(0.3)
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        self.put("/two.txt")
        self.assertEqual(program.line()[1], "added /two.txt")
