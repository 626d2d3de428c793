"""The slow reference: word2vec as gensim defines it, in plain Python and NumPy; the specification.

It imports nothing of fastsgns. It follows the derivation, a section a step: counts become an
ordered vocabulary, a noise distribution and a Huffman tree; the corpus becomes jobs, each with its
learning rate; a job becomes examples (a hidden vector h and a word to predict); an example becomes
labelled scores (of noise words, of tree nodes); a score becomes a gradient step on log sigma.

Each number that decides a bit is float32, uint32 or float64 where it says so. Rows are multiplied
and added by the BLAS that SciPy brings, because the order of a sum is part of its last bit: the
kernel "blas" calls the same routines, so that the two can be compared with ==.

Sources: Mikolov et al. 2013a (arXiv:1301.3781) and 2013b (arXiv:1310.4546), Goldberg & Levy 2014
(arXiv:1402.3722); schedule and random streams are those of gensim 4.4 with workers=1, found by
running it. With the same dot product it is bit-equal to gensim: see test_reference.py.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import saxpy, sdot, sscal

Sentence = Sequence[Any]
Row = NDArray[np.float32]
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Parameters:
    """The constructor parameters that decide a weight with one worker: gensim's defaults."""

    vector_size: int = 100
    alpha: float = 0.025
    window: int = 5
    min_count: int = 5
    sample: float = 1e-3
    seed: int = 1
    min_alpha: float = 1e-4
    sg: int = 0
    hs: int = 0
    negative: int = 5
    ns_exponent: float = 0.75
    cbow_mean: int = 1
    epochs: int = 5
    null_word: int = 0
    sorted_vocab: int = 1
    batch_words: int = 10_000
    compute_loss: bool = False
    shrink_windows: bool = True


# ---- 1. Vocabulary: which words, in which order, kept how often ----------------------------------


@dataclass
class Vocabulary:
    """Words in index order, with what training needs to know of each."""

    index_to_key: list[Any]
    counts: list[int]
    sample_int: list[int]  # a token is dropped when this is < a 32-bit draw

    def encode(self, sentences: Sequence[Sentence]) -> list[list[int]]:
        """Return the sentences as word ids; unknown words vanish, and windows close over them."""
        ids = {word: index for index, word in enumerate(self.index_to_key)}
        return [[ids[word] for word in sentence if word in ids] for sentence in sentences]


def keep_threshold(count: int, n_tokens: int, sample: float) -> int:
    """Return p (2^32 - 1), p = (sqrt(f / s) + 1) s / f: word2vec.c's form of 2013b, section 2.3."""
    if sample == 0:
        threshold: float = n_tokens  # p >= 1 for every word
    elif sample < 1:
        threshold = sample * n_tokens
    else:  # an absolute count: words seen up to about `sample` times are always kept
        threshold = int(sample * (3 + math.sqrt(5)) / 2)
    keep = (math.sqrt(count / threshold) + 1) * (threshold / count)
    return int(min(keep, 1.0) * (2**32 - 1))


def build_vocabulary(sentences: Sequence[Sentence], params: Parameters) -> Vocabulary:
    """Count, drop rare words, order by falling count; of a tie, the one seen LAST comes first."""
    counts = Counter(word for sentence in sentences for word in sentence)  # in first-seen order
    kept = [(word, count) for word, count in counts.items() if count >= params.min_count]
    n_tokens = sum(count for _, count in kept)
    entries = [(word, n, keep_threshold(n, n_tokens, params.sample)) for word, n in kept]
    if params.null_word:
        entries.append(("\0", 1, 0))  # seen last of all: the first of the words with count 1
    if params.sorted_vocab:
        entries.reverse()
        entries.sort(key=lambda entry: -entry[1])  # stable
    return Vocabulary(*([entry[part] for entry in entries] for part in range(3)))


def noise_table(counts: Sequence[int], exponent: float) -> list[int]:
    """Return the cumulated noise distribution, P(w) ~ count^exponent (2013b, 2.2), times 2^31 - 1.

    Sums run in float64 in index order; round() is Python's, half to even.
    """
    cumulated = list(accumulate(float(count) ** exponent for count in counts))
    return [round(part / cumulated[-1] * (2**31 - 1)) for part in cumulated]


