"""Face: ``fastsgns train``: text in, vectors out; word2vec.c's command line too."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastsgns.commands import checks, corpora, outputs, parameters
from fastsgns.commands.program import UsageError, say
from fastsgns.corpus.encoded import EncodedCorpus
from fastsgns.distributed import DistributedWord2Vec, chunks
from fastsgns.evaluation import report
from fastsgns.io import word_counts
from fastsgns.io.files import replacing
from fastsgns.vectors import evaluation_sets
from fastsgns.word2vec import Word2Vec

DESCRIPTION = """\
Train word vectors on text with a sentence a line.

All that can go wrong is looked at before the first word is read. word2vec.c's options are taken as
they are: -train -output -size -window -sample -hs -negative -threads -iter -min-count -alpha
-classes -cbow -save-vocab -read-vocab -binary -debug. Defaults are those of Word2Vec in Python,
which are gensim's."""

USAGE = "CORPUS ... --output FILE"

EXAMPLES = """\
  fastsgns train text.txt --output vectors.bin --sg 1 --vector-size 100 --workers 2
  fastsgns train texts --output model.fsgns --epochs 2 --compute-loss
  fastsgns train reviews.jsonl more.csv.gz --column text --output vectors.txt
  fastsgns train -train text.txt -output vectors.txt -cbow 0 -size 50 -min-count 2
"""

