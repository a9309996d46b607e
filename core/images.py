"""Pictures as bytes: looked at without decoding, decoded within bounds, encoded without metadata.

``probe`` reads headers only and is cheap enough for a request. ``decode`` and what follows belong into a worker.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from PIL import Image, ImageCms, ImageOps, ImageSequence

Format = Literal["avif", "webp", "jpeg", "png", "gif"]

PIXEL_LIMIT = 50_000_000
SIDE_LIMIT = 30_000
FRAME_LIMIT = 200
# All frames of an animation are in memory at once, with four bytes for each pixel.
ANIMATION_PIXEL_LIMIT = 100_000_000
WEBP_SIDE_LIMIT = 16_383
# Milliseconds, and what two bytes can count.
LONGEST_FRAME = 60_000
MOST_REPETITIONS = 65_534

EXTENSIONS: dict[Format, str] = {"avif": "avif", "webp": "webp", "jpeg": "jpg", "png": "png", "gif": "gif"}
MEDIA_TYPES: dict[str, str] = {extension: f"image/{codec}" for codec, extension in EXTENSIONS.items()}

_READABLE = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP")
_ENCODING: dict[Format, dict[str, Any]] = {
    # libaom at speed 8 takes a third of the time of speed 6, for a fifth more bytes.
    "avif": {"quality": 60, "speed": 8},
    "webp": {"quality": 80, "method": 4},
    "jpeg": {"quality": 85, "optimize": True, "progressive": True},
    "png": {},
    "gif": {},
}
_ORIENTATION = 0x0112
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow raises for bytes that are no image, or only half of one.
_DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


class ImageError(Exception):
    """The bytes are no image that can be taken; the message says why and what to do."""


@dataclass(frozen=True)
class Probe:
    """What the header tells. ``width`` and ``height`` are those of the upright image."""

    format: str
    width: int
    height: int
    frames: int
    alpha: bool
    orientation: int

    @property
    def animated(self) -> bool:
        return self.frames > 1

    @property
    def family(self) -> Format:
        """The format for readers that know neither AVIF nor WebP, chosen so that nothing visible is lost."""
        if self.animated:
            return "gif" if self.format == "GIF" else "webp"
        if self.format in ("PNG", "GIF", "BMP"):
            return "png"
        if self.format == "WEBP":
            return "webp"
        return "png" if self.alpha else "jpeg"


def probe(data: bytes) -> Probe:
    """Reads the header. Raises ImageError for what is no image, is too large or ends too early; decodes nothing."""
    try:
        with Image.open(io.BytesIO(data), formats=_READABLE) as image:
            found = _describe(image, data)
    except _DECODING_ERRORS as error:
        raise ImageError(_explain(data, error)) from error
    _check_limits(found)
    if _ends_early(data, found.format):
        raise ImageError("The file ends in the middle of the image. Copy or upload it again.")
    return found


def _describe(image: Image.Image, data: bytes) -> Probe:
    name = "JPEG" if image.format == "MPO" else image.format or ""
    # Pillow itself turns TIFF upright, and gives the size that it has then.
    orientation = 1 if name == "TIFF" else _orientation(image)
    width, height = reversed(image.size) if orientation >= 5 else image.size
    return Probe(name, width, height, _count_frames(image, name, data), image.has_transparency_data, orientation)


def _orientation(image: Image.Image) -> int:
    if image.format == "PNG" and "exif" not in image.info:
        # It may stand behind the pixels, where Pillow finds it only by decoding them.
        return 1
    orientation = image.getexif().get(_ORIENTATION, 1)
    return orientation if orientation in _TRANSPOSE else 1


def _count_frames(image: Image.Image, name: str, data: bytes) -> int:
    if name in ("JPEG", "TIFF"):
        # Previews, depth maps and further pages: only the first picture is shown.
        return 1
    if name == "GIF":
        return sum(1 for _ in _gif_frames(data))
    return getattr(image, "n_frames", 1)


def _gif_frames(data: bytes) -> Iterator[int]:
    """The offsets of the frames, one more than are allowed at most; Pillow would decode each to reach the next."""

    def colour_table(flags: int) -> int:
        return 3 << ((flags & 7) + 1) if flags & 0x80 else 0

    def after_blocks(at: int) -> int:
        while at < len(data) and data[at]:
            at += data[at] + 1
        return at + 1

    at = 13 + colour_table(data[10])
    found = 0
    while at < len(data) and found <= FRAME_LIMIT:
        if data[at] == 0x21:
            at = after_blocks(at + 2)
        elif data[at] == 0x2C and at + 9 < len(data):
            found += 1
            yield at
            at = after_blocks(at + 11 + colour_table(data[at + 9]))
        else:
            return


def _check_limits(found: Probe) -> None:
    size = f"{found.width:,} × {found.height:,} pixels"
    if found.width * found.height > PIXEL_LIMIT:
        raise ImageError(
            f"The image is {size}; at most {PIXEL_LIMIT // 1_000_000} megapixels are taken. Scale it down."
        )
    if max(found.width, found.height) > SIDE_LIMIT:
        raise ImageError(f"The image is {size}; no side may be longer than {SIDE_LIMIT:,}. Scale it down or cut it.")
    if found.frames > FRAME_LIMIT:
        raise ImageError(f"The animation has more than {FRAME_LIMIT} frames. Shorten it.")
    if found.animated and found.frames * found.width * found.height > ANIMATION_PIXEL_LIMIT:
        raise ImageError(
            f"The animation has {found.frames} frames of {size}; "
            f"together at most {ANIMATION_PIXEL_LIMIT // 1_000_000} megapixels are taken. Scale it down or shorten it."
        )


def _ends_early(data: bytes, name: str) -> bool:
    if name == "JPEG":
        return data.find(b"\xff\xd9", _jpeg_scan(data)) < 0
    if name == "PNG":
        return b"IEND" not in data
    if name == "WEBP":
        return int.from_bytes(data[4:8], "little") > len(data)
    return False


def _jpeg_scan(data: bytes) -> int:
    """Where the pixels begin; before that, a preview in the metadata has an end mark of its own."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at


