"""Ratings with known factors: they are found again, the map's neighbours are the true ones, and "you" moves; files."""

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from explorer.errors import UserError
from explorer.own_models import ratings as files
from explorer.own_models.building import build
from explorer.spaces import in_memory
from explorer.uses import ratings
from explorer.window.base.widgets import box_on_screen
from explorer.window.inspector.panels.ratings import LISTED, YOU, RatingsPanel
from tests.ratings import EXAMPLE, GENRES, example, known
from tests.screen import settle
from tests.spaces import context_of

NOISE = 0.25


@pytest.fixture(scope="module")
def made():
    return known(noise=NOISE)


@pytest.fixture(scope="module")
def factors(made):
    return ratings.factorised(made.ratings, made.exact.shape, dimensions=4)


def nearest(codes: np.ndarray, count: int) -> np.ndarray:
    """The nearest others of each code, (n, count)."""
    distances = np.square(codes[:, None] - codes).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1)[:, :count]


# ---- factors ---------------------------------------------------------------------------------------


def test_the_known_factors_are_found(made, factors):
    users, items = made.exact.shape
    every = np.meshgrid(np.arange(users), np.arange(items), indexing="ij")
    predicted = factors.predicted(*(each.ravel() for each in every)).reshape(users, items)
    assert np.sqrt(np.square(predicted - made.exact).mean()) < NOISE  # of ratings that nobody gave, too
    centred = made.items - made.items.mean(axis=0)
    assert np.rad2deg(subspace_angles(factors.items[:, :3], centred)).max() < 12
    spread = factors.items.std(axis=0)
    assert spread[2] > 2 * spread[3]  # three numbers are enough
    np.testing.assert_allclose(factors.usual, made.exact.mean(axis=0), atol=2 * NOISE)


def test_held_out_ratings_are_predicted_nearly_to_their_noise(made):
    held_out = ratings.held_out(made.ratings, made.exact.shape)
    assert NOISE < held_out.rmse < 1.4 * NOISE and held_out.means > 3 * NOISE
    assert held_out == ratings.held_out(made.ratings, made.exact.shape)
    hopeless = known(noise=3.0)
    loose = ratings.held_out(hopeless.ratings, hopeless.exact.shape)
    assert loose.ridge > held_out.ridge and loose.rmse == pytest.approx(loose.means, rel=0.1)


def test_neighbours_of_the_codes_are_the_true_ones(made, factors):
    true, found = nearest(made.items, 5), nearest(factors.items, 5)
    shared = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(true, found, strict=True)])
    shuffled = nearest(np.random.default_rng(0).permutation(factors.items), 5)
    by_chance = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(true, shuffled, strict=True)])
    assert shared > 0.6
    assert by_chance < 0.2
    assert (made.genres[found] == made.genres[:, None]).mean() > 0.9 * (
        made.genres[true] == made.genres[:, None]
    ).mean()


def test_users_and_titles_are_centred_and_equally_wide_along_common_axes(factors):
    covariances = [each.T @ each / len(each) for each in (factors.users, factors.items)]
    np.testing.assert_allclose(covariances[0], covariances[1], atol=1e-9)
    np.testing.assert_allclose(covariances[0], np.diag(np.diag(covariances[0])), atol=1e-9)
    assert (np.diff(np.diag(covariances[0])) <= 1e-9).all()
    for each in (factors.users, factors.items):
        np.testing.assert_allclose(each.mean(axis=0), 0, atol=1e-9)


def test_centring_and_turning_change_no_prediction():
    random = np.random.default_rng(0)
    users, items = random.normal(size=(9, 4)), random.normal(size=(7, 4))
    balanced = ratings._balanced(3.0, 0.5, users, items)
    at = np.repeat(np.arange(9), 7), np.tile(np.arange(7), 9)
    wanted = 3.0 + 0.5 * (users[:, :1] + items[:, 0] + users[:, 1:] @ items[:, 1:].T)
    np.testing.assert_allclose(balanced.predicted(*at).reshape(9, 7), wanted, atol=1e-12)


