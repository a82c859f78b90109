"""Folders and files: made, listed, renamed, moved, copied, read and refused."""

import datetime
import io

from box_sdk_gen import (
    CopyFileParent,
    CopyFolderParent,
    PreflightFileUploadCheckParent,
    UpdateFileByIdParent,
    UpdateFolderByIdParent,
    UploadFileAttributes,
    UploadFileAttributesParentField,
    UploadWithPreflightCheckAttributes,
    UploadWithPreflightCheckAttributesParentField,
)

from ..box.contents import sha1
from .world import TestCase


class Folders(TestCase):
    def test_create_get_rename_move_delete(self):
        folders = self.client.folders
        outer = self.folder("Outer")
        inner = self.folder("Inner", outer.id)
        self.assertEqual((inner.name, inner.parent.id, inner.item_status.value), ("Inner", outer.id, "active"))
        self.assertEqual([entry.id for entry in inner.path_collection.entries], ["0", outer.id])
        renamed = folders.update_folder_by_id(inner.id, name="Renamed", description="of the sea")
        self.assertEqual((renamed.id, renamed.name, renamed.description), (inner.id, "Renamed", "of the sea"))
        moved = folders.update_folder_by_id(inner.id, parent=UpdateFolderByIdParent(id="0"))
        self.assertEqual((moved.name, moved.parent.id), ("Renamed", "0"))
        self.upload("file.txt", parent=inner.id)
        self.assertEqual(self.names(folders.get_folder_by_id(inner.id).item_collection), ["file.txt"])
        with self.refused(400, "folder_not_empty"):
            folders.delete_folder_by_id(inner.id)
        folders.delete_folder_by_id(inner.id, recursive=True)
        folders.delete_folder_by_id(outer.id, recursive=False)
        with self.refused(404, "trashed"):
            folders.get_folder_by_id(inner.id)

    def test_copy_with_contents(self):
        folder = self.folder("Folder")
        self.upload("file.txt", parent=folder.id)
        copy = self.client.folders.copy_folder(folder.id, CopyFolderParent(id="0"), name="Copy")
        self.assertEqual(self.names(self.client.folders.get_folder_items(copy.id)), ["file.txt"])

    def test_root(self):
        root = self.client.folders.get_folder_by_id("0")
        self.assertEqual((root.name, root.parent, root.created_at), ("All Files", None, None))

    def test_etags(self):
        folder = self.folder("Folder")
        renamed = self.client.folders.update_folder_by_id(folder.id, name="New", if_match=folder.etag)
        with self.refused(412, "precondition_failed"):
            self.client.folders.update_folder_by_id(folder.id, name="Newer", if_match=folder.etag)
        with self.refused(412, "precondition_failed"):
            self.client.folders.delete_folder_by_id(folder.id, if_match=folder.etag)
        self.client.folders.delete_folder_by_id(folder.id, if_match=renamed.etag)

    def test_refusals(self):
        outer = self.folder("Outer")
        inner = self.folder("Inner", outer.id)
        with self.refused(409, "item_name_in_use") as caught:
            self.folder("OUTER")
        self.assertEqual(caught.exception.response_info.context_info["conflicts"][0]["id"], outer.id)
        with self.refused(400, "cyclical_folder_structure"):
            self.client.folders.update_folder_by_id(outer.id, parent=UpdateFolderByIdParent(id=inner.id))
        with self.refused(404, "not_found"):
            self.folder("Folder", "99999999")


class Lists(TestCase):
    def setUp(self):
        super().setUp()
        for number in range(7):
            self.upload("%02d.txt" % number)
        self.folder("zoo")
        self.files = ["%02d.txt" % number for number in range(7)]

    def test_by_offset(self):
        seen = []
        while True:
            page = self.client.folders.get_folder_items("0", offset=len(seen), limit=3)
            self.assertEqual((page.total_count, page.limit), (8, 3))
            seen += self.names(page)
            if len(seen) >= page.total_count:
                break
        self.assertEqual(seen, ["zoo", *self.files])

    def test_by_marker(self):
        seen, marker = [], None
        while True:
            page = self.client.folders.get_folder_items("0", usemarker=True, marker=marker, limit=3)
            seen += self.names(page)
            marker = page.next_marker
            if not marker:
                break
        self.assertEqual(seen, [*self.files, "zoo"])

    def test_fields(self):
        items = self.client.folders.get_folder_items("0", fields=["name", "size", "created_at"]).entries
        file = next(item for item in items if item.type == "file")
        self.assertEqual((file.name, file.size), ("00.txt", 4))
        self.assertIsInstance(file.created_at, datetime.datetime)


