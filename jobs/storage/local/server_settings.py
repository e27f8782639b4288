"""The settings of the embedded PostgreSQL. They suit a two-core laptop and a bulk load, and always keep fsync on."""

from __future__ import annotations

import shutil
from pathlib import Path

from jobs.storage.local.server_account import ServerAccount

HOST_BASED_ACCESS = """\
# Nobody connects without a password. The only way in is TCP on this machine with SCRAM.
host all all 127.0.0.1/32 scram-sha-256
"""

SETTINGS = """\
# Written again at every start by jobs/storage/local/server_settings.py.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''    # TCP is enough, and the path of a socket has a length limit
max_connections = 50
password_encryption = 'scram-sha-256'

fsync = on                      # the data must survive a power cut
shared_buffers = '512MB'
effective_cache_size = '2GB'
work_mem = '64MB'
maintenance_work_mem = '256MB'  # the first load sorts in it when it builds indexes
dynamic_shared_memory_type = {shared_memory}
random_page_cost = 1.1          # solid-state disks

wal_level = minimal             # there is no replica, so index builds need not write WAL
max_wal_senders = 0
max_wal_size = '4GB'            # a bulk load with few checkpoints
checkpoint_timeout = '15min'

client_connection_check_interval = '1s'     # so the lock of a killed run is released within a second
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
lc_messages = 'C'
"""

# Containers often have 64 MB of shared memory. Two parallel workers whose hash tables take work_mem each need more.
ROOMY_SHARED_MEMORY_BYTES = 1 << 30


def write_settings(cluster: Path, account: ServerAccount, port: int) -> None:
    """Write `postgresql.conf` of the cluster for a server that listens on `port`."""
    shared_memory = Path("/dev/shm")  # noqa: S108 - only its size is asked for
    is_roomy = shared_memory.exists() and shutil.disk_usage(shared_memory).total >= ROOMY_SHARED_MEMORY_BYTES
    is_absent = not shared_memory.exists()  # macOS has POSIX shared memory without such a file system
    kind = "posix" if is_roomy or is_absent else "mmap"
    account.write(cluster / "postgresql.conf", SETTINGS.format(port=port, shared_memory=kind))
