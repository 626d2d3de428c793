"""Throw changed files at a reader: python tests/fuzz/fuzz.py TARGET [--runs N] [--engine atheris].

It begins with good files and those of tests/malformed.py, changes them, and fails with the input in
a file when a reader raises anything but its named errors, crashes, hangs, or takes more memory than
twice the input and 64 MB. Changes within a zip are made to its members, whose checksums are then
right: a checksum would stop nearly all others at the door.

"own" is a plain loop with a seed, which runs with any Python, as many readers at once as there are
processors; "atheris" lets libFuzzer look for new paths through the readers' Python code (pip
install atheris).
"""

import argparse
import contextlib
import faulthandler
import functools
import gc
import gzip
import inspect
import io
import multiprocessing
import os
import random
import re
import shutil
import struct
import sys
import tempfile
import time
import weakref
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import malformed  # noqa: E402

from fastsgns import EncodedCorpus, KeyedVectors, Word2Vec, info  # noqa: E402
from fastsgns.evaluation import report  # noqa: E402
from fastsgns.io import json_values, places, word_counts  # noqa: E402
from fastsgns.io.errors import FormatError  # noqa: E402

IN_MEMORY = Path("/dev/shm")  # files there are some three times as fast to make as on a disk
MOST_SEED_NBYTES = 100_000
MOST_MEMORY = 64 << 20
MOST_SECONDS = 10
BOMBS = "bomb|many|lists|dicts|sets|tuples|compressed members"  # slow, each time anew
NUMBERS = [0, 1, 2, 127, 128, 255, 256, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1]


class Target:
    """A reader, the seeds that belong to it, and the errors that it may raise."""

    def __init__(self, read, seeds, errors=(FormatError, FileNotFoundError), suffix=""):
        self.read = read
        self.errors = errors
        self.seeds = sorted({seed for seed in seeds() if len(seed) <= MOST_SEED_NBYTES})
        self.path = Path(tempfile.mkdtemp()) / f"input{suffix}"
        weakref.finalize(self, shutil.rmtree, self.path.parent)

    def __call__(self, data):
        self.path.write_bytes(data)
        with contextlib.suppress(*self.errors):
            self.read(self.path)


def bad(*readers, file=0):
    """Return the files of tests/malformed.py that these readers refuse."""
    for case in malformed.CASES:
        if case.read in readers and not re.search(BOMBS, case.name):
            for make in list(case.files.values())[file : file + 1]:
                with contextlib.suppress(MemoryError):
                    yield make()


def vectors_of_formats(binary):
    vectors = malformed.example_model().wv
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors"
        vectors.save_word2vec_format(path, binary=binary)
        yield path.read_bytes()


def beside(name, data):
    """Return what reads a pickle with an array beside it, whose bytes are fuzzed."""
    main = malformed.apart(name)()

    def read(path):
        (path.parent / name).write_bytes(main)
        path.rename(path.parent / f"{name}.vectors.{'npz' if '.' in name else 'npy'}")
        KeyedVectors.load(path.parent / name)

    return read


def text(path):
    KeyedVectors.load_word2vec_format(path)


def binary(path):
    KeyedVectors.load_word2vec_format(path, binary=True)


def paired(name, other, content):
    """Return what reads two files: what is fuzzed has this name, the other one its content."""

    def read(path):
        (path.parent / other).write_bytes(content)
        path.rename(path.parent / name)
        use_any(path.parent / (other if other.endswith(".npy") else name))

    return read


def use_any(path):
    info(path)
    KeyedVectors.load_any(path)


def use_mapped(path):
    vectors = KeyedVectors.load(path, mmap="r")
    for key in list(vectors.key_to_index)[-1:]:  # in gensim some have been taken out by hand
        vectors.most_similar(key, topn=1)


example_model = functools.cache(malformed.example_model)


def use_to_judge(path):
    """Judge vectors by a file, as each of the kinds that it could be."""
    vectors = example_model().wv
    judges = (
        vectors.evaluate_word_pairs,
        vectors.evaluate_word_analogies,
        functools.partial(report, vectors),
    )
    for judge in judges:
        with contextlib.suppress(ValueError, ZeroDivisionError):  # the latter as gensim's: nothing
            judge(path)


