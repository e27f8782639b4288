"""The world: files, the database, the machine. No business rule inside.

May import `records` and `schemas`. Its rooms: `config`, `process`, `input`, `database`, `runs`, `quarantine`, `erasure`
and `local`; `errors` and `known_errors` are for all of them.
"""
