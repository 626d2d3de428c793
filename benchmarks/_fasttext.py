"""Benchmarks, fastText behind Word2Vec's constructor: words only, no character n-grams.

fastText (Bojanowski et al. 2017, doi:10.1162/tacl_a_00051) is timed as a whole (`--measure call`):
it reads its file while it trains. `sample` is its `t`, its learning rate falls to 0, it takes no
seed. `pip install fasttext-numpy2-wheel` has it.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


class Word2Vec:
    """A trained model: `wv.index_to_key`, `wv.vectors`, and the output vectors `syn1neg`."""

    def __init__(
        self,
        sentences: Any = None,
        corpus_file: str | None = None,
        *,
        vector_size: int,
        sg: int,
        hs: int,
        negative: int,
        window: int,
        sample: float,
        alpha: float,
        min_count: int,
        epochs: int,
        workers: int,
        seed: int,
    ) -> None:
        import fasttext

        if corpus_file is None:
            if sentences is None or len(sentences) > 2:
                raise ValueError("fasttext reads files only: use --corpus-form file --measure call")
            return  # the warm-up: there is nothing to prepare
        del seed  # `train_unsupervised` takes none
        model = fasttext.train_unsupervised(
            corpus_file,
            model="skipgram" if sg else "cbow",
            loss="hs" if hs else "ns",
            dim=vector_size,
            ws=window,
            neg=negative,
            t=sample,
            lr=alpha,
            minCount=min_count,
            epoch=epochs,
            thread=workers,
            minn=0,
            maxn=0,
            verbose=0,
        )
        # It has the end of a line as a word, and each word again as the only n-gram of itself.
        self.wv = Vectors(index_to_key=model.words, vectors=model.get_input_matrix())
        self.syn1neg = model.get_output_matrix()


class Vectors(SimpleNamespace):
    """Words and their vectors."""

    def __len__(self) -> int:
        return len(self.index_to_key)
