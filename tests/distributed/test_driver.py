"""A run: each chunk is applied once an epoch, whoever dies; a resumed run is the run it was."""

import itertools
import logging
import random
import sys
from collections import Counter

import numpy as np
import pytest
from local_cluster import LocalCluster

from fastsgns import Word2Vec
from fastsgns.distributed import (
    ChunkFails,
    CorpusChanged,
    DistributedWord2Vec,
    PartLost,
    chunks,
    driver,
    replica,
)
from fastsgns.distributed.driver import Pace
from fastsgns.distributed.model import _train
from fastsgns.distributed.state import MAX_REPLICA_ALPHA, Options, State
from fastsgns.io.errors import FormatError
from fastsgns.training import Epoch
from fastsgns.word2vec import TrainingDiverged

OPTIONS = {"vector_size": 16, "min_count": 1, "workers": 1, "epochs": 3, "sg": 1, "seed": 3}


@pytest.fixture
def text(tmp_path):
    """Two files of sentences, each of words of one of eight classes."""
    draw = random.Random(1)
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for path in paths:
        lines = (
            " ".join(f"c{kind}w{draw.randrange(5)}" for _ in range(12))
            for kind in (draw.randrange(8) for _ in range(1500))
        )
        path.write_text("".join(line + "\n" for line in lines))
    return paths


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "MIN_CHUNK_NBYTES", 4000)
    monkeypatch.setattr(chunks, "CHUNKS_A_WORKER", 10)


def run(text, cluster, **options):
    own = {
        name: options.pop(name)
        for name in ("checkpoint", "checkpoint_every", "lr_scale", "merge", "sync_seconds")
        if name in options
    }
    # A chunk each in every round: nothing depends on the clock.
    own = {"sync_seconds": 0, **own}
    wanted = DistributedWord2Vec(
        text, num_workers=cluster.n_workers, **{**own, **OPTIONS, **options}
    )
    return _train(cluster, wanted._begin(cluster), own.get("checkpoint"))


def resumed(path, cluster):
    return _train(cluster, State.read(path), path)


def classes_found(model):
    """Return for how many words the nearest neighbour is of the same class."""
    words = model.wv.index_to_key
    nearest = [model.wv.most_similar(word, topn=1)[0][0] for word in words]
    return np.mean([word[:2] == other[:2] for word, other in zip(words, nearest, strict=True)])


# --- what comes out -------------------------------------------------------------------------------


def test_the_vocabulary_is_that_of_one_machine(text):
    with text[0].open("a") as file:
        for i in range(200):
            file.write(f"rare{i % 50} rarer{i % 70} c0w0\n")
    model = run(text, LocalCluster(3), min_count=3, sample=1e-2)
    alone = Word2Vec(min_count=3, sample=1e-2)
    alone.build_vocab(corpus_file=str(text[0].parent))
    assert model.wv.index_to_key == alone.wv.index_to_key
    assert 40 + 50 < len(alone.wv) < 40 + 50 + 70
    for name in ("count", "sample_int"):
        assert np.array_equal(model.wv.expandos[name], alone.wv.expandos[name])
    assert np.array_equal(model.cum_table, alone.cum_table)
    sizes = model.corpus_count, model.corpus_total_words
    assert sizes == (alone.corpus_count, alone.corpus_total_words)


def test_a_trim_rule_and_a_bound_of_the_vocabulary_hold(text):
    def rule(word, count, min_count):
        return 2 if word == "c0w0" else 1 if word == "c1w1" else 0

    model = run(text, LocalCluster(2), trim_rule=rule, max_final_vocab=20)
    assert "c0w0" in model.wv and "c1w1" not in model.wv
    assert len(model.wv) <= 21


@pytest.mark.parametrize(
    "options", [{}, {"sg": 0}, {"hs": 1, "negative": 0}, {"kernel": "blas"}], ids=str
)
@pytest.mark.parametrize("n_workers", [1, 2, 4])
def test_classes_are_learned_by_any_number_of_replicas(text, n_workers, options):
    model = run(text, LocalCluster(n_workers), epochs=10, sample=0, **options)
    assert type(model) is Word2Vec
    assert classes_found(model) > 0.9


def test_at_the_plain_learning_rate_a_mean_of_many_replicas_learns_less(text):
    wanted = [("mean", "linear"), ("mean", "none"), ("adasum", "none")]
    losses = {
        way: run(
            text, LocalCluster(8), compute_loss=True, sample=0, merge=way[0], lr_scale=way[1]
        ).history[0]["loss"]
        for way in wanted
    }
    assert losses["mean", "linear"] < 0.9 * losses["mean", "none"]
    assert losses["adasum", "none"] < losses["mean", "none"]


