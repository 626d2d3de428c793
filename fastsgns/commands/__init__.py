"""Face: the command `fastsgns`, a thin one over what there is; one module a command.

    program.py      which commands there are, and how each of them ends: exit status, messages
        |
    train.py, encode.py, nn.py, analogy.py, eval.py, convert.py, info.py, bench.py, demo.py,
    completion.py   each has DESCRIPTION, EXAMPLES, add_arguments(parser) and run(options), and is
        |           imported when it is asked for: `fastsgns --help` loads none of them
        |
    parameters.py   the options that are made of Word2Vec's parameters, and word2vec.c's names
    corpora.py      what text is given: files, folders, patterns, stdin, columns of tables
    outputs.py      in which format something is written, by suffix or option
    checks.py       what can be wrong before the first word is read
    questions.py    who asks: the command line, lines on standard input, or a prompt

Open program.py first. Nothing but `fastsgns.__main__` and `fastsgns.scripts` imports any of it.
"""
