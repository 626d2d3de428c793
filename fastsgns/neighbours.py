"""Face: NeighbourIndex, which finds neighbours of word vectors fast and nearly all of them."""

from __future__ import annotations

import logging
import os
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastsgns import _params
from fastsgns._shown import shown

Path = str | os.PathLike[str]
Neighbours = list[tuple[Any, float]]

__all__ = ["NeighbourIndex"]

logger = logging.getLogger(__name__)

#: Of how many nearest neighbours `recall` says what share is found.
RECALL_AT = 10


class NeighbourIndex:
    """An index of the vectors of a KeyedVectors: ``wv.most_similar("word", indexer=index)``.

    `KeyedVectors.build_index` makes one, `KeyedVectors.load_index` opens a saved one. Needs the
    package usearch, the extra ``fastsgns[ann]``.

    Attributes
    ----------
    wv : KeyedVectors
    recall : float
        The share of the 10 nearest neighbours that it finds, measured on a sample when it was made.
    """

    def __init__(
        self, wv: Any, graph: Any, recall: float, stored: NDArray[np.uint8] | None = None
    ) -> None:
        self.wv = wv
        self.recall = recall
        self._graph = graph
        self._stored = stored  # usearch looks at these bytes, and does not hold on to them
        self._keys, self._n_rows = wv.index_to_key, len(wv)  # another list where rows move

    def __len__(self) -> int:
        return int(self._graph.size)

    def __repr__(self) -> str:
        return f"NeighbourIndex<{len(self)} vectors, recall {self.recall:.3f}>"

    @classmethod
    def _built(
        cls,
        wv: Any,
        *,
        connectivity: int,
        expansion_add: int,
        expansion_search: int,
        sample: int,
        workers: int,
    ) -> Self:
        from fastsgns.vectors import approximate

        numbers = {
            "connectivity": _params.as_int("connectivity", connectivity, at_least=2),
            "expansion_add": _params.as_int("expansion_add", expansion_add, at_least=1),
            "expansion_search": _params.as_int("expansion_search", expansion_search, at_least=1),
        }
        sample = _params.as_int("sample", sample, at_least=1)
        n_threads = _params.as_workers(workers)

        def tell(n: int) -> None:
            logger.info("%d of %d vectors are in the index", n, len(wv))

        graph = approximate.graph_of(wv.vectors, workers=n_threads, done=tell, **numbers)
        recall = approximate.recall(graph, wv.vectors, RECALL_AT, sample, n_threads)
        logger.info(
            "the index finds %.1f%% of the %d nearest neighbours (of %d vectors)",
            100 * recall, RECALL_AT, min(sample, len(wv)),
        )  # fmt: skip
        return cls(wv, graph, recall)

    def most_similar(self, vector: NDArray[Any], num_neighbors: int) -> Neighbours:
        """Return the neighbours of a vector, as gensim's AnnoyIndexer does.

        Parameters
        ----------
        vector : array_like, shape (vector_size,)
        num_neighbors : int

        Returns
        -------
        list of (key, float)
            With their cosines, the best first.
        """
        found: Neighbours = self.wv.most_similar(
            [np.asarray(vector)], topn=num_neighbors, indexer=self
        )
        return found

    def candidates(self, wv: Any, units: NDArray[np.float32], k: int, workers: int) -> Any:
        """Return rows near to unit vectors, (m, k), and -1 where there are no more.

        Raises
        ------
        ValueError
            It is not an index of these vectors: keys were added, removed or sorted since, or the
            vectors have another length.
        """
        from fastsgns.vectors import approximate

        same_rows = wv.index_to_key is self._keys and len(wv) == self._n_rows
        if wv is not self.wv or not same_rows or wv.vectors.shape[1] != self._graph.ndim:
            raise ValueError(
                f"{self!r} is no index of {wv!r}: build_index() makes one of the vectors as they"
                " are now"
            )
        return approximate.candidates(self._graph, units, k, workers)

    def save(self, path: Path) -> None:
        """Save the index, without the vectors, in a file that `KeyedVectors.load_index` maps."""
        from fastsgns.io import native
        from fastsgns.vectors import approximate

        header = {
            "class": type(self).__name__,
            "recall": self.recall,
            "n_vectors": len(self.wv),
            "vector_size": self.wv.vector_size,
            "checksum": approximate.checksum(self.wv.vectors),
            "expansion_search": int(self._graph.expansion_search),
        }
        graph = np.frombuffer(self._graph.save(), np.uint8)
        native.write(path, header, [], {"graph": graph})

    @classmethod
    def _loaded(cls, wv: Any, path: Path) -> Self:
        from fastsgns.io import native
        from fastsgns.io.errors import WrongClassError, damage_of
        from fastsgns.vectors import approximate

        # usearch follows a damaged graph out of the memory: all of it is compared with its checksum
        header, _, arrays = native.read(path, "r", verify=True)
        if header.get("class") != cls.__name__:
            raise WrongClassError(f"{path}: holds a {shown(header.get('class'))}, not an index")
        with damage_of(str(path)):
            made_of = header["n_vectors"], header["vector_size"], header["checksum"]
            found = len(wv), wv.vector_size, approximate.checksum(wv.vectors)
            if made_of != found:
                raise ValueError(
                    f"an index of {made_of[0]} other vectors of {made_of[1]} dimensions,"
                    f" not of {wv!r}"
                )
            graph = approximate.opened(arrays["graph"], int(header["expansion_search"]))
            return cls(wv, graph, float(header["recall"]), arrays["graph"])
