"""fal's own Python client, unmodified, and `falconer` on the same requests: one line for each field that both have.

    agreement.py FALCONER SOCKET HOOK

The environment leads the client to an emulator, and a service on SOCKET submits to the same one. Ends with 1 when a
field differs.
"""

import json
import subprocess
import sys
import time

import fal_client

VIDEO, IMAGE = "xai/grok-imagine-video/text-to-video", "fal-ai/flux/dev"
LOG_FIELDS = ("timestamp", "level", "message")
DEADLINE = 30
# What fal answers to a question for the result of a cancelled request.
CANCELLED = 499

# What is asked for, the endpoint, and the state in which falconer has it while both are asked. The emulator's rules know
# the words; see `run`.
CASES = [
    ("succeeded", VIDEO, "succeeded"),
    ("succeeded, an integer over 2^53", IMAGE, "succeeded"),
    ("succeeded, its webhook dropped", VIDEO, "succeeded"),
    ("failed, by the model", VIDEO, "failed"),
    ("failed, by fal", VIDEO, "failed"),
    ("in progress", VIDEO, "accepted"),
    ("in queue", VIDEO, "accepted"),
    ("cancelled", VIDEO, "cancelled"),
]


def falconer(*words):
    done = subprocess.run([FALCONER, *words, "--socket", SOCKET, "--format", "json"], stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def until(what, condition):
    deadline = time.monotonic() + DEADLINE
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} did not come within {DEADLINE} s")
        time.sleep(0.05)
    return found


def logs(lines):
    return [{name: line.get(name) for name in LOG_FIELDS} for line in lines or []]


class Comparison:
    """Holds one side against the other, field by field."""

    def __init__(self):
        self.fields = self.differences = 0

    def field(self, name, official, ours):
        self.fields += 1
        text = json.dumps(official, sort_keys=True)
        if official == ours and type(official) is type(ours):
            print(f"  {name:28} {text if len(text) <= 80 else text[:79] + '…'}")
        else:
            self.differences += 1
            print(f"  {name:28} DIFFERS: the client has {text}, falconer {json.dumps(ours, sort_keys=True)}")

    def tree(self, name, official, ours):
        """Each leaf of what is nested; a key that only one of them has is one that differs."""
        if isinstance(official, dict) and isinstance(ours, dict):
            for key in sorted(official.keys() | ours.keys()):
                self.tree(f"{name}.{key}", official.get(key, "(missing)"), ours.get(key, "(missing)"))
        elif isinstance(official, list) and isinstance(ours, list):
            self.field(f"{name}: how many", len(official), len(ours))
            for index, pair in enumerate(zip(official, ours)):
                self.tree(f"{name}[{index}]", *pair)
        else:
            self.field(name, official, ours)

    def status(self, official, ours):
        words = {fal_client.Queued: "IN_QUEUE", fal_client.InProgress: "IN_PROGRESS", fal_client.Completed: "COMPLETED"}
        self.field("status", words[type(official)], ours["status"])
        if isinstance(official, fal_client.Queued):
            self.field("queue position", official.position, ours.get("queue_position"))
            return
        self.tree("logs", logs(official.logs), logs(ours["logs"]))
        if isinstance(official, fal_client.Completed):
            self.field("inference time", official.metrics.get("inference_time"), ours.get("inference_time"))
            self.field("error", official.error, ours.get("error"))
            self.field("error type", official.error_type, ours.get("error_type"))

    def result(self, endpoint, request, event):
        """The client's answer or error against the event that falconer has."""
        try:
            official = fal_client.result(endpoint, request)
        except fal_client.FalClientHTTPError as error:
            if event is None:
                self.field("outcome's status code", error.status_code, CANCELLED)
                return
            data = event["data"]
            self.field("outcome", "fal.request.failed", event["type"])
            if "status code" in data["error"]:
                self.field("outcome's status code", error.status_code, int(data["error"].rsplit(" ", 1)[-1]))
            self.tree("detail", error.message, data["payload"]["detail"])
            return
        self.field("outcome", "fal.request.succeeded", event and event["type"])
        self.tree("result", official, event and event["data"]["payload"])


def outcome(request):
    events = falconer("listen", "--from", "first", "--until", "now", "--types", "fal.request.*")
    found = [event for event in events if event.get("subject") == request]
    assert len(found) <= 1, found
    return found[0] if found else None


def main():
    comparison = Comparison()
    for words, endpoint, state in CASES:
        submission = falconer("submit", endpoint, "--prompt", f"agreement: {words}", "--no-check")[0]["submission"]

        def reached(wanted):
            status = falconer("status", submission)[0]
            return status if status["state"] == wanted else None

        request = until(f"{words}: accepted", lambda: falconer("status", submission)[0].get("request_id"))
        if words == "in progress":
            until(words, lambda: isinstance(fal_client.status(endpoint, request), fal_client.InProgress))
        if words == "cancelled":
            falconer("cancel", submission)
        ours = until(f"{words}: {state}", lambda: reached(state))
        print(f"{words}: request {request}, here {ours['state']}")
        # The client's answer is between two of ours, so that both speak of the same moment.
        before = falconer("status", submission, "--at-fal")[0]
        official = fal_client.status(endpoint, request, with_logs=True)
        after = falconer("status", submission, "--at-fal")[0]
        assert before["at_fal"] == after["at_fal"], (before, after)
        comparison.field("request id", request, after["request_id"])
        comparison.field("request id at fal", request, after["at_fal"]["request_id"])
        comparison.status(official, after["at_fal"])
        if isinstance(official, fal_client.Completed):
            comparison.result(endpoint, request, outcome(request))
        else:
            # The client would wait for it.
            comparison.field("outcome", None, outcome(request))

    # The other way round: what the client has submitted, and falconer only hears of.
    request = fal_client.submit(VIDEO, arguments={"prompt": "agreement: the client's own"}, webhook_url=HOOK).request_id
    print(f"submitted by the client: request {request}")
    comparison.result(VIDEO, request, until("its event", lambda: outcome(request)))
    print(f"{comparison.fields} fields compared, {comparison.differences} differ")
    sys.exit(1 if comparison.differences else 0)


FALCONER, SOCKET, HOOK = sys.argv[1:]
main()
