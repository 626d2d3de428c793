"""Engine room: vectors as tables: frames of pandas and polars, tables of Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def pandas_frame(keys: Sequence[Any], vectors: NDArray[Any]) -> Any:
    """Return a frame of pandas: the keys are the index, called "key", the numbers the columns."""
    import pandas  # type: ignore[import-untyped, import-not-found, unused-ignore]

    index = pandas.Index(keys, name="key", tupleize_cols=False)
    return pandas.DataFrame(vectors, index=index, copy=True)


def arrow_table(keys: Sequence[Any], vectors: NDArray[Any]) -> Any:
    """Return a table of Arrow: columns "key" and "vector", lists of a fixed length.

    Raises TypeError for keys that Arrow has no one type for.
    """
    import pyarrow

    failures = pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError
    try:
        names = pyarrow.array(keys)
    except failures as error:
        raise _no_one_type(keys) from error
    numbers = pyarrow.array(np.ascontiguousarray(vectors).ravel())
    rows = pyarrow.FixedSizeListArray.from_arrays(numbers, vectors.shape[1])
    return pyarrow.table({"key": names, "vector": rows})


def polars_frame(keys: Sequence[Any], vectors: NDArray[Any]) -> Any:
    """Return a frame of polars: columns "key" and "vector", arrays of a fixed length."""
    import polars

    try:
        names = polars.Series("key", keys)
    except TypeError as error:
        raise _no_one_type(keys) from error
    rows = polars.Series(
        "vector",
        np.ascontiguousarray(vectors),
        polars.Array(polars.Series(vectors[:0, 0]).dtype, vectors.shape[1]),
    )
    return polars.DataFrame([names, rows])


def _no_one_type(keys: Sequence[Any]) -> TypeError:
    kinds = ", ".join(sorted({type(key).__name__ for key in keys}))
    return TypeError(f"the keys of a table must be of one type that it has, got {kinds}")
