"""Headless Chromium, driven by its own protocol over a pipe: real keys, real touches, what is on the screen."""

import base64
import contextlib
import itertools
import json
import os
import select
import shutil
import subprocess
import time

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60  # seconds for an answer, on a busy machine
KEYS = {"Enter": 13, "Escape": 27, "End": 35, "Home": 36, "Tab": 9, " ": 32}
KEYS |= {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}


def program():
    """The path of Chromium, None without one."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


class Browser:
    """One window of headless Chromium with a profile of its own in a folder."""

    def __init__(self, folder):
        self.numbers, self.rest, self.events = itertools.count(1), b"", []
        theirs_in, self.to = os.pipe()
        self.back, theirs_out = os.pipe()
        words = [program(), "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        words += [f"--user-data-dir={folder}", "--window-size=1280,900", "about:blank"]
        # the protocol is spoken over descriptors 3 and 4
        line = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self.process = subprocess.Popen(
            ["bash", "-c", line, "bash", *words],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.session = None
        pages = [target for target in self("Target.getTargets")["targetInfos"] if target["type"] == "page"]
        self.session = self("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Performance"):
            self(f"{domain}.enable")
        downloads = {"behavior": "allow", "downloadPath": str(folder)}
        self("Browser.setDownloadBehavior", **downloads)

    def __call__(self, method, **arguments):
        """The result of a method of the protocol."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": arguments}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def read(self):
        """The next message."""
        until = time.monotonic() + PATIENCE
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.back], [], [], max(0, until - time.monotonic()))
            piece = os.read(self.back, 1 << 16) if ready else b""
            assert piece, "Chromium does not answer"
            self.rest += piece
        message, _, self.rest = self.rest.partition(b"\0")
        return json.loads(message)

    def open(self, path, width=1280, height=900, touch=False, dark=False):
        """Open a file in a window of that size."""
        self("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        self("Emulation.setTouchEmulationEnabled", enabled=touch)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self("Emulation.setEmulatedMedia", features=[scheme])
        self.events.clear()
        assert "errorText" not in self("Page.navigate", url=f"file://{path}"), path
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.read())

    def of(self, script):
        """The value of an expression on the page, awaited."""
        answer = self("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, *keys):
        """Press keys, one after the other: names of `KEYS`, or characters."""
        for key in keys:
            code = KEYS.get(key, ord(key[0].upper()))
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
            event = {"key": key, "windowsVirtualKeyCode": code, "text": text}
            self("Input.dispatchKeyEvent", type="keyDown", **event)
            self("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def tap(self, selector):
        """Touch the middle of an element, brought into view."""
        x, y = self.of(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{block: "center"}});
            const box = element.getBoundingClientRect();
            return [box.left + box.width / 2, box.top + box.height / 2];
        }})()""")
        self("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        self.of("new Promise((done) => setTimeout(done, 50))")

    def shot(self, path):
        """Write what is on the screen to a PNG."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        """End it."""
        with contextlib.suppress(AssertionError, OSError):
            self.session = None
            self("Browser.close")
        os.close(self.to)
        os.close(self.back)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
