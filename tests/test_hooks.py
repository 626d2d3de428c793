"""gensim's private methods that subclasses override: called with gensim's meaning, or refused."""

from __future__ import annotations

import copy
import inspect
import pickle
import threading

import numpy as np
import pytest

from fastsgns import Word2Vec, _hooks

SENTENCES = [[f"w{(i * j) % 11}" for j in range(12)] for i in range(60)]
OPTIONS = {"vector_size": 8, "min_count": 1, "workers": 1, "batch_words": 100, "epochs": 3}


@pytest.fixture(params=["fastsgns", "gensim"])
def base(request):
    """A class to derive from: what holds for gensim's holds for ours."""
    if request.param == "fastsgns":
        return Word2Vec
    return pytest.importorskip("gensim", exc_type=ImportError).models.Word2Vec


@pytest.fixture
def gensim():
    return pytest.importorskip("gensim", exc_type=ImportError)


def seeing(base, seen):
    """Derive a class that notes the batches it is given, and trains them."""

    class Seeing(base):
        def _do_train_job(self, sentences, alpha, inits):
            seen.append(([list(sentence) for sentence in sentences], alpha))
            return super()._do_train_job(sentences, alpha, inits)

    return Seeing


def test_batches_and_learning_rates_are_gensims(gensim):
    ours, theirs = [], []
    seeing(Word2Vec, ours)(SENTENCES, **OPTIONS)
    seeing(gensim.models.Word2Vec, theirs)(SENTENCES, **OPTIONS)
    assert [batch for batch, _ in ours] == [batch for batch, _ in theirs]
    np.testing.assert_allclose([alpha for _, alpha in ours], [alpha for _, alpha in theirs])
    assert len(ours) == 3 * 8


@pytest.mark.parametrize("options", [{"sg": 1}, {"hs": 1, "negative": 0}, {"kernel": "blas"}])
def test_a_hook_that_changes_nothing_changes_nothing(options):
    seen = []
    hooked = seeing(Word2Vec, seen)(SENTENCES, **OPTIONS, **options)
    plain = Word2Vec(SENTENCES, **OPTIONS, **options)
    assert seen
    np.testing.assert_array_equal(hooked.wv.vectors, plain.wv.vectors)
    figures = ("raw_words", "effective_words", "pairs", "alpha_first", "alpha_last")
    assert [[entry[name] for name in figures] for entry in hooked.history] == [
        [entry[name] for name in figures] for entry in plain.history
    ]


def test_what_the_hook_trains_in_their_place_is_trained(base):
    class Walker(base):
        def _do_train_job(self, sentences, alpha, inits):
            walks = [["a", "b"] * 10 if dummy[0] == 0 else ["c", "d"] * 10 for dummy in sentences]
            return super()._do_train_job(walks, alpha, inits)

    model = Walker(vector_size=8, min_count=1, workers=1, sample=0, sg=1, alpha=0.1)
    model.build_vocab([[word] for word in "abcd"])
    dummies = ([number % 2] * 20 for number in range(2000))
    effective, raw = model.train(dummies, total_examples=2000, epochs=1)
    assert raw == effective == 2000 * 20
    output = model.wv.vectors @ model.syn1neg.T
    a, b, c, d = (model.wv.key_to_index[word] for word in "abcd")
    assert output[a, b] > output[a, c] + 0.5 and output[c, d] > output[d, b] + 0.5


def test_what_the_hook_returns_is_what_is_counted(base):
    class Counting(base):
        def _do_train_job(self, sentences, alpha, inits):
            return 5, 7

    model = Counting(**OPTIONS)
    model.build_vocab(SENTENCES)
    before = model.wv.vectors.copy()
    assert model.train(SENTENCES, total_examples=60, epochs=2) == (2 * 8 * 5, 2 * 8 * 7)
    np.testing.assert_array_equal(model.wv.vectors, before)


@pytest.mark.parametrize("workers", [1, 4])
def test_each_batch_is_given_once_to_one_thread(workers):
    batches, memories = [], {}

    class Seeing(Word2Vec):
        def _get_thread_working_mem(self):
            return [threading.get_ident()]

        def _do_train_job(self, sentences, alpha, inits):
            memories[threading.get_ident()] = inits
            batches.extend(tuple(sentence) for sentence in sentences)
            return super()._do_train_job(sentences, alpha, inits)

    model = Seeing(**OPTIONS | {"workers": workers})
    model.build_vocab(SENTENCES)
    model.train(SENTENCES, total_examples=60, epochs=1)
    assert sorted(batches) == sorted(map(tuple, SENTENCES))
    assert all(memory == [thread] for thread, memory in memories.items())
    assert 1 <= len(memories) <= workers


