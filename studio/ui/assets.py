"""The page's own script and style files: where they are, and the tags that load them.

Gradio awaits the scripts of a component's `head`, in order, before it mounts the component. The addresses are
relative, so that the page works under any path, and end in a hash of the content, so that a browser may keep
the files for ever.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

STATIC = Path(__file__).parent / "static"
"""The folder that the server mounts at `studio/static`."""


def head(*names: str) -> str:
    """The tags that load these files of `STATIC`, in this order: style sheets (`.css`) and scripts."""
    return "".join(_tag(name) for name in names)


def _tag(name: str) -> str:
    version = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    address = f"studio/static/{name}?v={version}"
    if name.endswith(".css"):
        return f'<link rel="stylesheet" href="{address}">'
    return f'<script src="{address}"></script>'
