"""What is estimated is what the system sees: the peak of a process that trains."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastsgns
from fastsgns import EncodedCorpus, Word2Vec
from fastsgns.training.estimate import _dict_nbytes

#: A process that has trained before (the program is in memory) trains another model, and says what
#: was estimated and what it took.
MEASURE = """
import gc, json, re, sys
from pathlib import Path
import numpy as np
from fastsgns import EncodedCorpus, Word2Vec

def memory(line):
    text = Path("/proc/self/status").read_text()
    return int(re.search(rf"^{line}:\\s+(\\d+)", text, re.MULTILINE)[1]) << 10

source, options = sys.argv[1], json.loads(sys.argv[2])
n_words = 80_000
options = {"min_count": 1, "epochs": 1, "vector_size": 100, **options}
Word2Vec([["a", "b"]] * 3, **options)
rng = np.random.default_rng(0)
ids = np.concatenate([rng.permutation(n_words), rng.zipf(1.2, 2 * n_words) % n_words])
given = [[f"word{i}" for i in part] for part in ids.reshape(-1, 20).tolist()]
if source == "file":
    path = Path(sys.argv[3])
    path.write_text("\\n".join(map(" ".join, given)))
    given = str(path)
elif source == "encoded":
    given = EncodedCorpus.from_sentences(given)
gc.collect()
Path("/proc/self/clear_refs").write_text("5")
before = memory("VmRSS")
model = Word2Vec(**options)
model.build_vocab(**{"corpus_file" if source == "file" else "corpus_iterable": given})
model.train()
took = memory("VmHWM") - before
print(json.dumps([model.estimate_memory(), took]))
"""

linux = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="/proc of Linux")


@linux
@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("list", {"sg": 1, "workers": 1}), ("file", {"sg": 0, "workers": 2}),
        ("encoded", {"sg": 1, "workers": 2, "vector_size": 150}),
        ("list", {"hs": 1, "negative": 0, "workers": 2, "vector_size": 200}),
        ("file", {"hs": 1, "workers": 1}),
    ],
)  # fmt: skip
def test_the_estimate_is_the_peak_of_training_within_5_per_cent(source, options, tmp_path):
    root = Path(fastsgns.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, source, json.dumps(options), str(tmp_path / "text")],
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        check=True,
    )
    estimate, took = json.loads(done.stdout)
    assert 0.95 < estimate["total"] / took < 1.05, (estimate, took)


@pytest.mark.parametrize("n_items", [0, 1, 5, 6, 10, 11, 170, 171, 5461, 43_690, 43_691, 200_000])
def test_a_dict_takes_what_python_says(n_items):
    grown = dict(zip(map(str, range(n_items)), range(n_items), strict=True))
    assert abs(_dict_nbytes(n_items) - sys.getsizeof(grown)) <= 200


def test_the_parts_add_up_and_what_is_in_the_report_counts():
    model = Word2Vec([["a", "b"]] * 5, vector_size=20, min_count=1, hs=1)
    estimate = model.estimate_memory()
    parts = {"vocab", "vectors", "syn1", "syn1neg", "noise", "corpus", "total"}
    assert estimate.keys() == parts
    assert estimate["total"] == sum(estimate[part] for part in parts - {"total"})
    assert estimate["corpus"] == model.corpus.nbytes == 10 * 4 + 5 * 20
    report = {"other": 7}
    assert model.estimate_memory(report=report) is report
    assert report["total"] == estimate["total"] + 7


@pytest.mark.parametrize("options", [{"negative": 0, "hs": 1}, {}, {"hs": 1}])
def test_a_vocabulary_to_come_is_estimated_from_its_size(options):
    """Nearly as when it is there: only the lengths of its words are not known."""
    words = [f"word{n:05}" for n in range(30_000)]
    model = Word2Vec(vector_size=50, min_count=1, **options)
    before = model.estimate_memory(len(words))
    assert before["corpus"] == 0
    model.build_vocab_from_freq(dict(zip(words, range(len(words), 0, -1), strict=True)))
    assert model.estimate_memory()["total"] == pytest.approx(before["total"], rel=0.05)


def test_words_of_an_encoded_corpus_are_not_counted_twice():
    corpus = EncodedCorpus.from_sentences([["a", "b"]] * 5)
    shared, own = (
        Word2Vec(**{name: given}, vector_size=20, min_count=1).estimate_memory()
        for name, given in (("corpus", corpus), ("sentences", list(corpus)))
    )
    assert (
        own["vocab"] - shared["vocab"] == 2 * 64
    )  # two str of one letter: 50 bytes, in units of 16
    assert shared["corpus"] == 2 * 4


@pytest.mark.parametrize(
    ("size", "error"), [(-1, ValueError), (1.5, ValueError), ("x", TypeError), (10**30, ValueError)]
)
def test_a_size_that_no_vocabulary_has_is_refused(size, error):
    with pytest.raises(error, match="vocab_size must be an integer"):
        Word2Vec(vector_size=8).estimate_memory(vocab_size=size)


def test_integers_of_any_kind_are_sizes():
    model = Word2Vec(vector_size=8)
    for size in (np.int64(1000), 1000.0, np.uint8(200)):
        assert model.estimate_memory(size) == model.estimate_memory(int(size))