def test_the_model_says_what_it_was_trained_on(text, caplog):
    caplog.set_level(logging.INFO, "fastsgns.word2vec")
    cluster = LocalCluster(2)
    model = run(text, cluster, compute_loss=True)
    n_words = 2 * 1500 * 12
    assert [epoch["epoch"] for epoch in model.history] == [1, 2, 3]
    assert {epoch["raw_words"] for epoch in model.history} == {n_words}
    assert model.history[0]["alpha_first"] == 0.025
    assert 0.0001 <= model.history[-1]["alpha_last"] < 0.002
    losses = [epoch["loss"] for epoch in model.history]
    assert losses == sorted(losses, reverse=True)
    assert model.train_count == 1 and model.total_train_time > 0
    assert model.get_latest_training_loss() > 0
    assert "EPOCH 2: training on 36000 raw words" in caplog.text
    assert cluster.forgotten  # the encoded chunks are gone
    model.train([["c0w0", "c0w1"]], total_examples=1, epochs=1)  # an ordinary model


def test_the_bar_shows_words_workers_and_rounds(text, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)  # lines, then, on stderr
    run(text, LocalCluster(2), progress=True, compute_loss=True)
    last = capsys.readouterr().err.splitlines()[-1]
    assert "epoch 3/3: 100%, 108,000 words" in last
    assert "workers=2" in last and "rounds=" in last and "loss=" in last


# --- who dies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("is_large", [False, True])
def test_each_chunk_is_applied_once_an_epoch_whoever_dies(text, monkeypatch, seed, is_large):
    if is_large:
        monkeypatch.setattr(replica, "LARGE_NBYTES", 0)
        monkeypatch.setattr(replica, "N_HOT", 4)
    draw = random.Random(seed)
    cluster = LocalCluster(3, dies=lambda worker, number: draw.random() < 0.2)
    model = run(text, cluster)
    assert cluster.n_deaths > 5
    applied = cluster.applied()
    assert set(applied.values()) == {1}
    n_chunks = len({chunk for _, chunk in applied})
    assert len(applied) == 3 * n_chunks and n_chunks > 20
    assert {epoch["raw_words"] for epoch in model.history} == {2 * 1500 * 12}


def test_quality_survives_deaths(text):
    draw = random.Random(1)
    cluster = LocalCluster(3, dies=lambda worker, number: draw.random() < 0.1)
    assert classes_found(run(text, cluster, epochs=10, sample=0)) > 0.9


def test_the_dead_count_as_not_moved(text):
    cluster = LocalCluster(2, dies=lambda worker, number: number == 2)
    stopped = []

    class Stop(Exception):
        pass

    def stop_after_the_first(self, n_shards, scale):
        merge(self, n_shards, scale)
        stopped.append([self._cluster.value(shard) for shard in self.common])
        raise Stop

    merge = driver.Replicas.merge
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver.Replicas, "merge", stop_after_the_first)
        with pytest.raises(Stop):
            run(text, cluster)
    ((_, work),) = cluster.works
    wanted = DistributedWord2Vec(text, num_workers=2, sync_seconds=0, **OPTIONS)
    state = wanted._begin(LocalCluster(2))
    layout = replica.layout_of(state.model, 2)
    before = [replica.shard_of(state.model._matrices(), layout, i) for i in range(2)]
    alone = LocalCluster(2)
    recipe = alone.share(
        driver.Recipe("test", driver._without_weights(state.model), layout, state.seed)
    )
    alone.start(0, "round", 3, [recipe], work, *map(alone.share, before))
    ((_, (*moved, _)),) = alone.finished()
    alone.forget("test")
    for first, second, merged in zip(before, map(alone.value, moved), stopped[0], strict=True):
        assert np.array_equal(merged, replica.adasum(1.0, first, first, second))
        assert not np.array_equal(merged, first)


def test_a_chunk_that_kills_every_worker_is_named(text):
    with pytest.raises(ChunkFails, match=r"a\.txt, bytes 0 to"):
        run(text, LocalCluster(2, dies=lambda worker, number: True))


# --- who stops ------------------------------------------------------------------------------------


@pytest.mark.parametrize("stops_at", [1, 2, 13, 40, 59])
def test_a_resumed_run_gives_the_bytes_of_one_that_nobody_stopped(text, tmp_path, stops_at):
    path = tmp_path / "run.fsgns"
    options = {"checkpoint": path, "checkpoint_every": 0.0}
    whole = run(text, LocalCluster(2), **options)

    def stop(worker, number):
        if number == stops_at:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        run(text, LocalCluster(2, dies=stop), **options)
    model = resumed(path, LocalCluster(2))
    assert np.array_equal(model.wv.vectors, whole.wv.vectors)
    assert np.array_equal(model.syn1neg, whole.syn1neg)
    kept = "raw_words", "pairs", "alpha_first", "alpha_last"
    assert [[epoch[name] for name in kept] for epoch in model.history] == [
        [epoch[name] for name in kept] for epoch in whole.history
    ]


