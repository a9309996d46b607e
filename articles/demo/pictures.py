"""Pictures for the sample articles, drawn here: each always gives the same bytes, and nobody else has a right in it."""

import math
import random
from collections.abc import Callable
from functools import cache
from io import BytesIO

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

WIDTH, HEIGHT = 1600, 1000


def colour(code: str) -> Colour:
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def gradient(*codes: str) -> Image.Image:
    """From the first colour at the top to the last at the bottom."""
    column = Image.new("RGB", (1, len(codes)))
    for row, code in enumerate(codes):
        column.putpixel((0, row), colour(code))
    return column.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def curve(seed: int, base: float, height: float, length: float = 700) -> list[tuple[float, float]]:
    """A line from the left edge to the right that swings around ``base``."""
    chance = random.Random(seed)  # noqa: S311
    waves = [(chance.uniform(0.5, 2.2), chance.uniform(0, 6.3), chance.uniform(0.3, 1)) for _ in range(4)]
    return [
        (
            x,
            base
            + height * sum(share * math.sin(x / length * speed * 6.3 + phase) for speed, phase, share in waves) / 2,
        )
        for x in range(-10, WIDTH + 20, 5)
    ]


def ground(image: Image.Image, line: list[tuple[float, float]], fill: Colour) -> None:
    ImageDraw.Draw(image).polygon([(-10, HEIGHT + 10), *line, (WIDTH + 20, HEIGHT + 10)], fill=fill)


def glow(
    image: Image.Image, centre: tuple[float, float], radius: float, light: str, strength: int = 200
) -> Image.Image:
    mask = Image.new("L", image.size)
    x, y = centre
    ImageDraw.Draw(mask).ellipse((x - radius, y - radius, x + radius, y + radius), fill=strength)
    mask = mask.filter(ImageFilter.GaussianBlur(radius / 2))
    return Image.composite(Image.new("RGB", image.size, colour(light)), image, mask)


