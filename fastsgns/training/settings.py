"""Engine room: what one run of training needs to know of a model's parameters."""

from __future__ import annotations

import math
from typing import NamedTuple

#: Where shared_negatives="auto" shares. Judgement from quality runs, not fitted.
SHARED_MIN_WORDS = 10_000
SHARED_MAX_ALPHA = 0.05
SHARED_MAX_WINDOW = 10


class Settings(NamedTuple):
    """The parameters of a model that its kernels and objectives ask for, checked and resolved.

    Attributes
    ----------
    kernel : str
        One that runs here: never "auto".
    vector_size, window, negative, workers : int
        `negative` is 0 without negative sampling.
    skip_gram, hierarchical, cbow_mean, shrink_windows, compute_loss : bool
    shared_negatives : True, False or "auto"
    """

    kernel: str
    vector_size: int
    window: int
    negative: int
    workers: int
    skip_gram: bool
    hierarchical: bool
    cbow_mean: bool
    shrink_windows: bool
    compute_loss: bool
    shared_negatives: bool | str

    def shares_negatives(self, n_words: int, alpha: float) -> bool:
        """Say whether the pairs of a center (skip-gram), or centers (CBOW), share their negatives.

        "auto" shares where it was measured to cost nothing: small vocabularies (Cora walks: -0.7
        micro-F1) and high learning rates do better with negatives of their own.
        """
        if self.shared_negatives != "auto":
            return bool(self.shared_negatives)
        return bool(
            n_words >= SHARED_MIN_WORDS
            and alpha <= SHARED_MAX_ALPHA
            and self.window <= SHARED_MAX_WINDOW
        )

    def n_negatives(self, n_words: int, n_tokens: int, alpha: float) -> int:
        """Return how many negatives so many tokens take, nearly: of all their epochs."""
        is_pairwise = self.skip_gram and not self.shares_negatives(n_words, alpha)
        return math.ceil(n_tokens * self.negative * (self.n_contexts() if is_pairwise else 1.0))

    def n_contexts(self) -> float:
        """Return how many contexts a center has on average, away from the ends of sentences."""
        return self.window + 1.0 if self.shrink_windows else 2.0 * self.window

    def stride(self) -> int | None:
        """Return how many floats apart rows are for the kernel; None: as they are."""
        from fastsgns._core import row_stride

        return None if self.kernel == "blas" else row_stride(self.kernel, self.vector_size)
