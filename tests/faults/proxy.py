"""A TCP proxy in front of PostgreSQL that loses connections, or the answer to a COMMIT, when a test asks for it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from jobs.storage.database.postgres import PUBLISH_NAME

_COMMIT = b"COMMIT\0"  # the end of a simple query, as psycopg2 sends it


@dataclass
class Link:
    """One client and its connection to the server."""

    client: socket.socket
    server: socket.socket
    said: bytearray = field(default_factory=bytearray)  # by the client at first: its name is in it
    has_committed: bool = False

    def is_of(self, name: str) -> bool:
        """Whether the client gave itself that name: at its start, as libpq does, or by SET, as pgjdbc does."""
        return re.search(rb"application_name(\0|\s*=\s*')" + re.escape(name.encode()), self.said) is not None

    def close(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Proxy:
    """Listens on a free port of 127.0.0.1 and forwards to `port`."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.links: list[Link] = []
        self.commits_to_swallow = 0
        self.swallowed = 0
        self.hides_deaths = False  # a client that dies is not reported to the server, as when its machine vanished
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def url(self, url: str, passfile: Path) -> str:
        """`url`, through this proxy; passfiles go by the port, so that it needs one of its own."""
        parts = urlsplit(url)
        netloc = f"{parts.username}@127.0.0.1:{self.port}"
        return urlunsplit(parts._replace(netloc=netloc, query=f"passfile={passfile}"))

    def cut(self, name: str) -> int:
        """Close the connections whose application has that name; return how many there were."""
        chosen = [link for link in self.links if link.is_of(name)]
        for link in chosen:
            self.links.remove(link)
            link.close()
        return len(chosen)

    def close(self) -> None:
        self.listener.close()
        for link in self.links:
            link.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.target))
                except OSError:  # a server that is down: the client must see it, too
                    client.close()
                    continue
                self.links.append(link := Link(client, server))
                for pump in (self._pump_questions, self._pump_answers):
                    threading.Thread(target=pump, args=(link,), daemon=True).start()

    def _pump_questions(self, link: Link) -> None:
        with suppress(OSError):
            while chunk := link.client.recv(65536):
                if len(link.said) < 65536:
                    link.said += chunk
                if chunk.endswith(_COMMIT) and self.commits_to_swallow and link.is_of(PUBLISH_NAME):
                    self.commits_to_swallow -= 1
                    link.has_committed = True
                link.server.sendall(chunk)
        if not self.hides_deaths:
            link.close()

    def _pump_answers(self, link: Link) -> None:
        with suppress(OSError):
            while chunk := link.server.recv(65536):
                if link.has_committed:
                    self.swallowed += 1
                    break
                link.client.sendall(chunk)
        if not self.hides_deaths:
            link.close()


@contextmanager
def proxy_of(port: int) -> Iterator[Proxy]:
    """A proxy for the server on that port, as long as the block lasts."""
    proxy = Proxy(port)
    yield proxy
    proxy.close()
