"""Saves the explorer's view as a PNG, drawn by Matplotlib without a display or a window."""

from __future__ import annotations

import io
import textwrap
from pathlib import Path

import numpy as np

from explorer.analysis.probe import Decoding, Whereabouts, columns_in_words
from explorer.drawing import picture
from explorer.drawing.map_file import draw_pins
from explorer.drawing.page import AFTER_DOT, BELOW, EDGE, TOP, Page
from explorer.drawing.pair import COLUMNS, COMPARED, ENDS, ERRORS, GAP, Pictures, Sheet, captions, pictures_of
from explorer.drawing.pin_card import coloured
from explorer.files.writing import writing
from explorer.session.comparison import counterpart, names_of
from explorer.session.open_map import OpenMap
from explorer.session.state import SharedState
from explorer.spaces.point_index import PointIndex

PICTURE_SHARE = 0.31  # of the width
PAIR_SHARE = 0.15  # of the height, for a picture below two maps
HEADING = {"weight": "bold", "va": "baseline"}
# Units: pixels of a file of 1280 × 800.
HEAD = 34  # baseline of the texts above the map and the picture
ROOM_FOR_TEXT = 160  # below the picture
NARROWEST = 250  # least width of the words beside the map
AXIS = 62  # left of a map, for the numbers of its axis
BELOW_AXES = 50  # for their numbers and names
NAMES = 40  # two lines above the pictures of two maps
WORDS = 40  # two lines below these
LEGEND = 40  # of the page, without what it leaves for the axes' names
LEAST_PITCH = 150  # from one of these pictures to the next: the words need it
SCALE = 72, 8  # width and height of the differences' colour scale
LINE = 20  # letters in a line below a difference


def save(path: Path, first: OpenMap, shared: SharedState, size: tuple[int, int], second: OpenMap | None = None) -> None:
    """Draws the map, its cursor, the picture decoded there and the legend; or two maps side by side, and the pictures
    of both below them.

    The analyses for the colouring and the backgrounds must be ready. If the first map has the original images, the real
    image is shown between the pictures of two maps.

    Args:
        path: of the PNG; it appears complete or not at all.
        first: must have its decoder, if there is one; its points are indexed here.
        size: width and height in pixels.
        second: of the same images; its cursor is put on the image nearest to the first cursor.

    Raises:
        NotAllowed: the file cannot be written.
    """
    space, probe = first.state.space, first.probe
    probe.know_points(PointIndex(space.places))
    if (shown := shared.shown(space.labels)) is not None:
        probe.neighbours = PointIndex(space.places, shown)
    decoding, whereabouts = probe.decode(first.state.cursor), probe.locate(first.state.cursor)

    who = {"live": "live decoder", "grid": "grid", None: "no decoder"}[decoding.source]
    titles = (space.title,) if second is None else names_of(space, second.state.space)
    page = Page(size, shared, space, titles, f"{who}  ·  {len(space.codes):,} points of {space.data_title}")
    if second is None:
        _draw_alone(page, first, decoding, whereabouts)
    else:
        _draw_pair(page, first, second, decoding, whereabouts)
    content = io.BytesIO()
    page.canvas.print_png(content)  # before anything lies in the folder
    with writing(path) as file:
        file.write(content.getvalue())


def _draw_alone(page: Page, shown: OpenMap, decoding: Decoding, whereabouts: Whereabouts) -> None:
    """Draws one map, with the picture and the words about the place under its cursor on its right."""
    unit, theme = page.unit, page.theme
    room = min(round(page.size[0] * PICTURE_SHARE), round(page.size[1] - (ROOM_FOR_TEXT + page.below) * unit))
    image = None if decoding.image is None else picture.scaled(picture.to_bytes(decoding.image), room)
    left = page.width - EDGE - max(room / unit if image is None else image.width / unit, NARROWEST)
    page.draw_map(shown, AXIS, page.width - left + EDGE)
    if image is not None:
        page.put(np.asarray(image.convert("RGB")), round(left * unit), round(TOP * unit))

    words = shown.probe.words(decoding, whereabouts)
    page.write(16, HEAD, page.short(shown.state.space.title, left - 40, 13, **HEADING), 13, theme.ink, **HEADING)
    heading, y = ("Nearest point", TOP) if image is None else ("Decoded at the cursor", TOP + image.height / unit + 20)
    page.write(left, HEAD, heading, 12, theme.ink, **HEADING)
    for line in columns_in_words(shown.state.space, whereabouts.nearest).splitlines() if image is None else ():
        page.write(left, y, page.short(line, page.width - EDGE - left, 11), 11, theme.ink)
        y += 26
    for name, title in shown.probe.titles.items():
        page.write(left, y, title, 10, theme.faint)
        page.write(left + 130, y, page.short(words[name], page.width - EDGE - left - 130, 11), 11, theme.ink)
        y += 26
    page.write(left, y, words["cue"], 11, theme.good if whereabouts.on_map else theme.warning)
    page.write(left, y + 26, words["note"], 10, theme.warning)


