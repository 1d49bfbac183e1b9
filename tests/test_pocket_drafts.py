"""A draft shows what is known, exactly, and the drawing keeps what the autoencoder alone would lose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageDraw

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from studio.models.pocket.blocks import LATENT_CHANNELS  # noqa: E402
from studio.models.pocket.compositing import FEATHER, FOLLOWS, on_ground, with_detail  # noqa: E402
from studio.models.pocket.continuing import continued  # noqa: E402
from studio.models.pocket.drafting import draft, placed  # noqa: E402
from studio.models.pocket.memory import OUTLINE, SPRITE, outline_of  # noqa: E402
from studio.models.pocket.pipeline import PocketPipeline  # noqa: E402
from studio.models.pocket.scene import STYLES, Background, Scene, Thing  # noqa: E402
from studio.models.pocket.shadows import PAPER_EDGE, draw_shadow  # noqa: E402
from studio.models.pocket.synth import Studio, backdrop_of  # noqa: E402
from studio.models.pocket.trimming import fine, pure  # noqa: E402
from studio.models.pocket.views import View  # noqa: E402

MEADOW = Background("meadow", time="sunset", horizon=140)
THINGS = (Thing("dog", (20.0, 110.0, 112.0, 100.0), angle=8.0), Thing("star", (150.0, 20.0, 60.0, 60.0)))


class _OneDrawing(Studio):
    """Draws everything as the same bird."""

    def sprite(self, thing: Thing, style: str, references: object = ()) -> Image.Image:
        image = Image.new("RGBA", (300, 240))
        ImageDraw.Draw(image).ellipse((0, 80, 220, 240), fill=(220, 60, 40, 255))
        return image


@pytest.mark.parametrize("style", STYLES)
def test_a_draft_of_known_drawings_on_known_ground_is_the_exact_picture(style: str) -> None:
    scene, studio = Scene(MEADOW, THINGS, style), _OneDrawing(Path("nowhere"))
    ground = Image.fromarray(backdrop_of(MEADOW, style, 7)[0])
    laid = draft(scene, [studio.sprite(thing, style) for thing in scene.things], ground)
    assert np.array_equal(laid.pixels, studio.draw(scene, 7))


def test_cut_paper_has_its_rim_already_in_the_draft_also_where_nobody_knows_the_ground() -> None:
    scene = Scene(Background("plain", color="blue"), THINGS, "paper")
    laid = draft(scene, [_OneDrawing(Path("nowhere")).sprite(thing, "paper") for thing in THINGS])
    assert (np.abs(laid.pixels.astype(int) - PAPER_EDGE).max(-1) < 3).sum() > 500


@pytest.mark.parametrize("style", STYLES)
def test_a_shadow_ends_softly(style: str) -> None:
    ground = Image.new("RGB", (512, 512), (90, 200, 40))
    draw_shadow(ground, Thing("robot", (80.0, 60.0, 100.0, 100.0)), style)
    rows = np.asarray(ground, np.int16)[:, 256]
    assert np.abs(rows - (90, 200, 40)).max() > 20
    below = np.abs(np.diff(rows[320:], axis=0)).max(1)
    assert below[below > 0].size and below[np.flatnonzero(below)[-1]] <= 2, "no line where it is cut off"


def test_what_fills_its_square_has_smooth_edges_when_it_leans() -> None:
    block = Image.new("RGBA", (200, 120), (220, 40, 30, 255))
    _, leaning = placed(block, Thing("dog", (80.0, 80.0, 100.0, 60.0), angle=6.0))
    rows = np.asarray(leaning.getchannel("A"), np.int16)
    soft = ((rows > 10) & (rows < 245)).any(0)
    assert soft.mean() > 0.9, "an edge passes between pixels in almost every column"


def test_a_remembered_outline_becomes_as_fine_as_the_drawing() -> None:
    true = np.asarray(
        _OneDrawing(Path("nowhere")).sprite(THINGS[0], "flat").getchannel("A").resize((SPRITE, SPRITE))
    )
    sprite = Image.merge("RGBA", [*Image.new("RGB", true.shape).split(), Image.fromarray(true)])
    outline = torch.from_numpy(outline_of(sprite))[None, None]
    cover, coarse = (
        fine(outline, SPRITE),
        torch.nn.functional.interpolate(outline, (SPRITE, SPRITE), mode="bicubic"),
    )
    off, before = ((c[0, 0].numpy() - true / 255).std() for c in (cover, coarse))
    assert off < 0.03 and off < before / 2
    assert (torch.nn.functional.avg_pool2d(cover, SPRITE // OUTLINE) - outline).abs().mean() < 0.005


def test_no_paper_is_left_in_the_colors_of_an_edge() -> None:
    cover = ((12 - torch.arange(24)) / 4 + 0.5).clamp(0, 1).repeat(24, 1)[None, None]
    paper, red = torch.full((1, 3, 1, 1), 170.0), torch.tensor([220.0, 40, 30]).view(1, 3, 1, 1)
    colors = pure(paper + (red - paper) * cover, cover, paper)
    assert ((colors - red).abs() * cover).max() < 3


def test_what_is_seen_around_a_hole_is_carried_on_into_it() -> None:
    across, down = np.meshgrid(np.linspace(0, 1, 512), np.linspace(0, 1, 512))
    ramp = np.stack([40 + 90 * across, 200 - 120 * down, 80 + 50 * (across + down)], -1).astype(np.uint8)
    hidden, picture = np.zeros((512, 512), np.float32), Image.fromarray(ramp)
    hidden[150:330, 100:300] = 1
    picture.paste("red", (102, 152, 298, 328))
    apart = np.abs(np.asarray(continued(picture, hidden), np.int16) - ramp)
    assert apart.max() <= 4 and apart[hidden == 0].max() == 0
    assert continued(picture, np.ones_like(hidden)) is None


def test_a_thing_is_taken_out_of_a_picture_whose_background_nobody_knows_without_a_stain() -> None:
    down = np.linspace(60, 210, 512)[:, None].repeat(512, 1)
    sky = Image.fromarray(np.stack([down, 250 - down / 2, 230 - down], -1).astype(np.uint8))
    marked, mask = sky.copy(), Image.new("L", sky.size)
    ImageDraw.Draw(marked).ellipse((180, 200, 330, 330), fill=(250, 240, 30))
    mask.paste(255, (160, 180, 350, 350))
    pipe = PocketPipeline.load()
    after = pipe("", image=marked, mask_image=mask, generator=torch.Generator().manual_seed(2)).images[0]
    apart = np.abs(np.asarray(after, np.int16) - np.asarray(sky, np.int16))
    assert apart.mean() < 0.5 and apart.max() < 20


SMALL = (64, 64, 3)  # a small picture will do
LEVELS = arrays.arrays(np.uint8, (4, 4, 3)).map(lambda a: a.repeat(16, 0).repeat(16, 1))


@settings(max_examples=30, deadline=None)
@given(LEVELS, arrays.arrays(np.int8, SMALL, elements=st.integers(-9, 9)))
def test_a_drawing_that_follows_its_draft_is_as_sharp_as_it(laid: np.ndarray, lost: np.ndarray) -> None:
    restored = (laid.astype(np.float32) + lost).clip(0, 255)
    assert np.allclose(with_detail(restored, laid, restored), laid, atol=0.01)


def test_a_drawing_that_goes_its_own_way_is_left_alone() -> None:
    laid = np.random.default_rng(0).integers(0, 100, SMALL, dtype=np.uint8)
    restored = np.full(SMALL, 50, np.float32)
    drawn = restored + 2 * FOLLOWS
    assert np.array_equal(with_detail(drawn, laid, restored), drawn)


def test_what_is_drawn_is_nearer_to_its_draft_than_the_autoencoder_alone_comes() -> None:
    pipe = PocketPipeline.load()
    for style in STYLES:
        scene = Scene(Background("gradient", color="yellow"), THINGS, style)
        laid = pipe.gallery.draft(scene, [], {}, pipe.gallery.behind(scene, View()))
        alone = pipe._decode(laid.shown[:, :LATENT_CHANNELS])[0]
        drawn = pipe(scene=scene, generator=torch.Generator().manual_seed(1)).images[0]
        near, far = (np.square(np.asarray(p) - laid.pixels.astype(np.float32)).mean() for p in (drawn, alone))
        assert near < 0.7 * far, style


@given(st.integers(0, 56), st.integers(0, 56), st.integers(3, 8))
def test_away_from_things_a_picture_on_a_known_ground_is_its_draft(x: int, y: int, side: int) -> None:
    drawn, laid = np.full((512, 512, 3), 200, np.float32), np.full((512, 512, 3), 40, np.uint8)
    covered = np.zeros((64, 64), np.float32)
    covered[y : y + side, x : x + side] = 0.3
    out = on_ground(drawn, laid, covered)
    reach = 2 * FEATHER
    around = np.zeros((512, 512), bool)
    around[max(0, 8 * y - reach) : 8 * (y + side) + reach, max(0, 8 * x - reach) : 8 * (x + side) + reach] = 1
    assert (np.abs(out[~around] - 40) < 0.1).all()
    assert np.abs(out[8 * y + 4 * side, 8 * x + 4 * side] - 200).max() < 1


def test_where_a_thing_was_the_ground_is_clean_whatever_the_renderer_makes_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipe = PocketPipeline.load()
    castle = Thing("castle", (128.0, 41.0, 115.0, 127.0), flip=True)
    scene = Scene(Background("mountains", time="sunset", horizon=152), (castle,), "3d")
    picture = pipe(scene=scene, generator=torch.Generator().manual_seed(4)).images[0]
    without = pipe("remove the castle", image=picture, generator=torch.Generator().manual_seed(5)).images[0]
    wild = torch.Generator().manual_seed(6)
    monkeypatch.setattr(
        pipe, "_denoise", lambda plans, latents, *more: torch.randn(latents.shape, generator=wild)
    )
    smaller = pipe(
        "make the castle smaller", image=picture, generator=torch.Generator().manual_seed(5)
    ).images[0]
    apart = np.abs(np.asarray(without, np.int16) - np.asarray(smaller, np.int16))
    assert apart[200:300, 320:440].max() > 100, "where the castle is now, all is wild"
    assert apart[100:320, 484:].max() <= 12, "the old one was here, the new one is not"
