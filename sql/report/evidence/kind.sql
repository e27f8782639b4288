-- All findings of a kind that flags too many subjects. One row per finding, the gravest first.
select
    severity,
    subject_id,
    observed_at,
    observed,
    expected,
    explanation
from {view}
order by
    array_position(array['critical', 'warning', 'info'], severity),
    observed_at desc,
    subject_id collate "C" asc,
    observed desc,
    explanation collate "C" asc
