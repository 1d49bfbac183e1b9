"""A hub on this machine: a real server that answers as the hub does where downloads ask it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


@dataclass
class Shop:
    """What a hub has and what was asked of it."""

    repos: dict[str, dict[str, bytes]]
    gated: set[str] = field(default_factory=set)
    broken: bool = False
    asked: list[str] = field(default_factory=list)
    opened: threading.Event = field(
        default_factory=threading.Event
    )  # files wait for it if the shop is `slow`
    slow: bool = False

    def commit(self, repo: str) -> str:
        """A hash of everything in the repository."""
        seen = hashlib.sha1(repo.encode())
        for name, content in sorted(self.repos[repo].items()):
            seen.update(name.encode() + content)
        return seen.hexdigest()


class Counter(BaseHTTPRequestHandler):
    """The part of the hub's interface that downloads use."""

    shop: Shop

    def do_HEAD(self) -> None:
        self.serve()

    def do_GET(self) -> None:
        self.serve()

    def serve(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.shop.asked.append(f"{self.command} {path}")
        if self.shop.broken:
            return self.answer(400, b"", {})
        words = path.strip("/").split("/")
        api = words[:2] == ["api", "models"]
        repo = "/".join(words[2:4] if api else words[:2])
        if repo not in self.shop.repos:
            return self.answer(404, b"", {"X-Error-Code": "RepoNotFound"})
        commit = self.shop.commit(repo)
        rest = words[4:] if api else words[2:]
        if rest[1:2] not in ([], ["main"], [commit]):
            return self.answer(404, b"", {"X-Error-Code": "RevisionNotFound"})
        files = self.shop.repos[repo]
        if api and rest[:1] == ["tree"]:
            tree = [
                {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                for name, content in files.items()
            ]
            return self.answer(200, json.dumps(tree).encode(), {"Content-Type": "application/json"})
        if api:
            about = {"id": repo, "sha": commit, "siblings": [{"rfilename": name} for name in files]}
            return self.answer(200, json.dumps(about).encode(), {"Content-Type": "application/json"})
        if repo in self.shop.gated:
            return self.answer(403, b"", {"X-Error-Code": "GatedRepo"})
        content = files["/".join(rest[2:])]
        if self.shop.slow and self.command == "GET" and rest[-1].endswith(".safetensors"):
            self.shop.opened.wait()
        etag = f'"{hashlib.sha256(content).hexdigest()}"'
        return self.answer(200, content, {"ETag": etag, "X-Repo-Commit": commit})

    def answer(self, code: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            with suppress(BrokenPipeError):  # who asked has gone: stopped, or tired of waiting
                self.wfile.write(content)

    def log_message(self, *words: object) -> None:
        """The server is quiet."""


@contextmanager
def opened(shop: Shop) -> Iterator[str]:
    """The address of a hub that has what the shop has."""
    handler = type("Handler", (Counter,), {"shop": shop})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
