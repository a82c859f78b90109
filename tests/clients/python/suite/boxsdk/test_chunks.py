"""Files in parts, several at a time."""

import hashlib
import io
import tempfile
from pathlib import Path

from ..box.contents import BIG_SIZE, big, sha1
from .world import TestCase


class Chunks(TestCase):
    def test_upload_and_new_version(self):
        """The SDK's own uploader, from a path."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "big.bin")
            path.write_bytes(big())
            file = self.root.get_chunked_uploader(str(path)).start()
            self.assertEqual((file.name, file.size, file.sha1), ("big.bin", BIG_SIZE, sha1(big())))
            path.write_bytes(big(2))
            again = file.get_chunked_uploader(str(path)).start()
        self.assertEqual((again.id, again.sha1), (file.id, sha1(big(2))))
        self.assertEqual(file.content(byte_range=(BIG_SIZE - 10, BIG_SIZE - 1)), big(2)[-10:])
        self.assertEqual(hashlib.sha1(file.content()).hexdigest(), again.sha1)

    def test_by_hand(self):
        """Parts backwards and twice, listed, and committed with the times of the content."""
        content = big()
        session = self.root.create_upload_session(len(content), "big.bin")
        self.assertEqual(session.total_parts, -(-len(content) // session.part_size))
        offsets = list(range(0, len(content), session.part_size))
        for offset in [*reversed(offsets), 0]:
            part = session.upload_part_bytes(content[offset:offset + session.part_size], offset, len(content))
            self.assertEqual((part["offset"], part["sha1"]), (offset, sha1(content[offset:offset + session.part_size])))
        self.assertEqual([part["offset"] for part in session.get_parts()], offsets)
        self.assertEqual(self.client.upload_session(session.id).get().num_parts_processed, len(offsets))
        attributes = {"content_modified_at": "2011-12-13T14:15:16Z", "description": "big"}
        file = session.commit(hashlib.sha1(content).digest(), file_attributes=attributes)
        self.assertEqual((file.size, file.sha1, file.description), (len(content), sha1(content), "big"))
        self.assertEqual(file.content_modified_at[:19], "2011-12-13T14:15:16")

    def test_refusals(self):
        content = big()
        session = self.root.create_upload_session(len(content), "big.bin")
        with self.refused(416, "range_not_satisfiable"):
            session.upload_part_bytes(content[:100], 1, len(content))
        with self.refused(412, "precondition_failed"):
            session.upload_part_bytes(content[:session.part_size], 0, len(content), hashlib.sha1(b"other").digest())
        self.assertTrue(session.abort())
        with self.assertRaises(Exception) as caught:
            session.upload_part_bytes(content[:session.part_size], 0, len(content))
        self.assertIn(caught.exception.status, (404, 410))

    def test_a_name_that_is_taken(self):
        self.upload("big.bin")
        with self.refused(409, "item_name_in_use"):
            self.root.create_upload_session(BIG_SIZE, "big.bin")

    def test_an_interrupted_uploader_resumes(self):
        """What was sent before is not sent again."""
        content = big()
        session = self.root.create_upload_session(len(content), "big.bin")
        session.upload_part_bytes(content[:session.part_size], 0, len(content))
        uploader = session.get_chunked_uploader_for_stream(io.BytesIO(content), len(content))
        self.assertEqual(uploader.start().sha1, sha1(content))