def grain(image: Image.Image, seed: int) -> Image.Image:
    """A trace of noise, so that wide gradients show no bands."""
    chance = random.Random(seed)  # noqa: S311
    tile = Image.frombytes("L", (200, 125), chance.randbytes(25_000)).resize(image.size, Image.Resampling.BILINEAR)
    noise = tile.point([118 + value * 20 // 255 for value in range(256)]).convert("RGB")
    return ImageChops.overlay(image, noise)


def waves(image: Image.Image, seed: int, top: float, near: str, far: str, layers: int = 7) -> None:
    for layer in range(layers):
        share = layer / (layers - 1)
        line = curve(seed + layer, top + (HEIGHT - top) * share**1.4, 14 + 34 * share, 500 + 500 * share)
        ground(image, line, mixed(colour(far), colour(near), share))


def dawn() -> Image.Image:
    image = glow(gradient("27435e", "8fa6b2", "f3c9a0", "f6e0c4"), (1130, 520), 150, "fff3d6", 255)
    waves(image, 11, 560, "12293d", "a9b7b9")
    return image


def storm() -> Image.Image:
    image = gradient("1b2530", "3d4d59", "71808a", "8d999d")
    for layer in range(5):
        line = [(x, y - 500) for x, y in curve(40 + layer, 640 + layer * 40, 60, 420)]
        band = Image.new("RGB", image.size, mixed(colour("2a3641"), colour("56646e"), layer / 5))
        mask = Image.new("L", image.size)
        ImageDraw.Draw(mask).polygon([(-10, -10), *line, (WIDTH + 20, -10)], fill=90)
        image = Image.composite(band, image, mask.filter(ImageFilter.GaussianBlur(30)))
    waves(image, 71, 500, "0e2229", "60777d", 9)
    return image


def dunes() -> Image.Image:
    image = glow(gradient("9fc3d4", "d9dfd6", "f2dfc0"), (420, 260), 90, "fffbe9", 255)
    for layer, code in enumerate(("d8c19b", "cba978", "b78d5d", "946c47", "66492f")):
        ground(image, curve(120 + layer, 480 + layer * 115, 42 + layer * 9, 1100), colour(code))
    return image


def night() -> Image.Image:
    image = gradient("050a18", "0c1a33", "1c3556", "3f5c74")
    chance = random.Random(5)  # noqa: S311
    draw = ImageDraw.Draw(image)
    for _ in range(900):
        x, y, size = chance.uniform(0, WIDTH), chance.uniform(0, 760) ** 1.02, chance.choice((0.6, 0.8, 1.1, 1.9))
        draw.ellipse(
            (x - size, y - size, x + size, y + size), fill=mixed(colour("6d83a8"), colour("fffbe8"), chance.random())
        )
    ground(image, curve(9, 790, 34, 900), colour("060c14"))
    return lighthouse(image, 1180, 800, lit=True)


def lighthouse(image: Image.Image, x: int, foot: int, *, lit: bool) -> Image.Image:
    if lit:
        mask = Image.new("L", image.size)
        beam = ImageDraw.Draw(mask)
        beam.polygon([(x, foot - 310), (-60, foot - 560), (-60, foot - 400)], fill=120)
        beam.polygon([(x, foot - 310), (WIDTH + 60, foot - 360), (WIDTH + 60, foot - 300)], fill=90)
        light = Image.new("RGB", image.size, colour("ffeab0"))
        image = glow(
            Image.composite(light, image, mask.filter(ImageFilter.GaussianBlur(9))), (x, foot - 310), 26, "fff6d5", 255
        )
    draw = ImageDraw.Draw(image)
    for band in range(6):
        low, high = foot - band * 48, foot - band * 48 - 48
        wide, narrow = 46 - band * 4, 42 - band * 4
        tone = colour("b43a32") if band % 2 else colour("e9e4d8")
        draw.polygon(
            [(x - wide, low), (x + wide, low), (x + narrow, high), (x - narrow, high)],
            fill=mixed(tone, (0, 0, 0), 0.35 if lit else 0),
        )
    draw.rectangle((x - 17, foot - 326, x + 17, foot - 288), fill=colour("fff2c4" if lit else "d9e6ea"))
    draw.polygon([(x - 24, foot - 326), (x, foot - 356), (x + 24, foot - 326)], fill=colour("3a2a2a"))
    return image


def cape() -> Image.Image:
    image = gradient("7fb0c9", "c4dbe0", "eef0e6")
    waves(image, 33, 640, "1f5a72", "86b3bf", 6)
    ground(image, [(x, y + max(0.0, (900 - x) * 0.55)) for x, y in curve(3, 690, 16, 800)], colour("47614a"))
    return lighthouse(image, 1290, 700, lit=False)


def sails() -> Image.Image:
    image = gradient("f5e6cf", "f0cfa5", "dd9f74", "a96f63")
    draw = ImageDraw.Draw(image)
    for x, y, size in ((380, 600, 0.7), (1010, 660, 1.25), (1330, 590, 0.5), (700, 585, 0.45)):
        draw.polygon([(x, y), (x, y - 330 * size), (x + 150 * size, y - 20 * size)], fill=colour("fbf4e6"))
        draw.polygon(
            [(x - 12 * size, y - 15 * size), (x - 12 * size, y - 290 * size), (x - 110 * size, y - 15 * size)],
            fill=colour("e7d6bd"),
        )
        hull = [(-130, 0), (170, 0), (120, 44), (-95, 44)]
        draw.polygon([(x + a * size, y + b * size) for a, b in hull], fill=colour("3a2f3b"))
    waves(image, 57, 640, "33304a", "b57c6d", 6)
    return image


def containers() -> Image.Image:
    image = gradient("b9c7cc", "dde1dc", "e9e4d6")
    chance = random.Random(21)  # noqa: S311
    draw = ImageDraw.Draw(image)
    paints = [colour(code) for code in ("b5482f", "2f5d7c", "d9a441", "4d7358", "7c3b4a", "8a949b", "c76f3c")]
    for column in range(13):
        for row in range(chance.randint(3, 8)):
            x, y, paint = 60 + column * 115, 830 - row * 74, chance.choice(paints)
            draw.rectangle((x, y - 70, x + 110, y), fill=paint)
            for rib in range(x + 8, x + 108, 10):
                draw.line((rib, y - 64, rib, y - 6), fill=mixed(paint, (0, 0, 0), 0.18), width=3)
    draw.rectangle((0, 832, WIDTH, HEIGHT), fill=colour("4b5358"))
    draw.rectangle((0, 832, WIDTH, 844), fill=colour("e0b93f"))
    return image


def pressure() -> Image.Image:
    """A weather chart: rings of equal pressure around highs and lows."""
    centres = ((50, 40, 22, 1.0), (140, 80, 30, -1.2), (105, 22, 18, -0.6), (25, 100, 26, 0.7))
    small = Image.new("L", (200, 125))
    small.putdata([_height(x, y, centres) for y in range(125) for x in range(200)])
    field = small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(6))
    bands = field.point([value // 16 * 16 for value in range(256)])
    lines = bands.filter(ImageFilter.FIND_EDGES).point([255 if value > 4 else 0 for value in range(256)])
    paper = Image.merge(
        "RGB",
        [
            bands.point([low + (high - low) * v // 255 for v in range(256)])
            for low, high in ((164, 250), (194, 238), (206, 214))
        ],
    )
    return Image.composite(
        Image.new("RGB", paper.size, colour("3c5a70")), paper, lines.filter(ImageFilter.GaussianBlur(0.8))
    )


def _height(x: int, y: int, centres: tuple[tuple[int, int, int, float], ...]) -> int:
    total = sum(weight * math.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * size**2)) for a, b, size, weight in centres)
    return max(0, min(255, round(128 + 105 * total + (x - 100) * 0.25)))


def tide_curve() -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), colour("fbf8f1"))
    draw = ImageDraw.Draw(image)
    for row in range(9):
        draw.line((100, 120 + row * 95, 1520, 120 + row * 95), fill=colour("e0dacb"), width=2)
    for day in range(15):
        draw.line((100 + day * 101, 120, 100 + day * 101, 880), fill=colour("ece7da"), width=2)
    level = [(x, 500 - _tide((x - 100) / 101)) for x in range(100, 1521)]
    draw.polygon([(100, 880), *level, (1520, 880)], fill=colour("cfe0e6"))
    draw.line(level, fill=colour("1f5a7a"), width=6, joint="curve")
    envelope = [
        (x, 500 - 300 * (0.66 + 0.34 * math.cos((x - 100) / 101 / 14.77 * 2 * math.pi))) for x in range(100, 1521, 4)
    ]
    draw.line(envelope, fill=colour("c4602f"), width=4)
    return image


def _tide(day: float) -> float:
    """The height of water: the moon's and the sun's tides, which agree every fortnight."""
    moon = math.cos(2 * math.pi * day / 0.5175)
    sun = math.cos(2 * math.pi * day / 0.5)
    return 300 * (0.66 * moon + 0.34 * sun)


def harmonics() -> Image.Image:
    image = gradient("0f1f2e", "14303f", "1b3f4a")
    draw = ImageDraw.Draw(image, "RGBA")
    for index in range(24):
        tone = mixed(colour("3fb6a8"), colour("f2b705"), index / 23)
        line = [
            (x, 500 + (60 + 13 * index) * math.sin(x / (90 + 11 * index) + index * 0.35))
            for x in range(0, WIDTH + 1, 4)
        ]
        draw.line(line, fill=(*tone, 120), width=4, joint="curve")
    return image


def flags() -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), colour("22384d"))
    draw = ImageDraw.Draw(image)
    chance = random.Random(77)  # noqa: S311
    paints = [colour(code) for code in ("d9d3c3", "b8352c", "e0b93f", "24588a", "1d1f24")]
    for x, y in ((x, y) for y in range(70, 900, 225) for x in range(70, 1500, 245)):
        first, second = chance.sample(paints, 2)
        draw.rectangle((x, y, x + 200, y + 170), fill=first)
        _flag_pattern(draw, chance.randrange(5), x, y, second)
    return image


