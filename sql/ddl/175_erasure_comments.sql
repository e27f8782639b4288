-- The comments on the tombstones of erased people.
comment on table ops.erased_identifiers is
'Tombstones: one row per identifier of an erased person, so that records that name it are pseudonymised in '
'every later run. Worth nothing without the key file, and the other way round: keep both.';
comment on column ops.erased_identifiers.identifier_hash is
'Half of the HMAC-SHA256 of the id, name or address, in hex; the pseudonym is "erased:" and that of the id.';
comment on column ops.erased_identifiers.is_user_id is
'Whether it is of a user id; else of a name or an address, or of another spelling, looked for in quarantined '
'records only.';
comment on column ops.erased_identifiers.key_check is 'Tells whether the key file is the right one.';
comment on column ops.erased_identifiers.run_id is 'Run that erased the person.';
