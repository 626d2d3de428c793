"""Types of the compiled boundary; see the docstrings in _spelling.pyx."""

from typing import Any

def near_spellings(word: str, words: list[Any], most: int, n: int) -> list[tuple[int, int]]: ...
