"""Tests: what the fast kernels compute, slowly, in float64 NumPy, after the words of draws.h,
window.inc and hidden.inc.

The random numbers are drawn again from job->rng, so one job can be compared number by number.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from harness import Model

Rows = npt.NDArray[np.float64]
MAX_DOT = 6.0
MAX_GROUP, MAX_CHUNK = 8, 5
STRETCH, REPEATS = 32, 8  # of draws.h
MASK_32, MASK_64 = (1 << 32) - 1, (1 << 64) - 1


def splitmix64(state: int) -> tuple[int, int]:
    """(next state, number)."""
    state = (state + 0x9E3779B97F4A7C15) & MASK_64
    mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK_64
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK_64
    return state, mixed ^ (mixed >> 31)


def draw(key: int, index: int) -> int:
    mixed = ((index * 0x9E3779B9) & MASK_32) ^ (key & MASK_32)
    mixed = ((mixed ^ (mixed >> 16)) * 0x85EBCA6B) & MASK_32
    mixed ^= key >> 32
    mixed = ((mixed ^ (mixed >> 13)) * 0xC2B2AE35) & MASK_32
    return mixed ^ (mixed >> 16)


def even_parts(n: int, longest: int) -> list[slice]:
    """0..n in as few parts of at most `longest` as possible, the first ones longer by one."""
    n_parts = -(-n // longest)
    lengths = [n // n_parts + (part < n % n_parts) for part in range(n_parts)]
    ends = np.cumsum(lengths)
    return [slice(end - length, end) for end, length in zip(ends, lengths, strict=True)]


class Reference:
    """Float64 twins of a model's weights, and the tallies of the jobs run."""

    def __init__(self, model: Model) -> None:
        self.model = model
        size = model.vector_size
        self.inputs = model.input_vectors[:, :size].astype(np.float64)
        self.outputs = self.nodes = np.zeros((0, size))
        if model.output_vectors is not None:
            self.outputs = model.output_vectors[:, :size].astype(np.float64)
        if model.node_vectors is not None:
            self.nodes = model.node_vectors[:, :size].astype(np.float64)
        self.loss, self.n_pairs, self.n_effective = 0.0, 0, 0
        self.largest_dot = 0.0

    # ---- draws

    def centers(self, ids: Any, offsets: Any, rng: int) -> Iterator[tuple[int, list[int]]]:
        """(center word, context words) of every center with a context; leaves the pool's start."""
        model = self.model
        state, keep_key = splitmix64(rng)
        state, window_key = splitmix64(state)
        self.pool_start, self.n_drawn = splitmix64(state)[1] % model.n_pool, 0
        n_tokens = n_kept = 0
        for start, end in itertools.pairwise(offsets):
            kept = []
            for word in ids[start:end]:
                kept += [int(word)] if model.keep[word] >= draw(keep_key, n_tokens) else []
                n_tokens += 1
            self.n_effective += len(kept)
            for i, word in enumerate(kept):
                reach = model.window
                if model.shrink_windows:
                    reach -= draw(window_key, n_kept + i) * model.window >> 32
                context = kept[max(0, i - reach) : i] + kept[i + 1 : i + 1 + reach]
                if context:
                    yield word, context
            n_kept += len(kept)

    def negatives(self) -> list[int]:
        """Those of the next pair or center."""
        model, turn = self.model, self.n_drawn
        self.n_drawn += 1
        if model.shared and not model.skip_gram:
            turn = turn // (STRETCH * REPEATS) * STRETCH + turn % STRETCH
        places = self.pool_start + turn * model.negative + np.arange(model.negative)
        found: list[int] = model.pool[places % model.n_pool].tolist()
        return found

    def steps(self, center: int) -> Iterator[list[tuple[Rows, int, float, float]]]:
        """(matrix, row, label, whether it moves) of path nodes, then of center word and new
        negatives."""
        model = self.model
        if model.hs:
            offsets, nodes, codes = model.paths
            path = range(offsets[center], offsets[center + 1])
            yield [(self.nodes, int(nodes[i]), 1.0 - codes[i], 1.0) for i in path]
        if model.negative:
            found = [(self.outputs, center, 1.0, 1.0)]
            for word in self.negatives():
                found.append((self.outputs, word, 0.0, float(word != center)))
            yield found

    # ---- arithmetic

    def sigmoid(self, dots: Rows, labels: Rows, counted: Rows) -> tuple[Rows, Rows]:
        """(sigma, 1 where a dot is not too large); adds to the loss."""
        self.largest_dot = max(self.largest_dot, float(np.abs(dots).max(initial=0.0)))
        self.loss += float((np.logaddexp(0.0, np.where(labels > 0, -dots, dots)) * counted).sum())
        return np.exp(-np.logaddexp(0.0, -dots)), (np.abs(dots) < MAX_DOT).astype(np.float64)

    def locks(self, words: Any) -> Rows:
        picked: Rows = self.model.locks[np.asarray(words) % len(self.model.locks)]
        return picked.astype(np.float64)

    def run(self, ids: Any, offsets: Any, rng: int, alpha: float) -> None:
        alpha = float(np.float32(alpha))
        for center, context in self.centers(ids, offsets, rng):
            if not self.model.skip_gram:
                self.n_pairs += 1
                for targets in self.steps(center):
                    self.train_cbow(context, targets, alpha)
                continue
            self.n_pairs += len(context)
            if self.model.shared:
                for targets in self.steps(center):
                    for part in even_parts(len(context), MAX_CHUNK):
                        self.train_chunk(context[part], targets, alpha)
                continue
            for word in context:
                for targets in self.steps(center):
                    moves = self.train_hidden(self.inputs[word].copy(), targets, alpha)
                    self.inputs[word] += self.locks(word) * moves

    def train_cbow(self, context: list[int], targets: Any, alpha: float) -> None:
        share = 1.0 / len(context)
        factor = share if self.model.cbow_mean else 1.0
        hidden = factor * self.inputs[context].sum(axis=0)
        moves = self.train_hidden(hidden, targets, alpha)
        for word in context:
            scale = 1.0 if self.model.cbow_mean else share
            self.inputs[word] += self.locks(word) * scale * moves

    def train_hidden(self, hidden: Rows, targets: Any, alpha: float) -> Rows:
        """hidden.inc: all dots first, then target by target; returns the hidden vector's move."""
        if not targets:
            return np.zeros_like(hidden)
        dots = np.array([matrix[row] @ hidden for matrix, row, _, _ in targets])
        labels = np.array([label for _, _, label, _ in targets])
        active = np.array([moves for _, _, _, moves in targets])
        sigma, is_small = self.sigmoid(dots, labels, active)
        coefficients = alpha * active * is_small * (labels - sigma)
        move = np.zeros_like(hidden)
        for g, (matrix, row, _, _) in zip(coefficients, targets, strict=True):
            move += g * matrix[row]
            matrix[row] += g * hidden
        return move

    def train_chunk(self, words: list[int], targets: Any, alpha: float) -> None:
        """window.inc: dots of a chunk, corrected coefficients, one update in order."""
        if not targets:
            return
        rows = self.inputs[words].copy()
        matrix_rows = np.array([matrix[row] for matrix, row, _, _ in targets])
        labels = np.array([label for _, _, label, _ in targets])
        active = np.array([moves for _, _, _, moves in targets])
        keys = [(matrix is self.outputs, row) for matrix, row, _, _ in targets]
        rates = alpha * active
        for t, key in enumerate(keys):
            if active[t] and keys.index(key) < t:
                rates[keys.index(key)] += rates[t]
                rates[t] = 0.0
        moves = self.corrected(rows @ matrix_rows.T, rows @ rows.T, labels, rates, active)
        saved = self.inputs[words].copy()
        groups = even_parts(len(targets), MAX_GROUP)
        for group in groups:
            held = [targets[t][0][targets[t][1]].copy() for t in range(group.start, group.stop)]
            for m, word in enumerate(words):
                moved = self.inputs[word].copy()
                old = saved[m] if len(groups) > 1 else moved.copy()
                for slot, t in enumerate(range(group.start, group.stop)):
                    moved += moves[m, t] * held[slot]
                    held[slot] += moves[m, t] * old
                self.inputs[word] = moved
            for slot in reversed(range(len(held))):
                matrix, row, _, _ = targets[group.start + slot]
                matrix[row] = held[slot]
        for word in set(words):
            m = words.index(word)
            self.inputs[word] = saved[m] + self.locks(word) * (self.inputs[word] - saved[m])

    def corrected(self, dots: Rows, gram: Rows, labels: Rows, rates: Rows, active: Rows) -> Rows:
        high, low = rates * labels, rates * labels - rates
        sigma, is_small = self.sigmoid(dots, labels, active)
        raw, slopes = is_small * rates * (labels - sigma), is_small * rates * sigma * (1 - sigma)
        moves = raw.copy()
        for m in range(1, len(dots)):
            shift = gram[m, :m] @ moves[:m]
            moves[m] = np.clip(raw[m] - slopes[m] * shift, low, high)
        return moves
