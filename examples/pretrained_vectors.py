"""Vectors in the binary format of GoogleNews-vectors-negative300.bin, and what they answer.

    python examples/pretrained_vectors.py [GoogleNews-vectors-negative300.bin.gz]

Without a file of one's own, a small one is made first.
"""

import struct
import sys
import tempfile
from pathlib import Path

from fastsgns import KeyedVectors

# (royal, female, food, drink)
WORDS = {
    "man": (0, -1, 0, 0),
    "woman": (0, 1, 0, 0),
    "king": (2, -1, 0, 0),
    "queen": (2, 1, 0, 0),
    "bread": (0, 0, 2, 0),
    "cake": (0.3, 0, 2, 0),
    "tea": (0, 0.1, 0, 2),
    "coffee": (0, -0.1, 0, 2),
}


def write_sample(path):
    """Write the vectors above as Google's word2vec does: "word", a space, floats, a line end."""
    with open(path, "wb") as file:
        file.write(f"{len(WORDS)} 4\n".encode())
        for word, vector in WORDS.items():
            file.write(word.encode() + b" " + struct.pack("<4f", *vector) + b"\n")


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = sys.argv[1] if len(sys.argv) > 1 else str(Path(folder) / "sample.bin")
        if len(sys.argv) == 1:
            write_sample(path)
        vectors = KeyedVectors.load_word2vec_format(path, binary=True, limit=500000)
        print(len(vectors), "vectors of", vectors.vector_size, "dimensions,", vectors.vectors.dtype)

        small = str(Path(folder) / "small.kv")
        vectors.save(small)  # loads faster, and can be shared between processes:
        vectors = KeyedVectors.load(small, mmap="r")

        answer = vectors.most_similar(positive=["king", "woman"], negative=["man"], topn=1)
        print("man is to king as woman is to", answer[0][0])
        print(f"similarity of tea and coffee: {vectors.similarity('tea', 'coffee'):.2f}")
        print("nearest to bread:", vectors.similar_by_word("bread", topn=1)[0][0])
        print("odd one out:", vectors.doesnt_match("king queen cake".split()))
        print("rank of coffee for tea:", vectors.rank("tea", "coffee"))
        print("closer to king than man is:", vectors.closer_than("king", "man"))
        for word in ("tea", "unheard-of"):
            print(word, "is known:", word in vectors)
        try:
            vectors["unheard-of"]
        except KeyError as error:
            print("KeyError:", error.args[0])


if __name__ == "__main__":
    main()