class _Node:
    """A leaf (index < V) or inner node of the Huffman tree; a heap of them compares counts only."""

    def __init__(self, count: int, index: int, children: tuple[_Node, ...] = ()) -> None:
        self.count, self.index, self.children = count, index, children

    def __lt__(self, other: _Node) -> bool:
        return self.count < other.count


def huffman_paths(counts: Sequence[int]) -> tuple[list[list[int]], list[list[int]]]:
    """Return each word's (codes, points): the branch taken at each inner node, from the root on."""
    n_words = len(counts)
    heap = [_Node(count, index) for index, count in enumerate(counts)]
    heapq.heapify(heap)
    for merge in range(n_words - 1):
        left, right = heapq.heappop(heap), heapq.heappop(heap)
        heapq.heappush(heap, _Node(left.count + right.count, n_words + merge, (left, right)))
    codes: list[list[int]] = [[] for _ in counts]
    points: list[list[int]] = [[] for _ in counts]

    def walk(node: _Node, code: list[int], point: list[int]) -> None:
        if node.index < n_words:
            codes[node.index], points[node.index] = code, point
        for branch, child in enumerate(node.children):
            walk(child, [*code, branch], [*point, node.index - n_words])

    walk(heap[0], [], [])
    return codes, points


def initial_vectors(n_words: int, vector_size: int, seed: int) -> Matrix:
    """Return the input vectors, uniform in [-1, 1) / vector_size; all other rows begin at zero."""
    vectors = np.random.default_rng(seed).random((n_words, vector_size), dtype=np.float32)
    return (vectors * np.float32(2) - np.float32(1)) / np.float32(vector_size)


# ---- 2. Schedule: which sentences make a job, and how fast it learns -----------------------------


def plan_jobs(raw_lengths: Sequence[int], batch_words: int) -> Iterator[tuple[int, int]]:
    """Yield each job's sentences, first and stop: as many as fit into batch_words raw words.

    A longer sentence is a job of its own; if it is the first of all, an empty job goes before it,
    which trains nothing, but takes two numbers from the model's random stream.
    """
    first, n_words = 0, 0
    for sentence, length in enumerate(raw_lengths):
        if n_words + length > batch_words:
            yield first, sentence
            first, n_words = sentence, 0
        n_words += length
    if first < len(raw_lengths):
        yield first, len(raw_lengths)


@dataclass(frozen=True)
class Decay:
    """The learning rate: linear in the share of all epochs that was handed out BEFORE a job.

    Shares count sentences when total_examples is given, else raw words.
    """

    start: float
    end: float
    epochs: int
    total_examples: int | None
    total_words: int | None

    def alpha(self, epoch: int, n_sentences: int, n_words: int) -> float:
        """Return the rate after n_sentences, n_words of this epoch (0-based)."""
        if self.total_examples:
            share = n_sentences / self.total_examples
        else:
            share = n_words / (self.total_words or 1)
        progress = (epoch + share) / self.epochs
        return max(self.end, self.start - (self.start - self.end) * progress)


# ---- 3. Randomness inside a job ------------------------------------------------------------------


class JobRandom:
    """word2vec.c's 48-bit generator; a draw is the state's upper 32 bits, before the step."""

    def __init__(self, high: int, low: int) -> None:
        self.state = 2**24 * high + low

    def draw(self) -> int:
        drawn = self.state >> 16
        self.state = (self.state * 25214903917 + 11) & (2**48 - 1)
        return drawn


# ---- 4. The sigmoid, from a table ----------------------------------------------------------------

SIGMOID_MAX_X = 6.0  # from here on there is no entry, and a score is SKIPPED, not clamped
SIGMOID_TABLE_SIZE = 1000
SIGMOID_SCALE = 83.0  # not 1000 / 12 = 83.33: gensim divides integers


def _sigmoid_entry(i: int) -> np.float32:
    x = (float(np.float32(i) / np.float32(SIGMOID_TABLE_SIZE)) * 2.0 - 1.0) * SIGMOID_MAX_X
    exp_x = float(np.float32(math.exp(x)))
    return np.float32(exp_x / (exp_x + 1.0))


