#!/usr/bin/env python3
"""Turns any CSV file of times and texts into the JSON lines that Holdline takes, or plays it straight into a webhook.

    csv-to-mentions.py posts.csv --time created_at --text tweet > mentions.jsonl

    export HOLDLINE_WEBHOOK_SECRET=...
    csv-to-mentions.py posts.csv --time created_at --text tweet \\
        --url http://127.0.0.1:8080/in/listening --speed 600x --now

The second replays the file through the webhook of a running Holdline: ten hours of it in a minute, dated from now on.
Times may be RFC 3339 (with blank or T), seconds or milliseconds since 1970, or `Fri Nov 01 07:38:11 +0000 2013`; other
forms are told with --time-format, and those without an offset are in --zone (UTC unless said). --time-from-id takes the
time out of the id of a post of X, formerly Twitter. Without --id a mention is known by its row and content; --prefix puts
a word before every id, so that the same file can be played again as new mentions. Rows that do not fit are told on standard
error and left out. Needs Python 3.9 or newer and nothing else.
"""

import argparse
import csv
import hashlib
import importlib.util
import json
import pathlib
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

BYTES_MAX = {"id": 512, "text": 64 * 1024, "author": 512, "url": 2048, "language": 35, "title": 1024}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# Where --url is the address that mentions are sent to, the column of a mention's own is --link.
COLUMNS = {"text": "text", "author": "author", "url": "link", "language": "language", "title": "title"}
# Posts of X carry their time above bit 22, in milliseconds since this one.
SNOWFLAKE_EPOCH_MS = 1288834974657
OLD_FORM = "%a %b %d %H:%M:%S %z %Y"


def sender():
    """send-mentions.py, which stands beside this file."""
    path = pathlib.Path(__file__).resolve().with_name("send-mentions.py")
    spec = importlib.util.spec_from_file_location("send_mentions", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def since_epoch(milliseconds):
    return EPOCH + timedelta(milliseconds=milliseconds)


def moment_of(text, form, zone):
    text = text.strip()
    if form:
        moment = datetime.strptime(text, form)
    elif text.isdigit():
        moment = since_epoch(int(text) if len(text) > 11 else int(text) * 1000)
    else:
        try:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace(" UTC", "+00:00"))
        except ValueError:
            moment = datetime.strptime(text, OLD_FORM)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def mention_of(row, line, options):
    """One row's mention; raises ValueError with what does not fit."""
    mention = {}
    for field, option in COLUMNS.items():
        column = getattr(options, option)
        value = (row.get(column) or "").strip() if column else ""
        if value:
            mention[field] = value
    if "text" not in mention:
        raise ValueError(f"the column {options.text} is empty")
    given = (row.get(options.id) or "").strip() if options.id else ""
    content = json.dumps(row, sort_keys=True, default=str).encode()
    made = f"row-{line}-{hashlib.sha256(content).hexdigest()[:16]}"
    mention["id"] = options.prefix + (given or made)
    if options.time_from_id:
        if not given.isdigit():
            raise ValueError(f"the id {given[:40]!r} is not a number that holds a time")
        moment = since_epoch((int(given) >> 22) + SNOWFLAKE_EPOCH_MS)
    else:
        try:
            moment = moment_of(row.get(options.time) or "", options.time_format, options.zone)
        except (ValueError, OverflowError):
            raise ValueError(f"the time {(row.get(options.time) or '')[:40]!r} is not readable; see --time-format") from None
    mention["published"] = moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    check(mention)
    return mention


def check(mention):
    """The webhook refuses a delivery whole; what it would refuse is better left out here."""
    for field, most in BYTES_MAX.items():
        value = mention.get(field, "")
        if len(value.encode()) > most:
            raise ValueError(f"{field} is longer than {most} bytes")
        if any(c == "\0" or (ord(c) < 32 or 127 <= ord(c) < 160) and field not in ("text", "title") for c in value):
            raise ValueError(f"{field} holds a control character")
    if "url" in mention and not mention["url"].lower().startswith(("https://", "http://")):
        raise ValueError("url does not begin with https:// or http://")


def read(source, options):
    """The mentions in order of time."""
    csv.field_size_limit(1024 * 1024)
    rows = csv.DictReader(source, delimiter=options.delimiter, skipinitialspace=True)
    names = [name.strip() for name in rows.fieldnames or []]
    rows.fieldnames = names
    for option in [*COLUMNS.values(), "id"] + ([] if options.time_from_id else ["time"]):
        column = getattr(options, option)
        if column and column not in names:
            raise SystemExit(f"--{option}: there is no column {column!r}; the columns are {', '.join(names)}")
    mentions, seen, left_out = [], set(), 0
    for row in rows:
        try:
            mention = mention_of(row, rows.line_num, options)
            if mention["id"] in seen:
                raise ValueError(f"the id {mention['id'][:40]!r} was met before")
        except ValueError as error:
            left_out += 1
            print(f"line {rows.line_num}: left out: {error}", file=sys.stderr)
            continue
        seen.add(mention["id"])
        mentions.append(mention)
    print(f"{len(mentions)} mentions read, {left_out} rows left out", file=sys.stderr)
    return sorted(mentions, key=lambda mention: mention["published"])


def zone_of(name):
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise argparse.ArgumentTypeError(f"{name!r} is not a time zone; write one such as America/New_York") from None


def options_of(send):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="CSV with a header, in UTF-8")
    parser.add_argument("--text", default="text", help="the column of the text (text)")
    parser.add_argument("--time", default="published", help="the column of the time (published)")
    parser.add_argument("--id", help="the column of the id")
    for field in ("author", "link", "language", "title"):
        parser.add_argument(f"--{field}", help=f"the column of the {field}")
    parser.add_argument("--time-from-id", action="store_true", help="take the time out of the id (X, formerly Twitter)")
    parser.add_argument("--time-format", help="the time's form as for strptime, such as '%%d.%%m.%%Y %%H:%%M'")
    parser.add_argument("--zone", type=zone_of, default=timezone.utc, help="the zone of times without an offset (UTC)")
    parser.add_argument("--prefix", default="", help="put before every id")
    parser.add_argument("--delimiter", default=",", help="what separates values (,)")
    send.add_sending_options(parser, required=False)
    options = parser.parse_args()
    if options.time_from_id and not options.id:
        parser.error("--time-from-id needs --id")
    if options.speed and not options.url:
        parser.error("--speed needs --url: a file is written at once")
    return options


def main():
    send = sender()
    options = options_of(send)
    with open(options.file, encoding="utf-8-sig", newline="") as source:
        mentions = read(source, options)
    if options.url:
        send.send(options, mentions)
        return
    sys.stdout.reconfigure(encoding="utf-8")
    for mention in send.shift_to_now(mentions) if options.now else mentions:
        sys.stdout.write(send.encode(mention).decode())


if __name__ == "__main__":
    main()
