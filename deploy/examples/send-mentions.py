#!/usr/bin/env python3
"""Signs mentions and posts them to a running Holdline's webhook feed.

    export HOLDLINE_WEBHOOK_SECRET=...        the feed's secret; never on the command line, where others could see it
    send-mentions.py --url http://127.0.0.1:8080/in/listening mentions.jsonl
    some-program | send-mentions.py --url http://127.0.0.1:8080/in/listening -
    send-mentions.py --url http://127.0.0.1:8080/in/listening --speed 60x --now history.jsonl

The file holds one mention a line: {"id": "1", "text": "...", "published": "2026-11-20T14:05:00Z"}; author, url,
language and title may be added. Mentions go out in deliveries of up to 1,000. A delivery that was not answered, or that
was answered with 429 or 5xx, is signed anew and sent again: Holdline knows a mention by its id, so nothing counts twice.
Whatever else is refused stops the program with Holdline's own words. Needs Python 3.9 or newer and nothing else.
"""

import argparse
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

SECRET_VARIABLE = "HOLDLINE_WEBHOOK_SECRET"
DELIVERY_MENTIONS_MAX = 1000
DELIVERY_BYTES_MAX = 1024 * 1024
TRIES_MAX = 8
TRY_SECONDS = 30
RETRY_SECONDS_MAX = 60
# With a speed, what is due within this time goes into one delivery.
TICK_SECONDS = 0.25


class Refused(Exception):
    """What Holdline will not take, in its own words."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would turn the signed POST into a GET."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirect)


def secret_from_environment():
    secret = os.environ.get(SECRET_VARIABLE, "")
    if not secret:
        raise SystemExit(f"set {SECRET_VARIABLE} to the feed's secret")
    return secret.encode()


def headers(secret, body):
    stamp = str(int(time.time()))
    signature = hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-ndjson",
        "Holdline-Timestamp": stamp,
        "Holdline-Signature": "v1=" + signature,
    }


def deliver(url, secret, lines):
    """Posts one delivery, and again where trying again may help."""
    body = b"".join(lines)
    why = ""
    for attempt in range(TRIES_MAX):
        pause = min(2**attempt, RETRY_SECONDS_MAX)
        request = urllib.request.Request(url, data=body, headers=headers(secret, body), method="POST")
        try:
            with OPENER.open(request, timeout=TRY_SECONDS):
                return
        except urllib.error.HTTPError as error:
            why = f"{error.code}: {error.read(2000).decode(errors='replace').strip()}"
            # 409 can only follow an attempt of the same second whose answer was lost; a new timestamp makes it another.
            if error.code not in (409, 429) and error.code < 500:
                raise Refused(why) from None
            after = error.headers.get("Retry-After", "")
            pause = min(int(after), RETRY_SECONDS_MAX) if after.isdigit() else pause
        except (urllib.error.URLError, OSError) as error:
            why = str(getattr(error, "reason", error))
        print(f"not taken ({why}); trying again in {pause} s", file=sys.stderr)
        time.sleep(max(pause, 1))
    raise Refused(f"not taken after {TRIES_MAX} tries: {why}")


def encode(mention):
    return json.dumps(mention, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def send_all(url, secret, mentions):
    """Sends without waiting. Returns how many went out."""
    sent, lines, size = 0, [], 0
    for mention in mentions:
        line = encode(mention)
        if lines and (len(lines) == DELIVERY_MENTIONS_MAX or size + len(line) > DELIVERY_BYTES_MAX):
            deliver(url, secret, lines)
            sent, lines, size = sent + len(lines), [], 0
        lines.append(line)
        size += len(line)
    if lines:
        deliver(url, secret, lines)
    return sent + len(lines)


def published(mention):
    """The mention's time, or none."""
    text = mention.get("published")
    if not text:
        return None
    return datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00"))


def rfc3339(moment):
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shift_to_now(mentions):
    """Moves all times by the same amount, so that the latest is now."""
    times = [moment for moment in map(published, mentions) if moment]
    if not times:
        return mentions
    by = datetime.now(timezone.utc) - max(times)
    return [{**m, "published": rfc3339(published(m) + by)} if published(m) else m for m in mentions]


def play(url, secret, mentions, speed, now):
    """Sends each mention when it is due: its time after the first one's, divided by the speed."""
    mentions = sorted(mentions, key=lambda m: published(m) or datetime.min.replace(tzinfo=timezone.utc))
    times = [moment for moment in map(published, mentions) if moment]
    first, begun = (times[0] if times else None), datetime.now(timezone.utc)
    sent, waiting = 0, []
    for mention in mentions:
        moment = published(mention)
        due = begun + (moment - first) / speed if moment else begun
        if (due - datetime.now(timezone.utc)).total_seconds() > TICK_SECONDS:
            sent += send_all(url, secret, waiting)
            waiting = []
            time.sleep(max((due - datetime.now(timezone.utc)) / timedelta(seconds=1), 0))
        waiting.append({**mention, "published": rfc3339(due)} if now and moment else mention)
    return sent + send_all(url, secret, waiting)


def speed_of(text):
    try:
        speed = float(text[:-1]) if text.endswith("x") else 0.0
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a speed; write 1x, 10x or 600x")
    return speed


def add_sending_options(parser, required):
    parser.add_argument("--url", required=required, help="the webhook's address, such as http://127.0.0.1:8080/in/listening")
    parser.add_argument("--speed", type=speed_of, help="play at the pace of the mentions' times, so many times faster (600x)")
    parser.add_argument("--now", action="store_true", help="date the first mention now (with --speed), or else the last")


def send(options, mentions):
    """Sends as the options say, and tells how many."""
    secret = secret_from_environment()
    try:
        if options.speed:
            sent = play(options.url, secret, mentions, options.speed, options.now)
        else:
            sent = send_all(options.url, secret, shift_to_now(mentions) if options.now else mentions)
    except Refused as error:
        raise SystemExit(f"stopped: {error}") from None
    print(f"{sent} mentions sent", file=sys.stderr)


def read_lines(source):
    for number, line in enumerate(source, 1):
        if not line.strip():
            continue
        try:
            mention = json.loads(line)
            if not isinstance(mention, dict):
                raise ValueError("it is not a JSON object")
            published(mention)
        except (ValueError, AttributeError, TypeError) as error:
            raise SystemExit(f"line {number}: {error}") from None
        yield mention


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="JSON lines, or - for standard input")
    add_sending_options(parser, required=True)
    options = parser.parse_args()
    if options.file == "-":
        sys.stdin.reconfigure(encoding="utf-8")
        mentions = read_lines(sys.stdin)
        send(options, list(mentions) if options.speed or options.now else mentions)
    else:
        with open(options.file, encoding="utf-8") as source:
            send(options, list(read_lines(source)))


if __name__ == "__main__":
    main()
