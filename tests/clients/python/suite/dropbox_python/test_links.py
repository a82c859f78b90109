"""Links: pages for people, bytes for four hours, and references for copying."""

import urllib.error
import urllib.request

from dropbox.client import DropboxClient

from .test_files import DATE
from .world import TestCase


def fetch(url, **headers):
    """What anybody gets who has a link: status, headers, body."""
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        return answer.status, answer.headers, answer.read()


class Shares(TestCase):
    def test_page(self):
        """A short link by default, a long one when asked for; both lead to a page, for as long as the file is there."""
        self.put("/Notes/tide.txt")
        short = self.client.share("/Notes/tide.txt")
        self.assertRegex(short["expires"], DATE)
        self.assertEqual(short["visibility"], "PUBLIC")
        long = self.client.share("/Notes/tide.txt", short_url=False)
        self.assertTrue(long["url"].startswith(self.server.url + "/s/"), long["url"])
        for link in [short, long]:
            status, headers, body = fetch(link["url"])
            self.assertEqual((status, headers.get_content_type()), (200, "text/html"))
            self.assertIn(b"tide.txt", body)
        self.assertEqual(self.client.share("/Notes/tide.txt")["url"], short["url"])
        self.client.file_delete("/Notes/tide.txt")
        self.assertEqual(fetch(long["url"])[0], 404)

    def test_folder(self):
        self.put("/Notes/tide.txt")
        status, _, body = fetch(self.client.share("/Notes")["url"])
        self.assertEqual(status, 200)
        self.assertIn(b"tide.txt", body)

    def test_refused(self):
        with self.refused(404):
            self.client.share("/nothing")
        with self.refused(400):
            self.client.share("/")


class Media(TestCase):
    def test_bytes(self):
        self.put("/song.mp3", bytes(range(256)))
        link = self.client.media("/song.mp3")
        self.assertRegex(link["expires"], DATE)
        status, headers, body = fetch(link["url"])
        self.assertEqual((status, headers.get_content_type(), body), (200, "audio/mpeg", bytes(range(256))))
        status, headers, body = fetch(link["url"], Range="bytes=10-19")
        self.assertEqual((status, body), (206, bytes(range(10, 20))))

    def test_refused(self):
        self.client.file_create_folder("/folder")
        for path in ["/nothing", "/folder"]:
            with self.subTest(path), self.refused(404):
                self.client.media(path)


class CopyReference(TestCase):
    def test_between_people(self):
        self.put("/Gifts/a.txt", b"for you")
        file, folder = self.client.create_copy_ref("/Gifts/a.txt"), self.client.create_copy_ref("/Gifts")
        self.assertRegex(file["expires"], DATE)
        other = DropboxClient(self.world.new_person().token())
        self.assertEqual(other.add_copy_ref(file["copy_ref"], "/got.txt")["path"], "/got.txt")
        self.assertEqual(self.read("/Gifts/a.txt"), other.get_file("/got.txt").read())
        other.add_copy_ref(folder["copy_ref"], "/All")
        self.assertEqual(other.metadata("/All/a.txt")["bytes"], 7)

    def test_refused(self):
        self.put("/a.txt")
        reference = self.client.create_copy_ref("/a.txt")["copy_ref"]
        with self.refused(403):
            self.client.add_copy_ref(reference, "/a.txt")
        with self.refused(404):
            self.client.add_copy_ref("unknown", "/b.txt")
        with self.refused(404):
            self.client.create_copy_ref("/nothing")
