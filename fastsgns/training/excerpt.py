"""Engine room: a short text is trained on the rows that it moves, not on all of a large model.

To move weights to padded rows and back, keep them and look through them takes 25 ms for 20,000
words and a second for a million, however short the text is; who trains sentence by sentence, as
they come, pays it each time. Here the rows of the text's words, and of noise for it, are copied
out, trained as a model of their own, and copied back.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastsgns.corpus.training_corpus import CorpusView, RenumberedCorpus
from fastsgns.io.interrupts import deferred
from fastsgns.training.memory import padded_zeros
from fastsgns.training.settings import Settings
from fastsgns.training.snapshot import Matrix
from fastsgns.training.weights import NAMES, PlacedWeights
from fastsgns.vocabulary import HuffmanPaths, Vocabulary, join_paths

#: A text is short when it may move at most this part of the rows. A row costs 0.6 us in an excerpt,
#: and 1 us of a whole model.
MAX_SHARE = 2 / 3

#: And when the excerpt takes no more memory than this, in bytes, or this part of the model's: the
#: memory of training is promised, and a whole model is trained without any beside it.
SMALL_NBYTES, SMALL_SHARE = 64 << 20, 0.05

#: How many words are drawn from the noise distribution for each negative that is going to be taken,
#: if there is room for so many rows, and at least. A negative is one of them at random, so a word's
#: number of times scatters more than it would with draws of their own, around the same mean: its
#: variance is larger by 1 in so many. Measured: see docs/how-it-is-fast.md.
DRAWN_A_NEGATIVE, LEAST_DRAWN_A_NEGATIVE = 4, 2

#: And for a text of hardly any: a pool of draws is never shorter.
MIN_DRAWN = 64

#: Rows that are copied at a time.
N_COPIED = 512

PathsByWord = tuple[NDArray[np.object_], NDArray[np.object_]]


class Excerpt(NamedTuple):
    """A model of the words of a short text, and of those that are noise for it.

    Attributes
    ----------
    settings : Settings
        The model's, resolved with its own number of words.
    vocabulary : Vocabulary
        In the model's order; a word is its row there. Its noise distribution is that of what was
        drawn from the model's.
    corpus : RenumberedCorpus
        The text, in ids of these words.
    rows : dict of str to int64 ndarray, ascending
        Which of the model's rows are the last ones of the excerpt's matrix; what comes before is
        zero. Of nodes there is one less than words: the last row is none.
    """

    settings: Settings
    vocabulary: Vocabulary
    corpus: RenumberedCorpus
    rows: dict[str, NDArray[np.int64]]

    @property
    def n_drawn(self) -> int | None:
        """How many words of noise were drawn."""
        table = self.vocabulary.noise_table
        return None if table is None else int(table[-1])

    def locks(self, locks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what steps of the excerpt's input vectors are multiplied by."""
        return locks[self.rows[NAMES.input_vectors] % len(locks)]

    def places(self, name: str) -> slice:
        """Return where in the excerpt's matrix the model's rows are."""
        end = len(self.vocabulary.words) - (name == NAMES.node_vectors)
        return slice(end - len(self.rows[name]), end)


