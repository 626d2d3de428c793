"""Face: the modules in which pickles of earlier versions look for what they hold."""

import sys
from importlib import import_module
from types import ModuleType

MOVED = {
    "_encoded": "corpus.encoded",  # EncodedCorpus
    "_model_file": "utils",  # call_on_class_only
    "_setup": "training",  # TrainingDiverged
    "_training_corpus": "corpus.training_corpus",  # RenumberedCorpus, CorpusView
}


class OldPlace(ModuleType):
    """A module whose content is in another one, which is imported when it is looked for."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):  # what is asked of any module is no reason to load the other
            raise AttributeError(name)
        package, _, old = self.__name__.partition(".")
        return getattr(import_module(f"{package}.{MOVED[old]}"), name)


for _old in MOVED:
    sys.modules[f"fastsgns.{_old}"] = OldPlace(f"fastsgns.{_old}")
