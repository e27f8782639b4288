"""The same thing has the same name everywhere, and it is the field's own word."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = (
    *("jobs/**/*.py", "jobs/**/*.j2", "schemas/*.py", "sql/*/*.sql", "sql/checks/run/*.sql"),
    *("conf/**/*.yml", "docker/**/*.py", "docker/*.yml", "Makefile"),
)
GUIDES = ("README.md", "*/README.md")
FILES = sorted(
    path
    for pattern in CODE + GUIDES
    for path in ROOT.glob(pattern)
    # A migration that was applied never changes.
    if path.parent.name != "migrations"
)

# A word that nobody uses for it, and the one to write. A word with other meanings has a pattern for the wrong one only:
# a file may be touched, a lock is held, and a file in a folder is kept.
WORDS = {
    r"\brefus\w+|_refused\b|\bdescribed records?|records? (is|are) described\b": "quarantined; rejected",
    r"\bjudg(e|es|ed|ing)\b|\bjudge_\w+": "validate, or decide",
    r"\bframes?\b": "DataFrame or the name of its content; splitting for cutting a file into records",
    r"\bkeep_few|\bforget_kept|def (keep|hold)\w*\([^)]*DataFrame": "persist, persist_small, unpersist_all",
    r"\b(class|import) Work\b|\bWork\(|: Work\b": "LoadRequest",
    r"\bFileReading": "Reading, for a row of the ledger only",
    r"\bstanding\b": "previous_verdict",
    r"\bbooks\b": "ledger, or sums",
    r"\btouched_\w+|-- touched|touched (sessions?|users?|documents?|days?|events?|rows?|records?)\b": "affected",
    r"\bcarry_out\b|publish_surely|rehears\w+": "publish_in_transaction, publish_with_retries, dry run",
    r"\btrouble\b|\bdoors?\b|\bthe world:|touch\w* the world|\bjobs[./](steps[./])?entry\b": "what it is, no metaphor",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\banew\b": "again, or rebuild",
    r"\bput(s|ting)? right\b": "repair",
    r"\bfurther_|\.further\b": "a name that says what is in it",
}


@pytest.mark.parametrize("word", WORDS)
def test_the_field_s_own_word_is_used(word: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]!r}, write {WORDS[word]}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := re.search(word, line, re.IGNORECASE))
    ]
    assert found == []


def test_code_and_guides_are_searched() -> None:
    names = {str(path.relative_to(ROOT)) for path in FILES}
    assert {"jobs/pipeline.py", "sql/ddl/100_tables.sql", "README.md", "conf/README.md", "tests/README.md"} <= names
