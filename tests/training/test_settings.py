"""What a run needs to know, and which rows its workers have for themselves."""

from __future__ import annotations

import pytest

from fastsgns import Word2Vec
from fastsgns._core import available_kernels, row_stride
from fastsgns.training import plan_replicas


@pytest.mark.parametrize("kernel", available_kernels())
def test_rows_are_as_far_apart_as_the_kernel_wants_them(kernel):
    settings = Word2Vec(kernel=kernel, vector_size=10)._settings()
    assert settings.kernel == kernel
    assert settings.stride() == (None if kernel == "blas" else row_stride(kernel, 10))


def test_auto_is_resolved():
    assert Word2Vec()._settings().kernel in available_kernels()


@pytest.mark.parametrize("workers", [2, 3, 64])
def test_workers_bring_their_rows_together_after_some_centers_of_each(workers):
    replicas = plan_replicas(1000, workers, has_several_jobs=True, is_sorted=True)
    assert replicas.n_hot > 0 and replicas.merge_every >= 64


@pytest.mark.parametrize(
    ("n_words", "workers", "has_several_jobs", "is_sorted"),
    [(999, 2, True, True), (1000, 1, True, True), (1000, 2, False, True), (1000, 2, True, False)],
)
def test_one_worker_job_or_few_words_have_no_rows_of_their_own(
    n_words, workers, has_several_jobs, is_sorted
):
    assert plan_replicas(n_words, workers, has_several_jobs, is_sorted).n_hot == 0
