import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from core.images import FRAME_LIMIT, Bitmap, ImageError, decode, probe
from tests.pictures import animation, encoded, photo, png_that_claims, turned_photo


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def near(pixel, expected) -> bool:
    return all(abs(a - b) <= 12 for a, b in zip(pixel, expected, strict=True))


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        ("JPEG", "jpeg"),
        ("PNG", "png"),
        ("WEBP", "webp"),
        ("GIF", "png"),
        ("AVIF", "jpeg"),
        ("TIFF", "jpeg"),
        ("BMP", "png"),
    ],
)
def test_every_usual_format_is_read(kind, family):
    found = probe(photo(40, 30, kind))
    assert (found.format, found.width, found.height, found.family) == (kind, 40, 30, family)
    assert decode(photo(40, 30, kind)).frames[0].mode == "RGB"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_orientation_is_applied_in_every_format(kind):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = photo(40, 30, kind, exif=exif)
    assert (probe(data).width, probe(data).height) == (30, 40)
    assert (decode(data).width, decode(data).height) == (30, 40)


@pytest.mark.parametrize("codec", ["jpeg", "webp", "avif", "png", "gif"])
def test_a_turned_photo_stands_upright_and_tells_nothing_of_where_it_was_taken(codec):
    data = decode(turned_photo()).encode(codec)
    image = opened(data)
    assert image.size == (40, 80)
    assert near(image.convert("RGB").getpixel((20, 5)), (254, 0, 0))
    assert near(image.convert("RGB").getpixel((20, 75)), (0, 0, 254))
    assert not image.getexif()
    assert not {"icc_profile", "comment", "xmp"} & set(image.info)
    assert b"SECRET" not in data


def test_a_cmyk_photo_becomes_rgb():
    data = encoded(Image.new("CMYK", (20, 20), (0, 255, 255, 0)), "JPEG", quality=95)
    frame = decode(data).frames[0]
    assert frame.mode == "RGB"
    assert near(frame.getpixel((9, 9)), (254, 0, 0))


def test_sixteen_bits_are_scaled_and_not_cut():
    data = encoded(Image.new("I;16", (20, 20), 0x8000), "PNG")
    assert near(decode(data).frames[0].getpixel((9, 9)), (128, 128, 128))


@pytest.mark.parametrize("mode", ["1", "L", "P", "I", "F"])
def test_opaque_modes_become_rgb(mode):
    data = encoded(Image.new("RGB", (20, 20), "white").convert(mode), "TIFF")
    frame = decode(data).frames[0]
    assert frame.mode == "RGB"
    assert near(frame.getpixel((9, 9)), (255, 255, 255))


def test_a_palette_with_transparency_keeps_it():
    image = Image.new("P", (20, 20), 0)
    image.putpalette([0, 0, 0, 0, 0, 255])
    image.paste(1, (0, 0, 10, 20))
    data = encoded(image, "PNG", transparency=0)
    assert probe(data).family == "png"
    frame = decode(data).frames[0]
    assert (frame.getpixel((15, 5))[3], frame.getpixel((5, 5))) == (0, (0, 0, 255, 255))


def test_transparency_of_grey_and_of_avif_is_kept():
    grey = encoded(Image.new("LA", (20, 20), (200, 99)), "PNG")
    assert decode(grey).frames[0].getpixel((5, 5)) == (200, 200, 200, 99)
    clear = encoded(Image.new("RGBA", (20, 20), (200, 0, 0, 0)), "AVIF")
    assert probe(clear).family == "png"


def test_colours_are_converted_from_their_profile_to_srgb():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    image = Image.new("LAB", (20, 20), (255, 128, 128))
    white = decode(encoded(image, "TIFF", icc_profile=lab)).frames[0]
    assert near(white.getpixel((5, 5)), (255, 255, 255))


def test_a_broken_profile_is_ignored():
    assert decode(photo(20, 20, "PNG", icc_profile=b"no profile at all")).frames[0].mode == "RGB"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "AVIF", "PNG"])
def test_an_animation_stays_one(kind):
    data = animation(kind)
    assert probe(data).frames == 3
    bitmap = decode(data)
    codec = probe(data).family
    again = opened(bitmap.scaled_to(30).encode(codec))
    assert (again.n_frames, again.size, again.format) == (3, (30, 20), codec.upper())
    assert [
        near(frame.getpixel((20, 10)), c)
        for frame, c in zip(bitmap.frames, [(254, 0, 0), (0, 255, 0), (0, 0, 254)], strict=True)
    ]
    assert bitmap.durations == (100, 100, 100)


