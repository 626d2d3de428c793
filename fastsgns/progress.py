"""Face: the progress bars of reading and training."""

from fastsgns.corpus.progress import ReadingBar
from fastsgns.training.progress import TrainingBar

__all__ = ["ReadingBar", "TrainingBar"]
