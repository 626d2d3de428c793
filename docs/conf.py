"""Sphinx: `make docs` builds docs/_build/html, and a warning is an error."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # compiled in place

from docutils import nodes  # noqa: E402
from docutils.parsers.rst import Directive  # noqa: E402
from sphinx.application import Sphinx  # noqa: E402

from fastsgns import __version__  # noqa: E402
from fastsgns.commands import program  # noqa: E402

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

# The page of the command line is its manual page as well.
man_pages = [("command-line", "fastsgns", "Word2Vec, trained fast", author, 1)]


class CommandHelp(Directive):
    """The help of each command, as the command shows it."""

    def run(self) -> list[nodes.Node]:
        os.environ["COLUMNS"] = "96"
        _, parsers = program.parsers_of(list(program.COMMANDS))
        shown = []
        for name, parser in parsers.items():
            section = nodes.section(ids=[f"fastsgns-{name}"])
            section += nodes.title(text=f"fastsgns {name}")
            section += nodes.literal_block(text=parser.format_help(), language="text")
            shown.append(section)
        return shown


def setup(app: Sphinx) -> None:
    app.add_directive("command-help", CommandHelp)


html_theme = "furo"
html_title = "fastsgns"
