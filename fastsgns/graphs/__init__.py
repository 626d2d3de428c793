"""Engine room: walks over a graph, as a corpus of integers. The one room that programs import.

In comes a graph of any kind; out come walks, block by block, as ids of nodes, which `corpus/` takes
as they are. No Python object is made for a node of a walk.

    inputs.py         a graph of networkx, scipy, ... -> Edges (edges.py); edge_file.py: of a text
        |
    adjacency.py      each edge once, in rows, weights of parallel ones added; tables for weights
        |             metapaths.py: rows by types, and where walks begin
        |
    walks.py          RandomWalks: parameters, passes, threads; blocks of walks in their order
        |
    _walks.pyx        WalkedGraph: _kernels/walks/, without the GIL

Open walks.py first.
"""

from fastsgns.graphs.walks import RandomWalks

__all__ = ["RandomWalks"]
