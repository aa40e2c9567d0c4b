"""How the designs of gifts look: flat shapes on a ground, drawn as SVG for pages and as PNG for
mails from one list. The names are in `designs.py`."""

from __future__ import annotations

import io
import math
from functools import cache

from storefront.values import frozen

WIDTH, HEIGHT = 560, 200
SHARPNESS = 2
"""Pixels of a picture for each unit: screens of today show two."""

SMOOTHNESS = 2
COLOURS = 64
STEPS, STEPS_OF_SMALL = 48, 16
SMALL = 6
GOLDEN = (math.sqrt(5) - 1) / 2

Point = tuple[float, float]


@frozen
class Shape:
    """A filled outline in one colour."""

    points: tuple[Point, ...]
    colour: str

    @property
    def path(self) -> str:
        """The outline as the path of an SVG."""
        steps = " ".join(f"{round(x, 1):g} {round(y, 1):g}" for x, y in self.points)
        return f"M{steps}z"


@frozen
class Art:
    """A design's picture: what lies on the ground, from the back to the front."""

    ground: str
    shapes: tuple[Shape, ...]


@cache
def art_of(name: str) -> Art:
    """Return a design's picture; raise `KeyError` for a name that is none. It is worked out when it
    is first shown: that takes longer than to load this module."""
    return DRAWERS[name]()


