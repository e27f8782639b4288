"""The kinds of anomalies, each once: the view that finds them, what they are about, and the thresholds they go by.

sql/README.md says how to add one. `python -m tests.dictated` writes the kinds into sql/metrics/099_anomalies.sql.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.bounds import COUNT, DAYS, LOST_SHARE, MINUTES, SECONDS, SEVERAL, SOME_SHARE, SPREADS, Bounds

# What `subject_type` says in the one row of a kind that flags too many subjects.
WHOLE_KIND = "kind"


@dataclass(frozen=True)
class AnomalyKind:
    """One kind of anomaly.

    `view` is in the schema metrics. `thresholds` stand below the name of the kind in conf/pipeline.yml. `graver` names
    thresholds that make a finding graver, each with the one that makes it a finding and that it must not be below.
    """

    name: str
    view: str
    subject_type: str
    thresholds: Mapping[str, Bounds]
    graver: tuple[tuple[str, str], ...] = ()


KINDS = (
    AnomalyKind("edit_burst", "edit_bursts", "document", {"edits": SEVERAL, "spreads": SPREADS, "warm_up_days": DAYS}),
    AnomalyKind(
        "share_burst", "share_bursts", "user", {"documents": SEVERAL, "spreads": SPREADS, "warm_up_days": DAYS}
    ),
    AnomalyKind(
        "content_collapse",
        "content_collapses",
        "document",
        {"words": COUNT, "share_lost": LOST_SHARE, "spreads": SPREADS, "changes": SEVERAL, "most_falls": COUNT},
    ),
    AnomalyKind("activity_without_login", "activity_without_login", "user", {"events_for_warning": COUNT}),
    AnomalyKind(
        "identical_fraction",
        "identical_fractions",
        "fraction",
        {"sessions": SEVERAL, "share": SOME_SHARE, "share_for_critical": SOME_SHARE},
        graver=(("share_for_critical", "share"),),
    ),
    AnomalyKind(
        "past_event",
        "past_events",
        "event",
        {"silent_days": DAYS, "most_events": COUNT, "warm_up_days": DAYS, "days_for_warning": DAYS},
    ),
    AnomalyKind(
        "login_spread",
        "login_spreads",
        "user",
        {"minutes": MINUTES, "places": SEVERAL, "spreads": SPREADS, "warm_up_days": DAYS},
    ),
    AnomalyKind("silent_day", "silent_days", "day", {"sessions": COUNT, "share": SOME_SHARE, "spreads": SPREADS}),
    AnomalyKind(
        "document_sweep",
        "document_sweeps",
        "user",
        {"documents": SEVERAL, "spreads": SPREADS, "warm_up_sessions": COUNT},
    ),
    AnomalyKind(
        "client_retry",
        "client_retries",
        "user",
        {"copies": SEVERAL, "copies_for_warning": SEVERAL, "seconds": SECONDS},
        graver=(("copies_for_warning", "copies"),),
    ),
)

# A kind that flags more subjects than `subjects`, and more than `share` of those it looked at, gets one row.
TOO_MANY = "too_many"
THRESHOLDS = {kind.name: kind.thresholds for kind in KINDS} | {TOO_MANY: {"subjects": COUNT, "share": SOME_SHARE}}
