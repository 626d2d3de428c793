"""Engine room: what people look at: tables in notebooks, and pictures.

In come names, numbers and labels; out go HTML, and axes of matplotlib, which loads when the first
picture is made. Open plots.py first.

    html.py       names and values as a table of HTML
    plots.py      the loss of each epoch; vectors as labelled points of a plane

This room is private: programs use `Word2Vec.plot_loss` and `KeyedVectors.plot`.
"""
