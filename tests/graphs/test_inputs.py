"""What may be given as a graph, which edges it has, and what is refused."""

from __future__ import annotations

import gzip
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from fastsgns.graphs import RandomWalks
from fastsgns.graphs.adjacency import Adjacency
from fastsgns.graphs.inputs import Wanted, edges_of

PAIRS = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]
WEIGHTED = [("a", "b", 2.0), ("b", "c", 1.0), ("c", "a", 0.5), ("c", "d", 3.0)]


def ways(graph, **wanted):
    """Give {(source, target): weight} of all ways that a step can take, and the names."""
    edges = edges_of(graph, Wanted(**wanted))
    rows = Adjacency.of(edges)
    names = list(edges.names)
    sources = np.repeat(np.arange(len(names)), np.diff(rows.offsets)).tolist()
    weights = np.ones(len(sources)) if rows.weights is None else rows.weights
    found = {
        (names[source], names[target]): weight
        for source, target, weight in zip(
            sources, rows.targets.tolist(), weights.tolist(), strict=True
        )
    }
    assert len(found) == len(sources), "an edge is there twice"
    return found, names


def both_ways(edges):
    found = {}
    for source, target, *weight in edges:
        found[source, target] = found[target, source] = weight[0] if weight else 1.0
    return found


# --- edges alone ----------------------------------------------------------------------------------


def columns(edges):
    return [list(column) for column in zip(*edges, strict=True)]


def frames(edges):
    data = dict(zip(("source", "target", "weight"), columns(edges), strict=False))
    yield pd.DataFrame(data)
    yield pd.DataFrame(data).rename(columns={"source": "x", "target": "y", "weight": "z"})
    yield pd.DataFrame(data)[list(data)[::-1]]
    yield pd.DataFrame(data | {"more": 0})
    yield pl.DataFrame(data)
    yield pl.DataFrame(data).lazy()
    yield pa.table(data)
    yield pa.RecordBatch.from_pydict(data)


@pytest.mark.parametrize("edges", [PAIRS, WEIGHTED], ids=["pairs", "weighted"])
def test_edges_in_any_container_are_the_same_edges(edges, tmp_path):
    path = tmp_path / "edges.txt"
    path.write_text("".join(" ".join(map(str, edge)) + "\n" for edge in edges))
    given = [
        edges,
        tuple(edges),
        iter(edges),
        [list(edge) for edge in edges],
        np.array(edges, object),
        tuple(np.array(column) for column in columns(edges)),
        tuple(pd.Series(column) for column in columns(edges)),
        *frames(edges),
        path,
        str(path),
    ]
    for graph in given:
        found, names = ways(graph)
        assert found == both_ways(edges)
        assert (
            names == ["a", "b", "c", "d"]
            or isinstance(graph, (Path, str))
            or set(names) == {*"abcd"}
        )


def test_directed_edges_lead_one_way():
    assert ways(PAIRS, directed=True)[0] == dict.fromkeys(PAIRS, 1.0)
    assert ways(pd.DataFrame(PAIRS), directed=True)[0] == dict.fromkeys(PAIRS, 1.0)


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.uint32, np.int64, np.uint64, np.float64])
def test_numbers_of_nodes_are_keys_as_they_are(dtype):
    edges = np.array([[7, 3], [3, 100]], dtype)
    found, names = ways(edges)
    assert names == [3, 7, 100]
    assert all(type(name) is int for name in names)
    assert found == both_ways([(7, 3), (3, 100)])


def test_numbers_of_nodes_may_be_of_any_size():
    large = [2**63 + 5, 2**40, -3]
    assert ways([(large[0], large[1]), (large[1], large[2])])[0] == both_ways(
        [(large[0], large[1]), (large[1], large[2])]
    )
    mixed = np.array([2**63 + 5, 2**63 + 6], np.uint64), np.array([2**40, -3], np.int64)
    assert ways(mixed)[1] == [2**63 + 5, 2**63 + 6, 2**40, -3]
    names = ways(np.array([[2**40, 2**40 + 1], [2**40 + 1, -(2**62)]]))[1]
    assert names == [-(2**62), 2**40, 2**40 + 1]


