"""Face: the one home of the version number."""

__version__ = "0.1.0.dev0"


def show_versions() -> None:
    """Print what a report of a fault should say: versions, the system, the kernels that run here.

    Nothing is imported for it that is not installed; what is missing is told as such.
    """
    import importlib.metadata
    import platform
    import sys

    from fastsgns._core import available_kernels
    from fastsgns._params import available_cores, kernel_wanted

    told = {
        "fastsgns": __version__,
        "python": sys.version.replace("\n", " "),
        "platform": platform.platform(),
        "cores": available_cores(),
        "kernels": ", ".join(available_kernels()),
        "kernel wanted": kernel_wanted("auto"),
    }
    for name in ("numpy", "scipy", "gensim", "smart_open", "pandas", "pyarrow", "POT", "tqdm"):
        try:
            told[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            told[name] = "not installed"
    for name, value in told.items():
        print(f"{name}: {value}")  # noqa: T201
