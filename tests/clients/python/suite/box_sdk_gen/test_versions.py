"""Versions: uploaded with the right and with a wrong etag, listed, promoted, deleted; and the trash."""

from box_sdk_gen import PromoteFileVersionType, RestoreFileFromTrashParent, create_null

from ..box.contents import sha1
from .world import TestCase


class Versions(TestCase):
    def test_right_and_wrong_etag(self):
        first = self.upload("file.txt", b"one")
        second = self.new_version(first, b"two", if_match=first.etag, content_md_5=sha1(b"two"))
        self.assertEqual((second.id, second.sha_1), (first.id, sha1(b"two")))
        with self.refused(412, "precondition_failed"):
            self.new_version(first, b"three", if_match=first.etag)
        self.assertEqual(self.read(first), b"two")

    def test_list_read_promote_delete(self):
        versions = self.client.file_versions
        file = self.upload("file.txt", b"one")
        self.new_version(file, b"two")
        self.new_version(file, b"three", name="renamed.txt")
        self.assertEqual(self.client.files.get_file_by_id(file.id).name, "renamed.txt")
        page = versions.get_file_versions(file.id)
        self.assertEqual((page.total_count, [one.sha_1 for one in page.entries]), (2, [sha1(b"two"), sha1(b"one")]))
        first = page.entries[1]
        self.assertEqual(versions.get_file_version_by_id(file.id, first.id).sha_1, sha1(b"one"))
        self.assertEqual(self.read(file, version=first.id), b"one")
        promoted = versions.promote_file_version(file.id, id=first.id, type=PromoteFileVersionType.FILE_VERSION)
        self.assertEqual(promoted.sha_1, sha1(b"one"))
        self.assertEqual(self.read(file), b"one")
        self.assertEqual(versions.get_file_versions(file.id).total_count, 3)
        versions.delete_file_version_by_id(file.id, page.entries[0].id)
        restored = versions.update_file_version_by_id(file.id, page.entries[0].id, trashed_at=create_null())
        self.assertEqual((restored.sha_1, restored.trashed_at), (sha1(b"two"), None))


class Trash(TestCase):
    def trashed(self, **options):
        return set(self.names(self.client.trashed_items.get_trashed_items(**options)))

    def test_list_restore_purge(self):
        client = self.client
        folder = self.folder("Folder")
        self.upload("inside.txt", parent=folder.id)
        file = self.upload("file.txt")
        client.folders.delete_folder_by_id(folder.id, recursive=True)
        client.files.delete_file_by_id(file.id)
        self.assertEqual(self.trashed(), {"Folder", "file.txt"})
        self.assertEqual(self.trashed(usemarker=True), {"Folder", "file.txt"})
        self.assertEqual(client.trashed_files.get_trashed_file_by_id(file.id).item_status.value, "trashed")
        self.assertEqual(client.trashed_folders.get_trashed_folder_by_id(folder.id).path_collection.entries[0].id, "1")
        self.assertEqual(client.trashed_folders.restore_folder_from_trash(folder.id).name, "Folder")
        self.assertEqual(self.names(client.folders.get_folder_items(folder.id)), ["inside.txt"])
        client.trashed_files.delete_trashed_file_by_id(file.id)
        self.assertEqual(self.trashed(), set())
        with self.refused(404, "not_found"):
            client.trashed_files.get_trashed_file_by_id(file.id)
        with self.refused(404, "not_trashed"):
            client.trashed_folders.delete_trashed_folder_by_id(folder.id)

    def test_restore_beside_what_took_the_name(self):
        trash = self.client.trashed_files
        folder = self.folder("Folder")
        old = self.upload("file.txt", b"old")
        self.client.files.delete_file_by_id(old.id)
        self.upload("file.txt", b"new")
        with self.refused(409, "item_name_in_use"):
            trash.restore_file_from_trash(old.id)
        restored = trash.restore_file_from_trash(old.id, name="old.txt", parent=RestoreFileFromTrashParent(id=folder.id))
        self.assertEqual((restored.id, restored.name), (old.id, "old.txt"))
        self.assertEqual(self.read(old), b"old")

    def test_purge_a_folder(self):
        folder = self.folder("Folder")
        file = self.upload("inside.txt", parent=folder.id)
        self.client.folders.delete_folder_by_id(folder.id, recursive=True)
        self.client.trashed_folders.delete_trashed_folder_by_id(folder.id)
        with self.refused(404, "not_found"):
            self.client.files.get_file_by_id(file.id)