@pytest.mark.parametrize("spread", [1, 3, 10**6])
@pytest.mark.parametrize("low", [0, 5, -(2**63), 2**63 - 1 - 10**9])
def test_numbers_of_nodes_may_be_near_each_other_or_not(low, spread):
    rng = np.random.default_rng(0)
    small = rng.integers(0, 300, (900, 2))
    edges = small * spread + low
    found, names = ways(edges, directed=True)
    assert names == sorted(set(edges.ravel().tolist()))
    assert set(found) == set(map(tuple, edges.tolist()))


def test_floats_that_are_no_integers_are_names_too():
    assert ways(np.array([[0.5, 1.0], [1.0, 2.0]]))[1] == [0.5, 1.0, 2.0]


def test_a_third_column_is_left_out_without_weight():
    for graph in (WEIGHTED, np.array(WEIGHTED, object), pd.DataFrame(WEIGHTED)):
        assert ways(graph, weight=None)[0] == both_ways(PAIRS)


def test_a_column_of_weights_may_have_another_name():
    frame = pd.DataFrame(WEIGHTED, columns=["source", "target", "n"]).assign(weight=9.0)
    assert ways(frame, weight="n")[0] == both_ways(WEIGHTED)
    with pytest.raises(ValueError, match="no column is called 'm', as weight says; there are"):
        ways(frame, weight="m")


def test_weights_of_parallel_edges_are_added():
    edges = [("a", "b", 1), ("b", "a", 2), ("a", "b", 4), ("a", "a", 5), ("b", "c", 1)]
    assert ways(edges)[0] == {
        ("a", "b"): 7, ("b", "a"): 7, ("a", "a"): 5, ("b", "c"): 1, ("c", "b"): 1,
    }  # fmt: skip
    assert ways(edges, directed=True)[0] == {
        ("a", "b"): 5, ("b", "a"): 2, ("a", "a"): 5, ("b", "c"): 1,
    }  # fmt: skip
    assert ways([("a", "b"), ("a", "b"), ("b", "c")], directed=True)[0] == {
        ("a", "b"): 2, ("b", "c"): 1,
    }  # fmt: skip


def test_an_edge_of_weight_zero_is_none_and_its_nodes_stay():
    found, names = ways([("a", "b", 1), ("b", "c", 0)])
    assert found == both_ways([("a", "b")])
    assert names == ["a", "b", "c"]
    assert ["c"] in list(RandomWalks([("a", "b", 1), ("b", "c", 0)], n_walks=1))


@pytest.mark.parametrize("weight", [True, np.float32(2), Fraction(1, 2), 10**30, 1e-300], ids=repr)
def test_weights_may_be_numbers_of_any_type(weight):
    found, _ = ways([("a", "b", weight), ("b", "c", 3)])
    assert found["a", "b"] == float(weight)


