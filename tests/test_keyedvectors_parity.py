"""The same calls on the same vectors give in gensim's KeyedVectors what they give in ours.

Each case is an expression in `kv` (and a few vectors and files), evaluated with both. Results must
be equal in type and value (floats to 1e-6), exceptions in type, warnings in category, log records
in level and text. What differs on purpose is tested in test_keyedvectors.py.
"""

import logging
import warnings

import numpy as np
import pytest
from parity import outcome_of

from fastsgns import keyedvectors as ours

theirs = pytest.importorskip("gensim.models.keyedvectors")

# gensim leaves files open when it raises.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

WORDS = ["the", "of", "and", "König", "Paris", "paris", "x y", "8", "zero", "rare"]
VECTOR = np.arange(1, 6, dtype=np.float32)


def build(module, dtype=np.float32):
    rng = np.random.default_rng(3)
    kv = module.KeyedVectors(5, dtype=dtype)
    vectors = rng.standard_normal((len(WORDS), 5))
    kv.add_vectors(WORDS, vectors)
    for i, word in enumerate(WORDS):
        kv.set_vecattr(word, "count", 100 - i)
        kv.set_vecattr(word, "weight", i / 2)
        kv.set_vecattr(word, "note", word.upper())
    return kv


def plain(value):
    """Reduce a result to what can be compared: types by name, floats to 1e-6."""
    if isinstance(value, np.ndarray):
        return ("ndarray", str(value.dtype), value.shape, [plain(item) for item in value.ravel()])
    if isinstance(value, (float, np.floating)):
        return (
            type(value).__name__,
            "nan" if np.isnan(value) else pytest.approx(float(value), abs=1e-6),
        )
    if isinstance(value, (ours.KeyedVectors, theirs.KeyedVectors)):
        parts = ("index_to_key", "key_to_index", "vectors", "norms", "expandos", "next_index")
        return [plain(getattr(value, name)) for name in parts]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, [plain(item) for item in value])
    return (type(value).__name__, str(value))


class Records(logging.Handler):
    def __init__(self):
        super().__init__()
        self.found = []

    def emit(self, record):
        if record.name in ("fastsgns.keyedvectors", "gensim.models.keyedvectors"):
            self.found.append((record.levelname, record.getMessage()))


def run(module, case, names):
    """Give (result or exception, categories of warnings, log records) of an expression."""
    records = Records()
    scope = {
        "kv": build(module),
        "m": module,
        "np": np,
        "v": VECTOR,
        "K": module.KeyedVectors,
        **names,
    }
    package = "fastsgns" if module is ours else "gensim"
    outcome, categories = outcome_of(case, scope, plain, package, records, logging.DEBUG)
    return outcome, categories, records.found


def both_agree(case, warns=True, **names):
    found, found_warnings, found_logs = run(ours, case, names)
    wanted, wanted_warnings, wanted_logs = run(theirs, case, names)
    if isinstance(wanted, Exception) or isinstance(found, Exception):
        assert isinstance(found, type(wanted)), f"{found!r} instead of {wanted!r}"
        return
    assert found == wanted
    assert (found_warnings if warns else []) == [w for w in wanted_warnings if warns]
    assert found_logs == wanted_logs


