"""Engine room: word2vec.c's vocabulary files: a word, a space and its count a line."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from fastsgns._shown import shown
from fastsgns.io.errors import FormatError, UndecodableTextError
from fastsgns.io.files import AnySource, lines_of, name_of, written_to
from fastsgns.io.recognition import BOM

# The word may hold all but the end of a line; the last blank is the one before the count.
_LINE = re.compile(rb"(.*)[ \t](\+?\d+)\s*", re.DOTALL)

#: Digits of a count at the most: it fits into 64 bits.
MAX_DIGITS = 18


def read(
    source: AnySource,
    *,
    known: Container[str] | None = None,
    encoding: str = "utf8",
    errors: str = "strict",
) -> dict[str, int]:
    """Return the count of each word, or of the `known` ones: there may be millions of others.

    Raises
    ------
    FormatError
        A line that is not a word and a whole number >= 0, with a blank between them.
    """
    counts: dict[str, int] = {}
    name = name_of(source)
    has_mark = encoding.lower().replace("_", "-") in ("utf-8-sig", "utf8-sig")
    with lines_of(source) as lines:
        for number, line in enumerate(lines, start=1):
            place = f"line {number}"
            raw = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
            if has_mark and number == 1:
                raw = raw.removeprefix(BOM)
            found = _LINE.fullmatch(raw)
            if found is None:
                raise FormatError(
                    f"{name}: {place}: a word and its count must be there, got {shown(raw)}"
                )
            word, count = found.groups()
            if len(count) > MAX_DIGITS:
                raise FormatError(
                    f"{name}: {place}: a count has at most {MAX_DIGITS} digits, got {shown(count)}"
                )
            try:
                text = word.decode("utf-8" if has_mark or raw is not line else encoding, errors)
            except UnicodeDecodeError as error:
                raise UndecodableTextError(name, place, error) from None
            if known is None or text in known:
                counts[text] = int(count)
    return counts


def lines(counts: Iterable[tuple[str, object]]) -> list[bytes]:
    """Return the lines of words and their counts, in the order given.

    Raises
    ------
    ValueError
        A word holds the end of a line, or is no text.
    """
    made = []
    for word, count in counts:
        try:
            if "\n" in word:
                raise ValueError("it holds the end of a line")
            made.append(f"{word} {count}\n".encode())
        except ValueError as error:
            raise ValueError(
                f"the key {shown(word)} cannot be written in a file of words and counts: {error}"
            ) from None
    return made


def write_lines(target: AnySource, lines: Iterable[bytes]) -> None:
    """Write a file of words and counts, or replace it."""
    with written_to(target) as file:
        file.writelines(lines)


def write(target: AnySource, counts: Iterable[tuple[str, object]]) -> None:
    """Write words and their counts; errors are those of `lines`, and come before writing."""
    write_lines(target, lines(counts))
