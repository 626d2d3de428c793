"""Engine room: how far something is: a bar by tqdm, or in a log a line now and then."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

#: Called with the words read so far, and what part of the corpus they are, if that is known.
Show = Callable[[int, float | None], object]

#: A bar is not drawn more often, in seconds: notebooks choke on it.
BAR_SECONDS = 0.1

#: Seconds between two lines where there is no bar.
LINE_SECONDS = 10.0

#: Columns and rows of a terminal that does not know its own.
FALLBACK_SIZE = 79, 24


class Bar:
    """A bar of tqdm, drawn every `BAR_SECONDS` at most, and in its last state at the end.

    Parameters
    ----------
    what : str
        What stands before it.
    total : int, optional
        Words in all, if that is known.

    Raises
    ------
    ImportError
        If tqdm is not installed.
    """

    def __init__(self, what: str, total: int | None) -> None:
        self._bar = _tqdm()(
            total=total,
            unit=" words",
            unit_scale=True,
            mininterval=0,  # what is drawn when is decided here
            dynamic_ncols=True,
            desc=what,
        )
        self._next = 0.0
        self._is_drawn = True

    def show(self, n_words: int, total: int | None, what: str, figures: Mapping[str, str]) -> None:
        """Draw this state, unless the last one was drawn a moment ago."""
        self._bar.set_description_str(what, refresh=False)
        self._bar.set_postfix(figures, refresh=False)
        # update() draws only when the count grows; alpha and loss may be all that changed.
        self._bar.n, self._bar.total = n_words, total
        self._is_drawn = time.monotonic() >= self._next
        if self._is_drawn:
            self._bar.refresh()
            self._next = time.monotonic() + BAR_SECONDS

    def end(self) -> None:
        """Draw the last state and end the line."""
        if not self._is_drawn:
            self._is_drawn = True
            self._bar.refresh()
        self._bar.close()


def _tqdm() -> Any:
    try:
        with warnings.catch_warnings():
            # About ipywidgets that a notebook lacks: a bar of characters does there too.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError(
            "progress=True draws its bar with tqdm, which is not installed: "
            "pip install fastsgns[progress]"
        ) from error

    class OwnBar(tqdm):  # type: ignore[type-arg,misc,unused-ignore]
        # tqdm starts a thread that wakes bars up and outlives them; this one is never asleep.
        monitor_interval = 0

        def display(self, *args: Any, **options: Any) -> Any:
            # Of 0 x 0, which terminals say that do not know.
            if (getattr(self, "ncols", 0) or 0) < 0:
                self.ncols, self.nrows = FALLBACK_SIZE
                self.dynamic_ncols = None
            return super().display(*args, **options)

    return OwnBar


class Lines:
    """A line on standard error every `LINE_SECONDS`, and one at the end: a `Bar` for logs."""

    def __init__(self, what: str, total: int | None) -> None:
        self._state: tuple[int, int | None, str, Mapping[str, str]] = 0, total, what, {}
        self._began = time.monotonic()
        self._next = self._began + LINE_SECONDS
        self._is_over = False

    def show(self, n_words: int, total: int | None, what: str, figures: Mapping[str, str]) -> None:
        """Print this state, if it is time to."""
        self._state = n_words, total, what, figures
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + LINE_SECONDS
            self._print()

    def end(self) -> None:
        """Print the last state, once."""
        if not self._is_over:
            self._is_over = True
            self._print()

    def _print(self) -> None:
        n_words, total, what, figures = self._state
        seconds = max(time.monotonic() - self._began, 1e-9)
        parts = [f"{n_words:,} words", f"{n_words / seconds:,.0f} words/s"]
        if total:
            parts.insert(0, f"{100 * n_words / total:.0f}%")
        parts += [f"{name}={value}" for name, value in figures.items()]
        if total and 0 < n_words < total:
            parts.append(f"{seconds * (total - n_words) / n_words:,.0f} s left")
        if sys.stderr is not None:
            print(f"{what}: {', '.join(parts)}", file=sys.stderr, flush=True)  # noqa: T201


def fitting() -> type[Bar] | type[Lines]:
    """Return what is to be shown here: a bar where somebody sees it and tqdm is installed."""
    is_seen = "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())
    return Bar if is_seen and find_spec("tqdm") is not None else Lines


class Shown:
    """What shows how far something is, from its first state until it is closed."""

    _shown: Bar | Lines | None = None

    def close(self) -> None:
        """Leave what is shown as it is and end its line; a second call does nothing."""
        if self._shown is not None:
            self._shown.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class ReadingBar(Shown):
    """One bar for a pass over a corpus: words read, words/s, the time left if it is known."""

    def __init__(self, drawn_by: type[Bar] | type[Lines] = Bar) -> None:
        self._drawn_by = drawn_by

    def update(self, n_words: int, share: float | None = None) -> None:
        """Show how far reading is.

        Parameters
        ----------
        n_words : int
            Words read so far.
        share : float, optional
            What part of the corpus they are, if its length is known.
        """
        if self._shown is None:
            self._shown = self._drawn_by("reading", None)
        self._shown.show(n_words, round(n_words / share) if share else None, "reading", {})


@contextmanager
def showing(is_wanted: bool) -> Iterator[Show | None]:
    """Give what shows how far a pass over a corpus is, if that is wanted."""
    if not is_wanted:
        yield None
        return
    with ReadingBar(fitting()) as bar:
        yield bar.update
