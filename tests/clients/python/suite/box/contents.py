"""Contents of files, and what is known of them."""

import hashlib
import random
from pathlib import Path

# Three parts, the last of them small: the smallest upload in parts that Box took, and a bit.
BIG_SIZE = 20 * 1024 * 1024 + 5


PICTURE = Path(__file__).parents[3] / "files/chess.png"
PNG = b"\x89PNG"
JPEG = b"\xff\xd8\xff"


def big(seed=1):
    """The bytes of a big file, the same each time."""
    return random.Random(seed).randbytes(BIG_SIZE)


def sha1(content):
    return hashlib.sha1(content).hexdigest()
