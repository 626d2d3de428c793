"""Face: Word2Vec, in gensim's shape."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from inspect import signature
from typing import IO, Any, Self

import numpy as np

from fastsgns import _params
from fastsgns._model_file import call_on_class_only, read_model, write_for_gensim, write_model
from fastsgns._old_names import OldNames
from fastsgns._setup import TrainingDiverged
from fastsgns._streaming import check_repeatable
from fastsgns.corpus import EncodedCorpus, given_corpus
from fastsgns.io.gensim_attributes import format_wanted
from fastsgns.io.gensim_writer import SEP_LIMIT
from fastsgns.keyedvectors import REAL, KeyedVectors, Vocab, pseudorandom_weak_vector
from fastsgns.sentences import (
    MAX_SENTENCE_LENGTH,
    BrownCorpus,
    LineSentence,
    PathLineSentences,
    Text8Corpus,
    as_sentences,
)
from fastsgns.vocabulary import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP, TrimRule

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


class Word2Vec(OldNames):
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
        With `workers=1`, the same corpus, parameters and seed give the same vectors to the bit.
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
        does; a kernel that shares corrects its steps for it. "auto" shares when there are 10,000
        words or more, alpha is 0.05 or less and the window 10 or less. Not a parameter of gensim.
    progress : bool, default False
        Show a progress bar (needs tqdm). Not a parameter of gensim.
    corpus : EncodedCorpus, optional
        Sentences that are integers already, instead of `sentences`: many models may share one. Not
        a parameter of gensim.
    corpus_cache : {"auto", "memory", "disk", "off"}, default "auto"
        Where the sentences are kept as integers: in RAM, in a temporary file, or, with "auto", in
        RAM if they take a quarter of the free memory at most (or as much as the environment
        variable FASTSGNS_CORPUS_MEMORY says: "2G", "10%"). "off": nowhere; the sentences are read
        again in each epoch, as in gensim, for those that are not the same each time. Not a
        parameter of gensim.

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
        corpus_cache: str = "auto",
    ) -> None:
        self.vector_size = self.layer1_size = _params.as_int("vector_size", vector_size, at_least=1)
        self.workers = _params.as_workers(workers)
        self.epochs = _params.as_count("epochs", epochs)
        self.train_count = 0
        self.total_train_time = 0.0
        self.batch_words = _params.as_int("batch_words", batch_words, at_least=1)

        self.sg = _params.as_int("sg", sg, at_least=0)
        self.alpha = _params.as_alpha("alpha", alpha)
        self.min_alpha = _params.as_alpha("min_alpha", min_alpha)
        # differs from gensim: with window <= 0 its workers die and train() hangs.
        self.window = _params.as_int("window", window, at_least=1)
        self.shrink_windows = bool(shrink_windows)
        self.random = np.random.RandomState(seed)
        self.hs = _params.as_int("hs", hs, at_least=0)
        self.negative = _params.as_int("negative", negative, at_least=0)
        self.ns_exponent = _params.as_exponent(ns_exponent)
        self.cbow_mean = _params.as_int("cbow_mean", cbow_mean, at_least=0)
        self.compute_loss = bool(compute_loss)
        self.running_training_loss = 0.0
        self.min_alpha_yet_reached = self.alpha
        self.corpus_count = 0
        self.corpus_total_words = 0

        self.max_final_vocab = _params.as_optional_int("max_final_vocab", max_final_vocab)
        self.max_vocab_size = _params.as_optional_int("max_vocab_size", max_vocab_size)
        self.min_count = _params.as_count("min_count", min_count)
        self.sample = _params.as_sample(sample)
        self.sorted_vocab = sorted_vocab
        self.null_word = null_word
        self.raw_vocab = defaultdict(int)
        self.hashfxn = hashfxn
        self.seed = seed
        self.comment = comment
        self.kernel = _params.as_kernel(kernel)
        self.shared_negatives = _params.as_shared_negatives(shared_negatives)
        self.progress = bool(progress)
        self.corpus_cache = _params.as_corpus_cache(corpus_cache)
        self.history = []
        self.lifecycle_events = []
        vars(self)["load"] = call_on_class_only  # as in gensim: only of the class
        self.wv = KeyedVectors(self.vector_size)
        self.wv.vectors_lockf = np.ones(1, np.float32)

        callbacks = tuple(callbacks)
        if corpus is not None:
            sentences = given_corpus(corpus, sentences, corpus_file)
        if self.corpus_cache == "off" and (sentences is not None or corpus_file is not None):
            check_repeatable(as_sentences(sentences, corpus_file), self.epochs + 1)
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

    def __str__(self) -> str:
        return (
            f"{type(self).__name__}<vocab={len(self.wv.index_to_key)},"
            f" vector_size={self.wv.vector_size}, alpha={self.alpha}>"
        )

    def save(
        self,
        fname_or_handle: str | os.PathLike[str] | IO[bytes],
        separately: Iterable[str] | None = None,
        sep_limit: int = SEP_LIMIT,
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
        separately : iterable of str, optional
        sep_limit : int, default 10 * 1024**2
        pickle_protocol : int, default 4
            As in gensim, for its format: attributes to write to files of their own, or else the
            elements of an array that gets one; the version of the pickle. Of no effect on the
            native format: there is one file, and `load` can map it.
        ignore : collection of str
            Attributes to leave out, of the model and of `wv`; they are None after loading.
        format : {"native", "gensim"}, optional
            "gensim" writes what gensim 4 loads as its Word2Vec, without the history and what else
            only this class has. Not a parameter of gensim.

        Notes
        -----
        The native file is an .npz that NumPy can open too. The corpus, callbacks and `hashfxn` are
        not saved.
        """
        chosen = format_wanted(format)
        self.add_lifecycle_event(
            "saving",
            fname_or_handle=str(fname_or_handle),
            separately=str(separately),
            sep_limit=sep_limit,
            ignore=sorted(ignore),
        )
        if chosen == "gensim":
            write_for_gensim(self, fname_or_handle, separately, sep_limit, ignore, pickle_protocol)
        else:
            write_model(self, fname_or_handle, ignore)
        logger.info("saved %s", fname_or_handle)

    @classmethod
    def load(
        cls,
        fname: str | os.PathLike[str] | IO[bytes],
        mmap: str | None = None,
        rethrow: bool = False,  # noqa: ARG003
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

        Raises
        ------
        FormatError
            When the file is no model file, or damaged; a ValueError. Or when a pickle names
            anything but what gensim's models are made of: it is named, and nothing in a file is
            ever executed. A file with a subclass of yours is loaded by that class.
        FileNotFoundError
        """
        logger.info("loading %s object from %s", cls.__name__, fname)
        model = cls.__new__(cls)
        read_model(model, fname, mmap, _DEFAULTS)
        model.add_lifecycle_event("loaded", fname=str(fname))
        return model


_DEFAULTS = {
    name: parameter.default for name, parameter in signature(Word2Vec.__init__).parameters.items()
}