def test_a_machine_that_is_lost_costs_what_was_done_since_the_checkpoint(text, tmp_path):
    options = {"checkpoint": tmp_path / "run.fsgns", "checkpoint_every": 0.0}
    whole = run(text, LocalCluster(2), **options)
    cluster = LocalCluster(2, breaks=lambda number: number in (5, 31))
    assert np.array_equal(run(text, cluster, **options).wv.vectors, whole.wv.vectors)


def test_without_a_checkpoint_a_machine_that_is_lost_ends_the_run(text):
    with pytest.raises(PartLost) as caught:
        run(text, LocalCluster(2, breaks=lambda number: number == 5))
    assert "checkpoint=" in caught.value.__notes__[0]


def test_a_checkpoint_is_a_model_and_the_last_one_is_the_result(text, tmp_path):
    path = tmp_path / "run.fsgns"
    model = run(text, LocalCluster(2), checkpoint=path, checkpoint_every="epoch")
    assert np.array_equal(Word2Vec.load(path).wv.vectors, model.wv.vectors)
    again = DistributedWord2Vec.resume(path)  # and needs no cluster: all is done
    assert np.array_equal(again.wv.vectors, model.wv.vectors)


def test_a_run_may_go_on_with_another_number_of_workers(text, tmp_path):
    path = tmp_path / "run.fsgns"

    def stop(worker, number):
        if number == 20:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        run(text, LocalCluster(2, dies=stop), checkpoint=path, checkpoint_every=0.0)
    done = Counter((State.read(path).epoch, chunk) for chunk in State.read(path).done)
    cluster = LocalCluster(5)
    model = resumed(path, cluster)
    assert set((done + cluster.applied()).values()) == {1}
    assert model.history[-1]["raw_words"] == 2 * 1500 * 12


def test_what_is_no_checkpoint_is_refused(text, tmp_path):
    Word2Vec([["a", "b"]] * 5, min_count=1, vector_size=4).save(tmp_path / "model.fsgns")
    with pytest.raises(FormatError, match=r"model\.fsgns: no checkpoint of a run on a cluster"):
        DistributedWord2Vec.resume(tmp_path / "model.fsgns")
    (tmp_path / "text.txt").write_text("a b c\n")
    with pytest.raises(FormatError, match=r"text\.txt"):
        DistributedWord2Vec.resume(tmp_path / "text.txt")


# --- what is wrong --------------------------------------------------------------------------------


def test_a_file_that_changes_before_it_is_encoded_is_named(text):
    wanted = DistributedWord2Vec(text, num_workers=2, sync_seconds=0, **OPTIONS)
    cluster = LocalCluster(2)
    state = wanted._begin(cluster)
    changed = text[1].read_text().replace("c1w1", "c1w2")
    text[1].write_text(changed)
    with pytest.raises(CorpusChanged, match=r"b\.txt, bytes .*not what it was when its words"):
        _train(cluster, state, None)


def test_a_file_that_changes_while_it_is_trained_on_is_named(text):
    def append(worker, number):
        if number == 30:
            with text[0].open("a") as file:
                file.write("more\n")
        return False

    with pytest.raises(CorpusChanged, match=r"a\.txt has changed while it is trained on"):
        run(text, LocalCluster(2, dies=append))


def test_other_files_than_those_of_the_checkpoint_are_refused(text, tmp_path):
    path = tmp_path / "run.fsgns"

    def stop(worker, number):
        if number == 20:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        run(text, LocalCluster(2, dies=stop), checkpoint=path, checkpoint_every=0.0)
    text[0].write_text("another text\n")
    with pytest.raises(CorpusChanged, match=r"a\.txt has changed"):
        DistributedWord2Vec.resume(path)


def test_weights_that_diverge_are_an_error(text, monkeypatch):
    put_shard = replica.put_shard

    def put_broken(matrices, layout, number, shard):
        put_shard(matrices, layout, number, shard)
        matrices["wv.vectors"][0, 0] = np.inf

    monkeypatch.setattr(replica, "put_shard", put_broken)
    with pytest.raises(TrainingDiverged, match="no longer finite"):
        run(text, LocalCluster(2))


