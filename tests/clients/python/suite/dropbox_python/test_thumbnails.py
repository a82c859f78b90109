"""Thumbnails, and what a picture tells of itself."""

import contextlib
import struct
import time
from pathlib import Path

from .world import TestCase

FILES = Path(__file__).parents[3] / "files"
MADE_SECONDS_MAX = 30


class Thumbnails(TestCase):
    def setUp(self):
        super().setUp()
        self.entry = self.put("/Photos/venice.jpg", (FILES / "venice.jpg").read_bytes())

    def png_size(self, source):
        with contextlib.closing(source):
            content = source.read()
        self.assertEqual(content[1:4], b"PNG")
        return struct.unpack(">II", content[16:24])

    def test_sizes(self):
        """It fits into the box, keeps its shape, and is never made larger; the SDK before knew other names."""
        sizes = {"xs": (32, 24), "s": (64, 48), "m": (128, 96), "l": (400, 300), "xl": (400, 300), "large": (128, 96)}
        for size, expected in sizes.items():
            with self.subTest(size):
                self.assertEqual(self.png_size(self.client.thumbnail("/Photos/venice.jpg", size, "PNG")), expected)

    def test_with_metadata(self):
        self.assertTrue(self.entry["thumb_exists"])
        source, metadata = self.client.thumbnail_and_metadata("/Photos/venice.jpg")
        with contextlib.closing(source):
            self.assertEqual(source.getheader("content-type"), "image/jpeg")
            self.assertEqual(source.read()[:2], b"\xff\xd8")
        self.assertEqual(metadata, self.entry)

    def test_from_png(self):
        self.put("/chess.png", (FILES / "chess.png").read_bytes())
        self.assertEqual(self.png_size(self.client.thumbnail("/chess.png", "s", "PNG")), (64, 21))

    def test_refused(self):
        self.put("/text.txt")
        self.put("/broken.jpg", b"no picture")
        for path, status in [("/text.txt", 404), ("/nothing.jpg", 404), ("/broken.jpg", 415)]:
            with self.subTest(path), self.refused(status):
                self.client.thumbnail(path)


class MediaInfo(TestCase):
    def test_when_and_where(self):
        """Sooner or later, and from then on, metadata tells when and where a picture was taken."""
        self.put("/venice.jpg", (FILES / "venice.jpg").read_bytes())
        deadline = time.monotonic() + MADE_SECONDS_MAX
        while (info := self.client.metadata("/venice.jpg", include_media_info=True)["photo_info"]) == "pending":
            self.assertLess(time.monotonic(), deadline, "the picture was never looked at")
            time.sleep(0.05)
        self.assertEqual(info["time_taken"], "Sat, 15 Sep 2012 17:42:10 +0000")
        latitude, longitude = info["lat_long"]
        self.assertAlmostEqual(latitude, 45.4333, 3)
        self.assertAlmostEqual(longitude, 12.3375, 3)
        self.assertNotIn("photo_info", self.client.metadata("/venice.jpg"))
        page = self.client.delta(include_media_info=True)
        self.assertEqual(page["entries"][0][1]["photo_info"], info)