LOOKUP = """
kv['the']
kv['König']
kv[2]
kv[np.int64(2)]
kv['missing']
kv[-1]
kv[10]
kv[99]
kv[1.5]
kv[None]
kv[0:2]
kv[['the', 'rare']]
kv[('the', 3)]
kv[[0, 'of']]
kv[np.array([1, 2])]
kv[(w for w in ('the', 'of'))]
kv[[]]
kv[['the', 'missing']]
kv[b'the']
kv['8']
kv['the'].flags.writeable
kv[['the']].flags.writeable
'the' in kv
'missing' in kv
0 in kv
9 in kv
10 in kv
-1 in kv
1.0 in kv
None in kv
np.int32(3) in kv
['the'] in kv
len(kv)
len(K(3))
len(K(3, 4))
bool(K(3))
str(kv)
str(K(3, 2))
vars(K(3, 2))
vars(K(3, 0, np.float64, 'path'))
K(-1)
K('4')
K(4.0)
K(None)
K(4, -1)
kv.get_index('of')
kv.get_index('missing')
kv.get_index('missing', -1)
kv.get_index('missing', default=7)
kv.get_index(3)
kv.get_index(99, 5)
kv.get_index(-2)
kv.get_index(['the'])
kv.has_index_for('the')
kv.has_index_for('missing')
kv.has_index_for(9)
kv.get_vector('of')
kv.get_vector('of', norm=True)
kv.get_vector('of', norm=True).flags.writeable
kv.get_vector(3, True)
kv.get_vector('missing')
kv.word_vec('of')
kv.word_vec('of', norm=True)
kv.fill_norms(); kv.norms
kv.fill_norms(); kv.vectors[:] *= 2; kv.fill_norms(); kv.norms
kv.fill_norms(); kv.vectors *= 2; kv.fill_norms(force=True); kv.norms
kv.get_normed_vectors()
kv.unit_normalize_all(); kv.vectors
kv.unit_normalize_all(); kv.norms
kv.unit_normalize_all()
kv.init_sims()
kv.init_sims(replace=True); kv.vectors
K(3).fill_norms()
kv.get_mean_vector(['the', 'of'])
kv.get_mean_vector(('the', 'of'))
kv.get_mean_vector(['the', 'of'], weights=[1, -2])
kv.get_mean_vector(['the', 'of'], weights=[0, 0])
kv.get_mean_vector(['the', 'of'], np.array([1, 2], dtype=np.float32))
kv.get_mean_vector(['the', 'of'], pre_normalize=False)
kv.get_mean_vector(['the', 'of'], post_normalize=True)
kv.get_mean_vector(['the', 'missing'])
kv.get_mean_vector(['the', 'missing'], weights=[1, 5])
kv.get_mean_vector(['missing'])
kv.get_mean_vector(['the', 'missing'], ignore_missing=False)
kv.get_mean_vector([])
kv.get_mean_vector(['the'], weights=[1, 2])
kv.get_mean_vector([v])
kv.get_mean_vector([v, 'the', 3])
kv.get_mean_vector(kv.vectors[:3])
kv.get_mean_vector({'the'})
kv.get_mean_vector([77], ignore_missing=False)
kv.get_mean_vector([['the']])
kv.get_mean_vector([np.ones(3)])
kv.get_mean_vector([np.ones(5)])
kv.get_mean_vector(None)
"""

