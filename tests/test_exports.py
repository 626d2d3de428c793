"""Word vectors for other programs, which must find in them what fastsgns does."""

import numpy as np
import pytest

from fastsgns import KeyedVectors, exports

KEYS = [*(f"w{i}" for i in range(30)), "Straße", "\N{SNOWMAN}"]


@pytest.fixture
def kv():
    vectors = np.random.default_rng(1).standard_normal((len(KEYS), 12), dtype=np.float32)
    store = KeyedVectors(12)
    store.add_vectors(KEYS, vectors, extras={"count": np.arange(len(KEYS), 0, -1)})
    return store


def needs(package):
    return pytest.importorskip(package, reason=f"needs {package}")


def test_torch_looks_up_the_same_rows(kv):
    torch = needs("torch")
    layer = exports.to_torch(kv)
    rows = torch.tensor([kv.get_index("w3"), kv.get_index("Straße")])
    assert np.array_equal(layer(rows).numpy(), kv[["w3", "Straße"]])
    assert not layer.weight.requires_grad
    assert exports.to_torch(kv, freeze=False).weight.requires_grad
    with torch.no_grad():
        layer.weight[0] = 0
    assert kv["w0"].any()  # a copy


def test_spacy_finds_vectors_by_words(kv):
    spacy = needs("spacy")
    vectors = exports.to_spacy(kv)
    assert np.array_equal(vectors[vectors.strings["w3"]], kv["w3"])
    nlp = spacy.blank("en")
    exports.to_spacy(kv, nlp.vocab)
    doc = nlp("w3 Straße nowhere")
    assert np.array_equal(doc[0].vector, kv["w3"])
    assert np.array_equal(doc[1].vector, kv["Straße"])
    assert not doc[2].has_vector
    assert doc[0].similarity(doc[1]) == pytest.approx(
        float(kv.similarity("w3", "Straße")), abs=1e-6
    )


def test_faiss_and_usearch_find_the_neighbours_of_most_similar(kv):
    expected = [key for key, _ in kv.most_similar("w3", topn=5)]
    query = np.ascontiguousarray(kv.get_vector("w3", norm=True)[np.newaxis])
    done = 0
    for package, make in (("faiss", exports.to_faiss), ("usearch", exports.to_usearch)):
        try:
            index = make(kv)
        except ImportError:
            continue
        if package == "faiss":
            scores, places = index.search(query, 6)
            assert scores[0, 0] == pytest.approx(1, abs=1e-5)
        else:
            places = index.search(query[0], 6).keys[np.newaxis]
        assert [KEYS[place] for place in places[0]] == ["w3", *expected], package
        done += 1
    if not done:
        pytest.skip("needs faiss or usearch")


def test_usearch_takes_its_own_options(kv):
    needs("usearch")
    assert str(exports.to_usearch(kv, dtype="f16").dtype).lower().endswith("f16")


def test_the_files_of_the_projector_are_read_back(kv, tmp_path):
    vectors, metadata = exports.to_projector(kv, tmp_path / "new" / "folder")
    assert metadata.read_text(encoding="utf-8").splitlines()[:2] == ["word\tcount", "w0\t32"]
    np.testing.assert_allclose(np.loadtxt(vectors, delimiter="\t"), kv.vectors, rtol=1e-6)
    loaded = KeyedVectors.load_any(vectors)
    assert loaded.index_to_key == KEYS
    np.testing.assert_allclose(loaded.vectors, kv.vectors, rtol=1e-6)
    kv.expandos.clear()
    kv.index_to_key[0] = "a\tb\nc"
    lines = exports.to_projector(kv, tmp_path)[1].read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["a b c", "w1"]
    assert len(lines) == len(KEYS)


def test_numpy_files_are_read_back(kv, tmp_path):
    matrix, words = exports.to_numpy(kv, tmp_path / "vectors.npy")
    assert np.array_equal(np.load(matrix), kv.vectors)
    assert words.read_text(encoding="utf-8").splitlines() == KEYS
    loaded = KeyedVectors.load_any(matrix)
    assert loaded.index_to_key == KEYS
    assert np.array_equal(loaded.vectors, kv.vectors)


