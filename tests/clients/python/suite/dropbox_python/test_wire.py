"""The spellings of HTTP that old clients use, byte by byte."""

import socket

from classic_sdk import server_address

from .world import TestCase


class Wire(TestCase):
    def setUp(self):
        super().setUp()
        self.socket = socket.create_connection(server_address(), timeout=20)
        self.addCleanup(self.socket.close)
        self.stream = self.socket.makefile("rb")
        self.addCleanup(self.stream.close)

    def send(self, first_line, *headers, body=b""):
        lines = [first_line + " HTTP/1.1", "Host: api.dropbox.com", "Authorization: Bearer " + self.token, *headers]
        self.socket.sendall("\r\n".join(lines + ["", ""]).encode("utf-8") + body)

    def answer(self):
        """Status and body of the next answer on the connection."""
        status = int(self.stream.readline().split()[1])
        length = None
        while (line := self.stream.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, self.stream.read(length or 0)

    def test_post_without_body_or_length(self):
        """curl -X POST: no Content-Length at all."""
        self.send("POST /1/delta")
        self.assertEqual(self.answer()[0], 200)

    def test_get_with_a_length(self):
        """node: `Content-Length: 0` on GET; the connection goes on."""
        for _ in range(3):
            self.send("GET /1/account/info", "Content-Length: 0")
            self.assertEqual(self.answer()[0], 200)

    def test_expect_continue(self):
        """curl asks first, also for small files."""
        self.send("PUT /1/files_put/auto/a.txt", "Expect: 100-continue", "Content-Length: 4")
        self.assertTrue(self.stream.readline().startswith(b"HTTP/1.1 100"))
        self.assertEqual(self.stream.readline(), b"\r\n")
        self.socket.sendall(b"tide")
        self.assertEqual(self.answer()[0], 200)
        self.assertEqual(self.read("/a.txt"), b"tide")

    def test_upload_labelled_as_a_form(self):
        """curl --data-binary: a file is a file, whatever its label says."""
        kind = "Content-Type: application/x-www-form-urlencoded"
        self.send("POST /1/files_put/auto/a.txt?overwrite=true", kind, "Content-Length: 15", body=b"overwrite=false")
        self.assertEqual(self.answer()[0], 200)
        self.assertEqual(self.read("/a.txt"), b"overwrite=false")

    def test_chunked_body(self):
        self.send("PUT /1/files_put/auto/a.txt", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        self.assertEqual(self.answer()[0], 200)
        self.assertEqual(self.read("/a.txt"), b"abcde")

    def test_slashes_and_aliases(self):
        """Trailing and doubled slashes, an empty query, and the version before."""
        self.put("/a/b.txt")
        for target in ["/1/metadata/auto/a/b.txt?", "/0/metadata/dropbox/a//b.txt/", "/1//metadata/auto/%2Fa%2Fb.txt"]:
            self.send("GET " + target)
            self.assertEqual(self.answer()[0], 200, target)

    def test_credentials_in_the_query(self):
        """dropbox-js in a browser."""
        answer = self.bare().get("/1/account/info", access_token=self.token)
        self.assertEqual(answer.json["email"], self.person.email)

    def test_wrong_method(self):
        self.send("DELETE /1/account/info")
        self.assertEqual(self.answer()[0], 405)

    def test_broken_upload_leaves_nothing(self):
        """A connection that ends in the middle of a body: nothing of the file is there."""
        self.send("PUT /1/files_put/auto/a.txt", "Content-Length: 1000000", body=bytes(500_000))
        self.socket.shutdown(socket.SHUT_WR)
        self.stream.read()
        with self.refused(404):
            self.client.metadata("/a.txt")
