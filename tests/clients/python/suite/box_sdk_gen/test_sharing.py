"""Shared links, search, thumbnails, and who one is."""

import datetime

from box_sdk_gen import (
    AddShareLinkToFileSharedLink,
    AddShareLinkToFileSharedLinkAccessField,
    AddShareLinkToFolderSharedLink,
    GetFileThumbnailByIdExtension,
    SearchForContentType,
    create_null,
)

from ..box.contents import JPEG, PICTURE, PNG
from .world import TestCase


class Links(TestCase):
    def test_password_and_expiry(self):
        file = self.upload("file.txt", b"tide")
        end = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)).replace(microsecond=0)
        wanted = AddShareLinkToFileSharedLink(
            access=AddShareLinkToFileSharedLinkAccessField.OPEN, password="correct horse", unshared_at=end
        )
        link = self.client.shared_links_files.add_share_link_to_file(file.id, "shared_link", shared_link=wanted).shared_link
        self.assertTrue(link.is_password_enabled)
        self.assertEqual(link.unshared_at, end)
        other = self.new_client(self.world.new_person().token())
        with self.refused(403, "incorrect_shared_item_password"):
            other.shared_links_files.find_file_for_shared_link("shared_link=%s&shared_link_password=wrong" % link.url)
        boxapi = "shared_link=%s&shared_link_password=correct horse" % link.url
        item = other.shared_links_files.find_file_for_shared_link(boxapi)
        self.assertEqual(item.name, "file.txt")
        self.assertEqual(self.read(item, other, boxapi=boxapi), b"tide")

    def test_of_a_folder_until_removed(self):
        links = self.client.shared_links_folders
        folder = self.folder("Folder")
        self.upload("inside.txt", parent=folder.id)
        link = links.add_share_link_to_folder(folder.id, "shared_link", shared_link=AddShareLinkToFolderSharedLink()).shared_link
        self.assertEqual((link.access.value, link.is_password_enabled, link.download_url), ("open", False, None))
        self.assertEqual(links.get_shared_link_for_folder(folder.id, "shared_link").shared_link.url, link.url)
        other = self.new_client(self.world.new_person().token())
        boxapi = "shared_link=" + link.url
        shared = other.shared_links_folders.find_folder_for_shared_link(boxapi)
        self.assertEqual(self.names(other.folders.get_folder_items(shared.id, boxapi=boxapi)), ["inside.txt"])
        links.remove_shared_link_from_folder(folder.id, "shared_link", shared_link=create_null())
        self.assertIsNone(links.get_shared_link_for_folder(folder.id, "shared_link").shared_link)
        with self.refused(404, "not_found"):
            other.folders.get_folder_items(shared.id, boxapi=boxapi)


class Search(TestCase):
    def found(self, query, **options):
        return sorted(self.names(self.client.search.search_for_content(query=query, **options)))

    def test_by_name_kind_and_folder(self):
        folder = self.folder("Tides")
        self.upload("tide table.pdf", parent=folder.id)
        self.upload("tide.txt", b"x" * 1000)
        self.upload("other.txt")
        self.assertEqual(self.found("tide"), ["Tides", "tide table.pdf", "tide.txt"])
        self.assertEqual(self.found("tide", type=SearchForContentType.FILE), ["tide table.pdf", "tide.txt"])
        self.assertEqual(self.found("tide", file_extensions=["pdf"]), ["tide table.pdf"])
        self.assertEqual(self.found("tide", ancestor_folder_ids=[folder.id]), ["tide table.pdf"])
        page = self.client.search.search_for_content(query="tide", limit=1, offset=1)
        self.assertEqual((page.total_count, page.limit, page.offset, len(page.entries)), (3, 1, 1, 1))


class Thumbnails(TestCase):
    def test_of_a_picture(self):
        file = self.upload("chess.png", PICTURE.read_bytes())
        files = self.client.files
        small = files.get_file_thumbnail_by_id(file.id, GetFileThumbnailByIdExtension.PNG, min_width=64, min_height=64)
        self.assertTrue(small.read().startswith(PNG))
        small = files.get_file_thumbnail_by_id(file.id, GetFileThumbnailByIdExtension.JPG, max_width=128)
        self.assertTrue(small.read().startswith(JPEG))


class Users(TestCase):
    def test_me(self):
        self.upload("file.txt", b"x" * 1000)
        me = self.client.users.get_user_me()
        self.assertEqual((me.name, me.login, me.status.value), (self.person.name, self.person.email, "active"))
        self.assertGreaterEqual(me.space_used, 1000)
        self.assertEqual(self.client.users.get_user_by_id(me.id).login, self.person.email)

    def test_others(self):
        """Only administrators are told who else there is."""
        me = self.client.users.get_user_me()
        self.assertTrue(self.client.avatars.get_user_avatar(me.id).read())
        with self.refused(403, "access_denied_insufficient_permissions"):
            self.client.users.get_users()

    def test_collections(self):
        self.assertEqual(self.client.collections.get_collections().entries, [])
