"""Face: how well a model explains a text, on plain arrays; docs/derivation.md walks through it."""

from fastsgns.objective.likelihood import (
    OBJECTIVES,
    expected_noise_log_likelihood,
    log_partition,
    negative_sampling_gradient,
    negative_sampling_log_likelihood,
    noise_probabilities,
    pair_probability,
    pair_scores,
    softmax_log_likelihood,
    text_log_likelihood,
)

__all__ = [
    "OBJECTIVES",
    "expected_noise_log_likelihood",
    "log_partition",
    "negative_sampling_gradient",
    "negative_sampling_log_likelihood",
    "noise_probabilities",
    "pair_probability",
    "pair_scores",
    "softmax_log_likelihood",
    "text_log_likelihood",
]
