"""Folders and files: made, listed, renamed, moved, copied, read and refused."""

import io

from ..box.contents import sha1
from .world import TestCase


class Folders(TestCase):
    def test_create_get_rename_move_delete(self):
        outer = self.root.create_subfolder("Outer")
        inner = outer.create_subfolder("Inner")
        self.assertEqual((inner.type, inner.name, inner.parent["id"]), ("folder", "Inner", outer.id))
        self.assertEqual([entry["id"] for entry in inner.path_collection["entries"]], ["0", outer.id])
        renamed = inner.rename("Renamed")
        self.assertEqual((renamed.id, renamed.name), (inner.id, "Renamed"))
        moved = inner.move(self.root)
        self.assertEqual((moved.name, moved.parent["id"]), ("Renamed", "0"))
        self.upload("file.txt", folder=inner)
        with self.refused(400, "folder_not_empty"):
            inner.delete(recursive=False)
        self.assertTrue(outer.delete(recursive=False))
        self.assertTrue(inner.delete())
        with self.refused(404, "trashed"):
            inner.get()

    def test_root(self):
        root = self.root.get()
        self.assertEqual((root.id, root.name, root.parent), ("0", "All Files", None))
        self.assertEqual(self.client.folder("0").get(fields=["name"]).name, "All Files")

    def test_description(self):
        folder = self.root.create_subfolder("Folder")
        self.assertEqual(folder.update_info(data={"description": "of the sea"}).description, "of the sea")
        self.assertEqual(folder.get().description, "of the sea")

    def test_copy_with_contents(self):
        folder = self.root.create_subfolder("Folder")
        self.upload("file.txt", b"1", folder)
        copy = folder.copy(parent_folder=self.root, name="Copy")
        self.assertEqual([item.name for item in copy.get_items()], ["file.txt"])
        self.assertNotEqual(copy.id, folder.id)

    def test_into_itself_is_refused(self):
        outer = self.root.create_subfolder("Outer")
        inner = outer.create_subfolder("Inner")
        with self.refused(400, "cyclical_folder_structure"):
            outer.move(inner)

    def test_names(self):
        self.root.create_subfolder("Folder")
        with self.refused(409, "item_name_in_use") as caught:
            self.root.create_subfolder("FOLDER")
        self.assertEqual(caught.exception.context_info["conflicts"][0]["name"], "Folder")
        for bad in ["a/b", "a\\b", "..", "end "]:
            with self.refused(400, "item_name_invalid"):
                self.root.create_subfolder(bad)
        with self.refused(400, "item_name_too_long"):
            self.root.create_subfolder("x" * 256)


class Lists(TestCase):
    def setUp(self):
        super().setUp()
        self.names = ["%02d.txt" % number for number in range(7)]
        for name in self.names:
            self.upload(name)
        self.root.create_subfolder("zoo")

    def test_by_offset(self):
        self.assertEqual([item.name for item in self.root.get_items(limit=3)], ["zoo", *self.names])
        self.assertEqual([item.name for item in self.root.get_items(limit=3, offset=6)], self.names[5:])

    def test_by_marker(self):
        items = self.root.get_items(limit=3, use_marker=True)
        self.assertEqual([item.name for item in items], [*self.names, "zoo"])

    def test_sorted(self):
        items = self.root.get_items(limit=3, sort="name", direction="DESC")
        self.assertEqual([item.name for item in items], ["zoo", *reversed(self.names)])

    def test_fields(self):
        file = next(item for item in self.root.get_items(fields=["name", "size", "modified_at"]) if item.type == "file")
        self.assertEqual((file.name, file.size), ("00.txt", 4))
        self.assertRegex(file.modified_at, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


class Files(TestCase):
    def test_upload_and_read(self):
        content = bytes(range(256)) * 1000
        file = self.upload("file.bin", content, sha1=sha1(content), file_description="numbers")
        self.assertEqual((file.name, file.size, file.sha1), ("file.bin", len(content), sha1(content)))
        self.assertEqual((file.description, file.item_status), ("numbers", "active"))
        self.assertEqual(file.content(), content)
        self.assertEqual(file.content(byte_range=(100, 299)), content[100:300])
        target = io.BytesIO()
        file.download_to(target)
        self.assertEqual(target.getvalue(), content)

    def test_empty_file(self):
        self.assertEqual(self.upload("empty", b"").content(), b"")

    def test_download_url(self):
        """Its holder needs no other credential."""
        url = self.upload("file.txt", b"tide").get_download_url()
        self.assertTrue(url.startswith(self.server.url), url)
        answer = self.bare().get(url[len(self.server.url):])
        self.assertEqual((answer.status, answer.body), (200, b"tide"))

    def test_wrong_hash_is_refused(self):
        with self.refused(400, "bad_digest"):
            self.upload("file.txt", b"tide", sha1=sha1(b"ebb"))

    def test_times_of_the_content(self):
        file = self.upload("file.txt", content_created_at="2001-02-03T04:05:06Z", content_modified_at="2011-12-13T14:15:16+02:00")
        self.assertEqual(file.content_created_at.replace("+00:00", "Z"), "2001-02-03T04:05:06Z")
        self.assertEqual(file.content_modified_at.replace("+00:00", "Z"), "2011-12-13T12:15:16Z")

    def test_rename_move_copy_delete(self):
        folder = self.root.create_subfolder("Folder")
        file = self.upload("file.txt")
        self.assertEqual(file.rename("new.txt").name, "new.txt")
        moved = file.move(folder, name="moved.txt")
        self.assertEqual((moved.name, moved.parent["id"]), ("moved.txt", folder.id))
        copy = file.copy(parent_folder=self.root)
        self.assertEqual((copy.name, copy.sha1), ("moved.txt", moved.sha1))
        with self.refused(409, "item_name_in_use"):
            copy.copy(parent_folder=self.root)
        self.assertTrue(file.delete())
        with self.refused(404, "trashed"):
            file.get()
        with self.refused(404, "not_found"):
            self.client.file("99999999").get()

    def test_conflict(self):
        file = self.upload("file.txt")
        with self.refused(409, "item_name_in_use") as caught:
            self.upload("FILE.txt")
        self.assertEqual(caught.exception.context_info["conflicts"]["id"], file.id)

    def test_etags(self):
        file = self.upload("file.txt")
        file.rename("new.txt")
        with self.refused(412, "precondition_failed"):
            file.update_info(data={"name": "newer.txt"}, etag=file.etag)
        fresh = file.get()
        self.assertEqual(fresh.name, "new.txt")
        self.assertEqual(file.update_info(data={"name": "newer.txt"}, etag=fresh.etag).name, "newer.txt")
        with self.refused(412, "precondition_failed"):
            file.delete(etag=fresh.etag)
        self.assertTrue(file.delete(etag=self.client.file(file.id).get().etag))

    def test_preflight(self):
        self.root.preflight_check(size=4, name="free.txt")
        file = self.upload("file.txt", preflight_check=True, preflight_expected_size=4)
        file.preflight_check(size=10)
        with self.refused(409, "item_name_in_use"):
            self.root.preflight_check(size=4, name="file.txt")

    def test_seen_in_v1(self):
        """The same file by either dialect."""
        self.upload("file.txt", b"tide", self.root.create_subfolder("Folder"))
        self.assertEqual(self.raw.get("/1/files/auto/Folder/file.txt").body, b"tide")
        self.raw.put("/1/files_put/auto/Folder/other.txt", b"ebb")
        folder = next(iter(self.root.get_items()))
        other = next(item for item in folder.get_items() if item.name == "other.txt")
        self.assertEqual(other.content(), b"ebb")