@pytest.mark.parametrize("key", ["a\nb", "a\u2028b", ""])
def test_a_file_with_a_key_a_line_refuses_keys_of_more_or_less(kv, tmp_path, key):
    kv.index_to_key[3] = key
    with pytest.raises(ValueError, match="cannot hold the key"):
        exports.to_numpy(kv, tmp_path / "vectors.npy")
    assert not list(tmp_path.iterdir())


def test_safetensors_are_read_back_here_and_by_their_package(kv, tmp_path):
    exports.to_safetensors(kv, tmp_path / "kv.safetensors")
    assert KeyedVectors.load(tmp_path / "kv.safetensors").index_to_key == KEYS
    numpy = pytest.importorskip("safetensors.numpy", reason="needs safetensors")
    assert np.array_equal(numpy.load_file(tmp_path / "kv.safetensors")["vectors"], kv.vectors)


def test_a_folder_of_model2vec_embeds_texts(kv, tmp_path, monkeypatch):
    model2vec = needs("model2vec")
    # It has a bar of tqdm's, whose monitor would be left.
    monkeypatch.setattr(pytest.importorskip("tqdm").tqdm, "monitor_interval", 0)
    folder = exports.to_model2vec(kv, tmp_path / "model")
    model = model2vec.StaticModel.from_pretrained(folder)
    found = model.encode(["w3 w5, Straße", "w7"])
    expected = kv.transform([["w3", "w5", "Straße"], ["w7"]])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_what_a_folder_holds_is_what_its_readers_look_for(kv, tmp_path):
    import json

    from fastsgns.io import safetensors

    folder = exports.to_model2vec(kv, tmp_path / "model", weights=np.full(len(KEYS), 2))
    _, arrays = safetensors.read(folder / "model.safetensors")
    assert np.array_equal(arrays["embeddings"][:-1], 2 * kv.vectors)
    assert not arrays["embeddings"][-1].any()
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    assert list(tokenizer["model"]["vocab"]) == [*KEYS, "[UNK]"]
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["hidden_dim"] == 12


@pytest.mark.parametrize("name", ["vec.300", "vec.300.npy"])
def test_a_name_with_a_point_is_kept(kv, tmp_path, name):
    paths = exports.to_numpy(kv, tmp_path / name)
    assert [path.name for path in paths] == ["vec.300.npy", "vec.300.vocab"]
    assert KeyedVectors.load_any(paths[0]).index_to_key == KEYS


@pytest.mark.parametrize("weights", [np.ones(3), np.ones(1), 2.0, np.ones((len(KEYS), 1))])
def test_weights_of_another_shape_are_refused_before_anything_is_written(kv, tmp_path, weights):
    with pytest.raises(ValueError, match="weights must be 32, one for each key, got shape"):
        exports.to_model2vec(kv, tmp_path / "model", weights=weights)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("export", "package"),
    [
        (exports.to_torch, "torch"),
        (exports.to_spacy, "spacy"),
        (exports.to_faiss, "faiss-cpu"),
        (exports.to_usearch, "usearch"),
    ],
)
def test_what_is_not_installed_is_named_with_how_to_install_it(kv, monkeypatch, export, package):
    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(exports, "import_module", missing)
    with pytest.raises(ImportError, match=f"needs {package}: pip install {package}"):
        export(kv)


@pytest.mark.parametrize("export", [exports.to_numpy, exports.to_model2vec])
def test_keys_that_are_no_text_are_refused_where_there_is_text_only(tmp_path, export):
    kv = KeyedVectors(2)
    kv.add_vectors(["a", 7], np.eye(2))
    with pytest.raises(TypeError, match="keys that are str, got 7"):
        export(kv, tmp_path / "x.npy")


def test_the_home_folder_is_found_by_its_sign(kv, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    made = [
        *exports.to_numpy(kv, "~/n.npy"),
        *exports.to_projector(kv, "~/projector"),
        exports.to_model2vec(kv, "~/model2vec"),
    ]
    assert all(path.is_relative_to(tmp_path) and path.exists() for path in made)
