"""Face: what a run needs to go on: what it trains and how, and how far it has come."""

from __future__ import annotations

import dataclasses
import os
import re
from dataclasses import dataclass, field
from typing import Any

from fastsgns._shown import shown
from fastsgns.distributed.chunks import Chunk, SourceFile
from fastsgns.distributed.counting import Size
from fastsgns.distributed.replica import MERGES
from fastsgns.io import model_file
from fastsgns.io.errors import FormatError, damage_of
from fastsgns.training import Epoch, as_every, check_done, check_whole
from fastsgns.word2vec import _DEFAULTS, Word2Vec

#: The learning rate of a replica is not raised beyond this: see docs/scale-out.md.
MAX_REPLICA_ALPHA = 0.2

#: Adasum divides what is common to N moves by N, and leaves whole what is not: in between, by less
#: than N. Replicas train with N to this power times the learning rate (measured, there as well).
ADASUM_POWER = 1 / 3

#: Which file a checkpoint is, for those who read another.
KIND = "run on a cluster"


@dataclass(frozen=True)
class Options:
    """How replicas are trained together.

    Attributes
    ----------
    num_workers : int
    sync_seconds : float
        How long replicas are trained until they are merged.
    lr_scale : "auto", "linear", "none" or float
        What the learning rate is multiplied by: "linear" is the number of replicas.
    checkpoint_every : "epoch" or float
    merge : "adasum", "mean" or None
        None: "adasum"; "mean" where `lr_scale` is "linear", which is the rule of means.
    """

    num_workers: int
    sync_seconds: float
    lr_scale: Any
    checkpoint_every: Any
    merge: Any = None

    def checked(self) -> Options:
        """Return itself, with a `merge`.

        Raises
        ------
        ValueError, TypeError
            For a value that can't be.
        """
        _check_number("num_workers", self.num_workers, 1, 100_000)
        if self.num_workers != int(self.num_workers):
            raise ValueError(f"num_workers must be an integer >= 1, got {shown(self.num_workers)}")
        _check_number("sync_seconds", self.sync_seconds, 0.0, 1e6)
        if self.lr_scale not in ("auto", "linear", "none"):
            if isinstance(self.lr_scale, str):
                raise ValueError(
                    "lr_scale must be 'auto', 'linear', 'none' or a number, got"
                    f" {shown(self.lr_scale)}"
                )
            _check_number("lr_scale", self.lr_scale, 0.0, 1e6)
        merge = self.merge
        if merge is None:
            merge = "mean" if self.lr_scale == "linear" else "adasum"
        if not isinstance(merge, str) or merge not in MERGES:
            raise ValueError(f"merge must be one of {list(MERGES)}, got {shown(merge)}")
        as_every(self.checkpoint_every)
        return dataclasses.replace(self, merge=merge)

    def scale(self, alpha: float, n_replicas: int) -> float:
        """Return how many times `alpha` so many replicas train at, to learn together as one."""
        if self.lr_scale == "none":
            return 1.0
        if self.lr_scale == "auto" and self.merge == "adasum":
            return float(n_replicas**ADASUM_POWER)
        if self.lr_scale in ("auto", "linear"):
            return max(1.0, min(float(n_replicas), MAX_REPLICA_ALPHA / max(alpha, 1e-30)))
        return float(self.lr_scale)


def _check_number(name: str, value: Any, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number, got {shown(value)}")
    if not least <= value <= most:
        raise ValueError(f"{name} must be from {least:g} to {most:g}, got {shown(value)}")


@dataclass(frozen=True)
class Text:
    """The files of a run, the chunks with any words in them, and how large these are."""

    files: list[SourceFile]
    chunks: list[Chunk]
    sizes: list[Size]

    @property
    def n_raw_words(self) -> int:
        """How many words there are."""
        return sum(size.n_raw_words for size in self.sizes)

    @property
    def n_sentences(self) -> int:
        """How many sentences there are."""
        return sum(size.n_sentences for size in self.sizes)


@dataclass
class State:
    """A run between two rounds.

    Attributes
    ----------
    model : Word2Vec
        With all weights, in a checkpoint and at the end.
    text : Text
    options : Options
    run : str
        A name that no other run has: the encoded chunks are kept under it.
    seed : int
        Of all that is random in training.
    epoch : int
    done : list of int
        Its chunks that are in the weights.
    so_far : Epoch
        What has been done of it.
    n_rounds : int
        In all.
    """

    model: Word2Vec
    text: Text
    options: Options
    run: str
    seed: int
    epoch: int = 0
    done: list[int] = field(default_factory=list)
    so_far: Epoch = field(default_factory=Epoch)
    n_rounds: int = 0

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write a checkpoint; the one before stays until this one is complete."""
        plain = dataclasses.asdict(dataclasses.replace(self, model=None))  # type: ignore[arg-type]
        del plain["model"], plain["so_far"]["left"]
        self.model._write_native(path, progress={"kind": KIND, **plain})

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> State:
        """Read what `write` wrote.

        Raises
        ------
        FormatError
            The file is none, or damaged.
        """
        stored = model_file.read(path, None, (), _DEFAULTS)
        progress = stored.progress or {}
        if progress.get("kind") != KIND:
            raise FormatError(f"{stored.place}: no checkpoint of a {KIND}")
        model = Word2Vec.__new__(Word2Vec)
        model._take_over(stored)
        with damage_of(stored.place):
            plain = dict(progress)
            del plain["kind"]
            text = plain.pop("text")
            read = cls(
                model=model,
                text=Text(
                    [SourceFile(*each) for each in text["files"]],
                    [Chunk(*each) for each in text["chunks"]],
                    [Size(*each) for each in text["sizes"]],
                ),
                options=Options(**{"merge": "mean", **plain.pop("options")}).checked(),
                so_far=Epoch(**plain.pop("so_far")),
                **plain,
            )
            read._check()
            return read

    def _check(self) -> None:
        """Raise ValueError for what no run can be at, since a file says so."""
        text, n_chunks = self.text, len(self.text.chunks)
        check_whole(self.seed, self.epoch, self.n_rounds, *self.done)
        check_done(self.so_far)
        for file in text.files:
            check_whole(file.nbytes)
        for chunk in text.chunks:
            check_whole(chunk.begin)
            check_whole(chunk.end, least=chunk.begin + 1)
        for size in text.sizes:
            check_whole(size.n_raw_words, size.n_sentences)
        names = [
            *(name for file in text.files for name in (file.path, file.modified)),
            *(size.fingerprint for size in text.sizes),
        ]
        if not all(isinstance(name, str) for name in names):
            raise ValueError("files, their times and fingerprints of chunks are text")
        if not {chunk.path for chunk in text.chunks} <= {file.path for file in text.files}:
            raise ValueError("there are chunks of files that are none of the corpus")
        if not 0 < n_chunks == len(text.sizes):
            raise ValueError(f"{n_chunks} chunks have {len(text.sizes)} sizes")
        if len(set(self.done)) != len(self.done) or max(self.done, default=0) >= n_chunks:
            raise ValueError(f"of {n_chunks} chunks, {shown(self.done)} are done")
        if not re.fullmatch(r"[\w-]{1,64}", self.run, re.ASCII):  # a folder of it
            raise ValueError(f"no name of a run: {shown(self.run)}")
        if self.epoch > self.model.epochs:
            raise ValueError(f"epoch {self.epoch} of {self.model.epochs}")
