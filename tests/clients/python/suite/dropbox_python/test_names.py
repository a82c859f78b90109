"""Names: any script, any case, kept as written and found in every spelling."""

from .world import TestCase


class Unicode(TestCase):
    NAMES = ["/Übung.txt", "/日本語/ファイル.txt", "/emoji 🌊.txt", "/per%cent+plus & more?#.txt", "/ñandú 'q' \"d\".txt"]

    def test_round_trip(self):
        for path in self.NAMES:
            with self.subTest(path):
                self.assertEqual(self.put(path, path.encode())["path"], path)
                self.assertEqual(self.read(path), path.encode())
                self.assertEqual(self.client.metadata(path)["path"], path)
                source, metadata = self.client.get_file_and_metadata(path)
                source.close()
                self.assertEqual(metadata["path"], path)

    def test_header_is_ascii(self):
        self.put("/Übung 🌊.txt")
        header = self.raw.get("/1/files/auto/%C3%9Cbung%20%F0%9F%8C%8A.txt").headers["x-dropbox-metadata"]
        self.assertTrue(header.isascii())

    def test_composed_and_decomposed(self):
        """An accent typed as one character or as two names the same file."""
        self.put("/caf\u00e9.txt", b"1")
        self.assertEqual(self.client.metadata("/cafe\u0301.txt")["path"], "/caf\u00e9.txt")
        self.assertEqual(self.put("/cafe\u0301.txt", b"2")["path"], "/caf\u00e9.txt")
        self.assertEqual(len(self.client.metadata("/")["contents"]), 1)

    def test_in_delta(self):
        self.put("/ÜBUNG/Datei.TXT")
        entries, _ = self.changes()
        self.assertEqual([path for path, _ in entries], ["/übung", "/übung/datei.txt"])
        self.assertEqual([entry["path"] for _, entry in entries], ["/ÜBUNG", "/ÜBUNG/Datei.TXT"])


class Case(TestCase):
    def setUp(self):
        super().setUp()
        self.first = self.put("/Notes/Todo.txt", b"1")

    def test_found_in_any_case(self):
        entry = self.client.metadata("/NOTES/todo.TXT")
        self.assertEqual(entry["path"], "/Notes/Todo.txt")
        self.assertEqual(self.read("/notes/TODO.txt"), b"1")

    def test_overwritten_in_any_case(self):
        """One file, whose folder keeps the spelling of its maker."""
        entry = self.put("/nOTES/tODO.TXT", b"2")
        self.assertEqual(entry["path"].rsplit("/", 1)[0], "/Notes")
        self.assertEqual(len(self.client.metadata("/Notes")["contents"]), 1)
        self.assertEqual(self.read("/Notes/Todo.txt"), b"2")

    def test_same_content_in_another_case(self):
        entry = self.put("/notes/TODO.TXT", b"1")
        self.assertEqual((entry["rev"], entry["path"]), (self.first["rev"], "/Notes/Todo.txt"))

    def test_created_once(self):
        with self.refused(403):
            self.client.file_create_folder("/NOTES")

    def test_case_only_rename(self):
        """The service saw the destination as taken."""
        with self.refused(403):
            self.client.file_move("/Notes/Todo.txt", "/Notes/TODO.txt")
        self.assertEqual(self.client.metadata("/Notes/Todo.txt")["path"], "/Notes/Todo.txt")

    def test_recreated_in_another_case(self):
        """Deleted and made again with another spelling: the new spelling counts, and delta ends up there."""
        _, cursor = self.changes()
        self.client.file_delete("/Notes/Todo.txt")
        self.put("/Notes/TODO.txt", b"2")
        self.assertEqual(self.client.metadata("/notes/todo.txt")["path"], "/Notes/TODO.txt")
        last = dict(self.changes(cursor)[0])["/notes/todo.txt"]
        self.assertEqual(last["path"], "/Notes/TODO.txt")
