"""Engine room: readers and writers of files: plain words, counts and matrices in and out."""