def test_each_step_is_a_ridge_regression_for_each_row():
    from scipy.sparse import csr_array

    random, ridge = np.random.default_rng(0), 0.7
    rows, columns = np.array([0, 0, 0, 2, 2, 2]), np.array([0, 1, 3, 2, 2, 4])  # row 1 has none, and one comes twice
    values, held = random.normal(size=6), random.normal(size=(5, 3))
    rated, summed = (csr_array((each, (rows, columns)), (3, 5)) for each in (np.ones(6), values))
    weights = ratings._regressed(rated, summed, held, ridge)
    assert (weights[1] == 0).all()
    for row in (0, 2):
        mine = rows == row
        x = np.column_stack([np.ones(mine.sum()), held[columns[mine], 1:]])
        y = values[mine] - held[columns[mine], 0]
        penalised = np.vstack([x, np.sqrt(ridge) * np.eye(3)])  # the same as a ridge, by rows of zeros
        wanted = np.linalg.lstsq(penalised, np.append(y, np.zeros(3)))[0]
        np.testing.assert_allclose(weights[row], wanted, atol=1e-10)


def test_the_taste_is_the_likeliest_one_for_the_liked_titles(factors):
    liked, error = np.array([3, 20, 41]), 0.4
    found = ratings.taste(factors.items, factors.usual, liked, 5.0, error)
    x, y = factors.items[liked], 5.0 - factors.usual[liked]
    wanted = np.linalg.solve(x.T @ x + error**2 * np.diag(1 / factors.items.var(axis=0)), x.T @ y)
    np.testing.assert_allclose(found, wanted, atol=1e-9)
    assert (ratings.taste(factors.items, factors.usual, liked[:0], 5.0, error) == 0).all()


def test_who_likes_a_genre_is_offered_the_rest_of_it(made, factors):
    shares = []
    for genre in range(len(GENRES)):
        liked = np.flatnonzero(made.genres == genre)[:3]
        code = ratings.taste(factors.items, factors.usual, liked, 5.0, 0.3)
        predicted = factors.usual + factors.items @ code
        best = [item for item in np.argsort(-predicted) if item not in liked][:9]
        shares.append((made.genres[best] == genre).mean())
    assert np.mean(shares) > 0.5 and min(shares) > 9 / 93, shares  # the second is chance


# ---- files -----------------------------------------------------------------------------------------


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


ROWS = [(user, item, (user * item) % 5 + 1) for user in range(1, 7) for item in range(10, 16)]


def table(head: str, form: str) -> str:
    return "\n".join([head, *(form.format(*row) for row in ROWS)]) + "\n"


@pytest.mark.parametrize(
    "head, form",
    [
        ("user,item,rating,title", "{0},{1},{2},Film {1}"),
        ("Title;RATING;User_ID;Item ID", "Film {1};{2};{0};{1}"),
        ("rating\titem\tname\tuser\tnote", "{2}\t{1}\tFilm {1}\t{0}\tx"),
    ],
)
def test_columns_are_found_by_name_in_any_order(tmp_path, head, form):
    found = files.read(written(tmp_path / "ratings.csv", table(head, form)))
    assert found["columns"]["title"].tolist() == [f"Film {item}" for item in range(10, 16)]
    assert found["columns"]["ratings"].tolist() == [6] * 6
    assert found["codes"].shape in {(6, 4), (6, 5)} and found["labels"] is None
    card = found["card"]["ratings"]
    assert (card["lowest"], card["highest"]) == (1, 5)


