"""Functions that read a single text in plain Python: JSON, times, words, HTML."""
