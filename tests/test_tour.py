"""The guided tour: its places on real maps and on others, its figures against the cards, and its card in the window."""

import json
import re
from tkinter import ttk

import numpy as np
import pytest

from explorer.analysis.metrics import METRICS, in_words
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing.themes import THEMES
from explorer.files.writing import write_arrays
from explorer.session import tour
from explorer.session.state import SharedState, opening_place
from explorer.session.tour import PLAIN, STOPS, Gain, Stop, gained
from explorer.session.uses_tour import EVERY, USES
from explorer.spaces import view
from explorer.spaces.card import CARD, CODES, write_card
from explorer.spaces.folder import WEIGHTS, open_space, sums
from explorer.spaces.point_index import PointIndex
from explorer.training.models import KINDS
from explorer.window.base import style
from explorer.window.base.keys import KEYS
from explorer.window.inspector.tabs.space import SpaceTab
from explorer.window.tour.card import HEADINGS, TourCard
from tests.conftest import ROOT
from tests.spaces import make_space

BY_SPACE = {stop.space: stop for stop in STOPS}
EVERYWHERE = ("transformer", "vae", "gan")  # whose places take no classes
WIDTHS = (480, 845, 1690)


@pytest.fixture(scope="module")
def shipped():
    """Every space of the tour and where it looks: the space, the place, and what finds images there."""
    found = {}
    for stop in STOPS:
        space = open_space(WEIGHTS / stop.space)
        found[stop.space] = space, stop.place(space), PointIndex(space.codes)
    return found


@pytest.fixture(scope="module")
def metrics():
    """The metrics of the shipped cards, read as plain JSON."""
    return {name: json.loads((WEIGHTS / name / CARD).read_text())["metrics"] for name in KINDS}


# ---- what is said ----------------------------------------------------------------------------------


def test_every_stop_has_a_space_a_picture_and_a_text():
    assert [stop.space for stop in STOPS] == [name for name in KINDS if name != PLAIN]
    for stop in EVERY:
        for text in (stop.text, stop.look, stop.task):
            assert text[0].isupper() and text.endswith(".") and "  " not in text
        assert len(re.findall(r"\.(?= |$)", stop.text)) in (2, 3), stop.text
        assert stop.look.count(".") == stop.task.count(".") == 1
        assert (ROOT / "docs" / "spaces" / f"{stop.space}.png").exists()
        assert re.fullmatch(r"\d{4}(, \d{4})?", stop.year) or stop in USES


@pytest.mark.parametrize("stop", STOPS, ids=BY_SPACE)
def test_what_is_to_be_tried_takes_keys_that_exist(stop):
    known = {word for key in KEYS for word in re.findall(r"\w+", key.shown)}
    words = re.findall(r"\w+", stop.task)
    named = {word for word in words if word in ("Shift", "arrows", "click", "PgUp", "PgDn", "Esc")}
    named |= {word for word in words if re.fullmatch("[b-z]", word)} | set(re.findall(r"[Pp]ress (\w+)", stop.task))
    assert named and named <= known
    for tab in re.findall(r"tab (\w+)", stop.task):
        assert tab == SpaceTab.title


# ---- where one looks -------------------------------------------------------------------------------


def test_places_lie_within_the_view(shipped):
    for name, (space, place, _) in shipped.items():
        assert view.inside(np.array([place]), view.home(space))[0], name
        assert all(type(number) is float for number in place)


# Which classes the 50 nearest images have, and which share of them it must be at least.
CROWDS = {
    "pca": ({"4", "7", "9"}, 0.9),
    "lda": ({"1"}, 0.9),
    "autoencoder": ({"4", "9"}, 0.98),
    "denoising": ({"2"}, 0.9),
    "convolutional": ({"4", "9"}, 0.9),
    "classifier": ({"6"}, 1.0),
}


@pytest.mark.parametrize("name", CROWDS)
def test_the_digits_that_are_spoken_of_are_there(shipped, name):
    space, place, images = shipped[name]
    digits = [space.class_names[label] for label in space.labels[images.closest(place, 50)[0]]]
    expected, share = CROWDS[name]
    assert set(digits) >= expected
    assert sum(digit in expected for digit in digits) >= share * len(digits)
    for digit in re.findall(r"\b(\d)s?\b", BY_SPACE[name].look):
        assert digit in expected


