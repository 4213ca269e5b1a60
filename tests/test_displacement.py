"""What becomes of neighbours from one space to another, against brute force."""

import dataclasses

import numpy as np
import pytest

from explorer.analysis import analyses, displacement
from explorer.analysis.analyses import DISPLACEMENTS, ERRORS, SPLIT
from explorer.analysis.displacement import Displacements, displacements, mean_overlap
from explorer.analysis.probe import SpaceProbe, lasting
from explorer.errors import Cancelled, UserError
from explorer.spaces.folder import folder_of, open_space
from tests.spaces import context_of, make_space


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return make_space(tmp_path_factory.mktemp("travelling") / "first", (4, 4), n=300)


def only(space, points):
    """A space with some of the points, in this order."""
    return dataclasses.replace(space, codes=space.codes[points], labels=space.labels[points], rows=space.rows[points])


def elsewhere(space, seed: int = 1):
    """The same images at random places."""
    return dataclasses.replace(space, codes=np.random.default_rng(seed).normal(size=space.codes.shape).astype("f"))


def compared(first, second) -> Displacements:
    return displacements(first, second, lambda share: None, lambda: False)


def brute_force(first, second) -> tuple[np.ndarray, np.ndarray]:
    """`kept` and `scatter` of the points of the first space, one image after the other."""
    common = sorted(set(first.rows.tolist()) & set(second.rows.tolist()))
    here, there = ([space.rows.tolist().index(row) for row in common] for space in (first, second))
    k = min(10, len(common) - 1)
    apart, nearest = [], []
    for codes in (first.codes[here].astype(float), second.codes[there].astype(float)):
        distances = np.linalg.norm(codes[:, None] - codes[None], axis=2)
        apart.append(distances)
        nearest.append(np.argsort(distances + np.diag(np.full(len(common), np.inf)), axis=1)[:, :k])
    kept, scatter = np.full((2, len(first.rows)), np.nan)
    for number, point in enumerate(here):
        ways = []
        for distances, neighbours in zip(apart, nearest[::-1], strict=True):
            usual = distances[number].sum() / (len(common) - 1)
            ways.append(distances[number, neighbours[number]].mean() / usual)
        kept[point] = len(set(nearest[0][number]) & set(nearest[1][number])) / k
        scatter[point] = np.mean(ways)
    return kept, scatter


