"""Versions: uploaded with the right and with a wrong etag, listed, promoted, deleted; and the trash."""

import io

from ..box.contents import sha1
from .world import TestCase


class Versions(TestCase):
    def new_version(self, file, content, **options):
        return file.update_contents_with_stream(io.BytesIO(content), **options)

    def test_right_and_wrong_etag(self):
        first = self.upload("file.txt", b"one")
        second = self.new_version(first, b"two", etag=first.etag, sha1=sha1(b"two"))
        self.assertEqual((second.id, second.sha1), (first.id, sha1(b"two")))
        self.assertNotEqual(second.etag, first.etag)
        with self.refused(412, "precondition_failed"):
            self.new_version(first, b"three", etag=first.etag)
        self.assertEqual(first.content(), b"two")

    def test_list_read_promote_delete(self):
        file = self.upload("file.txt", b"one")
        self.new_version(file, b"two")
        self.new_version(file, b"three", file_name="renamed.txt")
        self.assertEqual(file.get().name, "renamed.txt")
        versions = list(file.get_previous_versions(limit=1))
        self.assertEqual([version.sha1 for version in versions], [sha1(b"two"), sha1(b"one")])
        self.assertEqual(file.content(file_version=versions[1]), b"one")
        promoted = file.promote_version(versions[1])
        self.assertEqual(promoted.sha1, sha1(b"one"))
        self.assertEqual(file.content(), b"one")
        old = [version.sha1 for version in file.get_previous_versions()]
        self.assertEqual(old, [sha1(b"three"), sha1(b"two"), sha1(b"one")])
        with self.refused(412, "precondition_failed"):
            file.delete_version(versions[0], etag="1")
        self.assertTrue(file.delete_version(versions[0], etag=file.get().etag))


class Trash(TestCase):
    def test_list_restore_purge(self):
        trash = self.client.trash()
        folder = self.root.create_subfolder("Folder")
        self.upload("inside.txt", folder=folder)
        file = self.upload("file.txt", b"tide")
        folder.delete()
        file.delete()
        self.assertEqual({item.name for item in trash.get_items()}, {"Folder", "file.txt"})
        self.assertEqual({item.name for item in trash.get_items(limit=1, use_marker=True)}, {"Folder", "file.txt"})
        self.assertEqual(trash.get_item(file).item_status, "trashed")
        self.assertEqual(trash.get_item(folder).path_collection["entries"][0]["id"], "1")
        self.assertEqual(trash.restore_item(folder).name, "Folder")
        self.assertEqual([item.name for item in folder.get_items()], ["inside.txt"])
        self.assertTrue(trash.permanently_delete_item(file))
        self.assertEqual(list(trash.get_items()), [])
        with self.refused(404, "not_found"):
            trash.get_item(file)
        with self.refused(404, "not_trashed"):
            trash.permanently_delete_item(folder)
        folder.delete()
        self.assertTrue(trash.permanently_delete_item(folder))

    def test_restore_beside_what_took_the_name(self):
        old = self.upload("file.txt", b"old")
        old.delete()
        self.upload("file.txt", b"new")
        trash = self.client.trash()
        with self.refused(409, "item_name_in_use"):
            trash.restore_item(old)
        restored = trash.restore_item(old, name="old.txt")
        self.assertEqual((restored.id, restored.name, restored.content()), (old.id, "old.txt", b"old"))

    def test_restore_elsewhere_when_the_folder_is_gone(self):
        folder = self.root.create_subfolder("Folder")
        file = self.upload("file.txt", folder=folder)
        file.delete()
        folder.delete()
        restored = self.client.trash().restore_item(file, parent_folder=self.root)
        self.assertEqual((restored.name, restored.parent["id"]), ("file.txt", "0"))
