"""The jobs: spark-submit or make starts the modules that are directly here. The packages hold their parts."""

import sys
from pathlib import Path


def _is_copy_of_pyspark(entry: str) -> bool:
    """Whether an entry of Python's path is an archive of the pyspark that is installed too."""
    place = Path(entry)
    if place.suffix != ".zip" or len(place.parents) < 4:
        return False
    package, packages = place.parents[2], place.parents[3]
    return (package / "__init__.py").is_file() and str(packages) in sys.path


# spark-submit puts these archives first. Python must compile modules of an archive again in each process, which takes
# half a second. So we take the archives out.
sys.path[:] = [entry for entry in sys.path if not _is_copy_of_pyspark(entry)]
