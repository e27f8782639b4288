"""The quarantine folder: written, read and rewritten by Spark, and read line by line for people."""
