"""A client of Falconer's event socket in one file: Python 3.9 or newer, standard library only. Copy it.

    import falconer

    # Every event from an id on. Reconnects by itself, and goes on where it was.
    for event in falconer.events("/run/falconer/events.sock", after="41", types=["fal.request.*"]):
        print(event.id, event.type, event.get("endpoint"), event.data)

    # A named consumer: the service keeps the place, and delivers again what was not acknowledged.
    with falconer.Consumer("/run/falconer/events.sock", "encoder", start="first") as consumer:
        for event in consumer:
            encode(event.data)
            consumer.ack(event)

    reply = falconer.submit("/run/falconer/events.sock", "xai/grok-imagine-video/text-to-video",
                            {"prompt": "a falcon"}, tag="demo")

The protocol is described in SocketProtocol.md. As a command, it prints events as JSON lines:

    python3 falconer.py /run/falconer/events.sock '{"from":"first","until":"now"}'
"""

import collections
import json
import random
import socket
import sys
import time

LINE_BYTES_MAX = 32 << 20
SILENCE_S = 45.0  # The service says something at least every 15 s.
PAUSE_S = (0.1, 10.0)  # Between two attempts to connect: the first, and the longest.

# Codes after which another attempt may succeed; with any other, asking again would only be told the same.
PASSING = {
    "too_many_connections", "too_many_connections_of_user", "busy", "line_timeout", "output_overflow",
    "journal_unreadable", "consumer_busy",
}


class FalconerError(Exception):
    """The service refused: `code` is for programs, the message says what to do, `frame` is all that it said."""

    def __init__(self, frame):
        super().__init__(f"{frame.get('code')}: {frame.get('message')}")
        self.code = frame.get("code")
        self.frame = frame


class Unanswered(Exception):
    """The connection ended before the reply to a command: it may have been carried out. Look before you ask again."""


class Event(dict):
    """An event: a dict of its attributes (`event["endpoint"]`), with what is needed most as properties."""

    def __init__(self, line, members, delivery=None, connection=None):
        super().__init__(members)
        self.line = line  # The journal's own line, bytes.
        self.delivery = delivery  # Which delivery it is, from 1, where each event is acknowledged.
        self._connection = connection

    id = property(lambda self: self["id"])
    type = property(lambda self: self["type"])
    data = property(lambda self: self.get("data"))


class Connection:
    """One connection: lines out, lines in, each with a deadline. The other parts of this file are built on it."""

    def __init__(self, path, timeout=5.0):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.rest = b""
        self.lines = collections.deque()
        try:
            self.socket.settimeout(timeout)
            self.socket.connect(path)
            line, self.hello = self.receive(timeout)
        except BaseException:
            self.close()
            raise
        if self.hello.get("frame") != "hello":
            self.close()
            raise FalconerError(self.hello)

    def send(self, **members):
        self.socket.settimeout(SILENCE_S)
        self.socket.sendall(json.dumps(members).encode() + b"\n")

    def receive(self, timeout=SILENCE_S):
        """The next line as bytes and as a dict; ConnectionError at the end or when nothing comes in time."""
        deadline = time.monotonic() + timeout
        while not self.lines:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ConnectionError(f"the service said nothing for {timeout:g} s")
            self.socket.settimeout(left)
            try:
                chunk = self.socket.recv(1 << 18)
            except (TimeoutError, socket.timeout):
                continue
            if not chunk:
                raise ConnectionError("the service closed the connection")
            *whole, rest = chunk.split(b"\n")
            if whole:
                whole[0] = self.rest + whole[0]
                self.rest = rest
                self.lines.extend(whole)
            else:
                self.rest += rest
            if len(self.rest) > LINE_BYTES_MAX:
                raise ConnectionError("the service sent a line that is too long")
        line = self.lines.popleft()
        return line, json.loads(line)

    def close(self):
        self.socket.close()


def _report(text):
    print(f"falconer: {text}", file=sys.stderr)


