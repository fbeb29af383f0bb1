-- What came in. Unique per feed and foreign id, so that a repeat counts once.
create table mentions (
    seq        integer primary key,
    feed       text    not null,
    foreign_id text    not null,
    received   bigint  not null,
    counted    bigint  not null,
    marked     integer not null,
    body       text    not null,
    unique (feed, foreign_id)
);
create index mentions_by_time on mentions (counted);

create table counts (
    watch  text   not null,
    minute bigint not null,
    count  bigint not null,
    primary key (watch, minute)
) without rowid;

-- Everything a decision reads, by its hash.
create table rules (
    hash text primary key,
    body text not null
) without rowid;

-- Folders as they were taken, by the hash of their files.
create table folders (
    hash  text primary key,
    files text not null
) without rowid;

-- The truth. The chain covers header and a salted hash of body, so that a body can be erased by law.
create table events (
    seq      integer primary key,
    incident bigint not null,
    number   bigint not null,
    header   text   not null,
    mac      blob   not null,
    salt     blob,
    body     text,
    unique (incident, number)
);
-- Which entry is the last; sealed with the key, so that no earlier entry can be made to pass for it.
create table head (
    only_one integer primary key check (only_one = 1),
    seq      bigint  not null,
    seal     blob    not null
);

-- What is still owed, and what came of what was.
create table outbox (
    incident      bigint  not null,
    number        bigint  not null,
    place         bigint  not null,
    kind          text    not null,
    body          text    not null,
    not_before    bigint  not null,
    attempts      integer not null default 0,
    claimed_until bigint,
    epoch         bigint  not null default 0,
    outcome       text,
    restores      integer not null default 0,
    primary key (incident, number, place)
) without rowid;
create index outbox_owed on outbox (not_before) where outcome is null;

create table sessions (
    hash    text   primary key,
    person  text   not null,
    -- The hash of the address that was proved.
    proved  blob   not null,
    begun   bigint not null,
    seen    bigint not null,
    expires bigint not null,
    ended   bigint
) without rowid;

-- Small counters and cursors: code tries, mails per hour, how far a feed was read.
create table notes (
    name  text   primary key,
    value text   not null,
    at    bigint not null
) without rowid;
