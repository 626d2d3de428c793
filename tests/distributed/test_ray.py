"""On Ray itself: the same promises, with processes that are killed.

Each test has a Ray of its own, in a process of its own: it starts with the run, and ends with it.
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from processes import environment, run_python
from waiting import wait_until

from fastsgns import Word2Vec
from fastsgns.distributed import DistributedWord2Vec
from fastsgns.distributed.state import State

needs_ray = pytest.mark.skipif(
    find_spec("ray") is None, reason="Ray, for training on a cluster, is not installed"
)

#: What all programs begin with.
BEGIN = """
import json, logging, os, random, signal, sys, threading, time
from fastsgns.distributed import (
    ChunkFails, CorpusChanged, DistributedWord2Vec, chunks, cluster, driver, trainer,
)
chunks.MIN_CHUNK_NBYTES = 4000
folder = sys.argv[1]
options = dict(
    num_workers=2, sync_seconds=0.0, workers=1, vector_size=16, min_count=1, sg=1, epochs=3,
    compute_loss=True, seed=3,
)
corpus = folder + "/*.txt"

# Whoever is called here has no test to report to: how long rounds take is for benchmarks.
running = []
begin = driver.Driver._begin
def noted_begin(self, state):
    running[:] = [self]
    begin(self, state)
driver.Driver._begin = noted_begin
"""

KILLS = (
    BEGIN
    + """
draw = random.Random(1)
kills = []
applied = []
finish = driver.Ledger.finish
def noted_finish(self, who):
    chunks = finish(self, who)
    if self.n_epochs > 1:
        applied.extend((self.epoch, chunk) for chunk in chunks)
    return chunks
driver.Ledger.finish = noted_finish

start = cluster.Cluster.start
def start_and_kill(self, worker, method, *args):
    start(self, worker, method, *args)
    # While it trains, three times an epoch.
    if method == "round" and len(kills) < 3 * (1 + running[0]._ledger.epoch) and draw.random() < .2:
        kills.append(self.places[worker].process)
        threading.Timer(draw.uniform(0, 0.05), os.kill, (kills[-1], signal.SIGKILL)).start()
cluster.Cluster.start = start_and_kill

model = DistributedWord2Vec(corpus, **options).train()
model.save(folder + "/model.fsgns")
print(json.dumps({"kills": len(set(kills)), "applied": applied, "history": model.history}))
"""
)

CHECKPOINTED = (
    BEGIN
    + """
path = folder + "/run.fsgns"
if sys.argv[2] == "begin":
    DistributedWord2Vec(corpus, checkpoint=path, checkpoint_every=0.0, **options).train()
else:
    model = DistributedWord2Vec.resume(path)
    print(json.dumps({"history": model.history}))
"""
)

WRONG = (
    BEGIN
    + """
import ray
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
found = {}

def attempt(name, prepare=None, **more):
    try:
        run = DistributedWord2Vec(corpus, **(options | more))
        if prepare:
            prepare()
        run.train()
    except Exception as error:
        found[name] = [type(error).__name__, str(error)]

with open(folder + "/b.txt", "ab") as file:
    file.write(b"\\xff\\n")
attempt("not UTF-8")
with open(folder + "/b.txt", "rb+") as file:
    file.truncate(os.path.getsize(folder + "/b.txt") - 2)

def change():
    with open(folder + "/a.txt", "a") as file:
        file.write("more\\n")
attempt("changed", change)

start = cluster.Cluster.start
def out_of_memory(self, worker, method, *args):
    if method == "round":
        os.kill(self.places[worker].process, signal.SIGKILL)
    start(self, worker, method, *args)
cluster.Cluster.start = out_of_memory
attempt("dies")
cluster.Cluster.start = start

attempt("too large", vector_size=2**31 - 1)
found["is still there"] = ray.is_initialized()
ray.shutdown()
print(json.dumps(found))
"""
)


@pytest.fixture
def corpus(tmp_path):
    draw = random.Random(1)
    for name in ("a", "b"):
        kinds = [draw.randrange(8) for _ in range(2000)]
        lines = (" ".join(f"c{kind}w{draw.randrange(5)}" for _ in range(12)) for kind in kinds)
        (tmp_path / f"{name}.txt").write_text("".join(line + "\n" for line in lines))
    return tmp_path


@pytest.fixture
def places(corpus):
    """Environment variables: encoded chunks go where the test looks, and nothing else does."""
    (corpus / "encoded").mkdir()
    yield {"TMPDIR": str(corpus / "encoded"), "RAY_TMPDIR": tempfile.gettempdir()}
    assert not list((corpus / "encoded").glob("fastsgns-*"))


def last_line(done):
    return json.loads(done.stdout.splitlines()[-1])


@needs_ray
def test_workers_are_killed_and_each_chunk_is_applied_once(corpus, places):
    said = last_line(run_python("-c", KILLS, corpus, env=places))
    assert said["kills"] >= 5
    applied = [tuple(chunk) for chunk in said["applied"]]
    assert len(set(applied)) == len(applied) == 3 * (max(number for _, number in applied) + 1)
    assert {epoch["raw_words"] for epoch in said["history"]} == {2 * 2000 * 12}
    model = Word2Vec.load(corpus / "model.fsgns")
    assert (
        np.mean([model.wv.most_similar(w)[0][0][:2] == w[:2] for w in model.wv.key_to_index]) > 0.9
    )


@needs_ray
def test_a_driver_that_is_killed_goes_on_from_its_checkpoint(corpus, places):
    path = corpus / "run.fsgns"
    said = corpus / "said"
    with (
        said.open("w") as file,
        subprocess.Popen(
            [sys.executable, "-c", CHECKPOINTED, str(corpus), "begin"],
            env=environment(places),
            stdout=file,
            stderr=file,
        ) as process,
    ):
        wait_until(lambda: process.poll() is not None or _n_done(path) > 0, 90)
        process.send_signal(signal.SIGKILL)
    assert path.exists(), said.read_text()
    state = State.read(path)
    assert 0 < len(state.done) + state.epoch * len(state.text.chunks) < 3 * len(state.text.chunks)
    history = last_line(run_python("-c", CHECKPOINTED, corpus, "go on", env=places))["history"]
    assert [epoch["raw_words"] for epoch in history] == [2 * 2000 * 12] * 3


def _n_done(path: Path) -> int:
    try:
        state = State.read(path)
    except FileNotFoundError:
        return 0
    return len(state.done) + state.epoch


@needs_ray
def test_what_goes_wrong_in_a_worker_is_said_by_the_driver(corpus, places):
    found = last_line(run_python("-c", WRONG, corpus, env=places))
    assert found["is still there"] is True  # a Ray that was there before is left as it is
    assert found["not UTF-8"][0] == "UnicodeDecodeError"
    assert "b.txt, bytes" in found["not UTF-8"][1]
    assert found["changed"][0] == "CorpusChanged"
    assert "a.txt" in found["changed"][1]
    assert found["dies"][0] == "ChunkFails"
    assert "workers have died while they had" in found["dies"][1]
    assert found["too large"][0] == "MemoryError"


def test_without_ray_the_extra_is_named(corpus, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r"pip install fastsgns\[ray\]"):
        DistributedWord2Vec(str(corpus / "a.txt")).train()
