"""The steps that the jobs are made of: read, pass the quality gate, load, redact; and how a job runs.

May import `transforms`, `storage` and what these may. The jobs themselves, the modules of `jobs`, call the steps.
"""
