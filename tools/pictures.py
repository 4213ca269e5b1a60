"""`make pictures`: makes all pictures of README.md and docs/.

The window and the comparison are screenshots of a virtual screen. The maps of the spaces are drawn by `--snapshot`,
each with the cursor where the tour stops.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.session.tour import PLAIN, STOPS
from explorer.session.uses_tour import USES
from explorer.spaces.folder import WEIGHTS, open_space
from tests.screen import Program, Screen
from tools.example import RECIPES

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 1_400_000  # bytes of all pictures together
SIZE = (1280, 800)  # of the window
MAP_SIZE = (760, 440)  # of a space's map with its decoded picture
COLOURS, ROUNDS = (
    256,
    8,
)  # size of a palette, and rounds to refine it; with fewer, rare colours such as a green word turn grey
PLACE = (2.72, 2.01)  # of the cursor, in latent units of `autoencoder`: where 5, 8 and 3 meet
PINNED = ((8.6, 1.4), (-0.9, 5.7))  # a 0 and a 2
COMPARED = (2.5, -0.4)  # among the 5s, which PCA decodes to a blur


def window(folder: Path) -> Image.Image:
    """The window over `autoencoder`, with two pins."""
    with Screen() as screen:
        program = _start(screen, folder, "--space", "autoencoder")
        for place in PINNED:
            screen.click(*_pixels(program, place))
            program.settle()
        return _photograph(program, PLACE)


def compare(folder: Path) -> Image.Image:
    """The window over `autoencoder` and `pca`."""
    with Screen() as screen:
        program = _start(screen, folder, "--space", "autoencoder", "--compare", "pca")
        program.wait_for("compare")
        return _photograph(program, COMPARED)


def use(number: int, folder: Path) -> Image.Image:
    """The window at a stop of the tour's second part."""
    with Screen() as screen:
        program = _start(screen, folder)
        screen.key("u")
        program.wait_for("tour")
        program.settle()
        for box in [program.layout()["tour"][-1]] + number * [program.layout()["tour"][1]]:
            screen.click(box[0] + box[2] // 2, box[1] + box[3] // 2)
            program.settle()
        return _photograph(program, None)


def own(option: str, folder: Path) -> Image.Image:
    """The window over the bundled example of texts or of ratings."""
    with Screen() as screen:
        return _photograph(_start(screen, folder, option, "example"), None)


def space(name: str, folder: Path) -> Image.Image:
    """The map of a space, with the cursor where the tour stops; for the plain autoencoder, where it stops in the
    autoencoder; for a space that is not on the tour, where the window opens."""
    stop = next((stop for stop in STOPS if stop.space == (name if name != PLAIN else "autoencoder")), None)
    at = [] if stop is None else [f"--at={','.join(map(str, stop.place(open_space(WEIGHTS / name))))}"]
    file, size = folder / f"{name}.png", "x".join(map(str, MAP_SIZE))
    arguments = ["--space", name, *at, "--snapshot", str(file), "--size", size, "--theme", "light"]
    subprocess.run([sys.executable, ROOT / "ae_precomp.py", *arguments], check=True)
    return Image.open(file)


def _start(screen: Screen, folder: Path, *arguments: str) -> Program:
    """The program with its live decoder, at rest."""
    size = "x".join(map(str, SIZE))
    program = Program(screen, "ae.py", [*arguments, "--size", size, "--theme", "light"], folder / "trace.jsonl")
    program.wait_for("window" if "example" in arguments else "live")
    program.settle()
    return program


def _photograph(program: Program, place: tuple[float, float] | None) -> Image.Image:
    """A screenshot with the mouse on a place of the (first) map, or where it is, once everything is shown. Closes the
    program."""
    if place is not None:
        program.hover(*_pixels(program, place))
    program.settle()
    at = program.window().get_geometry()
    pixels = program.screen.grab([at.x, at.y, at.width, at.height])
    program.finish()
    return Image.fromarray(pixels)


def _pixels(program: Program, place: tuple[float, float]) -> tuple[int, int]:
    """The pixel of the screen that shows a place in latent units, from two pixels whose places are known."""
    x, y, width, height = program.layout()["map"]
    corners = [program.hover(x + round(width * share), y + round(height * share)) for share in (0.3, 0.7)]
    (first, last), (low, high) = ([np.array(event[name]) for event in corners] for name in ("px", "z"))
    found = first + (np.array(place) - low) / (high - low) * (last - first)
    return int(found[0].round()), int(found[1].round())


PICTURES: dict[str, Callable[[Path], Image.Image]] = {
    "docs/window.png": window,
    "docs/compare.png": compare,
    **{
        f"docs/uses/{stop.title.lower().replace(' ', '-')}.png": lambda folder, number=number: use(number, folder)
        for number, stop in enumerate(USES[:-1])
    },
    "docs/uses/texts.png": lambda folder: own("--texts", folder),
    "docs/uses/ratings.png": lambda folder: own("--ratings", folder),
    **{f"docs/spaces/{stop.space}.png": lambda folder, name=stop.space: space(name, folder) for stop in STOPS},
    **{f"docs/spaces/{name}.png": lambda folder, name=name: space(name, folder) for name in (PLAIN, *RECIPES)},
}


def compressed(picture: Image.Image) -> bytes:
    """A PNG of at most 256 colours, chosen for this picture, without dithering."""
    buffer = io.BytesIO()
    few = picture.convert("RGB").quantize(COLOURS, kmeans=ROUNDS, dither=Image.Dither.NONE)
    few.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.pictures", description="Makes the pictures of the docs.")
    parser.add_argument("only", nargs="*", metavar="FILE", help="some of them, such as docs/window.png (all)")
    parser.add_argument("--out", type=Path, default=ROOT, metavar="DIR", help="where docs/ lies (the project's folder)")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.only) - set(PICTURES)):
        parser.error(f"there is no {unknown[0]}: choose from {', '.join(PICTURES)}")
    total = 0
    with tempfile.TemporaryDirectory(prefix="pictures-") as temporary:
        for number, name in enumerate(options.only or PICTURES):
            folder = Path(temporary) / str(number)
            folder.mkdir()
            content = compressed(PICTURES[name](folder))
            (options.out / name).parent.mkdir(parents=True, exist_ok=True)
            (options.out / name).write_bytes(content)
            total += len(content)
            print(f"{name}  {len(content) / 1000:.0f} kB", flush=True)
    print(f"{total / 1000:.0f} kB in all; {LIMIT / 1000:.0f} kB are allowed")
    return int(total > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