@cache
def picture(name: str) -> bytes:
    """Return a design as a PNG, for mails, which show no SVG."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - only now: pages show the SVG

    art = art_of(name)
    scale = SHARPNESS * SMOOTHNESS
    canvas = Image.new("RGB", (WIDTH * scale, HEIGHT * scale), art.ground)
    pen = ImageDraw.Draw(canvas)
    for shape in art.shapes:
        pen.polygon([(x * scale, y * scale) for x, y in shape.points], fill=shape.colour)
    small = canvas.resize((WIDTH * SHARPNESS, HEIGHT * SHARPNESS), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.quantize(COLOURS).save(file, "PNG", optimize=True)
    return file.getvalue()


def _oval(centre: Point, radii: Point, colour: str, *, turn: float = 0) -> Shape:
    """Return an ellipse; `turn` is in degrees."""
    angle = math.radians(turn)
    steps = STEPS_OF_SMALL if max(radii) < SMALL else STEPS
    points = []
    for step in range(steps):
        along = 2 * math.pi * step / steps
        x, y = radii[0] * math.cos(along), radii[1] * math.sin(along)
        points.append(
            (
                centre[0] + x * math.cos(angle) - y * math.sin(angle),
                centre[1] + x * math.sin(angle) + y * math.cos(angle),
            )
        )
    return Shape(tuple(points), colour)


def _disc(centre: Point, radius: float, colour: str) -> Shape:
    return _oval(centre, (radius, radius), colour)


def _box(centre: Point, size: Point, colour: str, *, turn: float = 0) -> Shape:
    angle = math.radians(turn)
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    points = tuple(
        (
            centre[0] + x * size[0] / 2 * math.cos(angle) - y * size[1] / 2 * math.sin(angle),
            centre[1] + x * size[0] / 2 * math.sin(angle) + y * size[1] / 2 * math.cos(angle),
        )
        for x, y in corners
    )
    return Shape(points, colour)


def _ribbon() -> Art:
    """Draw a parcel seen from above: paper with dots, a band, and a bow."""
    paper, dot, band, shade, fold = "#b8304f", "#c64764", "#f8e3bd", "#e9c88f", "#d3a862"
    dots = [
        _disc((x + 20 * (row % 2), 14 + 28.6 * row), 3.2, dot)
        for row in range(7)
        for x in range(0, WIDTH + 40, 40)
    ]
    middle, height = 280.0, 100.0
    bands = [
        _box((middle, height), (46, HEIGHT), band),
        _box((middle - 19, height), (2, HEIGHT), shade),
        _box((middle + 19, height), (2, HEIGHT), shade),
        _box((middle, height), (WIDTH, 46), band),
        _box((middle, height - 19), (WIDTH, 2), shade),
        _box((middle, height + 19), (WIDTH, 2), shade),
    ]
    tails = [
        Shape(
            tuple((middle + side * x, y) for x, y in
                  ((4, 100), (22, 100), (66, 168), (46, 166), (38, 182))),
            shade,
        )
        for side in (-1, 1)
    ]  # fmt: skip
    loops = [
        shape
        for side in (-1, 1)
        for shape in (
            _oval((middle + side * 52, 80), (56, 30), shade, turn=side * -18),
            _oval((middle + side * 52, 79), (53, 27), band, turn=side * -18),
            _oval((middle + side * 56, 79), (33, 12), fold, turn=side * -18),
        )
    ]
    knot = [_oval((middle, 96), (19, 17), shade), _oval((middle, 95), (17, 15), band)]
    return Art(paper, (*dots, *bands, *tails, *loops, *knot))


def _confetti() -> Art:
    """Draw paper in the night: scattered so that pieces hardly meet, the same each time."""
    colours = ("#ff8f66", "#ffd166", "#62dfc6", "#f7f1e3", "#b79cff", "#ff6f91")
    shapes = []
    for number in range(84):
        x = WIDTH * ((number * GOLDEN) % 1)
        y = HEIGHT * ((number + 0.5) / 84)
        colour, turn = colours[number * 5 % len(colours)], number * 47 % 180
        size = 4 + number * 7 % 5
        match number % 3:
            case 0:
                shapes.append(_disc((x, y), size * 0.8, colour))
            case 1:
                shapes.append(_box((x, y), (size * 2.6, size * 0.9), colour, turn=turn))
            case _:
                shapes.append(_triangle((x, y), size * 1.25, colour, turn=turn))
    return Art("#1d2350", tuple(shapes))


def _triangle(centre: Point, radius: float, colour: str, *, turn: float) -> Shape:
    angles = [math.radians(turn + third) for third in (0, 120, 240)]
    points = ((centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles)
    return Shape(tuple(points), colour)


def _bouquet() -> Art:
    """Draw flowers that lean into the picture from below."""
    stalks = (
        (40, 120, "#e2725b", 8), (104, 74, "#f2b84b", 7), (166, 128, "#b58bc9", 6),
        (226, 92, "#fdf6ec", 8), (288, 136, "#e88ba0", 7), (346, 84, "#e2725b", 7),
        (404, 130, "#f2b84b", 8), (462, 76, "#b58bc9", 7), (524, 118, "#fdf6ec", 7),
    )  # fmt: skip
    shapes = []
    for number, (x, y, _, _) in enumerate(stalks):
        lean = (x - WIDTH / 2) * 0.12
        shapes.append(
            Shape(((x - 1.6, y), (x + 1.6, y), (x - lean + 2, 204), (x - lean - 2, 204)), "#5f8a64")
        )
        side = 1 if number % 2 else -1
        for step, size in ((0.35, 1.0), (0.68, 1.25)):
            middle = (x - lean * step + side * 13 * size, y + (200 - y) * step)
            shapes.append(_oval(middle, (16 * size, 6 * size), "#7fa77f", turn=side * -32))
            side = -side
    for x, y, colour, petals in stalks:
        shapes.extend(_flower((x, y), colour, petals))
    return Art("#dfeadb", tuple(shapes))


def _flower(centre: Point, colour: str, petals: int) -> list[Shape]:
    heart = "#c98a2b" if colour != "#f2b84b" else "#a8562f"
    return [
        *(
            _oval(
                (
                    centre[0] + 19 * math.cos(math.radians(turn)),
                    centre[1] + 19 * math.sin(math.radians(turn)),
                ),
                (15, 8.6),
                colour,
                turn=turn,
            )
            for turn in (360 * petal / petals + centre[0] for petal in range(petals))
        ),
        _disc(centre, 9, heart),
    ]


def _plain() -> Art:
    """Draw a sun over the sea, and nothing else."""
    rays = ("#17545c", "#1c636c", "#22737c", "#2b858d")
    rings = [
        _disc((430, 150), radius, rays[number]) for number, radius in enumerate((190, 144, 100, 62))
    ]
    sun = [_disc((430, 150), 34, "#f6d58e")]
    sea = [
        _box((WIDTH / 2, 176), (WIDTH, 52), "#0c3a41"),
        *(
            _box((430 + offset, 158 + 11 * row), (width, 3), "#f6d58e" if row < 2 else "#2b858d")  # noqa: PLR2004
            for row, (offset, width) in enumerate(((0, 58), (6, 34), (-60, 70), (70, 44)))
        ),
    ]
    return Art("#134a52", (*rings, *sun, *sea))


DRAWERS = {"ribbon": _ribbon, "confetti": _confetti, "bouquet": _bouquet, "plain": _plain}
