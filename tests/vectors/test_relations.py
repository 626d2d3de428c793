"""3CosAvg and LRCos: what the other pairs of a relation say of a word."""

import numpy as np
import pytest

from fastsgns import KeyedVectors, evaluation
from fastsgns.vectors import analogies, asked_words, relations

N_PAIRS = 12


def world(shift=3.0, noise=0.5, size=25, n_others=300, seed=1):
    """Make pairs that differ by one direction, up to noise, among other words."""
    rng = np.random.default_rng(seed)
    sources = rng.standard_normal((N_PAIRS, size))
    relation = rng.standard_normal(size)
    targets = sources + shift * relation / np.linalg.norm(relation)
    targets += noise * rng.standard_normal(targets.shape)
    kv = KeyedVectors(size)
    names = [f"s{i}" for i in range(N_PAIRS)], [f"t{i}" for i in range(N_PAIRS)]
    kv.add_vectors(names[0] + names[1], np.vstack([sources, targets]))
    kv.add_vectors([f"o{i}" for i in range(n_others)], rng.standard_normal((n_others, size)))
    return kv


def all_words(kv):
    asked = [key.upper() for key in kv.index_to_key]
    asking = asked_words.AskedWords(kv.index_to_key, case_insensitive=True)
    asking.rows_of(asked, len(asked))
    asking.look_up()
    return asking.known()


def questions(path, pairs=None):
    pairs = pairs or [(f"s{i}", f"t{i}") for i in range(N_PAIRS)]
    lines = [f"{a} {b} {c} {d}" for a, b in pairs for c, d in pairs if a != c]
    path.write_text("\n".join([": pairs", *lines]), encoding="utf-8")
    return path


def pairs_of(kv):
    return np.array([[kv.get_index(f"s{i}"), kv.get_index(f"t{i}")] for i in range(N_PAIRS)])


def slow_average(kv, k):
    """Answer with most_similar: a source and the mean of what the other pairs differ by."""
    units = {key: kv.get_vector(key, norm=True).astype(float) for key in kv.index_to_key}
    found = []
    for i in range(N_PAIRS):
        others = [units[f"t{j}"] - units[f"s{j}"] for j in range(N_PAIRS) if j != i]
        query = (units[f"s{i}"] + np.mean(others, axis=0)).astype(np.float32)
        near = [key for key, _ in kv.most_similar([query], topn=k + 1) if key != f"s{i}"]
        found.append([kv.get_index(key) for key in near[:k]])
    return found


def slow_regression(kv, k):
    """Answer with scikit-learn's logistic regression."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    units = kv.get_normed_vectors().astype(float)
    pairs = pairs_of(kv)
    rest = np.setdiff1d(np.arange(len(units)), pairs)
    rest = np.random.default_rng(relations.SEED).choice(rest, N_PAIRS, replace=False)
    found = []
    for source, target in pairs:
        good = [row for row in pairs[:, 1] if row != target]
        bad = [row for row in pairs[:, 0] if row != source] + list(rest)
        model = linear_model.LogisticRegression(class_weight="balanced", tol=1e-8, max_iter=1000)
        model.fit(units[good + bad], [1] * len(good) + [0] * len(bad))
        scores = model.predict_proba(units)[:, 1] * (units @ units[source])
        scores[source] = -np.inf
        found.append(np.argsort(-scores)[:k].tolist())
    return found


def test_3cosavg_is_the_nearest_to_the_mean_difference_of_the_other_pairs():
    kv = world()
    words = all_words(kv)
    found = analogies.answers_by_pairs("3CosAvg", pairs_of(kv), words, kv.vectors, 5)
    assert found.tolist() == slow_average(kv, 5)


def test_lrcos_is_the_probability_of_a_target_times_the_cosine_with_the_source():
    kv = world()
    words = all_words(kv)
    found = analogies.answers_by_pairs("LRCos", pairs_of(kv), words, kv.vectors, 5)
    assert found.tolist() == slow_regression(kv, 5)


def test_many_pairs_answer_better_than_one(tmp_path):
    """One pair's difference is mostly noise, which the mean of eleven has much less of."""
    kv, path = world(shift=4, noise=0.9), questions(tmp_path / "q")
    score = {
        name: kv.evaluate_word_analogies(path, similarity_function=name)[0]
        for name in ("3CosAdd", "3CosAvg", "LRCos")
    }
    assert score["3CosAvg"] > score["3CosAdd"] + 0.05
    assert score["LRCos"] > 0.5


@pytest.mark.parametrize("name", ["3CosAvg", "LRCos"])
def test_each_pair_of_a_section_is_asked_once(tmp_path, name):
    kv, path = world(), questions(tmp_path / "q")
    with path.open("a") as file:
        file.write("\ns0 t0 s1 t1\ns0 t0 unknown t1\n: few\ns0 t0 s0 t0\n: none\n")
    score, sections = kv.evaluate_word_analogies(path, similarity_function=name)
    asked = sections[0]["correct"] + sections[0]["incorrect"]
    assert sorted(asked) == sorted((f"S{i}", f"T{i}") for i in range(N_PAIRS))
    # One pair alone says nothing.
    assert [sections[1]["correct"], sections[1]["incorrect"]] == [[], [("S0", "T0")]]
    assert score == len(sections[0]["correct"]) / (N_PAIRS + 1)
    counted = kv.evaluate_word_analogies(path, similarity_function=name, dummy4unknown=True)
    assert ("UNKNOWN", "T1") in counted[1][0]["incorrect"]


