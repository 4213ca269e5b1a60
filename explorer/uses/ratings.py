"""Ratings: users and titles as points of one space, and what somebody would like who likes some titles.

Koren, Bell, Volinsky: Matrix Factorization Techniques for Recommender Systems. IEEE Computer 42 (8), 2009. A rating is
the mean, plus a number for the user, plus one for the title, plus the scalar product of both vectors. The numbers are
found by alternating least squares: with the titles held, each user is a ridge regression, and the other way round.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.analysis import metrics
from explorer.spaces.latent_space import LatentSpace

CARD = "ratings"  # the entry of a card: the lowest and the highest rating, and the errors on held-out ones
TITLE, USUAL = "title", "usual rating"  # columns of a space of titles
SIZES = (16, 8, 4)  # numbers of a vector, to choose from
Shape = tuple[int, int]
ROUNDS = 12  # of the alternation; the test error hardly changes afterwards
RIDGES = (2.0, 5.0, 12.0)  # to choose from: for ratings that follow the factors closely, or hardly


@dataclass(frozen=True)
class Ratings:
    """Who rated what.

    Attributes:
        users, items: (n,) indices from 0.
        values: (n,) float64.
    """

    users: np.ndarray
    items: np.ndarray
    values: np.ndarray

    def some(self, chosen: np.ndarray) -> Ratings:
        """Those that are chosen, (n,) bool."""
        return Ratings(self.users[chosen], self.items[chosen], self.values[chosen])


@dataclass(frozen=True)
class Factors:
    """What ratings were taken apart into.

    Users and titles have their mean at 0 and the same variance along each axis; the axes go from the largest to the
    smallest.

    Attributes:
        user_levels: (users,) float64, what each user gives the usual title.
        item_levels: (items,) float64, how much better than usual each title is rated.
        users, items: (users, d) and (items, d) float64.
    """

    user_levels: np.ndarray
    item_levels: np.ndarray
    users: np.ndarray
    items: np.ndarray

    @property
    def usual(self) -> np.ndarray:
        """What the usual user gives each title, (items,) float64."""
        return np.asarray(self.item_levels + self.user_levels.mean())

    def predicted(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """The ratings of users for titles, both (n,) indices, (n,) float64."""
        product = np.einsum("nd,nd->n", self.users[users], self.items[items])
        return np.asarray(self.user_levels[users] + self.item_levels[items] + product)

    def rmse(self, ratings: Ratings) -> float:
        """The root of the mean squared error of the predicted ratings."""
        errors = self.predicted(ratings.users, ratings.items) - ratings.values
        return float(np.sqrt(np.mean(np.square(errors))))


def factorised(ratings: Ratings, shape: Shape, dimensions: int, ridge: float = RIDGES[0], seed: int = 0) -> Factors:
    """Takes ratings apart. Users and titles without a rating are the usual ones.

    Args:
        shape: how many users and items there are.
        dimensions: of the vectors; with 0, only the numbers of users and titles are found.
        ridge: how much squared weights count, where the ratings have a standard deviation of 1.
        seed: of the titles' first vectors.
    """
    from scipy.sparse import csr_array

    mean, spread = ratings.values.mean(), ratings.values.std() or 1.0
    at = ratings.users, ratings.items
    rated = csr_array((np.ones(len(ratings.values)), at), shape)
    values = csr_array(((ratings.values - mean) / spread, at), shape)
    of_items = np.random.default_rng(seed).normal(scale=0.1, size=(shape[1], 1 + dimensions))  # a number, then a vector
    of_items[:, 0] = 0
    by_item = rated.T.tocsr(), values.T.tocsr()
    for _ in range(ROUNDS):
        of_users = _regressed(rated, values, of_items, ridge)
        of_items = _regressed(*by_item, of_users, ridge)
    return _balanced(mean, spread, of_users, of_items)


def _regressed(rated: Any, values: Any, held: np.ndarray, ridge: float) -> np.ndarray:
    """The weights of one side, (rows, 1 + d), while those of the other are held: a ridge regression for each row.

    Args:
        rated: (rows, columns) sparse, how often each was rated.
        values: (rows, columns) sparse, the sums of the standardised ratings.
        held: (columns, 1 + d), the weights of the other side.
    """
    x = held.copy()
    x[:, 0] = 1
    products = (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    left = (rated @ products).reshape(-1, x.shape[1], x.shape[1]) + ridge * np.eye(x.shape[1])
    right = values @ x - rated @ (x * held[:, :1])
    return np.asarray(np.linalg.solve(left, right[:, :, None])[:, :, 0])


def _balanced(mean: float, spread: float, users: np.ndarray, items: np.ndarray) -> Factors:
    """The same predictions, with both sides centred, on common axes and equally wide."""
    p, q = users[:, 1:], items[:, 1:]
    p0, q0 = p.mean(axis=0), q.mean(axis=0)
    (left, r_left), (right, r_right) = (np.linalg.qr(each) for each in (p - p0, q - q0))
    turn, sizes, turn_back = np.linalg.svd(r_left @ r_right.T, full_matrices=False)
    each, scale = np.sqrt(sizes * spread), (len(users) / len(items)) ** 0.25
    return Factors(
        mean + spread * (users[:, 0] + p @ q0),
        spread * (items[:, 0] + (q - q0) @ p0),
        left @ turn * each * scale,
        right @ turn_back.T * each / scale,
    )


@dataclass(frozen=True)
class HeldOut:
    """Errors of predicted ratings that were held out, as root mean squares.

    Attributes:
        dimensions, ridge: the best ones on other held-out ratings.
        rmse: of the factors.
        means: of the numbers of users and titles alone.
    """

    dimensions: int
    ridge: float
    rmse: float
    means: float


def held_out(ratings: Ratings, shape: Shape, seed: int = 0) -> HeldOut:
    """Chooses dimensions and ridge on a tenth of the ratings, and tests on another tenth."""
    part = np.random.default_rng(seed).permutation(len(ratings.values)) % 10
    train, choosing, testing = ratings.some(part > 1), ratings.some(part == 1), ratings.some(part == 0)

    def best(*sizes: int) -> tuple[tuple[int, float], float]:
        """The best dimensions and ridge, and the error on what is tested."""
        fits = {each: factorised(train, shape, *each, seed) for each in itertools.product(sizes, RIDGES)}
        chosen = min(fits, key=lambda each: fits[each].rmse(choosing))
        return chosen, fits[chosen].rmse(testing)

    (chosen, rmse), (_, means) = best(*(min(size, min(shape) - 1) for size in SIZES)), best(0)
    return HeldOut(*chosen, rmse, means)


def are_in(space: LatentSpace) -> bool:
    """Whether the points of a space are titles that were rated."""
    told, usual = space.card.get(CARD), space.columns.get(USUAL)
    told = [metrics.metric_of(told, name) for name in ("lowest", "highest", "rmse")]
    return None not in told and TITLE in space.columns and usual is not None and usual.dtype.kind == "f"


def taste(codes: np.ndarray, usual: np.ndarray, liked: np.ndarray, highest: float, error: float) -> np.ndarray:
    """The vector, (d,) float64, of somebody who gives some titles the highest rating.

    A ridge regression: the variances of the titles, which are those of the users, stand for what is usual.

    Args:
        codes: (items, d), of the titles, as `Factors.items`.
        usual: (items,), what the usual user gives each.
        liked: (m,) indices of titles.
        highest: the highest rating.
        error: of a predicted rating, as a root mean square.
    """
    x, targets = np.asarray(codes[liked], np.float64), highest - usual[liked]
    variances = codes.var(axis=0, dtype=np.float64)
    weights = np.linalg.solve(x * variances @ x.T + max(error, 1e-6) ** 2 * np.eye(len(x)), targets)
    return np.asarray(variances * (weights @ x))
