"""New text for a model that is trained already: its vocabulary grows, and training goes on."""

import copy

from fastsgns import Word2Vec

FIRST = [
    "the cat sat on the mat".split(),
    "the dog sat on the rug".split(),
    "a cat and a dog met on the mat".split(),
] * 40
LATER = [
    "a robot swept the rug and the mat".split(),
    "the robot frightened the cat".split(),
] * 40


def main():
    model = Word2Vec(FIRST, vector_size=16, min_count=5, workers=1, seed=1, epochs=10)
    print("before:", len(model.wv), "words, 'robot' known:", "robot" in model.wv)
    old = copy.deepcopy(model.wv)

    model.build_vocab(LATER, update=True)
    model.train(LATER, total_examples=model.corpus_count, epochs=model.epochs)

    print("after:", len(model.wv), "words, 'robot' known:", "robot" in model.wv)
    new = [word for word in model.wv.index_to_key if word not in old]
    print("new words:", sorted(new))
    print("rows of old words kept:", model.wv.index_to_key[: len(old)] == old.index_to_key)
    print("'cat' was seen", old.get_vecattr("cat", "count"), "times, now", end=" ")
    print(model.wv.get_vecattr("cat", "count"))
    print("vector of 'cat' moved:", bool((model.wv["cat"] != old["cat"]).any()))
    print("near to robot:", [word for word, _ in model.wv.most_similar("robot", topn=3)])

    # Frozen words: a lock of 0 keeps a vector where it is.
    model.wv.vectors_lockf = model.wv.vectors_lockf.repeat(len(model.wv))
    model.wv.vectors_lockf[model.wv.get_index("cat")] = 0
    before = model.wv["cat"].copy(), model.wv["robot"].copy()
    model.train(LATER, total_examples=model.corpus_count, epochs=2, start_alpha=0.01)
    print("frozen 'cat' moved:", bool((model.wv["cat"] != before[0]).any()), end=", ")
    print("'robot' moved:", bool((model.wv["robot"] != before[1]).any()))


if __name__ == "__main__":
    main()
