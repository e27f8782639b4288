"""What a number of conf/pipeline.yml may be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """The least and the most that a number may be; `text` says it to the user."""

    least: float
    most: float
    text: str
    is_whole: bool = True

    def hold(self, value: object) -> bool:
        """Whether the value is such a number; neither true nor NaN is one."""
        is_number = isinstance(value, int if self.is_whole else int | float) and not isinstance(value, bool)
        return is_number and self.least <= value <= self.most  # type: ignore[operator]


# PostgreSQL counts in four bytes, and its dates end somewhere.
COUNT = Bounds(1, 10**9, "a whole number from 1 to 1,000,000,000")
# One is no crowd: every subject would be found.
SEVERAL = Bounds(2, 10**9, "a whole number from 2 to 1,000,000,000")
DAYS = Bounds(1, 10**5, "a whole number of days from 1 to 100,000")
MINUTES = Bounds(1, 527_040, "a whole number of minutes from 1 to 527,040, which is a year")
SECONDS = Bounds(0.001, 86_400, "a number of seconds from 0.001 to 86,400", is_whole=False)
SPREADS = Bounds(0.01, 10**6, "a number from 0.01 to 1,000,000", is_whole=False)
SHARE = Bounds(0, 1, "a share from 0 to 1, such as 0.2", is_whole=False)
SOME_SHARE = Bounds(0.001, 1, "a share from 0.001 to 1, such as 0.2", is_whole=False)
# An edit can't take away more than all words, so that at 1 nothing would be found.
LOST_SHARE = Bounds(0.001, 0.999, "a share from 0.001 to 0.999, such as 0.8", is_whole=False)
