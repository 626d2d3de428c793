"""Vectors of articles from what was bought together (item2vec, Barkan and Koenigstein 2016).

The order of a basket means nothing, so the window is the whole of it. Articles are numbers. A
callback prints the loss of each epoch and keeps the best vectors.
"""

import random

from fastsgns import Word2Vec
from fastsgns.callbacks import CallbackAny2Vec

N_ARTICLES = 60
N_TASTES = 5


class LossOfEachEpoch(CallbackAny2Vec):
    """Prints what each epoch adds to the loss, which the model adds up."""

    def __init__(self):
        self.epoch = 0
        self.before = 0.0
        self.losses = []

    def on_train_begin(self, model):
        print("training", len(model.wv), "articles")

    def on_epoch_end(self, model):
        total = model.get_latest_training_loss()
        self.losses.append(total - self.before)
        self.before = total
        self.epoch += 1
        print(f"epoch {self.epoch}: loss {self.losses[-1]:.0f}")

    def on_train_end(self, model):
        print("last epoch better than first:", self.losses[-1] < self.losses[0])


def make_sessions(draw):
    """Return baskets of a few articles; each buyer keeps to one taste, mostly."""
    sessions = []
    for _ in range(600):
        taste = draw.randrange(N_TASTES)
        liked = [article for article in range(N_ARTICLES) if article % N_TASTES == taste]
        session = draw.sample(liked, draw.randint(3, 6))
        if draw.random() < 0.3:
            session.append(draw.randrange(N_ARTICLES))
        sessions.append(session)
    return sessions


def main():
    sessions = make_sessions(random.Random(7))
    losses = LossOfEachEpoch()
    model = Word2Vec(
        vector_size=16,
        window=max(map(len, sessions)),
        min_count=1,
        sample=0,
        sg=1,
        ns_exponent=-0.5,
        negative=10,
        alpha=0.05,
        workers=1,
        seed=1,
    )
    model.build_vocab(sessions)
    model.train(
        sessions,
        total_examples=model.corpus_count,
        epochs=5,
        compute_loss=True,
        callbacks=[losses],
    )

    right = 0
    for article in range(N_ARTICLES):
        best, _ = model.wv.most_similar(positive=[article], topn=1)[0]
        right += best % N_TASTES == article % N_TASTES
    print(f"nearest article to the same taste: {right} of {N_ARTICLES}")
    basket = model.wv.get_mean_vector([0, 5])
    known = {0, 5}
    offers = [a for a, _ in model.wv.similar_by_vector(basket, topn=5) if a not in known]
    print("to a basket of 0 and 5, offer", offers[:2])


if __name__ == "__main__":
    main()