def test_the_water_between_islands_is_less_crowded_than_they_are(shipped):
    space, place, images = shipped["autoencoder"]
    reach = lambda where: images.closest(where, 50)[1][-1]  # noqa: E731
    for digit in (3, 8):
        assert reach(place) > 1.5 * reach(np.median(space.codes[space.labels == digit], axis=0))


def test_both_priors_are_seen_in_their_middle_and_the_gan_is_sharper(shipped):
    grey = {}
    for name in ("vae", "gan"):
        space, place, images = shipped[name]
        assert place == (0.0, 0.0) and images.nearest(place)[1] < images.usual_distance()
        assert len(set(space.labels[images.closest(place, 50)[0]])) > 2, "classes meet"
        pixels = GridDecoder(grid.load(space))(np.array([place], np.float32))[0]
        grey[name] = np.mean((pixels > 0.15) & (pixels < 0.85)) / np.mean(pixels > 0.15)
    assert grey["gan"] < 0.7 * grey["vae"]


def test_the_transformer_is_seen_where_no_image_is(shipped):
    space, place, images = shipped["transformer"]
    distance = images.nearest(place)[1]
    assert distance > 10 * images.usual_distance()
    a0, a1, b0, b1 = view.home(space)
    anywhere = np.random.default_rng(0).uniform((a0, b0), (a1, b1), (300, 2))
    assert distance > 0.9 * max(images.nearest(tuple(other))[1] for other in anywhere)


def test_a_ray_of_the_classifier_is_seen_far_out_where_slants_are_forgotten(shipped):
    space, place, _ = shipped["classifier"]
    sixes = space.codes[space.labels == 6]
    middles = np.mean([np.median(space.codes[space.labels == digit], axis=0) for digit in range(10)], axis=0)
    assert np.mean(np.linalg.norm(sixes - middles, axis=1) < np.linalg.norm(place - middles)) == pytest.approx(
        0.9, abs=0.01
    )
    spread = {}
    for name in ("classifier", "convolutional"):
        space = shipped[name][0]
        pictures = GridDecoder(grid.load(space))(space.codes[space.labels == 6][:500])
        spread[name] = pictures.var(axis=0).mean()
    assert spread["classifier"] < spread["convolutional"] / 2


@pytest.mark.parametrize("stop", STOPS, ids=BY_SPACE)
def test_places_go_along_with_a_map_of_other_size(stop, tmp_path):
    once, twice = (stop.place(make_space(tmp_path / f"{scale}", (4, 4), scale=scale)) for scale in (1, 2))
    assert twice == pytest.approx([2 * number for number in once], rel=1e-4)
    assert once != (0.0, 0.0)


@pytest.mark.parametrize("classes", [(), ("cat", "dog"), tuple("0123456789")], ids=["none", "others", "no points"])
def test_without_the_classes_there_still_is_a_place(tmp_path, classes):
    """Of ten classes, only the 0 and the 5 have points in the last case."""
    space = make_space(tmp_path / "a", (4, 4), classes, n=60)
    if len(classes) == 10:
        kept = space.labels % 5 == 0
        arrays = {"codes": space.codes[kept], "labels": space.labels[kept], "rows": space.rows[kept]}
        write_arrays(space.folder / CODES, **arrays)
        write_card(space.folder, space.card | {"files": sums(space.folder)})
        space = open_space(space.folder)
    for stop in STOPS:
        place = stop.place(space)
        assert view.inside(np.array([place]), view.home(space))[0]
        assert place == opening_place(space) or stop.space in EVERYWHERE
    assert STOPS[4].place(space) == opening_place(space), "without a prior, too"


def test_places_are_those_of_the_plain_chart_whatever_is_shown(tmp_path):
    space = make_space(tmp_path / "a", (4, 4), prior="normal")
    for stop in STOPS:
        assert stop.place(space.in_coordinates("quantiles")) == stop.place(space)
    assert BY_SPACE["vae"].place(space) == (0.0, 0.0)


def test_one_image_is_enough(tmp_path):
    space = make_space(tmp_path / "a", (4, 4), ("2",), n=1, images=100)
    for stop in STOPS:
        assert np.isfinite(stop.place(space)).all()
    assert BY_SPACE["denoising"].place(space) == tuple(space.codes[0].tolist())


# ---- what was gained -------------------------------------------------------------------------------


def percent(name, metrics, metric="knn_10"):
    return f"{100 * metrics[name][metric]:.1f} %"


