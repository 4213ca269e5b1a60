"""The contact sheet by the keyboard."""

import numpy as np
import pytest

from explorer.session.state import SharedState
from explorer.window.inspector.contact_sheet import ContactSheet
from tests.screen import settle


@pytest.fixture
def sheet(root):
    root.geometry("300x150")
    picked = []
    sheet = ContactSheet(root, SharedState(), picked.append, lambda: None)
    sheet.picked = picked
    sheet.pack(fill="both", expand=True)
    images = np.random.default_rng(0).integers(0, 256, (200, 28, 28), np.uint8)
    settle(root)
    sheet.show(np.arange(100, 300), Images(images))
    settle(root)
    return sheet


class Images:
    """As much of a data set as the sheet asks for."""

    image_shape = 28, 28

    def __init__(self, images):
        self._images = images

    def images(self, rows):
        return self._images[np.asarray(rows) - 100]


def test_arrow_keys_lead_to_thumbnails_and_enter_picks_one(sheet, screen):
    columns = sheet.place()["columns"]
    assert sheet.canvas.itemcget(sheet._ring, "state") == "hidden"
    sheet.canvas.focus_force()
    for key in ("Up", "Left", "Right", "Down", "Return"):
        screen.key(key)
        settle(sheet)
    assert sheet.picked == [100 + 1 + columns]
    assert sheet.canvas.itemcget(sheet._ring, "state") == "normal"
    for _ in range(10):
        screen.key("Down")
        settle(sheet)
    x0, y0, x1, y1 = sheet.canvas.coords(sheet._ring)
    assert sheet.place()["top"] > 0 and y0 >= 0 and y1 <= sheet.canvas.winfo_height(), "it is scrolled to"
    screen.key("space")
    settle(sheet)
    assert sheet.picked[-1] == 100 + 1 + 11 * columns


def test_a_click_leaves_the_keys_where_they_are(sheet, screen):
    x, y = sheet.canvas.winfo_rootx(), sheet.canvas.winfo_rooty()
    screen.click(x + 20, y + 20)
    settle(sheet)
    assert sheet.picked == [100] and sheet.focus_get() is not sheet.canvas
