"""The exported page in Chromium, with real mouse events: its pictures are those of the grid."""

import shutil

import numpy as np
import pytest

from explorer.analysis.probe import SpaceProbe
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing import web_page
from explorer.drawing.themes import THEMES, class_colour
from explorer.spaces.point_index import PointIndex
from tests.spaces import make_space

pytestmark = pytest.mark.slow

MOST_BYTES = 5_000_000
LEAST_DB = 45.0
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync"
)
PICTURE = """
const canvas = document.getElementById("picture"), context = canvas.getContext("2d");
return [canvas.height, canvas.width, [...context.getImageData(0, 0, canvas.width, canvas.height).data]];
"""
PIXEL = """
const [a, b] = arguments, canvas = document.getElementById("dots"), map = document.getElementById("map");
const x = toX(a, map.clientWidth), y = toY(b, map.clientHeight);
return [...canvas.getContext("2d").getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data].slice(0, 3);
"""


class Page:
    """A page in the browser."""

    def __init__(self, driver, path) -> None:
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.support.wait import WebDriverWait

        self.driver, self._chains = driver, lambda: ActionChains(driver, duration=50)
        driver.get(path.as_uri())
        self._wait = WebDriverWait(driver, 60, poll_frequency=0.05)
        self._wait.until(lambda driver: driver.execute_script("return 'ready' in document.body.dataset"))
        self.settle()

    def settle(self) -> None:
        """Waits until everything is drawn."""
        twice = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
        self.driver.execute_async_script(twice)

    def find(self, name: str):
        return self.driver.find_element("id", name)

    def do(self, act) -> None:
        """Performs actions of the mouse or the keyboard."""
        act(self._chains()).perform()
        self.settle()

    def hover(self, across: float, up: float) -> None:
        """Moves the mouse to these shares of the map's width and height, from its lower left corner."""
        size = self.find("map").size
        x, y = (across - 0.5) * size["width"], (0.5 - up) * size["height"]
        self.do(lambda mouse: mouse.move_to_element_with_offset(self.find("map"), round(x), round(y)))

    @property
    def cursor(self) -> tuple[float, float]:
        return tuple(self.driver.execute_script("return cursor"))

    @property
    def view(self) -> list[float]:
        return self.driver.execute_script("return view")

    @property
    def picture(self) -> np.ndarray:
        """The pixels, (height, width, 3) uint8."""
        height, width, rgba = self.driver.execute_script(PICTURE)
        return np.array(rgba, np.uint8).reshape(height, width, 4)[..., :3]

    def colour(self, place) -> str:
        """The colour of the map at a place, #rrggbb."""
        red, green, blue = self.driver.execute_script(PIXEL, *map(float, place))
        return f"#{red:02x}{green:02x}{blue:02x}"


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    browser, program = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    assert browser and program, "run scripts/setup browser"
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    folder = tmp_path_factory.mktemp("profile")
    for flag in (
        *FLAGS.split(),
        f"--user-data-dir={folder}",
        "--window-size=1280,800",
        "--force-device-scale-factor=1",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(program))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def exported(tmp_path_factory, space):
    path = tmp_path_factory.mktemp("page") / "autoencoder.html"
    web_page.write(path, SpaceProbe(space, GridDecoder(grid.load(space))))
    return path


@pytest.fixture
def page(driver, exported):
    page = Page(driver, exported)
    yield page
    assert not complaints(driver)


def complaints(driver) -> list[dict]:
    """Errors, and requests that were refused. "rendering" dislikes how often the tests read pixels."""
    return [entry for entry in driver.get_log("browser") if entry["source"] != "rendering"]


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """In dB, of two arrays of bytes."""
    error = np.square(one.astype(float) - other).mean()
    return np.inf if error == 0 else 10 * np.log10(255**2 / error)


def of_grid(decoder, page) -> np.ndarray:
    """What the grid decodes at the page's cursor, (height, width, 3), in levels."""
    image = decoder(np.array([page.cursor]))[0] * 255
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=-1)


def test_the_pictures_under_the_mouse_are_those_of_the_grid(page, space, exported):
    assert exported.stat().st_size <= MOST_BYTES
    decoder, points = GridDecoder(grid.load(space)), PointIndex(space.places)
    seen = set()
    for across, up in [(0.2, 0.3), (0.25, 0.8), (0.41, 0.36), (0.52, 0.52), (0.7, 0.31), (0.85, 0.77), (0.99, 0.99)]:
        page.hover(across, up)
        seen.add(page.cursor)
        assert psnr(page.picture, of_grid(decoder, page)) >= LEAST_DB, page.cursor
        index, distance = points.nearest(page.cursor)
        assert page.find("nearest").text == f"{space.class_names[space.labels[index]]} (#{index})"
        assert page.find("distance").text == f"{distance:.2f}"
        assert ("on the map" in page.find("cue").text) == (distance <= points.usual_distance())
    assert len(seen) == 7


def test_nothing_is_requested(page):
    requested = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    assert all(name.startswith("data:") for name in page.driver.execute_script(requested))


def test_credits_stand_on_the_page(page):
    text = page.find("credit").text
    assert "Yann LeCun" in text and "CC BY-SA 3.0" in text and "Latent Space Explorer" in text


