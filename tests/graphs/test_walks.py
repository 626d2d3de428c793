"""Random walks over a graph: what a step may be, and how often; passes, threads, training."""

from __future__ import annotations

import copy
import itertools
import os
import pickle
import signal
import sys
import threading
from collections import Counter

import numpy as np
import pytest
from scipy.stats import chi2

from fastsgns import EncodedCorpus, Word2Vec
from fastsgns.callbacks import CallbackAny2Vec
from fastsgns.graphs import RandomWalks

RNG = np.random.default_rng(5)


def random_edges(n_nodes, n_edges, is_weighted, seed=0):
    """Make edges (source, target, weight) without parallel ones, loops among them."""
    rng = np.random.default_rng(seed)
    pairs = sorted({tuple(pair) for pair in rng.integers(0, n_nodes, (n_edges, 2)).tolist()})
    weights = rng.integers(1, 9, len(pairs)).tolist() if is_weighted else [1] * len(pairs)
    return [(*pair, weight) for pair, weight in zip(pairs, weights, strict=True)]


def weights_of(edges, is_directed):
    """Give {node: {neighbour: weight}}, weights of parallel edges added."""
    near = {}
    for source, target, weight in edges:
        ends = {(source, target)} if is_directed else {(source, target), (target, source)}
        for one, other in ends:
            row = near.setdefault(one, {})
            row[other] = row.get(other, 0) + weight
    return near


def expected_shares(near, before, here, p, q):
    """The distribution of the next node, as node2vec has it (Grover & Leskovec 2016, eq. 2)."""
    areas = {}
    for node, weight in near[here].items():
        if before is None:
            factor = 1.0
        elif node == before:
            factor = 1 / p
        else:
            factor = 1.0 if node in near.get(before, {}) else 1 / q
        areas[node] = weight * factor
    total = sum(areas.values())
    return {node: area / total for node, area in areas.items()}


def chi_square(counts, shares):
    """Give the statistic of a row and its degrees of freedom; what is rare is pooled."""
    n = sum(counts.values())
    cells = [(counts.get(node, 0), n * share) for node, share in shares.items()]
    often = [cell for cell in cells if cell[1] >= 5]
    seldom = [cell for cell in cells if cell[1] < 5]
    pooled = tuple(map(sum, zip(*seldom, strict=True))) if seldom else (0, 0)
    if pooled[1] >= 5:
        often.append(pooled)
    if len(often) < 2:
        return 0.0, 0
    return sum((seen - mean) ** 2 / mean for seen, mean in often), len(often) - 1


def fit_of(walks, near, p, q):
    """Give the p-value of all steps of walks: the probability of so bad a fit, or a worse one."""
    counts = {}
    for walk in walks:
        for before, here, after in zip([None, *walk], walk, walk[1:], strict=False):
            counts.setdefault((before, here), Counter())[after] += 1
    statistic = n_free = 0
    for (before, here), row in counts.items():
        shares = expected_shares(near, before, here, p, q)
        assert set(row) <= set(shares), "a step along no edge"
        one, n = chi_square(row, shares)
        statistic, n_free = statistic + one, n_free + n
    assert n_free > 5
    return chi2.sf(statistic, n_free)