def test_gains_are_those_of_the_cards(metrics):
    cards = tour.cards_beside()
    says = {stop.space: gained(stop, cards) for stop in STOPS}
    mse = {name: f"{metrics[name]['mse']:.4f}" for name in metrics}
    knn = {name: percent(name, metrics) for name in metrics}
    trusted = {name: f"{metrics[name]['trustworthiness_12']:.3f}" for name in metrics}
    weights = {name: f"{metrics[name]['parameters']:,}" for name in metrics}
    assert says["pca"] == f"MSE {mse['pca']}, 10-NN {knn['pca']}; the baseline"
    assert says["lda"] == (
        f"10-NN {knn['pca']} → {knn['lda']}, at the price of MSE {mse['pca']} → {mse['lda']} (PCA → LDA)"
    )
    assert says["autoencoder"] == (
        f"MSE {mse['lda']} → {mse['autoencoder']}, 10-NN {knn['lda']} → {knn['autoencoder']} (LDA → Autoencoder); "
        f"10-NN {knn[PLAIN]} → {knn['autoencoder']} (Plain autoencoder → Autoencoder)"
    )
    noisy, clean = (metrics["denoising"][name] for name in ("noisy_psnr_db", "denoised_psnr_db"))
    assert says["denoising"] == (
        f"Denoised PSNR {noisy:.1f} dB → {clean:.1f} dB (noisy → denoised); "
        f"at the price of MSE {mse[PLAIN]} → {mse['denoising']} (Plain autoencoder → Denoising)"
    )
    assert says["vae"].startswith(f"ELBO −{-metrics['vae']['elbo']:.1f} nats; 10-NN {knn['denoising']} → {knn['vae']}")
    assert says["gan"] == (
        f"Classifier's confidence {metrics['gan']['confidence']:.2f}; "
        f"at the price of MSE {mse['vae']} → {mse['gan']} (VAE → GAN)"
    )
    assert says["convolutional"].startswith(f"10-NN {knn[PLAIN]} → {knn['convolutional']}, at the price of MSE ")
    assert says["transformer"].startswith(f"Parameters {weights[PLAIN]} → {weights['transformer']}, 10-NN ")
    assert says["transformer"].endswith(
        f"at the price of MSE {mse[PLAIN]} → {mse['transformer']} (Plain autoencoder → Transformer)"
    )
    assert f"trustworthiness {trusted['convolutional']} → {trusted['classifier']}" in says["classifier"]


def stop_of(*gains, remark=""):
    return Stop("vae", "VAE", "2014", "", "", opening_place, "", gains, remark)


def test_a_gain_comes_first_and_what_is_worse_is_its_price():
    cards = {"vae": {"metrics": {"mse": 0.03, "knn_10": 0.5}}, "lda": {"metrics": {"mse": 0.02, "knn_10": 0.4}}}
    stop = stop_of(Gain("mse", "lda"), Gain("knn_10", "lda"))
    assert gained(stop, cards) == "10-NN 40.0 % → 50.0 %, at the price of MSE 0.0200 → 0.0300 (LDA → VAE)"
    cards["vae"]["metrics"]["mse"] = 0.01
    assert gained(stop, cards) == "MSE 0.0200 → 0.0100, 10-NN 40.0 % → 50.0 % (LDA → VAE)"
    cards["vae"]["metrics"] = {"mse": 0.03, "knn_10": 0.3}
    assert gained(stop, cards).startswith("Nothing, for MSE 0.0200 → 0.0300, 10-NN 40.0 % → 30.0 % is worse")


@pytest.mark.parametrize("odd", [None, "0.03", float("nan"), float("inf"), True, [0.03], {}])
def test_figures_that_are_none_are_not_spoken_of(odd):
    stop = stop_of(Gain("mse", "lda"), Gain("knn_10"), remark="so far")
    good = {"metrics": {"mse": 0.02, "knn_10": 0.4}}
    alone = "10-NN 40.0 %; so far"
    assert gained(stop, {"vae": good, "lda": {"metrics": {"mse": odd}}}) == alone
    assert gained(stop, {"vae": {"metrics": {"mse": odd, "knn_10": 0.4}}, "lda": good}) == alone
    assert gained(stop, {"vae": good, "lda": {"metrics": odd}}) == alone
    assert gained(stop, {"vae": {"metrics": odd}, "lda": good}) == ""
    assert gained(stop, {"vae": {}}) == gained(stop, {}) == ""


