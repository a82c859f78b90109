"""Permission as rclone asks for it: through a browser, and again when its token is old."""

import configparser
import datetime
import json
import os
import re
import subprocess
import threading
import urllib.request

from ..browser import Browser
from .world import RUN_SECONDS_MAX, TestCase

# rclone waits for the browser here, and tells so.
REDIRECT = "http://127.0.0.1:53682/"


class OAuth(TestCase):
    def authorize(self):
        """Has rclone ask this person; the token in its configuration, with an app of this server's."""
        app = self.server.add_app("rclone of %s" % self.person.name, "full", [REDIRECT])
        words = ["config", "create", "box", "box", "client_id", app.key, "client_secret", app.secret]
        # It would open a browser of its own if there was one.
        environment = dict(self.environment(), PATH="")
        command = [os.environ["RCLONE"], "-vv", *words]
        options = {"env": environment, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, **options) as asking:
            limit = threading.Timer(RUN_SECONDS_MAX, asking.kill)
            limit.start()
            said = ""
            try:
                for line in asking.stderr:
                    said += line
                    if local := re.search(r"http://127\.0\.0\.1:53682/auth\?\S+", line):
                        self.visit(local[0])
                asking.wait()
            finally:
                limit.cancel()
                # If the visit failed, it waits for nobody.
                asking.kill()
        self.assertEqual(asking.returncode, 0, said)
        return app

    def visit(self, local):
        with self.assertRaises(urllib.error.HTTPError) as redirect:
            urllib.request.build_opener(_Stay).open(local, timeout=30)
        page = Browser().authorize(redirect.exception.headers["Location"], self.person.email, self.person.password)
        self.assertTrue(page.url.startswith(REDIRECT), page.url)
        with urllib.request.urlopen(page.url, timeout=30) as answer:
            self.assertIn(b"Success", answer.read())

    def kept(self):
        """The token in rclone's configuration."""
        config = configparser.ConfigParser(interpolation=None)
        config.read(self.config)
        return json.loads(config["box"]["token"])

    def test_code_and_refresh(self):
        app = self.authorize()
        token = self.kept()
        self.rclone("copyto", self.local({"x": b"tide"}) / "x", "box:file.txt")
        past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
        old = dict(token, access_token="long dead", expiry=past.isoformat().replace("+00:00", "Z"))
        self.configure(client_id=app.key, client_secret=app.secret, token=json.dumps(old))
        self.assertEqual(self.rclone("cat", "box:file.txt"), b"tide")
        new = self.kept()
        self.assertNotIn(new["access_token"], (token["access_token"], "long dead"))
        self.assertNotEqual(new["refresh_token"], token["refresh_token"])
        # The new access token was used: the old refresh token has served.
        self.configure(client_id=app.key, client_secret=app.secret, token=json.dumps(old))
        self.assertIn("invalid_grant", self.fails("cat", "box:file.txt"))


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
