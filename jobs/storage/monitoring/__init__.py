"""What other tools are told of runs: a file of metrics for Prometheus, events for a lineage server. Both are off by
default.
"""
