"""Starts Spark's Python workers on this machine. This is pyspark's own daemon, after an import of `jobs`.

The import makes Python find the installed pyspark first. The archive that Spark would use instead takes half a second
longer to import.
"""

from pyspark.daemon import manager

if __name__ == "__main__":
    manager()
