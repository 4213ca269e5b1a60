"""Synthetic ratings with known factors. `python -m tests.ratings` writes the example in datasets/ again."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.uses.ratings import Ratings

EXAMPLE = Path(__file__).resolve().parent.parent / "datasets" / "ratings-example.csv"
GENRES = (
    "Quiet drama",
    "Loud action",
    "Space opera",
    "Slow western",
    "Cosy crime",
    "Odd comedy",
    "Grim horror",
    "Sea tale",
)


@dataclass(frozen=True)
class Known:
    """Ratings and what they were made of: a mean, numbers for users and titles, and their vectors."""

    ratings: Ratings
    exact: np.ndarray  # (users, items), without noise
    items: np.ndarray  # (items, d)
    genres: np.ndarray  # (items,) indices

    def titles(self) -> list[str]:
        numbers = [int((self.genres[:item] == genre).sum()) + 1 for item, genre in enumerate(self.genres)]
        return [f"{GENRES[genre]} {number}" for genre, number in zip(self.genres, numbers, strict=True)]


def known(users=200, items=96, each=40, noise=0.25, spread=0.25, seed=0) -> Known:
    """Makes ratings. The vectors have three numbers; the genres are the corners of a cube.

    Args:
        each: ratings of a user.
        noise: standard deviation of a rating around what the factors give.
        spread: of the titles of a genre around its middle, where the genres lie on a sphere of radius 1.
    """
    random = np.random.default_rng(seed)
    corners = np.array(list(itertools.product((-1, 1), repeat=3))) / np.sqrt(3)
    of = np.arange(items) % len(corners)
    q = corners[of] + spread * random.normal(size=(items, 3))
    p = 0.8 * random.normal(size=(users, 3))
    exact = 3.2 + 0.3 * random.normal(size=(users, 1)) + 0.3 * random.normal(size=items) + p @ q.T
    rated = np.concatenate([random.permutation(items)[:each] for _ in range(users)])
    by = np.repeat(np.arange(users), each)
    values = exact[by, rated] + noise * random.normal(size=len(by))
    return Known(Ratings(by, rated, values), exact, q, of)


def example() -> str:
    """The text of the example: half stars, clipped to 1 to 5."""
    made = known(users=110, items=72, each=36, noise=0.35, seed=1)
    stars = np.clip(np.round(2 * made.ratings.values) / 2, 1, 5)
    titles = made.titles()
    lines = [
        f"{user + 1},{item + 1},{rating:g},{titles[item]},{GENRES[made.genres[item]]}"
        for user, item, rating in zip(made.ratings.users, made.ratings.items, stars, strict=True)
    ]
    return "\n".join(["user,item,rating,title,genre", *lines]) + "\n"


if __name__ == "__main__":
    EXAMPLE.write_text(example(), encoding="utf-8")