def use_corpus(path):
    for in_memory in (False, True):
        corpus = EncodedCorpus.open(path, in_memory=in_memory)
        list(corpus)
        model = Word2Vec(vector_size=4, min_count=1, workers=1, max_vocab_size=3)
        model.build_vocab(corpus)


def use_model(path):
    """Load a model and draw from its generator; what trains is checked by its own tests."""
    Word2Vec.load(path).random.randint(5, size=1000)


class Untrained(Word2Vec):
    """A model that is resumed as far as its training: a file may leave it a million epochs."""

    def _train_epochs(self, *_):
        pass


def checkpoint(path):
    Untrained.resume(path, malformed.SENTENCES)


def sentences(path):
    EncodedCorpus.from_file(path)


def json_of(path):
    try:
        value = json_values.loads(path.read_bytes())
    except ValueError:
        return
    assert repr(json_values.loads(json_values.dumps(json_values.encode(value), "x"))) == repr(value)


def note(path):
    (path.parent / "m").write_bytes(b"main")
    (path.parent / ".m.replacing").write_bytes(path.read_bytes())
    places.finish(path.parent / "m")
    assert (path.parent / "m").read_bytes() == b"main"


TARGETS = {
    "native_model": lambda: Target(
        use_model, lambda: [malformed.model_bytes(), *bad(malformed.a_model)]
    ),
    "native_vectors": lambda: Target(
        KeyedVectors.load, lambda: [malformed.vectors_bytes(), *bad(malformed.vectors)]
    ),
    "mapped": lambda: Target(
        use_mapped, lambda: [malformed.vectors_bytes(), *bad(malformed.mapped, malformed.vectors)]
    ),
    "checkpoint": lambda: Target(
        checkpoint,
        lambda: [malformed.checkpoint_bytes(), *bad(malformed.resumed)],
        (ValueError, FileNotFoundError),  # of another corpus
    ),
    "cluster_checkpoint": lambda: Target(
        malformed.resumed_run, lambda: [malformed.cluster_bytes(), *bad(malformed.resumed_run)]
    ),
    "corpus": lambda: Target(
        use_corpus,
        lambda: [malformed.corpus_bytes(), *bad(malformed.corpus, malformed.corpus_on_disk)],
        (ValueError,),
    ),
    "pickle": lambda: Target(
        Word2Vec.load,
        lambda: [
            malformed.saved(malformed.example_model(hs=1), format="gensim"),
            *(malformed.saved(malformed.example_model(), format="gensim", pickle_protocol=p)
              for p in range(6)),
            *(data for data in bad(malformed.a_model) if not data.startswith(b"PK")),
        ],
    ),
    "npy": lambda: Target(beside("m", None), lambda: malformed.BAD_ARRAYS.values()),
    "npz": lambda: Target(
        beside("m.gz", None),
        lambda: [malformed.npz(data) for data in malformed.BAD_ARRAYS.values()],
    ),
    "npy_and_words": lambda: Target(
        paired("v.npy", "v.txt", b"a\nb\n"),
        lambda: [malformed.npy([[1.0, 2], [3, 4]]), *malformed.BAD_ARRAYS.values()],
    ),
    "words_of_npy": lambda: Target(
        paired("v.txt", "v.npy", malformed.npy([[1.0, 2], [3, 4]])),
        lambda: [b"a\nb\n", b"a 2\nb 1\n", b"\xef\xbb\xbfa\r\nb"],
    ),
    "table": lambda: Target(
        paired("v_tensor.tsv", "v_metadata.tsv", b"a\nb\n"),
        lambda: [b"1\t2\n3\t4\n", b"1e-3\n-2.5\n", *bad(malformed.whatever)],
    ),
    "any": lambda: Target(
        use_any,
        lambda: [
            malformed.vectors_bytes(), malformed.model_bytes(), b"\x80\x04.", b"a 1 2\nb 3 4\n",
            malformed.saved(malformed.example_model().wv, format="safetensors"),
            malformed.saved(malformed.example_model().wv, format="gensim"),
            *vectors_of_formats(binary=False), *vectors_of_formats(binary=True),
            *bad(malformed.told),
        ],
    ),
    "gz": lambda: Target(
        KeyedVectors.load,
        lambda: [gzip.compress(malformed.vectors_bytes())],
        suffix=".gz",
    ),
    "word2vec_text": lambda: Target(
        text, lambda: [*vectors_of_formats(binary=False), *bad(malformed.text)]
    ),
    "word2vec_binary": lambda: Target(
        binary, lambda: [*vectors_of_formats(binary=True), *bad(malformed.binary)]
    ),
    "word_counts": lambda: Target(
        word_counts.read, lambda: [b"a 1\nb 2\n", *bad(malformed.with_counts, file=1)]
    ),
    "sentences": lambda: Target(
        sentences,
        lambda: [b"a b c\nd e\n", "ü \xa0 ä\n".encode(), b"\xff\xfe", b"a" * 5000 + b" b" * 20_000],
        (ValueError,),  # of a file that begins as no text does
    ),
    "judged": lambda: Target(
        use_to_judge,
        lambda: [
            b"a\tb\t0.5\nb\tc\t1\nc\ta\t-1e1\n", b": x\na b c b\nb a c a\n: gram1-y\nc a b c\n",
            *bad(malformed.scored_pairs, malformed.analogies, malformed.judged),
        ],
    ),
    "edges": lambda: Target(
        malformed.edges,
        lambda: [b"a b 1\nb c 0.5\n", b"a b\nb c\n", *bad(malformed.edges)],
        (ValueError,),  # of a weight that is none
    ),
    "json": lambda: Target(
        json_of,
        lambda: [b'{"a":[1,2.5,null,true,{"=tuple":["b",{"=bytes":"00"}]},{"=dict":[1,2]}]}'],
    ),
    "note": lambda: Target(note, lambda: [b'[[".m.000000000000.tmp","m"],["..m.x.0.tmp","m.x"]]']),
}  # fmt: skip


