"""The world: files, the database, the machine. No business rule inside.

May import `records` and `schemas`. Its rooms, each of which may import those before it: `process`, `config`,
`database`, `local`, `input`, `runs`, `quarantine`, `erasure`. `errors` is for all of them.
"""
