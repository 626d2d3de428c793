"""What a run needs to know of a model's parameters."""

from __future__ import annotations

import pytest

from fastsgns import Word2Vec
from fastsgns._core import available_kernels, row_stride


@pytest.mark.parametrize("kernel", available_kernels())
def test_rows_are_as_far_apart_as_the_kernel_wants_them(kernel):
    settings = Word2Vec(kernel=kernel, vector_size=10)._settings()
    assert settings.kernel == kernel
    assert settings.stride() == (None if kernel == "blas" else row_stride(kernel, 10))


def test_auto_is_resolved():
    assert Word2Vec()._settings().kernel in available_kernels()
