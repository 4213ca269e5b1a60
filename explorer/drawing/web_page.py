"""One HTML file with the map of a space, which decodes at the cursor in any browser, without a network.

`web_page.html` is the page; this module fills it. The grid becomes one picture, a sheet: a tile for each value of an
image, and in the tile that value at all nodes. Neighbouring nodes differ little, so that a lossless sheet takes a fifth
of the grid's bytes; images side by side would take twice as much.
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from explorer.analysis import axes
from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.decoding.decoders import Decoder, GridDecoder
from explorer.drawing.fonts import truncated
from explorer.drawing.labels import LONGEST, where_named
from explorer.drawing.themes import THEMES, class_colour
from explorer.errors import Cancelled, UserError
from explorer.files.writing import writing
from explorer.images.datasets import CREDITS
from explorer.progress import Asked, Report, never, unheard
from explorer.session.state import opening_place
from explorer.spaces import view
from explorer.spaces.latent_space import LatentSpace
from explorer.spaces.point_index import PointIndex

TEMPLATE = Path(__file__).with_suffix(".html")
WIDEST = 4096  # pixels of a sheet's side: more would be too much for a phone; larger grids lose nodes
MOST_WEBP = 16383  # pixels of a WebP's side


def write(path: Path, probe: SpaceProbe, report: Report = unheard, cancelled: Asked = never) -> None:
    """Writes the page of a space, in plain coordinates. Without a decoder it shows no pictures.

    Raises:
        UserError: the images are too large for a page.
        NotAllowed: the file cannot be written.
        Cancelled: `cancelled()` was true; no file is written.
    """
    space = probe.space.in_coordinates("plain")
    content = _content(space) | {"grid": None}
    if probe.decoder is not None:
        lattice = computed(space, probe.decoder, report, cancelled)
        content["grid"] = _packed_grid(lattice)
    if cancelled():
        raise Cancelled
    texts = {name: html.escape(text) for name, text in _texts(space).items()}
    texts |= {name: _variables(theme) for name, theme in THEMES.items()}
    texts["data"] = json.dumps(content).replace("<", "\\u003c")  # no class name ends the script
    page = re.sub(r"\{\{(\w+)\}\}", lambda found: texts[found[1]], TEMPLATE.read_text(encoding="utf-8"))
    with writing(path) as file:
        file.write(page.encode())


def computed(space: LatentSpace, decoder: Decoder, report: Report = unheard, cancelled: Asked = never) -> grid.Grid:
    """The grid of a space's map: that of its `GridDecoder`, or one from another decoder.

    It has fewer nodes if the sheet would be wider than `WIDEST`.
    """
    n, extent = grid.resolution_for(space.image_shape), grid.extent_for(view.default_limits(space.places))
    if isinstance(decoder, GridDecoder) and space.codes.shape[1] == 2:
        n, extent = max(decoder.grid.shape), decoder.grid.extent
    n = min(n, max(WIDEST // max(space.image_shape[:2]), 2))
    if n * max(space.image_shape[:2]) > MOST_WEBP:
        shape = " × ".join(map(str, space.image_shape[:2]))
        raise UserError(f"images of {shape} pixels are too large for a page: export a table instead")
    return grid.compute(lambda places: decoder(space.codes_at(places)), extent, n, "", report, cancelled)


def sheet(images: np.ndarray) -> Image.Image:
    """The sheet of a grid's images, (ny, nx, height, width[, 3]) uint8."""
    ny, nx, height, width = images.shape[:4]
    tiles = np.moveaxis(images, (2, 0, 3, 1), (0, 1, 2, 3))  # (height, ny, width, nx[, 3])
    return Image.fromarray(np.ascontiguousarray(tiles).reshape(height * ny, width * nx, *images.shape[4:]))


def _packed_grid(lattice: grid.Grid) -> dict[str, Any]:
    """A grid as the page reads it."""
    content = io.BytesIO()
    sheet(lattice.images).save(content, "WEBP", lossless=True, quality=30, method=4)  # slower ones save 1 % more
    return {
        "sheet": base64.b64encode(content.getvalue()).decode(),
        "extent": lattice.extent,
        "nodes": lattice.shape,
        "tiles": (*lattice.images.shape[2:4], 3 if lattice.images.ndim == 5 else 1),
    }


def _content(space: LatentSpace) -> dict[str, Any]:
    """The points and what belongs to them, as the page reads it."""
    named = zip(*where_named(space), strict=True) if space.class_names else ()
    names = [
        {"label": int(label), "name": truncated(space.class_names[label], LONGEST), "at": place.tolist()}
        for label, place in named
        if np.isfinite(place).all()
    ]
    in_order = (space.rows == np.arange(len(space.rows))).all()
    return {
        "places": _packed(space.places, "<f4"),
        "labels": _packed(space.labels, "<u2"),
        "rows": None if in_order else _packed(space.rows, "<u4"),
        "classes": space.class_names,
        "colours": [class_colour(label) for label in range(len(space.class_names))],
        "names": names,
        "axes": [name[0] for name in axes.names(space)],
        "home": view.home(space),
        "cursor": opening_place(space),
        "usual_distance": PointIndex(space.places).usual_distance(),
    }


def _packed(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode()


def _texts(space: LatentSpace) -> dict[str, str]:
    source = space.card["data"]["source"]
    about = f"{CREDITS.get(source, f'Data: {space.data_title}')}."
    count = f"{len(space.places):,}"
    return {"title": space.title, "data_title": space.data_title, "count": count, "credit": about}


def _variables(theme: Any) -> str:
    """The colours of a theme as variables of CSS."""
    return " ".join(f"--{name}: {colour};" for name, colour in asdict(theme).items())
