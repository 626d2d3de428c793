"""The same calls give in gensim's Word2Vec what they give in ours.

Each case is one or more statements on a fresh model `m` of SENTENCES (or on `W`, which makes
others), the last an expression, run with both packages: one worker, and the kernel "blas", which
has gensim's arithmetic. Results must be equal in type and value (floats to 1e-6), whole models in
every attribute that gensim's have, exceptions in type, warnings in category, log records in level
and in how they begin. What differs on purpose is tested in test_where_gensim_fails.py.
"""

import functools
import logging
import re

import numpy as np
import pytest
from parity import outcome_of

from fastsgns import word2vec as ours
from fastsgns.corpus import refusals

theirs = pytest.importorskip("gensim.models.word2vec")

pytestmark = [
    # What is compared has been trained, and elsewhere gensim's weights differ a little.
    pytest.mark.usefixtures("exact_process"),
    # gensim leaves files open when it raises.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

RNG = np.random.default_rng(11)
WORDS = [f"w{i}" for i in range(30)]
SENTENCES = [
    [WORDS[i] for i in np.minimum(RNG.zipf(1.3, n) - 1, len(WORDS) - 1)]
    for n in [7, 1, 12, 0, 25, 3, 9, 18] * 6
]
MORE = [["w1", "new", "w3", "newer"], ["new", "w2"], ["newest"]] * 4

# What a model has; `total_train_time` and `load` apart.
ATTRIBUTES = [
    "alpha",
    "batch_words",
    "cbow_mean",
    "comment",
    "compute_loss",
    "corpus_count",
    "corpus_total_words",
    "cum_table",
    "effective_min_count",
    "epochs",
    "hashfxn",
    "hs",
    "layer1_size",
    "max_final_vocab",
    "max_vocab_size",
    "min_alpha",
    "min_alpha_yet_reached",
    "min_count",
    "negative",
    "ns_exponent",
    "null_word",
    "sample",
    "seed",
    "sg",
    "shrink_windows",
    "sorted_vocab",
    "syn1",
    "syn1neg",
    "train_count",
    "vector_size",
    "window",
    "workers",
]


class Missing:
    """Stands for an attribute that a model does not have."""


def plain(value, rel=1e-6):
    """Reduce a result to what can be compared: types by name, floats to 1e-6."""
    if isinstance(value, (ours.Word2Vec, theirs.Word2Vec)):
        parts = {name: plain(getattr(value, name, Missing)) for name in ATTRIBUTES}
        parts["cum_table"] = plain(getattr(value, "cum_table", None))
        parts["raw_vocab"] = dict(value.raw_vocab or {})
        # gensim adds up the loss in float32.
        parts["loss"] = pytest.approx(float(value.running_training_loss), rel=1e-4)
        parts["random"] = plain(value.random.get_state()[1])
        parts["events"] = [(e["event"], steady(e.get("msg", ""))) for e in value.lifecycle_events]
        return parts | {"str": str(value), "wv": plain(value.wv)}
    if isinstance(value, (ours.KeyedVectors, theirs.KeyedVectors)):
        parts = ("index_to_key", "key_to_index", "vectors", "norms", "vectors_lockf", "expandos")
        return [plain(getattr(value, name, Missing)) for name in parts]
    if isinstance(value, np.ndarray):
        return (
            "ndarray",
            str(value.dtype),
            value.shape,
            [plain(item, rel) for item in value.ravel()],
        )
    if isinstance(value, (float, np.floating)):
        return type(value).__name__, pytest.approx(float(value), rel=rel, abs=1e-6)
    if isinstance(value, dict):
        return {key: plain(item, rel) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(item, rel) for item in value]
    return type(value).__name__, str(value)


def steady(message):
    """Return the beginning of a message without its figures: speeds change from run to run."""
    message = message.replace("%%", "%")  # gensim formats some twice, and some not
    return re.sub(r"\d+(\.\d+)?(e-?\d+)?", "#", message)[:37]


class Records(logging.Handler):
    def __init__(self):
        super().__init__(logging.INFO)
        self.found = []

    def emit(self, record):
        self.found.append((record.levelname, steady(record.getMessage())))


def discard_w3(word, count, min_count):
    return 1 if word == "w3" else 2 if word == "w29" else 0


class Told:
    """A callback that notes what it sees."""

    def __init__(self):
        self.seen = []

    def note(self, when, model):
        loss = float(model.get_latest_training_loss())
        self.seen.append((when, model.epochs, model.train_count, model.alpha, loss))

    def __getattr__(self, name):
        if not name.startswith("on_"):
            raise AttributeError(name)
        return functools.partial(self.note, name)


def maker(module):
    options = {"kernel": "blas"} if module is ours else {}

    def make(*args, **kwargs):
        defaults = {"vector_size": 6, "min_count": 1, "workers": 1, "epochs": 2, "window": 3}
        return module.Word2Vec(*args, **(defaults | options | kwargs))

    return make


def run(module, case, names, options, rel=1e-6):
    """Give (result or exception, categories of warnings, log records) of a case."""
    records, make = Records(), maker(module)
    scope = {"W": make, "S": SENTENCES, "MORE": MORE, "np": np, "mod": module, "Told": Told}
    scope |= {"rule": discard_w3, "n": len(SENTENCES), "words": sum(map(len, SENTENCES)), **names}
    if re.search(r"\bm\b", case):
        scope["m"] = make(SENTENCES, **options)
    if re.search(r"\bempty\b", case):
        scope["empty"] = make(**options)
    package = "fastsgns" if module is ours else "gensim"
    comparable = functools.partial(plain, rel=rel)
    outcome, categories = outcome_of(case, scope, comparable, package, records, logging.INFO)
    return outcome, categories, records.found


def both_agree(case, logs=True, options=None, rel=1e-6, **names):
    found, found_warnings, found_logs = run(ours, case, names, options or {}, rel)
    wanted, wanted_warnings, wanted_logs = run(theirs, case, names, options or {}, rel)
    if isinstance(wanted, Exception) or isinstance(found, Exception):
        assert isinstance(found, type(wanted)), f"{found!r} instead of {wanted!r}"
    else:
        assert found == wanted
    assert found_warnings == wanted_warnings
    if logs:
        assert compared(found_logs) == compared(wanted_logs)


def compared(logs):
    """Leave out what only ours say, and what they say less loudly."""
    ours_ = ("training with the kernel", "nothing was trained", "Effective 'alpha' higher")
    return [record for record in logs if not record[1].startswith(ours_)]


@pytest.fixture(autouse=True)
def _patched(monkeypatch):
    """Take the inputs that gensim takes, as `patch_gensim` does."""
    monkeypatch.setattr(refusals, "is_lenient", True)


def lines(text):
    return [line for line in text.strip().splitlines() if line]


# ---- models, attribute by attribute --------------------------------------------------------------

CONSTRUCTED = """
W(S)
W(S, None, 5, .05, 2, 2)
W(sentences=S, sg=1)
W(S, sg=1, cbow_mean=0, negative=2)
W(S, hs=1, negative=0)
W(S, hs=1, negative=0, sg=1)
W(S, hs=1)
W(S, cbow_mean=0)
W(S, vector_size=1)
W(S, vector_size=17, window=100)
W(S, window=1)
W(S, shrink_windows=False)
W(S, shrink_windows=False, sg=1)
W(S, min_count=3)
W(S, min_count=0)
W(S, min_count=-2)
W(S, sample=0)
W(S, sample=0.5)
W(S, sample=20)
W(S, seed=42)
W(S, seed=0)
W(S, ns_exponent=0)
W(S, ns_exponent=-0.5)
W(S, ns_exponent=1)
W(S, epochs=1)
W(S, epochs=7)
W(S, null_word=1)
W(S, null_word=1, min_count=2, hs=1, negative=0)
W(S, sorted_vocab=0)
W(S, sorted_vocab=0, hs=1, negative=0)
W(S, batch_words=10)
W(S, batch_words=1)
W(S, batch_words=37, sg=1)
W(S, compute_loss=True)
W(S, compute_loss=True, sg=1, hs=1, negative=0)
W(S, comment='a note')
W(S, max_final_vocab=10)
W(S, max_final_vocab=10, min_count=4)
W(S, max_final_vocab=1000)
W(S, trim_rule=rule)
W(S, workers=3)
W(S, workers=2, sg=1, hs=1, negative=0)
W(S, trim_rule=rule, min_count=4)
W(S, alpha=0.01, min_alpha=0.005)
W(S, alpha=1, min_alpha=0)
W(S, min_alpha=0.05)
W(tuple(map(tuple, S)))
W([['1', 2.5, (3, 4)], [(3, 4), None, 'word']] * 9)
W([['a']])
W([['a', 'a', 'a']] * 5)
W(sg=1, alpha=0.5)
W()
"""


@pytest.mark.parametrize("case", lines(CONSTRUCTED))
def test_models_have_the_same_attributes(case):
    both_agree(case)


TYPED = """
W(S, vector_size=np.int64(5)).vector_size
type(W(sg=True).sg)
type(W(hs=True, window=True).window)
type(W(alpha=1).alpha)
type(W(min_alpha=0).min_alpha)
type(W(cbow_mean=True, negative=True).negative)
type(W(shrink_windows=1).shrink_windows)
type(W(compute_loss=1).compute_loss)
type(W(min_count=np.int32(5)).min_count)
type(W(sample=1).sample)
type(W(seed=np.int64(5)).seed)
type(W().corpus_count)
type(W(S).corpus_total_words)
type(W(S).raw_vocab)
type(W(S, seed=None).seed)
W(S).total_train_time > 0
type(W(S).random)
W(hashfxn=len).hashfxn
W(S)['w1']
'w1' in W(S)
len(W(S))
iter(W(S))
W(S).most_similar
W(S).wv.vocab
W(S).wv.index2word
W(S).nonsense
str(W(S))
str(W())
[sorted(event) for event in W(S).lifecycle_events if event.pop('gensim', event.pop('fastsgns', 0))]
sorted(set(vars(W(S).wv)) - {'norms'})
"""


@pytest.mark.parametrize("case", lines(TYPED))
def test_attributes_have_the_same_types(case):
    both_agree(case)


CONSTRUCTOR_ERRORS = """
W(S, size=5)
W(S, iter=5)
W(corpus_iterable=S)
W(S, epochs=0)
W(S, epochs=-1)
W(S, min_count=1000)
W(S, max_final_vocab=0)
W(S, min_count=None)
W(S, seed=-1)
W(S, seed='one')
W(S, seed=1.5)
W(S, callbacks=None)
W(S, callbacks=[object()])
W(S, hs=0, negative=0)
W(S, 'no such file')
W(S, corpus_file='no such file')
W(corpus_file='no such file')
W(corpus_file=3)
W(5)
W([1, 2, 3])
W([])
W([[], []])
W([[['unhashable']]])
"""


@pytest.mark.parametrize("case", lines(CONSTRUCTOR_ERRORS))
def test_constructors_raise_the_same_errors(case):
    both_agree(case, logs=False)


# ---- the vocabulary ------------------------------------------------------------------------------

VOCABULARY = """
empty.build_vocab(S); empty
empty.build_vocab(corpus_iterable=S, progress_per=7); empty
empty.build_vocab(x for x in S); empty
empty.build_vocab(S, keep_raw_vocab=True); empty
empty.build_vocab(S, trim_rule=rule); empty
empty.build_vocab(S, min_count=3, sample=0.1); empty
empty.build_vocab(S, min_count=0, sample=0); empty
empty.build_vocab([]); [empty.wv.index_to_key, empty.cum_table, empty.corpus_count]
empty.build_vocab(S)
m.build_vocab(MORE, update=True); m
m.build_vocab(MORE, update=True, min_count=5); m
m.build_vocab(MORE, update=True, keep_raw_vocab=True); m
m.build_vocab(MORE, update=True, trim_rule=rule); m
m.build_vocab(MORE, update=True); m.build_vocab(S[:5], update=True); m
m.build_vocab(MORE, update=True); m.train(MORE, total_examples=12, epochs=2); m
empty.build_vocab_from_freq({'a': 3, 'b': 5, 'c': 5}); empty
empty.build_vocab_from_freq({'a': 3, 'b': 5}, corpus_count=7); empty.corpus_count
empty.build_vocab_from_freq({'w3': 3, 'b': 5, 'c': 4}, trim_rule=rule); empty
empty.build_vocab_from_freq({}); [empty.wv.index_to_key, empty.cum_table]
empty.build_vocab_from_freq({'w1': 9, 'b': 5}); empty.train(S, total_words=9, epochs=1); empty
m.build_vocab_from_freq({'w1': 3, 'b': 5}, update=True, corpus_count=9); m
empty.scan_vocab(S)
empty.scan_vocab(S); dict(empty.raw_vocab)
empty.scan_vocab(corpus_iterable=S, progress_per=10, workers=2)
empty.scan_vocab((x for x in S), trim_rule=rule)
empty.scan_vocab(S); empty.prepare_vocab()
empty.scan_vocab(S); empty.prepare_vocab(); empty
empty.scan_vocab(S); empty.prepare_vocab(min_count=4, sample=0.01)
empty.scan_vocab(S); empty.prepare_vocab(trim_rule=rule, keep_raw_vocab=True)
empty.scan_vocab(S); empty.prepare_vocab(); empty.prepare_weights(); empty
m.scan_vocab(MORE); m.prepare_vocab(update=True)
m.scan_vocab(MORE); m.prepare_vocab(update=True); m.prepare_weights(update=True); m
m.create_binary_tree(); m
m.make_cum_table(); m
m.make_cum_table(500); m.cum_table
m.make_cum_table(domain=2**20); m.cum_table
empty.make_cum_table(); empty.cum_table
m.update_weights(); m
m.prepare_weights(update=True); m
empty.init_weights(); empty
m.add_null_word(); m.wv.index_to_key
m.add_null_word(); m.wv.expandos['count']
"""

VOCABULARY_ERRORS = """
empty.build_vocab()
empty.build_vocab(S, 'no such file')
empty.build_vocab(3)
empty.build_vocab([1])
empty.build_vocab(corpus_file='no such file')
empty.build_vocab(S, nonsense=1)
empty.build_vocab(S, update=True)
empty.build_vocab([[{}]])
empty.build_vocab_from_freq({'a': 3}, update=True)
empty.update_weights()
empty.prepare_weights(update=True)
empty.scan_vocab()
empty.prepare_vocab(nonsense=1)
"""


@pytest.mark.parametrize("case", lines(VOCABULARY))
@pytest.mark.parametrize("options", [{}, {"hs": 1, "negative": 0}], ids=["negative", "hs"])
def test_vocabularies_are_the_same(case, options):
    both_agree(case, options=options)


@pytest.mark.parametrize("case", lines(VOCABULARY_ERRORS))
def test_building_raises_the_same_errors(case):
    both_agree(case, logs=False)


@pytest.mark.parametrize("options", [{}, {"max_final_vocab": 5}, {"sample": 0}])
@pytest.mark.parametrize("arguments", ["", "min_count=3", "sample=0.1", "trim_rule=rule"])
def test_dry_runs_give_the_same_reports(options, arguments):
    dry = ", dry_run=True" if arguments else "dry_run=True"
    case = f"empty.scan_vocab(S); empty.prepare_vocab({arguments}{dry})"
    both_agree(case, logs=False, options=options)
    both_agree(f"{case}; empty.effective_min_count", logs=False, options=options)


# ---- training ------------------------------------------------------------------------------------

TRAINING = """
m.train(S, total_examples=n, epochs=2)
m.train(S, total_examples=n, epochs=2); m
m.train(S, total_words=words, epochs=2); m
m.train(corpus_iterable=S, total_examples=n, total_words=words, epochs=1); m
m.train(S, total_examples=n, epochs=1, start_alpha=0.01, end_alpha=0.002); m
m.train(S, total_examples=n, epochs=1, start_alpha=0, end_alpha=0); m
m.train(S, total_examples=n, epochs=1, start_alpha=0.5); m
m.train(S, total_examples=n, epochs=1, compute_loss=True); m
m.train(S, total_examples=n, epochs=1, compute_loss=True); m.get_latest_training_loss() > 0
m.train(S, total_examples=n, epochs=1); m.get_latest_training_loss()
m.train(S, total_examples=2 * n, epochs=1); m
m.train(S, total_words=5, epochs=2); m
m.train(S, total_examples=n, epochs=1, word_count=50, queue_factor=1, report_delay=9.0); m
m.train(S, None, n, None, 1, 0.02, 0.01); m
m.train(MORE, total_examples=12, epochs=3); m
m.train([], total_examples=5, epochs=1)
m.train([['unknown', 'words']], total_examples=1, epochs=1)
m.train((x for x in S), total_examples=n, epochs=1); m
m.train(iter(S), total_examples=n, epochs=1); m
t = Told(); m.train(S, total_examples=n, epochs=3, callbacks=[t]); t.seen
t = Told(); m.train(S, total_examples=n, epochs=2, callbacks=(t, t)); t.seen
t = Told(); W(S, callbacks=[t]); t.seen
m.wv.vectors_lockf[0] = 0; m.train(S, total_examples=n, epochs=1); m
m.wv.vectors_lockf = np.float32([0, .5, 1]); m.train(S, total_examples=n, epochs=1); m
m.window = 1; m.train(S, total_examples=n, epochs=1); m
m.alpha = 0.01; m.min_alpha = 0.01; m.train(S, total_examples=n, epochs=1); m
m.random.seed(7); m.train(S, total_examples=n, epochs=1); m
m.batch_words = 20; m.train(S, total_examples=n, epochs=2); m
empty.build_vocab(S); empty.train([], total_examples=5, epochs=1); empty
empty.build_vocab(S); empty.train(S, total_examples=empty.corpus_count, epochs=empty.epochs); empty
import copy; c = copy.deepcopy(m); c.train(S, total_examples=n, epochs=1); [m, c]
import pickle; c = pickle.loads(pickle.dumps(m)); c.train(S, total_examples=n, epochs=1); [m, c]
m.add_lifecycle_event('mine', note=3); m.lifecycle_events[-1]['note']
m.add_lifecycle_event('mine', log_level=False, note=3); m.lifecycle_events[-1]['event']
m.add_lifecycle_event('mine', log_level=30); len(m.lifecycle_events)
m.lifecycle_events = None; m.add_lifecycle_event('mine'); m.lifecycle_events
"""

TRAINING_ERRORS = """
m.train(S)
m.train(S, total_examples=n)
m.train(S, epochs=1)
m.train(S, total_examples=n, epochs=0)
m.train(S, total_examples=n, epochs=-1)
m.train(total_examples=n, epochs=1, corpus_file='no such file')
m.train(S, 'no such file', total_examples=n, epochs=1)
m.train(5, total_examples=n, epochs=1)
m.train(S, total_examples=n, epochs=1, nonsense=1)
m.train(S, total_examples=n, epochs=1, callbacks=None)
m.train(S, total_examples=n, epochs=1, callbacks=[object()])
m.hs = m.negative = 0; m.train(S, total_examples=n, epochs=1)
m.wv.key_to_index = {}; m.train(S, total_examples=n, epochs=1)
m.wv.vectors = m.wv.vectors[:0]; m.train(S, total_examples=n, epochs=1)
empty.train(S, total_examples=n, epochs=1)
empty.train(S)
empty.scan_vocab(S); empty.train(S, total_examples=n, epochs=1)
empty.scan_vocab(S); empty.prepare_vocab(); empty.train(S, total_examples=n, epochs=1)
"""


@pytest.mark.parametrize("case", lines(TRAINING))
@pytest.mark.parametrize(
    "options", [{}, {"sg": 1, "hs": 1, "negative": 0}], ids=["cbow-negative", "skip-gram-hs"]
)
def test_training_is_the_same(case, options):
    both_agree(case, options=options)


@pytest.mark.parametrize("case", lines(TRAINING_ERRORS))
def test_training_raises_the_same_errors(case):
    both_agree(case, logs=False)


@pytest.mark.parametrize("given", ["total_examples=n", "epochs=3", "total_words=9, epochs=0"])
def test_a_failed_call_leaves_the_same_epochs_and_rates(given):
    both_agree(
        f"raises(ValueError, m.train, S, {given}, start_alpha=.2, end_alpha=.1); "
        "(m.epochs, m.alpha, m.min_alpha)",
        logs=False,
        raises=pytest.raises,
    )


# ---- scores, predictions, and what is deprecated -------------------------------------------------

SCORES = """
m.score(S)
m.score(S, len(S))
m.score(S, total_sentences=5, chunksize=5)
m.score(S, 3, 1)
m.score(x for x in S)
m.score([['unknown'], [], ['w1']])
m.score(S, chunksize=7, queue_factor=1, report_delay=5)
m.score(S, 0)
m.window = 1; m.score(S)
m.train(S, total_examples=n, epochs=20, start_alpha=1, end_alpha=1); m.score(S)
"""


@pytest.mark.parametrize("case", lines(SCORES))
@pytest.mark.parametrize("sg", [0, 1])
@pytest.mark.parametrize("cbow_mean", [0, 1])
def test_scores_are_the_same(case, sg, cbow_mean):
    # gensim adds up in float32, over some thousand nodes here.
    options = {"hs": 1, "negative": 0, "sg": sg, "cbow_mean": cbow_mean}
    both_agree(case, logs=False, options=options, rel=1e-5)


PREDICTIONS = """
m.predict_output_word(['w1'])
m.predict_output_word(['w1', 'w2', 'w9'], topn=3)
m.predict_output_word(['w1', 'unknown'], 5)
m.predict_output_word(['w1', 'w1'], topn=None)
m.predict_output_word([0, 2])
m.predict_output_word([0, 200])
m.predict_output_word(('w1',), topn=100)
m.predict_output_word(w for w in ['w1'])
m.predict_output_word(np.array(['w1', 'w3']))
m.predict_output_word(['w1'], topn=0)
m.predict_output_word(['w1'], topn=-3)
m.predict_output_word(['w1'], topn=False)
m.predict_output_word([])
m.predict_output_word(['unknown'])
m.predict_output_word(None)
m.predict_output_word(['w1'], topn=2.0)
del m.syn1neg; m.predict_output_word(['w1'])
m.negative = 0; m.predict_output_word(['w1'])
empty.predict_output_word(['w1'])
"""


@pytest.mark.parametrize("case", lines(PREDICTIONS))
@pytest.mark.parametrize("cbow_mean", [0, 1])
def test_predictions_are_the_same(case, cbow_mean):
    # A high learning rate, so that no two words are equally likely.
    both_agree(case, options={"cbow_mean": cbow_mean, "alpha": 0.2, "epochs": 5})


OTHERS = """
W(S, max_vocab_size=8)
W(S, max_vocab_size=3, trim_rule=rule)
W(S, max_vocab_size=8, max_final_vocab=4, sg=1)
W(S, workers=3, batch_words=20).wv.index_to_key
empty.score(S)
W(S).score(S)
W(hs=1, negative=0).score(S)
W(S, hs=1).score(S)
W(S, hs=1).predict_output_word(['w1'])
m.init_sims()
m.init_sims(); m.wv.norms
m.init_sims(True); m.wv.vectors
m.init_sims(replace=True); m.wv.norms
m.hashfxn = len; m.seeded_vector('abc', 5)
m.hashfxn = len; m.seeded_vector(seed_string='w', vector_size=1)
m.reset_from(W(MORE)); m.wv.index_to_key
m.reset_from(W(MORE)); m.wv.vectors
m.reset_from(W(MORE)); m.syn1neg
m.reset_from(W(MORE)); [m.cum_table, m.corpus_count, m.epochs, m.train_count, m.wv.expandos]
o = W(MORE); m.reset_from(o); [m.wv.key_to_index is o.wv.key_to_index, m.cum_table is o.cum_table]
m.reset_from(W()); m.wv.vectors
m.reset_from(None)
m.reset_from(m.wv)
m.get_latest_training_loss()
mod.Word2Vec.load('no such file')
mod.Word2Vec.load()
mod.MAX_WORDS_IN_BATCH
mod.CORPUSFILE_VERSION
mod.FAST_VERSION >= 0
mod.REAL
mod.pseudorandom_weak_vector(4, 'w', len)
sorted(mod.Word2Vec(S, trim_rule=rule, min_count=1).wv.key_to_index)
type('Mine', (mod.Word2Vec,), {})(S, min_count=1).__str__()
"""


@pytest.mark.parametrize("case", lines(OTHERS))
def test_the_rest_is_the_same(case):
    both_agree(case, logs=False)


# ---- readers of text -----------------------------------------------------------------------------

READERS = """
list(mod.LineSentence(path))
list(mod.LineSentence(path, max_sentence_length=2))
list(mod.LineSentence(path, limit=2))
list(mod.LineSentence(open(path, 'rb')))
list(mod.LineSentence('no such file'))
list(mod.Text8Corpus(path))
list(mod.Text8Corpus(path, max_sentence_length=3))
list(mod.PathLineSentences(folder))
list(mod.PathLineSentences(folder, max_sentence_length=2, limit=1))
[p.rsplit('/')[-1] for p in mod.PathLineSentences(folder).input_files]
mod.PathLineSentences('no such folder')
sorted(mod.BrownCorpus(folder))
W(mod.LineSentence(path))
W(mod.PathLineSentences(folder))
W(mod.Text8Corpus(path))
empty.build_vocab(corpus_file=path); [empty.corpus_count, empty.corpus_total_words, empty.wv]
empty.scan_vocab(corpus_file=path)
m.train(corpus_file=path, epochs=1)
"""


@pytest.mark.parametrize("case", lines(READERS))
def test_readers_give_the_same(case, tmp_path):
    text = "The/at cat/nn sat/vbd ./.\n\n  on w1 w2 w1 the mat \nträumt äöü/nn\n"
    (tmp_path / "b.txt").write_text(text, encoding="utf-8")
    (tmp_path / "a.txt").write_text(text * 3, encoding="utf-8")
    both_agree(case, logs=False, path=str(tmp_path / "b.txt"), folder=str(tmp_path))
