"""Long polls: no credential but the cursor, an answer at the change, and quiet when there is none."""

import time

import requests

from .world import TestCase

NOTIFY_URL = "https://api-notify.dropbox.com/1/longpoll_delta"
AT_ONCE_SECONDS_MAX = 2.0
JITTER_SECONDS_MAX = 90


def poll(cursor, timeout=None):
    """As the programs did it: plain requests; the answer and how long it took."""
    began = time.monotonic()
    params = {"cursor": cursor} if timeout is None else {"cursor": cursor, "timeout": timeout}
    answer = requests.get(NOTIFY_URL, params=params, timeout=150)
    return answer, time.monotonic() - began


class Wakes(TestCase):
    def setUp(self):
        super().setUp()
        self.put("/folder/before.txt")
        self.cursor = self.client.delta()["cursor"]

    def wakes(self, cursor, change):
        """Whether the change wakes a parked poll at once, and nothing did before."""
        task = self.alongside(poll, cursor)
        time.sleep(0.2)
        self.assertTrue(task.thread.is_alive(), "answered before anything changed")
        change()
        answered = time.monotonic()
        answer, _ = task.join(AT_ONCE_SECONDS_MAX)
        self.assertLess(time.monotonic() - answered, AT_ONCE_SECONDS_MAX)
        self.assertEqual(answer.json()["changes"], True)

    def test_every_kind_of_change(self):
        for change in [
            lambda: self.put("/a.txt", b"1"),
            lambda: self.put("/a.txt", b"2"),
            lambda: self.client.file_create_folder("/new"),
            lambda: self.client.file_copy("/a.txt", "/b.txt"),
            lambda: self.client.file_move("/b.txt", "/c.txt"),
            lambda: self.client.file_delete("/c.txt"),
            lambda: self.client.restore("/c.txt", self.client.revisions("/c.txt")[1]["rev"]),
        ]:
            self.wakes(self.changes(self.cursor)[1], change)

    def test_behind_already(self):
        """A cursor that is behind is answered without waiting, again and again."""
        self.put("/a.txt")
        for _ in range(3):
            answer, seconds = poll(self.cursor)
            self.assertEqual(answer.json()["changes"], True)
            self.assertLess(seconds, AT_ONCE_SECONDS_MAX)

    def test_through_the_sdk(self):
        """The SDK sends its token along; that must do no harm."""
        task = self.alongside(self.client.longpoll_delta, self.cursor, 30)
        time.sleep(0.1)
        self.put("/a.txt")
        self.assertEqual(task.join(AT_ONCE_SECONDS_MAX)["changes"], True)

    def test_view_of_a_folder(self):
        """A poll over a folder sleeps through changes elsewhere."""
        cursor = self.client.delta(path_prefix="/folder")["cursor"]
        task = self.alongside(poll, cursor)
        for number in range(20):
            self.put("/elsewhere %d.txt" % number)
        time.sleep(0.5)
        self.assertTrue(task.thread.is_alive(), "woken by a change outside its folder")
        self.put("/FOLDER/inside.txt")
        self.assertEqual(task.join(AT_ONCE_SECONDS_MAX)[0].json()["changes"], True)

    def test_change_of_someone_else(self):
        """Nobody hears of another account."""
        stranger = self.world.new_person()
        task = self.alongside(poll, self.cursor)
        self.bare(stranger.token()).put("/1/files_put/auto/a.txt", b"1")
        time.sleep(0.3)
        self.assertTrue(task.thread.is_alive())
        self.put("/end.txt")
        task.join(AT_ONCE_SECONDS_MAX)


class Quiet(TestCase):
    def test_answers_when_the_time_is_up(self):
        """The shortest timeout is 30 s, plus jitter; smaller values are raised to it or served."""
        cursor = self.client.delta()["cursor"]
        quiet = [self.alongside(poll, cursor, timeout) for timeout in [30, None, 1]]
        for task in quiet:
            answer, seconds = task.join(30 + JITTER_SECONDS_MAX + 10)
            self.assertEqual((answer.status_code, answer.json()["changes"]), (200, False))
        _, seconds = quiet[0].join(1)
        self.assertGreater(seconds, 29.5)


class Refused(TestCase):
    def test_bad_cursor(self):
        cursor = self.client.delta()["cursor"]
        for bad in ["nonsense", cursor[:-4], cursor + "AAAA", ""]:
            with self.subTest(bad):
                answer, _ = poll(bad)
                self.assertEqual(answer.status_code, 400)
                self.assertIn("error", answer.json())

    def test_missing_cursor(self):
        answer = requests.get(NOTIFY_URL, timeout=60)
        self.assertEqual(answer.status_code, 400)

    def test_bad_timeout(self):
        cursor = self.client.delta()["cursor"]
        self.assertEqual(poll(cursor, "soon")[0].status_code, 400)

    def test_no_post(self):
        cursor = self.client.delta()["cursor"]
        self.assertEqual(self.raw.post("/1/longpoll_delta", cursor=cursor).status, 405)
