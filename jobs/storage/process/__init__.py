"""Manages this process: its Spark session, its logs, the signals that end it, its connection to the JVM."""
