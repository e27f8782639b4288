"""What a number of conf/pipeline.yml may be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """The range of a number in the settings. `text` describes it to the user."""

    least: float
    most: float
    text: str
    is_whole: bool = True

    def hold(self, value: object) -> bool:
        """Return whether the value is a number in this range. Neither `true` nor NaN is one."""
        is_number = isinstance(value, int if self.is_whole else int | float) and not isinstance(value, bool)
        return is_number and self.least <= value <= self.most  # type: ignore[operator]


# A count must fit PostgreSQL's integer of four bytes. A number of days, added to a date, must stay a valid date.
COUNT = Bounds(1, 10**9, "a whole number from 1 to 1,000,000,000")
# A threshold of 1 would find every subject, so these begin at 2.
SEVERAL = Bounds(2, 10**9, "a whole number from 2 to 1,000,000,000")
DAYS = Bounds(1, 10**5, "a whole number of days from 1 to 100,000")
MINUTES = Bounds(1, 527_040, "a whole number of minutes from 1 to 527,040, which is a year")
SECONDS = Bounds(0.001, 86_400, "a number of seconds from 0.001 to 86,400", is_whole=False)
SPREADS = Bounds(0.01, 10**6, "a number from 0.01 to 1,000,000", is_whole=False)
SHARE = Bounds(0, 1, "a share from 0 to 1, such as 0.2", is_whole=False)
SOME_SHARE = Bounds(0.001, 1, "a share from 0.001 to 1, such as 0.2", is_whole=False)
# No edit can remove more than all words, so a threshold of 1 would find nothing.
LOST_SHARE = Bounds(0.001, 0.999, "a share from 0.001 to 0.999, such as 0.8", is_whole=False)
