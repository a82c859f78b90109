"""Metadata: listings, the hash that saves one, what is deleted and what never was."""

from .world import TestCase


class Listing(TestCase):
    def test_folder(self):
        self.put("/Folder/b.txt")
        self.put("/Folder/A.txt")
        self.put("/Folder/sub/deep.txt")
        listing = self.client.metadata("/Folder")
        self.assertRegex(listing["hash"], r"\A[0-9a-f]{32}\Z")
        self.assertEqual(
            sorted(entry["path"] for entry in listing["contents"]),
            ["/Folder/A.txt", "/Folder/b.txt", "/Folder/sub"],
        )
        for entry in listing["contents"]:
            self.assertFalse({"hash", "contents"} & set(entry))
        self.assertEqual(
            self.client.metadata("/Folder/b.txt"),
            next(entry for entry in listing["contents"] if entry["path"] == "/Folder/b.txt"),
        )

    def test_root(self):
        """The root has no rev and no date; every spelling of it is the same folder."""
        self.put("/a.txt")
        root = self.client.metadata("/")
        self.assertEqual((root["path"], root["is_dir"], root["icon"]), ("/", True, "folder"))
        self.assertFalse({"rev", "revision", "modified"} & set(root))
        for spelling in ["/1/metadata/auto", "/1/metadata/auto/", "/1/metadata/auto/%2F", "/0/metadata/dropbox//"]:
            with self.subTest(spelling):
                self.assertEqual(self.raw.get(spelling).json["contents"], root["contents"])

    def test_empty_root(self):
        self.assertEqual(self.client.metadata("/")["contents"], [])

    def test_without_listing(self):
        self.put("/Folder/a.txt")
        entry = self.client.metadata("/Folder", list=False)
        self.assertTrue(entry["is_dir"])
        self.assertFalse({"hash", "contents"} & set(entry))

    def test_too_many_children(self):
        """More children than asked for is an error, never a shortened list."""
        for number in range(5):
            self.put("/Folder/%d.txt" % number)
        self.assertEqual(len(self.client.metadata("/Folder", file_limit=5)["contents"]), 5)
        with self.refused(406):
            self.client.metadata("/Folder", file_limit=4)

    def test_spellings_of_a_path(self):
        self.put("/A b/é+%.txt")
        for spelling in ["A%20b/%C3%A9+%25.txt", "A%20b%2F%C3%A9%2B%25.txt", "%2FA%20b//%C3%A9%2B%25.txt/"]:
            with self.subTest(spelling):
                self.assertEqual(self.raw.get("/1/metadata/auto/" + spelling).json["path"], "/A b/é+%.txt")


class Hash(TestCase):
    def setUp(self):
        super().setUp()
        self.put("/Folder/sub/deep.txt")
        self.put("/Folder/a.txt", b"1")
        self.hash = self.client.metadata("/Folder")["hash"]

    def unchanged(self):
        with self.refused(304) as caught:
            self.client.metadata("/Folder", hash=self.hash)
        self.assertFalse(caught.exception.body)

    def changed(self):
        self.assertNotEqual(self.client.metadata("/Folder", hash=self.hash)["hash"], self.hash)

    def test_unchanged(self):
        self.unchanged()

    def test_a_grandchild_changes_nothing(self):
        self.put("/Folder/sub/deep.txt", b"other")
        self.unchanged()

    def test_new_child(self):
        self.put("/Folder/b.txt")
        self.changed()

    def test_new_content(self):
        self.put("/Folder/a.txt", b"2")
        self.changed()

    def test_child_deleted(self):
        self.client.file_delete("/Folder/a.txt")
        self.changed()

    def test_child_renamed(self):
        self.client.file_move("/Folder/a.txt", "/Folder/z.txt")
        self.changed()

    def test_empty_hash_is_none(self):
        """node-dbox sends `hash=` when it has none."""
        self.assertEqual(self.raw.get("/1/metadata/auto/Folder", hash="").status, 200)


class Deleted(TestCase):
    def test_never_existed(self):
        with self.refused(404):
            self.client.metadata("/nothing")

    def test_deleted_file(self):
        """A path that was: told as deleted, whatever `include_deleted` says."""
        self.put("/a.txt", b"1")
        self.client.file_delete("/a.txt")
        entry = self.client.metadata("/a.txt")
        told = {key: entry.get(key) for key in ["path", "is_deleted", "bytes", "size", "is_dir"]}
        self.assertEqual(
            told, {"path": "/a.txt", "is_deleted": True, "bytes": 0, "size": "0 bytes", "is_dir": False}
        )

    def test_moved_away(self):
        self.put("/a.txt")
        self.client.file_move("/a.txt", "/b.txt")
        self.assertTrue(self.client.metadata("/a.txt")["is_deleted"])

    def test_listed_on_request(self):
        self.put("/Folder/a.txt")
        self.put("/Folder/b.txt")
        self.client.file_delete("/Folder/a.txt")
        self.assertEqual([entry["path"] for entry in self.client.metadata("/Folder")["contents"]], ["/Folder/b.txt"])
        contents = self.client.metadata("/Folder", include_deleted=True)["contents"]
        told = sorted((entry["path"], entry.get("is_deleted", False)) for entry in contents)
        self.assertEqual(told, [("/Folder/a.txt", True), ("/Folder/b.txt", False)])

    def test_by_rev(self):
        old = self.put("/a.txt", b"old")
        self.put("/a.txt", b"newer")
        self.assertEqual(self.client.metadata("/a.txt", rev=old["rev"])["bytes"], 3)