def test_what_is_compared_exists():
    for stop in STOPS:
        for gain in stop.gains:
            assert gain.metric in METRICS and (gain.over is None or gain.over in KINDS)
        assert gained(stop, tour.cards_beside())
        assert all(METRICS[gain.metric].explanation in tour.explained(stop) for gain in stop.gains)


def test_cards_that_cannot_be_read_are_left_out(tmp_path):
    make_space(tmp_path / "pca", (4, 4), n=20, title="Somebody's")
    make_space(tmp_path / "other", (4, 4), n=20)
    (tmp_path / "lda").mkdir()
    (tmp_path / "gan").mkdir()
    (tmp_path / "gan" / CARD).write_text("{")
    (tmp_path / "vae").write_text("no folder")
    found = tour.cards_beside(tmp_path)
    assert list(found) == ["pca"] and found["pca"]["title"] == "Somebody's"
    assert set(tour.cards_beside()) == set(KINDS)
    assert tour.cards_beside(tmp_path / "nowhere") == {}


def test_figures_of_one_kind_are_told():
    told = in_words({"confidence": 0.9070, "classes_made": 10, "denoised_psnr_db": 15.146, "noisy_psnr_db": 9.38})
    assert told == {"denoised_psnr_db": "15.1 dB", "confidence": "0.91", "classes_made": "10"}


# ---- the card in the window ------------------------------------------------------------------------


def test_titles_are_short_enough_for_two_columns_of_the_tab():
    assert max(len(metric.title) for metric in METRICS.values()) <= 16


@pytest.fixture
def card(root):
    """A card, and what its buttons were pressed for."""
    root.geometry(f"{WIDTHS[1]}x500")
    pressed = []
    card = TourCard(
        root, SharedState(), pressed.append, lambda: pressed.append("leave"), lambda: pressed.append("other")
    )
    card.pack(fill="x")
    card.pressed = pressed
    return card


def labels(widget):
    """The labels to be seen in a widget."""
    own = [widget] if isinstance(widget, ttk.Label) and widget.winfo_ismapped() else []
    return own + [label for child in widget.winfo_children() for label in labels(child)]


def said(card):
    card.update()
    return [text for label in labels(card) if (text := str(label.cget("text")))]


def test_the_card_says_what_the_stop_says(card):
    card.show(3, 9, STOPS[2], "10-NN 1 % → 2 %")
    stop = STOPS[2]
    expected = ["3 / 9", stop.title, stop.year, stop.text, stop.look, stop.task, "10-NN 1 % → 2 %", *HEADINGS.values()]
    assert sorted(said(card)) == sorted(expected)
    card.show(4, 9, STOPS[3], "")
    assert STOPS[2].look not in said(card) and "Gained" not in said(card) and "Try" in said(card)
    card.show(3, 9, stop, "10-NN 1 % → 2 %", wrong="decoder.keras is damaged")
    assert set(said(card)) == {"3 / 9", stop.title, stop.year, stop.text, "decoder.keras is damaged"} | {
        "Gained",
        "10-NN 1 % → 2 %",
    }
    card.show(3, 9, stop, "10-NN 1 % → 2 %")
    assert sorted(said(card)) == sorted(expected)


def test_buttons_lead_on_and_the_first_stop_has_no_way_back(card):
    card.show(1, 2, STOPS[0], "")
    card.update()
    for button in card.buttons.values():
        button.invoke()
    assert card.pressed == [1, "leave", "other"] and str(card.buttons["Next"].cget("text")) == "Next"
    card.show(2, 2, STOPS[1], "")
    for button in card.buttons.values():
        button.invoke()
    assert card.pressed[3:] == [-1, 1, "leave", "other"] and str(card.buttons["Next"].cget("text")) == "Finish"
    assert all(str(button.cget("takefocus")) != "0" for button in card.buttons.values()), "out of reach of Tab"


def test_the_stops_about_uses_tell_what_the_cards_have():
    cards = tour.cards_beside(stops=EVERY)
    for stop in USES[:-1]:
        assert gained(stop, cards).endswith(".") and "{" not in gained(stop, cards), stop.title
        assert gained(stop, {}) == gained(stop, {stop.space: {"uses": {}}}) == ""
    rows = cards["autoencoder-32"]["uses"]["compression"]["rows"]
    found = {row["method"]: row for row in rows if row.get("bytes") == 32 or row.get("quality") == 0}
    numbers = [f"{found[method]['psnr_db']:.1f} dB" for method in ("code", "PCA", "WebP")]
    assert all(number in gained(USES[0], cards) for number in numbers)