def test_movielens_has_titles_and_genres_in_a_second_table(tmp_path):
    path = written(tmp_path / "ratings.csv", table("userId,movieId,rating,timestamp", "{0},{1},{2}.5,964982703"))
    bare = files.read(path)
    assert bare["columns"]["title"].tolist() == [str(item) for item in range(10, 16)]
    movies = [
        f'{item},"Film, {item} (1995)",{"Comedy|Drama" if item % 2 else "Horror"}' for item in (15, 13, 12, 11, 10, 99)
    ]
    titles = written(tmp_path / "movies.csv", "\n".join(["movieId,title,genres", *movies]))
    found = files.read(path, titles)
    assert found["columns"]["title"].tolist() == [
        *(f"Film, {item} (1995)" for item in (10, 11, 12, 13)),
        "14",
        "Film, 15 (1995)",
    ]
    assert found["labels"] == ["Horror", "Comedy", "Horror", "Comedy", "unknown", "Comedy"]
    np.testing.assert_array_equal(found["codes"], bare["codes"])


@pytest.mark.parametrize(
    "text, words",
    [
        ("", ("is no table", "it is empty")),
        ("user,item,rating\n", ("it has no rows",)),
        ("user,item,stern\n1,2,3\n", ("no column 'rating'", "user, item, stern", "give a .csv with columns user")),
        ("1,2,3\n4,5,6\n", ("no column 'user'",)),
        ("user,item,rating\n1,2,3\n1,3,good\n", ("row 2", "no rating, but 'good'", "correct it")),
        ("user,item,rating\n1,2,3\n1,3,\n", ("row 2", "correct it")),
        ("user,item,rating\n1,2,1e30\n", ("row 1", "correct it")),
        ("user,item,rating\n1,2,inf\n", ("row 1", "correct it")),
        ("user,item,rating\n1,2,3\n,3,4\n", ("row 2", "no user, but ''")),
        ("user,item,rating\n1,,3\na,3,4\n", ("row 1", "item")),
        ("user,item,rating\n1,2,3\n1,2\n", ("row 2 has 2 values, not 3",)),
        ("user,item,rating\n1,2,3\n2,3,4\n", ("2 items and 2 users", "3 at least")),
        ("user,item,rating\n\x00\x00", ("is no table",)),
    ],
)
def test_what_is_no_table_of_ratings_is_one_line(tmp_path, text, words):
    with pytest.raises(UserError) as error:
        files.read(written(tmp_path / "ratings.csv", text))
    for word in ("ratings.csv", *words):
        assert word in str(error.value), error.value


def test_ratings_that_are_all_the_same_tell_nothing_but_are_no_error(tmp_path):
    path = written(tmp_path / "ratings.csv", table("user,item,rating", "{0},{1},4"))
    found = files.read(path)
    assert np.isfinite(found["codes"]).all() and found["columns"]["usual rating"].tolist() == [4.0] * 6


def test_a_few_ratings_are_enough(tmp_path):
    found = files.read(written(tmp_path / "ratings.csv", "user,item,rating\na,x,1\nb,y,2\nc,z,3\n"))
    assert np.isfinite(found["codes"]).all() and found["codes"].shape == (3, 2)
    assert all(np.isfinite(value) for value in found["card"]["ratings"].values())


def test_titles_of_other_items_are_refused(tmp_path):
    path = written(tmp_path / "ratings.csv", table("user,item,rating", "{0},{1},{2}"))
    with pytest.raises(UserError, match="none of the items"):
        files.read(path, written(tmp_path / "titles.csv", "item,title\n1,One\n2,Two\n"))
    with pytest.raises(UserError, match="no column 'title'"):
        files.read(path, written(tmp_path / "titles.csv", "item,label\n1,One\n2,Two\n"))


def test_the_example_is_synthetic_small_and_as_its_generator_makes_it():
    assert EXAMPLE.read_text(encoding="utf-8") == example() and EXAMPLE.stat().st_size <= 150_000


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("--ratings", "none.csv"), ("none.csv", "missing")),
        (("--ratings", "tests"), ("a folder",)),
        (("--ratings", "example", "--space", "vae"), ("cannot both",)),
        (("--titles", "movies.csv"), ("--titles goes with --ratings",)),
    ],
)
def test_wrong_arguments_are_one_line(call, tmp_path, arguments, words):
    result = call("ae_precomp.py", *arguments, "--snapshot", tmp_path / "map.png")
    assert result.returncode == 2 and result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr, result.stderr


