"""The guard in front of every route, Gradio's and our own.

`Doors` knows which host names are this server's, so that no other site's page can talk to it (DNS
rebinding, forms sent across sites). `Guard` asks it about the Host and Origin headers, limits the size of
request bodies, and sets the security headers of every answer. `answers` asks for the sign-in first, if there
is one.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.errors import NotFound, StudioError

READING = frozenset({"GET", "HEAD", "OPTIONS"})
MEGA = 1 << 20
UPLOAD_LIMIT = 64 * MEGA  # of one picture handed in
BODY_LIMIT = 8 * MEGA  # of any other request: a mask of the largest canvas fits many times

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass
class Doors:
    """Which host names this server answers to. `share` is asked late: a link is known only after launch."""

    host: str = "127.0.0.1"
    space: str | None = None
    shared: bool = False
    share: Callable[[], str | None] = lambda: None
    names: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, host: str, shared: bool = False, share: Callable[[], str | None] = lambda: None) -> Doors:
        """The doors of a server bound to `host`, on a Space when the environment says so."""
        names = set(LOOPBACK) | {host}
        if _anywhere(host):
            names |= {socket.gethostname().lower(), socket.gethostname().lower() + ".local"}
        space = os.environ.get("SPACE_HOST") if os.environ.get("SPACE_ID") else None
        if space:
            names |= {name.strip().lower() for name in space.split(",")}
        return cls(host=host, space=space, shared=shared, share=share, names=frozenset(names))

    def admits(self, authority: str) -> bool:
        """Whether `authority` ("name" or "name:port") names this server."""
        name = _hostname(authority)
        if name in self.names:
            return True
        if _anywhere(self.host) and _is_address(name):  # an address cannot be rebound to another by DNS
            return True
        link = self.share() if self.shared else None
        return link is not None and name == (urlsplit(link).hostname or "")

    def same(self, origin: str, host: str) -> bool:
        """Whether a page from `origin` is this server's own, asked as `host`; another port is not."""
        site = urlsplit(origin).netloc
        if not site or not self.admits(site):
            return False
        return site == host or not (_hostname(site) in LOOPBACK or _is_address(_hostname(site)))

    @property
    def private(self) -> bool:
        """Only this machine can come in: the whole studio folder belongs to whoever opens the page."""
        return self.host in LOOPBACK and self.space is None and not self.shared


def _anywhere(host: str) -> bool:
    return host in {"0.0.0.0", "::"}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _hostname(authority: str) -> str:
    try:
        return (urlsplit("//" + authority).hostname or "").lower()
    except ValueError:
        return ""


def policy(on_space: bool) -> str:
    """The content security policy: nothing is loaded from, sent to, or framed by another host."""
    framed_by = "'self' https://huggingface.co" if on_space else "'self'"
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio's templates need both
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors {framed_by}",
        )
    )


class _TooLarge(Exception):
    """The body went over its limit while it was read."""


class Guard:
    """ASGI middleware: Host and Origin must name this server, bodies are limited, headers are safe."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self.app = app
        self.doors = doors
        self.headers = [
            (b"content-security-policy", policy(doors.space is not None).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refuse(scope.get("method", "GET"), scope["path"], headers)
        if refusal is not None:
            await refusal(scope, receive, self._sealed(send))
            return
        await self._limited(scope, receive, send)

    def _refuse(self, method: str, path: str, headers: dict[str, str]) -> Response | None:
        if not self.doors.admits(headers.get("host", "")):
            return PlainTextResponse("This address does not belong to this studio.", 400)
        origin = headers.get("origin")
        if method not in READING and origin and not self.doors.same(origin, headers.get("host", "")):
            return PlainTextResponse("Another site may not send anything to this studio.", 403)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _limit(path):
            return _too_large(path)
        return None

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting the bytes that really come."""
        seen = 0
        over = started = False

        async def counted() -> Message:
            nonlocal seen, over
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > _limit(scope["path"]):
                over = True
                raise _TooLarge
            return message

        async def guarded(message: Message) -> None:
            nonlocal started
            if over:  # whatever the app makes of the broken read, the answer is ours
                return
            started = started or message["type"] == "http.response.start"
            await self._sealed(send)(message)

        with contextlib.suppress(_TooLarge):
            await self.app(scope, counted, guarded)
        if over and not started:
            await _too_large(scope["path"])(scope, receive, self._sealed(send))

    def _sealed(self, send: Send) -> Send:
        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *self.headers]}
            await send(message)

        return sealed


def _limit(path: str) -> int:
    return UPLOAD_LIMIT + MEGA if path.rstrip("/").endswith("/upload") else BODY_LIMIT


def _too_large(path: str) -> Response:
    return PlainTextResponse(f"That is more than {_limit(path) // MEGA} MB, which is the limit here.", 413)


# ---------------------------------------------------------------- our own routes


Endpoint = Callable[[Request], Awaitable[Response]]


def _signed_in(request: Request) -> bool:
    """Whether Gradio's sign-in, if there is one, has let this browser in."""
    app = request.app
    if getattr(app, "auth", None) is None:
        return True
    cookie = f"access-token-{app.cookie_id}"
    token = request.cookies.get(cookie) or request.cookies.get(cookie.replace("token-", "token-unsecure-", 1))
    return token is not None and token in app.tokens


def answers(endpoint: Endpoint) -> Endpoint:
    """Ask for the sign-in first, and turn the errors a person can act on into answers."""

    async def guarded(request: Request) -> Response:
        if not _signed_in(request):
            return PlainTextResponse("Please sign in first.", 401)
        try:
            return await endpoint(request)
        except NotFound as error:
            return PlainTextResponse(str(error), 404)
        except StudioError as error:
            return PlainTextResponse(str(error), 409)

    return guarded
