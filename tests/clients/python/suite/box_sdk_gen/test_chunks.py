"""Files in parts, one after another."""

import base64
import hashlib
import io

from box_sdk_gen import UploadPart

from ..box.contents import BIG_SIZE, big, sha1
from .world import TestCase


def digest(content):
    return "sha=" + base64.b64encode(hashlib.sha1(content).digest()).decode("ascii")


class Chunks(TestCase):
    def test_upload(self):
        """The SDK's own helper, by the addresses that the session tells."""
        file = self.client.chunked_uploads.upload_big_file(io.BytesIO(big()), "big.bin", BIG_SIZE, "0")
        self.assertEqual((file.name, file.size, file.sha_1), ("big.bin", BIG_SIZE, sha1(big())))
        self.assertEqual(sha1(self.read(file)), sha1(big()))

    def test_new_version_by_hand(self):
        """Parts by the session's id, and a commit that a wrong etag refuses."""
        uploads = self.client.chunked_uploads
        content = big()
        file = self.upload("big.bin", b"small")
        session = uploads.create_file_upload_session_for_existing_file(file.id, len(content))
        self.assertEqual((session.num_parts_processed, session.type.value), (0, "upload_session"))
        parts = []
        for offset in range(0, len(content), session.part_size):
            part = content[offset:offset + session.part_size]
            content_range = "bytes %d-%d/%d" % (offset, offset + len(part) - 1, len(content))
            parts.append(uploads.upload_file_part(session.id, io.BytesIO(part), digest(part), content_range).part)
        self.assertEqual(uploads.get_file_upload_session_by_id(session.id).num_parts_processed, session.total_parts)
        listed = uploads.get_file_upload_session_parts(session.id)
        self.assertEqual([part.part_id for part in listed.entries], [part.part_id for part in parts])
        with self.refused(412, "precondition_failed"):
            uploads.create_file_upload_session_commit(session.id, parts, digest(content), if_match="999999")
        done = uploads.create_file_upload_session_commit(session.id, parts, digest(content), if_match=file.etag).entries[0]
        self.assertEqual((done.id, done.sha_1), (file.id, sha1(content)))

    def test_a_commit_too_early_and_an_end(self):
        uploads = self.client.chunked_uploads
        session = uploads.create_file_upload_session("0", BIG_SIZE, "big.bin")
        part = UploadPart(part_id="01234567", offset=0, size=session.part_size)
        with self.refused(400, "parts_mismatch"):
            uploads.create_file_upload_session_commit(session.id, [part], digest(b""))
        uploads.delete_file_upload_session_by_id(session.id)
        with self.assertRaises(Exception) as caught:
            uploads.get_file_upload_session_by_id(session.id)
        self.assertIn(caught.exception.response_info.status_code, (404, 410))

    def test_too_small(self):
        with self.refused(400, "file_size_too_small"):
            self.client.chunked_uploads.create_file_upload_session("0", 1000, "small.bin")
