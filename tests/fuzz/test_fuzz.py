"""A few hundred changed files for each reader; `make fuzz` throws as many as one likes."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import fuzz


@pytest.mark.parametrize("name", sorted(fuzz.TARGETS))
def test_a_reader_stands_changed_files(name):
    fuzz.run(fuzz.TARGETS[name](), 200)