class PlacedExcerpt(PlacedWeights):
    """The matrices of an excerpt while they are trained; `take_all` puts them into the model's.

    Who looks at the model meanwhile sees what it was before.

    Parameters
    ----------
    excerpt : Excerpt
    matrices : mapping of str to float32 (n_words, vector_size)
        The model's.
    """

    def __init__(self, excerpt: Excerpt, matrices: Mapping[str, Matrix]) -> None:
        super().__init__(
            lambda name: self.views[name],
            lambda *_: None,  # the model's matrices stay where they are
            len(excerpt.vocabulary.words),
            excerpt.settings.vector_size,
            excerpt.settings.stride(),
        )
        self._excerpt, self._matrices = excerpt, matrices
        self.kept_epoch = 0

    def place(self, name: str) -> None:
        """Copy the rows of a matrix to where they are trained."""
        assert self.stride is not None  # noqa: S101 ("blas" has no excerpts)
        rows = padded_zeros(self.n_words, self.stride)
        view = rows[:, : self.vector_size]
        self._copy_from_model(name, view)
        self.rows[name], self.views[name] = rows, view  # what is in views is copied back

    def keep(self, epoch: int, is_read: bool = False) -> None:
        """Keep the weights as they are before an epoch; before the first, the model has them."""
        if epoch > 0:
            super().keep(epoch, is_read)

    def bring_back(self) -> bool:
        """Give the weights the values that were kept."""
        if not super().bring_back():
            with deferred():
                for name, view in self.views.items():
                    self._copy_from_model(name, view)
        return True

    def take_all(self) -> None:
        """Copy what was trained to where it is in the model, all or nothing of it."""
        self._forget()
        with deferred():
            while self.views:
                name, view = self.views.popitem()
                self._copy_to_model(name, view)
            self.rows.clear()

    def _forget(self) -> None:
        super()._forget()
        self.kept_epoch = 0

    def _copy_from_model(self, name: str, view: Matrix) -> None:
        target, rows = view[self._excerpt.places(name)], self._excerpt.rows[name]
        for piece in _pieces(len(rows)):
            target[piece] = self._matrices[name][rows[piece]]

    def _copy_to_model(self, name: str, view: Matrix) -> None:
        source, rows = view[self._excerpt.places(name)], self._excerpt.rows[name]
        for piece in _pieces(len(rows)):
            self._matrices[name][rows[piece]] = source[piece]


def _pieces(n_rows: int) -> Iterator[slice]:
    """Cut rows so that what is copied stays in a core's own cache."""
    for begin in range(0, n_rows, N_COPIED):
        yield slice(begin, begin + N_COPIED)


def can_be_excerpted(
    matrices: Sequence[Any],
    shape: tuple[int, int],
    vocabulary: Vocabulary,
    paths_by_word: Any,
    locks: Any,
) -> bool:
    """Say whether all is as it usually is; else the model is placed whole.

    That says what is wrong, or makes of it what training needs.
    """
    table = vocabulary.noise_table
    return (
        all(_takes_rows_back(matrix, shape) for matrix in matrices)
        and not any(np.may_share_memory(one, other) for one, other in combinations(matrices, 2))
        and isinstance(locks, np.ndarray)
        and locks.ndim == 1
        and len(locks) > 0
        and (vocabulary.keep_thresholds is None or len(vocabulary.keep_thresholds) == shape[0])
        and (table is None or (table[-1] > 0 and bool((table[1:] >= table[:-1]).all())))
        and all(
            isinstance(each, np.ndarray) and each.shape == (shape[0],)
            for each in paths_by_word or ()
        )
    )


def _takes_rows_back(matrix: Any, shape: tuple[int, int]) -> bool:
    if type(matrix) is not np.ndarray or matrix.dtype != np.float32 or matrix.shape != shape:
        return False
    owner: Any = matrix
    while isinstance(owner, np.ndarray) and not isinstance(owner, np.memmap):
        owner = owner.base
    is_of_file = isinstance(owner, np.memmap)  # which is not to be written to
    return matrix.flags.c_contiguous and matrix.flags.writeable and not is_of_file


def n_drawn(
    settings: Settings, n_words: int, n_raw_words: int, n_epochs: int, alpha: float
) -> int | None:
    """Return how many words of noise a short text is trained with; None: it is not short.

    Parameters
    ----------
    settings : Settings
    n_words : int
        Of the vocabulary.
    n_raw_words, n_epochs : int
        Of the text.
    alpha : float
        Of the first job, as for `Settings.shares_negatives`.
    """
    if settings.kernel == "blas":  # trains rows where they are, and draws as gensim does
        return None
    n_negatives = settings.n_negatives(n_words, n_raw_words * n_epochs, alpha)
    path_length = math.log2(n_words) if settings.hierarchical else 0.0  # nearly: see `_filled`
    n_matrices = 1 + bool(settings.negative) + settings.hierarchical
    nbytes_row = 4 * n_matrices * (settings.stride() or 0)
    most = min(MAX_SHARE * n_words, max(SMALL_NBYTES / nbytes_row, SMALL_SHARE * n_words))
    room = int(most - n_raw_words * (1.0 + path_length))
    least, wanted = (
        MIN_DRAWN + each * n_negatives for each in (LEAST_DRAWN_A_NEGATIVE, DRAWN_A_NEGATIVE)
    )
    if not settings.negative:
        least = wanted = 0
    return min(wanted, room) if least <= room else None


