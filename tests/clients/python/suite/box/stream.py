"""Following an account: each change told once and in order, whatever is between; and no haste when nothing happens.

A suite says how its client changes files (`Hands`) and how it follows events; what must come of it is said here.
"""

import threading
import time
import urllib.parse

# As the server is started: see `server.py`.
HOLD_SECONDS = 2
# What a stream may ask for in one hold: where to wait, waiting itself, and what there is; twice, for slow machines.
REQUESTS_PER_HOLD_MAX = 6
ROUND = 12


class Script:
    """Changes through both dialects, in rounds of twelve; each is told in a way that is known beforehand."""

    def __init__(self, case, hands):
        self._case = case
        self._hands = hands
        self._rounds = 0
        self.told = []

    def rounds(self, count):
        for _ in range(count):
            self._rounds += 1
            self._in_v1(self._case.bare(self._case.token), self._rounds)
            self._in_box(self._rounds)

    def _in_v1(self, raw, number):
        folder = "/Round %d" % number
        first, second, third = ("%s/%s %d" % (folder, letter, number) for letter in "abc")
        self._post(raw, "create_folder", path=folder)
        self._tell("ITEM_CREATE", folder)
        for content in [b"1", b"two"]:
            self._put(raw, first, content)
            self._tell("ITEM_UPLOAD", first)
        self._post(raw, "move", from_path=first, to_path=second)
        self._tell("ITEM_RENAME", second)
        self._post(raw, "copy", from_path=second, to_path=third)
        self._tell("ITEM_COPY", third)
        self._post(raw, "delete", path=third)
        self._tell("ITEM_TRASH", third)

    def _in_box(self, number):
        hands = self._hands
        folder = hands.create_folder("0", "Box %d" % number)
        self._tell("ITEM_CREATE", "Box %d" % number)
        file = hands.upload(folder, "d %d" % number, b"1")
        self._tell("ITEM_UPLOAD", "d %d" % number)
        hands.rename(file, "e %d" % number)
        self._tell("ITEM_RENAME", "e %d" % number)
        hands.new_version(file, b"two")
        self._tell("ITEM_UPLOAD", "e %d" % number)
        hands.move(file, "0")
        self._tell("ITEM_MOVE", "e %d" % number)
        hands.trash(file)
        self._tell("ITEM_TRASH", "e %d" % number)

    def _post(self, raw, verb, **form):
        answer = raw.request("POST", "/1/fileops/" + verb, form=dict(form, root="auto"))
        self._case.assertEqual(answer.status, 200, answer.body)

    def _put(self, raw, path, content):
        answer = raw.put("/1/files_put/auto" + urllib.parse.quote(path), content)
        self._case.assertEqual(answer.status, 200, answer.body)

    def _tell(self, kind, path):
        self.told.append((kind, path.rpartition("/")[2]))


class Follower:
    """A program that follows an account: it knows an event by its id, and begins anew where its stream broke off."""

    RESTARTS_MAX = 20

    def __init__(self, stream):
        self._stream = stream
        self._news = threading.Condition()
        self._ending = False
        self.told = []
        self.breaks = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        known = set()
        while not self._ending and len(self.breaks) < self.RESTARTS_MAX:
            try:
                for event_id, kind, name in self._stream():
                    if self._ending:
                        return
                    if event_id in known:
                        continue
                    known.add(event_id)
                    with self._news:
                        self.told.append((kind, name))
                        self._news.notify_all()
            except Exception as error:
                self.breaks.append(repr(error))
                time.sleep(0.3)
            else:
                self.breaks.append("the stream ended by itself")

    def wait(self, count, seconds=60):
        """Waits until it was told so much."""
        with self._news:
            self._news.wait_for(lambda: len(self.told) >= count, seconds)
        return self.told

    def end(self, change):
        """Ends with the next event, which this makes."""
        self._ending = True
        change()
        self._thread.join(4 * HOLD_SECONDS)


class StreamTests:
    """What a client's stream must do. A suite gives `hands`, `position` and `stream`."""

    def follow(self, stream_type=None):
        """A follower that knows nothing of what was before, and is at the head when this returns."""
        position = self.position()
        follower = Follower(lambda: self.stream(position, stream_type))
        self.addCleanup(follower.end, lambda: self.put("/end of %d" % id(follower)))
        return follower

    def put(self, path):
        answer = self.bare(self.token).put("/1/files_put/auto" + urllib.parse.quote(path), b"x")
        self.assertEqual(answer.status, 200, answer.body)

    def polls(self, mark):
        """How often somebody began to wait since then."""
        return [path for _, path, _ in self.server.requests(mark) if path == "/subscribe"]

    def until_it_waited_again(self):
        """Waits for a poll that ends with nothing to tell, and the next."""
        mark = self.server.mark()
        deadline = time.monotonic() + 5 * HOLD_SECONDS + 10
        while len(self.polls(mark)) < 2:
            self.assertLess(time.monotonic(), deadline, "it no longer waits")
            time.sleep(0.1)

    def assert_calm(self, holds=3):
        """While nothing happens, it asks a few times only."""
        mark = self.server.mark()
        time.sleep(holds * HOLD_SECONDS)
        asked = self.server.requests(mark)
        self.assertLess(len(asked), (holds + 1) * REQUESTS_PER_HOLD_MAX, asked[-30:])
        self.assertTrue(asked, "it no longer asks")

    def test_every_change_once_and_in_order(self):
        """300 changes through both dialects, over polls that end and a server that is killed."""
        follower = self.follow()
        script = Script(self, self.hands())
        script.rounds(8)
        self.assertEqual(follower.wait(len(script.told)), script.told)
        self.until_it_waited_again()
        script.rounds(4)
        self.server.kill()
        self.server.start()
        script.rounds(13)
        self.assertEqual(len(script.told), 25 * ROUND)
        self.assertEqual(follower.wait(len(script.told)), script.told)
        self.assert_calm()
        self.put("/the last.txt")
        self.assertEqual(follower.wait(len(script.told) + 1)[-1], ("ITEM_UPLOAD", "the last.txt"))
        self.assertEqual(len(follower.told), len(script.told) + 1)

    def test_hidden_events_cause_no_haste(self):
        """A link is told in `all` alone; a stream of `changes` neither tells it nor runs in circles over it."""
        hands = self.hands()
        file = hands.upload("0", "shared.txt", b"1")
        follower = self.follow("changes")
        self.put("/before.txt")
        follower.wait(1)
        hands.share(file)
        self.assert_calm()
        self.put("/after.txt")
        self.assertEqual(follower.wait(2), [("ITEM_UPLOAD", "before.txt"), ("ITEM_UPLOAD", "after.txt")])
        self.assert_calm(1)

    def test_links_are_told_in_all(self):
        hands = self.hands()
        file = hands.upload("0", "shared.txt", b"1")
        follower = self.follow()
        hands.share(file)
        hands.unshare(file)
        expected = [("ITEM_SHARED_CREATE", "shared.txt"), ("ITEM_SHARED_UNSHARE", "shared.txt")]
        self.assertEqual(follower.wait(2), expected)

    def test_from_the_beginning(self):
        """Position 0 is the first event there was."""
        script = Script(self, self.hands())
        script.rounds(1)
        follower = Follower(lambda: self.stream("0", None))
        self.addCleanup(follower.end, lambda: self.put("/end.txt"))
        self.assertEqual(follower.wait(ROUND), script.told)
