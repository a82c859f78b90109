"""The chunked uploader: a large file in pieces, over broken connections and a restarted server."""

import hashlib
import io
import os
import socket
import struct
import threading
import urllib.parse

from dropbox.client import DropboxClient
from dropbox.rest import RESTClientObject

from .world import TestCase, reached_by

MIB = 1024 * 1024
CHUNK = 4 * MIB


class CuttingProxy:
    """Passes connections on to the server, and resets some of them in the middle of a request."""

    def __init__(self, server_url):
        parts = urllib.parse.urlsplit(server_url)
        self._target = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self._listener.getsockname()[1]
        self._cuts_left = 0
        self._cut_after = None
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, times, after_bytes):
        """From here on, so many connections are reset once they have sent this many bytes more."""
        self._cut_after = after_bytes
        self._cuts_left = times

    @property
    def cuts_left(self):
        return self._cuts_left

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            threading.Thread(target=self._up, args=(client, server), daemon=True).start()
            threading.Thread(target=self._down, args=(server, client), daemon=True).start()

    def _up(self, client, server):
        sent = 0
        try:
            while data := client.recv(65536):
                if not self._cuts_left:
                    sent = 0
                elif sent + len(data) > self._cut_after:
                    self._cuts_left -= 1
                    self._reset(client, server)
                    return
                server.sendall(data)
                sent += len(data)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            self._reset(client, server)

    def _down(self, server, client):
        try:
            while data := server.recv(65536):
                client.sendall(data)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _reset(self, *sockets):
        for end in sockets:
            try:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


class Uploader(TestCase):
    def setUp(self):
        super().setUp()
        self.content = os.urandom(20 * MIB)

    def check(self, entry, path="/big.bin"):
        self.assertEqual((entry["path"], entry["bytes"]), (path, len(self.content)))
        stored = hashlib.sha256(self.read(path)).hexdigest()
        self.assertEqual(stored, hashlib.sha256(self.content).hexdigest())

    def test_five_chunks(self):
        uploader = self.client.get_chunked_uploader(io.BytesIO(self.content), len(self.content))
        uploader.upload_chunked(CHUNK)
        self.assertEqual(uploader.offset, len(self.content))
        self.check(uploader.finish("/big.bin"))

    def test_broken_connections(self):
        """Connections break inside a chunk until an error comes through; the program tries again and goes on."""
        proxy = CuttingProxy(self.server.url)
        self.addCleanup(proxy.close)
        with reached_by(proxy.url):
            client = DropboxClient(self.token, rest_client=RESTClientObject())
            uploader = client.get_chunked_uploader(io.BytesIO(self.content), len(self.content))
            uploader.target_length = CHUNK
            uploader.upload_chunked(CHUNK)
            self.assertEqual(uploader.offset, CHUNK)
            uploader.target_length = len(self.content)
            proxy.cut(times=6, after_bytes=CHUNK // 3)
            errors = 0
            while uploader.offset < uploader.target_length:
                try:
                    uploader.upload_chunked(CHUNK)
                except Exception as error:
                    errors += 1
                    self.assertLess(errors, 20, error)
            self.assertGreater(errors, 0, "no interruption came through to the program")
            self.assertEqual(proxy.cuts_left, 0)
            entry = uploader.finish("/big.bin")
        self.check(entry)

    def test_server_restarted(self):
        """The server is restarted between two chunks; the upload goes on where it stood."""
        uploader = self.client.get_chunked_uploader(io.BytesIO(self.content), len(self.content))
        uploader.target_length = 2 * CHUNK
        uploader.upload_chunked(CHUNK)
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        self.assertEqual(uploader.offset, 2 * CHUNK)
        uploader.target_length = len(self.content)
        uploader.upload_chunked(CHUNK)
        self.check(uploader.finish("/big.bin"))

    def test_odd_chunks(self):
        """Chunks that fit no block, and a last one of a single byte."""
        self.content = self.content[: 5 * 700_001 + 1]
        uploader = self.client.get_chunked_uploader(io.BytesIO(self.content), len(self.content))
        uploader.upload_chunked(700_001)
        self.check(uploader.finish("/big.bin"))


class Session(TestCase):
    def chunk(self, content, **query):
        return self.raw.put("/1/chunked_upload", content, **query)

    def commit(self, path, **form):
        return self.raw.post("/1/commit_chunked_upload/auto" + path, **form)

    def test_state(self):
        first = self.chunk(b"abc").json
        self.assertEqual(first["offset"], 3)
        self.assertIn("expires", first)
        second = self.chunk(b"de", upload_id=first["upload_id"], offset=3).json
        self.assertEqual((second["upload_id"], second["offset"]), (first["upload_id"], 5))
        self.assertEqual(self.commit("/a.txt", upload_id=first["upload_id"]).json["bytes"], 5)
        self.assertEqual(self.read("/a.txt"), b"abcde")

    def test_wrong_offset(self):
        """Refused with the offset that is right, so that the client can go on from there."""
        upload = self.chunk(b"abc").json["upload_id"]
        for offset in [0, 2, 4]:
            answer = self.chunk(b"x", upload_id=upload, offset=offset)
            self.assertEqual((answer.status, answer.json["offset"], answer.json["upload_id"]), (400, 3, upload))
            self.assertIn("error", answer.json)
        self.assertEqual(self.chunk(b"d", upload_id=upload, offset=3).json["offset"], 4)

    def test_unknown_session(self):
        self.assertEqual(self.chunk(b"x", upload_id="A" * 22, offset=3).status, 404)
        self.assertEqual(self.commit("/a.txt", upload_id="A" * 22).status, 400)
        self.assertEqual(self.commit("/a.txt").status, 400)

    def test_session_of_someone_else(self):
        upload = self.chunk(b"abc").json["upload_id"]
        stranger = self.bare(self.world.new_person().token())
        self.assertEqual(stranger.put("/1/chunked_upload", b"x", upload_id=upload, offset=3).status, 404)
        self.assertEqual(stranger.post("/1/commit_chunked_upload/auto/a", upload_id=upload).status, 400)

    def test_committed_once(self):
        upload = self.chunk(b"abc").json["upload_id"]
        self.assertEqual(self.commit("/a.txt", upload_id=upload).status, 200)
        self.assertEqual(self.commit("/b.txt", upload_id=upload).status, 400)
        self.assertEqual(self.raw.get("/1/metadata/auto/b.txt").status, 404)

    def test_conflicts(self):
        """A commit follows the same rules as any other upload."""
        old = self.put("/a.txt", b"1")["rev"]
        uploader = self.client.get_chunked_uploader(io.BytesIO(b"2"), 1)
        uploader.upload_chunked()
        self.assertEqual(uploader.finish("/a.txt")["path"], "/a (1).txt")
        self.put("/a.txt", b"3")
        uploader = self.client.get_chunked_uploader(io.BytesIO(b"4"), 1)
        uploader.upload_chunked()
        self.assertEqual(uploader.finish("/a.txt", parent_rev=old)["path"], "/a (conflicted copy).txt")

    def test_low_level_calls(self):
        """The SDK's own low-level commit makes a doubled slash."""
        offset, upload = self.client.upload_chunk(io.BytesIO(b"abc"), 3)
        self.assertEqual(offset, 3)
        self.assertEqual(self.client.commit_chunked_upload("/auto/x.txt", upload)["path"], "/x.txt")
