"""Nearest digits against brute force."""

import numpy as np

from explorer.spaces.point_index import PointIndex


def brute_force(places, place, shown):
    distances = np.linalg.norm(places.astype(np.float64) - place, axis=1)
    distances[~shown] = np.inf
    return int(np.argmin(distances)), distances.min()


def test_nearest_equals_brute_force_under_any_filter(space):
    rng = np.random.default_rng(3)
    places = space.places
    for hidden in ([], [7], [0, 1, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]):
        shown = ~np.isin(space.labels, hidden)
        nearest = PointIndex(places, shown)
        for place in rng.uniform(places.min(0), places.max(0), (50, 2)):
            index, distance = nearest.nearest(place)
            assert np.isclose(distance, brute_force(places, place, shown)[1], rtol=1e-5)
            assert shown[index] and np.isclose(np.linalg.norm(places[index] - place), distance, rtol=1e-5)


def test_nothing_shown_has_no_nearest():
    nearest = PointIndex(np.zeros((3, 2), np.float32), np.zeros(3, bool))
    assert nearest.nearest((0.0, 0.0)) is None and nearest.usual_distance() == 0


def test_usual_distance_is_the_percentile_of_the_points_own():
    rng = np.random.default_rng(4)
    places = rng.normal(size=(400, 2))
    distances = np.linalg.norm(places[:, None] - places[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert np.isclose(PointIndex(places).usual_distance(), np.quantile(distances.min(1), 0.99, method="lower"))
    assert PointIndex(places[:1]).usual_distance() == 0
