"""Users and documents: first and latest by time, then bytewise by event id, per column over its filled values."""

from chispa import assert_df_equality
from pyspark.sql import SparkSession

from jobs.transforms.dimensions import summarize_documents, summarize_users
from schemas.tables import DOCUMENTS, USERS
from tests.builders import events, minutes

EDIT = {"event_type": "document_edit", "document_id": "d1"}


def test_names_are_the_latest_known_each_for_itself(spark: SparkSession) -> None:
    frame = events(
        spark,
        {"event_at": minutes(0), "reported_user_name": "Ann", "reported_user_email": "ann@old.example"},
        {"event_id": "e2", "event_at": minutes(1), "reported_user_email": "ann@new.example"},
        {"event_id": "e3", "event_at": minutes(2)},
    )
    expected = spark.createDataFrame([("ann", "Ann", "ann@new.example", minutes(0), minutes(2))], USERS)
    assert_df_equality(summarize_users(frame), expected, ignore_nullable=True)


def test_recipients_are_users_too(spark: SparkSession) -> None:
    share = {**EDIT, "event_type": "document_shared", "recipients": ["bob", "cleo"]}
    frame = events(
        spark, {**share, "event_at": minutes(0)}, {"event_id": "e2", "event_at": minutes(5), "recipients": ["bob"]}
    )
    expected = spark.createDataFrame(
        [
            ("ann", None, None, minutes(0), minutes(5)),
            ("bob", None, None, minutes(0), minutes(5)),
            ("cleo", None, None, minutes(0), minutes(0)),
        ],
        USERS,
    )
    assert_df_equality(summarize_users(frame), expected, ignore_nullable=True, ignore_row_order=True)


def test_at_the_same_time_the_larger_event_id_is_the_later_bytewise(spark: SparkSession) -> None:
    frame = events(
        spark,
        {"event_id": "Z", "reported_user_name": "upper"},
        {"event_id": "a", "reported_user_name": "lower"},
        {"event_id": "\u00e9", "reported_user_name": "accented"},
    )
    assert summarize_users(frame).first().name == "accented"
    assert summarize_users(frame.filter("event_id <> '\u00e9'")).first().name == "lower"


def test_a_document_knows_its_first_sight_and_its_latest_edit(spark: SparkSession) -> None:
    frame = events(
        spark,
        {**EDIT, "event_type": "document_viewed", "user_id": "eve", "event_at": minutes(0)},
        {**EDIT, "event_id": "e2", "event_at": minutes(1), "document_word_count": 7},
        {**EDIT, "event_id": "e3", "user_id": "bob", "event_at": minutes(2), "reported_document_title": "Plan"},
        {**EDIT, "event_id": "e4", "event_type": "comment_added", "user_id": "cy", "event_at": minutes(3)},
        {"event_id": "e5", "event_at": minutes(4)},
    )
    expected = spark.createDataFrame([("d1", "Plan", minutes(0), "eve", "bob", minutes(2), 7)], DOCUMENTS)
    assert_df_equality(summarize_documents(frame), expected, ignore_nullable=True)


def test_a_document_that_was_never_edited_has_no_editor(spark: SparkSession) -> None:
    frame = events(spark, {**EDIT, "event_type": "comment_added", "document_word_count": 3})
    expected = spark.createDataFrame([("d1", None, minutes(0), "ann", None, None, None)], DOCUMENTS)
    assert_df_equality(summarize_documents(frame), expected, ignore_nullable=True)
