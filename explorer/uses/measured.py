"""What `python model.py apply` measured about a space and kept in its card."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.analysis.metrics import is_number
from explorer.files import locations
from explorer.spaces.latent_space import LatentSpace

Row = dict[str, Any]  # one line of a table: numbers and texts by the name of their column
USES = "uses"  # the entry of a card


def rows(space: LatentSpace, application: str) -> list[Row]:
    """The rows that an application, such as "compression", measured: of this space, and of what it is compared with,
    which have no `space`. Empty if it was never measured."""
    return list(space.card.get(USES, {}).get(application, {}).get("rows", []))


def lines(space: LatentSpace, application: str, by: str, *columns: str, **chosen: str) -> dict[str, np.ndarray]:
    """What a plot shows of these rows.

    Args:
        by: the column that names the lines.
        columns: of numbers; a row without one of them is left out.
        chosen: what other columns must say.

    Returns:
        The numbers by the name of their line, (columns, n) float64, by the first column in ascending order.
    """
    found: dict[str, list[list[Any]]] = {}
    for row in rows(space, application):
        point = [row.get(name) for name in columns]
        if all(map(is_number, point)) and chosen.items() <= row.items():
            found.setdefault(str(row.get(by)), []).append(point)
    return {name: np.array(sorted(points), float).T for name, points in found.items()}


def how_to_measure(space: LatentSpace, application: str) -> str:
    """One line with the command that measures an application."""
    command = f"{locations.command('model.py')} apply {application} --space {space.folder.name} --keep"
    return f"Not measured yet: {command}"
