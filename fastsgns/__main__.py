"""Face: the command `fastsgns`, also as ``python -m fastsgns``."""

import sys

from fastsgns.commands.program import main

if __name__ == "__main__":
    sys.exit(main())
