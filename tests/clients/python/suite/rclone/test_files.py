"""Single files and folders: each command once, and what it must leave behind."""

import datetime
import json
import os
import urllib.parse

from .world import TestCase


class Files(TestCase):
    def test_copy_list_read(self):
        source = self.local({"one.txt": b"tide", "Folder/two.txt": b"0123456789"})
        self.rclone("copy", source, "box:")
        self.assertEqual(self.names("box:"), ["Folder", "Folder/two.txt", "one.txt"])
        self.assertIn(b"Folder", self.rclone("lsd", "box:"))
        self.assertEqual(self.rclone("cat", "box:one.txt"), b"tide")
        self.assertEqual(self.rclone("cat", "--offset", 3, "--count", 4, "box:Folder/two.txt"), b"3456")
        self.rclone("check", source, "box:")
        self.assertEqual(json.loads(self.rclone("size", "--json", "box:"))["bytes"], 14)
        self.assertEqual(self.gateway.refused, set())
        self.assertGreaterEqual(self.gateway.joined, {"api.box.com", "upload.box.com"})

    def test_seen_in_v1(self):
        """The same files by either dialect."""
        self.rclone("copy", self.local({"Folder/file.txt": b"tide"}), "box:")
        self.assertEqual(self.raw.get("/1/files/auto/Folder/file.txt").body, b"tide")
        self.raw.put("/1/files_put/auto/Folder/other.txt", b"ebb")
        self.assertEqual(self.rclone("cat", "box:Folder/other.txt"), b"ebb")

    def test_a_stream_of_unknown_length(self):
        self.rclone("rcat", "box:stream.txt", text=b"x" * 300_000)
        self.assertEqual(self.rclone("cat", "box:stream.txt"), b"x" * 300_000)

    def test_empty_file_and_odd_names(self):
        source = self.local({"empty": b"", "Größe ☃ & +%.txt": b"1", " leading": b"2", "back\\slash": b"3"})
        self.rclone("copy", source, "box:")
        self.assertEqual(self.names("box:"), sorted(["empty", "Größe ☃ & +%.txt", " leading", "back\\slash"]))
        self.rclone("check", source, "box:")

    def test_times_are_kept(self):
        source = self.local({"file.txt": b"tide"})
        then = datetime.datetime(2011, 12, 13, 14, 15, 16, tzinfo=datetime.timezone.utc)
        os.utime(source / "file.txt", (then.timestamp(), then.timestamp()))
        self.rclone("copy", source, "box:")
        self.assertEqual(self.listed("box:")["file.txt"]["ModTime"][:19], "2011-12-13T14:15:16")
        later = then + datetime.timedelta(days=1)
        os.utime(source / "file.txt", (later.timestamp(), later.timestamp()))
        self.rclone("copy", source, "box:")
        self.assertEqual(self.listed("box:")["file.txt"]["ModTime"][:19], "2011-12-14T14:15:16")
        self.rclone("copy", "box:", self.folder / "back")
        self.assertEqual((self.folder / "back/file.txt").stat().st_mtime, later.timestamp())

    def test_over_what_is_there(self):
        """New bytes by an upload, by a copy that comes and goes, and by a move on the server."""
        for content in (b"one", b"second"):
            self.rclone("copyto", self.local({"x": content}) / "x", "box:file.txt")
        self.assertEqual(self.rclone("cat", "box:file.txt"), b"second")
        self.rclone("copyto", self.local({"x": b"third!!"}) / "x", "box:other.txt")
        # It has no copy on the server over what is there: it asks for one, and is told that the name is taken.
        self.rclone("copyto", "box:other.txt", "box:file.txt", "--disable", "copy")
        self.assertEqual(self.rclone("cat", "box:file.txt"), b"third!!")
        self.rclone("copyto", "box:other.txt", "box:Folder/new.txt")
        self.rclone("copyto", self.local({"x": b"fourth"}) / "x", "box:other.txt")
        self.rclone("moveto", "box:other.txt", "box:file.txt")
        self.assertEqual(self.rclone("cat", "box:file.txt"), b"fourth")
        self.assertEqual(self.names("box:"), ["Folder", "Folder/new.txt", "file.txt"])

    def test_folders(self):
        self.rclone("mkdir", "box:Outer/Inner")
        self.rclone("copyto", self.local({"x": b"1"}) / "x", "box:Outer/file.txt")
        self.fails("rmdir", "box:Outer")
        self.rclone("move", "box:Outer", "box:Renamed", "--create-empty-src-dirs")
        self.rclone("rmdir", "box:Renamed/Inner")
        self.rclone("deletefile", "box:Renamed/file.txt")
        self.rclone("rmdirs", "box:Renamed")
        self.assertEqual([name for name in self.names("box:") if name != "Outer"], [])
        self.assertIn("not found", self.fails("ls", "box:Nowhere"))

    def test_delete_and_cleanup(self):
        self.rclone("copy", self.local({"%d.txt" % number: b"x" for number in range(5)}), "box:Folder")
        self.rclone("delete", "box:Folder")
        self.assertEqual(self.names("box:Folder"), [])
        self.rclone("purge", "box:Folder")
        self.assertEqual(self.names("box:"), [])
        self.rclone("cleanup", "box:")
        # Nothing is left to bring back.
        self.assertNotEqual(self.raw.get("/1/revisions/auto/Folder/1.txt").status, 200)

    def test_link(self):
        self.rclone("copyto", self.local({"x": b"tide"}) / "x", "box:file.txt")
        url = self.rclone("link", "box:file.txt").decode("ascii").strip()
        self.assertEqual(self.rclone("link", "box:file.txt").decode("ascii").strip(), url)
        page = self.bare().get(urllib.parse.urlsplit(url).path)
        self.assertEqual(page.status, 200)
        self.assertIn(b"file.txt", page.body)

    def test_about(self):
        self.rclone("copyto", self.local({"x": b"x" * 100_000}) / "x", "box:file.txt")
        told = json.loads(self.rclone("about", "--json", "box:"))
        self.assertGreaterEqual(told["used"], 100_000)
        self.assertEqual(told["total"] - told["used"], told["free"])