SIGMOID_TABLE = [_sigmoid_entry(i) for i in range(SIGMOID_TABLE_SIZE)]
LOG_SIGMOID_TABLE = [np.float32(math.log(sigmoid)) for sigmoid in SIGMOID_TABLE]


def sigmoid_slot(x: np.float32) -> int:
    """Return the entry of x, |x| < 6, in the tables.

    In float64: a float32 sum would lose an x between -2.4e-7 and 0, and give it the entry of 0.
    """
    return int((float(x) + SIGMOID_MAX_X) * SIGMOID_SCALE)


# ---- 5. The model: examples, labelled scores, gradient steps -------------------------------------


@dataclass
class EpochTally:
    """What one pass over the corpus did."""

    raw_words: int
    effective_words: int = 0  # left after unknown words and subsampling
    pairs: int = 0  # (center, context) of skip-gram, centers of CBOW
    loss: float = 0.0  # sum of -log sigma, in float64 and in order of computation; skipped: 0
    alphas: list[float] = field(default_factory=list)  # of each job


#: Scores h with what predicts a word, moves it, and returns the step that h should take.
Objective = Callable[[Row, int, np.float32], Row]


class ReferenceModel:
    """A model built on a corpus; `train` may be called again and again, as gensim's."""

    def __init__(self, sentences: Sequence[Sentence], **parameters: Any) -> None:
        self.params = params = Parameters(**parameters)
        self.corpus_count = len(sentences)
        self.vocabulary = vocabulary = build_vocabulary(sentences, params)
        self.index_to_key, self.counts = vocabulary.index_to_key, vocabulary.counts
        self.sample_int = vocabulary.sample_int
        n_words, size = len(self.counts), params.vector_size
        self.vectors = initial_vectors(n_words, size, params.seed)
        self.vectors_lockf = np.ones(1, dtype=np.float32)
        self.objectives: list[Objective] = []  # in this order, each a full step
        if params.hs:
            self.codes, self.points = huffman_paths(self.counts)
            self.syn1 = np.zeros((n_words, size), dtype=np.float32)
            self.objectives.append(self._predict_by_tree)
        if params.negative:
            self.cum_table = noise_table(self.counts, params.ns_exponent)
            self.syn1neg = np.zeros((n_words, size), dtype=np.float32)
            self.objectives.append(self._predict_by_negatives)
        self.random = np.random.RandomState(params.seed)
        self.epochs: list[EpochTally] = []

    @property
    def loss(self) -> float:
        """Loss of all epochs so far."""
        return sum(epoch.loss for epoch in self.epochs)

    def train(
        self,
        sentences: Sequence[Sentence],
        *,
        epochs: int | None = None,
        start_alpha: float | None = None,
        end_alpha: float | None = None,
        total_examples: int | None = None,
        total_words: int | None = None,
    ) -> tuple[int, int]:
        """Go over the sentences `epochs` times; return (effective words, raw words)."""
        n_epochs = self.params.epochs if epochs is None else epochs
        start = self.params.alpha if start_alpha is None else start_alpha
        end = self.params.min_alpha if end_alpha is None else end_alpha
        if total_examples is None and total_words is None:
            total_examples = self.corpus_count
        decay = Decay(start, end, n_epochs, total_examples, total_words)
        raw_lengths = [len(sentence) for sentence in sentences]
        encoded = self.vocabulary.encode(sentences)
        for epoch in range(n_epochs):
            self.epochs.append(EpochTally(raw_words=sum(raw_lengths)))
            for first, stop in plan_jobs(raw_lengths, self.params.batch_words):
                alpha = decay.alpha(epoch, first, sum(raw_lengths[:first]))
                self.epochs[-1].alphas.append(alpha)
                self._train_job(encoded[first:stop], np.float32(alpha))
        done = self.epochs[len(self.epochs) - n_epochs :]
        return sum(e.effective_words for e in done), sum(e.raw_words for e in done)

    def _train_job(self, sentences: list[list[int]], alpha: np.float32) -> None:
        """Thin out the sentences, draw the windows of all tokens left, train on every center."""
        params = self.params
        if params.negative or params.sample:
            high, low = (int(self.random.randint(0, 2**24)) for _ in range(2))
            self._rng = rng = JobRandom(high, low)
        if params.sample:
            keep = self.sample_int
            sentences = [[w for w in words if keep[w] >= rng.draw()] for words in sentences]
        n_tokens = sum(map(len, sentences))
        self.epochs[-1].effective_words += n_tokens
        cuts = iter([0] * n_tokens)
        if params.shrink_windows:
            cuts = iter(self.random.randint(0, params.window, n_tokens).tolist())
        train_center = self._train_skip_gram if params.sg else self._train_cbow
        for words in sentences:
            for i, center in enumerate(words):
                reach = params.window - next(cuts)
                contexts = words[max(0, i - reach) : i] + words[i + 1 : i + 1 + reach]
                train_center(center, contexts, alpha)

    def _train_skip_gram(self, center: int, contexts: list[int], alpha: np.float32) -> None:
        """Predict the center from each context alone.

        So the CONTEXT's input vector is h, as in word2vec.c; over a corpus it is the same.
        """
        for context in contexts:
            self.epochs[-1].pairs += 1
            for predict in self.objectives:
                self._move_input(context, predict(self.vectors[context], center, alpha))

    def _train_cbow(self, center: int, contexts: list[int], alpha: np.float32) -> None:
        """Predict the center from the mean, or the sum, of its contexts' input vectors.

        Each context moves by the whole step of a mean, and by its share of the step of a sum:
        gensim's rule, and not the gradient's. Without contexts h is 0: scored, but nothing moves.
        """
        self.epochs[-1].pairs += 1
        share = np.float32(1) / np.float32(max(len(contexts), 1))
        for predict in self.objectives:
            h = np.zeros(self.params.vector_size, dtype=np.float32)
            for context in contexts:
                saxpy(self.vectors[context], h)
            if self.params.cbow_mean:
                sscal(share, h)
            step = predict(h, center, alpha)
            if not self.params.cbow_mean:
                sscal(share, step)
            for context in contexts:
                self._move_input(context, step)

    def _predict_by_tree(self, h: Row, word: int, alpha: np.float32) -> Row:
        """Score the inner nodes on the word's path: p(word | h) = prod sigma((1 - 2 code) h.n)."""
        step = np.zeros_like(h)
        for node, code in zip(self.points[word], self.codes[word], strict=True):
            self._score(h, self.syn1[node], 1 - code, alpha, step)
        return step

    def _predict_by_negatives(self, h: Row, word: int, alpha: np.float32) -> Row:
        """Score the word (label 1) and `negative` noise words (label 0); a draw of it is void."""
        step = np.zeros_like(h)
        self._score(h, self.syn1neg[word], 1, alpha, step)
        for _ in range(self.params.negative):
            noise = bisect_left(self.cum_table, self._rng.draw() % self.cum_table[-1])
            if noise != word:
                self._score(h, self.syn1neg[noise], 0, alpha, step)
        return step

    def _score(self, h: Row, row: Row, label: int, alpha: np.float32, step: Row) -> None:
        """Climb label log sigma(x) + (1 - label) log sigma(-x), x = h.row: d/dx = label - sigma(x).

        Moves `row` and adds to `step`, in place; h waits until all its scores are done.
        """
        x = np.float32(sdot(h, row))
        if not -SIGMOID_MAX_X < x < SIGMOID_MAX_X:
            return
        gradient = (np.float32(label) - SIGMOID_TABLE[sigmoid_slot(x)]) * alpha
        saxpy(row, step, a=gradient)
        saxpy(h, row, a=gradient)
        if self.params.compute_loss:
            log_sigma = LOG_SIGMOID_TABLE[sigmoid_slot(x if label else -x)]
            self.epochs[-1].loss -= float(log_sigma)

    def _move_input(self, word: int, step: Row) -> None:
        lock = self.vectors_lockf[word % len(self.vectors_lockf)]
        saxpy(step, self.vectors[word], a=lock)


def train(sentences: Sequence[Sentence], **parameters: Any) -> ReferenceModel:
    """Build and train, as `Word2Vec(sentences, workers=1, ...)` does."""
    model = ReferenceModel(sentences, **parameters)
    model.train(sentences)
    return model