#: What word2vec.c counts the ends of lines as, and writes first. We count none.
LINE_END = "</s>"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `train`."""
    corpora.add_corpus(parser)
    add = parser.add_argument
    add("-train", "--train", metavar="FILE", help="word2vec.c's way to name the text")
    add(
        "--output",
        metavar="FILE",
        help="where the result goes, in a format by its suffix or --format; - is standard output",
    )
    add(
        "-output",
        dest="word2vec_output",
        metavar="FILE",
        help="the same; a suffix that says nothing is word2vec's text, as in word2vec.c",
    )
    outputs.add_format(parser)
    add(
        "-binary",
        "--binary",
        type=int,
        choices=[0, 1],
        help="1: --format binary, 0: --format text, as in word2vec.c",
    )
    add(
        "-classes",
        "--classes",
        type=checks.integer("classes", 0),
        default=0,
        metavar="N",
        help="write no vectors, but each word and its class, of N made by k-means (needs"
        " scikit-learn)",
    )
    add("-save-vocab", "--save-vocab", metavar="FILE", help="write the words and their counts")
    add(
        "-read-vocab",
        "--read-vocab",
        metavar="FILE",
        help="take the words and their counts from a file that --save-vocab or word2vec.c wrote",
    )
    add(
        "--eval",
        action="append",
        default=[],
        metavar="FILE",
        help="judge the vectors by this file or folder, as fastsgns eval does; may be repeated",
    )
    add("-debug", "--debug", type=int, metavar="N", help="word2vec.c's: 0 is --quiet")
    add(
        "--resume",
        metavar="FILE",
        help="go on with the run that wrote this --checkpoint, over the same text",
    )
    add(
        "--save-on-interrupt",
        action="store_true",
        help="after Ctrl-C, write what has been trained; the exit status is 130 all the same",
    )
    _add_cluster(parser)
    add("--quiet", action="store_true", help="show no progress and no summary")
    add("--json", action="store_true", help="print the summary as JSON on standard output")
    parameters.add_parameters(parser)


def _add_cluster(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--ray",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="train by worker processes of a Ray cluster (auto: the one of this machine), or of one"
        " that is started here for the run; every machine must find the files",
    )
    add(
        "--num-workers",
        type=checks.integer("num_workers", 1),
        metavar="N",
        help="with --ray: processes at the most, each with --workers threads; default 2, or with"
        " --resume as before",
    )


def run(options: argparse.Namespace) -> None:
    """Check everything, train, and write the result."""
    plan = Plan(options)
    began = time.perf_counter()
    holder = _Holder()
    try:
        model = plan.trained(holder)
    except KeyboardInterrupt:
        plan.save_interrupted(holder.model)
        raise
    plan.write(model)
    plan.summarize(model, time.perf_counter() - began)


class Plan:
    """What one run of `train` is going to do, all of it checked."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.is_quiet = options.quiet or options.debug == 0
        self.parameters = parameters.given(options)
        self.output, self.format = self._output()
        paths = [*options.corpus, *filter(None, [options.train])]
        if options.ray is None:
            if options.num_workers is not None:
                raise UsageError("--num-workers is of a cluster, --ray; threads are --workers")
            self.corpus = corpora.source_of(paths, options.column)
        else:
            self.corpus = self._files_of_cluster(paths)
        for path in (self.output, options.save_vocab, self.parameters.get("checkpoint")):
            if path is not None:
                checks.check_writable(path)
        if self.output is not None:
            checks.check_not_among(self.output, corpora.files_of(self.corpus, paths))
        if options.eval:
            evaluation_sets.check(options.eval)
        if options.classes:
            checks.check_installed("sklearn", "sklearn", "-classes")
        self.counts = None if options.read_vocab is None else self._counts(options.read_vocab)
        if options.resume is not None:
            if self.parameters or self.counts is not None:
                names = ", ".join([*sorted(self.parameters), *(["read_vocab"] * bool(self.counts))])
                raise UsageError(f"--resume goes on as the run was begun, and takes no {names}")
            checks.check_readable(options.resume)
        self.model = Word2Vec(**self.parameters, progress=not self.is_quiet)
        self._check_memory()

    def _files_of_cluster(self, paths: list[str]) -> dict[str, Any]:
        """Return the text of a run on a cluster: files, which its workers read themselves."""
        checks.check_installed("ray", "ray", "--ray")
        options = self.options
        refused = {"--column": options.column, "--read-vocab": options.read_vocab}
        for name in [name for name, value in refused.items() if value is not None]:
            raise UsageError(f"--ray reads files of text, and takes no {name}")
        if options.ray and Path(options.ray).exists():
            raise UsageError(
                f"--ray {options.ray}: a file is no address; put the texts before --ray"
            )
        if not paths or corpora.STDIN in paths:
            raise UsageError("--ray needs files, folders, patterns or URLs that all workers find")
        if self.output is None:
            raise UsageError("no --output: say where what --ray trains is to go")
        chunks.list_files(paths)
        return {"files": paths}

    def _output(self) -> tuple[str | None, str]:
        """Return where the result goes, in which format."""
        options = self.options
        path = options.output or options.word2vec_output
        if path is None:
            if options.save_vocab is None:
                raise UsageError("no --output: say where the vectors are to go")
            return None, ""
        is_binary = {None: None, 0: "text", 1: "binary"}[options.binary]
        if options.format and is_binary and options.format != is_binary:
            raise UsageError(
                f"--format {options.format} and -binary {options.binary} contradict each other"
            )
        default = "native" if options.output else "text"
        found = options.format or is_binary or outputs.format_of(path, default)
        if not options.classes:
            outputs.check_format(path, found)
        if path == checks.STDOUT and options.json:
            raise UsageError("--json is for standard output, where --output - is")
        return path, found

    def _counts(self, path: str) -> dict[str, int]:
        counts = word_counts.read(path)
        # Here lines end sentences, and are no words.
        if next(iter(counts), None) == LINE_END:
            del counts[LINE_END]
        return counts

    def _check_memory(self) -> None:
        """Raise MemoryError for weights that cannot be had, as far as words are known."""
        model, corpus = self.model, self.corpus.get("corpus")
        counts: Iterable[int] = [model.min_count]
        if self.counts is not None:
            counts = self.counts.values()
        elif isinstance(corpus, EncodedCorpus):
            counts = corpus.counts.tolist()
        n_words = sum(count >= model.min_count for count in counts)
        if model.max_final_vocab is not None:
            n_words = min(n_words, model.max_final_vocab)
        model._check_memory(n_words)

    def trained(self, holder: _Holder) -> Word2Vec:
        """Read and train; the holder has the model as soon as something may be trained."""
        if self.options.ray is not None:
            return self._trained_by_cluster()
        if self.options.resume is not None:
            resumed = Word2Vec.resume(
                self.options.resume,
                **self.corpus,
                callbacks=[holder],
                progress=not self.is_quiet,
            )
            self._save_vocabulary(resumed)
            return resumed
        model, corpus = self.model, self.corpus
        if self.counts is not None:
            # Read once, to know how long it is.
            if "corpus" not in corpus:
                corpus = {"corpus": self._encoded()}
            model.build_vocab_from_freq(self.counts)
            model.corpus_count = corpus["corpus"].n_sentences
            model.corpus_total_words = corpus["corpus"].n_raw_words
        given: dict[str, Any] = {"corpus_iterable": corpus.get("sentences", corpus.get("corpus"))}
        if "corpus_file" in corpus:
            given = {"corpus_file": corpus["corpus_file"]}
        if self.counts is None:
            model.build_vocab(**given)
        self._save_vocabulary(model)
        if self.output is None:
            return model
        if model.corpus is not None:
            given = {}  # what build_vocab has read
        else:
            given["total_examples"] = model.corpus_count
            given["total_words"] = model.corpus_total_words
            given["epochs"] = model.epochs
        model.train(**given, callbacks=[holder])
        return model

    def _trained_by_cluster(self) -> Word2Vec:
        options = self.options
        where: dict[str, Any] = {"address": options.ray or None}
        if options.num_workers is not None:
            where["num_workers"] = options.num_workers
        if options.resume is not None:
            model = DistributedWord2Vec.resume(options.resume, **where)
        else:
            model = DistributedWord2Vec(
                self.corpus["files"],
                **where,
                **self.parameters,
                progress=not self.is_quiet,
            ).train()
        self._save_vocabulary(model)
        return model

    def _encoded(self) -> EncodedCorpus:
        of_reading: dict[str, Any] = {
            "workers": self.model.workers,
            "progress": self.model.progress,
        }
        if "sentences" in self.corpus:
            return EncodedCorpus.from_sentences(self.corpus["sentences"], **of_reading)
        return EncodedCorpus.from_file(self.corpus["corpus_file"], **of_reading)

    def _save_vocabulary(self, model: Word2Vec) -> None:
        if self.options.save_vocab is None:
            return
        counts = model.wv.expandos["count"].tolist()
        with replacing(self.options.save_vocab) as file:
            file.writelines(word_counts.lines(zip(model.wv.index_to_key, counts, strict=True)))

    def save_interrupted(self, model: Word2Vec | None) -> None:
        """Say what becomes of an interrupted run, and write it if that is wanted."""
        if self.output is not None and self.options.save_on_interrupt:
            if model is None:
                say("nothing had been trained yet, and nothing is saved")
                return
            self.write(model)
            say(f"what had been trained is in {self.output}")
        checkpoint = self.options.resume or self.parameters.get("checkpoint")
        if model is not None and checkpoint is not None:
            say(f"the same text and --resume {checkpoint} go on with it")

    def write(self, model: Word2Vec) -> None:
        """Write vectors, or classes."""
        if self.output is None:
            return
        model.progress = False  # whoever loads it has not asked for bars
        if not self.options.classes:
            outputs.write(model, self.output, self.format)
            return
        lines = word_counts.lines(
            zip(model.wv.index_to_key, classes(model, self.options.classes), strict=True)
        )
        if self.output == checks.STDOUT:
            sys.stdout.buffer.writelines(lines)
        else:
            with replacing(self.output) as file:
                file.writelines(lines)

    def summarize(self, model: Word2Vec, seconds: float) -> None:
        """Say what has been done."""
        done = {
            "output": self.output,
            "words": len(model.wv),
            "vector_size": model.vector_size,
            "epochs": len(model.history),
            "raw_words": model.corpus_total_words,
            "loss": model.history[-1]["loss"] if model.history else None,
            "seconds": round(seconds, 3),
            "kernel": model.kernel_used,
        }
        judged = report(model.wv, self.options.eval) if self.options.eval else None
        if self.options.json:
            done |= {"eval": judged.as_dict()} if judged else {}
            print(json.dumps(done, ensure_ascii=False))
            return
        if not self.is_quiet:
            say(
                f"{done['words']:,} words, {done['vector_size']} dimensions, of"
                f" {done['raw_words']:,} words of text x {done['epochs']} in {seconds:.1f} s:"
                f" {self.output or self.options.save_vocab}"
            )
        if judged is not None:
            print(judged)


class _Holder:
    """A callback that knows the model while it is trained."""

    model: Word2Vec | None = None

    def on_train_begin(self, model: Word2Vec) -> None:
        self.model = model

    def on_epoch_begin(self, model: Word2Vec) -> None: ...

    def on_epoch_end(self, model: Word2Vec) -> None: ...

    def on_train_end(self, model: Word2Vec) -> None: ...


def classes(model: Word2Vec, n_classes: int) -> list[int]:
    """Return the class of each word, by k-means of the vectors' directions, as in word2vec.c.

    Raises
    ------
    ValueError
        There are fewer words than classes.
    """
    from sklearn.cluster import MiniBatchKMeans

    if n_classes > len(model.wv):
        raise ValueError(f"-classes {n_classes}, but there are {len(model.wv)} words only")
    seed = model.seed if isinstance(model.seed, int) else None
    k_means: Any = MiniBatchKMeans  # its stub takes n_init for text
    means = k_means(n_classes, random_state=seed, n_init=3)
    found: list[int] = means.fit_predict(model.wv.get_normed_vectors()).tolist()
    return found
