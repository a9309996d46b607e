"""Images for tests, drawn on the spot."""

import io
import struct
import zlib

from PIL import Image


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def photo(width: int = 400, height: int = 300, kind: str = "JPEG", **options) -> bytes:
    """A smooth picture, different for each size."""
    ramps = [Image.linear_gradient("L"), Image.radial_gradient("L"), Image.linear_gradient("L").rotate(90)]
    return encoded(Image.merge("RGB", ramps).resize((width, height)), kind, **options)


def turned_photo() -> bytes:
    """A JPEG whose left half is red, which its EXIF says to turn to the right, with a place and a comment in it."""
    image = Image.new("RGB", (80, 40), "blue")
    image.paste("red", (0, 0, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "SECRET DESCRIPTION"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return encoded(image, "JPEG", exif=exif, quality=95, comment=b"SECRET COMMENT")


def animation(kind: str = "GIF", frames: int = 3, size: tuple[int, int] = (60, 40), **options) -> bytes:
    """Frames in different colours, a tenth of a second each."""
    colours = ["red", "lime", "blue", "yellow"]
    first, *rest = (Image.new("RGB", size, colours[n % 4]) for n in range(frames))
    for n, image in enumerate([first, *rest]):
        # Equal frames would be merged.
        image.putpixel((n % size[0], n // size[0]), (9, 9, 9))
    return encoded(first, kind, save_all=True, append_images=rest, **{"duration": 100, **options})


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes whose header promises a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )
