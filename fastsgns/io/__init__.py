"""Engine room: readers and writers of files: plain words, counts and matrices in and out.

It is below all other rooms and knows no class of ours: what a file holds comes as attributes by
name, and the face makes an object of them. What is wrong in a file is a FormatError that names the
place (errors.py). Nothing that a file holds is ever executed.

    files.py              opening by suffix; replacement: the old files are there or the new, whole
                          (byte_source: a file a chunk at a time; recognition: what a file is, by
                          its begin)
    places.py             files take their places by a note, and are read as they belong together
    interrupts.py         steps that no signal may come between; threads, which wait so
        |
    native.py             the native format: header, keys and arrays in one zip (native_json: which
                          of json_values, with types in value_types, and json_values_1 reads it);
                          key_table, by which a key is found there; parts that are not believed
                          unchecked: npy, zip_members, random_state
    safetensors.py        vectors for other programs
    gensim_pickle.py      gensim's files, by a written list of names (gensim_names, pickle_opcodes,
                          pickle_rows); gensim_writer writes them
    word2vec_format.py    word2vec.c's formats (word2vec_text, word2vec_binary, vector_reader,
                          number_text), and its vocabulary files (word_counts)
    fasttext_bin.py       models of fastText
    paired_files.py       words in one file, vectors in another
    short_lines.py        text that people have judged
        |
    formats.py            which of these a file is in, and what it says of itself (file_info)
    model_file.py         which attributes of a Word2Vec are in its file
    keyed_file.py         ... of a KeyedVectors; keyed_word2vec: those in word2vec.c's formats
    settable.py           which attributes a file may set
    gensim_attributes.py  what gensim's files of any age hold, as today's attributes, and back;
                          gensim_check: whether what is to be written there will be read again

Open native.py first.
"""
