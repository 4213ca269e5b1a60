"""Ratings in a table, as a space of the titles: `--ratings FILE.csv`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from explorer.errors import UserError
from explorer.files import locations, untrusted
from explorer.own_models import tables
from explorer.uses import ratings
from explorer.uses.ratings import Ratings

EXAMPLE = "example"  # stands for a file of synthetic ratings that comes with the program
NAMES = {  # what a column is called, in small letters only; the first one is told to the user
    "user": ("user", "userid", "reader", "viewer"),
    "item": ("item", "itemid", "movie", "movieid", "book", "bookid", "isbn"),
    "rating": ("rating", "score", "stars", "bookrating"),
    "title": ("title", "name", "booktitle"),
    "genre": ("genre", "genres"),
}
WANTED = "a .csv with columns user, item, rating and, if you like, title"
WANTED_TITLES = "a .csv with columns item and title"
LARGEST = 1e6  # a rating
FEWEST = 3  # users, and titles
PAPER = "Koren, Bell, Volinsky: Matrix Factorization Techniques for Recommender Systems. IEEE Computer 42 (8), 2009"
ABOUT = (
    "{ratings:,} ratings of {items:,} titles by {users:,} people, taken apart into {dimensions} numbers for each title "
    "and each person. Titles that the same people like lie close together. Ratings that were held out are predicted "
    "with an error of {rmse:.2f} (root mean square); the means of people and titles alone have {means:.2f}."
)


def read(path: Path, titles: Path | None = None) -> dict[str, Any]:
    """Reads ratings and takes them apart.

    Args:
        path: the table, or `EXAMPLE`.
        titles: a second table with the titles of the items.

    Returns:
        The arguments of `explorer.own_models.building.build`, and what the card of the space says besides, as "card".

    Raises:
        UserError: a table is missing, damaged, too large or too small, or a row holds no rating.
    """
    if path.name == EXAMPLE and not path.exists():
        path = locations.DATASETS / "ratings-example.csv"
    table = _columns(path, ("user", "item", "rating"), WANTED)
    (names, first, items), (people, _, users) = (
        np.unique(table[role], return_index=True, return_inverse=True) for role in ("item", "user")
    )
    if min(len(names), len(people)) < FEWEST:
        raise UserError(f"{path} has {len(names):,} items and {len(people):,} users: give ratings of {FEWEST} at least")
    sizes = len(people), len(names)
    untrusted.check_room(16 * sum(sizes) * (1 + max(ratings.SIZES)) ** 2, path, "give fewer ratings")
    rated = Ratings(users, items, table["rating"].astype(np.float64))
    found = ratings.held_out(rated, sizes)
    factors = ratings.factorised(rated, sizes, found.dimensions, found.ridge)

    told = {role: table[role][first] for role in ("title", "genre") if role in table}
    if titles is not None:
        told |= _told(titles, names)
    columns = {ratings.TITLE: told.get("title", names), "ratings": np.bincount(items)}
    numbers = {"lowest": rated.values.min(), "highest": rated.values.max(), "rmse": found.rmse, "means": found.means}
    counts = {"ratings": len(items), "items": len(names), "users": len(people), "dimensions": found.dimensions}
    about = {"about": ABOUT.format(**counts, **numbers), "paper": PAPER}
    return {
        "codes": factors.items,
        "labels": [text.partition("|")[0] for text in told["genre"].tolist()] if "genre" in told else None,
        "columns": columns | {ratings.USUAL: factors.usual.round(2)},
        "card": about | {ratings.CARD: {name: float(value) for name, value in numbers.items()}},
    }


def _columns(path: Path, needed: tuple[str, ...], wanted: str) -> dict[str, np.ndarray]:
    """The columns of a table by their roles in `NAMES`, as strings.

    Raises:
        UserError: one that is needed is missing, or has a row without a value.
    """
    found = tables.of_csv(path, wanted)
    plain = {re.sub("[^a-z]", "", name.lower()): values for name, values in found.items()}
    table = {role: plain[name].astype(str) for role, names in NAMES.items() for name in names if name in plain}
    for role in needed:
        if role not in table:
            raise UserError(f"{path} has no column '{role}', but {', '.join(list(found)[:8])}: give {wanted}")
        is_right = _is_rating if role == "rating" else _is_name
        if wrong := next((row for row, text in enumerate(table[role].tolist(), 1) if not is_right(text)), 0):
            has = table[role][wrong - 1].replace("nan", "")
            raise UserError(
                f"{path}: row {wrong} below the names has no {role}, but '{has}': correct it, or leave it out"
            )
    return table


def _is_rating(text: str) -> bool:
    try:
        return abs(float(text)) <= LARGEST
    except ValueError:
        return False


def _is_name(text: str) -> bool:
    return text not in ("", "nan")


def _told(path: Path, items: np.ndarray) -> dict[str, np.ndarray]:
    """Titles and genres of the items, (n,) strings, from a second table. An item that is not there keeps its name."""
    table = _columns(path, ("item", "title"), WANTED_TITLES)
    at = {item: row for row, item in enumerate(table["item"].tolist())}
    rows = np.array([at.get(item, -1) for item in items.tolist()])
    if max(rows) < 0:
        raise UserError(f"{path} has none of the items that were rated: give the titles that belong to the ratings")
    told = {"title": np.where(rows < 0, items, table["title"][rows])}
    return told | ({"genre": np.append(table["genre"], "unknown")[rows]} if "genre" in table else {})
