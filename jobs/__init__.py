"""The modules here are what can be spark-submitted or called by make; the packages are what they are made of."""

import sys
from pathlib import Path


def _is_copy_of_pyspark(entry: str) -> bool:
    """Whether an entry of Python's path is an archive beside the installed pyspark that it was made of."""
    place = Path(entry)
    if place.suffix != ".zip" or len(place.parents) < 4:
        return False
    package, packages = place.parents[2], place.parents[3]
    return (package / "__init__.py").is_file() and str(packages) in sys.path


# spark-submit puts such archives first. Python compiles what it imports from an archive in each process again, which
# takes half a second.
sys.path[:] = [entry for entry in sys.path if not _is_copy_of_pyspark(entry)]
