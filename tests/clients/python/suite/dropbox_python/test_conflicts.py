"""Two writers, one path: what is overwritten, what is kept beside it, and under which name."""

from .world import TestCase


class Overwrite(TestCase):
    def test_rename_counts_up(self):
        """Without `overwrite`, as the SDK sends it by default, a new name is found, identical bytes or not."""
        self.put("/Notes.txt", b"one")
        for content, path in [(b"two", "/Notes (1).txt"), (b"one", "/Notes (2).txt"), (b"3", "/Notes (3).txt")]:
            self.assertEqual(self.put("/Notes.txt", content, overwrite=False)["path"], path)
        self.assertEqual(self.read("/Notes.txt"), b"one")
        self.assertEqual(self.read("/Notes (1).txt"), b"two")

    def test_names_without_extension(self):
        for name, renamed in [("/README", "/README (1)"), ("/.profile", "/.profile (1)")]:
            self.put(name)
            self.assertEqual(self.put(name, b"other", overwrite=False)["path"], renamed)

    def test_last_dot_splits(self):
        self.put("/a.tar.gz")
        self.assertEqual(self.put("/a.tar.gz", b"other", overwrite=False)["path"], "/a.tar (1).gz")

    def test_free_name_among_taken_ones(self):
        """Names that differ only in case are taken too."""
        self.put("/x.txt")
        self.put("/X (1).TXT")
        self.assertEqual(self.put("/x.txt", b"other", overwrite=False)["path"], "/x (2).txt")

    def test_no_conflict_where_nothing_is(self):
        self.put("/gone.txt")
        self.client.file_delete("/gone.txt")
        self.assertEqual(self.put("/gone.txt", b"new", overwrite=False)["path"], "/gone.txt")


class ParentRev(TestCase):
    def setUp(self):
        super().setUp()
        self.first = self.put("/Plan.txt", b"first")["rev"]

    def test_current_rev_overwrites(self):
        entry = self.put("/Plan.txt", b"second", parent_rev=self.first)
        self.assertEqual(entry["path"], "/Plan.txt")
        self.assertEqual(self.read("/Plan.txt"), b"second")

    def test_stale_rev_makes_a_conflicted_copy(self):
        self.put("/Plan.txt", b"second")
        paths = [self.put("/Plan.txt", content, parent_rev=self.first)["path"] for content in [b"3", b"4"]]
        self.assertEqual(paths, ["/Plan (conflicted copy).txt", "/Plan (conflicted copy 2).txt"])
        self.assertEqual(self.read("/Plan.txt"), b"second")
        self.assertEqual(self.read("/Plan (conflicted copy).txt"), b"3")

    def test_rev_of_nothing(self):
        """A rev that never existed is an error, and nothing is saved."""
        cursor = self.latest_cursor()
        with self.refused(400):
            self.put("/Plan.txt", b"second", parent_rev="fffff" + self.first[-8:])
        with self.refused(400):
            self.put("/Plan.txt", b"second", parent_rev="no rev")
        self.assertEqual(self.changes(cursor)[0], [])

    def test_rev_of_a_deleted_file(self):
        self.client.file_delete("/Plan.txt")
        self.assertEqual(self.put("/Plan.txt", b"again", parent_rev=self.first)["path"], "/Plan.txt")


class NoRename(TestCase):
    def put_raw(self, path, content, **query):
        return self.raw.put("/1/files_put/auto" + path, content, autorename="false", **query)

    def test_conflicts_are_refused(self):
        old = self.put("/a.txt", b"1")["rev"]
        self.put("/a.txt", b"2")
        self.assertEqual(self.put_raw("/a.txt", b"3", overwrite="false").status, 409)
        self.assertEqual(self.put_raw("/a.txt", b"3", parent_rev=old).status, 409)
        self.assertEqual(self.read("/a.txt"), b"2")

    def test_a_folder_is_never_overwritten(self):
        self.client.file_create_folder("/folder")
        self.assertEqual(self.put_raw("/folder", b"3", overwrite="true").status, 409)
        self.assertTrue(self.client.metadata("/folder")["is_dir"])

    def test_default_is_overwrite(self):
        """The server's own default, for clients that say nothing."""
        self.put("/a.txt", b"1")
        self.assertEqual(self.raw.put("/1/files_put/auto/a.txt", b"2").json["path"], "/a.txt")
        self.assertEqual(self.read("/a.txt"), b"2")
