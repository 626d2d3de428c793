"""Face: the folder that is put on PYTHONPATH for the children of `python -m fastsgns.patched`."""
