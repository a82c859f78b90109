"""Shared links, search, thumbnails, and who one is."""

import datetime

from ..box.contents import JPEG, PICTURE, PNG
from .world import TestCase


class Links(TestCase):
    def test_password_and_expiry(self):
        file = self.upload("file.txt", b"tide")
        end = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)).replace(microsecond=0)
        link = file.create_shared_link(access="open", password="correct horse", unshared_at=end.isoformat()).shared_link
        self.assertTrue(link["is_password_enabled"])
        self.assertEqual(datetime.datetime.fromisoformat(link["unshared_at"].replace("Z", "+00:00")), end)
        self.assertTrue(link["url"].startswith(self.server.url), link["url"])
        other = self.new_client(self.world.new_person().token())
        with self.refused(403, "incorrect_shared_item_password"):
            other.get_shared_item(link["url"], password="wrong horse")
        item = other.get_shared_item(link["url"], password="correct horse")
        self.assertEqual((item.type, item.name, item.content()), ("file", "file.txt", b"tide"))

    def test_defaults_update_and_removal(self):
        folder = self.root.create_subfolder("Folder")
        self.upload("inside.txt", folder=folder)
        url = folder.get_shared_link()
        self.assertEqual(folder.get_shared_link(), url)
        link = folder.get().shared_link
        self.assertEqual((link["access"], link["is_password_enabled"], link["unshared_at"]), ("open", False, None))
        other = self.new_client(self.world.new_person().token())
        shared = other.get_shared_item(url)
        self.assertEqual((shared.type, [item.name for item in shared.get_items()]), ("folder", ["inside.txt"]))
        self.assertEqual(next(iter(shared.get_items())).content(), b"tide")
        self.assertTrue(folder.remove_shared_link())
        with self.refused(404, "not_found"):
            other.get_shared_item(url)

    def test_vanity_name_and_no_downloads(self):
        file = self.upload("file.txt")
        name = "tides-of-%s" % self.person.name.split()[-1].zfill(12)
        link = file.create_shared_link(access="open", vanity_name=name, allow_download=False).shared_link
        self.assertEqual((link["vanity_name"], link["permissions"]["can_download"]), (name, False))
        self.assertTrue(link["vanity_url"].endswith("/v/" + name))


class Search(TestCase):
    def found(self, query, **options):
        return sorted(item.name for item in self.client.search().query(query, **options))

    def test_by_name_kind_and_folder(self):
        folder = self.root.create_subfolder("Tides")
        self.upload("tide table.pdf", folder=folder)
        self.upload("tide.txt", b"x" * 1000)
        self.upload("other.txt")
        self.assertEqual(self.found("tide"), ["Tides", "tide table.pdf", "tide.txt"])
        self.assertEqual(self.found("tide", limit=1), ["Tides", "tide table.pdf", "tide.txt"])
        self.assertEqual(self.found("tide", result_type="file"), ["tide table.pdf", "tide.txt"])
        self.assertEqual(self.found("tide", file_extensions=["pdf"]), ["tide table.pdf"])
        self.assertEqual(self.found("tide", ancestor_folders=[folder]), ["tide table.pdf"])
        self.assertEqual(self.found("tide", size_range=(500, None)), ["tide.txt"])
        self.assertEqual(self.found("nothing"), [])


class Thumbnails(TestCase):
    def test_of_a_picture(self):
        file = self.upload("chess.png", PICTURE.read_bytes())
        self.assertTrue(file.get_thumbnail(extension="png", min_width=64, min_height=64).startswith(PNG))
        self.assertTrue(file.get_thumbnail(extension="jpg", max_width=128, max_height=128).startswith(JPEG))


class Users(TestCase):
    def test_me(self):
        self.upload("file.txt", b"x" * 1000)
        me = self.client.user().get()
        self.assertEqual((me.type, me.name, me.login, me.status), ("user", self.person.name, self.person.email, "active"))
        self.assertGreaterEqual(me.space_used, 1000)
        self.assertEqual(self.client.user(me.id).get(fields=["login"]).login, self.person.email)

    def test_others(self):
        """Only administrators are told who else there is."""
        self.assertTrue(self.client.user(self.client.user().get().id).get_avatar())
        with self.refused(403, "access_denied_insufficient_permissions"):
            list(self.client.users())

    def test_collections(self):
        self.assertEqual(list(self.client.collections()), [])