def _flag_pattern(draw: ImageDraw.ImageDraw, kind: int, x: int, y: int, paint: Colour) -> None:
    if kind == 0:
        draw.rectangle((x, y, x + 100, y + 170), fill=paint)
    elif kind == 1:
        draw.rectangle((x, y + 57, x + 200, y + 113), fill=paint)
    elif kind == 2:
        draw.polygon([(x, y), (x + 200, y), (x, y + 170)], fill=paint)
    elif kind == 3:
        draw.ellipse((x + 60, y + 45, x + 140, y + 125), fill=paint)
    else:
        draw.line((x, y, x + 200, y + 170), fill=paint, width=36)
        draw.line((x, y + 170, x + 200, y), fill=paint, width=36)
        draw.rectangle((x - 30, y - 30, x + 230, y - 1), fill=colour("22384d"))
        draw.rectangle((x - 30, y + 171, x + 230, y + 200), fill=colour("22384d"))
        draw.rectangle((x - 40, y - 30, x - 1, y + 200), fill=colour("22384d"))
        draw.rectangle((x + 201, y - 30, x + 240, y + 200), fill=colour("22384d"))


def herrings() -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), colour("e9dfcc"))
    draw = ImageDraw.Draw(image)
    draw.ellipse((330, 30, 1270, 970), fill=colour("f8f5ee"), outline=colour("9db3bb"), width=16)
    for index in range(4):
        _fish(draw, 800 + (-1) ** index * 26, 290 + index * 140, mixed(colour("5f7f8e"), colour("8fa5a9"), index / 3))
    for x, y in ((480, 330), (1130, 640), (520, 730)):
        draw.ellipse((x - 62, y - 62, x + 62, y + 62), fill=colour("f2d24b"), outline=colour("d9a92b"), width=10)
        for turn in range(8):
            a = turn * math.pi / 4
            draw.line((x, y, x + 50 * math.cos(a), y + 50 * math.sin(a)), fill=colour("fbeeb0"), width=5)
    return image


