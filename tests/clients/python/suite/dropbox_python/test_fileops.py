"""Copy, move, create_folder, delete: what they answer and what they refuse."""

from .world import TestCase


class Copy(TestCase):
    def test_file(self):
        first = self.put("/a.txt", b"1")
        entry = self.client.file_copy("/a.txt", "/new folder/b.txt")
        self.assertEqual((entry["path"], entry["bytes"], entry["is_dir"]), ("/new folder/b.txt", 1, False))
        self.assertGreater(entry["revision"], first["revision"])
        self.assertEqual(self.read("/new folder/b.txt"), b"1")
        self.assertEqual(self.read("/a.txt"), b"1")

    def test_folder(self):
        self.put("/from/sub/a.txt", b"1")
        self.assertTrue(self.client.file_copy("/from", "/to")["is_dir"])
        self.assertEqual(self.read("/to/sub/a.txt"), b"1")
        self.put("/to/sub/a.txt", b"2")
        self.assertEqual(self.read("/from/sub/a.txt"), b"1")

    def test_refusals(self):
        self.put("/a.txt")
        self.put("/b.txt")
        self.put("/folder/c.txt")
        with self.refused(404):
            self.client.file_copy("/nothing", "/x")
        with self.refused(403):
            self.client.file_copy("/a.txt", "/B.txt")
        with self.refused(403):
            self.client.file_copy("/folder", "/folder/inside")
        answer = self.raw.post("/1/fileops/copy", root="auto", to_path="/x")
        self.assertEqual(answer.status, 400)


class Move(TestCase):
    def test_file(self):
        self.put("/a.txt", b"1")
        self.assertEqual(self.client.file_move("/a.txt", "/b.txt")["path"], "/b.txt")
        self.assertEqual(self.read("/b.txt"), b"1")
        with self.refused(404):
            self.client.get_file("/a.txt")

    def test_folder(self):
        self.put("/from/sub/a.txt", b"1")
        self.put("/from/b.txt", b"2")
        self.client.file_move("/from", "/deep/to")
        self.assertEqual(self.read("/deep/to/sub/a.txt"), b"1")
        self.assertTrue(self.client.metadata("/from")["is_deleted"])
        entries, _ = self.changes()
        self.assertEqual(
            [path for path, _ in entries],
            ["/deep", "/deep/to", "/deep/to/b.txt", "/deep/to/sub", "/deep/to/sub/a.txt"],
        )

    def test_refusals(self):
        self.put("/a.txt")
        self.put("/folder/b.txt")
        with self.refused(404):
            self.client.file_move("/nothing", "/x")
        with self.refused(403):
            self.client.file_move("/a.txt", "/Folder")
        with self.refused(403):
            self.client.file_move("/folder", "/folder/inside")
        self.assertEqual(self.read("/folder/b.txt"), b"tide")


class CreateFolder(TestCase):
    def test_folder(self):
        entry = self.client.file_create_folder("/a/b")
        self.assertEqual((entry["path"], entry["is_dir"], entry["bytes"]), ("/a/b", True, 0))
        self.assertFalse({"hash", "contents"} & set(entry))
        self.assertEqual(self.client.metadata("/a/b")["contents"], [])

    def test_refusals(self):
        self.put("/file")
        self.client.file_create_folder("/folder")
        for path in ["/file", "/folder", "/FOLDER"]:
            with self.subTest(path), self.refused(403):
                self.client.file_create_folder(path)


class Delete(TestCase):
    def test_file(self):
        self.put("/a.txt")
        entry = self.client.file_delete("/a.txt")
        self.assertEqual((entry["path"], entry["is_deleted"], entry["bytes"]), ("/a.txt", True, 0))
        with self.refused(404):
            self.client.file_delete("/a.txt")

    def test_folder(self):
        self.put("/folder/sub/a.txt")
        _, cursor = self.changes()
        self.client.file_delete("/folder")
        self.assertEqual(self.client.metadata("/")["contents"], [])
        entries, _ = self.changes(cursor)
        self.assertEqual(entries[0], ["/folder", None])
        self.assertTrue(all(metadata is None for _, metadata in entries))

    def test_never_existed(self):
        with self.refused(404):
            self.client.file_delete("/nothing")
