"""Simulated event logs, with the right answers beside them.

May import `schemas`; it shares no rule with the code that it tests.
"""