def test_the_parts_of_the_tour_lead_to_each_other(card):
    card.show(9, 9, STOPS[-1], "", part="Spaces", other="Uses")
    assert "Spaces 9 / 9" in said(card) and str(card.buttons["Next"].cget("text")) == "Next"
    card.buttons["Other"].invoke()
    assert card.pressed == ["other"] and str(card.buttons["Other"].cget("text")) == "Uses"
    card.show(len(USES), len(USES), USES[-1], "", part="Uses", other="Spaces")
    assert str(card.buttons["Next"].cget("text")) == "Finish"


def test_the_card_is_as_high_for_every_stop_and_all_of_it_is_to_be_seen(root, card):
    cards, heights = tour.cards_beside(stops=EVERY), {}
    for width in (*WIDTHS, WIDTHS[1]):
        root.geometry(f"{width}x500")
        root.update()
        for number, stop in enumerate(EVERY, 1):
            for wrong in ("", "decoder.keras is damaged (its SHA-256 is not the one in it)"):
                card.show(number, len(EVERY), stop, gained(stop, cards), wrong, "Uses", "Spaces")
                root.update()
                assert card.winfo_width() == width
                assert heights.setdefault(width, card.winfo_height()) == card.winfo_height(), (width, stop.space)
                inner = card.winfo_rootx() + width, card.winfo_rooty() + card.winfo_height()
                for label in labels(card):
                    assert label.winfo_height() >= label.winfo_reqheight(), "none is cut off"
                    assert label.winfo_rootx() + label.winfo_reqwidth() <= inner[0]
                    assert label.winfo_rooty() + label.winfo_reqheight() <= inner[1]
                boxes = [box(label) for label in labels(card)] + [box(button) for button in card.buttons.values()]
                assert not any(overlap(a, b) for i, a in enumerate(boxes) for b in boxes[:i]), (width, stop.space)
    assert heights[1690] < heights[845] < heights[480] and heights[845] <= 150


def box(widget):
    x, y = widget.winfo_rootx(), widget.winfo_rooty()
    return x, y, x + widget.winfo_width(), y + widget.winfo_height()


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_a_longer_figure_gets_its_room_and_keeps_it(card):
    card.show(1, 9, STOPS[0], "")
    card.update()
    before = card.winfo_height()
    card.show(2, 9, STOPS[1], "10-NN 44.3 % → 55.0 % " * 12)
    card.update()
    higher = card.winfo_height()
    assert higher > before
    card.show(3, 9, STOPS[2], "")
    card.update()
    assert card.winfo_height() == higher


def test_a_title_is_below_the_buttons_where_they_leave_too_little_room(root, card):
    def beside() -> bool:
        return card._title.winfo_rooty() < card.buttons["Next"].winfo_rooty() + card.buttons["Next"].winfo_height()

    root.geometry("250x500")
    card.show(7, 9, BY_SPACE["convolutional"], "", part="Spaces", other="Uses")
    root.update()
    assert any(text.startswith("Conv") and text.endswith("…") for text in said(card)) and not beside()
    assert BY_SPACE["convolutional"].year not in said(card)
    for width, is_beside in ((480, False), (845, True), (480, False)):
        root.geometry(f"{width}x500")
        root.update()
        assert {BY_SPACE["convolutional"].title, BY_SPACE["convolutional"].year} <= set(said(card))
        assert beside() == is_beside


def test_the_card_follows_the_theme_until_it_is_gone(root, screen):
    shared = SharedState()
    card = TourCard(root, shared, lambda steps: None, lambda: None)
    card.pack(fill="x")
    card.show(1, 9, STOPS[0], "")
    root.geometry("845x400+0+0")
    for _ in range(3):
        root.update()
        edge = screen.grab([root.winfo_rootx() + 100, card.winfo_rooty(), 1, 1])[0, 0]
        assert "#{:02x}{:02x}{:02x}".format(*edge) == THEMES[shared.theme].lines
        style.apply(root, "dark" if shared.theme == "light" else "light")
        shared.toggle_theme()
    card.destroy()
    shared.toggle_theme()
    root.update()
