"""The soak: hundreds of parked polls, changes at every moment, and not one wake-up lost.

Each group of polls watches one folder. A round: every poll takes a cursor, and parks after a random
pause; at a random moment in the same span one change is made in the folder, so that it falls before,
between and after the registrations. Then the folder stays still, and a poll that missed the change is
found. Half of the groups have an account of their own, where nothing else can make up for what was missed;
the others share one account, where they change their folders all the while: that must wake nobody here.
"""

import asyncio
import json
import random
import time
import urllib.parse

from classic_sdk import server_address

from .world import TestCase

LONELY_GROUPS = 10
SHARING_GROUPS = 10
POLLS_PER_GROUP = 10
SOAK_SECONDS = 20
SPAN_SECONDS_MAX = 0.03
LOST_SECONDS = 4.0


class Connection:
    """One kept connection, for one request at a time."""

    def __init__(self, token=None):
        self._token = token
        self._streams = None

    async def request(self, method, path, form=None, body=b""):
        reader, writer = self._streams = self._streams or await asyncio.open_connection(*server_address())
        head = "%s %s HTTP/1.1\r\nHost: %s:%s\r\n" % (method, path, *server_address())
        if self._token:
            head += "Authorization: Bearer %s\r\n" % self._token
        if form is not None:
            body = urllib.parse.urlencode(form).encode("ascii")
            head += "Content-Type: application/x-www-form-urlencoded\r\n"
        writer.write(b"%sContent-Length: %d\r\n\r\n%s" % (head.encode("ascii"), len(body), body))
        status = int((await reader.readline()).split()[1])
        length = 0
        while (line := await reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        body = await reader.readexactly(length)
        if status != 200:
            raise AssertionError("%s %s: %d %s" % (method, path, status, body[:200]))
        return json.loads(body)

    def close(self):
        if self._streams:
            self._streams[1].close()


class Group:
    """The polls over one folder, and the writer that changes it."""

    def __init__(self, token, number, chance):
        self.folder = "/group %d" % number
        self.chance = chance
        self.writer = Connection(token)
        self.polls = [Connection() for _ in range(POLLS_PER_GROUP)]
        self.rounds = 0
        self.slowest = 0.0
        self._files = []

    async def change(self):
        """One effective change in the folder, of a random kind."""
        name = "%s/%d %d" % (self.folder, self.rounds, self.chance.randrange(1_000_000))
        kind = self.chance.choice(["put", "put", "folder", "move", "delete"]) if self._files else "put"
        if kind == "put":
            self._files.append(name)
            path = "/1/files_put/auto" + urllib.parse.quote(name)
            return await self.writer.request("PUT", path, body=name.encode("ascii"))
        if kind == "folder":
            return await self.fileop("create_folder", path=name)
        old = self._files.pop(self.chance.randrange(len(self._files)))
        if kind == "delete":
            return await self.fileop("delete", path=old)
        self._files.append(name)
        return await self.fileop("move", from_path=old, to_path=name)

    def fileop(self, name, **form):
        return self.writer.request("POST", "/1/fileops/" + name, form=dict(form, root="auto"))

    async def round(self):
        cursor = await self.writer.request("POST", "/1/delta/latest_cursor", form={"path_prefix": self.folder})
        query = "?" + urllib.parse.urlencode({"cursor": cursor["cursor"], "timeout": 30})
        began = []

        async def park(connection):
            await asyncio.sleep(self.chance.uniform(0, SPAN_SECONDS_MAX))
            answer = await connection.request("GET", "/1/longpoll_delta" + query)
            if not began:
                raise AssertionError("%s: a poll was answered before anything changed" % self.folder)
            return answer["changes"]

        polls = [asyncio.create_task(park(connection)) for connection in self.polls]
        try:
            await asyncio.sleep(self.chance.uniform(0, 2 * SPAN_SECONDS_MAX))
            began.append(True)
            await self.change()
            made = time.monotonic()
            _, lost = await asyncio.wait(polls, timeout=LOST_SECONDS)
            if lost:
                raise AssertionError("%s: %d of %d polls missed a change" % (self.folder, len(lost), len(polls)))
            self.slowest = max(self.slowest, time.monotonic() - made)
            for poll in polls:
                if poll.result() is not True:
                    raise AssertionError("%s: a poll was answered without a change" % self.folder)
            self.rounds += 1
        finally:
            for poll in polls:
                poll.cancel()

    async def soak(self, deadline):
        await self.fileop("create_folder", path=self.folder)
        while time.monotonic() < deadline:
            await self.round()

    def close(self):
        for connection in [self.writer, *self.polls]:
            connection.close()


class Soak(TestCase):
    def test_no_wake_up_is_lost(self):
        seed = random.SystemRandom().randrange(1 << 32)
        tokens = [self.world.new_person().token() for _ in range(LONELY_GROUPS)] + [self.token] * SHARING_GROUPS
        groups = [Group(token, number, random.Random(seed + number)) for number, token in enumerate(tokens)]

        async def run():
            deadline = time.monotonic() + SOAK_SECONDS
            try:
                await asyncio.gather(*(group.soak(deadline) for group in groups))
            finally:
                for group in groups:
                    group.close()

        try:
            asyncio.run(run())
        except AssertionError as error:
            raise AssertionError("%s (seed %d)" % (error, seed)) from error
        rounds = sum(group.rounds for group in groups)
        slowest = max(group.slowest for group in groups)
        print("    %d polls woken, the slowest after %.3f s" % (rounds * POLLS_PER_GROUP, slowest))
        self.assertGreater(min(group.rounds for group in groups), 5)
