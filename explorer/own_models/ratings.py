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
    values = _numbers(path, table["rating"])
    names, items = np.unique(_known(path, "item", table["item"]), return_inverse=True)
    people, users = np.unique(_known(path, "user", table["user"]), return_inverse=True)
    if min(len(names), len(people)) < FEWEST:
        raise UserError(f"{path} has {len(names):,} items and {len(people):,} users: give ratings of {FEWEST} at least")
    size = 16 * (len(names) + len(people)) * (1 + max(ratings.SIZES)) ** 2
    untrusted.check_room(size, path, "give fewer ratings")
    rated, sizes = Ratings(users, items, values), (len(people), len(names))
    found = ratings.held_out(rated, *sizes)
    factors = ratings.factorised(rated, *sizes, found.dimensions, found.ridge)

    first = np.unique(items, return_index=True)[1]  # a row of each item
    told = {role: table[role][first] for role in ("title", "genre") if role in table}
    if titles is not None:
        told |= _told(titles, names)
    columns = {ratings.TITLE: told.get("title", names).astype(str), "ratings": np.bincount(items)}
    columns[ratings.USUAL] = factors.usual.round(2)
    numbers = {"rmse": found.rmse, "means": found.means, "ratings": len(values)}
    about = ABOUT.format(items=len(names), users=len(people), dimensions=found.dimensions, **numbers)
    numbers |= {"lowest": values.min(), "highest": values.max()}
    card = {"about": about, "paper": PAPER, ratings.CARD: {name: float(value) for name, value in numbers.items()}}
    genres = [text.partition("|")[0] for text in told["genre"].astype(str).tolist()] if "genre" in told else None
    return {"codes": factors.items, "labels": genres, "columns": columns, "card": card}


def _columns(path: Path, needed: tuple[str, ...], wanted: str) -> dict[str, np.ndarray]:
    """The columns of a table by their roles in `NAMES`. Raises UserError if one that is needed is missing."""
    found = tables.of_csv(path, wanted)
    plain = {re.sub(r"[^a-z]", "", name.lower()): name for name in reversed(found)}  # the first of two counts
    roles = {role: next((plain[each] for each in names if each in plain), None) for role, names in NAMES.items()}
    if missing := [role for role in needed if roles[role] is None]:
        has = ", ".join(list(found)[:8])
        raise UserError(f"{path} has no column '{missing[0]}', but {has}: give {wanted}")
    return {role: found[name] for role, name in roles.items() if name is not None}


def _numbers(path: Path, values: np.ndarray) -> np.ndarray:
    """The ratings as numbers. Raises UserError that names the first row with something else."""
    if values.dtype.kind == "U":
        numbers = np.array([_number(text) for text in values.tolist()])
    else:
        numbers = values.astype(np.float64)
    wrong = np.flatnonzero(~(np.abs(numbers) <= LARGEST))
    if len(wrong):
        raise UserError(
            f"{path}: row {wrong[0] + 1} below the names has the rating '{values[wrong[0]]}': give a number"
        )
    return numbers


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _known(path: Path, role: str, values: np.ndarray) -> np.ndarray:
    """The users or items as strings. Raises UserError that names the first row without one."""
    empty = values == "" if values.dtype.kind == "U" else np.isnan(values.astype(np.float64))
    if empty.any():
        raise UserError(
            f"{path}: row {np.flatnonzero(empty)[0] + 1} below the names has no {role}: give one, or leave it out"
        )
    return values.astype(str)


def _told(path: Path, items: np.ndarray) -> dict[str, np.ndarray]:
    """Titles and genres of the items, (n,) strings, from a second table. An item that is not there keeps its name."""
    table = _columns(path, ("item", "title"), WANTED_TITLES)
    at = {item: row for row, item in enumerate(_known(path, "item", table["item"]).tolist())}
    rows = [at.get(item) for item in items.tolist()]
    if not any(row is not None for row in rows):
        raise UserError(f"{path} has none of the items that were rated: give the titles that belong to the ratings")
    unknown = {"title": items.tolist(), "genre": ["unknown"] * len(items)}
    return {
        role: np.array(
            [other if row is None else str(table[role][row]) for row, other in zip(rows, unknown[role], strict=True)]
        )
        for role in unknown
        if role in table
    }
