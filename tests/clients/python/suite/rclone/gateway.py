"""A proxy on the loopback that joins the names of Box's hosts to the server, and refuses every other.

It takes CONNECT alone and passes bytes on, so that a client's TLS ends at the server.
"""

import re
import socket
import socketserver
import threading

HOSTS = re.compile(r"(api|upload|app|account)\.box\.com|[a-z0-9-]+\.(app\.box|boxcloud)\.com")
HEAD_BYTES_MAX = 8192
PIECE_BYTES = 1 << 18
SILENCE_SECONDS_MAX = 120


class Gateway:
    """Runs until it is closed."""

    def __init__(self, address):
        self.joined = set()
        self.refused = set()
        self._proxy = _Proxy(("127.0.0.1", 0), _Tunnel)
        self._proxy.gateway, self._proxy.address = self, address
        threading.Thread(target=self._proxy.serve_forever, daemon=True).start()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self._proxy.server_address[1]

    def close(self):
        self._proxy.shutdown()
        self._proxy.server_close()


class _Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


class _Tunnel(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(SILENCE_SECONDS_MAX)
        host = self._asked()
        if host is None or not HOSTS.fullmatch(host):
            self.server.gateway.refused.add(host)
            self.request.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        self.server.gateway.joined.add(host)
        with socket.create_connection(self.server.address, SILENCE_SECONDS_MAX) as server:
            self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for end in (self.request, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=_pass_on, args=(server, self.request), daemon=True)
            back.start()
            _pass_on(self.request, server)
            back.join()

    def _asked(self):
        """The host of `CONNECT host:443`; nothing if anything else was asked."""
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.request.recv(HEAD_BYTES_MAX)
            head += piece
            if not piece or len(head) > HEAD_BYTES_MAX:
                return None
        asked = re.match(rb"CONNECT ([A-Za-z0-9.-]+):443 HTTP/1\.1\r\n", head)
        return asked and asked[1].decode("ascii").lower()


def _pass_on(source, target):
    """Until the source has no more to say; the target is told so."""
    try:
        while piece := source.recv(PIECE_BYTES):
            target.sendall(piece)
    except OSError:
        # One end is gone: so is the tunnel.
        pass
    for end, way in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        try:
            end.shutdown(way)
        except OSError:
            pass
