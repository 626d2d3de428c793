"""Face: the modules in which pickles of earlier versions look for what they hold."""

import sys

from fastsgns import training, utils
from fastsgns.corpus import encoded, training_corpus

MOVED = {
    "_encoded": encoded,  # EncodedCorpus
    "_model_file": utils,  # call_on_class_only
    "_setup": training,  # TrainingDiverged
    "_training_corpus": training_corpus,  # RenumberedCorpus, CorpusView
}

sys.modules.update({f"fastsgns.{name}": module for name, module in MOVED.items()})
