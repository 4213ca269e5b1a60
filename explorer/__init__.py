"""The latent-space explorer. ARCHITECTURE.md names every file and says which may import which."""

import importlib.util
import sys

_missing = [
    name
    for name in ("numpy", "scipy", "matplotlib", "PIL", "psygnal", "sv_ttk", "tktooltip", "psutil", "msgspec")
    if not importlib.util.find_spec(name)
]
if _missing:
    print(f"{', '.join(_missing)} not installed: 'make setup', or 'pip install -r requirements.txt'", file=sys.stderr)
    sys.exit(2)
