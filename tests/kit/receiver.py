"""Somebody who is told: a server on loopback that takes what Apprise sends to ``json://``."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """What arrived; ``status`` is what it answers, ``hold`` keeps it from answering."""

    def __init__(self) -> None:
        self.documents: list[Any] = []
        self.status = 200
        self.hold = threading.Event()
        self.hold.set()
        self.arrived = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        """Its address for Apprise, with a token in it."""
        return f"json://127.0.0.1:{self.port}/hook-token-4711"


@contextmanager
def a_receiver() -> Iterator[Receiver]:
    """A receiver that listens until the end of the block."""
    receiver = Receiver()

    class Doors(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.documents.append(json.loads(body))
            receiver.arrived.set()
            receiver.hold.wait(10)
            self.send_response(receiver.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base names it
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Doors)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
