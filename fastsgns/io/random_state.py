"""Engine room: the random generator of a saved model, from a state that is not believed."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

_LEN_MT19937 = 624


def restored(
    key: Any, position: Any, has_gauss: Any, gauss: Any, name: Any = "MT19937"
) -> np.random.RandomState:
    """Return a generator that goes on where the saved one stood.

    NumPy takes any position, and reads there at the next draw.

    Raises
    ------
    ValueError
        This is no state of MT19937.
    """
    if name not in ("MT19937", b"MT19937"):
        raise ValueError(f"the random generator is {name!r:.100}, not MT19937")
    words = np.asarray(key)
    if words.shape != (_LEN_MT19937,) or words.dtype.kind not in "iu":
        raise ValueError(
            f"the state of MT19937 must be {_LEN_MT19937} integers,"
            f" got {words.shape} of {words.dtype}"
        )
    if words.min() < 0 or words.max() > np.iinfo(np.uint32).max:
        raise ValueError(f"the state of MT19937 has {words.min()} to {words.max()}")
    at = _index(position, "position")
    if not 0 <= at <= _LEN_MT19937:
        raise ValueError(f"the position in MT19937 must be 0 to {_LEN_MT19937}, got {at}")
    if _index(has_gauss, "has_gauss") not in (0, 1) or not isinstance(gauss, (int, float)):
        raise ValueError(f"MT19937 holds {has_gauss!r:.100}, {gauss!r:.100}")
    made = np.random.RandomState()
    made.set_state(("MT19937", words.astype(np.uint32), at, int(has_gauss), float(gauss)))
    return made


def _index(value: Any, name: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise ValueError(f"the {name} of MT19937 is {value!r:.100}, no integer") from None
