"""Folders of pictures, and single ones, as real files."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.errors import UserError
from explorer.files.schema import Reading
from explorer.images import datasets
from tests.sources import COLOUR, GREY, LABELS, refused, write_pictures


def by_file(found: datasets.Dataset) -> dict[str, np.ndarray]:
    return dict(zip(found.columns["file"].tolist(), np.concatenate([found.x_train, found.x_test]), strict=True))


def test_pictures_in_a_folder_for_each_class(tmp_path, capfd):
    write_pictures(tmp_path, COLOUR, np.array(["owl", "cat", "dog"])[LABELS])
    (tmp_path / "cat" / ".hidden.png").write_bytes(b"")
    (tmp_path / "cat" / "notes.txt").write_bytes(b"")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.png").write_bytes(b"")
    (tmp_path / "dog" / "deep").mkdir()
    (tmp_path / "dog" / "002.png").rename(tmp_path / "dog" / "deep" / "002.PNG")
    found = datasets.load(str(tmp_path))
    assert found.class_names == ("cat", "dog", "owl") and len(found.x_train) == 11
    files = found.columns["file"][np.argsort(found.columns["index"])].tolist()
    assert files == sorted(files) and len(files) == 12 and "dog/deep/002.PNG" in files
    assert [found.class_names[label] for label in found.labels] == [file[:3] for file in found.columns["file"]]
    np.testing.assert_array_equal(by_file(found)["dog/deep/002.PNG"], COLOUR[2])
    assert capfd.readouterr() == ("", "")  # no progress bar off a terminal


def test_flat_pictures_of_every_format(tmp_path):
    big = np.kron(GREY, np.ones((2, 2), np.uint8))
    for image, end in zip(big, ("png", "gif", "bmp", "TIFF", "pgm", "webp", "jpg"), strict=False):
        Image.fromarray(image).save(tmp_path / f"a.{end}", **({"lossless": True} if end == "webp" else {}))
    found = datasets.load(str(tmp_path))
    assert found.class_names == () and found.image_shape == (12, 10) and len(found.labels) == 7
    for image, end in zip(big, ("png", "gif", "bmp", "TIFF", "pgm", "webp"), strict=False):
        np.testing.assert_array_equal(by_file(found)[f"a.{end}"], image)


def test_pictures_in_splits(tmp_path):
    for split, rows in (("train", range(6)), ("test", range(6, 9)), ("val", range(9, 12))):
        write_pictures(tmp_path / split, GREY[rows], LABELS[rows])
    found = datasets.load(str(tmp_path))
    assert len(found.x_train) == len(found.x_test) == 6 and found.class_names == ("0", "1", "2")
    assert found.columns.keys() == {"file"} and found.columns["file"][[0, 11]].tolist() == [
        "train/0/000.png",
        "val/2/002.png",
    ]
    write_pictures(tmp_path, GREY[:1], ["bus"])
    assert datasets.load(str(tmp_path)).class_names == ("bus", "test", "train", "val")


def test_kinds_of_pixels(tmp_path):
    grey, colour = GREY[0], COLOUR[0]
    alpha = GREY[1]
    shown = {
        "a grey": (Image.fromarray(grey), np.dstack([grey] * 3)),
        "b colour": (Image.fromarray(colour), colour),
        "c grey in colours": (Image.fromarray(np.dstack([grey] * 3)), np.dstack([grey] * 3)),
        "d transparent": (Image.fromarray(np.dstack([colour, alpha])), np.rint(colour * (alpha[..., None] / 255))),
        "e palette": (Image.fromarray(colour).quantize(30), colour),
        "f black and white": (Image.fromarray(grey > 99), np.dstack([np.where(grey > 99, 255, 0)] * 3)),
        "g 16 bits": (Image.fromarray(grey.astype(np.uint16) * 257), np.dstack([grey] * 3)),
        "h grey transparent": (
            Image.fromarray(np.dstack([grey, alpha])),
            np.dstack([np.rint(grey * (alpha / 255))] * 3),
        ),
    }
    for name, (picture, _) in shown.items():
        picture.save(tmp_path / f"{name}.png")
    found = by_file(datasets.load(str(tmp_path)))
    for name, (_, wanted) in shown.items():
        np.testing.assert_allclose(found[f"{name}.png"], wanted, atol=1, err_msg=name)


def test_pictures_that_are_grey_all_over_stay_grey(tmp_path):
    write_pictures(tmp_path, np.stack([GREY] * 3, axis=-1))
    found = datasets.load(str(tmp_path))
    assert found.image_shape == (6, 5)
    np.testing.assert_array_equal(by_file(found)["003.png"], GREY[3])


def test_turned_pictures_are_turned_back(tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6  # its top is on the right
    for end in ("png", "tif"):
        write_pictures(tmp_path, GREY, end=end, exif=turned)
    found = by_file(datasets.load(str(tmp_path)))
    for name in ("000.png", "000.tif"):
        np.testing.assert_array_equal(found[name], np.rot90(GREY[0], -1))


def png_of(width: int, height: int) -> bytes:
    """The beginning of a PNG that says it is so large."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I4s", zlib.crc32(header), b"") + b"IDAT"
    )


