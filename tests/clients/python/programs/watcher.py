"""Prints each change in an account the moment it is made.

    watcher.py ACCESS_TOKEN [FOLDER]

Keeps a picture of the account by the rules of `delta`, and waits for the next change in a long poll,
which needs no credential but the cursor. One line per change: added, changed or removed, and the path.
"""

import sys
import time

import requests
from dropbox.client import DropboxClient

NOTIFY_URL = "https://api-notify.dropbox.com/1/longpoll_delta"


def say(*words):
    print(*words, flush=True)


class Picture:
    """What the account looks like: metadata by lower-case path."""

    def __init__(self):
        self.entries = {}

    def reset(self):
        self.entries.clear()

    def apply(self, path, metadata):
        """Applies one entry of a delta; yields what changed, as (word, path)."""
        before = self.entries.get(path)
        if metadata is None:
            if before is not None:
                self._forget(path)
                yield "removed", before["path"]
            return
        if not metadata["is_dir"]:
            self._forget(path)
        self.entries[path] = metadata
        if before is None:
            yield "added", metadata["path"]
        elif before["is_dir"] != metadata["is_dir"] or before.get("rev") != metadata.get("rev"):
            yield "changed", metadata["path"]

    def _forget(self, path):
        below = path + "/"
        for known in [known for known in self.entries if known == path or known.startswith(below)]:
            del self.entries[known]


def catch_up(client, picture, cursor, folder, tell):
    """Reads every page that is there; returns the cursor from which to wait."""
    while True:
        page = client.delta(cursor, path_prefix=folder)
        if page["reset"]:
            picture.reset()
        for path, metadata in page["entries"]:
            for word, name in picture.apply(path, metadata):
                if tell:
                    say(word, name)
        cursor = page["cursor"]
        if not page["has_more"]:
            return cursor


def wait(cursor):
    """Waits until something changed; a server that is away for a moment is asked again."""
    while True:
        try:
            answer = requests.get(NOTIFY_URL, params={"cursor": cursor, "timeout": 120}, timeout=240)
            answer.raise_for_status()
        except requests.exceptions.ConnectionError:
            time.sleep(0.2)
            continue
        news = answer.json()
        if "backoff" in news:
            time.sleep(news["backoff"])
        if news["changes"]:
            return


def main():
    client = DropboxClient(sys.argv[1])
    folder = sys.argv[2] if len(sys.argv) > 2 else None
    picture = Picture()
    cursor = catch_up(client, picture, None, folder, tell=False)
    say("watching", len(picture.entries), "entries")
    while True:
        wait(cursor)
        cursor = catch_up(client, picture, cursor, folder, tell=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