# --- steps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_directed", [False, True])
@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize(
    ("p", "q"),
    [(1, 1), (0.5, 2), (4, 0.25), (0.25, 0.25), (3, 3), (1, 2), (2, 1), (0.01, 50), (100, 0.02)],
)
def test_steps_are_taken_as_often_as_node2vec_says(is_directed, is_weighted, p, q):
    edges = random_edges(11, 50, is_weighted)
    near = weights_of(edges, is_directed)
    walks = RandomWalks(edges, n_walks=300, length=60, p=p, q=q, directed=is_directed)
    assert fit_of(walks, near, p, q) > 1e-3


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize(("p", "q"), [(1e6, 1e6), (1e-6, 1e6), (1e6, 1e-6), (1e9, 1e12)])
def test_where_hardly_any_edge_that_is_drawn_is_taken_steps_are_as_often(is_weighted, p, q):
    """A tree has no triangles, and a clique hardly anything else."""
    tree = [(node, (node - 1) // 3, 1 + is_weighted * (node % 5)) for node in range(1, 14)]
    clique = [
        (a, b, 1 + is_weighted * (a + b)) for a, b in itertools.combinations(range(20, 26), 2)
    ]
    for edges in (tree, [*clique, (25, 26, 1), (26, 27, 2)]):
        walks = RandomWalks(edges, n_walks=200, length=30, p=p, q=q)
        assert fit_of(walks, weights_of(edges, False), p, q) > 1e-3


def test_a_fit_that_is_wrong_is_noticed():
    edges = random_edges(11, 50, False)
    walks = list(RandomWalks(edges, n_walks=300, length=60, p=0.5, q=2))
    near = weights_of(edges, False)
    assert fit_of(walks, near, 0.5, 1.8) < 1e-3
    assert fit_of(walks, near, 0.55, 2) < 1e-3


def test_a_hub_is_left_along_all_its_edges_alike():
    n = 30_000
    edges = np.column_stack([np.zeros(n, np.int64), np.arange(1, n + 1)])
    for p, q in ((1, 1), (0.5, 2)):
        walks = RandomWalks(edges, n_walks=10, length=20, p=p, q=q)
        counts = np.bincount([node for walk in walks for node in walk[2:]], minlength=n + 1)[1:]
        mean = counts.mean()
        assert chi2.sf(((counts - mean) ** 2 / mean).sum(), n - 1) > 1e-3 or (p, q) != (1, 1)
        assert counts.max() < 12 * mean


def test_weights_of_all_sizes_are_kept():
    weights = [1e-300, 1e-3, 1.0, 1e300, 1e300]
    edges = [("hub", f"n{i}", weight) for i, weight in enumerate(weights)]
    walks = RandomWalks(edges, n_walks=2000, length=2, directed=True)
    counts = Counter(walk[1] for walk in walks if len(walk) == 2)
    assert set(counts) == {"n3", "n4"}
    assert abs(counts["n3"] - 1000) < 150


def test_weights_that_are_all_the_same_are_no_weights():
    edges = random_edges(30, 90, False)
    heavy = [(source, target, 7.5) for source, target, _ in edges]
    assert list(RandomWalks(edges, length=9)) == list(RandomWalks(heavy, length=9))


# --- the shape of walks ---------------------------------------------------------------------------


def test_each_round_begins_at_each_node_once_in_an_order_of_its_own():
    walks = list(RandomWalks(random_edges(40, 200, False), n_walks=6, length=3))
    rounds = [[walk[0] for walk in walks[i : i + 40]] for i in range(0, 240, 40)]
    assert all(sorted(starts) == list(range(40)) for starts in rounds)
    assert len(set(map(tuple, rounds))) == 6


@pytest.mark.parametrize(("p", "q"), [(1, 1), (0.5, 2)])
def test_a_walk_ends_where_no_edge_leads_on(p, q):
    edges = [("a", "b"), ("b", "c")]
    walks = RandomWalks(edges, n_walks=3, length=9, p=p, q=q, directed=True)
    assert sorted(map(tuple, walks)) == sorted([("a", "b", "c"), ("b", "c"), ("c",)] * 3)


def test_a_node_with_a_loop_only_stays_there():
    assert list(RandomWalks([("a", "a")], n_walks=1, length=4)) == [["a"] * 4]
    assert list(RandomWalks([("a", "a")], n_walks=1, length=4, p=0.1, q=3)) == [["a"] * 4]


def test_a_walk_may_be_one_node_and_may_be_long():
    edges = [(0, 1), (1, 2)]
    assert all(len(walk) == 1 for walk in RandomWalks(edges, length=1, p=2))
    assert [len(walk) for walk in RandomWalks(edges, n_walks=1, length=300_000)] == [300_000] * 3


def test_there_are_as_many_walks_as_it_says():
    walks = RandomWalks(random_edges(40, 200, False), n_walks=7, length=3)
    assert len(walks) == len(list(walks)) == 280


# --- passes, threads, copies ----------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"p": 0.5, "q": 2}])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_walks_do_not_depend_on_the_number_of_threads(options, is_weighted, monkeypatch):
    edges = random_edges(200, 900, is_weighted)
    expected = list(RandomWalks(edges, length=11, workers=1, **options))
    monkeypatch.setattr("fastsgns.graphs.walks.BLOCK_NODES", 500)
    for workers in (1, 2, 5):
        walks = RandomWalks(edges, length=11, workers=workers, **options)
        assert len(list(walks.blocks(1))) > 20
        walks.passes = 0
        assert sorted(map(tuple, walks)) != sorted(map(tuple, walks))
        if workers == 1:
            walks.passes = 0
            in_small_blocks = list(walks)
        walks.passes = 0
        assert list(walks) == in_small_blocks
    assert len(expected) == len(in_small_blocks)


def test_each_pass_walks_anew_and_a_seed_gives_the_same_passes():
    edges = random_edges(30, 90, False)
    one, other = (RandomWalks(edges, length=9, seed=7) for _ in range(2))
    passes = [list(one) for _ in range(3)]
    assert one.passes == 3
    assert passes[0] != passes[1] != passes[2] != passes[0]
    assert [list(other) for _ in range(3)] == passes
    other.passes = 1
    assert list(other) == passes[1]
    assert list(RandomWalks(edges, length=9, seed=8)) != passes[0]
    assert list(RandomWalks(edges, length=9)) == list(RandomWalks(edges, length=9, seed=1))


def test_without_a_seed_each_object_has_its_own():
    edges = random_edges(30, 90, False)
    assert list(RandomWalks(edges, seed=None)) != list(RandomWalks(edges, seed=None))
    assert list(RandomWalks(edges, seed=2**200)) != list(RandomWalks(edges, seed=2**201))


@pytest.mark.parametrize("is_weighted", [False, True])
def test_copies_and_pickles_go_on_where_it_was(is_weighted):
    walks = RandomWalks(random_edges(30, 90, is_weighted), length=9, p=2)
    list(walks)
    copies = [copy.copy(walks), copy.deepcopy(walks), pickle.loads(pickle.dumps(walks))]
    expected = list(walks)
    assert all(list(other) == expected for other in copies)
    assert walks.passes == 2
    assert len(pickle.dumps(walks)) == len(pickle.dumps(copies[2]))


def test_a_pass_that_is_given_up_leaves_no_thread():
    walks = RandomWalks(random_edges(30, 90, False), n_walks=5000, workers=3)
    blocks = walks.blocks(1)
    next(blocks)
    blocks.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("fastsgns-walks")]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to a thread")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_a_walk_of_any_length(workers):
    walks = RandomWalks([(0, 1), (1, 2), (2, 0)], n_walks=99, length=10**8, workers=workers)
    main = threading.main_thread().ident
    timer = threading.Timer(0.3, signal.pthread_kill, [main, signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in walks.blocks(1):
            pass
    assert not [t for t in threading.enumerate() if t.name.startswith("fastsgns-walks")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_of_fork_walks_too():
    walks = RandomWalks(random_edges(30, 90, False), length=9, workers=2)
    next(iter(walks))
    walks.passes = 0
    expected = pickle.dumps(list(walks))
    reader, writer = os.pipe()
    walks.passes = 0
    child = os.fork()
    if child == 0:
        os.write(writer, b"1" if pickle.dumps(list(walks)) == expected else b"0")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 1) == b"1"
    os.close(reader)
    os.close(writer)


# --- metapaths ------------------------------------------------------------------------------------

TYPES = {"a1": "author", "a2": "author", "a3": "author", "p1": "paper", "p2": "paper", "v": "venue"}
WRITTEN = [("a1", "p1"), ("a2", "p1"), ("a2", "p2"), ("a3", "p2"), ("p1", "v"), ("p2", "v")]


def test_walks_along_a_metapath_go_through_its_types():
    path = ["author", "paper", "venue", "paper", "author"]
    walks = list(RandomWalks(WRITTEN, n_walks=40, length=11, node_types=TYPES, metapaths=[path]))
    assert len(walks) == 3 * 40
    for walk in walks:
        assert [TYPES[node] for node in walk] == (path[:-1] * 3)[:11]
    assert {walk[0] for walk in walks} == {"a1", "a2", "a3"}


def test_steps_along_a_metapath_are_taken_by_weight():
    rng = np.random.default_rng(3)
    types = {node: "xyz"[node % 3] for node in range(18)}
    edges = [(int(a), int(b), int(w)) for a, b, w in rng.integers(1, 18, (150, 3)) if a != b]
    near = weights_of(edges, False)
    for paths in (["x", "y", "x"],), (["y", "z", "z", "y"], ["x", "z", "x"]):
        walks = list(RandomWalks(edges, n_walks=400, length=20, node_types=types, metapaths=paths))
        statistic = n_free = 0
        for path in paths:
            along = [walk for walk in walks if types[walk[0]] == path[0]]
            counts = {}
            for walk in along:
                for i in range(len(walk) - 1):
                    kind = path[(i + 1) % (len(path) - 1)]
                    counts.setdefault((walk[i], kind), Counter())[walk[i + 1]] += 1
            for (here, kind), row in counts.items():
                fitting = {node: w for node, w in near[here].items() if types[node] == kind}
                shares = {node: w / sum(fitting.values()) for node, w in fitting.items()}
                assert set(row) <= set(shares)
                one, n = chi_square(row, shares)
                statistic, n_free = statistic + one, n_free + n
        assert chi2.sf(statistic, n_free) > 1e-3


def test_types_may_be_given_for_each_node_in_their_order():
    walks = RandomWalks(WRITTEN, node_types=TYPES, metapaths=[["paper", "venue", "paper"]])
    listed = [TYPES[node] for node in walks.nodes]
    same = RandomWalks(
        WRITTEN, node_types=np.array(listed), metapaths=[["paper", "venue", "paper"]]
    )
    assert list(same) == list(walks)


def test_nodes_of_types_in_no_metapath_are_no_words():
    paths = [["author", "paper", "author"]]
    model = Word2Vec(
        RandomWalks(WRITTEN, node_types=TYPES, metapaths=paths), vector_size=4, workers=1
    )
    assert set(model.wv.index_to_key) == set(TYPES) - {"v"}


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"metapaths": [["author", "paper"]]}, ValueError, "end with that with which it begins"),
        ({"metapaths": [["author"]]}, ValueError, "two types at least"),
        ({"metapaths": ["author"]}, TypeError, r"metapaths=\[\['author'\]\]"),
        ({"metapaths": []}, TypeError, "a list of lists of types"),
        ({"metapaths": [["author", "x", "author"]]}, ValueError, "no node has the type 'x'"),
        ({"node_types": TYPES | {"v": None}}, ValueError, "the node 'v' has no type"),
        ({"node_types": TYPES | {"v": []}}, TypeError, "types must be hashable, that of 'v'"),
        ({"node_types": ["author"]}, ValueError, "must be 6, one for each node, got 1"),
        ({"node_types": 5}, TypeError, "must be a mapping of nodes to types"),
        ({"node_types": "kind"}, TypeError, "a list has no attributes of nodes"),
        ({"node_types": None}, ValueError, "node_types and metapaths go together"),
        ({"p": 2}, ValueError, "with metapaths, p and q must be 1, got 2 and 1"),
    ],
)
def test_what_is_wrong_with_metapaths_is_said(options, error, message):
    given = {"node_types": TYPES, "metapaths": [["author", "paper", "author"]]}
    with pytest.raises(error, match=message):
        RandomWalks(WRITTEN, **given | options)