def _draw_pair(page: Page, first: OpenMap, second: OpenMap, decoding: Decoding, whereabouts: Whereabouts) -> None:
    """Two maps below their names, and below them the pictures of both, as in the window.

    Args:
        decoding, whereabouts: of the place under the first map's cursor.
    """
    unit, theme = page.unit, page.theme
    found = counterpart(first.probe, whereabouts, second.probe)
    second.state.lead_cursor(found.place)
    shown = pictures_of(first.probe, decoding, found)

    half = page.width / 2
    across = half - AXIS - EDGE  # of each map's axes
    starts = AXIS, half + AXIS
    side = max(min(round(across * unit - 2 * GAP) // COLUMNS, round(PAIR_SHARE * page.size[1])), 1)
    pitch = min(LEAST_PITCH, (across + EDGE) / COLUMNS)
    sheet = Sheet(first.state.space.image_shape, side, theme.paper, theme.lines, round(pitch * unit))
    height, pitch = sheet.size[1] * sheet.factor, sheet.step * sheet.factor / unit
    end = page.height - page.below + BELOW - LEGEND - WORDS
    top = end - height / unit

    names = names_of(first.state.space, second.state.space)
    for start, each, name in zip(starts, (first, second), names, strict=True):
        latent_map = page.draw_map(each, start, page.width - start - across, page.height - top + NAMES + BELOW_AXES)
        draw_pins(latent_map)
        page.write(start, HEAD, page.short(name, across, 13, **HEADING), 13, theme.ink, **HEADING)
    for start, images in zip(starts, (shown.levels(), shown.differences()), strict=True):
        levels = sheet.levels(images).repeat(sheet.factor, axis=0).repeat(sheet.factor, axis=1)
        page.put(levels, round(start * unit), round(top * unit))

    written = captions(first.probe, second.probe, decoding, whereabouts, found)
    for column, caption in enumerate(written):
        x, after = starts[0] + column * pitch, 0
        style = {"weight": "bold" if column == 0 else "normal"}  # the map that leads
        if caption.label is not None:
            page.dot(x + 5, top - NAMES + 8, caption.label)
            after = 5 + AFTER_DOT
        room = pitch - 8
        page.write(x + after, top - NAMES, page.short(caption.name, room - after, 11, **style), 11, theme.ink, **style)
        page.write(x, top - 18, page.short(caption.below, room, 9), 9, theme.faint)
    _write_readings(page, starts[0], end + 5, first.probe.words(decoding, whereabouts), whereabouts.on_map)
    _write_differences(page, starts[1], (top, end), pitch, shown)


def _write_readings(page: Page, x: float, y: float, words: dict[str, str], on_map: bool) -> None:
    """What is known about the place under the cursor, in two lines."""
    theme = page.theme
    ink = theme.good if on_map and not words["note"] else theme.warning
    page.write(x, y, words["note"] or words["cue"], 10, ink)
    page.write(x, y + 18, words["odds"], 9, theme.faint)


def _write_differences(page: Page, start: float, between: tuple[float, float], pitch: float, shown: Pictures) -> None:
    """The words around the three differences, and their colour scale.

    Args:
        start: left of the first one.
        between: their top and bottom.
        pitch: from one to the next.
    """
    unit, theme, (top, end) = page.unit, page.theme, between
    for column, (compared, what, error) in enumerate(zip(COMPARED, ERRORS, shown.errors(), strict=True)):
        x = start + column * pitch
        page.write(x, top - NAMES, page.short(compared, pitch - 8, 10), 10, theme.ink)
        lines = [] if error is None else textwrap.wrap(f"{what} {error:.4f}", LINE)
        for number, line in enumerate(lines):
            page.write(x, end + 5 + 16 * number, line, 9, theme.faint)
    low, high = ENDS
    page.write(start, top - 18, low, 9, theme.faint)
    x = start + page.text_width(low, 9) + 6
    width, height = (round(length * unit) for length in SCALE)
    page.put(coloured(np.linspace(0, 1, width))[None].repeat(height, axis=0), round(x * unit), round((top - 15) * unit))
    page.write(x + SCALE[0] + 6, top - 18, high, 9, theme.faint)
