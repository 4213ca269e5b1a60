"""Saves the explorer's view as a PNG, drawn by Matplotlib without a display or a window."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from explorer.analysis.probe import TITLES, Decoding, Whereabouts
from explorer.drawing import picture
from explorer.drawing.map_file import draw_pins
from explorer.drawing.page import AFTER_DOT, EDGE, TOP, Page
from explorer.drawing.pair import COLUMNS, ERRORS, GAP, ROWS, Caption, Pictures, Sheet, captions, pictures_of
from explorer.files.writing import writing
from explorer.session.comparison import counterpart
from explorer.session.open_map import OpenMap
from explorer.session.state import SharedState
from explorer.space.point_index import PointIndex

PICTURE_SHARE = 0.31  # of the width
PAIR_SHARE = 0.355  # of the width, for the pictures of two maps
HEADING = {"weight": "bold", "va": "baseline"}
# Units: pixels of a file of 1280 × 800.
HEAD = 34  # baseline of the texts above the map and the picture
ROOM_FOR_TEXT = 160  # below the picture
NARROWEST = 250  # least width of the words beside the map
NAMES = 45  # above the pictures of two maps
ROOM_FOR_WORDS = 230  # gaps above and below these
NARROWEST_COLUMN = 125  # room for a code above one of these
AXIS = 62  # left of a map, for the numbers of its axis
BETWEEN_MAPS = 14


def save(path: Path, first: OpenMap, shared: SharedState, size: tuple[int, int], second: OpenMap | None = None) -> None:
    """Draws the map, its cursor, the picture decoded there and the legend; or two maps side by side and the pictures
    of both.

    The analyses for the colouring and the backgrounds must be ready. If the first map has the original images, the real
    image is shown between the pictures of two maps.

    Args:
        path: of the PNG; it appears complete or not at all.
        first: must have its decoder; its points are indexed here.
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

    who = "live decoder" if decoding.source == "live" else "grid"
    titles = (space.title,) if second is None else (space.title, second.state.space.title)
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
    image = picture.scaled(picture.to_bytes(decoding.image), room)
    left = page.width - EDGE - max(image.width / unit, NARROWEST)
    page.draw_map(shown, AXIS, page.width - left + EDGE)
    page.put(np.asarray(image.convert("RGB")), round(left * unit), round(TOP * unit))

    words = shown.probe.words(decoding, whereabouts)
    page.write(16, HEAD, page.short(shown.state.space.title, left - 40, 13, **HEADING), 13, theme.ink, **HEADING)
    page.write(left, HEAD, "Decoded at the cursor", 12, theme.ink, **HEADING)
    y = TOP + image.height / unit + 20
    for name, title in TITLES.items():
        page.write(left, y, title, 10, theme.faint)
        page.write(left + 130, y, page.short(words[name], page.width - EDGE - left - 130, 11), 11, theme.ink)
        y += 26
    page.write(left, y, words["cue"], 11, theme.good if whereabouts.on_map else theme.warning)
    page.write(left, y + 26, words["note"], 10, theme.warning)


def _draw_pair(page: Page, first: OpenMap, second: OpenMap, decoding: Decoding, whereabouts: Whereabouts) -> None:
    """Draws two maps below their names; on their right the real image nearest to the first cursor, and the pictures of
    both decoders.

    Args:
        decoding, whereabouts: of the place under the first map's cursor.
    """
    theme = page.theme
    found = counterpart(first.probe, whereabouts, second.probe)
    second.state.lead_cursor(found.place)
    shown = pictures_of(first.probe, decoding, found)
    written = captions(first.probe, second.probe, decoding, whereabouts, found)
    left, end = _draw_columns(page, first.state.space.image_shape, shown, written)
    page.write(left, HEAD, "Decoded side by side", 12, theme.ink, **HEADING)

    across = (left - EDGE - BETWEEN_MAPS) / 2 - AXIS  # of each map's axes
    for start, each in zip((AXIS, 2 * AXIS + across + BETWEEN_MAPS), (first, second), strict=True):
        draw_pins(page.draw_map(each, start, page.width - start - across))
        page.write(start, HEAD, page.short(each.state.space.title, across, 13, **HEADING), 13, theme.ink, **HEADING)

    words, y = first.probe.words(decoding, whereabouts), end + 34
    for name, size, ink in (
        ("cue", 11, theme.good if whereabouts.on_map else theme.warning),
        ("odds", 10, theme.faint),
        ("note", 10, theme.warning),
    ):
        page.write(left, y, page.short(words[name], page.width - EDGE - left, size), size, ink)
        y += 26


def _draw_columns(
    page: Page, shape: tuple[int, ...], shown: Pictures, written: tuple[Caption, Caption, Caption]
) -> tuple[float, float]:
    """Draws the pictures of two maps with the real image between them. Each has a caption above, with the dot of its
    class; below each column is the difference between its two images.

    Args:
        shape: of the images.
        written: the captions, first that of the leading map.

    Returns:
        The left of the first column, and the bottom of the pictures, in units.
    """
    unit, theme = page.unit, page.theme
    wide = (round(page.size[0] * PAIR_SHARE) - (COLUMNS - 1) * GAP) // COLUMNS
    high = (round(page.size[1] - (ROOM_FOR_WORDS + page.below) * unit) - (ROWS - 1) * GAP) // ROWS
    sheet = Sheet(shape, max(min(wide, high), 1), theme.paper, theme.lines)
    factor, (across, down) = sheet.factor, sheet.each
    width = max(across * factor, round(NARROWEST_COLUMN * unit))  # pixels, as the next ones
    pitch = width + sheet.gap * factor
    start = page.size[0] - round(EDGE * unit) - (COLUMNS - 1) * pitch - width
    top, room = round((TOP + NAMES) * unit), width / unit
    end = (top + sheet.size[1] * factor) / unit
    levels = sheet.levels(shown)
    for number, (x, y) in enumerate(sheet.corners()):
        part = levels[y : y + down, x : x + across].repeat(factor, axis=0).repeat(factor, axis=1)
        page.put(part, start + number % COLUMNS * pitch, top + y * factor)
    for column, (caption, what, error) in enumerate(zip(written, ERRORS, shown.errors(), strict=True)):
        x, after = (start + column * pitch) / unit, 0
        style = {"weight": "bold" if column == 0 else "normal"}  # the map that leads
        if caption.label is not None:
            page.dot(x + 5, TOP + 8, caption.label)
            after = 5 + AFTER_DOT
        page.write(x + after, TOP, page.short(caption.name, room - after, 11, **style), 11, theme.ink, **style)
        page.write(x, TOP + 21, page.short(caption.below, room, 9), 9, theme.faint)
        page.write(x, end + 6, "" if error is None else f"{what} {error:.4f}", 9, theme.faint)
    return start / unit, end
