"""Revisions and restore: the history of a path, over its deletion too."""

from .world import TestCase


class Revisions(TestCase):
    def test_newest_first_with_deletions(self):
        revs = [self.put("/a.txt", content)["rev"] for content in [b"1", b"22"]]
        self.client.file_delete("/a.txt")
        revs.append(self.put("/a.txt", b"333")["rev"])
        history = self.client.revisions("/a.txt")
        told = [(entry["bytes"], entry.get("is_deleted", False)) for entry in history]
        self.assertEqual(told, [(3, False), (0, True), (2, False), (1, False)])
        self.assertEqual([history[index]["rev"] for index in [3, 2, 0]], revs)

    def test_limit(self):
        for number in range(12):
            self.put("/a.txt", b"%d" % number)
        self.assertEqual(len(self.client.revisions("/a.txt", rev_limit=3)), 3)
        self.assertEqual(len(self.client.revisions("/a.txt")), 12)
        self.assertEqual(len(self.raw.get("/1/revisions/auto/a.txt").json), 10)
        with self.refused(400):
            self.client.revisions("/a.txt", rev_limit=0)

    def test_belongs_to_the_path(self):
        """History does not follow a move."""
        self.put("/a.txt", b"1")
        self.put("/a.txt", b"2")
        self.client.file_move("/a.txt", "/b.txt")
        self.assertEqual(len(self.client.revisions("/b.txt")), 1)
        self.assertTrue(self.client.revisions("/a.txt")[0]["is_deleted"])

    def test_missing(self):
        self.client.file_create_folder("/folder")
        for path in ["/nothing", "/folder"]:
            with self.subTest(path), self.refused(404):
                self.client.revisions(path)


class Restore(TestCase):
    def test_older_content(self):
        old = self.put("/a.txt", b"old")
        new = self.put("/a.txt", b"new")
        entry = self.client.restore("/a.txt", old["rev"])
        self.assertNotIn(entry["rev"], [old["rev"], new["rev"]])
        self.assertGreater(entry["revision"], new["revision"])
        self.assertEqual(self.read("/a.txt"), b"old")
        self.assertEqual(len(self.client.revisions("/a.txt")), 3)

    def test_deleted_file(self):
        rev = self.put("/folder/a.txt", b"1")["rev"]
        self.client.file_delete("/folder")
        _, cursor = self.changes()
        self.client.restore("/folder/a.txt", rev)
        self.assertEqual(self.read("/folder/a.txt"), b"1")
        entries, _ = self.changes(cursor)
        self.assertEqual([path for path, metadata in entries if metadata], ["/folder", "/folder/a.txt"])

    def test_refusals(self):
        rev = self.put("/a.txt", b"1")["rev"]
        self.put("/b.txt", b"2")
        with self.refused(400, 404):
            self.client.restore("/b.txt", rev)
        with self.refused(400, 404):
            self.client.restore("/a.txt", "nonsense")
        with self.refused(404):
            self.client.restore("/nothing", rev)
        self.assertEqual(self.read("/b.txt"), b"2")