@pytest.mark.parametrize("loop", [0, 3])
def test_an_animation_repeats_as_often_as_before(loop):
    bitmap = decode(animation("GIF", loop=loop))
    assert bitmap.loop == loop
    assert opened(bitmap.encode("gif")).info["loop"] == loop
    assert decode(bitmap.encode("webp")).loop == loop


def test_an_animation_that_plays_once_plays_once():
    bitmap = decode(animation("GIF"))
    assert bitmap.loop is None
    assert "loop" not in opened(bitmap.encode("gif")).info
    assert decode(bitmap.encode("webp")).loop is None


def test_clear_parts_of_an_animation_stay_clear():
    frames = [Image.new("RGBA", (20, 20), (0, 0, 0, 0)) for _ in range(3)]
    for n, frame in enumerate(frames):
        frame.paste((255, 0, 0, 255), (n * 5, 0, n * 5 + 5, 20))
    again = decode(Bitmap(tuple(frames), (100,) * 3, 0).encode("gif"))
    assert [frame.getpixel((1, 1))[3] for frame in again.frames] == [255, 0, 0]


def test_a_pixel_bomb_is_refused_by_its_header():
    with pytest.raises(ImageError, match="50 megapixels"):
        probe(png_that_claims(60_000, 60_000))
    with pytest.raises(ImageError, match=r"9,000 × 6,000 pixels; at most 50 megapixels"):
        probe(png_that_claims(9_000, 6_000))
    assert probe(png_that_claims(10_000, 5_000)).width == 10_000


def test_a_very_long_image_is_refused():
    with pytest.raises(ImageError, match="no side may be longer than 30,000"):
        probe(png_that_claims(40_000, 2))


def test_too_many_frames_are_refused_without_decoding_them():
    assert probe(animation(frames=FRAME_LIMIT)).frames == FRAME_LIMIT
    with pytest.raises(ImageError, match="more than 200 frames"):
        probe(animation(frames=FRAME_LIMIT + 5))


def test_frames_behind_rubbish_are_not_decoded():
    data = animation(frames=3)
    data = data[:-1] + b"\x00rubbish" + data[data.index(b"!\xf9") :]
    assert opened(data).n_frames > 3
    assert len(decode(data).frames) == 3


def test_durations_and_repetitions_stay_within_what_can_be_written():
    bitmap = decode(animation(duration=600_000, loop=65_535))
    assert bitmap.durations == (60_000,) * 3
    assert opened(bitmap.encode("webp")).n_frames == 3


def test_a_large_animation_is_refused_by_its_header():
    with pytest.raises(ImageError, match="3 frames of 7,000 × 5,000 pixels"):
        probe(animation(size=(7000, 5000)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_half_a_file_is_refused(kind):
    data = photo(200, 200, kind)
    with pytest.raises(ImageError):
        decode(data[: len(data) // 2])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_half_a_file_is_refused_before_it_is_decoded(kind):
    data = photo(200, 200, kind)
    with pytest.raises(ImageError, match=r"ends in the middle|no image"):
        probe(data[: len(data) // 2])


def test_the_preview_in_a_photo_does_not_hide_that_it_ends_early():
    exif = Image.Exif()
    exif[0x010E] = photo(20, 20).decode("latin-1")
    data = photo(200, 200, exif=exif)
    assert probe(data)
    with pytest.raises(ImageError, match="ends in the middle"):
        probe(data[:-300])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"Just words, whatever the name says.", "no image that can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG .* Save it as PNG"),
        (b'<?xml version="1.0"?><!DOCTYPE svg><svg/>', "SVG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC .* JPEG"),
        (b"\x89PNG\r\n\x1a\n", "no image"),
        (b"%PDF-1.7", "no image"),
    ],
)
def test_what_is_no_image_is_refused_with_advice(data, message):
    with pytest.raises(ImageError, match=message):
        probe(data)


@given(st.data())
@pytest.mark.filterwarnings("ignore")
def test_damaged_headers_are_refused_or_read_and_never_crash(data):
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP"]))
    whole = bytearray(photo(20, 20, kind))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, min(300, len(whole) - 1)))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ImageError):
        decode(bytes(whole[: data.draw(st.integers(0, len(whole)))]))


def test_a_square_is_cut_from_the_middle():
    image = Image.new("RGB", (300, 100), "white")
    image.paste("red", (100, 0, 200, 100))
    square = Bitmap((image,)).square(50)
    assert (square.width, square.height) == (50, 50)
    assert near(square.frames[0].getpixel((25, 25)), (255, 0, 0))


def test_webp_cannot_hold_the_tallest_pictures():
    tall = Bitmap((Image.new("RGB", (10, 20_000)),))
    assert not tall.fits("webp")
    assert tall.fits("avif")