# --- parameters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_walks": 0}, ValueError, "n_walks must be an integer >= 1, got 0"),
        ({"length": 0}, ValueError, "length must be an integer >= 1, got 0"),
        ({"length": 2**31}, ValueError, "length must be an integer >= 1 and <= 2147483647"),
        ({"length": "80"}, TypeError, "length must be an integer, got '80'"),
        ({"p": 0}, ValueError, "p must be > 0 and finite, got 0"),
        ({"p": -1}, ValueError, "p must be > 0 and finite, got -1"),
        ({"p": float("inf")}, ValueError, "p must be > 0 and finite, got inf"),
        ({"q": float("nan")}, ValueError, "q must be > 0 and finite, got nan"),
        ({"q": 1e-320}, ValueError, "q must be > 0 and finite"),
        ({"q": "1"}, TypeError, "q must be a number, got '1'"),
        ({"q": None}, TypeError, "q must be a number, got None"),
        ({"seed": -1}, ValueError, "seed must be >= 0, got -1"),
        ({"seed": 1.5}, TypeError, "seed must be an integer or None, got 1.5"),
        ({"workers": 0}, ValueError, "workers must be >= 1, or -1 for all cores, got 0"),
        ({"directed": "yes"}, TypeError, "directed must be True, False or None, got 'yes'"),
        ({"weight": 3}, TypeError, "weight must be the name of an attribute"),
        ({"names": ["a", "b"]}, TypeError, "names are for the rows of a sparse array"),
    ],
)
def test_a_parameter_that_cannot_be_is_named(options, error, message):
    with pytest.raises(error, match=message):
        RandomWalks([("a", "b")], **options)