# ---- changes -------------------------------------------------------------------------------------


def changed(rng, data, seeds):
    """Return bytes with one to eight changes, or parts of two seeds put together."""
    if data.startswith(b"PK\x03\x04") and rng.random() < 0.8:
        with contextlib.suppress(Exception):
            return changed_member(rng, data, seeds)
    made = bytearray(data)
    for _ in range(1 << rng.randrange(4)):
        at = rng.randrange(len(made) + 1)
        n = min(1 << rng.randrange(8), len(made) - at)
        match rng.randrange(9):
            case 0 if made:
                made[at % len(made)] ^= 1 << rng.randrange(8)
            case 1 if made:
                made[at % len(made)] = rng.randrange(256)
            case 2:
                made[at:at] = rng.randbytes(n)
            case 3:
                del made[at : at + n]
            case 4:
                made[at:at] = made[at : at + n] * rng.randrange(1, 20)
            case 5:
                layout = rng.choice(["<B", "<H", "<I", "<Q", ">H", ">I", ">Q"])
                number = rng.choice(NUMBERS) % (1 << 8 * struct.calcsize(layout))
                made[at : at + struct.calcsize(layout)] = struct.pack(layout, number)
            case 6:
                made[at : at + rng.randrange(20)] = str(rng.choice(NUMBERS)).encode()
            case 7:
                other = rng.choice(seeds)
                begin = rng.randrange(len(other) + 1)
                made[at:] = other[begin:]
            case 8:
                other = rng.randrange(len(made) + 1)
                made[at : at + n] = made[other : other + n]
    return bytes(made[: 2 * MOST_SEED_NBYTES])


def changed_member(rng, data, seeds):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
        method = archive.infolist()[0].compress_type
    at = rng.randrange(len(members))
    name, content = members[at]
    members[at] = name, changed(rng, content, [c for _, c in members])
    if rng.random() < 0.05:
        del members[rng.randrange(len(members))]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


# ---- running -------------------------------------------------------------------------------------


