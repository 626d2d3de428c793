"""Train on a folder of text files, one line at a time, and ask what is near to what."""

import tempfile
from pathlib import Path

from fastsgns import Word2Vec
from fastsgns.utils import simple_preprocess

TEXT = """
The king rules the kingdom and the queen rules beside the king.
A prince is the son of a king, a princess the daughter of a queen.
Bread is baked from flour and water, and the baker sells bread and cake.
The baker mixes flour, butter and sugar: the cake is sweet.
A queen may eat cake while the prince eats bread.
"""


class Corpus:
    """The sentences of all files of a folder; each `for` loop reads them again."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def __iter__(self):
        for path in sorted(self.folder.glob("*.txt")):
            with open(path, encoding="utf8") as lines:
                for line in lines:
                    yield simple_preprocess(line)


def main():
    with tempfile.TemporaryDirectory() as folder:
        for number in range(20):
            (Path(folder) / f"{number}.txt").write_text(TEXT, encoding="utf8")
        corpus = Corpus(folder)
        # So small a text needs many epochs, and few of its frequent words.
        model = Word2Vec(
            corpus,
            vector_size=20,
            window=3,
            min_count=2,
            sample=0.01,
            epochs=60,
            workers=1,
            seed=1,
        )
        path = str(Path(folder) / "words.model")
        model.save(path)
        model = Word2Vec.load(path)

    print(model)
    print("sentences:", model.corpus_count, "words:", model.corpus_total_words)
    print("vocabulary:", len(model.wv), "most frequent:", model.wv.index_to_key[0])
    for word in ("king", "cake"):
        near = model.wv.most_similar(word, topn=3)
        print(f"{word}:", ", ".join(f"{other} {cosine:.2f}" for other, cosine in near))
    print("odd one out:", model.wv.doesnt_match(["king", "queen", "flour"]))


if __name__ == "__main__":
    main()