QUERIES = """
kv.most_similar('the')
kv.most_similar('the', topn=3)
kv.most_similar(['the'], topn=3)
kv.most_similar(0, topn=3)
kv.most_similar(np.int64(0), topn=3)
kv.most_similar([0, 'of'], topn=3)
kv.most_similar(positive=['the', 'of'], negative=['and'], topn=3)
kv.most_similar('the', 'of', 3)
kv.most_similar(positive='the', negative='of')
kv.most_similar(negative=['the'])
kv.most_similar(negative='the')
kv.most_similar(v, topn=3)
kv.most_similar([v], topn=3)
kv.most_similar(kv.vectors[:2], topn=3)
kv.most_similar(['the', v], topn=3)
kv.most_similar(positive=[v], negative=['the'])
kv.most_similar([('the', 2.0), ('of', 0.5)])
kv.most_similar([('the', 2)], [('of', -1.0)])
kv.most_similar(['the'], [('of', 1.0)])
kv.most_similar([(v, 2.0), 'the'])
kv.most_similar([(0, 1.0)])
kv.most_similar([['the', 2.0]])
kv.most_similar(['the', 'the'])
kv.most_similar(['the'], ['the'])
kv.most_similar(('the', 'of'))
kv.most_similar({'the'})
kv.most_similar({'the': 1})
kv.most_similar(['the'], ('of',))
kv.most_similar()
kv.most_similar([], [])
kv.most_similar('missing')
kv.most_similar(['the', 'missing'])
kv.most_similar(-1)
kv.most_similar([99])
kv.most_similar([None])
kv.most_similar([1.5])
kv.most_similar(1.5)
kv.most_similar([('the', 'of')])
kv.most_similar(np.ones(3))
kv.most_similar([np.ones(3)])
kv.most_similar(np.ones((2, 2, 5)))
kv.most_similar(np.array(1))
kv.most_similar([[1.0, 2.0, 3.0, 4.0, 5.0]])
kv.most_similar([1.0, 2.0])
kv.most_similar('the', topn=0)
kv.most_similar('the', topn=-1)
kv.most_similar('the', topn=False)
kv.most_similar('missing', topn=0)
kv.most_similar('the', topn=True)
kv.most_similar('the', topn=np.uint8(2))
kv.most_similar('the', topn=np.uint8(0))
kv.most_similar('the', topn=1000)
kv.most_similar('the', topn=2.0)
kv.most_similar('the', topn='3')
kv.most_similar('the', topn=None)
kv.most_similar(v, topn=None)
kv.most_similar('the', topn=None, clip_start=2, clip_end=5)
kv.most_similar('the', clip_start=2, clip_end=5)
kv.most_similar('the', clip_start=3)
kv.most_similar('the', clip_end=0)
kv.most_similar('the', clip_end=100)
kv.most_similar('rare', clip_end=-3)
kv.most_similar('the', clip_start=-3)
kv.most_similar('the', clip_start=100)
kv.most_similar('the', clip_start=5, clip_end=2)
kv.most_similar('rare', restrict_vocab=3)
kv.most_similar('the', restrict_vocab=3)
kv.most_similar('the', restrict_vocab=0)
kv.most_similar('the', restrict_vocab=100)
kv.most_similar('rare', restrict_vocab=-2)
kv.most_similar('rare', restrict_vocab=3, clip_start=2, clip_end=8)
kv.most_similar('rare', topn=None, restrict_vocab=4)
kv.most_similar('the', restrict_vocab=3.0)
kv.most_similar('the', indexer=index)
kv.most_similar('the', topn=4, indexer=index)
kv.most_similar('the', topn=True, indexer=index)
kv.most_similar('the', topn=np.int64(4), indexer=index)
kv.most_similar('the', topn=None, indexer=index)
kv.most_similar('the', topn=0, indexer=index)
kv.similar_by_word('the', topn=3)
kv.similar_by_word('the', 3, 5)
kv.similar_by_word('the', topn=None)
kv.similar_by_key('of', topn=3, restrict_vocab=4)
kv.similar_by_key(('the', 2.0))
kv.similar_by_vector(v, topn=3)
kv.similar_by_vector(v, topn=None, restrict_vocab=2)
kv.similar_by_vector('the', topn=3)
kv.similar_by_vector([1.0, 2.0, 3.0, 4.0, 5.0])
kv.similar_by_word('missing')
kv.similarity('the', 'of')
kv.similarity('the', 'the')
kv.similarity(0, 1)
kv.similarity('the', 'missing')
kv.similarity(['the', 'of'], 'and')
kv.vectors[0] = 0; kv.similarity('the', 'of')
kv.vectors[0] = 0; kv.distance('the', 'of')
kv.distance('the', 'of')
kv.distance('the', 'the')
kv.distances('the')
kv.distances('the', ['of', 'and'])
kv.distances('the', ('of', 3))
kv.distances(v)
kv.distances(v, ['of'])
kv.distances(np.ones(5))
kv.distances('the', [])
kv.distances('the', None)
kv.distances('missing')
kv.distances('the', ['missing'])
kv.distances(np.ones(3))
kv.distances(2, (w for w in ('of', 'and')))
kv.n_similarity(['the', 'of'], ['and'])
kv.n_similarity(('the', 'of'), {'and'})
kv.n_similarity(['the', 'missing'], ['and'])
kv.n_similarity(['missing'], ['and'])
kv.n_similarity([], ['and'])
kv.n_similarity(['the'], [])
kv.n_similarity([v], ['the'])
kv.n_similarity(np.array(['the', 'of']), ['and'])
kv.rank_by_centrality(['the', 'of', 'and', 'rare'])
kv.rank_by_centrality(['the', 'of', 'and'], use_norm=False)
kv.rank_by_centrality(['the', 'missing', 'of'])
kv.rank_by_centrality(['the', 'the', 'of'])
kv.rank_by_centrality([0, 1])
kv.rank_by_centrality([])
kv.rank_by_centrality(['missing'])
kv.rank_by_centrality([['the']])
kv.doesnt_match(['the', 'of', 'and', 'rare'])
kv.doesnt_match('the of and missing'.split())
kv.doesnt_match([])
kv.most_similar_to_given('the', ['of', 'and', 'rare'])
kv.most_similar_to_given('the', [])
kv.most_similar_to_given('the', ['missing'])
kv.closer_than('the', 'rare')
kv.closer_than('the', 'the')
kv.closer_than(0, 5)
kv.closer_than('the', 'missing')
kv.closer_than(v, 'the')
kv.words_closer_than('the', 'rare')
kv.rank('the', 'rare')
kv.rank('the', 'the')
kv.rank(0, 1)
kv.rank('missing', 'the')
kv.relative_cosine_similarity('the', 'of', 3)
kv.relative_cosine_similarity('the', 'of')
kv.relative_cosine_similarity('the', 'of', np.int64(3))
kv.relative_cosine_similarity('the', 'of', 0)
kv.relative_cosine_similarity('the', 'of', -1)
kv.relative_cosine_similarity('the', 'of', None)
kv.relative_cosine_similarity('the', 'missing', 3)
K.cosine_similarities(v, kv.vectors)
K.cosine_similarities([1, 2, 3, 4, 5], kv.vectors)
K.cosine_similarities(np.ones(5), kv.vectors)
kv.similarity_unseen_docs()
"""

