"""Face: command lines of gensim.scripts, with the same arguments and outputs."""
