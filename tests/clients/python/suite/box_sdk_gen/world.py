"""What a test of Box's generated SDK finds around itself: clients of it, pointed at the server by its own settings."""

import contextlib
import io
import os

from box_sdk_gen import (
    AddShareLinkToFileSharedLink,
    BaseUrls,
    BoxAPIError,
    BoxClient,
    BoxDeveloperTokenAuth,
    CreateFolderParent,
    NetworkSession,
    UpdateFileByIdParent,
    UploadFileAttributes,
    UploadFileAttributesParentField,
    UploadFileVersionAttributes,
    create_null,
)

from .. import case
from ..case import CALLBACK

__all__ = ["CALLBACK", "SESSION", "SERVER", "Hands", "TestCase"]

SERVER = os.environ["TIDEMARK_URL"]
URLS = BaseUrls(base_url=SERVER, upload_url=SERVER + "/api", oauth_2_url=SERVER + "/api/oauth2")
SESSION = NetworkSession(base_urls=URLS)


def new_client(auth):
    return BoxClient(auth=auth).with_custom_base_urls(URLS)


class TestCase(case.TestCase):
    """A test with an SDK client."""

    def setUp(self):
        super().setUp()
        self.client = self.new_client()

    def new_client(self, token=None):
        return new_client(BoxDeveloperTokenAuth(token=token or self.token))

    def folder(self, name, parent="0"):
        return self.client.folders.create_folder(name, CreateFolderParent(id=parent))

    def upload(self, name, content=b"tide", parent="0", **options):
        attributes = UploadFileAttributes(name=name, parent=UploadFileAttributesParentField(id=parent), **options)
        files = self.client.uploads.upload_file(attributes, io.BytesIO(content))
        self.assertEqual(files.total_count, 1)
        return files.entries[0]

    def new_version(self, file, content, name=None, **options):
        attributes = UploadFileVersionAttributes(name=name or file.name)
        return self.client.uploads.upload_file_version(file.id, attributes, io.BytesIO(content), **options).entries[0]

    def read(self, file, client=None, **options):
        return (client or self.client).downloads.download_file(file.id, **options).read()

    def names(self, items):
        return [item.name for item in items.entries]

    @contextlib.contextmanager
    def refused(self, status, code):
        """The block must end in the SDK's own exception, with this status and code."""
        with self.assertRaises(BoxAPIError) as caught:
            yield caught
        told = caught.exception.response_info
        self.assertEqual((told.status_code, told.code), (status, code), str(caught.exception))


class Hands:
    """How the SDK changes things, each by the id of what it is done to."""

    def __init__(self, client):
        self._client = client

    def create_folder(self, parent, name):
        return self._client.folders.create_folder(name, CreateFolderParent(id=parent)).id

    def upload(self, parent, name, content):
        attributes = UploadFileAttributes(name=name, parent=UploadFileAttributesParentField(id=parent))
        return self._client.uploads.upload_file(attributes, io.BytesIO(content)).entries[0].id

    def new_version(self, file, content):
        name = self._client.files.get_file_by_id(file).name
        self._client.uploads.upload_file_version(file, UploadFileVersionAttributes(name=name), io.BytesIO(content))

    def rename(self, file, name):
        self._client.files.update_file_by_id(file, name=name)

    def move(self, file, parent):
        self._client.files.update_file_by_id(file, parent=UpdateFileByIdParent(id=parent))

    def trash(self, file):
        self._client.files.delete_file_by_id(file)

    def share(self, file):
        self._client.shared_links_files.add_share_link_to_file(file, "shared_link", shared_link=AddShareLinkToFileSharedLink())

    def unshare(self, file):
        self._client.shared_links_files.remove_shared_link_from_file(file, "shared_link", shared_link=create_null())