@pytest.mark.parametrize(
    ("graph", "error", "message"),
    [
        ([("a", "b", -1)], ValueError, r"finite and >= 0 .*'a' -> 'b' is -1"),
        ([("a", "b", float("nan"))], ValueError, "'a' -> 'b' is nan"),
        ([("a", "b", 1), ("b", "c", float("inf"))], ValueError, "'b' -> 'c' is inf"),
        ([("a", "b", 1e308)] * 3, ValueError, "too large to be added"),
        ([("a", "b", "x")], TypeError, "that of edge 0 is 'x', a str"),
        ([("a", "b", "2")], TypeError, "that of edge 0 is '2', a str"),
        ([("a", "b", 1), ("a", "b", None)], TypeError, "that of edge 1 is None"),
        ([("a", "b", {"weight": 2})], TypeError, "that of edge 0 is {'weight': 2}, a dict"),
        ([("a", "b"), ("a", "b", 1)], ValueError, r"edge 1 is \('a', 'b', 1\)"),
        ([("a",)], ValueError, r"edge 0 is \('a',\)"),
        (["ab", "bc"], ValueError, "edge 0 is 'ab'"),
        ([("a", "b"), 5], ValueError, "edge 1 is 5"),
        ([("a", None)], ValueError, "edge 0 has no target, but None"),
        ([("a", "b"), (float("nan"), "b")], ValueError, "edge 1 has no source, but nan"),
        ([("a", ["b"])], TypeError, r"nodes must be hashable, the target of edge 0 is \['b'\]"),
        ([], ValueError, "the graph has no edges: the list is empty"),
        (iter([]), ValueError, "the graph has no edges: the list_iterator is empty"),
        (5, TypeError, "graph must be a graph of networkx or igraph, .*; got 5, a int"),
        (None, TypeError, "graph must be .*; got None"),
        (b"edges.txt", TypeError, "graph must be .* a bytes"),
        (np.zeros((4, 4)), ValueError, r"got \(4, 4\). Of a matrix of weights, give scipy.sparse"),
        (np.zeros((2, 9), int), ValueError, r"Perhaps you want its transpose"),
        (np.zeros(6), ValueError, r"got \(6,\)"),
        (np.zeros((0, 2), int), ValueError, "the graph has no nodes"),
        ((np.zeros(3, int), np.zeros(2, int)), ValueError, "3 sources of edges and 2 targets"),
        ((np.zeros(3), np.zeros(3), np.zeros(2)), ValueError, "3 edges and 2 weights"),
        ((np.zeros(3), np.zeros((3, 1))), ValueError, r"each flat; got shapes \(3,\), \(3, 1\)"),
        (pd.DataFrame({"x": [1], "y": [2], "z": [3], "u": [4]}), TypeError, "it has 'x', 'y'"),
        (pd.DataFrame({"x": [1]}), TypeError, "it has 'x'"),
        (pd.DataFrame({"x": [1, 2], "y": [2, None]}), ValueError, "edge 1 has no target"),
        (pd.DataFrame({"x": ["a", pd.NA], "y": ["b", "c"]}), ValueError, "edge 1 has no source"),
        (pl.DataFrame({"x": [1, None], "y": [2, 3]}), ValueError, "edge 1 has no source"),
        (pl.DataFrame({"x": ["a"], "y": ["b"], "weight": [None]}), ValueError, "'a' -> 'b' is nan"),
        (np.ma.array([[1, 2], [2, 3]], mask=[[0, 1], [0, 0]]), ValueError, "edge 0 has no target"),
        (np.ma.array([[1, 2, 3]], mask=[[0, 0, 1]]), TypeError, "that of edge 0 is None"),
        ({"a": "bc"}, TypeError, "that of 'a' is 'bc', a str"),
        ({"a": 5}, TypeError, "an iterable of neighbours for each node, that of 'a' is 5"),
        ({"a": {"b": -2}}, ValueError, "'a' -> 'b' is -2"),
        ({}, ValueError, "the graph has no nodes"),
        (sparse.csr_array((2, 3)), ValueError, r"must be square, got the shape \(2, 3\)"),
        (sparse.csr_array((0, 0)), ValueError, "the graph has no nodes"),
        (sparse.csr_array([[0, -1.0], [0, 0]]), ValueError, "0 -> 1 is -1"),
        (sparse.csr_array([[0, np.nan], [0, 0]]), ValueError, "0 -> 1 is nan"),
        (sparse.csr_array([[0, 1j], [0, 0]]), TypeError, "must have numbers as weights, got compl"),
    ],
    ids=lambda part: type(part).__name__ if not isinstance(part, str) else part[:30],
)  # fmt: skip
def test_what_is_no_graph_is_refused_with_the_reason(graph, error, message):
    with pytest.raises(error, match=message):
        RandomWalks(graph)


# --- files ----------------------------------------------------------------------------------------


def test_a_file_may_be_compressed_and_have_comments_and_empty_lines(tmp_path):
    path = tmp_path / "edges.txt.gz"
    text = "# FromNodeId\tToNodeId and more\n% of SNAP\n\n1\t2\n  2   3  \r\n\n#3 4\nß 1"
    path.write_bytes(gzip.compress(text.encode()))
    found, names = ways(path)
    assert found == both_ways([("1", "2"), ("2", "3"), ("ß", "1")])
    assert names == ["1", "2", "3", "ß"]