# ---- the window ------------------------------------------------------------------------------------


@pytest.fixture
def space():
    brought = files.read(EXAMPLE)
    card = brought.pop("card")
    held, _ = build(**brought)
    held.space.card.update(card)
    yield held.space
    in_memory.drop(held.space.folder)


def test_pinned_titles_move_you_and_fill_the_list(screen, root, space):
    from explorer.analysis.probe import SpaceProbe
    from explorer.window.base.workers import Workers
    from tests.test_panels import Marked, Written

    assert RatingsPanel.suits(space)
    root.geometry("420x400+40+30")
    context = context_of(SpaceProbe(space, None), Workers(root))
    context.marks, context.trace = Marked(), Written()
    panel = RatingsPanel(root, context)
    panel.pack(fill="both", expand=True)
    settle(root)
    shared, told = context.shared, lambda: context.trace.events[-1][1]
    assert not context.marks.groups[YOU] and "Pin titles" in panel._liked.cget("text")
    assert told()["listed"] == np.argsort(-space.columns["usual rating"], kind="stable")[:LISTED].tolist()
    before = None
    for _ in range(2):  # a click likes a title, and the list changes below the mouse
        (x, y, width, height), (left, top, *_) = (
            panel.canvas.bbox(panel.canvas.get_children()[2]),
            box_on_screen(panel.canvas),
        )
        wanted = told()["listed"][2]
        screen.move(left + x + width // 2, top + y + height // 2)
        settle(root)
        (mark,) = context.marks.groups["title pointed at"]
        assert mark.place == tuple(space.places[wanted].tolist())
        screen.press()
        screen.release()
        settle(root)
        assert shared.pins[-1] == space.rows[wanted] and wanted in told()["liked"]
        (you,) = context.marks.groups[YOU]
        assert you.text == "you" and you.place != before
        before = you.place
        code = ratings.taste(
            space.codes, space.columns["usual rating"], np.array(told()["liked"]), 5.0, space.card["ratings"]["rmse"]
        )
        predicted = space.columns["usual rating"] + space.codes @ code
        order = [point for point in np.argsort(-predicted, kind="stable").tolist() if point not in told()["liked"]]
        assert told()["listed"] == order[:LISTED]
        titles = [panel.canvas.set(name, "title") for name in panel.canvas.get_children()]
        assert titles == space.columns["title"][order[:LISTED]].tolist()
    panel.canvas.focus_force()
    settle(root)
    screen.key("Down")
    screen.key("Down")
    settle(root)
    chosen = int(panel.canvas.selection()[0])
    screen.key("Return")
    settle(root)
    assert shared.pins[-1] == space.rows[chosen] and len(shared.pins) == 3
    panel.attend(False)
    assert not context.marks.groups["title pointed at"] and context.marks.groups[YOU]
    shared.unpin_all()
    settle(root)
    assert not context.marks.groups[YOU]


def test_ratings_in_the_real_window(start):
    program = start("ae_precomp.py", "--ratings", "example", "--size", "1280x900", tensorflow=False)
    x, y, width, height = program.wait_for("window")["map"]
    program.settle()
    assert program.events("taste")[-1]["liked"] == []
    program.screen.click(x + width // 2, y + height // 3)
    program.settle()
    (liked,) = program.events("taste")[-1]["liked"]
    taste = program.events("taste")[-1]
    left, top, wide, high = program.layout()["tabs"]
    program.screen.click(left + wide // 2, top + 7 * high // 10)  # in the list
    program.settle()
    now = program.events("taste")[-1]
    before, also = now["liked"]
    assert before == liked and also in taste["listed"] and now["z"] != taste["z"] and len(now["listed"]) == LISTED
