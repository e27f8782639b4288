"""What the catalogue (`schemas/`) dictates to plain files: tables, checks, comments, views and guides.

`python -m tests.dictated` writes it into them; tests/test_catalogue.py fails where it is not there.
"""