@pytest.mark.parametrize("workers", [1, 3])
def test_what_the_hook_raises_is_raised_by_train(workers):
    class Failing(Word2Vec):
        def _do_train_job(self, sentences, alpha, inits):
            raise ZeroDivisionError("of the hook")

    model = Failing(**OPTIONS | {"workers": workers})
    model.build_vocab(SENTENCES)
    with pytest.raises(ZeroDivisionError, match="of the hook"):
        model.train(SENTENCES, total_examples=60, epochs=1)
    assert "_under_way" not in vars(model) and np.isfinite(model.wv.vectors).all()


def test_a_model_can_be_copied_in_a_hook():
    class Copying(Word2Vec):
        def _do_train_job(self, sentences, alpha, inits):
            copies.append((copy.deepcopy(self), Word2Vec.__getstate__(self)))
            return super()._do_train_job(sentences, alpha, inits)

    copies = []
    Copying(SENTENCES[:3], **OPTIONS)
    for twin, state in copies:
        assert twin._under_way is None and "_under_way" not in state
        assert len(pickle.dumps(state)) > 100


def test_sentences_must_be_there_for_each_epoch(base):
    class Seeing(base):
        def _do_train_job(self, sentences, alpha, inits):
            return super()._do_train_job(sentences, alpha, inits)

    with pytest.raises((TypeError, ValueError), match=r"iterable|read once"):
        Seeing((sentence for sentence in SENTENCES), **OPTIONS)
    model = Seeing(**OPTIONS)
    model.build_vocab(SENTENCES)
    model.train(iter(SENTENCES), total_examples=60, epochs=1)  # once is enough for one


def test_the_remembered_corpus_has_no_sentences_to_give():
    model = seeing(Word2Vec, [])(**OPTIONS)
    model.build_vocab(SENTENCES)
    with pytest.raises(ValueError, match=r"give the sentences to train\(\)"):
        model.train()


def test_files_are_not_shown_to_the_hook(base, tmp_path):
    seen = []
    path = tmp_path / "text.txt"
    path.write_text("\n".join(map(" ".join, SENTENCES)) + "\n")
    seeing(base, seen)(corpus_file=str(path), **OPTIONS)
    assert seen == []


def test_a_method_of_the_object_is_a_hook_too(base):
    model = base(**OPTIONS)
    model.build_vocab(SENTENCES)
    seen = []
    model._do_train_job = lambda sentences, alpha, inits: seen.append(len(sentences)) or (1, 1)
    assert model.train(SENTENCES, total_examples=60, epochs=1)[0] == 8
    assert sum(seen) == 60


def test_the_hook_trains_during_train_only():
    model = Word2Vec(SENTENCES, **OPTIONS)
    with pytest.raises(RuntimeError, match=r"can only be called by it"):
        model._do_train_job(SENTENCES, 0.1, ())


def test_batches_are_cut_by_the_words_that_the_hook_counts(gensim):
    seen = {}
    for module, kind in (("ours", Word2Vec), ("theirs", gensim.models.Word2Vec)):
        batches = seen[module] = []

        class Weighing(seeing(kind, batches)):
            def _raw_word_count(self, job):
                return sum(3 * len(sentence) for sentence in job)

        Weighing(SENTENCES, **OPTIONS)
    assert [batch for batch, _ in seen["ours"]] == [batch for batch, _ in seen["theirs"]]
    assert {len(batch) for batch, _ in seen["ours"]} == {2}


def test_the_learning_rate_is_what_the_hook_says(base):
    asked = []

    class Falling(base):
        def _get_next_alpha(self, epoch_progress, cur_epoch):
            asked.append((cur_epoch, round(epoch_progress, 3)))
            return 0.01 / (1 + cur_epoch)

        def _do_train_job(self, sentences, alpha, inits):
            assert alpha in (0.01, 0.01 / 2, 0.01 / 3)
            return super()._do_train_job(sentences, alpha, inits)

    Falling(SENTENCES, **OPTIONS)
    shares = [round(8 * number / 60, 3) for number in range(8)]
    assert [(epoch, share) for epoch, share in asked if share < 0.99] == [
        (epoch, share) for epoch in range(3) for share in shares
    ]


def test_the_hook_of_the_learning_rate_needs_no_other():
    class Constant(Word2Vec):
        def _get_next_alpha(self, epoch_progress, cur_epoch):
            assert 0 <= super()._get_next_alpha(epoch_progress, cur_epoch) <= self.alpha
            return 0.02

    model = Constant(SENTENCES, **OPTIONS)
    assert {entry["alpha_last"] for entry in model.history} == {0.02}
    assert model.corpus is not None


