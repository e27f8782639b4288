"""Keeping the code that Spark generates small."""

from pyspark.sql import Column
from pyspark.sql import functions as F


def uncompiled(value: Column) -> Column:
    """The same value, which Spark interprets where it would compile it.

    For what few records need, behind a `when`. Compiled, it would stand in the code that every record goes through:
    each task generates that code anew, and the JVM compiles it; without it two million records parse in four fifths
    of the time.
    `zip_with` is one of the functions that Spark 4.3 leaves to its interpreter, with all that is inside it; where it
    compiles that one as well, the code is larger and the value is the same.
    """
    one = F.array(F.lit(0))
    return F.get(F.zip_with(one, one, lambda _, __: value), F.lit(0))
