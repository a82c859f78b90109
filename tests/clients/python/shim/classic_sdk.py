"""Lets the SDK of 2014 (`dropbox` 2.2.0) run on today's Python and reach a server on this machine.

Nothing of the SDK is edited. Two things are changed from outside, when the interpreter starts:

* where connections go: requests for the hosts of the retired service are sent, as plain HTTP, to the
  server named by the environment variable TIDEMARK_URL. The SDK's own transport speaks TLS 1.0 only;
* four spots that the SDK's automatic conversion from Python 2 left treating bytes as text.
"""

import base64
import io
import os
import types
import urllib.parse

RETIRED_HOSTS = frozenset(
    ["api.dropbox.com", "api-content.dropbox.com", "api-notify.dropbox.com", "www.dropbox.com"]
)


def server_address():
    """Host and port of the server under test, read anew each time: it may move while a program runs."""
    url = urllib.parse.urlsplit(os.environ["TIDEMARK_URL"])
    return url.hostname, url.port


def install():
    """Puts every change in place."""
    redirect_connections()
    convert_upload_bodies()
    convert_chunks()
    convert_oauth1_replies()
    convert_csrf_token()


def redirect_connections():
    """Sends connections for the retired hosts to the server; others are left alone."""
    import urllib3

    connection_from_host = urllib3.PoolManager.connection_from_host

    def redirected(self, host, port=None, scheme="http", pool_kwargs=None):
        if host in RETIRED_HOSTS:
            (host, port), scheme, pool_kwargs = server_address(), "http", None
        return connection_from_host(self, host, port, scheme, pool_kwargs)

    urllib3.PoolManager.connection_from_host = redirected


def convert_upload_bodies():
    """`request` would send `str(body.getvalue())`: the text "b'...'" where bytes are meant."""
    from dropbox import rest

    request = rest.RESTClientObject.request

    def with_bytes(self, method, url, post_params=None, body=None, headers=None, raw_response=False):
        if isinstance(body, io.BytesIO):
            body = body.getvalue()
            headers = dict(headers or {}, **{"Content-Length": str(len(body))})
        return request(self, method, url, post_params, body, headers, raw_response)

    rest.RESTClientObject.request = with_bytes


def convert_chunks():
    """The chunked uploader wraps each chunk of bytes into a StringIO."""
    from dropbox import client

    client.StringIO = io.BytesIO


def convert_oauth1_replies():
    """The reply of the OAuth 1 token endpoints is parsed as if it were text."""
    from dropbox import session

    parse_token = session.DropboxSession._parse_token
    session.DropboxSession._parse_token = classmethod(lambda cls, reply: parse_token(reply.decode("ascii")))


def convert_csrf_token():
    """The redirect flow joins its random token (bytes) with the caller's state (text)."""
    from dropbox import client

    client.base64 = types.SimpleNamespace(
        urlsafe_b64encode=lambda raw: base64.urlsafe_b64encode(raw).decode("ascii")
    )
