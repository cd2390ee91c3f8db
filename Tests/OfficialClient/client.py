"""fal's own Python client, unmodified, against `falconer emulate`; the webhook goes to `falconer serve`.

Prints the id of the request whose webhook has to arrive.
"""

import sys

import fal_client

APP = "xai/grok-imagine-video/text-to-video"


def submit_with_webhook(hook):
    handle = fal_client.submit(APP, arguments={"prompt": "a falcon dives at dawn"}, webhook_url=hook)
    assert handle.request_id, handle
    words = []
    for event in handle.iter_events(with_logs=True, interval=0.05):
        words.append(type(event).__name__)
    assert words[-1] == "Completed", words
    assert set(words) <= {"Queued", "InProgress", "Completed"}, words
    status = fal_client.status(APP, handle.request_id, with_logs=True)
    assert isinstance(status, fal_client.Completed), status
    assert status.logs, status
    assert status.metrics["inference_time"] > 0, status
    for result in (handle.get(), fal_client.result(APP, handle.request_id)):
        video = result["video"]
        assert video["content_type"] == "video/mp4", result
        assert video["url"].endswith(".mp4"), result
    return handle.request_id


def subscribe():
    positions, logs = [], []

    def on_update(update):
        if isinstance(update, fal_client.Queued):
            positions.append(update.position)
        elif update.logs:
            logs.extend(update.logs)

    result = fal_client.subscribe(
        APP, arguments={"prompt": "a falcon lands"}, with_logs=True, on_queue_update=on_update
    )
    assert result["video"]["num_frames"] > 0, result
    assert positions and all(position == 0 for position in positions), positions
    assert logs and logs[0]["message"], logs


def cancel():
    handle = fal_client.submit(APP, arguments={"prompt": "a falcon waits"}, headers={"X-Emulator-Run-Ms": "600000"})
    handle.cancel()
    for _ in handle.iter_events(interval=0.05):
        pass
    try:
        handle.cancel()
    except fal_client.FalClientHTTPError as error:
        assert error.status_code == 400, error
    else:
        raise AssertionError("a finished request was cancelled")
    try:
        handle.get()
    except fal_client.FalClientHTTPError as error:
        assert error.status_code == 499, error
    else:
        raise AssertionError("a cancelled request has a result")


def failure():
    handle = fal_client.submit(APP, arguments={"duration": 6})
    try:
        handle.get()
    except fal_client.FalClientHTTPError as error:
        assert error.status_code == 422, error
        assert error.message[0]["loc"] == ["body", "prompt"], error.message
    else:
        raise AssertionError("an input without a prompt has a result")


def main():
    request_id = submit_with_webhook(sys.argv[1])
    subscribe()
    cancel()
    failure()
    print(request_id)


main()
