"""What is said about the axes of a map."""

import pytest

from explorer.analysis import axes
from explorer.spaces.folder import WEIGHTS, open_space
from tests.spaces import make_space


@pytest.mark.parametrize(
    "name, coordinates, words",
    [
        ("autoencoder", "plain", ["two numbers of the latent code", "no unit and no meaning"]),
        ("pca", "plain", ["principal component"]),
        ("lda", "plain", ["linear discriminant"]),
        ("vae", "plain", ["two numbers of the latent code", "normal distribution"]),
        ("vae", "quantiles", ["share of the prior"]),
    ],
)
def test_axes_are_explained_by_kind_and_coordinates(name, coordinates, words):
    said = axes.explanation(open_space(WEIGHTS / name).in_coordinates(coordinates))
    assert all(each in said for each in words) and said.endswith(".")


def test_no_axis_speaks_of_digits(tmp_path):
    spaces = [
        make_space(tmp_path / "photos", classes=("cat", "dog"), n=20),
        *(open_space(WEIGHTS / name) for name in ("pca", "vae")),
    ]
    assert not any("digit" in axes.explanation(space) for space in spaces)


def test_images_are_called_digits_where_the_classes_are(tmp_path, space):
    assert space.image_noun == "digits"
    assert make_space(tmp_path / "photos", classes=("cat", "dog"), n=20).image_noun == "images"