def test_wheel_and_dragging_keep_the_place_under_the_mouse(page):
    page.hover(0.3, 0.6)
    before, place = page.view, page.cursor
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    size = page.find("map").size
    at = ScrollOrigin.from_element(page.find("map"), round(-0.2 * size["width"]), round(-0.1 * size["height"]))
    page.do(lambda mouse: mouse.scroll_from_origin(at, 0, -200))
    assert page.view[1] - page.view[0] < 0.7 * (before[1] - before[0])
    page.hover(0.3, 0.6)
    assert page.cursor == pytest.approx(place, abs=0.05)
    page.do(lambda mouse: mouse.click_and_hold().move_by_offset(120, -60).release())
    page.do(lambda mouse: mouse.move_by_offset(1, 0))
    assert page.cursor == pytest.approx(place, abs=0.1)
    page.find("reset").click()
    page.settle()
    assert page.view == pytest.approx(before)


def test_keys_move_the_cursor_and_what_is_there_is_spoken(page):
    from selenium.webdriver.common.keys import Keys

    page.driver.execute_script("document.getElementById('map').focus()")
    (a, b), before = page.cursor, page.picture
    page.do(lambda keys: keys.send_keys(*[Keys.ARROW_RIGHT] * 20, *[Keys.ARROW_DOWN] * 20))
    assert page.cursor[0] > a + 1 and page.cursor[1] < b - 1
    assert (page.picture != before).any()
    assert page.driver.execute_script("return document.getElementById('spoken').textContent").startswith("(")
    assert "nearest" in page.find("picture").get_attribute("aria-label")
    page.do(lambda keys: keys.send_keys("+", "+"))
    width = page.view[1] - page.view[0]
    page.do(lambda keys: keys.send_keys("0"))
    assert page.view[1] - page.view[0] == pytest.approx(width * 1.25**2)


def test_a_click_in_the_legend_hides_a_class(page, space):
    place = np.median(space.places[space.labels == 4], axis=0) - (1, 1)
    place = space.places[PointIndex(space.places, space.labels == 4).nearest(tuple(place))[0]]
    page.driver.execute_script("moveCursor(arguments[0]); zoom(30, cursor)", place.tolist())
    page.settle()
    assert page.colour(place) == class_colour(4)
    buttons = page.driver.find_elements("css selector", "#legend button")
    assert [button.text for button in buttons] == list(space.class_names)
    buttons[4].click()
    page.settle()
    assert buttons[4].get_attribute("aria-pressed") == "false" and page.colour(place) != class_colour(4)
    assert not page.find("nearest").text.startswith("4")
    from selenium.webdriver.common.keys import Keys

    page.do(lambda mouse: mouse.key_down(Keys.SHIFT).click(buttons[7]).key_up(Keys.SHIFT))
    assert [button.get_attribute("aria-pressed") for button in buttons] == ["false"] * 7 + ["true"] + ["false"] * 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_that_of_the_browser(page, theme):
    scheme = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)
    page.settle()
    a0, _, b0, _ = page.view
    assert page.colour((a0 + 0.3, b0 + 0.3)) == THEMES[theme].canvas
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_it_fits_on_a_phone_and_a_finger_decodes(page, space):
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    page.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    try:
        page.settle()
        root = "const root = document.documentElement; return [root.scrollWidth, root.scrollHeight]"
        assert page.driver.execute_script(root) == [390, 844]
        before, view = page.cursor, page.view
        for kind, x in (("touchStart", 120), ("touchMove", 200), ("touchEnd", None)):
            points = [] if x is None else [{"x": x, "y": 250}]
            page.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.settle()
        assert page.cursor != before and page.view == view
        assert psnr(page.picture, of_grid(GridDecoder(grid.load(space)), page)) >= LEAST_DB
        fingers = [[(150, 250), (250, 250)], [(100, 250), (300, 250)], []]
        for kind, at in zip(("touchStart", "touchMove", "touchEnd"), fingers, strict=True):
            points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(at)]
            page.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.settle()
        assert page.view[1] - page.view[0] == pytest.approx((view[1] - view[0]) / 2, rel=0.05)
    finally:
        page.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize(
    "shape, names", [((12, 9, 3), ("a", "<b>", "…")), ((8, 8), ())], ids=["colour", "without classes"]
)
def test_other_images(driver, tmp_path, shape, names):
    space = make_space(tmp_path / "small", shape, names, n=300)
    decoder = GridDecoder(grid.load(space))
    web_page.write(tmp_path / "a.html", SpaceProbe(space, decoder))
    page = Page(driver, tmp_path / "a.html")
    for across, up in ((0.4, 0.4), (0.6, 0.55), (0.75, 0.2)):
        page.hover(across, up)
        assert psnr(page.picture, of_grid(decoder, page)) >= LEAST_DB
    index, _ = PointIndex(space.places).nearest(page.cursor)
    text = f"{names[space.labels[index]]} (#{index})" if names else f"#{index}"
    assert page.find("nearest").text == text
    assert not complaints(driver)


def test_codes_alone(driver, tmp_path):
    space = make_space(tmp_path / "small", (8, 8), ("a", "b"), n=300)
    web_page.write(tmp_path / "a.html", SpaceProbe(space, None))
    page = Page(driver, tmp_path / "a.html")
    page.hover(0.5, 0.5)
    assert not page.find("picture").is_displayed() and "(#" in page.find("nearest").text
    assert not complaints(driver)
