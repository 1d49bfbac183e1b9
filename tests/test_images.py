"""Pixels as values: what holds for any picture and any mask, and what an eye would see at a seam."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from studio import images
from studio.errors import BadMask, BadPicture

settings.register_profile("pictures", deadline=None, max_examples=80)
settings.load_profile("pictures")

sides = st.integers(1, 40)
seeds = st.integers(0, 2**32 - 1)
modes = st.sampled_from(["RGB", "RGBA"])


def random_picture(size: tuple[int, int], mode: str, seed: int) -> Image.Image:
    channels = {"L": 1, "RGB": 3, "RGBA": 4}[mode]
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], channels), dtype=np.uint8)
    if mode == "RGBA":
        pixels[..., 3] = np.where(pixels[..., 3] < 80, 0, pixels[..., 3])  # enough of it wholly transparent
    return Image.fromarray(pixels.squeeze(2) if mode == "L" else pixels)


def random_mask(size: tuple[int, int], seed: int) -> Image.Image:
    """Blots, lines and single pixels, some of them soft."""
    rng = np.random.default_rng(seed)
    mask = Image.new("L", size)
    pen = ImageDraw.Draw(mask)
    for _ in range(rng.integers(0, 5)):
        ends = [int(rng.integers(-5, side + 5)) for side in (*size, *size)]
        paint = int(rng.choice([255, 255, 90, 1]))
        if rng.random() < 0.5:
            pen.line(ends, fill=paint, width=int(rng.integers(1, 4)))
        else:
            box = [min(ends[0], ends[2]), min(ends[1], ends[3]), max(ends[0], ends[2]), max(ends[1], ends[3])]
            pen.ellipse(box, fill=paint)
    return mask


masks = st.builds(random_mask, st.tuples(sides, sides), seeds)


def gradient(size: int = 256) -> Image.Image:
    ramp = np.linspace(60, 180, size)
    across, down = np.meshgrid(ramp, ramp)
    return Image.fromarray(np.stack([across, down, (across + down) / 2], axis=-1).astype(np.uint8))


def clouds(size: int = 512, seed: int = 3) -> Image.Image:
    coarse = random_picture((24, 24), "RGB", seed).resize((size, size), Image.Resampling.BICUBIC)
    fine = random_picture((120, 120), "RGB", seed + 1).resize((size, size), Image.Resampling.BICUBIC)
    return Image.blend(coarse, fine, 0.3)


def disc(size: int, box: tuple[int, int, int, int]) -> Image.Image:
    mask = Image.new("L", (size, size))
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    return mask


# ---------------------------------------------------------------- identity and encoding


def test_a_digest_tells_mode_size_and_every_pixel_apart():
    wide, tall = Image.new("L", (6, 4)), Image.new("L", (4, 6))
    one_pixel = wide.copy()
    one_pixel.putpixel((5, 3), 1)
    pictures = [
        wide,
        tall,
        one_pixel,
        Image.new("RGB", (2, 4)),
        Image.new("RGB", (6, 4)),
        Image.new("RGBA", (6, 4)),
    ]
    assert len({images.digest(picture) for picture in pictures}) == len(pictures)
    assert images.digest(wide) == images.digest(Image.new("L", (6, 4)))
    assert len(images.digest(wide)) == 40


@given(st.tuples(sides, sides), st.sampled_from(["L", "RGB", "RGBA"]), seeds)
def test_png_gives_back_every_byte(size, mode, seed):
    picture = random_picture(size, mode, seed)
    again = images.from_png(images.to_png(picture))
    assert (again.mode, again.size, again.tobytes()) == (mode, size, picture.tobytes())


def test_png_is_a_file_that_other_programs_read_and_holds_no_metadata(tmp_path):
    picture = clouds(64)
    picture.info = {"icc_profile": b"not to be kept", "Author": "somebody", "transparency": 3}
    path = tmp_path / "picture.png"
    path.write_bytes(images.to_png(picture))
    with Image.open(path) as file:
        file.verify()
    with Image.open(path) as file:
        assert file.tobytes() == picture.tobytes()
        assert file.info == {}


def test_a_png_that_another_program_wrote_brings_nothing_but_its_pixels():
    picture, file = clouds(16), io.BytesIO()
    picture.save(file, "PNG", dpi=(300, 300), icc_profile=b"anything")
    assert images.from_png(file.getvalue()).info == {}


def test_png_refuses_a_mode_that_is_not_stored():
    with pytest.raises(ValueError, match="CMYK"):
        images.to_png(Image.new("CMYK", (2, 2)))


@pytest.mark.parametrize("cut", range(10))
def test_a_damaged_png_is_refused_by_name(cut):
    data = images.to_png(clouds(64))
    with pytest.raises(BadPicture, match="stored picture is damaged"):
        images.from_png(data[: len(data) * cut // 10])


def test_a_flipped_bit_in_a_png_never_goes_unnoticed_as_other_pixels():
    picture = clouds(32)
    data = images.to_png(picture)
    for at in range(8, len(data), 97):
        damaged = data[:at] + bytes([data[at] ^ 16]) + data[at + 1 :]
        try:
            again = images.from_png(damaged)
        except BadPicture:
            continue
        assert images.digest(again) == images.digest(picture)


def test_webp_is_small_keeps_alpha_and_obeys_the_longest_side():
    picture = random_picture((300, 150), "RGBA", 1)
    for longest, size in ((None, (300, 150)), (100, (100, 50)), (1000, (300, 150)), (1, (1, 1))):
        data = images.to_webp(picture, longest)
        with Image.open(io.BytesIO(data)) as shown:
            assert (shown.format, shown.size) == ("WEBP", size)
            if size[0] > 1:
                assert shown.mode == "RGBA"


def test_webp_shrinks_a_side_its_format_cannot_hold():
    data = images.to_webp(Image.new("RGB", (20_000, 10), "red"))
    with Image.open(io.BytesIO(data)) as shown:
        assert shown.size == (16_383, 8)


# ---------------------------------------------------------------- masks


@given(masks)
def test_run_lengths_give_back_the_painted_pixels(mask):
    painted = mask.point(lambda level: 255 if level else 0)
    assert images.mask_from_runs(images.runs_from_mask(mask)).tobytes() == painted.tobytes()


def test_run_lengths_are_those_the_page_writes():
    code = base64.b64encode(bytes([2, 3, 1])).decode()
    mask = images.mask_from_runs({"width": 3, "height": 2, "runs": code})
    assert np.asarray(mask).tolist() == [[0, 0, 255], [255, 255, 0]]
    assert images.runs_from_mask(mask) == {"width": 3, "height": 2, "runs": code}


def coded(*lengths: int) -> str:
    return base64.b64encode(b"".join(map(leb128, lengths))).decode()


def leb128(number: int) -> bytes:
    """Seven bits a byte, least first."""
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + leb128(number >> 7)


def test_long_runs_take_more_bytes_and_come_back():
    mask = Image.new("L", (3000, 2000))
    mask.paste(255, (0, 1, 3000, 1900))
    code = coded(3000, 3000 * 1899, 3000 * 100)
    assert images.runs_from_mask(mask) == {"width": 3000, "height": 2000, "runs": code}
    assert images.mask_from_runs(images.runs_from_mask(mask)).tobytes() == mask.tobytes()


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        ({}, "width"),
        ({"width": "4", "height": 4, "runs": coded(16)}, "width"),
        ({"width": True, "height": 4, "runs": coded(4)}, "width"),
        ({"width": 4, "height": 4.0, "runs": coded(16)}, "height"),
        ({"width": 4, "height": 0, "runs": coded(0)}, "height"),
        ({"width": -4, "height": -4, "runs": coded(16)}, "width"),
        ({"width": 4, "height": 10**30, "runs": coded(16)}, "height"),
        ({"width": 60_000, "height": 60_000, "runs": coded(3_600_000_000)}, "at most 64,000,000"),
        ({"width": 4, "height": 4}, "must be text"),
        ({"width": 4, "height": 4, "runs": coded(16).encode()}, "must be text"),
        ({"width": 4, "height": 4, "runs": [16]}, "must be text"),
        ({"width": 4, "height": 4, "runs": "not base64!"}, "not base64"),
        ({"width": 4, "height": 4, "runs": "ÿÿÿÿ"}, "not base64"),
        ({"width": 4, "height": 4, "runs": "gICA"}, "middle of a number"),
        ({"width": 4, "height": 4, "runs": ""}, "cover 0 pixels"),
        ({"width": 4, "height": 4, "runs": coded(15)}, "cover 15 pixels, but 4 x 4 has 16"),
        ({"width": 4, "height": 4, "runs": coded(2**32 - 1, 17)}, "longer than any canvas"),
        ({"width": 2, "height": 2, "runs": coded(*[0] * 1000, 4)}, "more runs than its 4 pixels"),
    ],
)
def test_run_lengths_from_a_stranger_are_refused_with_the_reason(runs, why):
    with pytest.raises(BadMask, match=why):
        images.mask_from_runs(runs)


anything = st.integers() | st.text("AB=/é ", max_size=12) | st.none() | st.lists(st.integers(), max_size=2)


@given(st.dictionaries(st.sampled_from(["width", "height", "runs"]), anything))
def test_no_run_lengths_raise_anything_but_a_bad_mask(runs):
    try:
        mask = images.mask_from_runs(runs)
    except BadMask:
        return
    assert mask.mode == "L"


def test_a_mask_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(BadMask, match=r"mask is 10 x 20 but the picture is 30 x 40"):
        images.as_mask(Image.new("L", (10, 20), 255), (30, 40))


def test_an_empty_mask_is_refused_with_what_to_do():
    with pytest.raises(BadMask, match=r"Nothing is painted.*without a mask"):
        images.as_mask(Image.new("L", (8, 8)), (8, 8))


def test_masks_of_any_mode_mean_the_same():
    painted = disc(32, (8, 8, 20, 20))
    layer = Image.new("RGBA", (32, 32), (255, 255, 255, 0))
    layer.putalpha(painted)
    deep = Image.fromarray(np.asarray(painted).astype(np.uint16) * 257)
    for mask in (painted, painted.convert("1"), painted.convert("RGB"), layer, deep):
        assert images.as_mask(mask, (32, 32)).tobytes() == painted.tobytes()
        assert images.bounds(mask) == (8, 8, 21, 21)


def test_a_soft_16_bit_mask_stays_soft():
    deep = Image.fromarray(np.full((4, 4), 90 * 257, np.uint16))
    assert images.as_mask(deep, (4, 4)).getextrema() == (90, 90)


def test_bounds_of_nothing_are_none():
    assert images.bounds(Image.new("L", (8, 8))) is None


@pytest.mark.parametrize(
    ("numbers", "levels"),
    [
        (np.array([[0, 32_896, 65_535]], np.uint16), [0, 128, 255]),
        (np.array([[0, 100, 255]], np.uint16), [0, 0, 1]),
        (np.array([[0, 128, 255]], np.int32), [0, 128, 255]),
        (np.array([[-9, 32_896, 65_535]], np.int32), [0, 128, 255]),
        (np.array([[0, 0.5, 1]], np.float32), [0, 128, 255]),
        (np.array([[0, 128, 255]], np.float32), [0, 128, 255]),
        (np.array([[np.nan, np.inf, 1]], np.float32), [0, 0, 255]),
        (np.array([[0, 0, 0]], np.float32), [0, 0, 0]),
    ],
)
def test_deep_pictures_are_scaled_and_not_clipped(numbers, levels):
    assert np.asarray(images.eight_bit(Image.fromarray(numbers))).tolist() == [levels]


# ---------------------------------------------------------------- the feather


@given(masks, st.integers(0, 300))
def test_a_feather_stays_inside_the_mask_and_below_it(mask, radius):
    soft, hard = np.asarray(images.feathered(mask, radius)), np.asarray(mask)
    assert (soft <= hard).all()


def islands(mask: np.ndarray) -> Iterator[np.ndarray]:
    """Connected parts of the painted area, by flooding."""
    left = mask > 0
    while left.any():
        part = np.zeros_like(left)
        part[tuple(np.argwhere(left)[0])] = True
        while True:
            wider = np.pad(part, 1)
            rows, columns = part.shape
            grown = left & np.max(
                [wider[y : y + rows, x : x + columns] for y in range(3) for x in range(3)], axis=0
            )
            if (grown == part).all():
                break
            part = grown
        left &= ~part
        yield part


@given(masks, st.integers(1, 30))
def test_every_painted_part_keeps_full_strength_somewhere(mask, radius):
    hard = mask.point(lambda level: 255 if level else 0)
    soft = np.asarray(images.feathered(hard, radius))
    for part in islands(np.asarray(hard)):
        assert soft[part].max() == 255


def test_a_feather_rises_evenly_from_the_edge_and_is_full_beyond_its_radius():
    mask = disc(200, (20, 20, 180, 180))
    row = np.asarray(images.feathered(mask, 16)).astype(int)[100, 20:101]
    assert row[0] < 10
    assert (np.diff(row) >= 0).all()
    assert np.diff(row).max() < 30
    assert (row[18:] == 255).all()


def test_a_feather_is_as_wide_at_a_slant_as_straight():
    soft = np.asarray(images.feathered(disc(400, (40, 40, 360, 360)), 24)).astype(float)
    straight = (soft[200, 40:200] < 128).sum()
    step = int(160 / 2**0.5)
    slanted = sum(soft[200 - k, 200 - k] < 128 for k in range(step + 1)) * 2**0.5
    assert slanted == pytest.approx(straight, rel=0.2)


def test_the_edge_of_the_canvas_is_no_edge_of_the_mask():
    mask = Image.new("L", (64, 64))
    mask.paste(255, (0, 0, 32, 64))
    soft = np.asarray(images.feathered(mask, 8))
    assert (soft[:, :20] == 255).all()
    assert soft[0, 31] < 20
    assert images.feathered(Image.new("L", (64, 64), 255), 8).getextrema() == (255, 255)


def test_a_radius_of_nothing_leaves_the_mask_hard():
    mask = disc(64, (10, 10, 40, 40))
    assert images.feathered(mask, 0).tobytes() == mask.tobytes()


# ---------------------------------------------------------------- locked pixels


@given(masks, modes, modes, seeds, st.integers(0, 12))
def test_locked_pixels_keep_every_byte(mask, mode, other, seed, feather):
    before, after = random_picture(mask.size, mode, seed), random_picture(mask.size, other, seed + 1)
    kept = (images.digest(before), images.digest(after), images.digest(mask))
    result = images.keep_outside(before, after, mask, feather)
    assert result.mode == ("RGBA" if "RGBA" in (mode, other) else "RGB")
    locked = np.asarray(mask) == 0
    parent = np.asarray(before.convert(result.mode))
    assert (np.asarray(result)[locked] == parent[locked]).all()
    assert (images.digest(before), images.digest(after), images.digest(mask)) == kept, "pictures are values"


@given(masks, modes, seeds)
def test_fully_painted_pixels_are_the_edits_own_bytes(mask, mode, seed):
    before, after = random_picture(mask.size, mode, seed), random_picture(mask.size, mode, seed + 1)
    result = np.asarray(images.keep_outside(before, after, mask, 0))
    free = np.asarray(mask) == 255
    assert (result[free] == np.asarray(after)[free]).all()


def test_ten_masked_edits_elsewhere_leave_a_watched_region_alone():
    canvas = start = clouds(128)
    watched = (0, 0, 40, 40)
    for turn in range(10):
        mask = disc(128, (42 + turn, 42, 110, 90 + turn))
        repainted = canvas.filter(ImageFilter.GaussianBlur(3)).point(lambda level: min(255, level + 9))
        canvas = images.keep_outside(canvas, images.match_ring(canvas, repainted, mask, 8), mask, 6)
    assert canvas.crop(watched).tobytes() == start.crop(watched).tobytes()
    assert canvas.tobytes() != start.tobytes()


def test_hidden_colours_do_not_shine_through_a_feather():
    before = Image.new("RGBA", (64, 64), (255, 255, 255, 0))
    after = Image.new("RGBA", (64, 64), (200, 0, 0, 255))
    mixed = np.asarray(images.keep_outside(before, after, disc(64, (8, 8, 56, 56)), 12)).astype(int)
    seen = mixed[mixed[..., 3] > 20]
    assert (abs(seen[:, 0] - 200) < 14).all()
    assert (seen[:, 1] < 14).all()


def test_an_empty_mask_gives_the_parent():
    before, after = clouds(32, 1), clouds(32, 2)
    assert images.keep_outside(before, after, Image.new("L", (32, 32)), 4).tobytes() == before.tobytes()


def test_locking_refuses_another_size_with_both_sizes():
    before, after = clouds(32), clouds(16)
    with pytest.raises(ValueError, match="16"):
        images.keep_outside(before, after, Image.new("L", (32, 32), 255), 0)
    with pytest.raises(BadMask, match="16 x 16 but the picture is 32 x 32"):
        images.keep_outside(before, before, Image.new("L", (16, 16), 255), 0)


# ---------------------------------------------------------------- the seam


def steepest(picture: Image.Image) -> int:
    """The greatest jump between two neighbours: what an eye finds first on smooth ground."""
    levels = np.asarray(picture).astype(int)
    return max(abs(np.diff(levels, axis=0)).max(), abs(np.diff(levels, axis=1)).max())


@pytest.mark.parametrize("drift", [(20, 20, 20), (-25, 10, 30), (40, -40, 0)])
@pytest.mark.parametrize("size", [96, 256, 700])
def test_no_seam_is_seen_where_a_model_drifts_in_colour(drift, size):
    before = gradient(size)
    after = Image.fromarray(np.clip(np.asarray(before).astype(int) + drift, 0, 255).astype(np.uint8))
    mask = disc(size, (size // 5, size // 4, size * 4 // 5, size * 3 // 4))
    width = max(8, size // 32)
    plain = images.keep_outside(before, after, mask, 0)
    matched = images.keep_outside(before, images.match_ring(before, after, mask, width), mask, 0)
    assert steepest(plain) >= max(map(abs, drift)) - 2
    assert steepest(matched) <= steepest(before) + 3


def test_no_seam_is_seen_where_the_drift_changes_along_the_edge():
    before = gradient(400)
    slope = np.linspace(-22, 22, 400)[None, :, None]
    after = Image.fromarray(np.clip(np.asarray(before) + slope, 0, 255).astype(np.uint8))
    mask = disc(400, (80, 80, 320, 320))
    matched = images.keep_outside(before, images.match_ring(before, after, mask, 12), mask, 0)
    assert steepest(matched) <= 5


def test_matching_fades_inward_and_touches_nothing_outside():
    before = gradient(400)
    after = before.point(lambda level: level + 20)
    mask = disc(400, (50, 50, 350, 350))
    matched = images.match_ring(before, after, mask, 10)
    change = np.asarray(matched).astype(int) - np.asarray(after)
    assert (change[np.asarray(mask) == 0] == 0).all()
    assert (change[200, 200] == 0).all()
    assert (abs(change[200, 53] + 20) <= 2).all()


@pytest.mark.parametrize("colour", [(220, 20, 200), (170, 40, 60), (60, 60, 140)])
def test_new_content_on_the_edge_is_not_dyed_with_what_was_there(colour):
    before = Image.new("RGB", (256, 256), (110, 110, 110))
    after = before.copy()
    mask = disc(256, (60, 60, 200, 200))
    ImageDraw.Draw(after).rectangle((140, 0, 256, 256), fill=colour)  # a third of the ring is a new thing
    matched = np.asarray(images.match_ring(before, after, mask, 10)).astype(int)
    assert abs(matched[130, 190] - colour).max() < 12


def test_new_content_gets_the_drift_that_the_rest_of_the_edge_tells():
    before = Image.new("RGB", (256, 256), (40, 160, 40))
    after = Image.new("RGB", (256, 256), (60, 180, 60))
    ImageDraw.Draw(after).rectangle((120, 0, 256, 256), fill=(240, 40, 220))
    mask = Image.new("L", (256, 256))
    mask.paste(255, (40, 40, 216, 216))
    matched = np.asarray(images.match_ring(before, after, mask, 6)).astype(int)
    assert abs(matched[130, 213] - (220, 20, 200)).max() <= 4


def test_matching_keeps_alpha_and_learns_nothing_from_what_is_transparent():
    before = Image.new("RGBA", (128, 128), (110, 40, 30, 0))  # so like it that it would be taken for a drift
    after = Image.new("RGBA", (128, 128), (90, 20, 10, 255))
    mask = disc(128, (20, 20, 100, 100))
    assert images.match_ring(before, after, mask, 8).tobytes() == after.tobytes()


@given(masks, modes, modes, seeds, st.integers(0, 20))
def test_matching_never_touches_a_locked_byte_of_any_picture(mask, mode, other, seed, width):
    before, after = random_picture(mask.size, mode, seed), random_picture(mask.size, other, seed + 1)
    result = images.match_ring(before, after, mask, width)
    locked = np.asarray(mask) == 0
    assert (result.mode, result.size) == (after.mode, after.size)
    assert (np.asarray(result)[locked] == np.asarray(after)[locked]).all()


# ---------------------------------------------------------------- crop and stitch


@st.composite
def windows(draw):
    canvas = draw(st.integers(1, 3000)), draw(st.integers(1, 3000))
    left, top = draw(st.integers(0, canvas[0] - 1)), draw(st.integers(0, canvas[1] - 1))
    right, bottom = draw(st.integers(left + 1, canvas[0])), draw(st.integers(top + 1, canvas[1]))
    multiple = draw(st.sampled_from([1, 8, 16, 32, 64]))
    working = draw(st.integers(multiple, 2048))
    return (left, top, right, bottom), canvas, working, multiple, draw(st.booleans())


@settings(max_examples=500)
@given(windows())
def test_the_masks_bounds_are_inside_the_window_and_the_window_inside_the_canvas(case):
    (left, top, right, bottom), canvas, working, multiple, square = case
    window = images.window(*case)
    x0, y0, x1, y1 = window.box
    assert 0 <= x0 <= left
    assert right <= x1 <= canvas[0]
    assert 0 <= y0 <= top
    assert bottom <= y1 <= canvas[1]
    assert all(side % multiple == 0 and multiple <= side <= max(working, multiple) for side in window.size)
    if square and max(right - left, bottom - top) <= min(canvas):
        assert x1 - x0 == y1 - y0
    if square:
        assert window.size[0] == window.size[1]


def test_a_window_has_context_on_every_side_where_the_canvas_has_room():
    window = images.window((400, 400, 500, 440), (1024, 1024), 1024, 16, square=False)
    x0, y0, x1, y1 = window.box
    assert min(400 - x0, x1 - 500) >= 48
    assert min(400 - y0, y1 - 440) >= 48
    assert images.window((500, 500, 501, 501), (1024, 1024), 256, 8, square=True).box == (468, 468, 533, 533)


def test_a_window_that_fits_is_worked_at_its_own_size_so_that_nothing_is_resampled():
    window = images.window((300, 300, 600, 560), (1024, 1024), 1024, 16, square=False)
    assert window.size == (window.box[2] - window.box[0], window.box[3] - window.box[1])


def test_the_cost_of_a_masked_edit_follows_the_mask():
    side = int((0.05 * 1024 * 1024) ** 0.5)
    window = images.window((300, 300, 300 + side, 300 + side), (1024, 1024), 1024, 16, square=False)
    assert window.size[0] * window.size[1] <= 0.3 * 1024 * 1024


def test_a_model_that_knows_one_size_gets_it():
    assert images.window((10, 10, 30, 30), (1024, 768), 256, 8, square=True).size == (256, 256)
    assert images.window((0, 0, 1000, 700), (1024, 768), 256, 8, square=True).size == (256, 256)


@pytest.mark.parametrize("box", [(0, 0, 0, 5), (5, 5, 4, 9), (-1, 0, 5, 5), (0, 0, 11, 5)])
def test_bounds_that_are_not_on_the_canvas_are_a_bug_and_loud(box):
    with pytest.raises(ValueError, match="not inside a canvas"):
        images.window(box, (10, 10), 256, 8, square=False)


@given(st.tuples(sides, sides), modes, seeds, st.data())
def test_stitching_leaves_everything_outside_the_window_alone(size, mode, seed, data):
    canvas = random_picture(size, mode, seed)
    left, top = data.draw(st.integers(0, size[0] - 1)), data.draw(st.integers(0, size[1] - 1))
    right, bottom = data.draw(st.integers(left + 1, size[0])), data.draw(st.integers(top + 1, size[1]))
    window = images.Window((left, top, right, bottom), data.draw(st.tuples(sides, sides)))
    piece = images.cut(canvas, window)
    assert piece.size == window.size
    result = np.asarray(images.stitch(canvas, piece.point(lambda level: 255 - level), window))
    outside = np.ones((size[1], size[0]), bool)
    outside[top:bottom, left:right] = False
    assert (result[outside] == np.asarray(canvas)[outside]).all()


def test_a_piece_worked_at_its_own_size_comes_back_as_it_was():
    canvas = clouds(128)
    window = images.Window((16, 24, 80, 88), (64, 64))
    assert images.stitch(canvas, images.cut(canvas, window), window).tobytes() == canvas.tobytes()


def test_a_piece_with_alpha_gives_the_canvas_alpha():
    canvas = clouds(64)
    result = images.stitch(
        canvas, Image.new("RGBA", (8, 8), (1, 2, 3, 4)), images.Window((8, 8, 24, 24), (8, 8))
    )
    assert result.mode == "RGBA"
    assert result.getpixel((0, 0)) == (*canvas.getpixel((0, 0)), 255)


def test_cutting_a_mask_does_not_paint_where_nobody_painted():
    mask = Image.new("L", (256, 256))
    mask.paste(255, (100, 100, 150, 150))
    piece = np.asarray(images.cut(mask, images.Window((50, 50, 200, 200), (600, 600))))
    assert piece[: 4 * 50 - 6].max() == 0, "a sharper filter rings on for three pixels, which are twelve here"
    assert piece[4 * 50 + 6 : 4 * 100 - 6, 4 * 50 + 6 : 4 * 100 - 6].min() == 255


# ---------------------------------------------------------------- what changed


def test_an_edit_that_changed_nothing_is_seen_as_that():
    picture = clouds(128)
    assert images.compare(picture, picture.copy(), None) == images.Change(0.0, 0, (0.0, 0.0))


def test_the_share_counts_changed_pixels_and_the_outside_is_the_worst_locked_channel():
    before = Image.new("RGB", (100, 100), (50, 50, 50))
    after = before.copy()
    after.paste((50, 60, 50), (0, 0, 10, 100))
    after.putpixel((99, 99), (50, 50, 53))
    mask = Image.new("L", (100, 100))
    mask.paste(255, (0, 0, 10, 100))
    assert images.compare(before, after, mask) == images.Change(0.1001, 3, (0.0, 0.0))
    assert images.compare(before, after, None).outside == 0
    mask.putpixel((99, 99), 1)
    assert images.compare(before, after, mask).outside == 0


def test_a_change_of_alpha_alone_is_a_change():
    before = Image.new("RGBA", (10, 10), (9, 9, 9, 255))
    after = before.copy()
    after.putalpha(254)
    assert images.compare(before, after, None).share == 1.0
    assert images.compare(before.convert("RGB"), before, None).share == 0.0


def test_pictures_of_two_sizes_have_changed_everywhere():
    change = images.compare(clouds(64), clouds(32), None)
    assert change == images.Change(1.0, 0, (0.0, 0.0))


@pytest.mark.parametrize("moved", [(0, 0), (6, 0), (-12, 9), (3, -30)])
@pytest.mark.parametrize("size", [200, 512, 1024])
def test_a_shift_of_the_whole_picture_is_measured(moved, size):
    wide = clouds(size + 80)
    before = wide.crop((40, 40, 40 + size, 40 + size))
    after = wide.crop((40 - moved[0], 40 - moved[1], 40 - moved[0] + size, 40 - moved[1] + size))
    after = after.point(lambda level: int(level * 0.9) + 10)
    assert images.compare(before, after, None).shift == pytest.approx(moved, abs=0.8)


def test_a_shift_is_not_made_up_for_flat_or_unrelated_pictures():
    flat, other = Image.new("RGB", (256, 256), "red"), Image.new("RGB", (256, 256), "blue")
    assert images.compare(flat, other, None).shift == (0.0, 0.0)
    assert images.compare(clouds(256, 1), clouds(256, 9), None).shift == (0.0, 0.0)


def test_a_masked_edit_is_not_taken_for_a_shift():
    before = clouds(512)
    mask = disc(512, (100, 100, 300, 300))
    after = images.keep_outside(before, clouds(512, 20), mask, 8)
    change = images.compare(before, after, mask)
    assert change.shift == pytest.approx((0, 0), abs=0.3)
    assert change.outside == 0
    assert 0.05 < change.share < 0.15


@given(st.tuples(sides, sides), st.tuples(st.integers(1, 90), st.integers(1, 90)), seeds)
def test_every_changed_pixel_is_inside_the_change_mask(small, size, seed):
    before = random_picture(small, "RGB", seed)
    changed = np.random.default_rng(seed).random((small[1], small[0])) < 0.05
    after = Image.fromarray(np.where(changed[..., None], 255 - np.asarray(before), np.asarray(before)))
    mask = images.change_mask(before, after, size)
    assert (mask.mode, mask.size) == ("L", size)
    assert set(np.unique(np.asarray(mask))) <= {0, 255}
    where = Image.fromarray((changed * 255).astype(np.uint8)).resize(size, Image.Resampling.NEAREST)
    assert (np.asarray(mask)[np.asarray(where) > 0] == 255).all()


def test_a_change_mask_is_one_working_pixel_wider_and_no_more():
    before = Image.new("RGB", (64, 64))
    after = before.copy()
    after.putpixel((20, 30), (1, 0, 0))
    box = images.bounds(images.change_mask(before, after, (256, 256)))
    assert box is not None
    assert all(abs(got - want) <= 2 for got, want in zip(box, (76, 116, 88, 128), strict=True))
    assert images.bounds(images.change_mask(before, before, (256, 256))) is None


# ---------------------------------------------------------------- contact sheets


def test_a_contact_sheet_has_a_cell_for_every_picture():
    pictures = [(clouds(64), f"turn {n}: " + "a very long line of words " * 9) for n in range(5)]
    sheet = images.contact_sheet(
        [*pictures, (Image.new("RGBA", (10, 300)), "tall and clear\nand two lines")], 4, 128
    )
    assert sheet.mode == "RGB"
    assert 4 * 128 < sheet.width < 4 * 128 + 100
    assert 2 * 128 < sheet.height < 2 * 128 + 100
    assert images.contact_sheet(pictures[:1], 4, 64).width < 100


def test_a_contact_sheet_of_nothing_is_refused():
    with pytest.raises(BadPicture, match="no picture yet"):
        images.contact_sheet([])
