"""Engine room: what a file holds, as a value, found without loading it."""

from __future__ import annotations

from typing import Any, NamedTuple


class FileInfo(NamedTuple):
    """What a file holds. As text it is some lines for people; `as_dict` is what JSON can say.

    Attributes
    ----------
    path : str
    format : str
        One of "native", "gensim", "safetensors", "word2vec text", "word2vec binary", "text without
        header" (GloVe's), "npy", "projector", "fastText".
    content : str
        "KeyedVectors", "Word2Vec", "checkpoint" (a Word2Vec from which `Word2Vec.resume` goes on),
        "EncodedCorpus" or "NeighbourIndex".
    n_keys : int
        Keys of the vectors; different words of a corpus.
    vector_size : int or None
        None for a corpus.
    dtype : str or None
        Of the vectors as they lie in the file; None where they are decimals, and for a corpus.
    n_bytes : int or None
        Length of all files that belong together, on the disk; None of what is remote.
    beside : tuple of str
        Files that are read with this one.
    details : dict
        What else the format says: version, arrays, parameters of a model, sentences of a corpus.
    """

    path: str
    format: str
    content: str
    n_keys: int
    vector_size: int | None
    dtype: str | None
    n_bytes: int | None
    beside: tuple[str, ...]
    details: dict[str, Any]

    def __str__(self) -> str:
        size = "" if self.n_bytes is None else f", {_size_text(self.n_bytes)}"
        lines = [f"{self.path}: {self.content}, {self.format}{size}"]
        if self.vector_size is None:
            lines.append(f"  {self.n_keys:,} words")
        else:
            numbers = self.dtype or "decimals"
            lines.append(f"  {self.n_keys:,} keys, vectors of {self.vector_size} ({numbers})")
        lines += [f"  beside it: {path}" for path in self.beside]
        lines += [f"  {name}: {_value_text(value)}" for name, value in self.details.items()]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return the attributes by name, as JSON can hold them."""
        return self._asdict() | {"beside": list(self.beside)}


def _size_text(n_bytes: int) -> str:
    for unit, power in (("GB", 9), ("MB", 6), ("kB", 3)):
        if n_bytes >= 10**power:
            return f"{n_bytes / 10**power:.1f} {unit}"
    return f"{n_bytes} bytes"


def _value_text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={_value_text(item)}" for name, item in value.items())
    return f"{value:,}" if type(value) is int else str(value)
