"""Engine room: how well a model explains a text, on plain arrays and in float64.

The formulas are those of Goldberg & Levy (2014), "word2vec Explained", arXiv:1402.3722, and
docs/derivation.md walks through them with these functions. `Word2Vec.log_likelihood` and
`Word2Vec.pair_probability` call them.

Every objective here has the form  sum over pairs of f(v_c . v_w)  +  sum over pairs of g(v_w).  The
second term does not depend on the context, so it is computed once for each distinct input row and
weighted by how many pairs have it.

Trap: word2vec.c and gensim train skip-gram with the *context* word as input and the *center* as
target. A window is symmetric, so the pairs of a text are the same set either way round: v_w is
always a row of the input vectors (gensim: wv.vectors) and v_c a row of the output vectors (gensim:
syn1neg).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastsgns.objective.pairs import Floats, Ids, Vectors, cbow_hidden, skip_gram_pairs, text_blocks

OBJECTIVES = ("negative-sampling", "softmax")

# Scores are computed for 512 inputs times 1024 outputs at a time, 4 MiB of float64, two of which
# are alive at once. Blocks of 4 to 16 times the size are no faster (13 ns a score at 100
# dimensions).
N_BLOCK_INPUTS = 512
N_BLOCK_OUTPUTS = 1024
N_BLOCK_PAIRS = 65536


def noise_probabilities(noise_table: NDArray[np.unsignedinteger[Any]]) -> Floats:
    """Return the distribution that negatives are drawn from, P_noise.

    Parameters
    ----------
    noise_table : ndarray of uint32, shape (n_words,)
        Cumulative, ascending, its last entry the sum; a model's ``cum_table``.

    Returns
    -------
    ndarray of float64, shape (n_words,)
        Sums to 1. With the default ``ns_exponent`` it is count^(3/4) / Z (Mikolov et al. 2013b,
        section 2.2), rounded to the table's 31 bits.
    """
    table = np.asarray(noise_table, dtype=np.float64)
    return np.asarray(np.diff(table, prepend=0.0) / table[-1])


def pair_scores(
    input_vectors: Vectors, output_vectors: Vectors, inputs: Ids, targets: Ids
) -> Floats:
    """Return v_c . v_w for each pair, the log-odds that the pair comes from the text.

    Parameters
    ----------
    input_vectors : ndarray of float, shape (n_inputs, vector_size)
        The v_w.
    output_vectors : ndarray of float, shape (n_outputs, vector_size)
        The v_c.
    inputs, targets : ndarray of int, shape (n_pairs,)
        Rows of `input_vectors` and of `output_vectors`.

    Returns
    -------
    ndarray of float64, shape (n_pairs,)
    """
    scores = np.empty(len(inputs))
    for start in range(0, len(inputs), N_BLOCK_PAIRS):
        part = slice(start, start + N_BLOCK_PAIRS)
        v_w = input_vectors[inputs[part]].astype(np.float64)
        v_c = output_vectors[targets[part]].astype(np.float64)
        scores[part] = np.einsum("ij,ij->i", v_c, v_w)
    return scores


def pair_probability(
    input_vectors: Vectors, output_vectors: Vectors, inputs: Ids, targets: Ids
) -> Floats:
    """Return p(D=1|w,c) = sigma(v_c . v_w), the probability that a pair comes from the text.

    Parameters
    ----------
    input_vectors, output_vectors, inputs, targets
        As in `pair_scores`.

    Returns
    -------
    ndarray of float64, shape (n_pairs,)
        Between 0 and 1.

    References
    ----------
    Goldberg & Levy (2014), section 2, arXiv:1402.3722.
    """
    scores = pair_scores(input_vectors, output_vectors, inputs, targets)
    return np.asarray(np.exp(_log_sigmoid(scores)))


def expected_noise_log_likelihood(
    input_vectors: Vectors, output_vectors: Vectors, noise_probabilities: Floats
) -> Floats:
    """Return E_{n ~ P_noise} log sigma(-v_n . v_w) for each input row.

    The expectation is a sum over the vocabulary, not a sample: the same model and text give the
    same figure every time, and the figure has no sampling error to tell apart from a difference
    between models.

    Parameters
    ----------
    input_vectors : ndarray of float, shape (n_inputs, vector_size)
        The v_w.
    output_vectors : ndarray of float, shape (n_outputs, vector_size)
        The v_n.
    noise_probabilities : ndarray of float64, shape (n_outputs,)
        P_noise, as `noise_probabilities` returns it.

    Returns
    -------
    ndarray of float64, shape (n_inputs,)
        At most 0.
    """
    expected = np.zeros(len(input_vectors))
    for rows, columns, scores in _score_blocks(input_vectors, output_vectors):
        # log sigma(-x) = -(max(x, 0) + log(1 + exp(-|x|))). np.logaddexp says the same in one call
        # and takes six times as long; log(1 + y) for log1p(y) costs an absolute error of 1e-16.
        softplus = np.abs(scores)
        np.negative(softplus, out=softplus)
        np.exp(softplus, out=softplus)
        softplus += 1.0
        np.log(softplus, out=softplus)
        np.maximum(scores, 0.0, out=scores)
        softplus += scores
        expected[rows] -= softplus @ noise_probabilities[columns]
    return expected


def log_partition(input_vectors: Vectors, output_vectors: Vectors) -> Floats:
    """Return log sum_c' exp(v_c' . v_w) for each input row, the softmax's normaliser.

    Parameters
    ----------
    input_vectors : ndarray of float, shape (n_inputs, vector_size)
        The v_w.
    output_vectors : ndarray of float, shape (n_outputs, vector_size)
        The v_c', one for each context word there is.

    Returns
    -------
    ndarray of float64, shape (n_inputs,)
        Exact for any finite vectors: the largest exponent is taken out before exp, so nothing
        overflows.

    References
    ----------
    Goldberg & Levy (2014), equation 3, arXiv:1402.3722.
    """
    largest = np.full(len(input_vectors), -np.inf)
    total = np.zeros(len(input_vectors))
    for rows, _, scores in _score_blocks(input_vectors, output_vectors):
        new_largest = np.maximum(largest[rows], scores.max(axis=1))
        scores -= new_largest[:, np.newaxis]
        np.exp(scores, out=scores)
        total[rows] *= np.exp(largest[rows] - new_largest)
        total[rows] += scores.sum(axis=1)
        largest[rows] = new_largest
    return largest + np.log(total)


def negative_sampling_log_likelihood(
    input_vectors: Vectors,
    output_vectors: Vectors,
    inputs: Ids,
    targets: Ids,
    noise_probabilities: Floats,
    negative: int,
) -> float:
    """Return the mean over pairs of log sigma(v_c . v_w) + k E_{n ~ P_noise} log sigma(-v_n . v_w).

    Parameters
    ----------
    input_vectors, output_vectors, inputs, targets
        As in `pair_scores`; at least one pair.
    noise_probabilities : ndarray of float64, shape (n_outputs,)
        P_noise.
    negative : int
        k, the negatives a pair. 0 leaves the objective without negatives, the one that has the
        trivial solution.

    Returns
    -------
    float
        In nats a pair, at most 0; 0 would be a perfect separation of text and noise.

    Notes
    -----
    Training draws k negatives from the same distribution and skips those that equal the target; the
    published objective, and so this function, does not skip them.

    References
    ----------
    Mikolov et al. (2013b), equation 4, arXiv:1310.4546; Goldberg & Levy (2014), section 2,
    arXiv:1402.3722.
    """
    scores = pair_scores(input_vectors, output_vectors, inputs, targets)
    total = float(_log_sigmoid(scores).sum())
    n_pairs_of_input = np.bincount(inputs, minlength=len(input_vectors))
    total += _noise_total(
        input_vectors, output_vectors, n_pairs_of_input, noise_probabilities, negative
    )
    return total / len(scores)


def softmax_log_likelihood(
    input_vectors: Vectors, output_vectors: Vectors, inputs: Ids, targets: Ids
) -> float:
    """Return the mean over pairs of log p(c|w) = v_c . v_w - log sum_c' exp(v_c' . v_w).

    Parameters
    ----------
    input_vectors, output_vectors, inputs, targets
        As in `pair_scores`; at least one pair.

    Returns
    -------
    float
        In nats a pair, at most 0. ``-log(n_outputs)`` is what knowing nothing gives.

    References
    ----------
    Goldberg & Levy (2014), equation 4, arXiv:1402.3722.
    """
    scores = pair_scores(input_vectors, output_vectors, inputs, targets)
    n_pairs_of_input = np.bincount(inputs, minlength=len(input_vectors))
    total = float(scores.sum())
    total -= _log_partition_total(input_vectors, output_vectors, n_pairs_of_input)
    return total / len(scores)


def negative_sampling_gradient(
    input_vectors: Vectors,
    output_vectors: Vectors,
    inputs: Ids,
    targets: Ids,
    noise_probabilities: Floats,
    negative: int,
) -> tuple[Floats, Floats]:
    """Return the gradient of `negative_sampling_log_likelihood` with respect to both matrices.

    It holds the (n_inputs, n_outputs) matrix of all scores, so it is for vocabularies of a few
    thousand words: to study the objective, not to train at scale.

    Parameters
    ----------
    input_vectors, output_vectors, inputs, targets, noise_probabilities, negative
        As in `negative_sampling_log_likelihood`.

    Returns
    -------
    input_gradient : ndarray of float64, shape (n_inputs, vector_size)
    output_gradient : ndarray of float64, shape (n_outputs, vector_size)

    Notes
    -----
    With #(w,c) the number of pairs and #(w) = sum_c #(w,c), the derivative by the score x = v_c .
    v_w is
    #(w,c) (1 - sigma(x)) - k #(w) P_noise(c) sigma(x). Setting it to zero gives Levy & Goldberg's
    (2014) shifted PMI, x = log(#(w,c) / (#(w) P_noise(c))) - log k.
    """
    v_w = np.asarray(input_vectors, dtype=np.float64)
    v_c = np.asarray(output_vectors, dtype=np.float64)
    n_pairs = np.zeros((len(v_w), len(v_c)))
    np.add.at(n_pairs, (inputs, targets), 1.0)
    sigma = np.exp(_log_sigmoid(v_w @ v_c.T))
    n_noise = negative * np.outer(n_pairs.sum(axis=1), noise_probabilities)
    slope = (n_pairs * (1.0 - sigma) - n_noise * sigma) / len(inputs)
    return slope @ v_c, slope.T @ v_w


def text_log_likelihood(
    ids: Ids,
    offsets: Ids,
    input_vectors: Vectors,
    output_vectors: Vectors,
    *,
    objective: str,
    window: int,
    skip_gram: bool,
    cbow_mean: bool,
    noise_table: NDArray[np.unsignedinteger[Any]],
    negative: int,
) -> float:
    """Return the mean log-likelihood a pair of a text, in memory that does not grow with the text.

    Parameters
    ----------
    ids, offsets, window
        As in `skip_gram_pairs`.
    input_vectors, output_vectors : ndarray of float, shape (n_words, vector_size)
        The model's two matrices.
    objective : {"negative-sampling", "softmax"}
        Which formula: `negative_sampling_log_likelihood` or `softmax_log_likelihood`.
    skip_gram : bool
        True: a pair is a word and one context word. False: CBOW, a "pair" is a word and its whole
        context.
    cbow_mean : bool
        CBOW only, as in `cbow_hidden`.
    noise_table : ndarray of uint32, shape (n_words,)
        As in `noise_probabilities`; read for "negative-sampling" only.
    negative : int
        Negatives a pair; read for "negative-sampling" only.

    Returns
    -------
    float
        In nats a pair.

    Raises
    ------
    ValueError
        If the objective is unknown or the text has no pair.
    """
    if objective not in OBJECTIVES:
        raise ValueError(
            f"objective must be {' or '.join(map(repr, OBJECTIVES))}, got {objective!r}"
        )
    softmax = objective == "softmax"
    noise = None if softmax else noise_probabilities(noise_table)

    def row_total(rows: Vectors, n_pairs_of_row: Ids) -> float:
        if noise is None:
            return -_log_partition_total(rows, output_vectors, n_pairs_of_row)
        return _noise_total(rows, output_vectors, n_pairs_of_row, noise, negative)

    total, n_pairs = 0.0, 0
    n_pairs_of_word = np.zeros(len(input_vectors), dtype=np.int64)
    for part_ids, part_offsets in text_blocks(ids, offsets):
        if skip_gram:
            inputs, targets = skip_gram_pairs(part_ids, part_offsets, window)
            scores = pair_scores(input_vectors, output_vectors, inputs, targets)
            n_pairs_of_word += np.bincount(inputs, minlength=len(input_vectors))
        else:
            hidden, targets = cbow_hidden(part_ids, part_offsets, window, input_vectors, cbow_mean)
            each_once = np.ones(len(targets), dtype=np.int64)
            scores = pair_scores(hidden, output_vectors, np.arange(len(targets)), targets)
            total += row_total(hidden, each_once)
        total += float(scores.sum() if softmax else _log_sigmoid(scores).sum())
        n_pairs += len(targets)
    if n_pairs == 0:
        raise ValueError(
            f"the sentences have no (word, context) pair: none of their {len(ids)} known words "
            f"has another known word within {window} places in its sentence"
        )
    return (total + row_total(input_vectors, n_pairs_of_word)) / n_pairs


def _noise_total(
    rows: Vectors, output_vectors: Vectors, n_pairs_of_row: Ids, noise: Floats, negative: int
) -> float:
    if negative <= 0:
        return 0.0
    used = np.flatnonzero(n_pairs_of_row)
    expected = expected_noise_log_likelihood(rows[used], output_vectors, noise)
    return float(negative * (n_pairs_of_row[used] @ expected))


def _log_partition_total(rows: Vectors, output_vectors: Vectors, n_pairs_of_row: Ids) -> float:
    used = np.flatnonzero(n_pairs_of_row)
    return float(n_pairs_of_row[used] @ log_partition(rows[used], output_vectors))


def _log_sigmoid(x: Floats) -> Floats:
    return np.asarray(-np.logaddexp(0.0, -x))


def _score_blocks(
    input_vectors: Vectors, output_vectors: Vectors
) -> Iterator[tuple[slice, slice, Floats]]:
    """Yield (rows, columns, scores) that cover the matrix of all v_c . v_w.

    `scores` is the receiver's to overwrite.
    """
    for start in range(0, len(input_vectors), N_BLOCK_INPUTS):
        rows = slice(start, start + N_BLOCK_INPUTS)
        v_w = np.asarray(input_vectors[rows], dtype=np.float64)
        for first in range(0, len(output_vectors), N_BLOCK_OUTPUTS):
            columns = slice(first, first + N_BLOCK_OUTPUTS)
            v_c = np.asarray(output_vectors[columns], dtype=np.float64)
            yield rows, columns, v_w @ v_c.T