# gensim warns of its own deprecated init_sims in each of these.
COSMUL = """
kv.most_similar_cosmul('the')
kv.most_similar_cosmul('the', 'of', 3)
kv.most_similar_cosmul(['the', 'of'], ['and'])
kv.most_similar_cosmul(positive='the', negative=['of'])
kv.most_similar_cosmul([v])
kv.most_similar_cosmul(v)
kv.most_similar_cosmul(kv.vectors[:2])
kv.most_similar_cosmul(['the'], [v])
kv.most_similar_cosmul('the', topn=None)
kv.most_similar_cosmul(['the'], ['of'], topn=None)
kv.most_similar_cosmul('the', topn=0)
kv.most_similar_cosmul('the', topn=-1)
kv.most_similar_cosmul('the', topn=False)
kv.most_similar_cosmul('the', topn=100)
kv.most_similar_cosmul(negative=['the'])
kv.most_similar_cosmul()
kv.most_similar_cosmul('missing')
kv.most_similar_cosmul([('the', 1.0)])
kv.most_similar_cosmul(('the', 'of'))
kv.most_similar_cosmul({'the'})
kv.most_similar_cosmul([np.ones(3)])
"""

EDITS = """
kv.add_vector('new', v)
kv.add_vector('new', [1, 2, 3, 4, 5]); kv['new']
kv.add_vector('new', v); kv
kv.add_vector('new', np.ones(3))
kv.add_vector('new', np.float32(1))
kv.add_vector(0, v); kv
kv.add_vector(99, v); kv[99]
k = K(5, 2); k.add_vector('a', v); k
k = K(5, 2); k.add_vector('a', v); k.add_vector('b', 2 * v); k
k = K(5, 1); k.add_vector('a', v); k.add_vector('b', 2 * v); k
k = K(5, 2); k.add_vector('a', np.ones(3))
k = K(5, 2); k.add_vectors(['a'], np.ones((1, 5))); k
k = K(5); k.add_vectors(['a', 'b'], np.ones((2, 5))); k.add_vector('c', v); k
k = K(5); k.add_vectors(['a', 'the'], [v, 2 * v]); k
k = K(5); k.add_vectors(('a', 'b'), np.ones((2, 5))); k
k = K(5); k.add_vectors('word', v); k
k = K(5); k.add_vectors(7, v); k
k = K(5); k.add_vectors(['a'], [[1, 2, 3, 4, 5]]); k
k = K(5); k['a'] = v; k.add_vectors(['a', 'c'], np.full((2, 5), 7)); k
k = K(5); k['a'] = v; k.add_vectors(['a', 'c'], np.full((2, 5), 7), replace=True); k
k = K(5); k.add_vectors([1.5, None, ('a', 1), b'x'], np.ones((4, 5))); k
k = K(5); k.add_vectors([], np.zeros((0, 5))); k
k = K(5); k.add_vectors(['a'], np.ones((1, 5)), extras={}); k
k = K(5); k.add_vectors([['a']], np.ones((1, 5)))
k = K(5); k.add_vectors(['a'], ['x'])
k = K(5, dtype=np.float64); k.add_vectors(['a'], np.full((1, 5), 0.1)); k
k = K(5, dtype=np.float16); k.add_vectors(['a'], np.full((1, 5), 0.1)); k
kv['new'] = v; kv['new']
kv['the'] = v; kv['the']
kv[['the', 'new']] = np.ones((2, 5)); kv.vectors
kv[0] = v; kv.index_to_key
kv[('a', 'b')] = v; kv.index_to_key
kv[None] = v; kv.index_to_key
kv['new'] = np.ones(3)
kv[('a', 'b')] = np.ones((2, 5))
kv.allocate_vecattrs(['u', 'w'], [int, float]); kv.expandos['u'], kv.expandos['w']
kv.allocate_vecattrs(['u'], [str]); kv.expandos['u']
kv.allocate_vecattrs(['u'], [np.float32]); kv.expandos['u']
kv.allocate_vecattrs(['u'], ['int']); kv.expandos['u']
kv.allocate_vecattrs(['u'])
kv.allocate_vecattrs(['count'], [float])
kv.allocate_vecattrs()
kv.allocate_vecattrs(['u', 'w'], [int]); sorted(kv.expandos)
kv.get_vecattr('the', 'count')
kv.get_vecattr(3, 'weight')
kv.get_vecattr('the', 'note')
kv.get_vecattr('missing', 'count')
kv.get_vecattr('the', 'missing')
kv.set_vecattr('missing', 'count', 1)
kv.set_vecattr('the', 'count', 7); kv.get_vecattr('the', 'count')
kv.set_vecattr(1, 'count', 7); kv.expandos['count']
kv.set_vecattr('the', 'count', 2.5)
kv.set_vecattr('the', 'count', 'x')
kv.set_vecattr('the', 'count', np.uint64(1))
kv.set_vecattr('the', 'count', True)
kv.set_vecattr('the', 'count', 2 ** 70)
kv.set_vecattr('the', 'weight', 2)
kv.set_vecattr('the', 'note', 5)
kv.set_vecattr('the', 'n', np.int32(5)); kv.expandos['n']
kv.set_vecattr('the', 'n', np.float32(5)); kv.expandos['n']
kv.set_vecattr('the', 'n', True); kv.expandos['n']
kv.set_vecattr('the', 'n', None); kv.expandos['n']
kv.set_vecattr('the', 'n', (1, 2)); kv.expandos['n'][0]
kv.set_vecattr('the', 'n', [1, 2]); kv.expandos['n'][0]
kv.set_vecattr('the', 'n', np.int32(5)); kv.set_vecattr('the', 'n', 7)
kv.resize_vectors(); kv.vectors
kv.index_to_key.append('new'); kv.resize_vectors(seed=7); kv
k = K(5); k.index_to_key = ['a', 'b']; k.resize_vectors(); k
K(5, 2).resize_vectors(seed=3)
m.prep_vectors((3, 4))
m.prep_vectors((3, 4), seed=9)
m.prep_vectors((3, 4), np.ones((2, 4), np.float32), 9)
m.prep_vectors((3, 4), np.ones((2, 2), np.float32), 9)
m.prep_vectors((3, 4), prior_vectors=np.ones((0, 4), np.float32))
m.prep_vectors((2, 4), prior_vectors=np.ones((2, 4)))
m.prep_vectors((1, 4), prior_vectors=np.ones((2, 4)))
m.prep_vectors((2, 3), dtype=np.float64)
m.prep_vectors((2, 3), dtype=np.float16)
m.prep_vectors((0, 4))
m.prep_vectors((4, 0))
m.pseudorandom_weak_vector(4, 'seed', hashfxn=len)
m.pseudorandom_weak_vector(4, 'seed', len).dtype
m.pseudorandom_weak_vector(4).shape
kv.expandos['count'][:5] = (5, 9, 5, 9, 1); kv.sort_by_descending_frequency(); kv
k = K(2); k.add_vectors(['a'], np.ones((1, 2))); k.sort_by_descending_frequency()
K(3).sort_by_descending_frequency()
kv.vectors_for_all(['rare', 'the', 'missing', 'the'])
kv.vectors_for_all({'rare': 1, 'the': 2})
kv.vectors_for_all(w for w in ['rare', 'the'])
kv.vectors_for_all(['missing'])
kv.vectors_for_all([])
kv.vectors_for_all(['rare', 'missing'], allow_inference=False)
kv.vectors_for_all(['rare', 'the'], copy_vecattrs=True)
kv.vectors_for_all(5)
kv.vectors_for_all([['the']])
kv.vocab
kv.vocab = {}
kv.index2word
kv.index2entity
kv.vectors_norm
kv.vectors_norm = v; sorted(vars(kv))
kv.index2word = ['a']; kv.index_to_key
kv.index2entity = ['a']; kv.index_to_key
kv.syn0
del kv['the']
str(m.CompatVocab(count=3, index=4))
m.CompatVocab(count=3) < m.CompatVocab(count=4)
m.CompatVocab().count
m.Vocab is m.CompatVocab
m.Word2VecKeyedVectors is m.KeyedVectors, m.Doc2VecKeyedVectors is m.KeyedVectors
m.EuclideanKeyedVectors is m.KeyedVectors
m.REAL is np.float32
"""


