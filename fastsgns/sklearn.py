"""Face: Word2Vec as a transformer of scikit-learn: fit on texts, transform texts to vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from os import PathLike
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

try:
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:
    raise ImportError(
        "fastsgns.sklearn needs scikit-learn: pip install 'scikit-learn>=1.6'"
    ) from error

from fastsgns.corpus.texts import read_texts
from fastsgns.vectors import pooling
from fastsgns.vocabulary import TrimRule
from fastsgns.word2vec import MAX_WORDS_IN_BATCH, Word2Vec

#: Parameters of the transformer that are not those of Word2Vec.
OF_TEXTS = ("weights", "pool", "unknown", "pre_normalize", "remove_common")


class Word2VecTransformer(
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc]
    TransformerMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
):
    """Train word vectors on lists of tokens, and transform such lists to vectors.

    Parameters
    ----------
    vector_size, alpha, window, ... : optional
        All parameters of `Word2Vec`, with its defaults, but for the corpus. A result that can be
        repeated needs `workers=1`.
    weights : None, "idf", "sif" or mapping, default None
        As in `KeyedVectors.transform`, which all of these go to; but the idf is that of the texts
        of `fit`.
    pool : {"mean", "sum", "max"}, default "mean"
    unknown : {"skip", "zero", "error"}, default "skip"
    pre_normalize : bool, default False
    remove_common : bool, default False
        Subtract the projection on the direction that the texts of `fit` have in common.

    Attributes
    ----------
    model_ : Word2Vec
        The trained model; its vectors are ``model_.wv``.
    idf_ : dict of key to float
        With ``weights="idf"``.
    common_ : float32 (vector_size,)
        With `remove_common`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> texts = [["sun", "sea", "sand"], ["code", "bug", "test"]] * 50
    >>> labels = ["beach", "office"] * 50
    >>> words = Word2VecTransformer(vector_size=8, sg=1, sample=0, workers=1, epochs=10)
    >>> pipeline = make_pipeline(words, LogisticRegression()).fit(texts, labels)
    >>> pipeline.predict([["sand", "sun"], ["a", "bug"]]).tolist()
    ['beach', 'office']
    """

    def __init__(
        self,
        vector_size: int = 100,
        alpha: float = 0.025,
        window: int = 5,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        sample: float = 1e-3,
        seed: Any = 1,
        workers: int = 3,
        min_alpha: float = 0.0001,
        sg: int = 0,
        hs: int = 0,
        negative: int = 5,
        ns_exponent: float = 0.75,
        cbow_mean: int = 1,
        hashfxn: Callable[..., Any] = hash,
        epochs: int = 5,
        null_word: int = 0,
        trim_rule: TrimRule | None = None,
        sorted_vocab: int = 1,
        batch_words: int = MAX_WORDS_IN_BATCH,
        compute_loss: bool = False,
        callbacks: Iterable[Any] = (),
        comment: Any = None,
        max_final_vocab: int | None = None,
        shrink_windows: bool = True,
        *,
        kernel: str = "auto",
        shared_negatives: bool | str = "auto",
        progress: bool = False,
        corpus_cache: str = "auto",
        checkpoint: str | PathLike[str] | None = None,
        checkpoint_every: str | float = "epoch",
        weights: Any = None,
        pool: str = "mean",
        unknown: str = "skip",
        pre_normalize: bool = False,
        remove_common: bool = False,
    ) -> None:
        self.vector_size = vector_size
        self.alpha = alpha
        self.window = window
        self.min_count = min_count
        self.max_vocab_size = max_vocab_size
        self.sample = sample
        self.seed = seed
        self.workers = workers
        self.min_alpha = min_alpha
        self.sg = sg
        self.hs = hs
        self.negative = negative
        self.ns_exponent = ns_exponent
        self.cbow_mean = cbow_mean
        self.hashfxn = hashfxn
        self.epochs = epochs
        self.null_word = null_word
        self.trim_rule = trim_rule
        self.sorted_vocab = sorted_vocab
        self.batch_words = batch_words
        self.compute_loss = compute_loss
        self.callbacks = callbacks
        self.comment = comment
        self.max_final_vocab = max_final_vocab
        self.shrink_windows = shrink_windows
        self.kernel = kernel
        self.shared_negatives = shared_negatives
        self.progress = progress
        self.corpus_cache = corpus_cache
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.weights = weights
        self.pool = pool
        self.unknown = unknown
        self.pre_normalize = pre_normalize
        self.remove_common = remove_common

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002, N803 (scikit-learn's)
        """Train a model on texts.

        Parameters
        ----------
        X : iterable of token sequences
            All that `Word2Vec` takes as sentences. An iterator is kept as a list if it is needed
            again, for `idf_` or `common_`.
        y : ignored
        """
        parameters = self.get_params(deep=False)
        of_texts = {name: parameters.pop(name) for name in OF_TEXTS}
        pooling.check_choices(of_texts["pool"], of_texts["unknown"], of_texts["weights"])
        texts = list(X) if isinstance(X, Iterator) else X
        self.model_ = Word2Vec(texts, **parameters)
        del self.model_.corpus  # nobody trains on it again
        self._fit_weights(texts)
        return self

    def _fit_weights(self, texts: Any) -> None:
        """Keep what `transform` needs to know of the texts of `fit`."""
        wv = self.model_.wv
        if isinstance(self.weights, str) and self.weights == "idf":
            read = read_texts(texts, wv.key_to_index, lambda token: wv.get_index(token, -1))
            idf = pooling.inverse_document_frequencies(read, len(wv))
            self.idf_ = dict(zip(wv.index_to_key, idf.tolist(), strict=True))
        if self.remove_common:
            self.common_ = pooling.common_direction(self._pooled(texts))

    def transform(self, X: Any) -> NDArray[np.float32]:  # noqa: N803
        """Return a vector for each text: float32 (n_texts, vector_size).

        Parameters
        ----------
        X : iterable of token sequences, integer arrays, or EncodedCorpus
            As in `KeyedVectors.transform`.
        """
        check_is_fitted(self, "model_")
        return self._pooled(X, self.common_ if self.remove_common else False)

    def _pooled(self, texts: Any, remove_common: Any = False) -> NDArray[np.float32]:
        by_idf = isinstance(self.weights, str) and self.weights == "idf"
        return self.model_.wv.transform(
            texts,
            self.idf_ if by_idf else self.weights,
            self.pool,
            self.unknown,
            pre_normalize=self.pre_normalize,
            remove_common=remove_common,
            workers=self.workers,
        )

    @property
    def _n_features_out(self) -> int:
        """How many columns there are, for `get_feature_names_out`."""
        return self.model_.vector_size

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Texts have as many tokens as they like, of any type.
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.no_validation = True
        tags.non_deterministic = self.workers != 1
        return tags