@functools.cache
def memory_files(pid):  # a forked process needs its own
    """Open the files that tell and reset this process's highest memory; () where there are none."""
    try:
        status = os.open("/proc/self/status", os.O_RDONLY)
        return status, os.open("/proc/self/clear_refs", os.O_WRONLY)
    except OSError:
        return ()


def peak():
    """Return the highest memory since the last call, in bytes; 0 where that cannot be had."""
    files = memory_files(os.getpid())
    if not files:
        return 0
    status, reset = files
    found = re.search(rb"VmHWM:\s+(\d+)", os.pread(status, 4096, 0))
    os.pwrite(reset, b"5", 0)
    return int(found[1]) << 10


def run(target, n_runs, seed=0):
    """Run a target on its seeds and `n_runs` changes of them; return the slowest, in seconds.

    Raises
    ------
    AssertionError
        With the input: an error of another kind, too much time or memory.
    """
    rng = random.Random(seed)
    pool = list(target.seeds)
    slowest = 0.0
    for n in range(len(pool) + n_runs):
        data = pool[n] if n < len(target.seeds) else changed(rng, rng.choice(pool), target.seeds)
        before = peak()
        before = peak() if n % 50 == 0 else before
        began = time.process_time()
        try:
            target(data)
        except Exception as error:
            raise AssertionError(f"run {n}: {error!r} for {data!r}") from error
        seconds = time.process_time() - began
        slowest = max(slowest, seconds)
        memory = peak() - before
        assert seconds < MOST_SECONDS, f"run {n}: {seconds:.1f} s for {data!r}"
        limit = 2 * len(data) + MOST_MEMORY
        assert memory < limit, f"run {n}: {memory >> 20} MB for {data!r}"
    return slowest


def tell(name, n_runs, seed):
    """Run a target by its name; return a line about it."""
    began = time.perf_counter()
    slowest = run(TARGETS[name](), n_runs, seed)
    rate = n_runs / (time.perf_counter() - began)
    return f"{name}: {n_runs} runs, {rate:.0f} a second, the slowest {slowest:.2f} s"


def run_atheris(name, n_runs):
    """Run a target by its name with libFuzzer, which ends the process."""
    import resource

    import atheris

    target = TARGETS[name]()
    with tempfile.TemporaryDirectory() as corpus:
        for n, seed in enumerate(target.seeds):
            (Path(corpus) / str(n)).write_bytes(seed)
        rng = random.Random(0)

        def mutate(data, max_size, seed):
            rng.seed(seed)
            if rng.random() < 0.5:
                return atheris.Mutate(data, max_size)
            return changed(rng, data, target.seeds)[:max_size]

        for function in gc.get_objects():  # the package's; to instrument all takes minutes
            if inspect.isfunction(function) and str(function.__module__).startswith("fastsgns."):
                atheris.instrument_func(function)
        # libFuzzer looks at the highest memory so far, and some seeds took much to be made.
        most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 + 512
        options = [f"-runs={n_runs}", f"-max_len={MOST_SEED_NBYTES}", f"-timeout={MOST_SECONDS}"]
        argv = [sys.argv[0], *options, f"-rss_limit_mb={most_mb}", corpus]
        atheris.Setup(argv, target, custom_mutator=mutate)
        atheris.Fuzz()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", nargs="*", default=sorted(TARGETS), help=", ".join(TARGETS))
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=("own", "atheris"), default="own")
    options = parser.parse_args()
    faulthandler.enable()
    if IN_MEMORY.is_dir():
        tempfile.tempdir = str(IN_MEMORY)
    if options.engine == "atheris":
        for name in options.target:
            process = multiprocessing.Process(target=run_atheris, args=(name, options.runs))
            process.start()
            process.join()
            if process.exitcode:
                sys.exit(f"{name}: ended with {process.exitcode}")
        return
    told = functools.partial(tell, n_runs=options.runs, seed=options.seed)
    with ProcessPoolExecutor(initializer=faulthandler.enable) as pool:
        for line in pool.map(told, options.target):
            print(line, flush=True)


if __name__ == "__main__":
    main()
