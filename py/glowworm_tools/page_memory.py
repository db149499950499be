"""How much JavaScript memory a page and its workers hold, looked at from outside while they work: Chromium.

Through the DevTools protocol, because nothing inside a worker can tell. A worker's messages travel inside its
parent's: Playwright knows a page's workers, but gives no session with them.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from time import monotonic
from typing import Any

from playwright.sync_api import Error, Page

_EVENTS = ("Target.attachedToTarget", "Target.detachedFromTarget", "Target.receivedMessageFromTarget")
_ATTACH = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False}
_Parameters = dict[str, Any]
PATIENCE_S = 5
"""How long a worker may work before it answers."""


class PageMemory:
    """Watches a page and the workers that it starts from now on.

    Counted are objects and the contents of array buffers, garbage that was not collected yet included.
    Memories of WebAssembly, Python's for one, are not, and neither are GPU buffers.
    """

    def __init__(self, page: Page):
        self.peak_nbytes = 0
        """The most that any sample found."""
        self._page = page
        self._session = page.context.new_cdp_session(page)
        self._workers = _Workers(self._tell)
        for event in _EVENTS:
            self._session.on(event, lambda parameters, event=event: self._workers.receive(event, parameters))
        self._session.send("Target.setAutoAttach", _ATTACH)

    def sample(self) -> int:
        """Bytes held now. Answers that a worker gives only after long work are waited for."""
        heaps = [self._session.send("Runtime.getHeapUsage"), *self._ask_workers("Runtime.getHeapUsage")]
        nbytes = sum(int(heap["usedSize"] + heap["backingStorageSize"]) for heap in heaps)
        self.peak_nbytes = max(self.peak_nbytes, nbytes)
        return nbytes

    def collect_garbage(self) -> None:
        """Leaves only what is held on to."""
        self._session.send("HeapProfiler.collectGarbage")
        self._ask_workers("HeapProfiler.collectGarbage")

    def _tell(self, method: str, parameters: _Parameters) -> None:
        with suppress(Error):  # the worker is ending; an event will say so
            self._session.send(method, parameters)

    def _ask_workers(self, method: str) -> list[_Parameters]:
        """Every worker's answer, but for those that end meanwhile, or are too busy to hear."""
        asked = [(worker, worker.ask(method, {})) for worker in self._workers if not worker.behind]
        for worker, number in asked:
            deadline = monotonic() + PATIENCE_S
            while worker.alive and number not in worker.answers and not worker.behind:
                self._page.wait_for_timeout(1)
                if monotonic() > deadline:
                    worker.behind = number
        answers = (worker.answers.pop(number, None) for worker, number in asked)
        return [answer for answer in answers if answer is not None]


class _Workers:
    """The workers that a page or a worker has started, and theirs."""

    def __init__(self, send: Callable[[str, _Parameters], object]):
        self._send = send
        self._workers: dict[str, _Worker] = {}

    def __iter__(self) -> Iterator["_Worker"]:
        for worker in list(self._workers.values()):
            yield worker
            yield from worker.workers

    def receive(self, event: str, parameters: _Parameters) -> None:
        """Takes in one of `_EVENTS`."""
        session = parameters["sessionId"]
        if event == "Target.attachedToTarget":
            self._workers[session] = _Worker(lambda message: self._pass_on(session, message))
            self._workers[session].ask("Target.setAutoAttach", _ATTACH)
        elif event == "Target.detachedFromTarget":
            self._workers.pop(session).end()
        elif session in self._workers:
            self._workers[session].receive(json.loads(parameters["message"]))

    def end(self) -> None:
        for worker in self._workers.values():
            worker.end()

    def _pass_on(self, session: str, message: _Parameters) -> None:
        self._send("Target.sendMessageToTarget", {"sessionId": session, "message": json.dumps(message)})


class _Worker:
    def __init__(self, post: Callable[[_Parameters], None]):
        self.alive = True
        self.behind = 0
        """The number of a question that it has been owing an answer for too long."""
        self.answers: dict[int, _Parameters | None] = {}
        """By the number of the question; None where it was refused."""
        self.workers = _Workers(self.ask)
        self._post = post
        self._asked = 0

    def ask(self, method: str, parameters: _Parameters) -> int:
        """Sends a question and returns its number."""
        number = self._asked = self._asked + 1  # posting lets events be handled, which may ask too
        self._post({"id": number, "method": method, "params": parameters})
        return number

    def receive(self, message: _Parameters) -> None:
        if "id" in message:
            self.answers[message["id"]] = message.get("result")
            if message["id"] == self.behind:
                self.behind = 0
        elif message["method"] in _EVENTS:
            self.workers.receive(message["method"], message["params"])

    def end(self) -> None:
        self.alive = False
        self.workers.end()