def test_weights_in_a_file_are_numbers_and_no_nodes(tmp_path):
    path = tmp_path / "edges"
    path.write_text("1 2 3\n3 1 1e-3\n2 5 3\n")
    found, names = ways(path)
    assert found == both_ways([("1", "2", 3.0), ("3", "1", 1e-3), ("2", "5", 3.0)])
    assert sorted(names) == ["1", "2", "3", "5"]
    assert ways(path, weight=None)[0] == both_ways([("1", "2"), ("3", "1"), ("2", "5")])
    assert len(ways(path, directed=True)[0]) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\n\n# x\n1 2 3\n", "edges, line 4: an edge has 2 columns, .*, not 3"),
        ("\n1\n", "edges, line 2: an edge has 2 columns, .*, not 1"),
        ("1 2 3 4\n", "edges, line 1: an edge has 2 columns, .*, not 4"),
        ("1 2 1\n\n1 2 x\n", "edges, line 3: a weight must be a finite number, got 'x'"),
        ("1 2 nan\n", "edges, line 1: a weight must be a finite number, got 'nan'"),
        (
            "source target weight\n1 2 3\n",
            "edges, line 1: a weight must be a finite number, got 'weight'",
        ),
        ("1 2 -3\n", "'1' -> '2' is -3"),
        ("", "the graph has no nodes"),
        ("# nothing\n", "the graph has no nodes"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_line(text, message, tmp_path):
    path = tmp_path / "edges"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        RandomWalks(path)


def test_a_file_that_is_none_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        RandomWalks(tmp_path / "nowhere.txt")
    (tmp_path / "edges.csv").write_text("1,2\n")
    with pytest.raises(ValueError, match=r"edges\.csv is a table: read it with pandas or polars"):
        RandomWalks(tmp_path / "edges.csv")
    (tmp_path / "latin").write_bytes(b"a b\nc \xff\n")
    with pytest.raises(UnicodeDecodeError, match="line 2"):
        RandomWalks(tmp_path / "latin")


# --- graphs with nodes of their own ---------------------------------------------------------------


def test_a_mapping_gives_each_node_its_neighbours():
    assert ways({"a": ["b", "c"], "b": ["a"], "x": []}) == (
        {("a", "b"): 1, ("a", "c"): 1, ("b", "a"): 1}, ["a", "b", "x", "c"],
    )  # fmt: skip
    assert ways({"a": {"b": 2, "c": 3}})[0] == {("a", "b"): 2, ("a", "c"): 3}
    assert ways({"a": {"b"}, "b": (n for n in "c")})[0] == {("a", "b"): 1, ("b", "c"): 1}
    assert ways({"a": ["b"], "b": []}, directed=False)[0] == both_ways([("a", "b")])


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"])
@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csr_matrix])
def test_a_sparse_array_has_the_edges_of_each_row(form, make):
    dense = np.array([[0, 2.0, 0], [0, 0.5, 1], [0, 0, 0]])
    found, names = ways(make(dense).asformat(form))
    assert found == {(0, 1): 2.0, (1, 1): 0.5, (1, 2): 1.0}
    assert names == [0, 1, 2]
    assert ways(make(dense).asformat(form), names="xyz")[0][("x", "y")] == 2.0


def test_entries_of_a_sparse_array_may_be_zero_and_there_twice():
    entries = sparse.coo_array(([1, 2, 0, 4], ([0, 0, 1, 1], [1, 1, 0, 1])), shape=(3, 3))
    assert ways(entries)[0] == {(0, 1): 3, (1, 1): 4}
    assert (1, 0) not in ways(entries, weight=None)[0]
    assert ways(entries, directed=False)[0] == {(0, 1): 3, (1, 0): 3, (1, 1): 4}
    assert ways(sparse.csr_array(np.array([[False, True], [True, False]])))[0] == {
        (0, 1): 1, (1, 0): 1,
    }  # fmt: skip


def test_nodes_are_no_more_than_int32_can_number():
    entries = sparse.coo_array(([1], ([0], [1])), shape=(2**31, 2**31))
    with pytest.raises(ValueError, match="a graph may have 2147483647 nodes, got 2147483648"):
        RandomWalks(entries)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a"], "names must be 2, one for each row, got 1"),
        (["a", "a"], "'a' is there twice"),
        ([["a"], "b"], r"names must be hashable, got \['a'\], a list"),
        (5, "names must be a sequence of a name for each row, got 5"),
    ],
)
def test_names_must_fit_the_rows(names, message):
    with pytest.raises((TypeError, ValueError), match=message):
        RandomWalks(sparse.csr_array((2, 2)), names=names)


