"""Face: ``python -m fastsgns.patched script.py args...`` runs a gensim program on fastsgns.

``python -m fastsgns.patched -m module args...`` runs a module. `patch_gensim` says what changes.
It changes in all Python processes that the program starts, too.
"""

from __future__ import annotations

import os
import runpy
import sys

from fastsgns import startup
from fastsgns.gensim_patch import patch_gensim

USAGE = "usage: python -m fastsgns.patched [-m module | script.py] [args...]"


def main(argv: list[str]) -> None:
    """Run a script or module as Python itself does, with gensim's names replaced.

    Parameters
    ----------
    argv : list of str
        The path of a script and its arguments, or ``-m``, the name of a module and its arguments.

    Raises
    ------
    SystemExit
        Nothing to run is given.

    Notes
    -----
    For the processes that the program starts, ``PYTHONPATH`` begins with a folder of fastsgns, from
    which Python takes its ``sitecustomize`` (and goes on to the next one): it patches gensim when
    it is imported. Children that are started without the environment (``python -I``, ``-E``) are
    not reached.
    """
    is_module = argv[:1] == ["-m"]
    argv = argv[1:] if is_module else argv
    if not argv or (argv[0].startswith("-") and not is_module):
        raise SystemExit(USAGE)
    patch_gensim()
    paths = [*startup.__path__, *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    sys.argv = argv
    if is_module:
        runpy.run_module(argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(os.path.abspath(argv[0]))  # noqa: PTH100, PTH120 (as Python)
        runpy.run_path(argv[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
