"""Documents, whose text grows and shrinks from edit to edit."""

from __future__ import annotations

from random import Random

from jobs.simulation.people import make_zipf_choice
from jobs.simulation.settings import Shard
from jobs.simulation.vocabulary import KANJI_PAIRS, TITLE_AREAS, TITLE_THINGS, WORDS

JAPANESE_EVERY = 40
FEWEST_WORDS = 4
WORDS_LEFT_AFTER_COLLAPSE = 3


class Library:
    """The documents of one shard, each with its current text."""

    def __init__(self, rng: Random, shard: Shard) -> None:
        self.document_ids = [f"doc_{number}" for number in shard.documents]
        self.titles = [f"{rng.choice(TITLE_AREAS)} {rng.choice(TITLE_THINGS)} {number}" for number in shard.documents]
        self.popularity = make_zipf_choice(rng, len(self.document_ids), offset=4, exponent=0.8)
        self._tokens: dict[int, list[str]] = {}

    def is_japanese(self, document: int) -> bool:
        """Whether a document is written in Kanji. There each character counts as a word."""
        return document % JAPANESE_EVERY == JAPANESE_EVERY - 1

    def draw_tokens(self, rng: Random, document: int, count: int) -> list[str]:
        """Returns `count` new tokens in the document's language."""
        return rng.choices(KANJI_PAIRS if self.is_japanese(document) else WORDS, k=count)

    def edit(self, rng: Random, document: int) -> int:
        """Changes a document's text by one edit. Returns the number of characters written or removed.

        Long documents tend to shrink and short ones to grow, so that texts have about 25 words. No edit removes more
        than a quarter, so that only a planted collapse looks like one.
        """
        tokens = self._tokens.get(document)
        if tokens is None:
            tokens = self._tokens[document] = self.draw_tokens(rng, document, rng.randrange(8, 40))
        size = len(tokens)
        place = int(rng.random() * size)
        draw = rng.random()
        count = 1 + int(rng.random() * 8)
        if size <= FEWEST_WORDS or draw < 0.95 - size * 0.02:
            changed = self.draw_tokens(rng, document, count)
            tokens[place:place] = changed
        elif draw < 0.9:
            stop = place + min(count, size // 4)
            changed = tokens[place:stop]
            del tokens[place:stop]
        else:
            changed = self.draw_tokens(rng, document, 1)
            tokens[place] = changed[0]
        return max(1, sum(map(len, changed)) + len(changed) - 1)

    def collapse(self, document: int) -> int:
        """Deletes nearly all of a document's text. Returns the number of characters removed."""
        before = len(self.text(document))
        del self._tokens[document][WORDS_LEFT_AFTER_COLLAPSE:]
        return before - len(self.text(document))

    def text(self, document: int) -> str:
        """Returns the current text of a document."""
        return " ".join(self._tokens[document])

    def count_words(self, document: int) -> int:
        """Returns the number of words. We know it from the tokens, so that it tests the pipeline's own counting."""
        return len(self._tokens[document]) * (2 if self.is_japanese(document) else 1)
