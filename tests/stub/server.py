"""A small HTTP server on a free local port, for stand-ins that clients may drop at any moment."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class LocalHandler(BaseHTTPRequestHandler):
    """Has `get`, `post` and `put` called. Connections stay open between requests, as AWS keeps them."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one packet: two would wait for each other's acknowledgement

    def __getattr__(self, name: str) -> Any:
        """The server looks for `do_GET` and so on."""
        if name.startswith("do_"):
            return getattr(self, name.removeprefix("do_").lower())
        raise AttributeError(name)

    def body(self) -> bytes:
        """The request's body, whole or in chunks."""
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def respond(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer; underscores in headers' names stand for hyphens."""
        self.send_response(status)
        for name, value in {"Content_Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: a line for each request would be the loudest part of a benchmark."""


class LocalServer(ThreadingHTTPServer):
    """Serves with a handler class that gets `attributes`."""

    daemon_threads = True
    request_queue_size = 128
    """Eight lanes with eight writers each connect at once; with the usual five, some were turned away."""

    def __init__(self, handler: type[LocalHandler], **attributes: Any) -> None:
        super().__init__(("127.0.0.1", 0), type(handler.__name__, (handler,), attributes))

    @property
    def address(self) -> str:
        """`127.0.0.1:port`."""
        return f"127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are killed drop their connections: that is no error here."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