class Index:
    def most_similar(self, vector, topn):
        return ("asked", vector, topn)


def lines(text):
    return [line for line in text.strip().splitlines() if line]


@pytest.mark.parametrize("case", lines(LOOKUP + EDITS))
def test_looking_up_and_editing(case):
    both_agree(case)


@pytest.mark.parametrize("case", lines(QUERIES))
def test_queries(case):
    both_agree(case, index=Index())


@pytest.mark.parametrize("case", lines(COSMUL))
def test_cosmul_but_for_a_needless_warning(case):
    both_agree(case, warns=False)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_all_float_types_agree(dtype):
    ours_, theirs_ = build(ours, dtype), build(theirs, dtype)
    for ask in (
        lambda kv: kv.most_similar("the", topn=None),
        lambda kv: kv.get_mean_vector(["the", "of"]),
        lambda kv: kv.get_normed_vectors(),
    ):
        found, wanted = ask(ours_), ask(theirs_)
        # differs from gensim: what comes of float16 is float32.
        assert found.dtype == np.result_type(wanted.dtype, np.float32)
        assert np.allclose(found, wanted, atol=2e-3 if dtype == np.float16 else 1e-6)


def test_a_vector_of_zeros_is_where_gensim_has_nan():
    found, wanted = [], []
    for module, results in ((ours, found), (theirs, wanted)):
        kv = build(module)
        kv.vectors[3] = 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            results += [kv.most_similar("the", topn=None), kv.distances("the")]
    for ours_, theirs_, value in zip(found, wanted, (0, 1), strict=True):
        assert np.isnan(theirs_[3])
        theirs_[3] = value
        assert np.allclose(ours_, theirs_, atol=1e-6)


