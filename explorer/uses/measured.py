"""What `python model.py apply` measured about a space and kept in its card."""

from __future__ import annotations

from typing import Any

from explorer.files import locations
from explorer.spaces.latent_space import LatentSpace

Row = dict[str, Any]  # one line of a table: numbers and texts by the name of their column
USES = "uses"  # the entry of a card


def rows(space: LatentSpace, application: str) -> list[Row]:
    """The rows that an application, such as "compression", measured: of this space, and of what it is compared with,
    which have no `space`. Empty if it was never measured."""
    return list(space.card.get(USES, {}).get(application, {}).get("rows", []))


def how_to_measure(space: LatentSpace, application: str) -> str:
    """One line with the command that measures an application."""
    command = f"{locations.command('model.py')} apply {application} --space {space.folder.name} --keep"
    return f"Not measured yet: {command}"
