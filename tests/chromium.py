"""A headless Chromium over its debugging pipe: pages are opened, looked at and photographed; no driver is needed."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PATIENCE = 60.0  # seconds for an answer
_FLAGS = (
    "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--disable-extensions", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--no-sandbox",  # containers and root have none; the pages are our own
    "--hide-scrollbars", "about:blank",
)  # fmt: skip


def executable() -> str | None:
    """Path of an installed Chromium or Chrome; None if there is none. FAZHI_CHROMIUM names another."""
    return os.environ.get("FAZHI_CHROMIUM") or next((found for n in _NAMES if (found := shutil.which(n))), None)


class Page:
    """One tab: what it asked for (`requests`), complained of (`errors`) and opened as a dialog (`dialogs`) since `visit`."""

    def __init__(self, to: int, of: int) -> None:
        self._to, self._of, self._held = to, of, b""
        self._count, self._session = 0, ""
        self._answers: dict[int, dict[str, Any]] = {}
        self._loaded = False
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Result of a command of the debugging protocol; what happens meanwhile is noted."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        wanted = self._count
        self._until(lambda: wanted in self._answers)
        answer = self._answers.pop(wanted)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def visit(self, url: str, width: int = 1280, height: int = 900) -> None:
        """Open an address in a window of that size and wait until it is loaded."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.requests, self.errors, self.dialogs, self._loaded = [], [], [], False
        self.call("Page.navigate", url=url)
        self._until(lambda: self._loaded)
        self.run("1")  # scripts that waited for the document have run, and their messages are here

    def run(self, script: str) -> Any:
        """Value of a JavaScript expression; promises are waited for."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise RuntimeError(done["exceptionDetails"]["exception"]["description"])
        return done["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key that has a name: Tab, Escape, Enter."""
        code = {"Tab": 9, "Escape": 27, "Enter": 13}[key]
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def point(self, x: float, y: float, click: bool = False) -> None:
        """Move the pointer to a place of the window, and click there if asked."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased") if click else ():
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def photograph(self, path: Path) -> None:
        """A PNG of what the window shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def _until(self, is_there: Any) -> None:
        end = time.monotonic() + _PATIENCE
        while not is_there():
            ready, _, _ = select.select([self._of], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("Chromium does not answer")
            got = os.read(self._of, 1 << 16)
            if not got:
                raise EOFError("Chromium has ended")
            *whole, self._held = (self._held + got).split(b"\0")
            for message in whole:
                self._note(json.loads(message))

    def _note(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._answers[message["id"]] = message
            return
        if message.get("sessionId") != self._session:
            return
        method, said = message["method"], message["params"]
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(said["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
            self.errors.append(str(said["args"]))
        elif method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.errors.append(f"{said['entry']['text']} {said['entry'].get('url', '')}")
        elif method == "Page.javascriptDialogOpening":
            self.dialogs.append(said["message"])
            self._count += 1  # nobody waits for this answer
            close = {
                "id": self._count,
                "sessionId": self._session,
                "method": "Page.handleJavaScriptDialog",
                "params": {"accept": True},
            }
            os.write(self._to, json.dumps(close).encode() + b"\0")


@contextmanager
def browser() -> Iterator[Page]:
    """A tab of a Chromium of its own, with an empty profile; ended on leaving."""
    program = executable()
    assert program
    with tempfile.TemporaryDirectory(prefix="fazhi-chromium-", ignore_cleanup_errors=True) as profile:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        # the program reads its commands on descriptor 3 and answers on 4
        script = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        process = subprocess.Popen(
            ["bash", "-c", script, "chromium", program, f"--user-data-dir={profile}", *_FLAGS],
            pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            yield Page(ours_out, ours_in)
        finally:
            os.close(ours_out)
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            os.close(ours_in)
