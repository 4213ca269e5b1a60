"""A line on the map that tells beginners what to do, until the first click."""

from __future__ import annotations

from explorer.drawing.themes import THEMES
from explorer.session.state import SharedState
from explorer.window.base.scale import px
from explorer.window.base.widgets import put_item
from explorer.window.map.map_panel import MapPanel

TEXT = "Hover to decode  ·  Click to pin an image"
WITHOUT_DECODER = "Hover to see the nearest point  ·  Click to pin it"
ABOVE = 26  # pixels between the middle of the text and the lower edge of the map
AROUND = 12, 7  # pixels between the text and its frame


class Hint:
    """A line at the foot of the map. It consists of canvas items, which do not catch the mouse.

    Args:
        panel: the map.
        shared: gives the theme.
    """

    def __init__(self, panel: MapPanel, shared: SharedState) -> None:
        self._panel, self._shared = panel, shared
        self._frame = panel.widget.create_rectangle(0, 0, 0, 0, tags="hint")
        self._text = panel.widget.create_text(0, 0, text=TEXT, font="TkDefaultFont", justify="center", tags="hint")
        self._gone = False
        panel.hear_now(self._apply_theme, shared.theme_changed)

    def place(self) -> None:
        """Moves the line to the foot of the map, in front of everything but the scale of a background."""
        if self._gone:
            return
        canvas, (left, top, width, height) = self._panel.widget, self._panel.map.box
        hidden = self._panel.map.background is not None
        canvas.itemconfigure("hint", state="hidden" if hidden else "normal")
        if hidden:
            return
        text = TEXT if self._panel.state.space.has_decoder else WITHOUT_DECODER
        canvas.itemconfigure(self._text, text=text, width=max(width - px(60), 1))
        put_item(canvas, self._text, left + width / 2, top + height - px(ABOVE))
        x0, y0, x1, y1 = canvas.bbox(self._text)
        beside, above = px(*AROUND)
        put_item(canvas, self._frame, x0 - beside, y0 - above, x1 + beside, y1 + above)
        canvas.tag_raise("hint")

    def remove(self) -> None:
        """Removes the line for good."""
        self._gone = True
        self._panel.widget.delete("hint")

    def _apply_theme(self) -> None:
        theme = THEMES[self._shared.theme]
        self._panel.widget.itemconfigure(self._frame, fill=theme.canvas, outline=theme.lines)
        self._panel.widget.itemconfigure(self._text, fill=theme.ink)
