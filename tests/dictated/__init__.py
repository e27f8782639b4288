"""The parts of other files that follow from the catalogue (`schemas/`): tables, checks, comments, views and guides.

`python -m tests.dictated` writes them. tests/test_catalogue.py fails if one is missing or differs.
"""
