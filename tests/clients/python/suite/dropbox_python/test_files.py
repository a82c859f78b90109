"""Files: up in every way the SDK sends them, down whole, in part and by revision."""

import io
import os
import re
import tempfile

from .world import TestCase

DATE = r"\A(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} \+0000\Z"


class Account(TestCase):
    def test_account_info(self):
        info = self.client.account_info()
        self.assertEqual((info["display_name"], info["email"]), (self.person.name, self.person.email))
        self.assertEqual(set(info["name_details"]), {"given_name", "surname", "familiar_name"})
        self.assertLessEqual({"quota", "normal", "shared"}, set(info["quota_info"]))
        self.assertRegex(info["country"], r"\A[A-Z]{2}\Z")

    def test_use_grows_with_files(self):
        before = self.client.account_info()["quota_info"]["normal"]
        self.put("/a.bin", bytes(1000))
        self.assertEqual(self.client.account_info()["quota_info"]["normal"], before + 1000)


class Upload(TestCase):
    def test_answered_metadata(self):
        """Every field that one of the old clients requires, in its form."""
        entry = self.put("/Notes/todo.txt", bytes(339773))
        expected = {
            "path": "/Notes/todo.txt",
            "is_dir": False,
            "bytes": 339773,
            "size": "331.8 KB",
            "root": "dropbox",
            "mime_type": "text/plain",
            "icon": "page_white_text",
            "thumb_exists": False,
        }
        self.assertEqual({name: entry.get(name) for name in expected}, expected)
        self.assertRegex(entry["modified"], DATE)
        self.assertRegex(entry["client_mtime"], DATE)
        self.assertTrue(re.fullmatch("[0-9a-f]{9,}", entry["rev"]), entry["rev"])
        self.assertEqual(int(entry["rev"][:-8], 16), entry["revision"])
        self.assertFalse({"hash", "contents", "is_deleted"} & set(entry))

    def test_file_object(self):
        """An open file goes out with chunked transfer encoding, without a length."""
        content = os.urandom(300_000)
        with tempfile.TemporaryFile() as source:
            source.write(content)
            source.seek(0)
            entry = self.client.put_file("/from disk.bin", source)
        self.assertEqual(entry["bytes"], len(content))
        self.assertEqual(self.read("/from disk.bin"), content)

    def test_bytes_in_memory(self):
        """These go out with a length and without a type."""
        self.assertEqual(self.client.put_file("/memory", io.BytesIO(b"\x00\xff"))["bytes"], 2)
        self.assertEqual(self.read("/memory"), b"\x00\xff")

    def test_empty_file(self):
        self.assertEqual(self.put("/empty", b"")["size"], "0 bytes")
        self.assertEqual(self.read("/empty"), b"")

    def test_several_blocks(self):
        content = os.urandom(9 * 1024 * 1024 + 17)
        self.put("/large.bin", content)
        self.assertEqual(self.read("/large.bin"), content)

    def test_makes_the_folders_above(self):
        self.put("/a/b/c.txt")
        self.assertTrue(self.client.metadata("/a/b")["is_dir"])

    def test_identical_upload_changes_nothing(self):
        """The same bytes again: the same rev, no new revision, nothing in the delta."""
        first = self.put("/same.txt", b"same")
        cursor = self.latest_cursor()
        self.assertEqual(self.put("/same.txt", b"same")["rev"], first["rev"])
        self.assertEqual(self.put("/same.txt", b"same", parent_rev=first["rev"])["rev"], first["rev"])
        self.assertEqual(self.put("/SAME.TXT", b"same")["path"], "/same.txt")
        self.assertEqual(len(self.client.revisions("/same.txt")), 1)
        self.assertEqual(self.changes(cursor)[0], [])

    def test_refused_names(self):
        for path in ["/desktop.ini", "/a/Thumbs.db", "/.dropbox", "/back\\slash", "/" + "x" * 256]:
            with self.subTest(path), self.refused(400):
                self.put(path)

    def test_rev_grows(self):
        revisions = [self.put("/%d" % number)["revision"] for number in range(5)]
        self.assertEqual(revisions, sorted(set(revisions)))


class Download(TestCase):
    def setUp(self):
        super().setUp()
        self.content = bytes(range(256)) * 40
        self.entry = self.put("/data.bin", self.content)

    def test_with_metadata(self):
        source, metadata = self.client.get_file_and_metadata("/data.bin")
        self.assertEqual(source.read(), self.content)
        source.close()
        self.assertEqual(metadata, self.client.metadata("/data.bin"))

    def test_ranges(self):
        size = len(self.content)
        for start, length, part in [
            (0, 1, self.content[:1]),
            (1, 4, self.content[1:5]),
            (size - 1, 10, self.content[-1:]),
            (10_000, None, self.content[10_000:]),
            (None, 7, self.content[-7:]),
        ]:
            with self.subTest((start, length)):
                self.assertEqual(self.read("/data.bin", start=start, length=length), part)
                source = self.client.get_file("/data.bin", start=start, length=length)
                self.assertEqual(source.status, 206)
                first = size - len(part) if start is None else start
                said = "bytes %d-%d/%d" % (first, first + len(part) - 1, size)
                self.assertEqual(source.getheader("content-range"), said)
                source.close()

    def test_by_rev(self):
        old = self.entry["rev"]
        self.put("/data.bin", b"newer")
        self.assertEqual(self.read("/data.bin"), b"newer")
        self.assertEqual(self.read("/data.bin", rev=old), self.content)
        _, metadata = self.client.get_file_and_metadata("/data.bin", rev=old)
        self.assertEqual((metadata["rev"], metadata["bytes"]), (old, len(self.content)))

    def test_missing(self):
        self.client.file_create_folder("/folder")
        self.put("/gone.txt")
        self.client.file_delete("/gone.txt")
        for path in ["/nothing.txt", "/folder", "/gone.txt"]:
            with self.subTest(path), self.refused(404):
                self.client.get_file(path)
        with self.refused(404):
            self.client.get_file("/data.bin", rev="fff00000001")

    def test_old_revision_of_a_deleted_file(self):
        self.client.file_delete("/data.bin")
        self.assertEqual(self.read("/data.bin", rev=self.entry["rev"]), self.content)

    def test_unchanged_by_etag(self):
        """The ETag is the rev; a client that has it gets an empty 304."""
        answer = self.raw.get("/1/files/auto/data.bin")
        self.assertEqual(answer.headers["etag"], '"%s"' % self.entry["rev"])
        again = self.raw.request("GET", "/1/files/auto/data.bin", headers={"If-None-Match": answer.headers["etag"]})
        self.assertEqual((again.status, again.body), (304, b""))

    def test_head(self):
        answer = self.raw.request("HEAD", "/1/files/auto/data.bin")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(answer.headers["content-length"], str(len(self.content)))
        self.assertEqual(len(answer.headers.get_all("x-dropbox-metadata")), 1)
