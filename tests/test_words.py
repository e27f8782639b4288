"""The same thing has the same name everywhere, and it is the field's own word."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = sorted(
    path
    for pattern in ("jobs/**/*.py", "schemas/*.py", "sql/*/*.sql", "sql/checks/run/*.sql", "conf/**/*.yml", "Makefile")
    for path in ROOT.glob(pattern)
    # A migration that was applied never changes.
    if path.parent.name != "migrations"
)

# A word that nobody uses for it, and the one to write.
WORDS = {
    r"refus\w+ (records?|ones)|record\w* (is|are) refused|_refused\b": "quarantined",
    r"judg(e|es|ed|ing)\b": "validate, or decide",
    r"\bkeep_few|\bforget_kept": "persist_small, unpersist_all",
    r"\bstanding\b": "previous_verdict",
    r"\bbooks\b": "ledger, or sums",
    r"\btouched_\w+|-- touched": "affected",
    r"\bcarry_out\b|publish_surely|rehears\w+": "publish_in_transaction, publish_with_retries, dry run",
    r"\btrouble\b": "known error",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\banew\b": "again, or rebuild",
    r"\bput(s|ting)? right\b": "repair",
    r"\bfurther_": "a name that says what is in it",
}


@pytest.mark.parametrize("word", WORDS)
def test_the_field_s_own_word_is_used(word: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]!r}, write {WORDS[word]}"
        for path in CODE
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := re.search(word, line, re.IGNORECASE))
    ]
    assert found == []