class Files(TestCase):
    def test_upload_and_read(self):
        content = bytes(range(256)) * 1000
        attributes = UploadFileAttributes(name="file.bin", parent=UploadFileAttributesParentField(id="0"))
        file = self.client.uploads.upload_file(attributes, io.BytesIO(content), content_md_5=sha1(content)).entries[0]
        self.assertEqual((file.name, file.size, file.sha_1), ("file.bin", len(content), sha1(content)))
        self.assertEqual(self.read(file), content)
        self.assertEqual(self.read(file, range="bytes=100-299"), content[100:300])
        target = io.BytesIO()
        self.client.downloads.download_file_to_output_stream(file.id, target)
        self.assertEqual(target.getvalue(), content)
        with self.refused(400, "bad_digest"):
            attributes = UploadFileAttributes(name="other.bin", parent=UploadFileAttributesParentField(id="0"))
            self.client.uploads.upload_file(attributes, io.BytesIO(content), content_md_5=sha1(b"ebb"))

    def test_download_url(self):
        """Its holder needs no other credential."""
        url = self.client.downloads.get_download_file_url(self.upload("file.txt").id)
        self.assertTrue(url.startswith(self.server.url), url)
        answer = self.bare().get(url[len(self.server.url):])
        self.assertEqual((answer.status, answer.body), (200, b"tide"))

    def test_times_of_the_content(self):
        then = datetime.datetime(2011, 12, 13, 14, 15, 16, tzinfo=datetime.timezone.utc)
        file = self.upload("file.txt", content_modified_at=then, content_created_at=then - datetime.timedelta(days=1))
        self.assertEqual(file.content_modified_at, then)
        self.assertEqual(file.content_created_at, then - datetime.timedelta(days=1))

    def test_rename_move_copy_delete(self):
        files = self.client.files
        folder = self.folder("Folder")
        file = self.upload("file.txt")
        self.assertEqual(files.update_file_by_id(file.id, name="new.txt", description="of the sea").description, "of the sea")
        moved = files.update_file_by_id(file.id, parent=UpdateFileByIdParent(id=folder.id), name="moved.txt")
        self.assertEqual((moved.name, moved.parent.id, moved.description), ("moved.txt", folder.id, "of the sea"))
        copy = files.copy_file(file.id, CopyFileParent(id="0"), name="copy.txt")
        self.assertEqual((copy.name, copy.sha_1), ("copy.txt", file.sha_1))
        with self.refused(409, "item_name_in_use"):
            files.copy_file(file.id, CopyFileParent(id="0"), name="copy.txt")
        with self.refused(409, "item_name_in_use"):
            files.update_file_by_id(copy.id, parent=UpdateFileByIdParent(id=folder.id), name="moved.txt")
        files.delete_file_by_id(file.id)
        with self.refused(404, "trashed"):
            files.get_file_by_id(file.id)
        with self.refused(404, "not_found"):
            files.get_file_by_id("99999999")

    def test_etags(self):
        files = self.client.files
        file = self.upload("file.txt")
        renamed = files.update_file_by_id(file.id, name="new.txt", if_match=file.etag)
        with self.refused(412, "precondition_failed"):
            files.update_file_by_id(file.id, name="newer.txt", if_match=file.etag)
        with self.refused(412, "precondition_failed"):
            files.delete_file_by_id(file.id, if_match=file.etag)
        files.delete_file_by_id(file.id, if_match=renamed.etag)

    def test_preflight(self):
        """An upload goes to the address that the check has told."""
        uploads = self.client.uploads
        parent = UploadWithPreflightCheckAttributesParentField(id="0")
        attributes = UploadWithPreflightCheckAttributes(name="file.txt", parent=parent, size=4)
        file = uploads.upload_with_preflight_check(attributes, io.BytesIO(b"tide")).entries[0]
        self.assertEqual(self.read(file), b"tide")
        with self.refused(409, "item_name_in_use") as caught:
            uploads.preflight_file_upload_check(name="file.txt", size=4, parent=PreflightFileUploadCheckParent(id="0"))
        self.assertEqual(caught.exception.response_info.context_info["conflicts"]["id"], file.id)

    def test_seen_in_v1(self):
        """The same file by either dialect."""
        folder = self.folder("Folder")
        self.upload("file.txt", b"tide", folder.id)
        self.assertEqual(self.raw.get("/1/files/auto/Folder/file.txt").body, b"tide")
        self.raw.put("/1/files_put/auto/Folder/other.txt", b"ebb")
        items = self.client.folders.get_folder_items(folder.id).entries
        other = next(item for item in items if item.name == "other.txt")
        self.assertEqual(self.read(other), b"ebb")
