"""Face: the vocabulary by map and reduce: workers count chunks, and add up each word's counts."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from fastsgns.distributed import counting
from fastsgns.distributed.chunks import CHUNK_NBYTES, Chunk, SourceFile
from fastsgns.distributed.cluster import Cluster
from fastsgns.distributed.ledger import Ledger, put_back
from fastsgns.distributed.state import Text

#: So many counts are added up as soon as they are there.
COUNTS_AT_A_TIME = 64


def count_words(
    cluster: Cluster,
    files: list[SourceFile],
    chunks: list[Chunk],
    max_vocab_size: int | None,
    least: int,
) -> tuple[Text, dict[Hashable, int]]:
    """Return the text that chunks are, and its words in the order of first sight with their counts.

    Parameters
    ----------
    cluster : Cluster
    files, chunks
    max_vocab_size : int or None
        As of `Word2Vec`; of each chunk.
    least : int
        Words that were seen less often are left out: they never get to the driver.
    """
    n_parts = cluster.n_workers
    ledger = Ledger([1] * len(chunks), n_epochs=1)
    sizes: dict[int, counting.Size] = {}
    totals: list[list[Any]] = [[] for _ in range(n_parts)]  # references, by part
    n_bytes = max(sum(chunk.end - chunk.begin for chunk in chunks), 1)
    n_at_a_time = max(1, min(CHUNK_NBYTES, n_bytes // (4 * n_parts)) * len(chunks) // n_bytes)
    while len(ledger.done) < len(chunks):
        for worker in cluster.ready():
            job = [(number, chunks[number]) for number in ledger.take(worker, n_at_a_time)]
            if job:
                how = n_parts, cluster.n_threads, max_vocab_size
                cluster.start(worker, "count", n_parts + 1, job, *how)
        while cluster.is_busy:
            for worker, result in cluster.finished():
                if result is None:
                    put_back(ledger, worker, chunks)
                    continue
                *parts, found = result
                sizes.update(zip(ledger.finish(worker), found, strict=True))
                for total, part in zip(totals, parts, strict=True):
                    total.append(part)
        if len(totals[0]) > COUNTS_AT_A_TIME:
            totals = [[total] for total in cluster.map(counting.added, totals)]
    summed = [[total, least] for total in cluster.map(counting.added, totals)]
    kept = [cluster.value(part) for part in cluster.map(counting.at_least, summed)]
    there = [number for number in range(len(chunks)) if sizes[number].n_raw_words]
    text = Text(files, [chunks[i] for i in there], [sizes[i] for i in there])
    return text, counting.by_first_sight(kept)
