"""An app that is kept to its folder sees that folder as the whole world."""

import io

from dropbox.client import DropboxClient

from .world import TestCase


class AppFolder(TestCase):
    def setUp(self):
        super().setUp()
        self.app = self.world.folder_app
        token = self.person.token(self.app)
        self.kept = DropboxClient(token)
        self.kept_raw = self.bare(token)
        self.home = "/Apps/" + self.app.name

    def put_kept(self, path, content=b"tide"):
        return self.kept.put_file(path, io.BytesIO(content), overwrite=True)

    def test_paths_begin_in_the_folder(self):
        entry = self.put_kept("/notes/a.txt")
        self.assertEqual((entry["path"], entry["root"]), ("/notes/a.txt", "app_folder"))
        self.assertEqual(self.read(self.home + "/notes/a.txt"), b"tide")
        self.assertEqual([entry["path"] for entry in self.kept.metadata("/")["contents"]], ["/notes"])

    def test_nothing_outside_is_reached(self):
        self.put("/secret.txt")
        for path in ["/secret.txt", "/../../secret.txt", self.home + "/../../secret.txt"]:
            with self.subTest(path):
                answer = self.kept_raw.get("/1/files/auto" + path.replace(" ", "%20"))
                self.assertIn(answer.status, (400, 404))
        self.assertEqual(self.kept_raw.get("/1/metadata/dropbox/").status, 403)

    def test_sandbox_root(self):
        """The same folder by its old name, also for an app with full access and its own folder."""
        self.put_kept("/a.txt")
        self.assertEqual(self.kept_raw.get("/1/metadata/sandbox/a.txt").json["path"], "/a.txt")
        self.raw.put("/1/files_put/sandbox/own.txt", b"1")
        self.assertEqual(self.client.metadata("/Apps/%s/own.txt" % self.world.full_app.name)["bytes"], 1)

    def test_unknown_root(self):
        self.assertEqual(self.raw.get("/1/metadata/elsewhere/a.txt").status, 400)

    def test_delta(self):
        """Its delta tells what is in the folder, by paths within it."""
        self.put_kept("/a.txt")
        self.put("/outside.txt")
        entries, cursor = self.changes(client=self.kept)
        self.assertEqual([path for path, _ in entries], ["/a.txt"])
        self.put("/outside too.txt")
        self.assertEqual(self.changes(cursor, client=self.kept)[0], [])
        self.put(self.home + "/b.txt")
        self.assertEqual([path for path, _ in self.changes(cursor, client=self.kept)[0]], ["/b.txt"])

    def test_folder_renamed(self):
        """The app's folder is the same wherever its owner puts it."""
        self.put_kept("/a.txt")
        _, cursor = self.changes(client=self.kept)
        self.client.file_move(self.home, "/Renamed")
        self.put_kept("/b.txt")
        self.assertEqual(self.read("/Renamed/b.txt"), b"tide")
        self.assertEqual([path for path, _ in self.changes(cursor, client=self.kept)[0]], ["/b.txt"])

    def test_folder_deleted(self):
        """When the folder is gone, the app is told to start over, and gets a new one when it writes."""
        self.put_kept("/a.txt")
        _, cursor = self.changes(client=self.kept)
        self.client.file_delete(self.home)
        self.put_kept("/b.txt")
        page = self.kept.delta(cursor)
        self.assertTrue(page["reset"])
        self.assertEqual([path for path, _ in page["entries"]], ["/b.txt"])
        self.assertEqual(self.read(self.home + "/b.txt"), b"tide")

    def test_cursor_of_the_other_app(self):
        """A cursor belongs to one view: the full app's means nothing to the kept one."""
        _, cursor = self.changes()
        with self.refused(400):
            self.kept.delta(cursor)