# --- training -------------------------------------------------------------------------------------


class Epochs(CallbackAny2Vec):
    """Notes how many passes have begun when an epoch ends."""

    def __init__(self, walks):
        self.walks = walks
        self.seen = []

    def on_epoch_end(self, model):
        self.seen.append(self.walks.passes)


@pytest.mark.parametrize("cache", ["auto", "memory", "disk"])
def test_all_epochs_train_one_pass_unless_the_cache_is_off(cache):
    edges = random_edges(40, 200, False)
    options = {"vector_size": 8, "workers": 1, "epochs": 3}
    walks = RandomWalks(edges, n_walks=6, length=12)
    model = Word2Vec(walks, corpus_cache=cache, **options)
    assert walks.passes == 1
    walks.passes = 0
    of_lists = Word2Vec(list(walks), **options)
    row = of_lists.wv.key_to_index
    assert {word: model.wv.get_vecattr(word, "count") for word in row} == {
        word: of_lists.wv.get_vecattr(word, "count") for word in row
    }
    walks.passes = 0
    corpus = EncodedCorpus.from_sentences(walks)
    assert (Word2Vec(corpus=corpus, **options).wv.vectors == model.wv.vectors).all()


@pytest.mark.parametrize("workers", [1, 2])
def test_with_the_cache_off_each_epoch_walks_anew(workers):
    walks = RandomWalks(random_edges(40, 200, False), n_walks=6, length=12)
    epochs = Epochs(walks)
    options = {"vector_size": 8, "workers": workers, "epochs": 3, "callbacks": [epochs]}
    model = Word2Vec(walks, corpus_cache="off", **options)
    assert epochs.seen == [2, 3, 4]  # the first was that of the vocabulary
    assert model.corpus is None
    assert model.corpus_total_words == 6 * 40 * 12


