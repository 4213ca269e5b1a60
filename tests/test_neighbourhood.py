"""True neighbours and how many a map keeps, against brute force over all pairs."""

import numpy as np
import pytest

from explorer.errors import Cancelled, UserError
from explorer.uses import neighbourhood


def by_hand(codes, places, k=10):
    """The mean share of kept neighbours, one point after the other, in the plainest way."""
    shares = []
    for point in range(len(codes)):
        sets = []
        for points in (codes.astype(np.float64), places.astype(np.float64)):
            distances = np.sqrt(((points - points[point]) ** 2).sum(axis=1))
            distances[point] = np.inf
            sets.append(set(np.argsort(distances)[:k].tolist()))
        shares.append(len(sets[0] & sets[1]) / k)
    return shares


@pytest.fixture(scope="module")
def cloud():
    """Codes of 12 numbers, three of which matter, far from 0, and two of these as places."""
    rng = np.random.default_rng(3)
    codes = (rng.normal(size=(700, 12)) * np.array([5, 4, 3, *[0.3] * 9]) + 100).astype(np.float32)
    return codes, codes[:, :2]


def test_the_share_is_that_of_brute_force(cloud):
    codes, places = cloud
    found = neighbourhood.kept(codes, places)
    assert found.share == pytest.approx(np.mean(by_hand(codes, places)), abs=1e-12)
    assert 0.15 < found.share < 0.9
    assert found.shuffled == pytest.approx(10 / 699, abs=0.004)
    shuffled = places[np.random.default_rng(0).permutation(len(places))]
    assert found.shuffled == pytest.approx(np.mean(by_hand(codes, shuffled)), abs=1e-12)


def test_a_map_that_loses_nothing_keeps_all(cloud):
    codes = np.pad(cloud[1], ((0, 0), (0, 6)))
    assert neighbourhood.kept(codes, cloud[1]).share == 1
    assert neighbourhood.kept(cloud[0], cloud[1], k=3).share == pytest.approx(np.mean(by_hand(*cloud, k=3)), abs=1e-12)


def test_a_sample_of_many_points_is_seeded_and_near_the_truth(cloud, monkeypatch):
    everyone = neighbourhood.kept(*cloud)
    monkeypatch.setattr(neighbourhood, "EXACT", 600)
    monkeypatch.setattr(neighbourhood, "SAMPLE", 300)
    monkeypatch.setattr(neighbourhood, "AT_ONCE", 5000)  # several batches
    monkeypatch.setattr(neighbourhood, "BLOCK", 1000)
    some, again, other = (neighbourhood.kept(*cloud, seed=seed) for seed in (0, 0, 1))
    assert some == again != other
    assert some.share == pytest.approx(everyone.share, abs=0.04) and some.share != everyone.share


def test_it_reports_and_can_be_cancelled(cloud, monkeypatch):
    monkeypatch.setattr(neighbourhood, "AT_ONCE", 70_000)
    shares = []
    neighbourhood.kept(*cloud, report=shares.append)
    assert len(shares) == 7 and shares[-1] == 1
    with pytest.raises(Cancelled):
        neighbourhood.kept(*cloud, cancelled=lambda: len(shares) > 6)


def test_too_few_points_are_said():
    with pytest.raises(UserError, match="too few points"):
        neighbourhood.kept(np.zeros((20, 3)), np.zeros((20, 2)))
    assert neighbourhood.kept(np.zeros((21, 3)), np.zeros((21, 2))).share <= 1  # all at one place


@pytest.mark.parametrize("block", [50, 2**16])
def test_the_nearest_codes_are_those_of_brute_force(cloud, monkeypatch, block):
    monkeypatch.setattr(neighbourhood, "CACHED", block)
    codes, counts = cloud[0], np.arange(700) % 3 > 0
    code = codes[:5].mean(axis=0)
    distances = np.sqrt(((codes.astype(np.float64) - code) ** 2).sum(axis=1))
    points, found = neighbourhood.nearest(codes, code)
    np.testing.assert_array_equal(points, np.argsort(distances)[:10])
    np.testing.assert_allclose(found, np.sort(distances)[:10], rtol=1e-5)
    points, _ = neighbourhood.nearest(codes, code, 7, counts)
    np.testing.assert_array_equal(points, [point for point in np.argsort(distances) if counts[point]][:7])
    assert len(neighbourhood.nearest(codes[:4], code)[0]) == 4
    assert len(neighbourhood.nearest(codes, code, counts=np.zeros(700, bool))[0]) == 0


def test_the_sentence():
    assert neighbourhood.in_words(neighbourhood.Kept(0.234, 0.0021)) == (
        "This plane keeps 23 % of the ten nearest neighbours (shuffled: 0.2 %)."
    )
    assert neighbourhood.in_words(None) == "This plane keeps … % of the ten nearest neighbours (shuffled: … %)."
