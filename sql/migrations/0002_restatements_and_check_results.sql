-- One row per daily number that a run changed, and per check of a run.
create table if not exists ops.metric_restatements (
    run_id bigint not null
    constraint metric_restatements_run_id_fkey references ops.pipeline_runs (run_id),
    metric text not null,
    activity_date date not null,
    old_value bigint not null,
    new_value bigint not null,
    cause text not null,
    constraint metric_restatements_pkey primary key (run_id, metric, activity_date),
    constraint metric_restatements_value_changed check (old_value <> new_value),
    constraint metric_restatements_cause_known check (
        cause in ('late', 'replayed', 'superseded', 'refreshed', 'erased')
    )
);

create table if not exists ops.check_results (
    run_id bigint not null
    constraint check_results_run_id_fkey references ops.pipeline_runs (run_id),
    check_name text not null,
    severity text not null,
    findings bigint not null,
    example jsonb,
    constraint check_results_pkey primary key (run_id, check_name),
    constraint check_results_severity_known check (severity in ('error', 'warn')),
    constraint check_results_example_of_findings check ((findings = 0) = (example is null))
);
