"""Engine room: the part of Word2Vec that says how likely a text is under the model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from fastsgns import likelihood
from fastsgns._training import Training
from fastsgns.corpus import encode


class Objective(Training):
    """Base of Word2Vec: the objective that training maximises, computed exactly."""

    def log_likelihood(
        self, sentences: Iterable[Any], objective: str = "negative-sampling"
    ) -> float:
        """Return the mean log-likelihood a pair of a text, trained on or held out.

        Every word is paired with every word of its full window: no subsampling, no shrinking.
        Unknown words are dropped first, as in training. Skip-gram: a pair is a word and one context
        word; CBOW: a word and its whole context.

        Parameters
        ----------
        sentences : iterable of lists of str
        objective : {"negative-sampling", "softmax"}
            "negative-sampling": log sigma(v_c . v_w) + k E log sigma(-v_n . v_w), the expectation
            over the noise distribution taken exactly. "softmax": log p(c | w), with the exact sum
            over the vocabulary.

        Returns
        -------
        float
            In nats a pair, <= 0.

        Raises
        ------
        ValueError
            When the objective is unknown or there is no pair.
        RuntimeError
            When the model has no output vectors (negative=0).

        References
        ----------
        Goldberg & Levy 2014, arXiv:1402.3722, equations 3 and 4; docs/derivation.md.
        """
        output_vectors = self._output_vectors("log_likelihood")
        text = encode(sentences, self.wv.key_to_index).in_memory()
        return likelihood.text_log_likelihood(
            text.ids,
            text.offsets,
            self.wv.vectors,
            output_vectors,
            objective=objective,
            window=self.window,
            skip_gram=bool(self.sg),
            cbow_mean=bool(self.cbow_mean),
            noise_table=self._noise_table(),
            negative=self.negative,
        )

    def pair_probability(self, word: Any, context: Any) -> float:
        """Return p(D=1 | word, context) = sigma(v_c . v_w), that the pair is from the text.

        Parameters
        ----------
        word, context : key
            v_w is the input vector of `word` (`wv.vectors`), v_c the output vector of `context`
            (`syn1neg`). In CBOW, where the context predicts the word, it is the other way round.

        Raises
        ------
        KeyError
            When a word is not in the vocabulary.
        RuntimeError
            When the model has no output vectors (negative=0).

        References
        ----------
        Goldberg & Levy 2014, arXiv:1402.3722, section 2.
        """
        output_vectors = self._output_vectors("pair_probability")
        given, predicted = (word, context) if self.sg else (context, word)
        inputs, targets = np.array([[self.wv.get_index(given)], [self.wv.get_index(predicted)]])
        probability = likelihood.pair_probability(self.wv.vectors, output_vectors, inputs, targets)
        return float(probability[0])

    def _output_vectors(self, what: str) -> Any:
        if not self.negative or getattr(self, "syn1neg", None) is None:
            raise RuntimeError(
                f"{what} needs the output vectors of negative sampling, and the model has none:"
                f" negative={self.negative}"
            )
        return self.syn1neg
