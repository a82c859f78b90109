"""A tree of 500 files there and back, kept equal and purged; and a file of 200 MB in parts."""

import hashlib
import os
import random

from .world import TestCase

FILES = 500
FOLDERS = 20
BIG_BYTES = 200_000_000
# Still more than rclone sends in one request.
NEXT_BYTES = 60_000_000


class Trees(TestCase):
    def tree(self):
        dice = random.Random(4711)
        source = self.local({
            "%02d/deep %02d/%03d.txt" % (number % FOLDERS, number % 3, number): dice.randbytes(dice.randrange(1, 3000))
            for number in range(FOLDERS * (FILES // FOLDERS))
        })
        for number, path in enumerate(sorted(source.rglob("*.txt"))):
            # Whole seconds: that is what the protocol keeps.
            os.utime(path, (1_300_000_000 + number, 1_300_000_000 + number))
        return source

    def test_there_and_back(self):
        source = self.tree()
        fast = ["--transfers", 8, "--checkers", 8]
        self.rclone("copy", source, "box:Tree", *fast)
        self.rclone("check", source, "box:Tree", *fast)
        files = [path for path in source.rglob("*.txt")]
        self.assertEqual(len(files), FILES)
        for path in files[:20]:
            path.unlink()
        for path in files[20:40]:
            path.write_bytes(b"changed " + path.name.encode())
        for number in range(20):
            (source / ("new %02d.txt" % number)).write_bytes(b"new")
        self.rclone("sync", source, "box:Tree", *fast)
        self.rclone("check", source, "box:Tree", *fast)
        self.assertEqual(self.rclone("sync", source, "box:Tree", "--dry-run", "--log-level", "NOTICE"), b"")
        self.rclone("moveto", "box:Tree", "box:Moved")
        back = self.folder / "back"
        self.rclone("copy", "box:Moved", back, *fast)
        expected = {str(path.relative_to(source)): path for path in source.rglob("*.txt")}
        found = {str(path.relative_to(back)): path for path in back.rglob("*.txt")}
        self.assertEqual(sorted(found), sorted(expected))
        for name, path in expected.items():
            self.assertEqual(found[name].read_bytes(), path.read_bytes(), name)
            self.assertEqual(int(found[name].stat().st_mtime), int(path.stat().st_mtime), name)
        self.rclone("purge", "box:Moved")
        self.assertEqual(self.names("box:"), [])

    def test_a_big_file(self):
        source = self.local({})
        dice = random.Random(4712)
        digest = hashlib.sha256()
        with open(source / "big.bin", "wb") as file:
            for _ in range(BIG_BYTES // 1_000_000):
                piece = dice.randbytes(1_000_000)
                digest.update(piece)
                file.write(piece)
        self.rclone("copy", source, "box:")
        self.rclone("check", source, "box:")
        self.assertEqual(self.listed("box:")["big.bin"]["Size"], BIG_BYTES)
        parts = [path for method, path, _ in self.server.requests(self.mark) if method == "PUT" and "/upload_sessions/" in path]
        self.assertGreater(len(parts), 10)
        self.rclone("copy", "box:", self.folder / "back")
        with open(self.folder / "back/big.bin", "rb") as file:
            back = hashlib.sha256()
            while piece := file.read(1 << 20):
                back.update(piece)
        self.assertEqual(back.digest(), digest.digest())
        # A new version comes in parts, too.
        os.truncate(source / "big.bin", NEXT_BYTES)
        self.rclone("copy", source, "box:")
        self.rclone("check", source, "box:")
        self.assertEqual(self.listed("box:")["big.bin"]["Size"], NEXT_BYTES)
