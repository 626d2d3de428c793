"""Sphinx: `make docs` builds docs/_build/html, and a warning is an error."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # compiled in place

from fastsgns import __version__  # noqa: E402

project = "fastsgns"
author = "fastsgns developers"
copyright = "2026, fastsgns developers"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say more: shapes, units, defaults
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = "fastsgns"
