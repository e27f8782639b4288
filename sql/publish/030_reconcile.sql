-- One row per file whose sums do not close; none when all is well.
select
    file_path,
    records,
    blank,
    quarantined_rows,
    accepted,
    published_rows,
    exact_duplicates,
    superseded_rows
from {staging}.arrivals
where
    records <> blank + quarantined_rows + accepted
    or accepted <> published_rows + exact_duplicates + superseded_rows
    or superseded <> superseded_rows
order by file_path collate "C";