# ---------------------------------------------------------------- files

FILES = {
    "text": "3 2\na 1 2.5\nb 3 4\nä -1e-3 5\n".encode(),
    "binary": b"2 2\na " + np.float32([1, 2]).tobytes() + b"\nb " + np.float32([3, 4]).tobytes(),
    "bare": b"a 1 2\nb 3 4\n",
    "latin": b"1 2\n\xe9 1 2\n",
    "short": b"3 2\na 1 2\nb 3 4\n",
    "short_binary": b"2 2\na " + np.float32([1, 2]).tobytes(),
    "no_header": b"a 1 2\n",
    "empty": b"",
    "long_row": b"1 2\na 1 2 3\n",
    "bad_number": b"1 2\na 1 x\n",
    "negative": b"-1 2\n",
    "counts": "a 7\nb 6\nä 5\n".encode(),
    "bad_counts": b"a x\n",
    "analogies": b": one\nthe of and k\xc3\xb6nig\nTHE of Paris rare\n: two\nof the zero rare\n"
    b"the of\nthe of and missing\n: empty\n",
    "headless": b"the of and rare\n",
    "pairs": b"# comment\nthe\tof\t1.5\nThe\tand\t2\nparis\trare\t7\nof\tmissing\t3\nbad\n"
    b"zero\tof\tx\n",
    "spaced": b"the of 1\nof and 2\nzero rare 5\n",
    "unknown": b"one\ttwo\t3\n",
}

