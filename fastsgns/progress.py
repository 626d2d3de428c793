"""Face: the progress bar of training."""

from fastsgns.training.progress import TrainingBar

__all__ = ["TrainingBar"]
