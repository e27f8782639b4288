-- Who wrote how much. One row per document and user who edited it. What an edit added or removed is the
-- difference between its word count and the previous one. For example, 100 words after 90 are 10 added.
-- Nobody gets the words of the first count of a document, because they may be older than the log.

-- lateral, so that a query for a few documents reads the index on edits instead of all events.
create or replace view metrics.document_authors as
select
    documents.document_id,
    documents.title,
    authors.user_id,
    users.name as user_name,
    authors.edit_count,
    authors.words_added,
    authors.words_removed,
    authors.share_of_words_added
from public.documents
cross join
    lateral ( -- noqa: ST05
        -- Edits without a count get a partition of their own, so that lag() never meets one.
        with changes as (
            select
                events.user_id,
                events.document_word_count - lag(events.document_word_count) over (
                    partition by events.document_word_count is null
                    order by events.event_at, events.event_id collate "C" -- noqa: RF03
                ) as words
            from public.events
            where events.document_id = documents.document_id and events.event_type = 'document_edit'
        ),

        totals as (
            select
                user_id,
                count(*) as edit_count,
                sum(greatest(words, 0)) filter (where words is not null) as words_added,
                sum(greatest(-words, 0)) filter (where words is not null) as words_removed
            from changes
            group by user_id
        )

        select
            user_id,
            edit_count,
            words_added,
            words_removed,
            round(words_added / nullif(sum(words_added) over (), 0), 4) as share_of_words_added
        from totals
    ) as authors
inner join public.users on authors.user_id = users.user_id;

comment on view metrics.document_authors is
'Who edited each document, and how many words each of them added and removed; one row per document and user '
'with an edit. Read it by document: all of it is nearly as long as the log.';
comment on column metrics.document_authors.document_id is 'The document.';
comment on column metrics.document_authors.title is 'Latest known title.';
comment on column metrics.document_authors.user_id is 'Who edited it.';
comment on column metrics.document_authors.user_name is 'Latest known name.';
comment on column metrics.document_authors.edit_count is
'Number of document_edit events of the user, with or without a count.';
comment on column metrics.document_authors.words_added is
'Words that the edits of the user added, each against the previous edit with a count, whoever made it; null '
'where no edit of the user can be compared.';
comment on column metrics.document_authors.words_removed is
'Words that the edits of the user removed, each compared in the same way.';
comment on column metrics.document_authors.share_of_words_added is
'words_added / words that all users added to the document, to 4 decimals; null where no word was added or '
'words_added is null.';
