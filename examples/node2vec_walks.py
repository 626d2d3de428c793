"""Vectors of the nodes of a graph, from walks over it (node2vec, Grover and Leskovec 2016).

A walk is a sentence, a node a word. The graph here is made in place: communities of nodes that know
each other, with few edges between them.
"""

import random

from fastsgns import Word2Vec

N_COMMUNITIES = 4
N_MEMBERS = 12


def make_graph(draw):
    """Return the neighbours of each node, as a dict of sets."""
    nodes = [f"{c}-{i}" for c in range(N_COMMUNITIES) for i in range(N_MEMBERS)]
    graph = {node: set() for node in nodes}
    for one in nodes:
        for other in nodes:
            same = one.split("-")[0] == other.split("-")[0]
            if one < other and draw.random() < (0.5 if same else 0.02):
                graph[one].add(other)
                graph[other].add(one)
    return {node: near for node, near in graph.items() if near}


def walk(graph, start, length, p, q, draw):
    """Walk from a node: 1 / p is the weight of going back, 1 / q that of going farther away."""
    path = [start]
    while len(path) < length:
        here = path[-1]
        choices = sorted(graph[here])
        if len(path) == 1:
            path.append(draw.choice(choices))
            continue
        before = path[-2]
        weights = [
            1 / p if node == before else 1 if node in graph[before] else 1 / q for node in choices
        ]
        path.append(draw.choices(choices, weights)[0])
    return path


def main():
    draw = random.Random(5)
    graph = make_graph(draw)
    walks = []
    for _ in range(20):
        starts = sorted(graph)
        draw.shuffle(starts)
        walks += [walk(graph, node, 20, p=1.0, q=0.5, draw=draw) for node in starts]

    model = Word2Vec(
        walks,
        vector_size=16,
        window=5,
        min_count=0,
        sg=1,
        hs=0,
        negative=5,
        workers=1,
        seed=1,
        epochs=3,
    )

    print(f"nodes: {len(graph)}, walks: {len(walks)}, vectors: {model.wv.vectors.shape}")
    right = total = 0
    for node in model.wv.index_to_key:
        for other, _ in model.wv.most_similar(node, topn=3):
            right += other.split("-")[0] == node.split("-")[0]
            total += 1
    print(f"nearest nodes of the same community: {100 * right / total:.0f}%")
    print("nearest to 0-0:", [other for other, _ in model.wv.most_similar("0-0", topn=3)])


if __name__ == "__main__":
    main()
