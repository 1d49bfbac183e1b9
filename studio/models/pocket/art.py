"""The drawings `pocket` learns from (training and judging only; the finished model needs none of this).

Nouns: a *sprite* is one drawing, cut out, as RGBA bytes; a *hand* is the set of drawings it comes from, one
look for everything; *tinting* gives the body of a sprite one of the named colors and leaves its eyes, leaves
and outlines alone where they can be told apart.

The drawings are Microsoft's Fluent emoji, round and flat (MIT licence), and Google's Noto emoji (Apache-2.0),
taken by package name from npm; the notices are in the LICENSE files beside this file.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from .codes import HANDS
from .things import THINGS
from .tinting import Sprite, tint

# hand -> npm package; the two flat ones are tables of SVG.
PACKAGES = {
    "round": "@lobehub/fluent-emoji-3d@1.1.0",
    "flat": "@iconify-json/fluent-emoji-flat@1.2.6",
    "cartoon": "@iconify-json/noto@1.2.9",
}
SPRITE_SIDE = 320


def download(folder: Path) -> Path:
    """Fetch the drawings once into `folder`, a directory for each hand, and return it."""
    for hand, package in PACKAGES.items():
        place = folder / hand
        if not (place / "package").is_dir():
            place.mkdir(parents=True, exist_ok=True)
            subprocess.run(
                ["npm", "pack", "--silent", package], cwd=place, check=True, stdout=subprocess.DEVNULL
            )
            with tarfile.open(next(place.glob("*.tgz"))) as tar:
                tar.extractall(place, filter="data")
    return folder


def _cut_out(image: Image.Image) -> Sprite:
    visible = image.getchannel("A").point([255 if a > 20 else 0 for a in range(256)]).getbbox()
    image = image.crop(visible)
    scale = min(1.0, SPRITE_SIDE / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


class Library:
    """All sprites, by name, color and hand, loaded on first use; the latest are kept."""

    def __init__(self, assets: Path) -> None:
        self.assets = assets
        self.sprite = lru_cache(maxsize=4000)(self._sprite)

    def _sprite(self, name: str, color: str | None = None, hand: str = "round") -> Image.Image:
        if color is not None:
            return Image.fromarray(tint(np.asarray(self.sprite(name, None, hand)), color))
        code = THINGS[name].hexcode
        if hand == "round":
            path = self.assets / hand / "package" / "assets" / f"{code}.webp"
            return Image.fromarray(_cut_out(Image.open(path).convert("RGBA")))
        return Image.fromarray(_cut_out(self._drawn(hand, code)))

    def _drawn(self, hand: str, code: str) -> Image.Image:
        """A drawing of one of the sets that are tables of SVG."""
        import resvg_py

        (width, height), bodies = self._tables[hand]
        space = "http://www.w3.org/2000/svg"
        svg = (
            f'<svg xmlns="{space}" xmlns:xlink="http://www.w3.org/1999/xlink" width="384" height="384" '
            f'viewBox="0 0 {width} {height}">{bodies[_plain(code)]}</svg>'
        )
        return Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGBA")

    @cached_property
    def _tables(self) -> dict[str, tuple[tuple[int, int], dict[str, str]]]:
        """For each set of SVG: its view box, and the drawings by plain code."""
        tables = {}
        for hand in HANDS[1:]:
            folder = self.assets / hand / "package"
            icons = json.loads((folder / "icons.json").read_text())
            codes = json.loads((folder / "chars.json").read_text())
            found = {_plain(code): icons["icons"].get(name) for code, name in codes.items()}
            bodies = {code: icon["body"] for code, icon in found.items() if icon}
            tables[hand] = ((icons.get("width", 16), icons.get("height", 16)), bodies)
        return tables


def _plain(code: str) -> str:
    """A code without the mark that asks for a colored drawing, which the sets use differently."""
    return code.replace("-fe0f", "")
