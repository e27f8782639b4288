"""Examples of users' additions: a DAG that waits for the asset, and a notifier that passes the failure message on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, BaseNotifier, task
from document_events import report_failure


class FileNotifier(BaseNotifier):
    """Writes its text into a file. A notifier of a provider would send it."""

    template_fields = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def notify(self, context: Any) -> None:
        """Writes the text."""
        Path(os.environ["AIRFLOW_HOME"], "notified").write_text(self.text)


with DAG("downstream", schedule=[Asset("document_events")], is_paused_upon_creation=False):

    @task
    def use() -> None:
        """Stands for a task that reads the tables."""

    use()

with DAG("failing", schedule=None):

    @task(on_failure_callback=[report_failure, FileNotifier("to you: {{ failure_message }}")])
    def fail() -> None:
        """Fails in every run."""
        raise ValueError("the task's own failure")

    fail()
