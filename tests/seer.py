"""A model that sees, for tests without weights: swatch with a box in its pictures, which it knows by name."""

from __future__ import annotations

from PIL import Image, ImageDraw

from studio.errors import CannotDo
from studio.models.base import Request, Sighting
from studio.models.swatch import Swatch

BOX = (0.25, 0.25, 0.75, 0.5)  # left, top, right, bottom as shares
MISSED = "I asked for two boxes and see one."


class Seer(Swatch):
    """It draws one black box whatever it is asked for, and says so when it was asked for two."""

    def __init__(self, pause: float = 0.0) -> None:
        super().__init__(pause)
        self.looks = 0
        self.followed: list[tuple[Image.Image, ...]] = []

    def run(self, request: Request) -> Image.Image:
        self.followed.append(request.references)
        picture = super().run(request)
        ImageDraw.Draw(picture).rectangle(_pixels(picture.size), fill="black")
        return picture

    def see(self, image: Image.Image) -> tuple[Sighting, ...]:
        return (Sighting("box", BOX, "black", 1.0),)

    def select(
        self, image: Image.Image, words: str | None = None, point: tuple[int, int] | None = None
    ) -> Image.Image:
        mask = super().select(image, point=point)
        if words is not None and "box" in words:
            mask.paste(255, _pixels(image.size))
        return mask

    def compare(self, image: Image.Image, words: str) -> tuple[str, ...]:
        self.looks += 1
        if "poem" in words:
            raise CannotDo("I cannot check that.")
        return (MISSED,) if "two boxes" in words else ()


def _pixels(size: tuple[int, int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = (round(share * size[i % 2]) for i, share in enumerate(BOX))
    return left, top, right, bottom