def bad_picture(folder: Path, kind: str) -> None:
    whole = (folder / "000.png").read_bytes()
    if kind == "mode F":
        Image.fromarray(GREY[0] / np.float32(255)).save(folder / "bad.tif")
    elif kind == "mode I":
        Image.fromarray(GREY[0] - np.int32(300)).save(folder / "bad.tif")
    else:
        contents = {"empty": b"", "text": b"no picture", "cut": whole[:-30], "large": png_of(9500, 9500)}
        (folder / "bad.png").write_bytes((contents | {"huge": png_of(30_000, 30_000)})[kind])


@pytest.mark.parametrize(
    "kind, words",
    [
        ("empty", ["bad.png", "of no known format", "remove it"]),
        ("text", ["bad.png", "of no known format"]),
        ("cut", ["bad.png", "damaged", "remove it"]),
        ("large", ["bad.png", "more than", "pixels"]),
        ("huge", ["bad.png", "more than", "pixels"]),
        ("mode F", ["bad.tif", "floating-point"]),
        ("mode I", ["bad.tif", "beyond 16 bits"]),
    ],
)
def test_pictures_that_cannot_be_read(tmp_path, kind, words):
    write_pictures(tmp_path, GREY)
    bad_picture(tmp_path, kind)
    refused(tmp_path, *words)


def test_folders_that_are_no_data_set(tmp_path):
    write_pictures(tmp_path / "a", GREY)
    Image.fromarray(GREY[0, :4]).save(tmp_path / "a" / "other.png")
    refused(tmp_path / "a", "000.png is 5 pixels wide and 6 high", "other.png 5 and 4", "one size")
    write_pictures(tmp_path / "b", GREY, LABELS)
    Image.fromarray(GREY[0]).save(tmp_path / "b" / "stray.png")
    refused(tmp_path / "b", "stray.png", "beside folders")
    (tmp_path / "c" / "sub").mkdir(parents=True)
    (tmp_path / "c" / "notes.txt").write_text("nothing")
    refused(tmp_path / "c", "neither pictures", ".png")
    write_pictures(tmp_path / "d", GREY[:, :3])
    refused(tmp_path / "d", "3 × 5", "at least 4")


# --- What else lies in folders ----------------------------------------------------------------------------------------


def write_splits(folder: Path) -> None:
    """Nine pictures to train on and three to test with, in folders for each class."""
    for split, rows in (("train", range(9)), ("test", range(9, 12))):
        write_pictures(folder / split, GREY[rows], LABELS[rows])


