"""Try an installed fastsgns, away from any checkout: what was installed, and that it trains.

Run as a script, ``python smoke.py``, with the Python that it is installed in. Nothing but fastsgns
and what it requires has to be there. Wheels are tested with it before they are published.
"""

import importlib.metadata
import importlib.util
import sys
import tempfile
from pathlib import Path, PurePosixPath

SENTENCES = [
    ["the", "sun", "warms", "the", "earth"],
    ["the", "moon", "lights", "the", "night"],
    ["the", "sun", "lights", "the", "day"],
    ["the", "moon", "moves", "the", "sea"],
] * 50


def check(holds, what):
    """Stop with a message unless something holds."""
    if not holds:
        sys.exit(f"smoke test: {what}")


def check_files():
    """Check what the wheel brought: types and compiled modules, no sources of theirs, no tests."""
    files = [PurePosixPath(str(file)) for file in importlib.metadata.files("fastsgns") or []]
    names = {str(file) for file in files}
    compiled = {file for file in files if file.suffix in (".so", ".pyd")}
    check("fastsgns/py.typed" in names, "py.typed is missing")
    check(compiled, "there is no compiled module")
    for module in compiled:
        if module.name.startswith("_cyutility."):  # Cython's own
            continue
        stub = f"{module.parent}/{module.name.split('.')[0]}.pyi"
        check(stub in names, f"{module} has no {stub}")
    for file in files:
        if file.stem == "fastsgns" and file.parent.name.lower() in ("bin", "scripts"):
            continue  # the command
        check(file.suffix not in (".pyx", ".pxd", ".c", ".h", ".inc"), f"{file} is a source")
        in_place = file.parts[0] == "fastsgns" or file.parts[0].endswith(".dist-info")
        check(in_place, f"{file} is outside the package")
    check(any(file.name == "LICENSE" for file in files), "the licence is missing")


def check_import():
    """Check that the installed package is what is imported, and that it says its version."""
    import fastsgns

    spec = importlib.util.find_spec("fastsgns._core")
    check(spec is not None and spec.origin is not None, "fastsgns._core is missing")
    here = Path(fastsgns.__file__).resolve().parent
    installed = importlib.metadata.distribution("fastsgns").locate_file("fastsgns")
    check(here == Path(str(installed)).resolve(), f"{here} is imported, {installed} installed")
    version = importlib.metadata.version("fastsgns")
    check(fastsgns.__version__ == version, f"{fastsgns.__version__} says that it is {version}")


def check_training():
    """Train a small model, save it, load it, and find the same neighbours."""
    from fastsgns import KeyedVectors, Word2Vec

    options = {"vector_size": 20, "min_count": 1, "sg": 1, "seed": 1, "workers": 1}
    model = Word2Vec(SENTENCES, **options)
    neighbours = model.wv.most_similar("sun", topn=3)
    check(len(neighbours) == 3, f"most_similar gave {neighbours}")
    again = Word2Vec(SENTENCES, **options)
    check((again.wv.vectors == model.wv.vectors).all(), "a seed gave two different models")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "model"))
        model.save(path)
        loaded = Word2Vec.load(path)
        check(loaded.wv.most_similar("sun", topn=3) == neighbours, "load is not what was saved")
        model.wv.save(path)
        check(KeyedVectors.load(path).index_to_key == model.wv.index_to_key, "vectors differ")
    loaded.train(SENTENCES, total_examples=len(SENTENCES), epochs=1)


if __name__ == "__main__":
    check_files()
    check_import()
    check_training()
    print(
        f"fastsgns {importlib.metadata.version('fastsgns')} on Python {sys.version.split()[0]}: ok"
    )
