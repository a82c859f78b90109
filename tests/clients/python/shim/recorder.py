"""Notes what a client asked for and what it was answered, for the table of compatibility.

    TIDEMARK_RECORD   the file to note it in, as lines of JSON; without it, nothing is noted
    TIDEMARK_TEST     the test that runs at present

The SDKs and the programs' `requests` all send through urllib3; what the suite asks by itself does not.
"""

import json
import os
import urllib.parse


def install():
    """Notes every request that goes out through urllib3, however it ends."""
    # Not every environment has it: the suite of a program that is no Python needs none.
    import urllib3

    urlopen = urllib3.HTTPConnectionPool.urlopen

    def noted(self, method, url, *arguments, **options):
        response = urlopen(self, method, url, *arguments, **options)
        note_call(method, url, response.status)
        return response

    urllib3.HTTPConnectionPool.urlopen = noted


def note_call(method, url, status):
    """Notes a request of the test that runs at present: its path alone, for what follows it may hold tokens."""
    test = os.environ.get("TIDEMARK_TEST")
    if test:
        _note({"test": test, "method": method, "path": urllib.parse.urlsplit(url).path, "status": status})


def note_outcome(test, passed):
    _note({"test": test, "passed": passed})


def _note(line):
    file = os.environ.get("TIDEMARK_RECORD")
    if file:
        with open(file, "a", encoding="utf-8") as notes:
            notes.write(json.dumps(line) + "\n")
