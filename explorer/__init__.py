"""The latent space explorer: trains latent spaces, and shows them in a window.

The names below are the Python API; docs/api.md has an example of each. They are loaded on first use, so
importing `explorer` loads no library. ARCHITECTURE.md describes the packages and which may import which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer.api import Space, UserError, View, evaluate, open, show, space, train  # noqa: A004

__all__ = ["Space", "UserError", "View", "evaluate", "open", "show", "space", "train"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from explorer import api

    globals()[name] = found = getattr(api, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
