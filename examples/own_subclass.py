"""A model of one's own: defaults, preparation of the text, a stop when the loss is flat."""

import tempfile
from itertools import pairwise
from pathlib import Path

from fastsgns import Word2Vec
from fastsgns.callbacks import CallbackAny2Vec


class Flat(Exception):
    """The loss falls no more."""


class StopWhenFlat(CallbackAny2Vec):
    """Ends training when an epoch's loss is not so much smaller than the one before."""

    def __init__(self, improvement):
        self.improvement = improvement
        self.total = 0.0
        self.losses = []

    def on_epoch_end(self, model):
        total = model.get_latest_training_loss()
        self.losses.append(total - self.total)
        self.total = total
        if len(self.losses) > 1 and self.losses[-1] > self.losses[-2] * (1 - self.improvement):
            raise Flat


class ProductNames(Word2Vec):
    """Word2Vec with defaults for short texts, in lower case, with words joined to pairs."""

    def __init__(self, texts=None, pairs=True, **options):
        self.pairs = pairs
        defaults = {
            "vector_size": 12,
            "window": 10,
            "min_count": 1,
            "sg": 1,
            "workers": 1,
            "seed": 3,
        }
        super().__init__(sentences=texts, **defaults | options)

    def prepare(self, texts):
        """Return lists of tokens of texts."""
        prepared = []
        for text in texts:
            words = text.lower().split() if isinstance(text, str) else list(text)
            if self.pairs:
                words += [f"{a}_{b}" for a, b in pairwise(words)]
            prepared.append(words)
        return prepared

    def build_vocab(self, corpus_iterable=None, **options):
        print("build_vocab of", type(self).__name__)
        super().build_vocab(self.prepare(corpus_iterable), **options)

    def train(self, corpus_iterable=None, **options):
        print("train of", type(self).__name__)
        return super().train(self.prepare(corpus_iterable), **options)

    def find(self, text, topn=2):
        """Return what is nearest to a text."""
        (words,) = self.prepare([text])
        known = [word for word in words if word in self.wv]
        return [found for found, _ in self.wv.most_similar(known, topn=topn)]


NAMES = ["Red running shoe", "Blue running shoe", "Red tea pot", "Blue coffee pot"] * 50


def main():
    model = ProductNames(NAMES)
    print(model)
    print("pairs are words:", "running_shoe" in model.wv)
    print("found:", len(model.find("running shoe")))

    stop = StopWhenFlat(improvement=0.5)
    try:
        model.train(
            NAMES,
            total_examples=len(NAMES),
            epochs=30,
            start_alpha=0.02,
            compute_loss=True,
            callbacks=[stop],
        )
        print("trained to the end")
    except Flat:
        print("stopped early:", len(stop.losses) < 30)

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "products.model")
        model.save(path)
        loaded = ProductNames.load(path)
    print(type(loaded).__name__, isinstance(loaded, Word2Vec), len(loaded.wv) == len(model.wv))


if __name__ == "__main__":
    main()
