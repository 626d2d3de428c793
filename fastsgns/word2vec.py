"""Face: Word2Vec, in gensim's shape.

The state of a model is in its attributes, under gensim's names. A method checks, makes the values
that a room wants (`_settings`, `_vocabulary`, `_weights`), calls it, and puts what comes back in
its place. Methods call each other by gensim's public names, which a subclass may override.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import logging
import os
import threading
import time
import warnings
from abc import ABCMeta
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from inspect import signature
from operator import index as as_index
from typing import IO, TYPE_CHECKING, Any, NoReturn, Self, cast

import numpy as np
from numpy.typing import NDArray

from fastsgns import _hooks, _params, training, vocabulary
from fastsgns._atomic import all_or_nothing, changes_all_or_nothing
from fastsgns._lifecycle import noted_event, put_slots, slots_of
from fastsgns._old_names import knowing_other_names, missing
from fastsgns._shown import shown
from fastsgns._warning import warn
from fastsgns.callbacks import STOP
from fastsgns.corpus import (
    CorpusView,
    EncodedCorpus,
    RenumberedCorpus,
    ScannedCorpus,
    SentenceBatches,
    TrainingCorpus,
    encode,
    fingerprint,
    given_corpus,
    known_ids,
    renumber,
    scan,
)
from fastsgns.corpus.free_memory import give_back, refuse_beyond_free
from fastsgns.corpus.progress import fitting, showing
from fastsgns.corpus.scanning import log_progress, warn_of_long_sentence
from fastsgns.corpus.sentences import (
    MAX_SENTENCE_LENGTH,
    BrownCorpus,
    LineSentence,
    PathLineSentences,
    Text8Corpus,
    as_sentences,
)
from fastsgns.io.errors import FormatError, OtherModelError, damage_of
from fastsgns.io.interrupts import deferred
from fastsgns.io.settable import BOOKKEEPING, is_settable
from fastsgns.keyedvectors import REAL, KeyedVectors, Vocab, pseudorandom_weak_vector
from fastsgns.training import Settings, TrainingDiverged, Weights
from fastsgns.utils import call_on_class_only
from fastsgns.vectors.edits import draw_vectors
from fastsgns.vocabulary import (
    RULE_DEFAULT,
    RULE_DISCARD,
    RULE_KEEP,
    TrimRule,
    Vocabulary,
    WordCounts,
)

if TYPE_CHECKING:
    from fastsgns.io.model_file import StoredModel
    from fastsgns.training.progress import TrainingBar

__all__ = [
    "CORPUSFILE_VERSION",
    "FAST_VERSION",
    "MAX_WORDS_IN_BATCH",
    "REAL",
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "BrownCorpus",
    "EncodedCorpus",
    "KeyedVectors",
    "LineSentence",
    "PathLineSentences",
    "Text8Corpus",
    "TrainingDiverged",
    "Vocab",
    "Word2Vec",
    "pseudorandom_weak_vector",
]

logger = logging.getLogger(__name__)

#: The default of `batch_words`. differs from gensim: it is no limit, larger jobs lose no words.
MAX_WORDS_IN_BATCH = MAX_SENTENCE_LENGTH

#: What programs read to see whether gensim's training is compiled: -1 says no, 1 that it is.
FAST_VERSION = 1
CORPUSFILE_VERSION = 1


#: Attributes of a model that go into no file, or in another way.
_NOT_SAVED = frozenset(
    {
        *BOOKKEEPING,
        "_built_from",
        "_checkpoint",
        "_consumed",
        "_corpus_keys",
        "_counted",
        "_kernel_used",
        "_scans",
        "_trained_epochs",
        "_trainer",
        "_under_way",
        "_unfinished",
        "_why_empty",
        "corpus",
        "hashfxn",
        "load",
        "wv",
    }
)


class Word2Vec(metaclass=ABCMeta):  # patch_gensim registers gensim's own
    r"""Train word vectors by skip-gram or CBOW, with negative sampling or hierarchical softmax.

    Give sentences (or a file) to train at once; without them, call `build_vocab` and `train`.

    Parameters
    ----------
    sentences : iterable of lists of str, optional
        Consumed once, so a generator trains all epochs too. Tokens may be any hashable.
    corpus_file : str or path, optional
        Text with one sentence a line instead of `sentences`: a file, compressed or not, a folder, a
        pattern such as ``texts/*.gz``, or a pipe. Read on `workers` threads; see `build_vocab`.
    vector_size : int, default 100
        Dimensions of the vectors, >= 1.
    alpha : float, default 0.025
        The learning rate at the start.
    window : int, default 5
        How far a context word may be from the center word, >= 1.
    min_count : int, default 5
        Words seen less often are dropped.
    max_vocab_size : int, optional
        Bounds the words that are counted at a time: rare ones are forgotten whenever there are
        more. Each takes some 80 bytes of memory until the corpus has been read.
    sample : float, default 1e-3
        Frequent words are dropped at random: the share of the text above which a word counts as
        frequent; 0 is off, 1 or more an absolute count.
    seed : int, default 1
        With `workers=1`, the same corpus, parameters and seed give the same vectors to the bit
        (a later `train` of a short text draws other noise with callbacks or a checkpoint).
    workers : int, default 3
        Threads; -1 for all cores.
    min_alpha : float, default 1e-4
        The learning rate at the end; it falls linearly.
    sg : {0, 1}, default 0
        1: skip-gram, 0: CBOW.
    hs : {0, 1}, default 0
        1: train by hierarchical softmax.
    negative : int, default 5
        Negatives drawn for each pair; 0: no negative sampling.
    ns_exponent : float, default 0.75
        Negatives are drawn proportionally to count ** ns_exponent.
    cbow_mean : {0, 1}, default 1
        CBOW: 1 takes the mean of the context vectors, 0 their sum.
    hashfxn : callable
        Kept as an attribute for gensim's sake; it changes nothing.
    epochs : int, default 5
        How often training goes over the corpus.
    null_word : {0, 1}, default 0
        1 adds the word "\0" to the vocabulary.
    trim_rule : callable, optional
        (word, count, min_count) -> RULE_DEFAULT, RULE_DISCARD or RULE_KEEP.
    sorted_vocab : {0, 1}, default 1
        1 orders words by descending count, 0 by first sight.
    batch_words : int, default 10000
        Raw words a job.
    compute_loss : bool, default False
        Compute the training loss: `get_latest_training_loss`, `history`.
    callbacks : iterable of CallbackAny2Vec, default ()
        Called around training and its epochs.
    comment : optional
        Kept as an attribute.
    max_final_vocab : int, optional
        Raises min_count until at most so many words remain.
    shrink_windows : bool, default True
        Each center word draws its own window from 1..window; False: always `window`.
    kernel : str, default "auto"
        "auto": the fastest that runs here; "avx512", "avx2", "neon", "scalar": this one; "blas":
        slower, and gensim's arithmetic and random draws to the bit. The environment variable
        FASTSGNS_KERNEL takes the place of "auto". Not a parameter of gensim.
    shared_negatives : {"auto", True, False}, default "auto"
        Skip-gram: True draws negatives once for each center word, False for each pair, as gensim
        does; a kernel that shares corrects its steps for it. CBOW: True draws the negatives of 32
        center words, and takes them again for the next 32, eight times in all, so that they stay
        in the caches; False draws for each center word, as gensim does. "auto" shares when there
        are 10,000 words or more, alpha is 0.05 or less and the window 10 or less. The kernel "blas"
        never does. Not a parameter of gensim.
    progress : bool, default False
        Show how far reading and training are: by bars in a terminal or a notebook, if tqdm is
        installed, else by a line on standard error every 10 seconds. Not a parameter of gensim.
    corpus : EncodedCorpus, optional
        Sentences that are integers already, instead of `sentences`: many models may share one. Not
        a parameter of gensim.
    column : str, optional
        Of `sentences` that are a table of several columns, or rows that are mappings: the one with
        the lists of tokens. Not a parameter of gensim.
    corpus_cache : {"auto", "memory", "disk", "off"}, default "auto"
        Where the sentences are kept as integers: in RAM, in a temporary file, or, with "auto", in
        RAM if they take a quarter of the free memory at most (or as much as the environment
        variable FASTSGNS_CORPUS_MEMORY says: "2G", "10%"). "off": nowhere; the sentences are read
        again in each epoch, as in gensim, for those that are not the same each time. In place of
        "auto", what the environment variable FASTSGNS_CORPUS_CACHE says. Not a parameter of gensim.
    checkpoint : str or path, optional
        Write the model to this file when training begins, now and then while it goes on, and at its
        end, with how far training has come: `resume` goes on from there when the process has ended,
        however. `load` reads it as a model. Not a parameter of gensim.
    checkpoint_every : "epoch" or float, default "epoch"
        Between every two epochs, or so many seconds apart, within an epoch too unless the corpus is
        read anew in each (corpus_cache="off"). Not a parameter of gensim.

    Attributes
    ----------
    wv : KeyedVectors
        The word (input) vectors, all that most users need.
    syn1neg, syn1 : float32 (n_words, vector_size)
        The output vectors of negative sampling, the node vectors of hierarchical softmax. Training
        leaves new arrays here and in `wv.vectors`, unless kernel="blas": keep no old ones.
    corpus : RenumberedCorpus, CorpusView or None
        The corpus that the vocabulary was built from, as integers, for `train()`. Not saved with
        the model; `del model.corpus` releases it. None with corpus_cache="off".
    history : list of dict
        One entry an epoch: epoch, loss (mean a pair, None unless compute_loss), pairs, raw_words,
        effective_words, alpha_first, alpha_last, seconds, words_per_second (raw words).

    Raises
    ------
    ValueError, TypeError
        For a parameter that can't be, with the value and what is allowed.

    Notes
    -----
    The names, order and defaults are those of gensim 4. With `kernel="blas"` and `workers=1` its
    arithmetic, random draws and schedule are followed too.

    References
    ----------
    Mikolov et al. 2013a, Efficient Estimation of Word Representations in Vector Space,
    arXiv:1301.3781.

    Mikolov et al. 2013b, Distributed Representations of Words and Phrases and their
    Compositionality, arXiv:1310.4546.

    Goldberg & Levy 2014, word2vec Explained, arXiv:1402.3722.

    Examples
    --------
    >>> sentences = [["the", "cat", "sat"], ["the", "dog", "sat"]] * 50
    >>> model = Word2Vec(sentences, vector_size=16, min_count=1, sg=1, workers=1)
    >>> len(model.wv), model.wv["cat"].shape
    (4, (16,))
    """

    # What stands until a model has one of its own.
    lifecycle_events: list[dict[str, Any]] | None = None
    cum_table: NDArray[np.uint32] | None = None
    corpus: RenumberedCorpus | CorpusView | None = None
    corpus_cache: str = "auto"
    # As they were given, once they had been checked.
    alpha: float
    batch_words: int
    cbow_mean: int
    epochs: int
    hs: int
    kernel: str
    max_final_vocab: int | None
    max_vocab_size: int | None
    min_alpha: float
    min_count: int
    negative: int
    ns_exponent: float
    sample: float
    sg: int
    shared_negatives: bool | str
    vector_size: int
    window: int
    workers: int
    # Made by `build_vocab`, or read from a file.
    effective_min_count: int
    syn1: NDArray[np.float32]
    syn1neg: NDArray[np.float32]
    # How many epochs the remembered corpus has been trained, and where a run over it stopped.
    _trained_epochs: int = 0
    _unfinished: training.Unfinished | None = None
    # The words by which the remembered corpus is numbered: `wv.index_to_key` of then.
    _corpus_keys: list[Any] | None = None
    # What `scan_vocab` has read, while `build_vocab` waits for it.
    _scans: list[ScannedCorpus] | None = None
    # What a scan has counted, while `build_vocab` runs and nobody has asked for `raw_vocab`.
    _counted: WordCounts | None = None
    # Where checkpoints go, and when.
    _checkpoint: tuple[Any, Any] = (None, "epoch")
    # In the constructor only: what `build_vocab` has just consumed.
    _built_from: Any = None
    # What it has consumed that gives its sentences once only.
    _consumed: Any = None
    # What the constructor said of the loss.
    _always_with_loss: bool = False
    # Why the vocabulary is empty, if it is, although there was a corpus.
    _why_empty: str = ""
    # The kernel that trained last, and whether it shared negatives.
    _kernel_used: tuple[str, bool] | None = None
    # While an epoch is trained: what trains it.
    _under_way: training.EpochRun | None = None
    # While it is trained: the thread that called train().
    _trainer: threading.Thread

    @knowing_other_names
    def __init__(
        self,
        sentences: Iterable[Any] | None = None,
        corpus_file: Any = None,
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
        corpus: EncodedCorpus | None = None,
        column: str | None = None,
        corpus_cache: str = "auto",
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: str | float = "epoch",
    ) -> None:
        given = locals()
        for name in _params.CHECKS:
            setattr(self, name, _params.checked(name, given[name]))
        self.layer1_size = self.vector_size
        self.epochs = _params.as_count("epochs", epochs)
        self.train_count = 0
        self.total_train_time = 0.0

        self.shrink_windows = bool(shrink_windows)
        self.random = _params.as_random_state(seed)
        self.compute_loss = self._always_with_loss = bool(compute_loss)
        self.running_training_loss = 0.0
        self.min_alpha_yet_reached = self.alpha
        self.corpus_count = 0
        self.corpus_total_words = 0

        self.sorted_vocab = sorted_vocab
        self.null_word = null_word
        self.raw_vocab = defaultdict(int)
        self.hashfxn = hashfxn
        self.seed = seed
        self.comment = comment
        self.progress = bool(progress)
        if checkpoint is not None:
            self._checkpoint = checkpoint, training.as_every(checkpoint_every)
        self.history: list[dict[str, Any]] = []
        self.lifecycle_events = []
        vars(self)["load"] = call_on_class_only  # as in gensim: only of the class
        self.wv = KeyedVectors(self.vector_size)
        self.wv.vectors_lockf = np.ones(1, np.float32)

        _hooks.check(type(self), Word2Vec)
        callbacks = _params.as_callbacks(callbacks)
        if column is not None:
            from fastsgns.corpus.columns import column_of  # when first used

            sentences = column_of(sentences, column)
        if corpus is not None:
            sentences = given_corpus(corpus, sentences, corpus_file)
        if sentences is not None or corpus_file is not None:
            self._check_corpus_sanity(
                corpus_iterable=sentences, corpus_file=corpus_file, passes=self.epochs + 1
            )
        if sentences is not None or corpus_file is not None:
            self.build_vocab(
                corpus_iterable=sentences, corpus_file=corpus_file, trim_rule=trim_rule
            )
            self._train_after_building(sentences, corpus_file, callbacks)
        else:
            if trim_rule is not None:
                logger.warning(
                    "Model initialized without sentences. trim_rule provided, if any, will be "
                    "ignored: the model does not keep it, so pass it to build_vocab()"
                )
            if callbacks:
                logger.warning(
                    "Callbacks are no longer retained by the model: given without a corpus, they "
                    "are ignored, so pass them to train()"
                )
        self.add_lifecycle_event("created", params=str(self))

    def __repr__(self) -> str:
        return Word2Vec.__str__(self)

    def _repr_html_(self) -> str:
        """Return size, parameters and how far training is, for notebooks."""
        from fastsgns.display import html

        methods = [
            *([f"{self.negative} negatives"] if self.negative else []),
            *(["hierarchical softmax"] if self.hs else []),
        ]
        architecture = "skip-gram" if self.sg else "CBOW"
        last = self.history[-1] if self.history else {"loss": None}
        values = [
            ("words", len(self.wv)),
            ("vector_size", self.vector_size),
            ("method", ", ".join([architecture, *methods])),
            ("window", self.window),
            ("min_count", self.min_count),
            ("sample", self.sample),
            ("alpha", f"{self.alpha} to {self.min_alpha}"),
            ("workers", self.workers),
            ("corpus", f"{self.corpus_count} sentences, {self.corpus_total_words} words"),
            ("trained", f"{len(self.history)} epochs"),
            ("last loss", "not computed" if last["loss"] is None else f"{last['loss']:.4f}"),
            ("kernel", self.kernel_used or "none yet"),
        ]
        return html.pairs(type(self).__name__, values)

    def plot_loss(self, axes: Any = None) -> Any:
        """Draw the loss of each epoch of `history`, with matplotlib; return the axes.

        Not in gensim.

        Parameters
        ----------
        axes : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.

        Raises
        ------
        ValueError
            No epoch has a loss: it is computed with `compute_loss` only.
        """
        from fastsgns.display import plots

        return plots.loss_curve(self.history, axes)

    def __sklearn_clone__(self) -> NoReturn:
        # differs from gensim: there the error of sklearn.base.clone says what is missing only.
        raise TypeError(
            "Word2Vec is no estimator of scikit-learn: fastsgns.sklearn.Word2VecTransformer is one,"
            " and has its parameters; copy.deepcopy(model) copies a model"
        )

    @property
    def kernel_used(self) -> str | None:
        """The kernel that trained last, and whether negatives were shared; None before training."""
        if self._kernel_used is None:
            return None
        name, is_shared = self._kernel_used
        return f"{name}, negatives shared" if is_shared else name

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}<vocab={len(self.wv.index_to_key)},"
            f" vector_size={self.wv.vector_size}, alpha={self.alpha}>"
        )

    # ---------------------------------------------------------------- the vocabulary

    def build_vocab(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: Any = None,
        update: bool = False,
        progress_per: int = 10000,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        **kwargs: Any,
    ) -> None:
        """Build the vocabulary from sentences, and remember them as integers for `train()`.

        Parameters
        ----------
        corpus_iterable : iterable of lists of str, optional
            The sentences; consumed once, so a generator is fine. Tokens may be any hashable.
        corpus_file : str or path, optional
            UTF-8 text with one sentence of any length a line, tokens separated by white space: a
            file (plain, .gz, .bz2, .xz, .zst), a pipe, a folder, whose files are read by name, or a
            pattern such as ``texts/*.gz``. Read on `workers` threads. Give one of the two.
        update : bool, default False
            Add the words of these sentences to an existing vocabulary, and go on from the existing
            weights.
        progress_per : int, default 10000
            Log a line every so many sentences.
        keep_raw_vocab : bool, default False
            Keep the counts of all words, trimmed ones too, in `raw_vocab`.
        trim_rule : callable, optional
            (word, count, min_count) -> RULE_DEFAULT, RULE_DISCARD or RULE_KEEP of
            `fastsgns.vocabulary`.
        **kwargs
            `min_count` and `sample` replace the model's; with `update`, for this call only.

        Raises
        ------
        TypeError
            When none or both of the sources are given, or a sentence holds unhashable tokens.
        UnicodeDecodeError
            For text that is not UTF-8, naming line and byte.
        RuntimeError
            When `update` is asked for and there is no vocabulary yet.
        """
        self._check_parameters(_params.OF_VOCABULARY)
        if update:
            self._check_has_vocabulary()
        self._check_corpus_sanity(corpus_iterable=corpus_iterable, corpus_file=corpus_file)
        self._scans = []
        try:  # through the public methods, which a subclass may have overridden
            sizes = self.scan_vocab(
                corpus_iterable=corpus_iterable,
                corpus_file=corpus_file,
                progress_per=progress_per,
                trim_rule=trim_rule,
            )
            scanned = self._scans[-1] if self._scans else None
        finally:
            del self._scans
        if scanned is not None:
            warn_of_long_sentence(scanned, self.batch_words)
        try:  # what was counted outlives a trim rule that fails
            with all_or_nothing(self, self.wv):
                self.corpus_total_words, self.corpus_count = sizes
                self._build_of_counts(scanned, update, keep_raw_vocab, trim_rule, kwargs)
                is_consumed = isinstance(corpus_iterable, Iterator)
                self._consumed = corpus_iterable if is_consumed else None
        finally:
            self._settle_counts()
        self._warn_of_unsavable_words()
        self.add_lifecycle_event("build_vocab", update=update, trim_rule=str(trim_rule))

    def _build_of_counts(
        self,
        scanned: ScannedCorpus | None,
        update: bool,
        keep_raw_vocab: bool,
        trim_rule: TrimRule | None,
        of_call: dict[str, Any],
    ) -> None:
        """Make vocabulary and weights of what has been scanned, and remember the corpus."""
        report_values = self.prepare_vocab(
            update=update, keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule, **of_call
        )
        report_values["memory"] = self.estimate_memory(
            vocab_size=report_values["num_retained_words"]
        )
        if scanned is None or self.workers == 1:
            self.prepare_weights(update=update)
            self._remember(None if scanned is None else self._renumbered(scanned))
        else:  # neither needs the other, and both let the GIL go
            from fastsgns.io.threads import Threads

            with Threads(1, "fastsgns-renumber") as pool:
                renumbered = pool.begin(self._renumbered, scanned)
                self.prepare_weights(update=update)
                self._remember(renumbered.result())

    def _warn_of_unsavable_words(self) -> None:
        """Say so now, and not after the training, when no file can hold some of the words."""
        kinds = set(map(type, self.wv.index_to_key)) - {str, int}
        if not kinds:
            return
        from fastsgns.io import json_values  # comes when first used

        for kind in kinds:
            word = next(word for word in self.wv.index_to_key if type(word) is kind)
            try:
                json_values.encode(word)
            except TypeError as error:
                logger.warning(
                    "save() will refuse this vocabulary: the word %s; give str, numbers or tuples",
                    error,
                )

    @changes_all_or_nothing
    def build_vocab_from_freq(
        self,
        word_freq: Mapping[Any, int],
        keep_raw_vocab: bool = False,
        corpus_count: int | None = None,
        trim_rule: TrimRule | None = None,
        update: bool = False,
    ) -> None:
        """Build the vocabulary from a mapping of words to counts.

        Parameters
        ----------
        word_freq : mapping of word to int
        keep_raw_vocab, trim_rule, update
            As in `build_vocab`.
        corpus_count : int, optional
            The number of sentences that the counts come from.

        Notes
        -----
        No sentences have been seen, so `train` needs a corpus and `total_examples` or
        `total_words`.
        """
        self._check_parameters(_params.OF_VOCABULARY)
        counts = _params.as_counts(word_freq)
        if update:
            self._check_has_vocabulary()
        logger.info("Processing provided word frequencies")
        self.raw_vocab = defaultdict(int, counts)
        logger.info(
            "collected %i unique word types, with total frequency of %i",
            len(self.raw_vocab),
            sum(self.raw_vocab.values()),
        )
        self.corpus_count = corpus_count or 0
        self._remember(None)
        report_values = self.prepare_vocab(
            keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule, update=update
        )
        report_values["memory"] = self.estimate_memory(
            vocab_size=report_values["num_retained_words"]
        )
        self.prepare_weights(update=update)

    def scan_vocab(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: Any = None,
        progress_per: int = 10000,
        workers: int | None = None,
        trim_rule: TrimRule | None = None,
    ) -> tuple[int, int]:
        """Count the words of sentences into `raw_vocab`; return (tokens, sentences)."""
        workers = self.workers if workers is None else _params.as_workers(workers)
        sentences = as_sentences(corpus_iterable, corpus_file)
        logger.info("collecting all words and their counts")
        with showing(self.progress) as show:
            scanned = scan(
                sentences,
                log_progress if logger.isEnabledFor(logging.INFO) else None,
                _params.as_int("progress_per", progress_per, at_least=1),
                max_vocab_size=self.max_vocab_size,
                trim_rule=trim_rule,
                workers=workers,
                cache=_params.corpus_cache_wanted(self.corpus_cache),
                show=show,
            )
        self._counted = WordCounts(scanned.words, scanned.vocabulary, scanned.counts)
        vars(self).pop("raw_vocab", None)
        logger.info(
            "collected %i word types from a corpus of %i raw words and %i sentences",
            len(scanned.counts),
            scanned.n_raw_words,
            scanned.n_sentences,
        )
        if self._scans is not None:
            self._scans.append(scanned)
        else:
            self._settle_counts()
        return scanned.n_raw_words, scanned.n_sentences

    @cached_property
    def raw_vocab(self) -> defaultdict[Any, int]:
        """How often each word was seen; empty again when the vocabulary has been made of it.

        It is made when somebody asks for it: of most words that were counted, nobody wants a str.
        """
        return defaultdict(int, () if self._counted is None else self._counted.items())

    def _raw_counts(self) -> WordCounts:
        """Return what `raw_vocab` holds."""
        if self._counted is not None and "raw_vocab" not in vars(self):
            return self._counted
        return WordCounts.of(self.raw_vocab)

    def _settle_counts(self) -> None:
        """Let go of the scan: from now on `raw_vocab` is a dict."""
        if self._counted is not None:
            vars(self).setdefault("raw_vocab", self.raw_vocab)
            del self._counted

    @changes_all_or_nothing
    def prepare_vocab(
        self,
        update: bool = False,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        min_count: int | None = None,
        sample: float | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Turn `raw_vocab` into the vocabulary: trim, order, and derive what training needs.

        Parameters
        ----------
        min_count, sample : optional
            Replace the model's, unless they are 0 or None; with `update`, for this call only.
        dry_run : bool, default False
            Only report what would remain.

        Returns
        -------
        dict
            drop_unique, retain_total, downsample_unique, downsample_total, num_retained_words.
        """
        min_count = min_count or self.min_count
        sample = sample or self.sample
        trimmed = vocabulary.trim(
            self._raw_counts(), min_count, sample, self.max_final_vocab, trim_rule
        )
        self.effective_min_count = trimmed.min_count
        self._why_empty = trimmed.why_empty(min_count)
        if self.max_final_vocab is not None:
            message = trimmed.limit_message(min_count, self.max_final_vocab)
            self.add_lifecycle_event("prepare_vocab", msg=message)
        if update:
            logger.info("Updating model with new vocabulary")
            messages = [trimmed.update_message(self.wv.key_to_index)]
        else:
            logger.info("Creating a fresh vocabulary")
            messages = trimmed.messages()
        for message in messages:
            self.add_lifecycle_event("prepare_vocab", msg=message)
        if not dry_run:
            if update:  # as in gensim, min_count and sample then hold for this call only
                known = self._words_and_counts()
                extended = vocabulary.extended(known, self.wv.key_to_index, trimmed)
                self._put_words(extended, n_known=len(known.words))
            else:
                self.min_count, self.sample = min_count, sample
                self._put_fresh_words(vocabulary.fresh(trimmed))
        if not dry_run and not keep_raw_vocab:
            logger.info("deleting the raw counts dictionary of %i items", len(trimmed.raw))
            self.raw_vocab = defaultdict(int)
        logger.info(
            "sample=%g downsamples %i most-common words", sample, trimmed.keep.n_affected_words
        )
        self.add_lifecycle_event("prepare_vocab", msg=trimmed.sample_message())
        if not dry_run:
            if self.hs:
                self.create_binary_tree()
            if self.negative:
                self.make_cum_table()
        return trimmed.report()

    def _put_fresh_words(self, words: Vocabulary) -> None:
        self.wv.expandos = {}
        if self.null_word:
            self._put_words(words)
            self.add_null_word()
            words = self._words_and_counts()
        self._put_words(vocabulary.by_frequency(words) if self.sorted_vocab else words)

    def _put_words(self, words: Vocabulary, n_known: int = 0) -> None:
        """Have these words, counts and thresholds; the first `n_known` words are the old ones."""
        n_words = len(words.words)
        rows = dict(zip(words.words[n_known:], range(n_known, n_words), strict=True))
        self.wv.key_to_index = self.wv.key_to_index | rows if n_known else rows
        self.wv.index_to_key = words.words
        self.wv.next_index = n_words
        counts, thresholds = vocabulary.fitted(words, n_words)
        self.wv.expandos = self.wv.expandos | {"count": counts, "sample_int": thresholds}

    def _words_and_counts(self) -> Vocabulary:
        expandos = self.wv.expandos
        return Vocabulary(self.wv.index_to_key, expandos.get("count"), expandos.get("sample_int"))

    @changes_all_or_nothing
    def add_null_word(self) -> None:
        r"""Append the word "\0" with a count of 1, unless it is there; see `null_word`."""
        # differs from gensim: a second call there appends the key again, as another row.
        if "\0" not in self.wv.key_to_index:
            n_known = len(self.wv.index_to_key)
            self._put_words(vocabulary.with_word(self._words_and_counts(), "\0", 1), n_known)

    @changes_all_or_nothing
    def create_binary_tree(self) -> None:
        """Build the Huffman tree of the counts: vocabulary attributes 'code' and 'point'."""
        self._make_tree(self._counts())

    def _make_tree(self, counts: NDArray[np.int64]) -> None:
        logger.info("constructing a huffman tree from %i words", len(counts))
        depth = 0
        if len(counts):
            paths = vocabulary.huffman_paths(counts)
            self.wv.expandos["code"], self.wv.expandos["point"] = vocabulary.split_paths(paths)
            depth = int(np.diff(paths.offsets).max())
        logger.info("built huffman tree with maximum node depth %i", depth)

    def make_cum_table(self, domain: int = vocabulary.NOISE_DOMAIN) -> None:
        """Build `cum_table`, the cumulative noise distribution: uint32 (n_words,)."""
        self.cum_table = vocabulary.noise_table(self._counts(), self.ns_exponent, domain)

    def _counts(self) -> NDArray[np.int64]:
        # differs from gensim: rows are rows; there a row number that is also a word (of integer
        # tokens) is looked up as the word, so that its tables have the counts of others.
        if "count" not in self.wv.expandos and len(self.wv.index_to_key):
            raise RuntimeError(
                "the vocabulary has no word counts (wv.expandos['count']): build the vocabulary,"
                " or set them with wv.set_vecattr(word, 'count', n)"
            )
        return self.wv.expandos.get("count", np.zeros(0, np.int64))

    def _renumbered(self, scanned: ScannedCorpus) -> RenumberedCorpus | CorpusView | None:
        """Return what is kept of a corpus: with the cache off nothing, unless it is encoded."""
        cache = _params.corpus_cache_wanted(self.corpus_cache)
        if cache == "off" and not scanned.is_shared:
            return None
        new_ids = known_ids(scanned.words, self.wv.key_to_index)
        return renumber(scanned.encoded, new_ids, scanned.is_shared)

    def _remember(self, corpus: RenumberedCorpus | CorpusView | None) -> None:
        self.corpus = corpus
        self._corpus_keys = self.wv.index_to_key
        vars(self).pop("_built_from", None)  # what the constructor was given is another corpus now
        self._trained_epochs = 0
        self._unfinished = None

    # ---------------------------------------------------------------- the weights

    def prepare_weights(self, update: bool = False) -> None:
        """Draw first weights for a new vocabulary, or grow the ones there are."""
        if update:
            self.update_weights()
        else:
            self.init_weights()

    @changes_all_or_nothing
    def init_weights(self) -> None:
        """Draw the input vectors from [-1, 1) / vector_size, set the others to zero."""
        logger.info("resetting layer weights")
        self._check_memory()
        # differs from gensim: all rows are drawn; there those of an old vocabulary stay, and stand
        # for whatever words now have their indices.
        n_words = len(self.wv.index_to_key)
        vectors = training.padded_zeros(n_words, self.vector_size)
        draw_vectors(vectors, self.seed)
        self.wv.vectors = vectors
        self.wv.allocate_vecattrs()
        self.wv.norms = None
        self.wv.vectors_lockf = np.ones(1, np.float32)
        if self.hs:
            self.syn1 = training.padded_zeros(n_words, self.layer1_size)
        if self.negative:
            self.syn1neg = training.padded_zeros(n_words, self.layer1_size)

    def _check_memory(self, n_words: int | None = None) -> None:
        """Raise MemoryError before weights are made, of so many words, that cannot be trained."""
        n_words = len(self.wv.index_to_key) if n_words is None else n_words
        n_matrices = 1 + bool(self.hs) + bool(self.negative)
        nbytes = sum(training.weights_nbytes(self._settings(), n_words).values())
        what = f"{n_matrices} matrices of {n_words} words x {self.vector_size} dimensions"
        refuse_beyond_free(nbytes, what)

    @changes_all_or_nothing
    def update_weights(self) -> None:
        """Add rows for new words: drawn for the input vectors, zero for the others."""
        logger.info("updating layer weights")
        self._check_memory()
        if not len(self.wv.vectors):
            self._refuse_update()
        self.wv.resize_vectors(seed=self.seed)
        n_new = len(self.wv.index_to_key)
        if self.hs:
            self.syn1 = training.with_zero_rows(self.syn1, n_new)
        if self.negative:
            self.syn1neg = training.with_zero_rows(self.syn1neg, n_new)

    def estimate_memory(
        self, vocab_size: int | None = None, report: dict[str, int] | None = None
    ) -> dict[str, int]:
        """Estimate the bytes that a model takes while it is trained.

        Parameters
        ----------
        vocab_size : int, optional
            Words; by default, and for 0, those that the model has.
        report : dict, optional
            Gets the parts; what is in it counts too.

        Returns
        -------
        dict
            vocab; vectors; syn1 (hierarchical softmax); syn1neg and noise (negative sampling);
            corpus, what is remembered of it; total.

        Notes
        -----
        The peak of `train`, within 5 % of what was measured from 100,000 words on. Not in it: the
        program (SciPy alone takes some 30 MB), sentences that are yours, what reading them takes
        meanwhile, and temporary files.
        """
        # differs from gensim: it takes 500 bytes a word, or 700, and no more than the matrices.
        n_words = _params.as_int("vocab_size", vocab_size or 0, at_least=0)
        n_words = n_words or len(self.wv.index_to_key)
        report = {} if report is None else report
        codes = list(self.wv.expandos.get("code", ())) if self.hs else None
        is_encoded = isinstance(self.corpus, CorpusView)  # it has the words as well
        report["vocab"] = training.vocabulary_nbytes(
            n_words, self.wv.index_to_key, is_encoded, codes
        )
        report |= training.weights_nbytes(self._settings(), n_words)
        report["corpus"] = 0 if self.corpus is None else self.corpus.nbytes
        report["total"] = sum(report.values())
        logger.info(
            "estimated required memory for %i words and %i dimensions: %i bytes",
            n_words,
            self.vector_size,
            report["total"],
        )
        return report

    def _check_has_vocabulary(self) -> None:
        # differs from gensim: it finds out only after it has changed the vocabulary.
        if not len(self.wv.index_to_key):
            self._refuse_update()

    def _refuse_update(self) -> NoReturn:
        raise RuntimeError(
            "You cannot do an online vocabulary-update of a model which has no prior "
            "vocabulary: call build_vocab() without update first"
        )

    @changes_all_or_nothing
    def reset_from(self, other_model: Any) -> None:
        """Take over the vocabulary of another model, and begin with weights of one's own.

        Parameters
        ----------
        other_model : Word2Vec
            Its words, counts, tables and remembered corpus are shared from now on, not copied.

        Notes
        -----
        The weights are drawn anew, with this model's `vector_size`, `seed`, `hs` and `negative`.
        """
        other: KeyedVectors = other_model.wv
        self.wv = KeyedVectors(self.vector_size)
        self.wv.index_to_key = other.index_to_key
        self.wv.key_to_index = other.key_to_index
        self.wv.expandos = other.expandos
        self.wv.next_index = len(other.index_to_key)
        self.cum_table = getattr(other_model, "cum_table", None)
        self.corpus_count = other_model.corpus_count
        # differs from gensim: it leaves the words of another corpus beside this one's sentences.
        self.corpus_total_words = other_model.corpus_total_words
        self._remember(getattr(other_model, "corpus", None))
        # The words may have been reordered since the other model read it.
        self._corpus_keys = getattr(other_model, "_corpus_keys", None)
        # differs from gensim: vectors_lockf is drawn with the weights; without it train() hangs.
        self.init_weights()

    # ---------------------------------------------------------------- fewer words

    @changes_all_or_nothing
    def remove(self, keys: Any) -> None:
        """Remove words, with their rows of all matrices and whatever else is theirs.

        Not in gensim, nor is the next. The model can be trained on, saved and asked as if it never
        had them: sampling follows the counts that stay, and in the Huffman tree the nodes that
        decided between these and the others are left out. The remembered corpus is forgotten, since
        its numbers stand for other words now.

        Parameters
        ----------
        keys : key or iterable of keys

        Raises
        ------
        KeyError
            A word is not there. Nothing has changed then.
        ValueError
            No word would be left.
        """
        self._take_words(self.wv._rows_without(keys))

    @changes_all_or_nothing
    def restrict(self, keys: Any) -> None:
        """Keep some words only, in the order that they have: `remove` for all others.

        Parameters
        ----------
        keys : key or iterable of keys
            Those that are not there do not matter; the log has their number.

        Raises
        ------
        ValueError
            No word would be left.
        """
        self._take_words(self.wv._rows_of_known(keys))

    def _take_words(self, rows: NDArray[np.intp]) -> None:
        if not len(rows):
            raise ValueError("no word would be left of the model")
        self.wv._take_rows(rows)
        expandos = self.wv.expandos
        # Keys that were added to the vectors only come last, and have no rows here.
        if getattr(self, "syn1neg", None) is not None:
            self.syn1neg = self.syn1neg[rows[rows < len(self.syn1neg)]]
        if "code" in expandos and "point" in expandos and getattr(self, "syn1", None) is not None:
            paths = vocabulary.join_paths(expandos["code"], expandos["point"])
            paths, nodes = vocabulary.pruned(paths)
            expandos["code"], expandos["point"] = vocabulary.split_paths(paths)
            n_words = int((rows < len(self.syn1)).sum())
            self.syn1 = training.with_zero_rows(self.syn1[nodes], n_words)
        if "count" in expandos:
            if self.negative:
                self.make_cum_table()
            if "sample_int" in expandos:
                anew = vocabulary.keep_thresholds(expandos["count"], self.sample).thresholds
                # Words whose tokens are never kept, such as the null word, stay so.
                expandos["sample_int"] = np.where(expandos["sample_int"] == 0, np.uint32(0), anew)
        self._remember(None)

    # ---------------------------------------------------------------- training

    @knowing_other_names
    def train(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: Any = None,
        total_examples: int | None = None,
        total_words: int | None = None,
        epochs: int | None = None,
        start_alpha: float | None = None,
        end_alpha: float | None = None,
        word_count: int = 0,
        queue_factor: int = 2,
        report_delay: float = 1.0,
        compute_loss: bool = False,
        callbacks: Iterable[Any] = (),
    ) -> tuple[int, int]:
        """Train the model; return (effective words, raw words) over all epochs.

        Parameters
        ----------
        corpus_iterable : iterable of lists of str, optional
            The sentences, consumed once however many epochs there are. Or:
        corpus_file : str or path, optional
            Text with one sentence a line: a file, a folder or a pattern, as in `build_vocab`.
            Without either, the corpus that the vocabulary was built from is trained: `train()`
            brings it to `self.epochs` epochs (finishing an interrupted run where it stopped), and
            `train(epochs=n)` trains n more.
        total_examples, total_words : int, optional
            The number of sentences or of raw words in an epoch, by which the learning rate falls.
            One of them is needed with a given corpus; `model.corpus_count` is the usual choice.
        epochs : int, optional
            How many times to go over the corpus; needed with a given corpus.
        start_alpha, end_alpha : float, optional
            Replace the model's `alpha` and `min_alpha`.
        word_count, queue_factor : int
            Taken for gensim's sake; they change nothing.
        report_delay : float, default 1.0
            Seconds between two progress lines in the log.
        compute_loss : bool, default False
            Add up the training loss of this call, as after the constructor's `compute_loss` that of
            every call: see `get_latest_training_loss` and `history`.
        callbacks : iterable of CallbackAny2Vec

        Raises
        ------
        ValueError
            When there is no corpus, given or remembered, the totals or the epochs are missing, or
            neither hs nor negative is set.
        RuntimeError
            When there is no vocabulary, the weights do not fit it, or another thread is training
            the model.
        TrainingDiverged
            When the weights are no longer finite after an epoch.
        TypeError
            When both corpora are given.
        """
        del word_count, queue_factor
        with self._by_one_thread():
            corpus: TrainingCorpus | SentenceBatches
            if corpus_iterable is None and corpus_file is None and self.corpus is not None:
                if self._overrides(*_hooks.OF_SENTENCES):
                    raise ValueError(
                        "give the sentences to train(): the remembered corpus has only numbers, "
                        "and this class overrides a method that is called with sentences"
                    )
                self._check_corpus_fits()
                self._set_alpha(start_alpha, end_alpha)
                corpus, resumed = self.corpus, self._unfinished if epochs is None else None
                schedule = self._schedule_of_remembered(total_examples, total_words, epochs)
                if schedule is None:
                    return 0, 0
            else:
                self._set_alpha(start_alpha, end_alpha)
                self.epochs = epochs  # type: ignore[assignment]
                n_epochs = self._check_ready(total_examples, total_words, epochs)
                corpus, resumed = self._encode(corpus_iterable, corpus_file, n_epochs), None
                schedule = self._schedule(n_epochs, total_examples, total_words)
            # differs from gensim: what the constructor was given holds, where this call says
            # nothing.
            self.compute_loss = bool(compute_loss) or self._always_with_loss
            n_effective, n_raw = self._train_epochs(
                corpus, schedule, resumed, report_delay, _params.as_callbacks(callbacks)
            )
        if n_raw and not n_effective:
            self._warn_of_nothing(n_raw)
        return n_effective, n_raw

    @contextlib.contextmanager
    def _by_one_thread(self) -> Iterator[None]:
        """Refuse to train in two threads at once: each would place the weights, and take them."""
        thread = threading.current_thread()
        if vars(self).get("_trainer") is thread:  # a callback trains
            yield
            return
        trainer = vars(self).setdefault("_trainer", thread)  # one step, for all threads
        if trainer is not thread and trainer.is_alive():
            raise RuntimeError(
                f"this model is being trained in another thread, {trainer.name!r}. Wait for it;"
                " workers= is how many threads one call of train() uses"
            )
        self._trainer = thread
        try:
            yield
        finally:
            del self._trainer

    def _train_after_building(
        self, sentences: Any, corpus_file: Any, callbacks: tuple[Any, ...]
    ) -> None:
        """Train, as gensim does, through `self.train`, which a subclass may have overridden.

        The sentences have been consumed; `_encode` gives what `build_vocab` remembered when `train`
        asks for them.
        """
        self._built_from = sentences if sentences is not None else corpus_file
        try:
            self.train(
                corpus_iterable=sentences,
                corpus_file=corpus_file,
                total_examples=self.corpus_count,
                total_words=self.corpus_total_words,
                epochs=self.epochs,
                start_alpha=self.alpha,
                end_alpha=self.min_alpha,
                compute_loss=self.compute_loss,
                callbacks=callbacks,
            )
        finally:
            vars(self).pop("_built_from", None)

    def _check_ready(
        self, total_examples: int | None, total_words: int | None, epochs: int | None
    ) -> int:
        """Check, in gensim's order, that there is something to train; return the epochs."""
        self._check_training_sanity(
            epochs=epochs, total_examples=total_examples, total_words=total_words
        )
        for name in ("alpha", "min_alpha"):  # they may have been set by hand
            _params.as_alpha(name, getattr(self, name))
        return _params.as_int("epochs", epochs, at_least=1)

    def _check_training_sanity(
        self,
        epochs: int | None = 0,
        total_examples: int | None = None,
        total_words: int | None = None,
        **kwargs: Any,  # noqa: ARG002 (gensim's)
    ) -> None:
        """Raise what is wrong with a call of `train`: a hook of gensim's."""
        if not self.hs and not self.negative:
            raise ValueError(
                "You must set either 'hs' or 'negative' to be positive for proper training: "
                "with hs=0 and negative=0 nothing would be trained"
            )
        if self.hs and self.negative:
            logger.warning(
                "Both hierarchical softmax and negative sampling are activated. "
                "This is probably a mistake: set either 'hs' or 'negative' to 0."
            )
        self._check_parameters(_params.OF_TRAINING)
        if self.alpha > self.min_alpha_yet_reached:
            # Whoever just trains again, and gave no learning rate, need not be warned.
            is_known = any(entry["alpha_first"] == self.alpha for entry in self.history)
            level = logging.INFO if is_known else logging.WARNING
            logger.log(level, "Effective 'alpha' higher than previous training cycles")
        if not self.wv.key_to_index:
            raise RuntimeError(
                f"you must first build vocabulary before training the model{self._why_empty}"
            )
        if not len(self.wv.vectors):
            raise RuntimeError("you must initialize vectors before training the model")
        self._check_floats()
        for name, total in (("total_examples", total_examples), ("total_words", total_words)):
            _params.as_optional_int(name, total)
        if not total_words and not total_examples:
            raise ValueError(
                "You must specify either total_examples or total_words, by which the learning rate "
                "falls: model.corpus_count if the vocabulary was built from the same corpus"
            )
        if epochs is None or _params.as_count("epochs", epochs) <= 0:
            raise ValueError(
                "You must specify an explicit epochs count >= 1, usually epochs=model.epochs,"
                f" got {shown(epochs)}"
            )

    def _check_corpus_sanity(
        self, corpus_iterable: Iterable[Any] | None = None, corpus_file: Any = None, passes: int = 1
    ) -> None:
        """Raise what is wrong with a corpus that `passes` passes are wanted of: a hook of gensim's.

        They are made when nothing is kept of a corpus.
        """
        from fastsgns.corpus.streaming import check_repeatable  # comes when first used

        sentences = as_sentences(corpus_iterable, corpus_file)
        is_kept = _params.corpus_cache_wanted(self.corpus_cache) != "off"
        if is_kept and not self._trains_batches(corpus_file):
            return
        if not isinstance(sentences, EncodedCorpus):
            check_repeatable(sentences, passes)

    def _overrides(self, *hooks: str) -> bool:
        """Say whether one of these methods is not this class's own."""
        return any(
            getattr(getattr(self, name), "__func__", None) is not _OWN_HOOKS[name] for name in hooks
        )

    def _trains_batches(self, corpus_file: Any) -> bool:
        """Say whether a hook wants to see sentences. In gensim, those of files are not shown."""
        return corpus_file is None and self._overrides(*_hooks.OF_SENTENCES)

    def _do_train_job(
        self,
        sentences: Iterable[Any],
        alpha: float,
        inits: Any,  # noqa: ARG002 (gensim's)
    ) -> tuple[int, int]:
        """Train sentences with one learning rate; return (effective words, raw words).

        A hook of gensim's: a subclass that overrides it gets each batch of sentences, on the
        thread that is to train it, and trains what it likes by calling this one.
        """
        if not isinstance(self._under_way, training.HookedRun):
            raise RuntimeError(
                "_do_train_job() trains a part of train(), and can only be called by it"
            )
        return self._under_way.train(encode(sentences, self.wv.key_to_index), alpha)

    def _get_thread_working_mem(self) -> Any:
        """Return what `_do_train_job` gets as `inits`: a hook of gensim's, and two arrays of it."""
        return np.zeros(self.layer1_size, np.float32), np.zeros(self.layer1_size, np.float32)

    def _raw_word_count(self, job: Iterable[Any]) -> int:
        """Return how many words sentences have: a hook of gensim's, by which batches are cut."""
        return sum(map(len, job))

    def _get_next_alpha(self, epoch_progress: float, cur_epoch: int) -> float:
        """Return the learning rate of a job at a share of an epoch: a hook of gensim's."""
        share = np.array([epoch_progress])
        return float(self._schedule(self.epochs, None, None).alpha(cur_epoch, share)[0])

    def _clear_post_train(self) -> None:
        """Forget what training has made wrong: a hook of gensim's."""
        self.wv.norms = None

    def _log_progress(
        self,
        job_queue: None,  # noqa: ARG002 (gensim's)
        progress_queue: None,  # noqa: ARG002
        cur_epoch: int,
        example_count: int,
        total_examples: int | None,
        raw_word_count: int,
        total_words: int | None,
        trained_word_count: int,
        elapsed: float,
    ) -> None:
        """Log how far an epoch is: a hook of gensim's. The queues are None."""
        examples = "examples", example_count, total_examples
        words = "words", raw_word_count, total_words
        training.log_progress(cur_epoch, (examples, words), trained_word_count, elapsed)

    def _log_epoch_end(
        self,
        cur_epoch: int,
        example_count: int,
        total_examples: int | None,
        raw_word_count: int,
        total_words: int | None,
        trained_word_count: int,
        elapsed: float,
        is_corpus_file_mode: bool,  # noqa: ARG002 (gensim's)
    ) -> None:
        """Log what an epoch has done: a hook of gensim's."""
        examples = "example", example_count, total_examples
        words = "raw word", raw_word_count, total_words
        training.log_epoch_end(cur_epoch, (examples, words), trained_word_count, elapsed)

    def _log_train_end(
        self,
        raw_word_count: int,
        trained_word_count: int,
        total_elapsed: float,
        job_tally: int,  # noqa: ARG002 (gensim's)
    ) -> None:
        """Note what a call of `train` has done: a hook of gensim's."""
        self.add_lifecycle_event(
            "train",
            msg=(
                f"training on {raw_word_count} raw words ({trained_word_count} effective words) "
                f"took {total_elapsed:.1f}s, "
                f"{trained_word_count / max(total_elapsed, 1e-9):.0f} effective words/s"
            ),
        )

    def _check_parameters(self, names: Iterable[str]) -> None:
        """Check what may have been assigned since the constructor checked it."""
        for name in names:
            setattr(self, name, _params.checked(name, getattr(self, name)))

    def _set_alpha(self, start_alpha: float | None, end_alpha: float | None) -> None:
        if start_alpha:
            self.alpha = _params.as_alpha("start_alpha", start_alpha)
        if end_alpha:
            self.min_alpha = _params.as_alpha("end_alpha", end_alpha)

    def _check_corpus_fits(self) -> None:
        """Raise RuntimeError when words have other indices than the remembered corpus has."""
        then, now = self._corpus_keys, self.wv.index_to_key
        if then is not None and then is not now and then != now[: len(then)]:
            raise RuntimeError(
                "the vocabulary is no longer the one that the remembered corpus was read with: "
                "give the corpus to train() again"
            )

    def _schedule_of_remembered(
        self, total_examples: int | None, total_words: int | None, epochs: int | None
    ) -> training.Schedule | None:
        """Return how the remembered corpus is to be trained; None: it has been."""
        if epochs is None and self._unfinished is not None:
            schedule = self._unfinished.schedule
            self._check_ready(1, None, schedule.n_epochs)
            return replace(schedule, start_alpha=self.alpha, end_alpha=self.min_alpha)
        if epochs is None:
            epochs = self.epochs - self._trained_epochs
            if epochs <= 0:
                logger.info(
                    "nothing to train: the corpus has been trained for %i of %i epochs",
                    self._trained_epochs,
                    self.epochs,
                )
                return None
        else:
            self.epochs = epochs
        if total_examples is None and total_words is None and self.corpus is not None:
            total_examples = max(self.corpus.n_sentences, 1)
        n_epochs = self._check_ready(total_examples, total_words, epochs)
        return self._schedule(n_epochs, total_examples, total_words)

    def _schedule(
        self, n_epochs: int, total_examples: int | None, total_words: int | None
    ) -> training.Schedule:
        return training.Schedule(
            n_epochs,
            self.alpha,
            self.min_alpha,
            self.batch_words,
            total_examples,
            total_words,
            self.workers,
            self._alpha_hook(),
        )

    def _alpha_hook(self) -> Callable[[float, int], float] | None:
        """Return who is asked for the learning rates, if the rule is not."""
        return self._get_next_alpha if self._overrides("_get_next_alpha") else None

    def _encode(
        self, corpus_iterable: Iterable[Any] | None, corpus_file: Any, n_epochs: int
    ) -> TrainingCorpus | SentenceBatches:
        given = corpus_file if corpus_iterable is None else corpus_iterable
        self._check_corpus_sanity(corpus_iterable, corpus_file, passes=n_epochs)
        if corpus_iterable is not None and self._trains_batches(corpus_file):
            return SentenceBatches(corpus_iterable, self._raw_word_count)
        cache = _params.corpus_cache_wanted(self.corpus_cache)
        if self.corpus is not None and given is not None and given is self._built_from:
            # In the constructor: build_vocab has consumed the sentences.
            self._warn_of_changes(given, self.corpus, n_epochs, cache)
            return self.corpus
        if self.corpus is not None and given is not None and given is self._consumed:
            return self.corpus  # read by build_vocab: there is nothing more in it
        # differs from gensim: sentences are read in the thread of the caller, who gets what they
        # raise; there the thread that reads them dies, and train() hangs.
        sentences = as_sentences(corpus_iterable, corpus_file)
        if cache == "off" and not isinstance(sentences, EncodedCorpus):
            from fastsgns.corpus.streaming import StreamedCorpus

            return StreamedCorpus(sentences, self.wv.key_to_index, self.workers)
        with showing(self.progress) as show:
            corpus = encode(sentences, self.wv.key_to_index, self.workers, cache, show)
        if isinstance(given, Iterator) and not corpus.n_sentences:
            raise ValueError(
                f"no sentence came from the {type(given).__name__}: it can be gone through once,"
                " and has been. Give a list, or an object whose __iter__ begins anew"
            )
        self._warn_of_changes(given, corpus, n_epochs, cache)
        # The same sentences again: one copy is enough, and the epochs count as epochs of the
        # remembered corpus.
        return self.corpus if self.corpus is not None and corpus.equals(self.corpus) else corpus

    def _warn_of_changes(
        self, sentences: Any, corpus: TrainingCorpus, n_epochs: int, cache: str
    ) -> None:
        """Say so when sentences change from pass to pass, and all epochs train the first."""
        from fastsgns.corpus import changing  # comes when first used

        rows = self.wv.key_to_index
        if n_epochs > 1 and cache == "auto" and changing.changes(sentences, corpus, rows):
            warn(logger, changing.MESSAGE % n_epochs)

    def _train_epochs(
        self,
        corpus: TrainingCorpus | SentenceBatches,
        schedule: training.Schedule,
        resumed: training.Unfinished | None,
        report_delay: float,
        callbacks: tuple[Any, ...],
    ) -> tuple[int, int]:
        """Train all epochs of a schedule, with the user's callbacks between them."""
        seed = self._draw_seed() if resumed is None else resumed.seed
        if resumed is None:
            self.running_training_loss = 0.0
        self.add_lifecycle_event(
            "train",
            msg=(
                f"training model with {self.workers} workers on {len(self.wv)} vocabulary and "
                f"{self.layer1_size} features, using sg={self.sg} hs={self.hs} "
                f"sample={self.sample} negative={self.negative} window={self.window} "
                f"shrink_windows={self.shrink_windows}"
            ),
        )
        began = time.perf_counter()
        excerpt = None if callbacks else self._excerpt(corpus, schedule, seed)
        corpus = corpus if excerpt is None else excerpt.corpus
        hooks = training.Hooks(self._do_train_job, self._get_thread_working_mem)
        run = training.Run(corpus, schedule, seed, resumed, hooks)
        n_words = corpus.n_raw_words or self.corpus_total_words
        has_none = excerpt is not None or isinstance(corpus, SentenceBatches)
        replicas = training.Replicas() if has_none else self._replicas(n_words, schedule)
        if n_words > self.batch_words:
            give_back()
        words, placed = self.wv.index_to_key, self._place_weights(replicas, excerpt)
        bar = None
        try:
            bar = self._bar(n_words * len(run.epochs), schedule.n_epochs)
            lines = training.Lines(self._log_progress, self._log_epoch_end)
            report = training.Report(schedule, report_delay, lines, bar, self.compute_loss)
            for callback in callbacks:
                callback.on_train_begin(self)
            checkpoints = self._checkpoints(corpus)
            for epoch in run.epochs:
                placed.keep(epoch, checkpoints.is_writing)
                checkpoints.before_epoch(run, epoch, placed)
                for callback in callbacks:
                    callback.on_epoch_begin(self)
                if not placed.are_current():  # a callback has assigned others
                    run.forget()
                    placed = self._placed_anew(placed, words, replicas)
                    placed.keep(epoch)
                if not run.is_prepared:
                    self._prepare(run, excerpt, placed, replicas)
                self._run_epoch(run, epoch, report, placed, checkpoints)
                if self._epoch_is_last(epoch, callbacks):
                    break
            checkpoints.finish(run)
        finally:
            with deferred():
                corpus.end_epoch()
                run.forget()
                placed.take_all()
            if bar is not None:
                bar.close()
            seconds = time.perf_counter() - began
            self.total_train_time += seconds
            self.wv.norms = None
        self._note_trained(run.totals, seconds)
        for callback in callbacks:
            callback.on_train_end(self)
        return run.totals.effective_words, run.totals.raw_words

    def _prepare(
        self,
        run: training.Run,
        excerpt: training.Excerpt | None,
        placed: training.PlacedWeights,
        replicas: training.Replicas,
    ) -> None:
        if excerpt is None:
            settings, words = self._settings(), self._vocabulary()
            run.prepare(settings, words, placed.rows, self._locks(), replicas)
        else:
            settings, words = excerpt.settings, excerpt.vocabulary
            locks = excerpt.locks(self._locks())
            run.prepare(settings, words, placed.rows, locks, replicas, excerpt.n_drawn)
        self._note_kernel(settings)

    def _check_floats(self) -> None:
        if self.wv._scales() is not None:
            raise RuntimeError(
                'vectors of int8 cannot be trained: model.wv = model.wv.astype("float32")'
            )

    def _placed_anew(
        self, placed: training.PlacedWeights, words: list[Any], replicas: training.Replicas
    ) -> training.PlacedWeights:
        """Place what a callback has assigned; words must have the rows that the corpus knows."""
        self._check_floats()
        now = self.wv.index_to_key
        if now is not words and now[: len(words)] != words:
            raise RuntimeError(
                "a callback has removed or moved words, and the text that is trained has their"
                " former rows: do so before train() or after it"
            )
        placed.take_all()
        return self._place_weights(replicas)

    def _epoch_is_last(self, epoch: int, callbacks: tuple[Any, ...]) -> bool:
        """Tell callbacks that an epoch has ended; return whether one of them says stop."""
        # differs from gensim: vectors that a callback compares are normed by this epoch's lengths.
        self.wv.norms = None
        said = [callback.on_epoch_end(self) for callback in callbacks]
        is_last = any(isinstance(word, str) and word == STOP for word in said)
        if is_last:
            logger.info("EPOCH %i was the last: a callback has said so", epoch)
        return is_last

    def _note_trained(self, totals: training.Epoch, seconds: float) -> None:
        self.train_count += 1
        self._log_train_end(totals.raw_words, totals.effective_words, seconds, totals.n_jobs)
        self._clear_post_train()

    def _warn_of_nothing(self, n_raw_words: int) -> None:
        """Say so when words came, and none was trained."""
        first = self.wv.index_to_key[0]
        logger.warning(
            "nothing was trained: of the %i words that came, none is left. Either none is in the "
            "vocabulary, whose %i keys are %s such as %s, or sample=%g drops them all",
            n_raw_words,
            len(self.wv),
            type(first).__name__,
            shown(first, 40),
            self.sample,
        )

    def _note_kernel(self, settings: Settings) -> None:
        is_shared = settings.kernel != "blas" and settings.shares_negatives(
            len(self.wv.index_to_key), self.alpha
        )
        self._kernel_used = settings.kernel, bool(is_shared and self.negative)
        logger.info("training with the kernel %s", self.kernel_used)

    def _checkpoints(self, corpus: TrainingCorpus | SentenceBatches) -> training.Checkpoints:
        path, every = self._checkpoint
        if path is None:
            return training.Checkpoints(None, None, every)

        def capture(
            progress: training.Progress, matrices: Mapping[str, Any] | None
        ) -> Callable[[], None]:
            model = self if matrices is None else self._at_this_instant(matrices)
            return lambda: model._write_native(path, progress=progress.as_plain())

        return training.Checkpoints(capture, fingerprint(corpus), every)

    def _at_this_instant(self, matrices: Mapping[str, Any]) -> Self:
        """Return a twin with these weights, and with what training changes as it is now."""
        twin = copy.copy(self)
        twin.wv = copy.copy(self.wv)
        twin.wv.index_to_key = list(self.wv.index_to_key)
        twin.random = copy.deepcopy(self.random)
        twin.history = list(self.history)
        twin.lifecycle_events = list(self.lifecycle_events or ())
        under_way = vars(self).get("_under_way")
        if under_way is not None:
            twin.running_training_loss += under_way.result.loss
        for name, matrix in matrices.items():
            twin._put_matrix(name, matrix)
        return twin

    @classmethod
    def resume(
        cls,
        checkpoint: str | os.PathLike[str],
        sentences: Iterable[Any] | None = None,
        corpus_file: Any = None,
        *,
        corpus: EncodedCorpus | None = None,
        callbacks: Iterable[Any] = (),
        report_delay: float = 1.0,
        progress: bool | None = None,
    ) -> Self:
        """Go on with a run whose checkpoint is in a file, to its end; return the model.

        With one worker the weights are equal to the bit to those of a run that nobody interrupted,
        on the same kernel. Further checkpoints are written to the same file.

        Parameters
        ----------
        checkpoint : str or path
            What ``Word2Vec(..., checkpoint=path)`` has written.
        sentences, corpus_file, corpus
            The corpus of that run, one of them.
        callbacks : iterable of CallbackAny2Vec
        report_delay : float, default 1.0
        progress : bool, optional
            As of the constructor; by default as that run had it.

        Raises
        ------
        FormatError
            The file is damaged, or a model but no checkpoint.
        ValueError
            This is another corpus.
        """
        from fastsgns.io import gensim_attributes, model_file  # when first used

        own = gensim_attributes.own_classes(cls, beyond=__name__.partition(".")[0])
        stored = model_file.read(checkpoint, None, own, _DEFAULTS)
        model = cls.__new__(cls)
        model._take_over(stored)
        with damage_of(stored.place):
            if stored.progress is None:
                raise FormatError(f"{stored.place}: a model, but no checkpoint: load() reads it")
            so_far = training.Progress.from_plain(stored.progress)
        if progress is not None:
            model.progress = progress
        if corpus is not None:
            sentences = given_corpus(corpus, sentences, corpus_file)
        found = model._encode(sentences, corpus_file, so_far.schedule.n_epochs)
        if fingerprint(found) != so_far.fingerprint:
            raise ValueError(
                f"{stored.place} is the checkpoint of another corpus than the one that is given"
            )
        model._checkpoint = checkpoint, so_far.every
        schedule = replace(so_far.schedule, next_alpha=model._alpha_hook())
        with damage_of(stored.place):
            unfinished = replace(so_far, schedule=schedule).unfinished(found)
        if isinstance(found, (RenumberedCorpus, CorpusView)):
            model._remember(found)
            model._trained_epochs, model._unfinished = so_far.epoch, unfinished
        if unfinished is not None:
            of_run = found, unfinished.schedule, unfinished
            with model._by_one_thread():
                model._train_epochs(*of_run, report_delay, _params.as_callbacks(callbacks))
        return model

    def _run_epoch(
        self,
        run: training.Run,
        epoch: int,
        report: training.Report,
        placed: training.PlacedWeights,
        checkpoints: training.Checkpoints,
    ) -> None:
        """Train an epoch, and put down what it did; also what an interrupted one did."""
        self._under_way = under_way = run.begin(epoch, self.random)
        loss_before = self.running_training_loss
        try:
            done = run.train(
                under_way,
                epoch,
                report,
                lambda: checkpoints.within_epoch(run, epoch, under_way, placed),
            )
        finally:
            del self._under_way
            self.running_training_loss = loss_before + under_way.result.loss
            if run.corpus is self.corpus:
                self._unfinished = run.unfinished
        if run.corpus is self.corpus:
            self._trained_epochs += 1
        if done.last_alpha is None:  # there was no job
            done.first_alpha = done.last_alpha = self.alpha
        else:
            self.min_alpha_yet_reached = done.last_alpha
        report.end_epoch(done, run.corpus, is_first=self.train_count == 0)
        number = len(self.history) + 1
        self.history.append(training.history_entry(number, done, self.compute_loss))
        self._check_converges(epoch, placed)

    def _check_converges(self, epoch: int, placed: training.PlacedWeights) -> None:
        """Raise TrainingDiverged after an epoch that left weights that are not finite."""
        name = training.not_finite(placed.views)
        if name is None:
            return
        self._unfinished = None
        kept, back = placed.kept_epoch, ""
        if placed.bring_back():
            back = "; those of its begin are back"
            if kept is not None and kept < epoch:
                back = f"; those of the begin of epoch {kept + 1} are back"
        raise TrainingDiverged(
            f"{name} is no longer finite after epoch {epoch + 1}: alpha={self.alpha} is too high"
            f" (0.025 is usual){back}"
        )

    def get_latest_training_loss(self) -> float:
        """Return the loss that the last `train(compute_loss=True)` added up, else 0.0.

        The sum of -log sigma over all scored targets and negatives (and nodes), as gensim defines
        it: cumulative over the epochs of one `train()`, so that a callback sees it grow. `history`
        has the mean a pair, epoch by epoch.

        differs from gensim: added up in float64 by each worker for itself, so it neither sticks at
        2**27 nor loses updates.
        """
        return self.running_training_loss

    # ---------------------------------------------------------------- what a room is given

    def _settings(self) -> Settings:
        return Settings(
            kernel=self._kernel_name(),
            vector_size=self.vector_size,
            window=self.window,
            negative=self.negative,
            workers=self.workers,
            skip_gram=bool(self.sg),
            hierarchical=bool(self.hs),
            cbow_mean=bool(self.cbow_mean),
            shrink_windows=bool(self.shrink_windows),
            compute_loss=self.compute_loss,
            shared_negatives=self.shared_negatives,
        )

    def _vocabulary(self, with_paths: bool = True) -> Vocabulary:
        """Return the words with all that training needs of them; what is missing is made."""
        expandos = self.wv.expandos
        if self.sample and "sample_int" not in expandos:
            raise RuntimeError(
                "the vocabulary has no keep probabilities (wv.expandos['sample_int']): "
                "build the vocabulary, or set model.sample = 0"
            )
        return Vocabulary(
            words=self.wv.index_to_key,
            counts=expandos.get("count"),
            keep_thresholds=(
                np.ascontiguousarray(expandos["sample_int"], np.uint32) if self.sample else None
            ),
            noise_table=self._noise_table() if self.negative else None,
            paths=self._paths() if self.hs and with_paths else None,
        )

    def _noise_table(self) -> NDArray[np.uint32]:
        """Return `cum_table`; one that does not fit the vocabulary is made anew."""
        if self.cum_table is None or len(self.cum_table) != len(self.wv.index_to_key):
            self.make_cum_table()
        return np.ascontiguousarray(self.cum_table, np.uint32)

    def _paths(self) -> vocabulary.HuffmanPaths:
        """Return the paths in the Huffman tree, which is made if there is none."""
        return vocabulary.join_paths(*self._paths_by_word())

    def _paths_by_word(self) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """Return the codes and the nodes of each word's path."""
        if "point" not in self.wv.expandos:
            self.create_binary_tree()
        return self.wv.expandos["code"], self.wv.expandos["point"]

    def _kernel_name(self) -> str:
        return _params.resolved_kernel(self.kernel)

    def _draw_seed(self) -> int:
        """Return the seed of a run. "blas" draws from `self.random` itself, in gensim's order."""
        return 0 if self._kernel_name() == "blas" else int(self.random.randint(2**31))

    def _locks(self) -> NDArray[np.float32]:
        locks = getattr(self.wv, "vectors_lockf", None)
        if locks is None:
            # differs from gensim: after reset_from(), or with vectors that were loaded, its train()
            # hangs here.
            locks = self.wv.vectors_lockf = np.ones(1, np.float32)
        return locks

    def _excerpt(
        self, corpus: TrainingCorpus | SentenceBatches, schedule: training.Schedule, seed: int
    ) -> training.Excerpt | None:
        """Return what a short text needs of a large model; None: it is trained as a whole.

        Callbacks look at the model meanwhile: with them it is not asked.
        """
        if corpus is self.corpus or not isinstance(corpus, (RenumberedCorpus, CorpusView)):
            return None  # text that is remembered is what the vocabulary was built from
        if self._checkpoint[0] is not None:
            return None  # the whole model is going to be written
        settings, alpha = self._settings(), schedule.start_alpha
        n_words, n_raw_words = len(self.wv.index_to_key), corpus.n_raw_words
        n_noise = training.n_drawn(settings, n_words, n_raw_words, schedule.n_epochs, alpha)
        if n_noise is None:
            return None
        vocabulary = self._vocabulary(with_paths=False)
        paths = self._paths_by_word() if self.hs else None
        matrices, shape = list(self._trained().values()), (n_words, self.vector_size)
        if not training.can_be_excerpted(matrices, shape, vocabulary, paths, self._locks()):
            return None
        return training.excerpt_of(settings, vocabulary, paths, corpus, n_noise, alpha, seed)

    def _replicas(self, n_raw_words: int, schedule: training.Schedule) -> training.Replicas:
        """Return which rows each worker trains in copies of its own.

        None for a corpus of one job: what it gives does not depend on `workers`, as in gensim.
        And none for batches of sentences, which any thread of the user's may train, or an excerpt.
        """
        if self.workers == 1 or n_raw_words <= self.batch_words:
            return training.Replicas()
        alphas = schedule.start_alpha, schedule.end_alpha
        return training.plan_replicas(self._settings(), self._vocabulary(), alphas)

    def _weights(self) -> Weights:
        return Weights(self.wv.vectors, getattr(self, "syn1neg", None), getattr(self, "syn1", None))

    def _matrices(self) -> dict[str, Any]:
        """Return the weights by the names that users know them by; None for those not there."""
        return dict(zip(training.NAMES, self._weights(), strict=True))

    def _put_matrix(self, name: str, matrix: NDArray[np.float32]) -> None:
        if name == "wv.vectors":
            self.wv.vectors = matrix
        else:
            setattr(self, name, matrix)

    def _bar(self, n_words: int, n_epochs: int) -> TrainingBar | None:
        """Return the progress bar of a run, if one is wanted."""
        if not self.progress:
            return None
        from fastsgns.training.progress import TrainingBar  # comes when first used

        return TrainingBar(n_words, n_epochs, fitting())

    def _trained(self) -> dict[str, Any]:
        """Return those of the weights that training moves, by name."""
        is_trained = Weights(True, self.negative, self.hs)
        named = zip(self._matrices().items(), is_trained, strict=True)
        return {name: matrix for (name, matrix), trained in named if trained}

    def _place_weights(
        self, replicas: training.Replicas, excerpt: training.Excerpt | None = None
    ) -> training.PlacedWeights:
        """Move what is going to be trained to where the kernel wants it."""
        placed: training.PlacedWeights
        if excerpt is None:
            training.check_finite(self._matrices())
            placed = training.PlacedWeights(
                lambda name: self._matrices()[name],
                self._put_matrix,
                len(self.wv.index_to_key),
                self.vector_size,
                self._settings().stride(),
                2 * replicas.n_rows * self.workers,
            )
        else:
            placed = training.PlacedExcerpt(excerpt, self._trained())
        try:
            for name in list(self._trained()):  # their names: a matrix that moves is let go
                placed.place(name)
            if excerpt is not None:
                training.check_finite(placed.views)
        except BaseException:
            placed.take_all()
            raise
        return placed

    # ---------------------------------------------------------------- what a trained model says

    def log_likelihood(
        self, sentences: Iterable[Any], objective: str = "negative-sampling"
    ) -> float:
        """Return the mean log-likelihood a pair of a text, trained on or held out.

        Every word is paired with every word of its full window: no subsampling, no shrinking.
        Unknown words are dropped first, as in training. Skip-gram: a pair is a word and one context
        word; CBOW: a word and its whole context.

        Parameters
        ----------
        sentences : iterable of lists of str
        objective : {"negative-sampling", "softmax"}
            "negative-sampling": log sigma(v_c . v_w) + k E log sigma(-v_n . v_w), the expectation
            over the noise distribution taken exactly. "softmax": log p(c | w), with the exact sum
            over the vocabulary.

        Returns
        -------
        float
            In nats a pair, <= 0.

        Raises
        ------
        ValueError
            When the objective is unknown or there is no pair.
        RuntimeError
            When the model has no output vectors (negative=0).

        References
        ----------
        Goldberg & Levy 2014, arXiv:1402.3722, equations 3 and 4; docs/derivation.md.
        """
        from fastsgns.objective import likelihood  # comes when first used

        output_vectors = self._output_vectors("log_likelihood")
        text = encode(sentences, self.wv.key_to_index).in_memory()
        return likelihood.text_log_likelihood(
            text.ids,
            text.offsets,
            self.wv._floats(),
            output_vectors,
            objective=objective,
            window=self.window,
            skip_gram=bool(self.sg),
            cbow_mean=bool(self.cbow_mean),
            noise_table=self._noise_table(),
            negative=self.negative,
        )

    def pair_probability(self, word: Any, context: Any) -> float:
        """Return p(D=1 | word, context) = sigma(v_c . v_w), that the pair is from the text.

        Parameters
        ----------
        word, context : key
            v_w is the input vector of `word` (`wv.vectors`), v_c the output vector of `context`
            (`syn1neg`). In CBOW, where the context predicts the word, it is the other way round.

        Raises
        ------
        KeyError
            When a word is not in the vocabulary.
        RuntimeError
            When the model has no output vectors (negative=0).

        References
        ----------
        Goldberg & Levy 2014, arXiv:1402.3722, section 2.
        """
        from fastsgns.objective import likelihood

        output_vectors = self._output_vectors("pair_probability")
        given, predicted = (word, context) if self.sg else (context, word)
        inputs, targets = np.array([[self.wv.get_index(given)], [self.wv.get_index(predicted)]])
        probability = likelihood.pair_probability(
            self.wv._floats(), output_vectors, inputs, targets
        )
        return float(probability[0])

    def _output_vectors(self, what: str) -> Any:
        if not self.negative or getattr(self, "syn1neg", None) is None:
            raise RuntimeError(
                f"{what} needs the output vectors of negative sampling, and the model has none:"
                f" negative={self.negative}"
            )
        return self.syn1neg

    def score(
        self,
        sentences: Iterable[Any],
        total_sentences: int = 1_000_000,
        chunksize: int = 100,
        queue_factor: int = 2,
        report_delay: float = 1,
    ) -> NDArray[np.float32]:
        """Return the log probability of each sentence; for hierarchical softmax only.

        Every word is predicted from its full window: no subsampling, no shrinking. Unknown words
        are left out first.

        Parameters
        ----------
        sentences : iterable of lists of str
            Consumed once, and as far as they are scored.
        total_sentences : int, default 1,000,000
            Score at most so many sentences, with a warning if there are more.
        chunksize : int, default 100
            Sentences a job; `workers` threads take jobs.
        queue_factor : int, default 2
            Jobs that wait for each worker.
        report_delay : float, default 1
            Seconds between two progress lines in the log.

        Returns
        -------
        float32 (n_sentences,)
            In nats. 0 for a sentence without known words, and with skip-gram for one of one word.

        Raises
        ------
        RuntimeError
            When the model has no hierarchical softmax (hs=0), or no vocabulary.

        Notes
        -----
        Matches gensim, which takes log sigma from word2vec.c's table of 1000 steps on (-6, 6) and
        lets nodes beyond it count nothing: these are scores to compare, and no exact
        probabilities. The method is that of Taddy 2015.

        References
        ----------
        Taddy 2015, Document Classification by Inversion of Distributed Language Representations,
        arXiv:1504.07295.
        """
        from fastsgns.objective import scoring  # comes when first used

        limit = max(int(total_sentences), 0)
        chunksize = _params.as_int("chunksize", chunksize, at_least=1)
        n_waiting = self.workers * _params.as_int("queue_factor", queue_factor, at_least=1)
        self._check_scores()
        logger.info(
            "scoring sentences with %i workers on %i vocabulary and %i features, "
            "using sg=%s hs=%s sample=%s and negative=%s",
            self.workers,
            len(self.wv),
            self.layer1_size,
            self.sg,
            self.hs,
            self.sample,
            self.negative,
        )
        # differs from gensim: without any sentence there is an empty array, where it has a
        # NameError; sentences are scored whole, however long, where it takes 10,000 words; and sums
        # are float64, where its float32 costs 1e-6 to 1e-5 of a score.
        report = scoring.ScoringReport(report_delay)
        rest = iter(sentences)
        texts = scoring.encoded_chunks(rest, self.wv.key_to_index, limit, chunksize)
        first = list(itertools.islice(texts, 2))
        # A few sentences have few of the words, and to join all paths would take longer than they.
        words = np.unique(first[0][0]) if len(first) == 1 else None
        paths = vocabulary.join_paths(*self._paths_by_word(), words)
        scorer = scoring.make_scorer(self._settings(), self._weights(), paths)
        texts = itertools.chain(first, texts)
        scores = scoring.score_texts(scorer, texts, self.workers, n_waiting, report.progress)
        if len(scores) == limit and next(rest, None) is not None:
            logger.warning(
                "terminating after %i sentences (set higher total_sentences if you want more).",
                limit,
            )
        report.end(len(scores))
        return scores

    def _check_scores(self) -> None:
        if not self.hs:
            raise RuntimeError(
                "We have currently only implemented score for the hierarchical softmax scheme: "
                f"train with hs=1 and negative=0, got hs={self.hs}"
            )
        if not self.wv.key_to_index:
            raise RuntimeError("you must first build vocabulary before scoring new data")
        if getattr(self, "syn1", None) is None:
            raise RuntimeError("score needs syn1, the node vectors, and the model has none")

    def predict_output_word(
        self, context_words_list: Iterable[Any], topn: int | None = 10
    ) -> list[tuple[Any, np.float32]] | None:
        """Return the words that a context makes likely, the likeliest first.

        Parameters
        ----------
        context_words_list : iterable of key
            The context words, or their indices. Unknown ones are left out.
        topn : int or None, default 10
            How many words; None: all.

        Returns
        -------
        list of (word, float32) or None
            The probabilities are a softmax, over the vocabulary, of v_c . h with the output vectors
            v_c and h the mean (cbow_mean=0: the sum) of the context's input vectors. None, with a
            warning in the log, when no context word is known.

        Raises
        ------
        RuntimeError
            When the model has no output vectors (negative=0, or no vocabulary yet).

        Notes
        -----
        Negative sampling does not train a softmax: take the order, not the numbers.

        differs from gensim: the largest exponent is taken out first, so that none overflows.
        """
        from fastsgns.objective import scoring

        self.wv._check_keys(context_words_list, "context_words_list")
        if not self.negative:
            raise RuntimeError(
                "We have currently only implemented predict_output_word for the negative sampling "
                f"scheme: train with negative > 0, got negative={self.negative}"
            )
        if getattr(self, "syn1neg", None) is None or not len(self.wv.vectors):
            raise RuntimeError(
                "Parameters required for predicting the output words not found: the model has no "
                "vocabulary, or was loaded without syn1neg"
            )
        row_of = self.wv.get_index
        rows = [row for word in context_words_list if (row := row_of(word, -1)) >= 0]
        if not rows:
            logger.warning(
                "All the input context words are out-of-vocabulary for the current model."
            )
            return None
        best, probabilities = scoring.likely_outputs(
            self.wv._floats(rows),
            self.syn1neg,
            bool(self.cbow_mean),
            None if topn is None else as_index(topn),
        )
        words = map(self.wv.index_to_key.__getitem__, best)
        return list(zip(words, probabilities, strict=True))

    # ---------------------------------------------------------------- files and copies

    def save(
        self,
        fname_or_handle: str | os.PathLike[str] | IO[bytes],
        separately: Iterable[str] | None = None,
        sep_limit: int = _params.SEP_LIMIT,
        ignore: Collection[str] = frozenset(),
        pickle_protocol: int = 4,
        *,
        format: str | None = None,  # noqa: A002
    ) -> None:
        """Save the model in one file, without pickle; an old one stays until it is complete.

        Parameters
        ----------
        fname_or_handle : str, path or binary file
            A suffix .gz, .bz2, .xz or .zst compresses.
        separately, sep_limit, pickle_protocol
            As in `KeyedVectors.save`: of no effect on the native format.
        ignore : collection of str
            Attributes to leave out, of the model and of `wv`; they are None after loading.
        format : {"native", "gensim"}, optional
            "gensim" writes what gensim 4 loads as its Word2Vec, without the history and what else
            only this class has. Not a parameter of gensim.

        Notes
        -----
        The native file is an .npz that NumPy can open too. The corpus, callbacks and `hashfxn` are
        not saved. Attributes of a subclass or of yours are, if they are plain values or arrays; a
        warning names those that cannot be without pickle.

        Raises
        ------
        TypeError
            A key is of a type that the format has no place for.
        ValueError
            The parts do not fit together. Nothing has been written then.
        """
        from fastsgns.io import gensim_attributes, gensim_check, gensim_writer  # when first used

        chosen = gensim_attributes.format_wanted(format)
        self._check_parts(ignore)
        if chosen == "safetensors":
            raise ValueError("format='safetensors' is for vectors: model.wv.save writes it")
        self.add_lifecycle_event(
            "saving",
            fname_or_handle=str(fname_or_handle),
            separately=str(separately),
            sep_limit=sep_limit,
            ignore=sorted(ignore),
        )
        if chosen == "gensim":
            attributes = vars(self) | slots_of(self)
            left_out = gensim_check.unreadable(attributes, ignore)
            left_out |= gensim_check.unreadable(vars(self.wv), ignore)
            for message in left_out.values():
                warn(logger, message)
            ignore = {*ignore, *left_out}
            vectors = gensim_attributes.stored_vectors(vars(self.wv), ignore)
            gensim_writer.write(
                fname_or_handle,
                gensim_attributes.stored_model(attributes, vectors, ignore),
                separately=separately,
                sep_limit=sep_limit,
                ignored=sorted({"cum_table", *ignore}),
                protocol=pickle_protocol,
            )
        else:
            self._write_native(fname_or_handle, ignore)
        logger.info("saved %s", fname_or_handle)

    def _write_native(
        self, target: Any, ignore: Collection[str] = (), progress: dict[str, Any] | None = None
    ) -> None:
        from fastsgns.io import model_file

        saved = {name: getattr(self, name) for name in model_file.SAVED if hasattr(self, name)}
        # Nothing is written that would not be read back.
        _params.check_saved({name: model_file.plain(value) for name, value in saved.items()})
        own = self._own_attributes()
        model_file.write(target, saved, vars(self.wv), ignore, own, progress)

    @classmethod
    def load(
        cls,
        fname: str | os.PathLike[str] | IO[bytes],
        mmap: str | None = None,
        rethrow: bool = False,  # noqa: ARG003
        *,
        verify: bool = False,
    ) -> Self:
        """Load a model that `save` wrote, or gensim's, of any version up to 4.

        Parameters
        ----------
        fname : str, path or binary file
        mmap : {None, "r", "c"}, default None
            Map the matrices from the file instead of reading them; training then works on a private
            copy.
        rethrow : bool
            As in gensim; of no effect here.
        verify : bool, default False
            Compare the checksums of what is mapped too; those of what is read always are.

        Raises
        ------
        FormatError
            When the file is no model file, or damaged; a ValueError. Or when a pickle names
            anything but what gensim's models are made of: it is named, and nothing in a file is
            ever executed. A file with a subclass of yours is loaded by that class.
        FileNotFoundError
        """
        from fastsgns.io import gensim_attributes, model_file

        logger.info("loading %s object from %s", cls.__name__, fname)
        own = gensim_attributes.own_classes(cls, beyond=__name__.partition(".")[0])
        model = cls.__new__(cls)
        try:
            stored = model_file.read(fname, mmap, own, _DEFAULTS, verify)
        except OtherModelError as refusal:
            return cast(Self, gensim_attributes.load_other(refusal, fname, mmap))
        model._take_over(stored)
        model.add_lifecycle_event("loaded", fname=str(fname))
        return model

    def _own_attributes(self) -> dict[str, Any]:
        """Return the attributes that a subclass or the user has given the model."""
        from fastsgns.io import model_file

        ours = {*model_file.SAVED, *_NOT_SAVED}
        of_all = vars(self) | slots_of(self)
        return {name: value for name, value in of_all.items() if name not in ours}

    def _check_parts(self, ignore: Collection[str] = ()) -> None:
        """Raise ValueError when the parts of the model would not be loaded from a file again."""
        from fastsgns.io import model_file

        self.wv._check_rows(ignore)
        keys, vectors = self.wv.index_to_key, self.wv.vectors
        model_file.check_shapes(vars(self), keys, vectors, self.wv.expandos)

    def _take_over(self, stored: StoredModel) -> None:
        """Have the attributes that a file holds, and what follows from them."""
        from fastsgns.io import gensim_attributes, model_file

        with damage_of(stored.place):
            self.hashfxn = hash
            self.wv = KeyedVectors._from_attributes(stored.vectors)
            locks = getattr(self.wv, "vectors_lockf", None)
            if locks is not None:  # small, and to be written to
                self.wv.vectors_lockf = np.array(locks)
            for name, value in stored.attributes.items():
                if name in BOOKKEEPING:
                    vars(self)[name] = value
                    continue
                if name in _NOT_SAVED or not (
                    name in model_file.SAVED or is_settable(type(self), name)
                ):
                    raise ValueError(f"{name!r} is no attribute that a file can set")
                setattr(self, name, value)
            keys, vectors = self.wv.index_to_key, self.wv.vectors
            _params.check_saved(stored.attributes)
            model_file.check_shapes(stored.attributes, keys, vectors, self.wv.expandos)
            if "count" in (self.wv.expandos or {}):
                if not stored.has_tables and self.negative and self.negative > 0:
                    self.make_cum_table()
                if self.hs and not gensim_attributes.has_paths(self.wv.expandos):
                    # Words that were added to the vectors only are not in the tree.
                    syn1 = stored.attributes.get("syn1")
                    self._make_tree(self._counts()[: None if syn1 is None else len(syn1)])
                    self.wv.allocate_vecattrs()
        vars(self)["load"] = call_on_class_only

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        if self.corpus is not None:
            memo[id(self.corpus)] = self.corpus  # nobody writes into it: both can have it
        attributes, slots = copy.deepcopy((self._what_stays(), slots_of(self)), memo)
        vars(twin).update(attributes)
        put_slots(twin, slots)
        return twin

    def __copy__(self) -> Self:
        twin = type(self).__new__(type(self))
        vars(twin).update(self._what_stays())
        put_slots(twin, slots_of(self))
        return twin

    def __getstate__(self) -> dict[str, Any] | tuple[dict[str, Any], dict[str, Any]]:
        """Return what a pickle holds: all but the remembered corpus, as in `save` and in gensim."""
        # And but `load`, which is a function of ours: gensim reads what `patch_gensim` pickles.
        left_out = {"corpus", "_corpus_keys", "_trained_epochs", "_unfinished", "load"}
        attributes = {name: of for name, of in self._what_stays().items() if name not in left_out}
        slots = slots_of(self)
        return (attributes, slots) if slots else attributes

    def __setstate__(self, state: dict[str, Any] | tuple[dict[str, Any], dict[str, Any]]) -> None:
        from fastsgns.io import model_file

        attributes, slots = state if isinstance(state, tuple) else (state, {})  # of a subclass
        if attributes:  # gensim's, where such a pickle is read as ours, lacks what only ours have
            vars(self).update(model_file.at_first(_DEFAULTS), hashfxn=hash, load=call_on_class_only)
        vars(self).update(attributes)
        put_slots(self, slots)

    def _what_stays(self) -> dict[str, Any]:
        """Return the attributes without what is the constructor's or an epoch's while it runs.

        Callbacks take copies then; the sentences may be a generator, or large.
        """
        for_now = ("_built_from", "_consumed", "_trainer", "_under_way")
        return {name: value for name, value in self.__dict__.items() if name not in for_now}

    def add_lifecycle_event(
        self, event_name: str, log_level: int | bool = logging.INFO, **event: Any
    ) -> None:
        """Append an event to `lifecycle_events` and log it.

        Parameters
        ----------
        event_name : str
        log_level : int or False
            The level to log at; False does not log.
        **event
            What to note; time, versions and platform are added. Should be representable as JSON, to
            survive `save`.

        Notes
        -----
        `model.lifecycle_events = None` switches the diary off (events are still logged).
        """
        noted = noted_event(type(self).__name__, event_name, log_level, event)
        if self.lifecycle_events is not None:
            self.lifecycle_events.append(noted)

    # ---------------------------------------------------------------- names of gensim 3

    if not TYPE_CHECKING:  # or any name would do, to a type checker

        def __getattr__(self, name: str) -> NoReturn:
            raise missing(self, name)

    def init_sims(self, replace: bool = False) -> None:
        """Call `wv.init_sims`; deprecated, and there is nothing to call: norms come when needed."""
        warnings.warn(
            "Call to deprecated `init_sims` (norms are computed when they are needed).",
            category=DeprecationWarning,
            stacklevel=2,
        )
        self.wv.init_sims(replace)

    def seeded_vector(self, seed_string: Any, vector_size: int) -> NDArray[np.float32]:
        """Return a small random vector that depends on `seed_string` and `hashfxn`; deprecated.

        Returns
        -------
        float32 (vector_size,)
            Uniform in [-0.5 / vector_size, 0.5 / vector_size).
        """
        warnings.warn(
            "Call to deprecated `seeded_vector` "
            "(Use fastsgns.keyedvectors.pseudorandom_weak_vector() directly).",
            category=DeprecationWarning,
            stacklevel=2,
        )
        return pseudorandom_weak_vector(vector_size, seed_string, self.hashfxn)


_OWN_HOOKS = {name: vars(Word2Vec)[name] for name in _hooks.CALLED}

_DEFAULTS = {
    name: parameter.default for name, parameter in signature(Word2Vec.__init__).parameters.items()
}
