"""What people set: conf/pipeline.yml, a source's mapping, variables of the environment."""
