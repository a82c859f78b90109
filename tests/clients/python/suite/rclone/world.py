"""What a test of rclone finds around itself: the program with a configuration of its own, and an empty folder."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import recorder
from classic_sdk import server_address

from .. import case
from . import TLS
from .gateway import Gateway

RUN_SECONDS_MAX = 120


class TestCase(case.TestCase):
    """A test in a folder, with a remote that is called `box:`."""

    def setUp(self):
        super().setUp()
        scratch = tempfile.TemporaryDirectory(prefix="tidemark-rclone-")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.gateway = Gateway(server_address())
        self.addCleanup(self.gateway.close)
        self.config = self.folder / "rclone.conf"
        self.configure(access_token=self.token)
        self.mark = self.server.mark()
        self.addCleanup(self._note)

    def configure(self, **options):
        lines = ["[box]", "type = box", *("%s = %s" % option for option in options.items())]
        self.config.write_text("\n".join(lines) + "\n")

    def environment(self):
        """rclone's own settings, and none of whoever runs the suite."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "HTTPS_PROXY": self.gateway.url,
            "RCLONE_CA_CERT": str(TLS / "ca.pem"),
            "RCLONE_CONFIG": str(self.config),
            "RCLONE_CACHE_DIR": str(self.folder / "cache"),
            # What fails shall be seen.
            "RCLONE_RETRIES": "1",
            "RCLONE_LOW_LEVEL_RETRIES": "1",
        }

    def run_rclone(self, *words, text=None):
        command = [os.environ["RCLONE"], *map(str, words)]
        options = {"env": self.environment(), "input": text, "capture_output": True, "timeout": RUN_SECONDS_MAX}
        return subprocess.run(command, **options)

    def rclone(self, *words, text=None):
        """Runs rclone, which must succeed; what it printed, as bytes."""
        done = self.run_rclone(*words, text=text)
        self.assertEqual(done.returncode, 0, "%s: %s" % (words, done.stderr.decode("utf-8", "replace")))
        return done.stdout

    def fails(self, *words):
        """Runs rclone, which must fail; what it complained of."""
        done = self.run_rclone(*words)
        self.assertNotEqual(done.returncode, 0, "%s succeeded" % (words,))
        return done.stderr.decode("utf-8", "replace")

    def listed(self, remote, *options):
        """Every file and folder below, by its path."""
        return {entry["Path"]: entry for entry in json.loads(self.rclone("lsjson", "-R", remote, *options))}

    def names(self, remote):
        return sorted(self.listed(remote))

    def local(self, files):
        """A folder with these files."""
        source = Path(tempfile.mkdtemp(dir=self.folder))
        for path, content in files.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_bytes(content)
        return source

    def _note(self):
        """rclone's connections show nothing outside; the server's log has what it asked."""
        for method, path, status in self.server.requests(self.mark):
            # The log leaves out what would be enough to read a file.
            recorder.note_call(method, path.replace("/d/1/...", "/d/1/-/download"), status)