LOADING = """
K.load_word2vec_format(f['text'])
m.load_word2vec_format(f['text'])
K.load_word2vec_format(f['text'], f['counts'])
K.load_word2vec_format(f['text'], fvocab=f['counts'], limit=2)
K.load_word2vec_format(f['text'], limit=1)
K.load_word2vec_format(f['text'], limit=0)
K.load_word2vec_format(f['text'], limit=99)
K.load_word2vec_format(f['text'], limit=-1)
K.load_word2vec_format(f['text'], datatype=np.float64)
K.load_word2vec_format(f['text'], datatype=np.float16)
K.load_word2vec_format(f['text'], encoding='latin1')
K.load_word2vec_format(f['binary'], binary=True)
K.load_word2vec_format(f['binary'], binary=True, limit=1)
K.load_word2vec_format(f['binary'], binary=True, datatype=np.float64)
K.load_word2vec_format(f['bare'], no_header=True)
K.load_word2vec_format(f['bare'], no_header=True, limit=1)
K.load_word2vec_format(f['bare'], no_header=True, binary=True)
K.load_word2vec_format(f['latin'])
K.load_word2vec_format(f['latin'], encoding='latin1')
K.load_word2vec_format(f['latin'], unicode_errors='ignore')
K.load_word2vec_format(f['latin'], unicode_errors='replace')
K.load_word2vec_format(f['short'])
K.load_word2vec_format(f['short'], limit=2)
K.load_word2vec_format(f['short_binary'], binary=True)
K.load_word2vec_format(f['no_header'])
K.load_word2vec_format(f['empty'])
K.load_word2vec_format(f['empty'], binary=True)
K.load_word2vec_format(f['long_row'])
K.load_word2vec_format(f['bad_number'])
K.load_word2vec_format(f['negative'])
K.load_word2vec_format(f['text'], f['bad_counts'])
K.load_word2vec_format(f['missing'])
K.load_word2vec_format(f['text'], f['missing'])
K.load_word2vec_format(f['folder'])
m._load_word2vec_format(K, f['binary'], binary=True, binary_chunk_size=3)
kv.evaluate_word_analogies(f['analogies'])
kv.evaluate_word_analogies(f['analogies'], case_insensitive=False)
kv.evaluate_word_analogies(f['analogies'], dummy4unknown=True)
kv.evaluate_word_analogies(f['analogies'], restrict_vocab=6)
kv.evaluate_word_analogies(f['analogies'], restrict_vocab=0)
kv.evaluate_word_analogies(f['analogies'], similarity_function='most_similar_cosmul')
kv.evaluate_word_analogies(f['headless'])
kv.evaluate_word_analogies(f['empty'])
kv.evaluate_word_analogies(f['latin'])
kv.evaluate_word_analogies(f['missing'])
kv.evaluate_word_pairs(f['pairs'])
kv.evaluate_word_pairs(f['pairs'], case_insensitive=False)
kv.evaluate_word_pairs(f['pairs'], dummy4unknown=True)
kv.evaluate_word_pairs(f['pairs'], restrict_vocab=6, dummy4unknown=True)
kv.evaluate_word_pairs(f['spaced'], delimiter=' ')
kv.evaluate_word_pairs(f['spaced'])
kv.evaluate_word_pairs(f['unknown'])
kv.evaluate_word_pairs(f['empty'])
kv.evaluate_word_pairs(f['missing'])
K.log_accuracy({'section': 'x', 'correct': [1], 'incorrect': [2, 3]})
K.log_accuracy({'section': 'x', 'correct': [], 'incorrect': []})
K._log_evaluate_word_analogies({'section': 'x', 'correct': [1], 'incorrect': [2, 3]})
K.log_evaluate_word_pairs((0.5, 0.1), (0.4, 0.2), 3.0, 'file')
K.load(f['missing'])
"""