@pytest.mark.parametrize("name", analogies.METHODS)
def test_an_answer_may_be_right_among_several(tmp_path, name):
    kv, path = world(noise=1.6), questions(tmp_path / "q")
    scores = [
        kv.evaluate_word_analogies(path, similarity_function=name, topn=topn)[0]
        for topn in (1, 2, 5, 320)
    ]
    assert 0 < scores[0] < scores[-1] and scores == sorted(scores)
    if analogies.METHODS[name] not in relations.METHODS:
        assert scores[-1] == 1  # all words are answers, less those of the question


def test_case_variants_do_not_take_the_place_of_answers(tmp_path):
    kv, path = world(), questions(tmp_path / "q")
    plain = [
        kv.evaluate_word_analogies(path, similarity_function=name, topn=topn)
        for name in ("3CosAdd", "3CosAvg")
        for topn in (1, 3)
    ]
    kv.add_vectors(["S1", "T4"], kv[["s1", "t4"]] * 2)
    for (name, topn), (score, _) in zip(
        [("3CosAdd", 1), ("3CosAdd", 3), ("3CosAvg", 1), ("3CosAvg", 3)], plain, strict=True
    ):
        found = kv.evaluate_word_analogies(path, similarity_function=name, topn=topn)[0]
        assert found >= score - 0.1
    words = all_words(kv)
    found = analogies.answers_by_pairs("3CosAvg", pairs_of(kv), words, kv.vectors, 5)
    assert kv.get_index("S1") not in found and kv.get_index("T4") not in found


def test_what_is_known_of_no_method_is_refused(tmp_path):
    kv, path = world(), questions(tmp_path / "q")
    with pytest.raises(ValueError, match="'LRCos', got 'pairs'"):
        kv.evaluate_word_analogies(path, similarity_function="pairs")
    with pytest.raises(ValueError, match="topn must be an integer >= 1, got 0"):
        kv.evaluate_word_analogies(path, topn=0)
    with pytest.raises(ValueError, match="'LRCos', got 'pairs'"):
        evaluation.report(kv, path, methods=["3CosAdd", "pairs"])


# ---- in the report -------------------------------------------------------------------------------


def bats(folder, n=N_PAIRS):
    folder.mkdir()
    text = "".join(f"s{i}\tt{i}/o{i}\n" for i in range(n))
    (folder / "I01 [s - t].txt").write_text(text)
    (folder / "I02 [s - unknown].txt").write_text("s0\tx\ns1\ty\ns2\tz\n")
    return folder


def test_a_report_has_all_methods_where_they_apply(tmp_path):
    kv = world()
    (result,) = evaluation.report(kv, bats(tmp_path / "bats")).results
    methods = result.details["methods"]
    assert list(methods) == ["3CosAdd", "3CosMul", "3CosAvg", "LRCos"]
    assert methods["3CosAdd"]["score"] == result.score
    assert (methods["3CosAdd"]["low"], methods["3CosAdd"]["high"]) == (result.low, result.high)
    for name, found in methods.items():
        assert found["low"] <= found["score"] <= found["high"] and found["score"] <= found["top5"]
        n = N_PAIRS * (N_PAIRS - 1) if name in ("3CosAdd", "3CosMul") else N_PAIRS
        assert found["covered"] == n and found["total"] == n + (6 if n > N_PAIRS else 3)
    answered = relations.by_average(pairs_of(kv), kv.vectors, 1, 1)[:, 0]
    right = [row in (12 + i, 24 + i) for i, row in enumerate(answered.tolist())]
    assert methods["3CosAvg"]["score"] == pytest.approx(np.mean(right))


def test_questions_with_pairs_of_their_own_are_answered_one_by_one(tmp_path):
    lines = [f"s{i} t{i} s{i + 1} t{i + 1}" for i in range(0, N_PAIRS, 2)]
    (tmp_path / "own.txt").write_text("\n".join(lines))
    (result,) = evaluation.report(world(), tmp_path / "own.txt").results
    assert list(result.details["methods"]) == ["3CosAdd", "3CosMul"]


def test_only_the_methods_wanted_are_there(tmp_path):
    path = questions(tmp_path / "q.txt")
    (result,) = evaluation.report(world(), path, methods=["LRCos"]).results
    assert list(result.details["methods"]) == ["LRCos"] and result.measure == "accuracy"
    report = evaluation.report(world(), path, methods=[])
    assert report.results[0].score == result.score
    assert str(report).splitlines()[1].split()[2] == "accuracy"
