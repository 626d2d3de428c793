"""Engine room: what is raised for a file whose content cannot be right."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from fastsgns.io.interrupts import pass_on


class FormatError(ValueError):
    """The content of a file is not what it should be; the message names the file and the place."""


class TruncatedFileError(FormatError, EOFError):
    """A file ends before what it announces. An EOFError too, because that is what gensim raises."""


class WrongClassError(FormatError, AttributeError):
    """A file holds something else than what is loaded.

    An AttributeError too, because that is what gensim raises.
    """


class NoSuchSourceError(FileNotFoundError, TypeError, ValueError):
    """There is no such file, folder, or file that a pattern matches.

    A TypeError too, because that is what gensim raises for `corpus_file`, and a ValueError, because
    it raises that for the source of a `PathLineSentences`.
    """

    def __init__(self, what: str, given: object) -> None:
        super().__init__(errno.ENOENT, what, given)


class UndecodableTextError(FormatError, UnicodeDecodeError):
    """Bytes of a file are not text in the given encoding.

    A UnicodeDecodeError too, because that is what gensim raises.
    """

    def __init__(self, path: object, place: str, cause: UnicodeDecodeError) -> None:
        UnicodeDecodeError.__init__(
            self,
            cause.encoding,
            cause.object,
            cause.start,
            cause.end,
            f"{cause.reason} ({path}: {place})",
        )


def is_of_system(error: BaseException | None) -> bool:
    """Say whether an error is what the system says of a file, not what its content causes.

    Codecs raise OSError for damaged content, without a number; the system has one for places before
    the begin of a file, which come from its content.
    """
    return getattr(error, "errno", None) not in (None, errno.EINVAL)


@contextlib.contextmanager
def damage_of(place: object) -> Iterator[None]:
    """Make what the content of a file causes one FormatError that names it.

    The outermost place of each reader: damaged content fails in as many ways as there are codecs
    and parsers. What the system says of a file (it is missing, the disk fails) stays an OSError.
    """
    try:
        yield
    except (FormatError, ImportError, Warning):
        raise
    except MemoryError as error:
        error.add_note(f"while {place} was read")
        raise
    except EOFError as error:
        raise TruncatedFileError(f"{place}: ends early: {error}") from error
    except Exception as error:
        pass_on(error)
        if is_of_system(error):
            raise
        raise FormatError(f"{place}: damaged: {type(error).__name__}: {error}") from error


class OtherModelError(FormatError):
    """A file holds a model of gensim's that has no class here, FastText or Doc2Vec."""
