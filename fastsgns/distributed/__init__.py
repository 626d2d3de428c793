"""Face: a corpus that outgrew one machine: the same Word2Vec, trained by workers of a Ray cluster.

In come files that all workers can open, and Word2Vec's parameters; out comes an ordinary Word2Vec.
Each worker trains a replica of the weights with the trainer of `training/`, for some seconds; the
replicas are merged, shard by shard, and all go on from there. Who dies takes nothing along.

    chunks.py     files -> chunks of whole lines, and whether they are still what they were
        |
    reading.py    the vocabulary, by workers that count chunks (counting.py)
        |
    model.py      DistributedWord2Vec: the way of a run, from the files to the model
        |
    driver.py     rounds, merges, epochs; state.py: what a checkpoint holds
        |         ledger.py: each chunk once
        |
    cluster.py    Ray: calls, deaths, references. No other file knows it
        |
    trainer.py    a worker: encodes chunks for its machine, and trains
    replica.py    a round, a merge: functions of arrays

Open driver.py first. docs/scale-out.md has the algorithm, and what it was measured to give.
"""

from fastsgns.distributed.chunks import CorpusChanged
from fastsgns.distributed.cluster import PartLost
from fastsgns.distributed.ledger import ChunkFails
from fastsgns.distributed.model import DistributedWord2Vec

__all__ = ["ChunkFails", "CorpusChanged", "DistributedWord2Vec", "PartLost"]
