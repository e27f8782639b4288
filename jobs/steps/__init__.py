"""The steps that jobs consist of: read, pass the quality gate, load, redact. `job_runner` runs a job.

These modules may import `transforms`, `storage` and what those import. The jobs, which are the modules of `jobs`, call
the steps.
"""