def test_text_that_is_not_utf8_is_named(text):
    with text[1].open("ab") as file:
        file.write(b"good \xff\xfe bad\n")
    with pytest.raises(UnicodeDecodeError, match=r"line 1, byte 5 of .*b\.txt, bytes 90000 to \d+"):
        run(text, LocalCluster(2))


def test_an_empty_corpus_is_an_error(tmp_path):
    (tmp_path / "empty.txt").write_text("\n\n")
    with pytest.raises(RuntimeError, match=r"build vocabulary.*no words"):
        run(tmp_path / "empty.txt", LocalCluster(2))


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("num_workers", 0, ValueError),
        ("num_workers", 1.5, ValueError),
        ("num_workers", "2", TypeError),
        ("sync_seconds", -1, ValueError),
        ("sync_seconds", float("nan"), ValueError),
        ("sync_seconds", None, TypeError),
        ("lr_scale", "square", ValueError),
        ("lr_scale", -2.0, ValueError),
        ("merge", "sum", ValueError),
        ("merge", "", ValueError),
        ("merge", ["mean"], ValueError),
        ("checkpoint_every", "hour", ValueError),
        ("vector_size", 0, ValueError),
        ("window", "5", TypeError),
        ("epochs", 0, ValueError),
        ("callbacks", (), TypeError),
        ("sentences", [["a"]], TypeError),
        ("corpus_cache", "disk", TypeError),
        ("nonsense", 1, TypeError),
    ],
)
def test_a_parameter_that_cannot_be_is_named(text, name, value, error):
    with pytest.raises(error, match=name):
        DistributedWord2Vec(text, **{name: value})


# --- pace and learning rate -----------------------------------------------------------------------


@pytest.mark.parametrize(("n_workers", "least"), [(2, 3), (3, 10), (4, 10), (5, 30), (8, 30)])
def test_an_epoch_has_rounds_enough_and_all_are_equally_long(n_workers, least):
    pace = Pace(sync_seconds=1e3, n_chunks=512, n_words=100.0, n_workers=n_workers)
    team = list(range(n_workers))
    for worker in team:
        pace.note(worker, Epoch(raw_words=1000, seconds=0.1))
    n_todo, sizes = 512, []
    while n_todo:
        shares = pace.shares(team, n_todo)
        assert len(set(shares.values())) == 1
        sizes.append(min(sum(shares.values()), n_todo))
        n_todo -= sizes[-1]
    assert least <= len(sizes) <= least + 2
    assert max(sizes) - min(sizes) <= 2 * n_workers


def test_a_worker_that_is_faster_gets_more():
    pace = Pace(sync_seconds=1.0, n_chunks=10_000, n_words=100.0)
    pace.note(0, Epoch(raw_words=1000, seconds=1.0))
    pace.note(1, Epoch(raw_words=3000, seconds=1.0))
    assert pace.shares([0, 1], 10_000) == {0: 10, 1: 30}


def test_the_learning_rate_of_a_replica_grows_with_their_number_up_to_a_bound():
    def alphas(scale):
        return alphas_of(Options(8, 1.0, scale, "epoch").checked())

    def alphas_of(options):
        return [0.025 * options.scale(0.025, n) for n in (1, 2, 4, 8, 16)]

    assert alphas("auto") == pytest.approx([0.025 * n ** (1 / 3) for n in (1, 2, 4, 8, 16)])
    assert alphas("linear") == pytest.approx([0.025, 0.05, 0.1, 0.2, MAX_REPLICA_ALPHA])
    assert alphas("none") == [0.025] * 5
    assert alphas(3.0) == pytest.approx([0.075] * 5)
    mean = Options(8, 1.0, "auto", "epoch", "mean").checked()
    assert alphas_of(mean) == alphas("linear")
    assert Options(8, 1.0, "linear", "epoch").checked().merge == "mean"  # whose rule it is
    assert Options(8, 1.0, "auto", "epoch").checked().merge == "adasum"
    # Whoever asks for more than the bound gets it.
    assert Options(2, 1.0, "linear", "epoch").scale(0.5, 2) == 1.0
    assert Options(2, 1.0, "linear", "epoch").scale(0.0, 2) == 2.0


def test_all_counts_of_many_chunks_are_added_up(text, monkeypatch):
    from fastsgns.distributed import reading

    monkeypatch.setattr(reading, "COUNTS_AT_A_TIME", 2)
    monkeypatch.setattr(reading, "CHUNK_NBYTES", 5000)
    model = run(text, LocalCluster(2))
    counted = Counter(itertools.chain.from_iterable(path.read_text().split() for path in text))
    assert {word: model.wv.get_vecattr(word, "count") for word in model.wv.key_to_index} == counted
