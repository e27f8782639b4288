"""Reads the configuration: conf/pipeline.yml, the mapping of a source, and variables of the environment."""