class TestNetworkx:
    @pytest.fixture
    def nx(self):
        return pytest.importorskip("networkx")

    def test_graphs_of_all_four_classes(self, nx):
        for kind, is_directed in ((nx.Graph, False), (nx.DiGraph, True)):
            graph = kind()
            graph.add_node("alone")
            graph.add_weighted_edges_from(WEIGHTED)
            graph.add_edge("a", "a")
            found, names = ways(graph)
            expected = {edge[:2]: edge[2] for edge in WEIGHTED} if is_directed else None
            assert found == (expected or both_ways(WEIGHTED)) | {("a", "a"): 1}
            assert names == list(graph.nodes)
        parallel = [("a", "b", 1), ("a", "b", 3), ("b", "a", 2), ("b", "b", 9)]
        for kind, there, back in ((nx.MultiGraph, 6, 6), (nx.MultiDiGraph, 4, 2)):
            graph = kind()
            graph.add_weighted_edges_from(parallel)
            assert ways(graph)[0] == {("a", "b"): there, ("b", "a"): back, ("b", "b"): 9}

    def test_weights_may_be_another_attribute_or_none(self, nx):
        graph = nx.Graph()
        graph.add_edge(1, 2, weight=5, n=2)
        graph.add_edge(2, 3)
        assert ways(graph)[0] == both_ways([(1, 2, 5), (2, 3, 1)])
        assert ways(graph, weight="n")[0] == both_ways([(1, 2, 2), (2, 3, 1)])
        assert ways(graph, weight=None)[0] == both_ways([(1, 2), (2, 3)])
        with pytest.raises(ValueError, match="no edge has the attribute 'm' that weight names"):
            ways(graph, weight="m")

    def test_a_direction_may_be_taken_away_and_not_given(self, nx):
        assert ways(nx.DiGraph([(1, 2)]), directed=False)[0] == both_ways([(1, 2)])
        with pytest.raises(ValueError, match="directed is True, but the graph is an undirected"):
            ways(nx.Graph([(1, 2)]), directed=True)

    def test_a_graph_without_edges_or_nodes(self, nx):
        graph = nx.empty_graph(3)
        assert sorted(RandomWalks(graph, n_walks=1, p=2)) == [[0], [1], [2]]
        with pytest.raises(ValueError, match="the graph has no nodes"):
            RandomWalks(nx.Graph())

    def test_negative_weights_are_named(self, nx):
        graph = nx.Graph()
        graph.add_edge("x", "y", weight=-2)
        with pytest.raises(ValueError, match="'x' -> 'y' is -2"):
            RandomWalks(graph)

    def test_types_may_be_an_attribute_of_nodes(self, nx):
        graph = nx.Graph([("a", "p"), ("b", "p")])
        nx.set_node_attributes(graph, {"a": "author", "b": "author", "p": "paper"}, "kind")
        options = {"metapaths": [["author", "paper", "author"]], "n_walks": 1, "length": 2}
        assert sorted(RandomWalks(graph, node_types="kind", **options)) == [["a", "p"], ["b", "p"]]
        with pytest.raises(ValueError, match="the node 'a' has no type"):
            RandomWalks(graph, node_types="type", **options)


class TestIgraph:
    @pytest.fixture
    def igraph(self):
        return pytest.importorskip("igraph")

    def test_edges_names_and_weights(self, igraph):
        graph = igraph.Graph.TupleList(WEIGHTED, weights=True)
        assert ways(graph)[0] == both_ways(WEIGHTED)
        assert ways(graph, weight=None)[0] == both_ways(PAIRS)
        plain = igraph.Graph(4, [(0, 1), (1, 2)], directed=True)
        assert ways(plain) == ({(0, 1): 1, (1, 2): 1}, [0, 1, 2, 3])
        assert ways(plain, directed=False)[0] == both_ways([(0, 1), (1, 2)])
        with pytest.raises(ValueError, match="no edge has the attribute 'm'"):
            ways(graph, weight="m")

    def test_a_name_may_be_there_once(self, igraph):
        graph = igraph.Graph(2, [(0, 1)])
        graph.vs["name"] = ["a", "a"]
        with pytest.raises(ValueError, match="the name 'a' is there twice"):
            RandomWalks(graph)

    def test_types_may_be_an_attribute_of_nodes(self, igraph):
        graph = igraph.Graph(3, [(0, 2), (1, 2)])
        graph.vs["kind"] = ["author", "author", "paper"]
        options = {"metapaths": [["author", "paper", "author"]], "n_walks": 1, "length": 2}
        assert sorted(RandomWalks(graph, node_types="kind", **options)) == [[0, 2], [1, 2]]
