"""The names of the built-in models, and the model that is used if no other is named."""

from __future__ import annotations

from pathlib import Path

# The best model that comes with the program. Its weights come in a package; the model is built at first use.
DEFAULT_MODEL = "efficientnet_lite0"
# The model that comes with the program ready for use, so that it is always available.
STARTER = "starter"
# The published model that `auto` stands for if it is installed.
PREFERRED_MODEL = "inception_v3"
# The name that stands for the best of `PREFERRED_MODEL` and `DEFAULT_MODEL`; no model has this name itself.
AUTO = "auto"
# File with the name of another default model, in the folder `models` of the home folder.
DEFAULT_FILE = ".default"


def default_model(home: Path) -> str:
    """Return the name of the default model of a home folder: the one that `labelbot models use` chose, else "auto"."""
    try:
        return (home / "models" / DEFAULT_FILE).read_text(errors="replace").strip() or AUTO
    except OSError:  # there is none, or other commands tell what is wrong with the folder
        return AUTO