SAVING = """
kv.save_word2vec_format(f['out'])
kv.index_to_key[6] = 'x_y'; kv.key_to_index['x_y'] = kv.key_to_index.pop('x y'); \
kv.save_word2vec_format(f['out'], binary=True)
kv.save_word2vec_format(f['out'], f['vocabulary'])
kv.save_word2vec_format(f['out'], fvocab=f['vocabulary'], sort_attr='weight', prefix='*')
kv.save_word2vec_format(f['out'], sort_attr='weight')
kv.save_word2vec_format(f['out'], total_vec=99)
kv.save_word2vec_format(f['out'], write_header=False, prefix='p_')
k = K(1); k['a'] = np.ones(1); \
k.save_word2vec_format(f['out'], binary=True, append=True, write_header=False)
kv.save_word2vec_format(f['out'], sort_attr='missing')
kv.save_word2vec_format(f['out'], fvocab=f['vocabulary'], sort_attr='missing')
K(3).save_word2vec_format(f['out'])
K(3, 2).save_word2vec_format(f['out'])
k = K(2); k.add_vectors(['a'], [[1, 2]]); k.save_word2vec_format(f['out'])
k = K(2); k.add_vectors(['b', 3], [[1, 2], [3, 4]]); k.save_word2vec_format(f['out'])
k = K(2); k.add_vectors([None], [[1, 2]]); k.save_word2vec_format(f['out'])
k = K(2, dtype=np.float64); k.add_vectors(['a'], [[0.1, 1 / 3]]); k.save_word2vec_format(f['out'])
k = K(1, dtype=np.float16); k['a'] = np.ones(1) / 3; k.save_word2vec_format(f['out'], binary=True)
kv.save_word2vec_format(f['nowhere'])
"""


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parity")
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    names = [*FILES, "missing", "out", "vocabulary"]
    return {
        **{name: str(folder / name) for name in names},
        "folder": str(folder),
        "nowhere": str(folder / "no" / "out"),
    }


@pytest.mark.parametrize("case", lines(LOADING))
def test_loading_and_judging(case, paths):
    found, found_warnings, found_logs = run(ours, case, {"f": paths})
    wanted, wanted_warnings, wanted_logs = run(theirs, case, {"f": paths})
    assert found_warnings == wanted_warnings
    if isinstance(wanted, Exception):
        assert isinstance(found, type(wanted)), repr(found)
    else:
        assert found == wanted
        told = [record for record in wanted_logs if "lifecycle event" not in record[1]]
        # Ours answers the analogies of a file together, and tells of the wrong ones after that.
        assert sorted(found_logs) == sorted(told)


@pytest.mark.parametrize("case", lines(SAVING))
def test_saving_writes_the_same_bytes(case, paths, tmp_path):
    written = []
    outcomes = []
    for module in (ours, theirs):
        folder = tmp_path / module.__name__
        folder.mkdir()
        names = {"out": str(folder / "out"), "vocabulary": str(folder / "vocabulary")}
        (folder / "out").write_bytes(b"old\n")
        outcomes.append(run(module, case, {"f": {**paths, **names}}))
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    (found, found_warnings, _), (wanted, wanted_warnings, _) = outcomes
    assert found_warnings == wanted_warnings
    if isinstance(wanted, Exception):
        assert isinstance(found, type(wanted)), repr(found)
    else:
        assert found == wanted
        assert written[0] == written[1]


def test_there_are_enough_comparisons():
    assert (
        sum(len(lines(text)) for text in (LOOKUP, QUERIES, COSMUL, EDITS, LOADING, SAVING)) >= 300
    )


def test_signatures_are_those_of_gensim():
    """Names, order and defaults of the arguments of every public method and function."""
    import inspect

    def described(function):
        parameters = inspect.signature(function).parameters.values()
        return [(p.name, p.kind, p.default) for p in parameters]

    added = {  # by name only
        "most_similar": {"among", "without", "min_similarity"},
        "evaluate_word_analogies": {"topn"},
        "load_word2vec_format": {"keys"},
    }
    passed_on = {"save", "word_vec", "similarity_unseen_docs"}  # *args, **kwargs there
    checked = 0
    for name in sorted(set(dir(theirs.KeyedVectors)) - passed_on):
        method = getattr(theirs.KeyedVectors, name)
        if name.startswith("_") or not callable(method):
            continue
        if name == "load":  # and `keys` and `verify`, by keyword only
            assert described(ours.KeyedVectors.load)[:-2] == described(method)
            continue
        found = described(getattr(ours.KeyedVectors, name))
        ours_only = [entry for entry in found if entry[0] in added.get(name, ())]
        assert all(kind is inspect.Parameter.KEYWORD_ONLY for _, kind, _ in ours_only)
        assert [entry for entry in found if entry not in ours_only] == described(method), name
        checked += 1
    assert checked >= 40
    for name in ("prep_vectors", "pseudorandom_weak_vector"):
        assert described(getattr(ours, name)) == described(getattr(theirs, name)), name
    for name in ("index2entity", "index2word", "vectors_norm", "vocab"):
        assert isinstance(inspect.getattr_static(ours.KeyedVectors, name), property)