def shuffled(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(n)


@pytest.mark.parametrize(
    "of_first, of_second",
    [
        (slice(None), slice(None)),
        (slice(0, 200), slice(100, 300)),
        (shuffled(300, 2)[:150], shuffled(300, 3)[:220]),
        (slice(0, 11), slice(None)),
        (slice(0, 5), slice(None)),
        (slice(0, 2), slice(1, None, -1)),
        (slice(0, 40), slice(37, 300)),
    ],
    ids=["the same", "some of each", "in any order", "eleven", "five", "two", "three in common"],
)
def test_travels_are_what_brute_force_finds(first, monkeypatch, of_first, of_second):
    one, other = only(first, of_first), only(elsewhere(first), of_second)
    kept, scatter = brute_force(one, other)
    assert np.isfinite(kept).sum() >= 2
    for points in (5000, 7):
        monkeypatch.setattr(displacement, "POINTS", points)
        found = compared(one, other)
        assert found.overlap.dtype == found.scatter.dtype == np.float32
        np.testing.assert_allclose(found.overlap, kept, rtol=1e-5)
        np.testing.assert_allclose(found.scatter, scatter, rtol=1e-5)


def test_it_is_the_same_from_the_other_side(first):
    one, other = only(first, shuffled(300, 4)[:200]), only(elsewhere(first), shuffled(300, 5)[:200])
    there, back = compared(one, other), compared(other, one)
    for row in np.intersect1d(one.rows, other.rows):
        point, its = one.index_of(row), other.index_of(row)
        assert there.overlap[point] == back.overlap[its]
        assert there.scatter[point] == pytest.approx(back.scatter[its], rel=1e-6)


def test_a_turned_and_stretched_map_keeps_all_and_a_random_one_scatters(first):
    turned = dataclasses.replace(first, codes=(first.codes[:, ::-1] * [30, -30] + 7).astype(np.float32))
    found = compared(first, turned)
    assert found.overlap.mean() > 0.999 and found.scatter.max() < 0.4
    found = compared(first, elsewhere(first))
    assert found.overlap.mean() < 0.1 and found.scatter.mean() == pytest.approx(1, abs=0.03)


def test_some_images_stand_for_all(first, monkeypatch):
    exact = compared(first, elsewhere(first)).scatter
    monkeypatch.setattr(displacement, "REFERENCES", 150)
    found = compared(first, elsewhere(first)).scatter
    assert (found != exact).any() and np.abs(found / exact - 1).max() < 0.15
    assert (compared(first, elsewhere(first)).scatter == found).all(), "the same images each time"


def test_one_image_among_others_is_the_one_that_travels(first):
    codes = first.codes.copy()
    codes[17] = codes[18]  # whose class is another one, far away
    found = compared(first, dataclasses.replace(first, codes=codes))
    assert found.scatter.argmax() == 17 and found.overlap[17] == 0 and found.overlap.mean() > 0.9


def test_images_at_one_place_are_as_good_as_at_random(first):
    crowded = dataclasses.replace(first, codes=np.ones_like(first.codes))
    assert (compared(crowded, crowded).scatter == 1).all()
    assert np.isfinite(compared(first, crowded).scatter).all()


def test_what_cannot_be_compared_says_why(first, tmp_path):
    with pytest.raises(UserError, match="fewer than two images in common"):
        compared(only(first, slice(0, 10)), only(first, slice(9, 300)))
    with pytest.raises(UserError, match="different images"):
        compared(first, make_space(tmp_path / "other", (4, 4), n=60))


def test_it_can_be_stopped_and_tells_how_far_it_is(first, monkeypatch):
    monkeypatch.setattr(displacement, "POINTS", 100)
    shares = []
    displacements(first, elsewhere(first), shares.append, lambda: False)
    assert shares == pytest.approx([1 / 3, 2 / 3, 1])
    with pytest.raises(Cancelled):
        displacements(first, elsewhere(first), shares.append, lambda: len(shares) == 5)
    assert len(shares) == 5


def test_how_much_is_mean_overlap_some_images(first):
    one, other = only(first, slice(0, 200)), only(elsewhere(first), slice(100, 300))
    found = Displacements(np.where(np.arange(200) < 100, np.nan, np.arange(200) / 200).astype("f"), np.zeros(200, "f"))
    assert mean_overlap(found, one, np.array([50, 120, 140, 250])) == pytest.approx(0.65)
    assert (
        mean_overlap(found, one, np.array([50, 250])) is None and mean_overlap(found, one, np.empty(0, np.intp)) is None
    )
    found = compared(one, other)
    assert mean_overlap(found, one, one.rows) == pytest.approx(np.nanmean(found.overlap))


def test_neighbours_are_those_of_real_spaces_and_their_worst_lie_among_others(space):
    """Of every tenth digit: what travels farthest lies among another class in one of the spaces."""
    some = slice(0, None, 10)
    pca, autoencoder = only(open_space(folder_of("pca")), some), only(space, some)
    found = compared(pca, autoencoder)
    sample = np.random.default_rng(0).choice(len(pca.rows), 20, replace=False)
    apart = [np.linalg.norm(each.codes.astype(float)[sample, None] - each.codes, axis=2) for each in (pca, autoencoder)]
    for number, distances in enumerate(apart):
        distances[np.arange(20), sample] = np.inf
        apart[number] = np.argsort(distances, axis=1)[:, :10]
    kept = [len(set(one) & set(other)) / 10 for one, other in zip(*apart, strict=True)]
    np.testing.assert_allclose(found.overlap[sample], kept, rtol=1e-5)
    farthest = np.argsort(-found.scatter)[:50]
    probes = SpaceProbe(pca, None), SpaceProbe(autoencoder, None)
    strange = np.maximum(
        *(analyses.label_disagreement(each, lambda share: None, lambda: False).share for each in probes)
    )
    assert strange[farthest].mean() > 0.9 > strange.mean() + 0.2


# ---- what a reader knows of it ---------------------------------------------------------------------------------------


def work_out(probe: SpaceProbe) -> Displacements:
    return DISPLACEMENTS.work_out(probe, lambda share: None, lambda: False)


def test_there_is_nothing_to_find_without_another_space(first):
    probe = SpaceProbe(first, None)
    with pytest.raises(UserError, match="no second space is open to compare with"):
        work_out(probe)
    probe.compare_with(elsewhere(first))
    assert (work_out(probe).overlap == compared(first, elsewhere(first)).overlap).all()


def test_what_was_found_is_forgotten_with_another_space_beside(first):
    context, told = context_of(SpaceProbe(first, None), None), []
    probe = context.probe
    hear = lambda context, what: told.append((what, probe.beside, dict(probe.results)))  # noqa: E731
    context.ready.connect(hear)
    probe.failures[DISPLACEMENTS] = probe.failures[ERRORS] = "not to be had"
    one, other = elsewhere(first, 1), elsewhere(first, 2)
    context.compare_with(one)
    assert probe.failures == {ERRORS: "not to be had"}
    probe.results |= {DISPLACEMENTS: "of one", SPLIT: "of this"}
    context.compare_with(other)
    context.compare_with(None)
    this = {SPLIT: "of this"}
    assert told == [("beside", one, {}), ("beside", other, this), ("beside", None, this)]


def test_what_was_found_holds_through_every_chart_of_either_space(tmp_path):
    space = make_space(tmp_path / "space", (4, 4), n=60, prior="normal")
    through, probe = space.in_coordinates("quantiles"), SpaceProbe(elsewhere(space), None)
    probe.compare_with(space)
    probe.results[DISPLACEMENTS] = "found"
    probe.compare_with(through)
    assert probe.beside is through and probe.results[DISPLACEMENTS] == "found"
    assert DISPLACEMENTS.of in lasting(space, through) and DISPLACEMENTS.of not in lasting(space, elsewhere(space))
    probe = SpaceProbe(through, None)
    probe.compare_with(elsewhere(space))
    assert (work_out(probe).scatter == compared(space, elsewhere(space)).scatter).all()