def test_what_systems_leave_in_folders_never_counts(tmp_path):
    write_splits(tmp_path)
    before = datasets.load(str(tmp_path))
    for place in (tmp_path, tmp_path / "train", tmp_path / "train" / "0"):
        for name in ("__MACOSX", "@eaDir", "$RECYCLE.BIN", ".git", "System Volume Information"):
            write_pictures(place / name, COLOUR)
        for name in ("._000.png", ".DS_Store", "Thumbs.db", "desktop.ini"):
            (place / name).write_bytes(b"of the system")
    after = datasets.load(str(tmp_path))
    assert after.class_names == ("0", "1", "2") and len(after.x_test) == 3
    assert after.fingerprint == before.fingerprint


def test_folders_without_pictures_do_not_count(tmp_path):
    write_splits(tmp_path)
    for name in ("labels", "train/empty", "train/notes/deep"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "labels" / "list.csv").write_text("a,b")
    found = datasets.load(str(tmp_path))
    assert found.class_names == ("0", "1", "2") and len(found.x_train) == 9


def test_folders_of_classes_may_be_links(tmp_path):
    write_pictures(tmp_path / "all", GREY, LABELS)
    for name in ("0", "1"):
        for split in ("train", "test"):
            (tmp_path / "few" / split).mkdir(parents=True, exist_ok=True)
            (tmp_path / "few" / split / name).symlink_to(tmp_path / "all" / name)
    (tmp_path / "few" / "train" / "0" / "itself").symlink_to(tmp_path / "few")
    found = datasets.load(str(tmp_path / "few"))
    assert found.class_names == ("0", "1") and len(found.x_train) == len(found.x_test) == 8


def test_other_names_of_the_splits(tmp_path):
    write_pictures(tmp_path / "Training", GREY[:9], LABELS[:9])
    write_pictures(tmp_path / "Testing", GREY[9:], LABELS[9:])
    assert [len(x) for x in (datasets.load(str(tmp_path)).x_train, datasets.load(str(tmp_path)).x_test)] == [9, 3]


def test_classes_are_in_natural_order(tmp_path):
    write_pictures(tmp_path, GREY, [10, 9, 1, 2, "b10", "b9", "a", "0", "01", "x2y10", "x2y9", "Z"])
    names = datasets.load(str(tmp_path)).class_names
    assert names == ("0", "01", "1", "2", "9", "10", "Z", "a", "b9", "b10", "x2y9", "x2y10")


def test_a_split_without_classes_has_a_remedy_that_works(tmp_path):
    write_pictures(tmp_path / "train", GREY, LABELS)
    write_pictures(tmp_path / "val", GREY[:3], LABELS[:3])
    write_pictures(tmp_path / "test", GREY)
    refused(tmp_path, f"{tmp_path / 'test'} has no folder for each class", f"give {tmp_path / 'train'}, of which")
    found = datasets.load(str(tmp_path / "train"))
    assert found.class_names == ("0", "1", "2") and len(found.x_test) == 1
    (tmp_path / "test").rename(tmp_path / "training")
    refused(tmp_path, f"{tmp_path / 'training'} has no folder for each class", f"give {tmp_path / 'train'}, of which")


def test_names_in_any_encoding(tmp_path):
    folder = os.fsencode(tmp_path)
    for number, name in enumerate((b"caf\xe9", "café".encode(), b"\xff\xfe")):
        os.mkdir(os.path.join(folder, name))
        for image in range(2):
            buffer = io.BytesIO()
            Image.fromarray(GREY[2 * number + image]).save(buffer, "PNG")
            with open(os.path.join(folder, name, b"%d\x80.png" % image), "wb") as file:
                file.write(buffer.getvalue())
    found = datasets.load(str(tmp_path))
    assert set(found.class_names) == {"caf\\udce9", "café", "\\udcff\\udcfe"}
    for text in (*found.class_names, *found.columns["file"].tolist()):
        text.encode()
    with open(os.path.join(folder, b"\xff\xfe", b"bad\x80.png"), "wb") as file:
        file.write(b"no picture")
    refused(tmp_path, "bad\\udc80.png is damaged")
    (note,) = datasets.load(str(tmp_path), Reading(skip_damaged=True)).notes
    assert "bad\\udc80.png" in note and note.encode()


# --- Damaged, of other sizes, transparent -----------------------------------------------------------------------------