def test_the_hooks_of_the_log_get_what_gensims_get(base):
    lines = []

    def noting(name):
        def note(self, *args, **kwargs):
            bound = inspect.signature(getattr(base, name)).bind(self, *args, **kwargs)
            arguments = dict(bound.arguments)
            assert arguments.pop("self") is self
            lines.append((name, arguments))
            return getattr(base, name)(self, *args, **kwargs)

        return note

    names = ("_log_progress", "_log_epoch_end", "_log_train_end")
    kind = type("Noting", (base,), {name: noting(name) for name in names})
    kind(SENTENCES, **OPTIONS | {"epochs": 2})
    ends = [arguments for name, arguments in lines if name == "_log_epoch_end"]
    assert [arguments["cur_epoch"] for arguments in ends] == [0, 1]
    for arguments in ends:
        assert (arguments["example_count"], arguments["total_examples"]) == (60, 60)
        assert (arguments["raw_word_count"], arguments["total_words"]) == (720, 720)
        assert 0 < arguments["trained_word_count"] <= 720
        assert arguments["is_corpus_file_mode"] is False
    assert lines[-1][0] == "_log_train_end"
    assert lines[-1][1]["raw_word_count"] == 1440
    assert lines[-1][1]["job_tally"] == 2 * 8


def test_the_hook_of_progress_is_called_now_and_then():
    seen = []

    class Noting(Word2Vec):
        def _do_train_job(self, sentences, alpha, inits):
            threading.Event().wait(0.02)
            return super()._do_train_job(sentences, alpha, inits)

        def _log_progress(self, job_queue, progress_queue, cur_epoch, example_count, *rest):
            seen.append((job_queue, cur_epoch, example_count))
            super()._log_progress(job_queue, progress_queue, cur_epoch, example_count, *rest)

    model = Noting(**OPTIONS)
    model.build_vocab(SENTENCES)
    model.train(SENTENCES, total_examples=60, epochs=1, report_delay=0.01)
    assert seen and all(queue is None and epoch == 0 for queue, epoch, _ in seen)
    assert seen == sorted(seen, key=lambda line: line[2])


def test_what_follows_training_is_called_before_the_callbacks(base):
    calls = []

    class Noting(base):
        def _clear_post_train(self):
            calls.append("clear")
            super()._clear_post_train()

    class Callback:
        on_train_begin = on_epoch_begin = on_epoch_end = lambda self, model: None

        def on_train_end(self, model):
            calls.append("end")

    Noting(SENTENCES, callbacks=[Callback()], **OPTIONS)
    assert calls == ["clear", "end"]


def test_the_hooks_that_check_are_asked_and_may_refuse(base):
    class Strict(base):
        def _check_corpus_sanity(self, corpus_iterable=None, corpus_file=None, passes=1):
            passes_wanted.append(passes)
            super()._check_corpus_sanity(corpus_iterable, corpus_file, passes)

        def _check_training_sanity(self, epochs=0, total_examples=None, total_words=None, **kwargs):
            if epochs > 5:
                raise OverflowError("too many epochs")
            super()._check_training_sanity(
                epochs=epochs, total_examples=total_examples, total_words=total_words
            )

    passes_wanted = []
    model = Strict(SENTENCES, **OPTIONS)
    assert passes_wanted == [4, 1, 3]
    with pytest.raises(OverflowError, match="too many epochs"):
        model.train(SENTENCES, total_examples=60, epochs=6)


@pytest.mark.parametrize("name", _hooks.REFUSED)
def test_hooks_that_nothing_calls_are_refused_with_the_way_to_do_it(name):
    kind = type("Walker", (Word2Vec,), {name: lambda self, *args: None})
    heir = type("Heir", (kind,), {})
    for cls in (kind, heir):
        with pytest.raises(
            TypeError, match=f"Walker overrides {name}, .* not called here: "
        ) as error:
            cls(vector_size=4)
        assert "override" in str(error.value).partition("not called here: ")[2] or "give" in str(
            error.value
        )


def test_all_hooks_of_gensims_are_called_or_refused(gensim):
    theirs = gensim.models.Word2Vec
    private = {
        name
        for owner in theirs.__mro__[:-1]
        for name in vars(owner)
        if name.startswith("_") and not name.startswith("__") and callable(getattr(owner, name))
    }
    assert private <= {*_hooks.CALLED, *_hooks.REFUSED}
    for name in _hooks.CALLED:
        parameters = inspect.signature(getattr(Word2Vec, name)).parameters
        assert list(parameters) == list(inspect.signature(getattr(theirs, name)).parameters), name
    assert not set(_hooks.REFUSED) & set(dir(Word2Vec))


@pytest.mark.parametrize("returned", [None, 5, (1,), ("a", "b"), (1, 2, 3)])
def test_a_hook_that_returns_no_numbers_of_words_is_told_what_to_return(returned):
    class Silent(Word2Vec):
        def _do_train_job(self, sentences, alpha, inits):
            super()._do_train_job(sentences, alpha, inits)
            return returned

    with pytest.raises(TypeError, match=r"must return what super\(\)\._do_train_job\(\) does"):
        Silent(SENTENCES, **OPTIONS)
