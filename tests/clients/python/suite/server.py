"""A server process on a data folder of its own, and its admin commands."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 30
# A stream that waits is answered soon, so that a test can wait for it.
SETTINGS = {"TIDEMARK_BOX_REALTIME_HOLD": "2"}
ACCESS = re.compile(r' access: .*method=(\S+) path="([^"]*)" .*status=(\d+) ')


class Server:
    """Starts the binary on a free port of the loopback; it keeps that port when it is started again."""

    def __init__(self, binary, folder, options=()):
        self.binary = str(binary)
        self._options = options
        self.data = Path(folder) / "data"
        self.log = Path(folder) / "server.log"
        self.port = 0
        self.url = None
        self.process = None

    def start(self):
        offset = self.log.stat().st_size if self.log.exists() else 0
        command = [self.binary, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", *self._options]
        with open(self.log, "ab") as log:
            environment = dict(os.environ, **SETTINGS)
            self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            told = self.log.read_bytes()[offset:].decode("utf-8", "replace")
            if match := re.search(r"https?://127\.0\.0\.1:(\d+)", told):
                self.url, self.port = match[0], int(match[1])
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"the server told no URL; its output: {told or 'none'}")

    def stop(self):
        """Asks it to end (SIGTERM); returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def kill(self):
        """Ends it at once, whatever it is at (SIGKILL)."""
        self.process.kill()
        self.process.wait()

    def mark(self):
        """Where its log stands."""
        return self.log.stat().st_size

    def requests(self, mark):
        """What it has answered since then: method, path and status of each. A poll stands there when it begins to wait."""
        with open(self.log, "rb") as log:
            log.seek(mark)
            text = log.read().decode("utf-8", "replace")
        return [(method, path, int(status)) for method, path, status in ACCESS.findall(text)]

    def admin(self, *arguments, text=None):
        """Runs an admin command beside the running server; returns what it printed."""
        command = [self.binary, *arguments, "--data", str(self.data)]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr}")
        return done.stdout.strip()

    def add_user(self, email, password, name):
        self.admin("user", "add", email, "--password-stdin", "--name", name, text=password + "\n")

    def add_app(self, name, access, redirect_uris=()):
        options = [word for uri in redirect_uris for word in ("--redirect-uri", uri)]
        app = json.loads(self.admin("app", "add", name, "--access", access, *options))
        return App(name, app["app_key"], app["app_secret"])

    def create_token(self, app, email):
        return self.admin("token", "create", "--app", app.key, "--user", email)


class App:
    """A registered program: its name and credentials."""

    def __init__(self, name, key, secret):
        self.name = name
        self.key = key
        self.secret = secret
