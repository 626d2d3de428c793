"""Face: the private methods of gensim's Word2Vec that subclasses override.

Those that can be are called as in gensim; the others are refused, with the way to do it here. A
hook that nothing calls would leave a model that was trained on something else.
"""

#: Called with gensim's meaning.
CALLED = (
    "_check_corpus_sanity",
    "_check_training_sanity",
    "_clear_post_train",
    "_do_train_job",
    "_get_next_alpha",
    "_get_thread_working_mem",
    "_log_epoch_end",
    "_log_progress",
    "_log_train_end",
    "_raw_word_count",
)

#: Of these, what sees sentences: for them a batch stays what it is until it is trained.
OF_SENTENCES = ("_do_train_job", "_get_thread_working_mem", "_raw_word_count")

_SENTENCES = "override _do_train_job(sentences, alpha, inits), which is called with each batch"
_FILES = "override save() and load()"

#: Not called, and what to do instead.
REFUSED = {
    "_adapt_by_suffix": _FILES,
    "_do_train_epoch": f"give sentences in the place of corpus_file, and {_SENTENCES}",
    "_job_producer": f"give sentences whose __iter__ does it, or {_SENTENCES}",
    "_load_specials": _FILES,
    "_log_epoch_progress": "override _log_progress and _log_epoch_end, or give train() a callback",
    "_save_specials": _FILES,
    "_scan_vocab": "override scan_vocab()",
    "_smart_save": _FILES,
    "_train_epoch": "override train(), or give it a callback with on_epoch_begin and on_epoch_end",
    "_train_epoch_corpusfile": "override train(), or give it a callback",
    "_worker_loop": _SENTENCES,
    "_worker_loop_corpusfile": f"give sentences in the place of corpus_file, and {_SENTENCES}",
}


def check(cls: type, base: type) -> None:
    """Raise TypeError when a class overrides what is not called here.

    Parameters
    ----------
    cls : type
        A subclass of `base`, which has none of these methods.
    """
    for owner in cls.__mro__[: cls.__mro__.index(base)]:
        for name, instead in REFUSED.items():
            if name in vars(owner):
                raise TypeError(
                    f"{owner.__qualname__} overrides {name}, a method of gensim's Word2Vec that is "
                    f"not called here: {instead}"
                )
