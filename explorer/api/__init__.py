"""The Python API: open a space, show it, train one, measure one. docs/api.md has an example of each name.

It is built on everything else. Slow libraries are imported when they are needed.

opened     `open` and `Space`
own        `space`, of your own models
view       `show` and `View`
training   `train` and `evaluate`
given      checks what is given
"""

from explorer.api.opened import Space, open  # noqa: A004
from explorer.api.own import space
from explorer.api.training import evaluate, train
from explorer.api.view import View, show
from explorer.errors import UserError

__all__ = ["Space", "UserError", "View", "evaluate", "open", "show", "space", "train"]
