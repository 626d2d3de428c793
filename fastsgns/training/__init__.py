"""Engine room: from ids, a vocabulary and first weights to trained ones.

In come a TrainingCorpus, a Schedule, Settings, a Vocabulary and the matrices; the same matrices
come out, changed, with an Epoch for each epoch. The face loops over the epochs, since the callbacks
of its user come between them, and puts matrices and figures where gensim has them.

    settings.py   Settings: what a run needs to know of a model's parameters
    checkpoint.py how far a run has come, written down while it goes on
    weights.py    first weights; PlacedWeights: padded rows while training goes on (memory.py);
                  snapshot.py: copies of them; estimate.py: what all that takes
    replicas.py   which rows each worker has for itself
    excerpt.py    a short text is trained on a few rows of a large model
        |
    schedule.py   an epoch becomes Jobs, each with its learning rate
    draws.py      what is random in a job
        |
    run.py        Run: one call of train(); task.py makes what the boundary takes
        |
    workers.py    EpochRun: threads take jobs; each job is one call of _core, without the GIL;
                  hooked.py: or one of a function of the user's, which then trains
        |
    report.py     log, history and bar (progress.py)

Open run.py first.
"""

from fastsgns.training.checkpoint import Checkpoints, Progress, as_every, check_done, check_whole
from fastsgns.training.estimate import vocabulary_nbytes, weights_nbytes
from fastsgns.training.excerpt import Excerpt, PlacedExcerpt, can_be_excerpted, excerpt_of, n_drawn
from fastsgns.training.hooked import HookedRun, Hooks
from fastsgns.training.memory import padded_zeros
from fastsgns.training.replicas import Replicas, plan_replicas
from fastsgns.training.report import Lines, Report, history_entry, log_epoch_end, log_progress
from fastsgns.training.run import Run, Unfinished
from fastsgns.training.schedule import Job, Schedule
from fastsgns.training.settings import Settings
from fastsgns.training.weights import (
    NAMES,
    PlacedWeights,
    TrainingDiverged,
    Weights,
    check_finite,
    not_finite,
    with_zero_rows,
)
from fastsgns.training.workers import Epoch, EpochRun

__all__ = [
    "NAMES",
    "Checkpoints",
    "Epoch",
    "EpochRun",
    "Excerpt",
    "HookedRun",
    "Hooks",
    "Job",
    "Lines",
    "PlacedExcerpt",
    "PlacedWeights",
    "Progress",
    "Replicas",
    "Report",
    "Run",
    "Schedule",
    "Settings",
    "TrainingDiverged",
    "Unfinished",
    "Weights",
    "as_every",
    "can_be_excerpted",
    "check_done",
    "check_finite",
    "check_whole",
    "excerpt_of",
    "history_entry",
    "log_epoch_end",
    "log_progress",
    "n_drawn",
    "not_finite",
    "padded_zeros",
    "plan_replicas",
    "vocabulary_nbytes",
    "weights_nbytes",
    "with_zero_rows",
]
