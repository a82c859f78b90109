"""What of the SDK the tests have called: a method that none of them calls is a gap in the suite.

The methods are found by looking at the SDK, so that none can be forgotten.
"""

import functools
import inspect

from dropbox.client import DropboxClient, DropboxOAuth2Flow, DropboxOAuth2FlowNoRedirect
from dropbox.session import DropboxSession

CLASSES = [
    DropboxClient,
    DropboxClient.ChunkedUploader,
    DropboxOAuth2Flow,
    DropboxOAuth2FlowNoRedirect,
    DropboxSession,
]


class Surface:
    """Watches every public method of the SDK from here on."""

    def __init__(self):
        self.uncalled = set()
        for cls in CLASSES:
            for name, method in inspect.getmembers(cls, inspect.isfunction):
                if not name.startswith("_"):
                    self._watch(cls, name, method)

    def _watch(self, cls, name, method):
        label = "%s.%s" % (cls.__name__, name)
        self.uncalled.add(label)

        @functools.wraps(method)
        def watched(*arguments, **options):
            self.uncalled.discard(label)
            return method(*arguments, **options)

        setattr(cls, name, watched)
