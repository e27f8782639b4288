"""Events for a lineage server, by OpenLineage's own client: what a run reads, what it writes, and how it ends.

As with every producer of such events, OPENLINEAGE_API_KEY, OPENLINEAGE_ENDPOINT and OPENLINEAGE_NAMESPACE may be set
beside OPENLINEAGE_URL.
"""

import os
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from urllib.parse import unquote, urlsplit

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    RunFacet,
    error_message_run,
    job_type_job,
    processing_engine_run,
    schema_dataset,
    tags_run,
)
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport, TokenProvider
from openlineage.client.uuid import generate_static_uuid

from jobs.storage.database.postgres import connect
from jobs.storage.runs import run as runs
from schemas.columns import SQL_TYPES, TABLES
from schemas.tables import PUBLISHED

_PRODUCER = f"https://pypi.org/project/document-events/{version('document-events')}"
# For each step of a request; whoever sends bounds the whole.
_TIMEOUT_SECONDS = 2


def make_event(
    event_type: str, run: runs.Run, database_url: str, folders: Sequence[str], error: str | None = None
) -> RunEvent:
    """What happened to the run, which reads `folders` and writes the published tables."""
    namespace = os.environ.get("OPENLINEAGE_NAMESPACE") or "document-events"
    facets: dict[str, RunFacet] = {
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(version("pyspark"), "Spark"),
        "tags": tags_run.TagsRunFacet([tags_run.TagsRunFacetFields("run_id", str(run.run_id))]),
    }
    if error:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(error, "PYTHON")
    # All events of a run have one id, made from what the ledger knows of it.
    event_run_id = str(generate_static_uuid(run.started_at, f"{namespace}.{run.run_id}".encode()))
    job_type = job_type_job.JobTypeJobFacet("BATCH", "SPARK", "JOB")
    return RunEvent(
        eventType=RunState(event_type),
        eventTime=datetime.now(UTC).isoformat(),
        run=Run(event_run_id, facets),
        job=Job(namespace, f"document_events.{run.kind}", {"jobType": job_type}),
        producer=_PRODUCER,
        inputs=[_describe_folder(folder) for folder in folders],
        outputs=_describe_tables(database_url),
    )


def send(event: RunEvent) -> None:
    """Send it once: a second try would cost a load more time than the event is worth."""
    key = os.environ.get("OPENLINEAGE_API_KEY")
    config = HttpConfig(
        url=os.environ["OPENLINEAGE_URL"],
        endpoint=os.environ.get("OPENLINEAGE_ENDPOINT") or "api/v1/lineage",
        timeout=_TIMEOUT_SECONDS,
        auth=ApiKeyTokenProvider({"api_key": key}) if key else TokenProvider({}),
        retry={"total": 0},
    )
    OpenLineageClient(transport=HttpTransport(config)).emit(event)


def _describe_folder(uri: str) -> InputDataset:
    """The folder by OpenLineage's rules for names: `file` and a path, `s3://bucket` and a key without a slash."""
    parts = urlsplit(uri)
    path = unquote(parts.path)
    if parts.scheme == "file":
        return InputDataset("file", path)
    return InputDataset(f"{parts.scheme}://{parts.netloc}", path.lstrip("/") or "/" if parts.scheme == "s3" else path)


def _describe_tables(database_url: str) -> list[OutputDataset]:
    """The published tables, with their columns as the catalogue has them."""
    with closing(connect(database_url)) as connection:
        info = connection.info
        namespace, database = f"postgres://{info.host}:{info.port}", info.dbname
    return [
        OutputDataset(namespace, f"{database}.public.{table}", facets={"schema": _describe_columns(table)})
        for table in PUBLISHED
    ]


def _describe_columns(table: str) -> schema_dataset.SchemaDatasetFacet:
    return schema_dataset.SchemaDatasetFacet(
        [
            schema_dataset.SchemaDatasetFacetFields(
                column.name, SQL_TYPES[column.kind].partition(" collate")[0], column.comment
            )
            for column in TABLES[table]
        ]
    )