def _explain(data: bytes, error: BaseException) -> str:
    start = data[:4096].lstrip().lower()
    if not data:
        return "The file is empty. Choose an image."
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return f"The image has more than {PIXEL_LIMIT // 1_000_000} megapixels. Scale it down."
    if b"<svg" in start or start.startswith(b"<?xml"):
        return "SVG drawings can contain scripts and are not taken. Save it as PNG."
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1"):
        return "HEIC photos cannot be read. Save it as JPEG."
    return "This is no image that can be read. Use JPEG, PNG, WebP, GIF, AVIF, TIFF or BMP."


@dataclass(frozen=True)
class Bitmap:
    """Decoded frames: upright, in RGB or RGBA of the sRGB space, without any metadata.

    ``durations`` are milliseconds, one a frame; ``loop`` is the number of repetitions, 0 for endless, None for none.
    """

    frames: tuple[Image.Image, ...]
    durations: tuple[int, ...] = (0,)
    loop: int | None = None

    @property
    def animated(self) -> bool:
        return len(self.frames) > 1

    @property
    def width(self) -> int:
        return self.frames[0].width

    @property
    def height(self) -> int:
        return self.frames[0].height

    def scaled_to(self, width: int) -> "Bitmap":
        """The same picture at another width."""
        if width == self.width:
            return self
        size = width, max(1, round(self.height * width / self.width))
        frames = tuple(f.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0) for f in self.frames)
        return Bitmap(frames, self.durations, self.loop)

    def square(self, side: int) -> "Bitmap":
        """The middle of the first frame, as a square."""
        return Bitmap((ImageOps.fit(self.frames[0], (side, side), Image.Resampling.LANCZOS),))

    def fits(self, codec: Format) -> bool:
        """Whether the format can hold a picture of this size."""
        return codec != "webp" or max(self.width, self.height) <= WEBP_SIDE_LIMIT

    def encode(self, codec: Format) -> bytes:
        first, *rest = self.frames
        options = dict(_ENCODING[codec])
        if rest:
            options |= {"save_all": True, "append_images": rest, "duration": list(self.durations)}
            options |= self._repetition(codec)
        if rest and codec == "gif" and first.mode == "RGBA":
            # Each frame replaces the one before; otherwise what is transparent would show it.
            options["disposal"] = 2
        output = io.BytesIO()
        first.save(output, codec, **options)
        return output.getvalue()

    def _repetition(self, codec: Format) -> dict[str, int]:
        # GIF counts the repetitions after the first showing, WebP all showings.
        if codec == "gif":
            return {} if self.loop is None else {"loop": self.loop}
        return {"loop": 1 if self.loop is None else self.loop and self.loop + 1}


def decode(data: bytes) -> Bitmap:
    """All pixels, upright and without metadata. Raises ImageError like ``probe``, and when the pixels are damaged."""
    found = probe(data)
    try:
        with Image.open(io.BytesIO(data), formats=_READABLE) as image:
            return _frames(image, found)
    except _DECODING_ERRORS as error:
        raise ImageError(
            f"The image is damaged and cannot be decoded ({error}). Save it again and upload that."
        ) from error


def _frames(image: Image.Image, found: Probe) -> Bitmap:
    if not found.animated:
        return Bitmap((_normalise(image, found),))
    frames, durations = [], []
    # No more than were counted, whatever else the decoder finds behind them.
    for frame in islice(ImageSequence.Iterator(image), found.frames):
        frame.load()
        # A frame without a duration is shown for a tenth of a second by every browser.
        durations.append(min(max(int(frame.info.get("duration", 0)), 0) or 100, LONGEST_FRAME))
        frames.append(_normalise(frame, found))
    mode = "RGBA" if any(frame.mode == "RGBA" for frame in frames) else "RGB"
    loop = image.info.get("loop")
    # WebP counts all showings where GIF counts the repetitions.
    if loop and found.format != "GIF":
        loop = loop - 1 or None
    loop = loop and min(loop, MOST_REPETITIONS)
    return Bitmap(tuple(frame.convert(mode) for frame in frames), tuple(durations), loop)


def _normalise(image: Image.Image, found: Probe) -> Image.Image:
    image.load()
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16"):
        # convert() would cut at 255 instead of scaling.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode in ("P", "PA", "LA", "La", "RGBa"):
        image = image.convert(mode)
    result = (_to_srgb(image, profile, mode) if profile else image).convert(mode)
    if found.orientation in _TRANSPOSE:
        result = result.transpose(_TRANSPOSE[found.orientation])
    # Encoders write what they find here: comments, profiles, resolution.
    result = result.copy() if result is image else result
    result.info = {}
    return result


def _to_srgb(image: Image.Image, profile: bytes, mode: str) -> Image.Image:
    """In sRGB; as it is when its profile is broken or belongs to another kind of pixels."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return converted or image