def test_fresh_walks_give_the_same_model_with_the_same_seed():
    def train():
        walks = RandomWalks(random_edges(40, 200, False), n_walks=6, length=12, workers=3)
        return Word2Vec(walks, vector_size=8, workers=1, epochs=3, corpus_cache="off").wv.vectors

    assert (train() == train()).all()


def test_names_of_any_kind_are_the_keys():
    names = ["a", 7, ("t", 1), None, 2.5]
    edges = list(itertools.pairwise([*names[:3], names[4], names[0]]))
    model = Word2Vec(RandomWalks(edges), vector_size=4, workers=1)
    assert set(model.wv.index_to_key) == set(names) - {None}
    assert model.wv["a"].shape == model.wv[("t", 1)].shape == (4,)


def test_a_vocabulary_of_few_nodes_takes_the_most_frequent():
    edges = [("hub", f"n{i}") for i in range(50)]
    model = Word2Vec(RandomWalks(edges), vector_size=4, workers=1, max_final_vocab=10, min_count=1)
    assert "hub" in model.wv.index_to_key
    pruned = Word2Vec(RandomWalks(edges), vector_size=4, workers=1, max_vocab_size=10, min_count=1)
    assert "hub" in pruned.wv.index_to_key


def planted_partition(n_nodes, n_groups, inside, outside, seed):
    """Make the edges of a graph, and the group of each node."""
    rng = np.random.default_rng(seed)
    group = np.arange(n_nodes) % n_groups
    one, other = np.triu_indices(n_nodes, 1)
    odds = np.where(group[one] == group[other], inside, outside)
    is_there = rng.random(len(one)) < odds
    return np.column_stack([one[is_there], other[is_there]]), group


@pytest.mark.parametrize("options", [{}, {"p": 0.5, "q": 2}, {"p": 2, "q": 0.5}])
@pytest.mark.parametrize("cache", ["auto", "off"])
def test_vectors_tell_the_communities_of_a_graph(options, cache):
    """Half of the labels are known; a node has that of the nearest mean of these."""
    edges, group = planted_partition(300, 6, 0.25, 0.02, seed=2)
    model = Word2Vec(
        RandomWalks(edges, n_walks=10, length=40, **options),
        sg=1, vector_size=32, sample=0, workers=2, epochs=2, min_count=1, corpus_cache=cache,
    )  # fmt: skip
    assert len(model.wv) == 300
    vectors = model.wv.vectors[[model.wv.key_to_index[node] for node in range(300)]]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    known = RNG.random(300) < 0.5
    means = np.stack([vectors[known & (group == label)].mean(axis=0) for label in range(6)])
    found = (vectors[~known] @ means.T).argmax(axis=1)
    assert (found == group[~known]).mean() > 0.95
