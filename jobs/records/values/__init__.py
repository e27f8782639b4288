"""Single texts in plain Python: JSON, times, words, HTML."""