def test_damaged_pictures_are_left_out_and_listed(tmp_path):
    write_pictures(tmp_path, GREY, LABELS)
    bad = [tmp_path / "0" / "000.png", *(tmp_path / "1" / f"bad{number}.jpg" for number in range(6))]
    for path in bad:
        path.write_bytes(b"no picture")
    refused(tmp_path, "000.png is damaged", "--skip-damaged")
    found = datasets.load(str(tmp_path), Reading(skip_damaged=True))
    assert len(found.labels) == 11 and "0/000.png" not in found.columns["file"]
    assert [found.class_names[label] for label in found.labels] == [file[0] for file in found.columns["file"]]
    for file, image in by_file(found).items():
        np.testing.assert_array_equal(image, GREY[int(Path(file).stem)])
    (note,) = found.notes
    assert note.startswith("left out 7 unreadable pictures,") and str(bad[0]) in note and note.endswith("bad3.jpg, …")


def test_a_split_of_damaged_pictures_alone(tmp_path):
    write_splits(tmp_path)
    for path in (tmp_path / "test").rglob("*.png"):
        path.write_bytes(b"")
    found = datasets.load(str(tmp_path), Reading(skip_damaged=True))
    assert len(found.labels) == 9 and "index" in found.columns
    for path in tmp_path.rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(UserError, match="none of 12 pictures can be read"):
        datasets.load(str(tmp_path), Reading(skip_damaged=True))


def test_pictures_of_any_sizes_are_brought_to_one(tmp_path):
    write_pictures(tmp_path, np.full((1, 20, 40), 200, np.uint8))
    Image.new("RGB", (8, 30), "red").save(tmp_path / "b.png")
    Image.new("L", (3000, 4), 50).save(tmp_path / "c.png")
    refused(tmp_path, "one size, for instance with --resize 20x40")
    images = by_file(datasets.load(str(tmp_path), Reading(resize=(12, 16))))
    assert {image.shape for image in images.values()} == {(12, 16, 3)}
    assert (images["000.png"] == 200).all() and (images["b.png"] == [255, 0, 0]).all() and (images["c.png"] == 50).all()


def test_resizing_keeps_proportions_and_fills_with_the_border(tmp_path):
    picture = np.full((20, 40), 255, np.uint8)
    picture[5:15, 10:30] = 0  # twice as wide as high, on white
    write_pictures(tmp_path, np.stack([picture, picture]))
    for size, transpose in (((40, 40), False), ((40, 60), False), ((60, 40), True)):
        found = datasets.load(str(tmp_path), Reading(resize=size, transpose=transpose))
        assert found.image_shape == size
        image = found.x_train[0].T if transpose else found.x_train[0]
        ink = image < 128
        width, height = (np.count_nonzero(ink.any(axis=axis)) for axis in (0, 1))
        assert abs(width - 2 * height) <= 2 and width >= 19
        assert (image[[0, -1]] == 255).all() and (image[:, [0, -1]] == 255).all()


@pytest.mark.parametrize("colour, ground", [(0, 255), (255, 0), ((20, 20, 60), 255), ((250, 240, 30), 0)])
def test_ink_on_a_transparent_ground_is_seen(tmp_path, colour, ground):
    colour = (colour,) * 3 if isinstance(colour, int) else colour
    for number, alpha in enumerate(GREY):
        alpha = np.where(alpha > 127, 255, 0).astype(np.uint8)
        ink = np.broadcast_to(np.array(colour, np.uint8), (6, 5, 3))
        Image.fromarray(np.dstack([ink, alpha])).save(tmp_path / f"{number:03}.png")
    Image.new("RGB", (5, 6), (9, 9, 9)).save(tmp_path / "opaque.png")
    images = by_file(datasets.load(str(tmp_path)))
    shown = np.asarray(images["003.png"]).reshape(6, 5, -1)
    np.testing.assert_array_equal(shown, np.where(GREY[3][..., None] > 127, colour, ground)[..., : shown.shape[2]])
    assert (images["opaque.png"] == 9).all()
