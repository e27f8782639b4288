"""Everything outside the program: files, the database, the machine. No business rule is in here.

These modules may import `records` and `schemas`. Each of the folders may import those before it: `process`, `config`,
`database`, `local`, `input`, `runs`, `quarantine`, `erasure`. All of them may import `errors`.
"""
