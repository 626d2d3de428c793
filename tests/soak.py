"""Train, save, load, query and throw away, for hours: PYTHONPATH=. python tests/soak.py [SECONDS].

Prints memory, open files and threads once a minute, and at the end the slope of the memory over the
last two thirds in MB an hour. Fails above 1 MB, or with more files or threads than after the first
round.
"""

import gc
import logging
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from fastsgns import EncodedCorpus, KeyedVectors, Word2Vec

MOST_MB_PER_HOUR = 1.0


def rss():
    """Return the memory in use, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def n_open_files():
    return len(list(Path("/proc/self/fd").iterdir())) - 1  # less the one that lists


def fill_caches():
    """Have NumPy fill its cache, seven blocks of each size below 1 KiB: 3.6 MB in some hours."""
    for size in range(1, 1024):
        blocks = [np.empty(size, np.uint8) for _ in range(8)]
        del blocks


def sentences(rng):
    ids = rng.zipf(1.3, (400, 12)) % 3000
    return [[f"w{number}" for number in sentence] for sentence in ids.tolist()]


def play(rng, folder):
    """Do once what a program may do."""
    text = sentences(rng)
    options = {"vector_size": 32, "min_count": 1, "epochs": 2}
    options |= {"sg": int(rng.integers(2)), "hs": int(rng.integers(2)), "negative": 5}
    cache = str(rng.choice(["memory", "disk", "off"]))
    model = Word2Vec(text, workers=int(rng.integers(1, 4)), corpus_cache=cache, **options)
    model.build_vocab(sentences(rng), update=True)
    model.train(text, total_examples=len(text), epochs=1)
    for name, how in (("m", {}), ("m.gz", {}), ("g", {"format": "gensim", "sep_limit": 1000})):
        model.save(folder / name, **how)
        model = Word2Vec.load(folder / name)
    kv = KeyedVectors.load(folder / "m", mmap="r")
    kv.most_similar(kv.index_to_key[0])
    kv.most_similar_batch(kv.index_to_key[:20])
    kv.save_word2vec_format(folder / "t", fvocab=folder / "v")
    KeyedVectors.load_word2vec_format(folder / "t", fvocab=folder / "v")
    corpus = EncodedCorpus.from_sentences(text, cache="disk")
    corpus.save(folder / "c")
    Word2Vec(corpus=EncodedCorpus.open(folder / "c"), **options)
    (folder / "bad").write_bytes(b"PK\x03\x04" + rng.bytes(1000))
    try:
        KeyedVectors.load(folder / "bad")
    except ValueError:
        return
    raise AssertionError("a damaged file was read")


def main(seconds):
    logging.disable()
    fill_caches()
    rng = np.random.default_rng(0)
    begin = time.monotonic()
    times, sizes = [], []
    first = None
    n_rounds, said = 0, begin
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() - begin < seconds:
            play(rng, Path(folder))
            n_rounds += 1
            gc.collect()
            now = n_open_files(), threading.active_count()
            first = first or now
            times.append((time.monotonic() - begin) / 3600)
            sizes.append(rss())
            if time.monotonic() - said > 60 or n_rounds == 1:
                said = time.monotonic()
                print(f"{n_rounds} rounds: {sizes[-1]:.1f} MB, files and threads {now}", flush=True)
    kept = len(times) // 3
    slope = np.polyfit(times[kept:], sizes[kept:], 1)[0]
    print(
        f"{n_rounds} rounds in {seconds:.0f} s: {slope:.2f} MB/h, files and threads {first} {now}"
    )
    return int(slope > MOST_MB_PER_HOUR or now > first)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 7200))
