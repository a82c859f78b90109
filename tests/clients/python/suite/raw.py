"""Requests that the SDK does not make: bare HTTP on one kept connection, or on many at once."""

import http.client
import json
import os
import threading
import urllib.parse


class Answer:
    """Status, headers and body of one answer."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Raw:
    """One kept connection, with or without a token."""

    def __init__(self, token=None):
        self._token = token
        url = urllib.parse.urlsplit(os.environ["TIDEMARK_URL"])
        connection = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        self._connection = connection(url.hostname, url.port, timeout=150)

    def request(self, method, path, query=None, form=None, body=None, headers=None):
        headers = dict(headers or {})
        if self._token:
            headers.setdefault("Authorization", "Bearer " + self._token)
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if query:
            path += "?" + urllib.parse.urlencode(query)
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def get(self, path, **query):
        return self.request("GET", path, query=query)

    def post(self, path, **form):
        return self.request("POST", path, form=form)

    def put(self, path, body, **query):
        return self.request("PUT", path, query=query, body=body)

    def close(self):
        self._connection.close()


def put_many(token, contents, connections=8):
    """Uploads {path: bytes} on several connections at once; raises if one is refused."""
    waiting = list(contents.items())
    failures = []

    def work():
        raw = Raw(token)
        try:
            while waiting and not failures:
                try:
                    path, content = waiting.pop()
                except IndexError:
                    break
                answer = raw.put("/1/files_put/auto" + urllib.parse.quote(path), content)
                if answer.status != 200:
                    failures.append((path, answer.status, answer.body))
        except OSError as error:
            failures.append(error)
        finally:
            raw.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise AssertionError("uploads failed: %r" % failures[:3])