def excerpt_of(
    settings: Settings,
    vocabulary: Vocabulary,
    paths_by_word: PathsByWord | None,
    corpus: RenumberedCorpus | CorpusView,
    n_noise: int,
    alpha: float,
    seed: int,
) -> Excerpt:
    """Return what a short text needs of a model.

    Parameters
    ----------
    settings : Settings
    vocabulary : Vocabulary
        Without paths, which would be joined for all words.
    paths_by_word : (codes, nodes) or None
        Each an object ndarray (n_words,) of arrays; None without hierarchical softmax.
    corpus : RenumberedCorpus or CorpusView
    n_noise : int
        As of `n_drawn`.
    alpha : float
        Of the first job.
    seed : int
        Of what is drawn here.
    """
    n_all, text, table = len(vocabulary.words), corpus.in_memory(), vocabulary.noise_table
    own, drawn, noise_table = _different(text.ids), np.zeros(0, np.int64), None
    if table is not None:
        draws = np.random.RandomState(seed).randint(0, int(table[-1]), n_noise, np.int64)
        drawn = np.searchsorted(table, np.sort(draws), "right")  # in order: each is near the last
    paths = None
    if paths_by_word is not None:
        codes, points = paths_by_word
        paths = join_paths(codes[own], points[own])
    nodes = _different(np.zeros(0) if paths is None else paths.nodes)
    words = _filled(_different(np.concatenate([own, drawn])), len(nodes) + 1)
    rows = {NAMES.input_vectors: words}
    if table is not None:
        n_each = np.bincount(np.searchsorted(words, drawn), minlength=len(words))
        noise_table = np.cumsum(n_each).astype(np.uint32)
        rows[NAMES.output_vectors] = words
    if paths is not None:
        rows[NAMES.node_vectors] = nodes
        paths = _renumbered(paths, np.searchsorted(words, own), len(words), nodes)
    thresholds = vocabulary.keep_thresholds
    chosen = Vocabulary(
        words=words.tolist(),
        counts=None,  # no word has copies of its own here
        keep_thresholds=None if thresholds is None else thresholds[words],
        noise_table=noise_table,
        paths=paths,
    )
    ids = np.searchsorted(words, text.ids).astype(np.int32)
    return Excerpt(
        settings._replace(shared_negatives=settings.shares_negatives(n_all, alpha)),
        chosen,
        RenumberedCorpus(ids, text.offsets, text.raw_lengths),
        rows,
    )


def _filled(words: NDArray[np.int64], n_least: int) -> NDArray[np.int64]:
    """Return words and, if they are fewer, the first ones of the vocabulary that are not there."""
    n_missing = max(n_least - len(words), 0)
    others = np.setdiff1d(np.arange(n_least if n_missing else 0), words, assume_unique=True)
    return _different(np.concatenate([words, others[:n_missing]])) if n_missing else words


def _different(numbers: NDArray[Any]) -> NDArray[np.int64]:
    """Return the different ones of some numbers, ascending."""
    ascending = np.sort(numbers).astype(np.int64)
    is_first = np.ones(len(ascending), bool)
    np.not_equal(ascending[1:], ascending[:-1], out=is_first[1:])
    return ascending[is_first]


def _renumbered(
    paths: HuffmanPaths, places: NDArray[np.int64], n_words: int, nodes: NDArray[np.int64]
) -> HuffmanPaths:
    """Return the paths of all words of an excerpt; `paths` are those of the words at `places`."""
    offsets = np.zeros(n_words + 1, np.int64)
    offsets[places + 1] = np.diff(paths.offsets)
    first = n_words - 1 - len(nodes)
    of_excerpt = first + np.searchsorted(nodes, paths.nodes)
    return HuffmanPaths(np.cumsum(offsets), of_excerpt.astype(np.int32), paths.codes)