class _Pauses:
    """How long to wait between attempts: twice as long each time, and never all clients at the same moment."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.next = PAUSE_S[0]

    def wait(self):
        time.sleep(self.next * random.uniform(0.5, 1.0))
        self.next = min(2 * self.next, PAUSE_S[1])


def events(path, after=None, start=None, source=None, until=None, count=None, reconnect=True, report=_report, **filters):
    """Yields events, each an Event, in order and without a gap, over as many connections as it takes.

    after    the id behind which to begin; save `event.id` once you have dealt with an event
    start    instead of `after`: "first", "new" (the default), or a time, "2026-11-22T14:17:00Z"
    source   the journal `after` belongs to, `event["source"]`: raises FalconerError when it is another one now
    until    "now" or an id: ends behind that event
    count    ends after so many events
    filters  types=[...], endpoint="xai/*", submission="...", status="OK" or "ERROR", tag="..."
    """
    pauses = _Pauses()
    while True:
        connection = None
        try:
            connection = Connection(path)
            hello = connection.hello
            source = source or hello["source"]
            # What these words mean is decided once, not anew by every connection.
            if after is None and start in (None, "new"):
                after = hello["last"]
            if until == "now":
                until = hello["last"]
            options = dict(filters, source=source)
            options.update({"after": after} if after is not None else {"from": start})
            if until is not None:
                options["until"] = until
            connection.send(op="subscribe", **options)
            while True:
                line, members = connection.receive()
                frame = members.get("frame")
                if frame is None:
                    pauses.reset()
                    after = members["id"]
                    yield Event(line, members)
                    if count is not None:
                        count -= 1
                        if count == 0:
                            return
                elif frame in ("caught_up", "position"):
                    pauses.reset()
                    after = members["id"]
                elif frame == "gap":
                    after = members["to"]
                    report(f"events {members['from']} to {members['to']} are missing: {members['message']}")
                elif frame == "error":
                    raise FalconerError(members)
                elif frame == "bye":
                    if members["code"] == "complete":
                        return
                    raise ConnectionError(members["message"])
        except FalconerError as error:
            if not reconnect or error.code not in PASSING:
                raise
            report(error)
        except (OSError, ValueError) as error:
            if not reconnect:
                raise
            report(f"{error}; connecting again")
        finally:
            if connection:
                connection.close()
        pauses.wait()


class Consumer:
    """A named consumer: yields events that are to be acknowledged; what is not comes again, also after a crash.

    start    where a new consumer begins: "first", "new" or a time; one that exists goes on where it is
    options  ack="each" (default), "upto" or "none", ack_wait_s, max_in_flight, max_deliveries, group, hold, and filters
    """

    def __init__(self, path, name, start=None, reconnect=True, report=_report, **options):
        self.path = path
        self.reconnect = reconnect
        self.report = report
        self.options = dict(options, op="subscribe", consumer=name)
        if start:
            self.options["from"] = start
        self.connection = None
        self.pauses = _Pauses()
        self.waiting = collections.deque()
        self.number = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.waiting.clear()
        if self.connection:
            self.connection.close()
            self.connection = None

    def __iter__(self):
        while True:
            try:
                if self.waiting:
                    yield self.waiting.popleft()
                    continue
                if not self.connection:
                    self.connection = Connection(self.path)
                    self.connection.send(**self.options)
                self._take(*self.connection.receive())
            except FalconerError as error:
                self.close()
                if not self.reconnect or error.code not in PASSING:
                    raise
                self._pause(error)
            except (OSError, ValueError) as error:
                self.close()
                if not self.reconnect:
                    raise
                self._pause(f"{error}; connecting again")

    def ack(self, event, durable=False):
        """The event is done; with ack="upto", so is everything before it.

        With `durable`, waits until that is on disk, after which the event never comes again. False means that the
        connection is gone: the event may come again.
        """
        if not durable:
            return self._say(event, op="ack", id=event.id)
        self.number += 1
        if not self._say(event, op="ack", id=event.id, sync=True, ref=self.number):
            return False
        try:
            while True:
                line, members = self.connection.receive()
                if members.get("frame") == "acked" and members.get("ref") == self.number:
                    return True
                self._take(line, members)
        except (OSError, ValueError) as error:
            self.close()
            self._pause(f"{error}; connecting again")
            return False

    def nak(self, event, delay_s=0):
        """The event cannot be dealt with now: it comes again after the delay."""
        return self._say(event, op="nak", id=event.id, delay_s=delay_s)

    def progress(self, event):
        """More time is needed: the time for the acknowledgement begins anew."""
        return self._say(event, op="progress", id=event.id)

    def term(self, event, reason):
        """The event can never be dealt with: it is parked, see `falconer consumers parked`."""
        return self._say(event, op="term", id=event.id, reason=reason)

    def _say(self, event, **members):
        # An event of an earlier connection is not this one's to finish: it comes again.
        if not self.connection or event._connection is not self.connection:
            return False
        try:
            self.connection.send(**members)
            return True
        except OSError as error:
            self.close()
            self._pause(f"{error}; connecting again")
            return False

    def _take(self, line, members):
        frame = members.get("frame")
        if frame is None:
            self.waiting.append(Event(line, members, None, self.connection))
        elif frame == "delivery":
            # Behind `"event":`, and before the frame's own brace, stands the journal's line, byte for byte.
            event = line[line.index(b'"event":') + 8 : -1]
            self.waiting.append(Event(event, members["event"], members["delivery"], self.connection))
        elif frame == "gap":
            self.report(f"events {members['from']} to {members['to']} are missing: {members['message']}")
        elif frame == "dead":
            self.report(f"event {members['id']} is parked: {members['message']}")
        elif frame == "error":
            raise FalconerError(members)
        elif frame == "bye":
            raise ConnectionError(members["message"])
        if frame in (None, "delivery", "caught_up"):
            self.pauses.reset()

    def _pause(self, why):
        if self.reconnect:
            self.report(why)
            self.pauses.wait()


def command(path, op, timeout=30.0, **members):
    """Gives one command and returns its reply, a dict; raises FalconerError when it is refused.

    Waits for a service that is not there yet. Once the command was sent it is not sent again: Unanswered.
    """
    deadline = time.monotonic() + timeout
    pauses = _Pauses()
    while True:
        try:
            connection = Connection(path, max(0.001, deadline - time.monotonic()))
            break
        except OSError:
            if time.monotonic() + pauses.next > deadline:
                raise
            pauses.wait()
    try:
        connection.send(op=op, ref=1, **members)
        while True:
            _, frame = connection.receive(max(0.001, deadline - time.monotonic()))
            if frame.get("frame") == "error":
                raise FalconerError(frame)
            if frame.get("frame") == "bye":
                raise ConnectionError(frame["message"])
            if frame.get("frame") == "reply" and frame.get("ref") == 1:
                return frame
    except OSError as error:
        raise Unanswered(f"{op} may have been carried out: {error}") from error
    finally:
        connection.close()


def submit(path, endpoint, input, tag=None, timeout=30.0):
    """Has a request sent to fal; returns once it is on disk, with its id in `["submission"]`.

    After Unanswered, look for your tag in `command(path, "list")` before you submit again.
    """
    return command(path, "submit", timeout, endpoint=endpoint, input=input, **({"tag": tag} if tag else {}))


def status(path, submission, timeout=30.0):
    """What became of a submission; its id, or fal's request id."""
    return command(path, "status", timeout, submission=submission)


def _main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 64
    options = json.loads(arguments[1]) if len(arguments) == 2 else {}
    options["start"] = options.pop("from", None)
    try:
        for event in events(arguments[0], **options):
            sys.stdout.buffer.write(event.line + b"\n")
            sys.stdout.buffer.flush()
    except FalconerError as error:
        _report(error)
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
