-- One row per file whose sums do not close. There is no row when all is well.
select
    file_path,
    records,
    blank,
    ignored,
    quarantined_rows,
    accepted,
    published_rows,
    exact_duplicates,
    duplicate_rows,
    superseded,
    superseded_rows
from {staging}.arrivals
where
    records <> blank + ignored + quarantined_rows + accepted
    or accepted <> published_rows + duplicate_rows + superseded_rows
    or exact_duplicates <> duplicate_rows
    or superseded <> superseded_rows
order by file_path collate "C";
