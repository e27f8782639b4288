"""How the embedded PostgreSQL is set: for a two-core laptop and a bulk load, never at the cost of fsync."""

from __future__ import annotations

import shutil
from pathlib import Path

from jobs.storage.local.server_account import ServerAccount

HOST_BASED_ACCESS = """\
# Nobody is trusted: TCP on this machine with SCRAM, and no other way in.
host all all 127.0.0.1/32 scram-sha-256
"""

SETTINGS = """\
# Written again at every start by jobs/storage/local/server_settings.py.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''    # one way in is enough; socket paths have a length limit, too
max_connections = 50
password_encryption = 'scram-sha-256'

fsync = on                      # the data outlives a power cut, however disposable it is
shared_buffers = '512MB'
effective_cache_size = '2GB'
work_mem = '64MB'
maintenance_work_mem = '256MB'  # index builds of the first load sort in it
dynamic_shared_memory_type = {shared_memory}
random_page_cost = 1.1          # solid-state disks

wal_level = minimal             # nothing replicates from here, so index builds need no WAL of their own
max_wal_senders = 0
max_wal_size = '4GB'            # a bulk load with few checkpoints
checkpoint_timeout = '15min'

client_connection_check_interval = '1s'     # the backend of a killed run gives its lock back within a second
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
lc_messages = 'C'
"""

# Containers often give 64 MB, too little for two parallel workers with work_mem of hashes each.
ROOMY_SHARED_MEMORY_BYTES = 1 << 30


def write_settings(cluster: Path, account: ServerAccount, port: int) -> None:
    """Write `postgresql.conf` of the cluster for a server that listens on `port`."""
    shared_memory = Path("/dev/shm")  # noqa: S108 - only its size is asked for
    is_roomy = shared_memory.exists() and shutil.disk_usage(shared_memory).total >= ROOMY_SHARED_MEMORY_BYTES
    is_absent = not shared_memory.exists()  # macOS: POSIX shared memory without a file system to look at
    kind = "posix" if is_roomy or is_absent else "mmap"
    account.write(cluster / "postgresql.conf", SETTINGS.format(port=port, shared_memory=kind))