def _fish(draw: ImageDraw.ImageDraw, x: float, y: float, paint: Colour) -> None:
    draw.polygon([(x + 220, y), (x + 330, y - 52), (x + 300, y), (x + 330, y + 52)], fill=mixed(paint, (0, 0, 0), 0.15))
    back = [(x - 250 + step * 5, y - 56 * math.sin(step / 100 * math.pi) ** 0.8) for step in range(101)]
    belly = [(a, 2 * y - b * 1.0) for a, b in reversed(back)]
    draw.polygon([*back, *belly], fill=paint)
    draw.polygon([*[(a, y + (b - y) * 0.1) for a, b in back], *belly], fill=mixed(paint, (255, 255, 255), 0.45))
    draw.ellipse((x - 212, y - 18, x - 190, y + 4), fill=colour("20272b"))


def fog() -> Image.Image:
    image = gradient("c9d0d1", "d8dcda", "b9c2c3")
    for layer, code in enumerate(("a9b5b8", "8d9ca1", "6c7f86", "4c626b")):
        ground(image, [(x, y) for x, y in curve(200 + layer, 520 + layer * 115, 60, 600)], colour(code))
        veil = Image.new("RGB", image.size, colour("d3d9d8"))
        image = Image.blend(image, veil, 0.16)
    return image


def star_trails() -> Image.Image:
    image = gradient("0a1020", "13233f", "2c4763")
    chance = random.Random(99)  # noqa: S311
    draw = ImageDraw.Draw(image, "RGBA")
    for _ in range(320):
        radius, start = chance.uniform(30, 1350), chance.uniform(0, 360)
        tone = mixed(colour("9db4d8"), colour("ffe9c2"), chance.random())
        box = (640 - radius, 640 - radius, 640 + radius, 640 + radius)
        draw.arc(
            box,
            start,
            start + chance.uniform(18, 40),
            fill=(*tone, chance.randint(60, 210)),
            width=chance.choice((2, 2, 3)),
        )
    ground(image, curve(15, 860, 30, 500), colour("080d16"))
    return image


def rain() -> Image.Image:
    image = glow(
        glow(gradient("2c3a45", "3f505a", "566669"), (420, 420), 120, "e8b25c", 150), (1120, 520), 160, "b9493b", 120
    )
    chance = random.Random(31)  # noqa: S311
    draw = ImageDraw.Draw(image, "RGBA")
    for _ in range(1500):
        x, y, length = chance.uniform(-100, WIDTH), chance.uniform(-100, HEIGHT), chance.uniform(20, 90)
        draw.line(
            (x, y, x + length * 0.22, y + length),
            fill=(214, 226, 230, chance.randint(20, 90)),
            width=chance.choice((1, 2, 3)),
        )
    return image


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "cape": cape,
    "containers": containers,
    "dawn": dawn,
    "dunes": dunes,
    "flags": flags,
    "fog": fog,
    "harmonics": harmonics,
    "herrings": herrings,
    "night": night,
    "pressure": pressure,
    "rain": rain,
    "sails": sails,
    "star-trails": star_trails,
    "storm": storm,
    "tide-curve": tide_curve,
}


@cache
def drawn(name: str) -> bytes:
    """The picture of that name as a JPEG file."""
    image = PICTURES[name]()
    if name not in ("tide-curve", "flags", "herrings", "pressure"):
        image = grain(image, len(name))
    file = BytesIO()
    image.save(file, "JPEG", quality=88, optimize=True)
    return file.getvalue()
