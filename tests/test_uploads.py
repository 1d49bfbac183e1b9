"""Pictures from outside: every kind of file people send, and every kind that means harm or was cut off."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, TiffImagePlugin

from studio import images
from studio.errors import BadPicture
from studio.uploads import load

GREEN, RED = (10, 200, 30), (200, 30, 10)
FORMATS = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"]
settings.register_profile("pictures", deadline=None, max_examples=80)
settings.load_profile("pictures")


def encoded(picture: Image.Image, format: str = "PNG", **options: object) -> bytes:
    if format == "HEIF":
        pillow_heif.register_heif_opener()
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


def flag() -> Image.Image:
    """60 x 40, red, with the upper left quarter green: it tells every turn and mirror apart."""
    picture = Image.new("RGB", (60, 40), RED)
    picture.paste(GREEN, (0, 0, 30, 20))
    return picture


def near(picture: Image.Image, at: tuple[int, int], colour: tuple[int, ...], by: int = 8) -> bool:
    got = picture.getpixel(at)
    return len(got) == len(colour) and max(abs(a - b) for a, b in zip(got, colour, strict=True)) <= by


def png(width: int, height: int, depth: int, colour: int, rows: bytes = b"", **chunks: bytes) -> bytes:
    """A PNG file by hand, for what Pillow does not write. `rows` begin with their filter byte."""
    body = [(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))]
    body += [(name.encode(), value) for name, value in chunks.items()]
    body += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")] if rows else []
    parts = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in body]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def profile(
    space: bytes,
    curves: dict[bytes, float],
    name: bytes = b"test",
    **colorants: tuple[float, float, float],
) -> bytes:
    """An ICC profile, version 2: a matrix, or one gray curve, and pure gammas. Source: ICC.1:2001-04."""
    fixed = lambda *numbers: b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)  # noqa: E731
    text = b"desc\0\0\0\0" + struct.pack(">I", len(name) + 1) + name + bytes(1 + 4 + 4 + 2 + 1 + 67)
    tags = {b"desc": text, b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249)}
    for tag, gamma in curves.items():
        tags[tag] = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    for colour, xyz in colorants.items():
        tags[colour.encode()] = b"XYZ \0\0\0\0" + fixed(*xyz)
    table, data, at = b"", b"", 128 + 4 + 12 * len(tags)
    for tag, value in tags.items():
        value += bytes(-len(value) % 4)
        table += tag + struct.pack(">II", at + len(data), len(value))
        data += value
    head = struct.pack(">I4sI4s4s4s", at + len(data), b"test", 0x02400000, b"mntr", space, b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249) + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + data


GAMMA = {b"rTRC": 2.2, b"gTRC": 2.2, b"bTRC": 2.2}
WIDE = {
    "rXYZ": (0.51512, 0.24120, -0.00105),
    "gXYZ": (0.29198, 0.69225, 0.04189),
    "bXYZ": (0.15710, 0.06657, 0.78407),
}
P3 = profile(b"RGB ", GAMMA, **WIDE)
LINEAR_GRAY = profile(b"GRAY", {b"kTRC": 1.0})


# ---------------------------------------------------------------- what people send


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_people_send_is_taken(format):
    picture = load(encoded(flag(), format))
    assert (picture.mode, picture.size) == ("RGB", (60, 40))
    assert near(picture, (5, 5), GREEN)
    assert near(picture, (50, 30), RED)
    assert type(picture) is Image.Image, "a plain value, not an open file"


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF"])
def test_a_lossless_file_comes_in_without_a_changed_byte(format):
    pixels = np.random.default_rng(1).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    assert load(encoded(Image.fromarray(pixels), format)).tobytes() == pixels.tobytes()


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_a_camera_held_sideways_gives_an_upright_picture(format, turn):
    stored = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = turn
    picture = flag().transpose(stored[turn]) if turn > 1 else flag()
    upright = load(encoded(picture, format, exif=exif.tobytes()))
    assert upright.size == (60, 40)
    assert near(upright, (8, 8), GREEN, 14)
    assert all(near(upright, at, RED, 14) for at in ((50, 8), (8, 32), (50, 32)))


def test_a_damaged_exif_block_is_no_reason_to_refuse_a_picture():
    for exif in (
        b"Exif\0\0junk",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40,
        b"Exif\0\0II*\0\xff\xff\xff\xff",
    ):
        assert load(encoded(flag(), "JPEG", exif=exif)).size == (60, 40)


def test_a_cmyk_photograph_is_not_a_negative():
    ink = Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    for format in ("JPEG", "TIFF"):
        assert near(load(encoded(ink, format)), (9, 9), (255, 0, 0), 30)
    white = encoded(Image.new("CMYK", (32, 32), (0, 0, 0, 0)), "JPEG", quality=95)
    assert b"Adobe" in white, "the inverted kind that Photoshop writes"
    assert near(load(white), (9, 9), (255, 255, 255))


def test_a_16_bit_gray_picture_is_scaled_and_not_all_white():
    ramp = np.linspace(0, 65_535, 256).astype(np.uint16).reshape(16, 16)
    for format in ("PNG", "TIFF"):
        levels = np.asarray(load(encoded(Image.fromarray(ramp), format)))[..., 0].reshape(-1)
        assert levels.tolist() == list(range(256))
    big_endian = Image.frombytes("I;16B", (16, 16), ramp.astype(">u2").tobytes())
    assert np.asarray(load(encoded(big_endian, "TIFF")))[15, 15, 0] == 255


def test_deep_scientific_pictures_are_scaled():
    ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    for numbers in (ramp, ramp * 255, (ramp * 65_535).astype(np.int32)):
        levels = np.asarray(load(encoded(Image.fromarray(numbers), "TIFF")))[..., 1].reshape(-1).astype(int)
        assert abs(levels - np.arange(256)).max() <= 1


def test_a_16_bit_colour_picture_keeps_its_colours():
    rows = b"".join(b"\0" + struct.pack(">HHH", 51_400, 7_710, 2_570) * 4 for _ in range(4))
    assert near(load(png(4, 4, 16, 2, rows)), (1, 1), RED, 1)


def test_one_bit_and_palette_pictures_are_taken():
    assert load(encoded(Image.new("1", (9, 9), 1))).getpixel((4, 4)) == (255, 255, 255)
    picture = load(encoded(flag().convert("P", palette=Image.Palette.ADAPTIVE)))
    assert near(picture, (5, 5), GREEN)


def test_lab_colours_are_converted():
    source, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.profileToProfile(flag(), source, lab, outputMode="LAB")
    assert near(load(encoded(picture, "TIFF")), (50, 30), RED)


# ---------------------------------------------------------------- transparency


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_alpha_is_kept_and_hidden_colours_are_not(format):
    picture = flag().convert("RGBA")
    picture.putpixel((50, 30), (*RED, 128))
    picture.paste((1, 2, 3, 0), (0, 0, 30, 20))
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    taken = load(encoded(picture, format, **options))
    assert taken.mode == "RGBA"
    assert taken.getpixel((4, 4)) == (255, 255, 255, 0)
    assert near(taken.convert("RGB"), (4, 4), (255, 255, 255))
    assert near(taken, (40, 10), (*RED, 255), 14)


def test_transparency_by_palette_and_by_colour_is_seen():
    palette = flag().convert("P", palette=Image.Palette.ADAPTIVE)
    clear = palette.getpixel((0, 0))
    gray = Image.new("L", (8, 8), 90)
    gray.putpixel((0, 0), 7)
    deep = Image.fromarray(np.full((8, 8), 30_000, np.uint16))
    deep.putpixel((0, 0), 77)
    for data in (
        encoded(palette, transparency=clear),
        encoded(palette, transparency=bytes([0 if n == clear else 255 for n in range(256)])),
        encoded(palette, "GIF", transparency=clear),
        encoded(flag(), transparency=GREEN),
        encoded(gray, transparency=7),
        encoded(deep, transparency=77),
        encoded(Image.merge("LA", (gray, gray.point(lambda level: 0 if level == 7 else 255)))),
    ):
        taken = load(data)
        assert taken.mode == "RGBA"
        assert taken.getpixel((0, 0)) == (255, 255, 255, 0)
        assert taken.getpixel((7, 7))[3] == 255 or taken.size == (60, 40)


def test_an_alpha_that_hides_nothing_is_dropped():
    assert load(encoded(flag().convert("RGBA"))).mode == "RGB"


# ---------------------------------------------------------------- colour profiles


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_a_phones_wide_colours_come_in_as_srgb(format):
    picture = Image.new("RGB", (32, 32), (234, 51, 35))  # sRGB's pure red, written in Display P3
    taken = load(encoded(picture, format, icc_profile=P3))
    assert near(taken, (9, 9), (255, 0, 0), 14)
    assert not near(load(encoded(picture, format)), (9, 9), (255, 0, 0), 14), "or the test proves nothing"


def test_profiles_work_together_with_alpha_palette_gray_and_depth():
    clear = Image.new("RGBA", (8, 8), (234, 51, 35, 128))
    assert near(load(encoded(clear, icc_profile=P3)), (1, 1), (255, 0, 0, 128), 8)
    palette = Image.new("RGB", (8, 8), (234, 51, 35)).convert("P", palette=Image.Palette.ADAPTIVE)
    assert near(load(encoded(palette, icc_profile=P3)), (1, 1), (255, 0, 0), 8)
    assert near(load(encoded(Image.new("L", (8, 8), 55), icc_profile=LINEAR_GRAY)), (1, 1), (128,) * 3, 4)
    deep = Image.fromarray(np.full((8, 8), 55 * 257, np.uint16))
    assert near(load(encoded(deep, icc_profile=LINEAR_GRAY)), (1, 1), (128,) * 3, 4)


def test_an_srgb_profile_changes_no_byte():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = np.random.default_rng(2).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    assert load(encoded(Image.fromarray(pixels), icc_profile=srgb)).tobytes() == pixels.tobytes()


def test_a_profile_that_calls_itself_srgb_is_taken_at_its_word():
    named = profile(b"RGB ", GAMMA, b"sRGB IEC61966-2.1", **WIDE)
    assert load(encoded(flag(), icc_profile=named)).tobytes() == flag().tobytes()


@pytest.mark.parametrize("bad", [b"x", b"not a profile" * 40, LINEAR_GRAY, P3[:200], P3[:128] + bytes(400)])
def test_a_profile_that_is_broken_or_for_other_colours_is_ignored(bad):
    assert load(encoded(flag(), icc_profile=bad)).tobytes() == flag().tobytes()


def test_a_profile_for_screens_does_not_spoil_a_print_file():
    assert near(
        load(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF", icc_profile=P3)),
        (1, 1),
        (255, 0, 0),
    )


# ---------------------------------------------------------------- more than one picture, more than pixels


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_an_animation_gives_its_first_frame(format):
    second = Image.new("RGB", (60, 40), (0, 0, 255))
    taken = load(encoded(flag(), format, save_all=True, append_images=[second]))
    assert near(taken, (5, 5), GREEN)
    assert near(taken, (50, 30), RED)


def test_nothing_about_the_sender_is_kept():
    exif = Image.Exif()
    exif[0x010F], exif[0x8825] = "Camera of Anna", {1: "N", 2: (52.0, 31.0, 12.0)}
    taken = load(encoded(flag(), "JPEG", exif=exif, comment=b"at home"))
    assert taken.info == {}
    data = images.to_png(taken)
    assert b"Anna" not in data
    assert set(Image.open(io.BytesIO(data)).info) == set()


def test_what_is_loaded_can_be_stored_and_comes_back():
    for picture in (flag(), flag().convert("RGBA").resize((9, 9))):
        taken = load(encoded(picture))
        assert images.digest(images.from_png(images.to_png(taken))) == images.digest(taken)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", r"holiday\.jpg is empty"),
        (b"hello, this is a letter\n", "is text"),
        ("Grüße aus Köln".encode(), "is text"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "is an SVG drawing"),
        (b'\xef\xbb\xbf \n<?xml version="1.0"?><!-- x --><SVG onload="alert(1)"/>', "is an SVG drawing"),
        (b"<!DOCTYPE html><html><img src=x onerror=alert(1)></html>", "is a web page"),
        (b"<?xml version='1.0'?><note/>", "is text with markup"),
        (b"%PDF-1.7\n", "is a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "is a PostScript document"),
        (b"8BPS\0\1" + bytes(30), "is a Photoshop document"),
        (b"PK\x03\x04" + bytes(30), "zip archive"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(64), "is a video"),
        (b"\0\0\1\0\1\0" + bytes(64), "is an icon"),
        (b"\xff\x0a" + bytes(64), "is a JPEG XL"),
        (bytes(500), "not a picture"),
        (b"P6 2 2 255\n" + bytes(range(200, 212)), "not a picture"),
        (b"SIMPLE  =                    T" + bytes(200), "not a picture"),
        (b"\xff\xd8\xff", "damaged or was cut off"),
        (b"\x89PNG\r\n\x1a\n", "damaged or was cut off"),
        (b"GIF89a\x80\2", "damaged or was cut off"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64), "damaged or was cut off"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + bytes(64), "damaged or was cut off"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_it_is_and_what_to_do(data, why):
    with pytest.raises(BadPicture, match=why) as refusal:
        load(data, "holiday.jpg")
    assert str(refusal.value).startswith("holiday.jpg ")
    assert "Send" in str(refusal.value)


@pytest.mark.parametrize("format", ["ICO", "PPM", "EPS", "PDF", "TGA", "JPEG2000", "DDS", "SGI", "PCX"])
def test_formats_off_the_list_are_refused_even_when_they_are_whole(format):
    with pytest.raises(BadPicture, match="not a picture the studio can read"):
        load(encoded(flag(), format))


def test_too_many_pixels_are_refused_from_the_header_alone():
    for width, height in ((8001, 8000), (12_000, 9_000), (14_000, 14_000), (30_000, 30_000)):
        with pytest.raises(BadPicture, match=r"at most 64 megapixels are taken\. Make it smaller"):
            load(png(width, height, 8, 2, IDAT=b"never decoded"))
    gif = (
        b"GIF89a"
        + struct.pack("<HHBBB", 60_000, 60_000, 0, 0, 0)
        + b","
        + struct.pack("<HHHHB", 0, 0, 60_000, 60_000, 0)
    )
    with pytest.raises(BadPicture, match="at most 64 megapixels"):
        load(gif + b"\x08\0;")


def test_exactly_64_megapixels_are_taken():
    picture = load(encoded(Image.new("1", (8000, 8000), 1)))
    assert picture.size == (8000, 8000)


def test_a_picture_like_a_thread_is_refused_and_one_like_a_banner_is_not():
    for size in ((3300, 100), (10, 330)):
        with pytest.raises(BadPicture, match=f"{size[0]} x {size[1]}: more than 32 times"):
            load(encoded(Image.new("L", size)))
    assert load(encoded(Image.new("L", (3200, 100)))).size == (3200, 100)
    assert load(encoded(Image.new("L", (1, 1)))).size == (1, 1)


def test_a_picture_of_no_size_is_refused():
    with pytest.raises(BadPicture):
        load(png(0, 8, 8, 2, b"\0" * 8))


def test_a_strangers_file_name_cannot_break_the_sentence():
    with pytest.raises(BadPicture) as refusal:
        load(b"", "\x1b[31m../../etc\n\u202e" + "x" * 5000)
    assert len(str(refusal.value)) < 200
    assert str(refusal.value).isprintable()
    with pytest.raises(BadPicture, match="the picture is empty"):
        load(b"", "\n\t")


def noisy(size: tuple[int, int] = (64, 48)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(5).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


@pytest.mark.parametrize("part", range(1, 10))
@pytest.mark.parametrize("format", FORMATS)
def test_a_file_cut_off_anywhere_is_refused_in_words(format, part):
    data = encoded(noisy(), format)
    with pytest.raises(BadPicture, match=r"trip\.pic is damaged or was cut off"):
        load(data[: len(data) * part // 10], "trip.pic")


ODD = {
    "PNG": ["I;16", "P", "LA", "1", "RGBA"],
    "TIFF": ["CMYK", "I;16", "F", "P", "LA", "1", "RGBA"],
    "GIF": ["P", "1", "RGBA"],
    "JPEG": ["CMYK", "L", "1"],
}


@pytest.mark.parametrize(("format", "mode"), [(format, mode) for format in ODD for mode in ODD[format]])
def test_odd_kinds_of_pixels_cut_off_anywhere_never_raise_anything_else(format, mode):
    picture = noisy().convert("L").convert("I;16") if mode == "I;16" else noisy().convert(mode)
    data = encoded(picture, format)
    for part in range(1, 20):
        with contextlib.suppress(BadPicture):
            load(data[: len(data) * part // 20])


WHOLE = {format: encoded(noisy((24, 16)), format) for format in FORMATS}
WHOLE["PROFILE"] = encoded(noisy((24, 16)), "JPEG", icc_profile=P3, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0")
WHOLE["LZW"] = encoded(noisy((24, 16)), "TIFF", compression="tiff_lzw")
WHOLE["APNG"] = encoded(noisy((24, 16)), "PNG", save_all=True, append_images=[noisy((24, 16))])


@settings(max_examples=600)
@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_no_damage_raises_anything_but_a_refusal(kind, damage):
    data = bytearray(WHOLE[kind])
    for where, value in damage:
        data[int(where * where * len(data))] = value  # more of it near the header, where it hurts
    try:
        picture = load(bytes(data))
    except BadPicture:
        return
    assert picture.mode in ("RGB", "RGBA")


@settings(max_examples=200)
@given(
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"II*\0", b"RIFF"]),
    st.binary(),
)
def test_no_bytes_raise_anything_but_a_refusal(head, tail):
    with contextlib.suppress(BadPicture):
        load(head + tail)


def test_a_tiff_that_points_to_itself_is_refused():
    entry = struct.pack("<HHII", TiffImagePlugin.IMAGEWIDTH, 4, 2**31, 8)
    with pytest.raises(BadPicture):
        load(b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + entry + struct.pack("<I", 8))


def test_no_warning_of_a_library_leaks_out():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with pytest.raises(BadPicture):
            load(png(10_000, 10_000, 8, 2, IDAT=b"x"))
        load(encoded(flag(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40))
        load(encoded(flag().convert("P"), transparency=bytes(range(256))))
    assert seen == []


def test_many_uploads_at_once_do_not_disturb_each_other():
    files = [encoded(noisy((40 + n, 30)), format) for n in range(4) for format in FORMATS]
    with ThreadPoolExecutor(8) as pool:
        assert [picture.size[1] for picture in pool.map(load, files)] == [30] * len(files)


@pytest.mark.slow
def test_a_48_megapixel_phone_photograph_comes_in_with_all_its_pixels():
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = noisy((400, 300)).resize((8000, 6000))
    picture = load(encoded(photo, "JPEG", exif=exif, icc_profile=P3))
    assert (picture.mode, picture.size) == ("RGB", (6000, 8000))
