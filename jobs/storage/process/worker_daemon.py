"""What starts Spark's Python workers on this machine: pyspark's own daemon, behind the import of `jobs`.

That puts the installed pyspark before the archive of it, which takes half a second longer to import.
"""

from pyspark.daemon import manager

if __name__ == "__main__":
    manager()
