"""How models are fetched, kept and read back, against a server and a disk that misbehave.

The store is driven in a worker of its own, without an engine: about a minute for all.
"""

import hashlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faulty_server import FaultyServer, serve_with_faults
from playwright.sync_api import BrowserContext, Page

PIECE = 8 * 1024 * 1024
WEIGHTS = random.Random(1).randbytes(PIECE + 1_777_777)
OTHER_WEIGHTS = random.Random(2).randbytes(len(WEIGHTS))
MEMORY = 32 * PIECE  # what a model without storage may take of it
PATH = "/models/test.gguf"

WORKER = b"""
import * as Comlink from "/vendor/comlink/comlink.mjs";
import { openModel } from "/worker/store.js";
let source;
let arrived = 0;
let notices = [];
const failing = (name) => async () => { throw new DOMException("", name); };
const FAILURES = {
  "no storage": () => (StorageManager.prototype.getDirectory = failing("SecurityError")),
  "lost files": () => (FileSystemFileHandle.prototype.getFile = failing("NotFoundError")),
  "short reads": () => (FileSystemSyncAccessHandle.prototype.read = () => 0),
};
Comlink.expose({
  arrived: () => arrived,
  notices: () => notices,
  fail: (how) => void FAILURES[how](),
  hurry: (times) => {
    const wait = globalThis.setTimeout;
    globalThis.setTimeout = (run, ms, ...rest) => wait(run, ms / times, ...rest);
  },
  async open(entry) {
    const told = { notices: (notices = []) };
    try {
      const onNotice = (sentence) => notices.push(sentence);
      source = await openModel(entry, { onNotice, onDownload: (done) => (arrived = done) });
      await source.verified();
    } catch ({ kind, message }) {
      return { kind, message, ...told };
    }
    return { size: source.size, place: source.place, downloaded: source.downloadedBytes, ...told };
  },
  async digest(start, end) {
    try {
      const whole = new Uint8Array(end - start);
      for (let at = start; at < end; at += 1_000_003) {
        whole.set(await source.read(at, Math.min(1_000_003, end - at)), at - start);
      }
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
      const sha256 = Array.from(digest, (b) => b.toString(16).padStart(2, "0")).join("");
      return { sha256, downloaded: source.downloadedBytes };
    } catch ({ kind, message }) {
      return { kind, message };
    }
  },
});
"""

PAGE = b"""<!doctype html><title>store</title><script type="module">
import * as Comlink from "/vendor/comlink/comlink.mjs";
const start = () => Comlink.wrap(window.worker = new Worker("/test-worker.js", { type: "module" }));
window.store = start();
window.restart = () => { window.worker.terminate(); window.store = start(); };
</script>"""

READ_AGAIN_AND_AGAIN = """async (bytes) => {
  const { readBlob } = await import("/worker/read-blob.js");
  const file = await (await navigator.storage.getDirectory()).getFileHandle("read", { create: true });
  const writing = await file.createWritable();
  await writing.write(new Uint8Array(bytes));
  await writing.close();
  const going = (window.going = { state: "reading", read: 0 });
  const end = (state) => going.state === "reading" && (going.state = state);
  setTimeout(end, 20_000, "stuck");
  (async () => {
    for (let i = 0; i < 20; i++) going.read += (await readBlob(await file.getFile())).length;
    end("done");
  })();
}"""


@pytest.fixture
def server(site: Path) -> Iterator[FaultyServer]:
    with serve_with_faults(site) as server:
        server.faults.overrides = {PATH: WEIGHTS, "/test-worker.js": WORKER, "/store.html": PAGE}
        yield server


@pytest.fixture
def new_tab(context: BrowserContext, server: FaultyServer) -> Callable[[], Page]:
    def open_tab() -> Page:
        page = context.new_page()
        page.goto(f"{server.url}/store.html")
        page.wait_for_function("Boolean(window.store)")
        return page

    return open_tab


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def entry(server: FaultyServer, **changes: object) -> dict[str, object]:
    known = {"name": "test", "url": server.url + PATH, "bytes": len(WEIGHTS), "sha256": sha256(WEIGHTS)}
    return {key: value for key, value in (known | changes).items() if value is not None}


def open_model(page: Page, model: dict[str, object]) -> dict:
    return page.evaluate("model => store.open(model)", model)


def read_digest(page: Page, start: int = 0, end: int = len(WEIGHTS)) -> dict:
    return page.evaluate("([start, end]) => store.digest(start, end)", [start, end])


def test_second_opening_makes_no_request(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    page = new_tab()
    first = open_model(page, entry(server))
    assert first["place"] == "disk"
    assert first["downloaded"] == first["size"] == len(WEIGHTS)
    assert len(server.paths(PATH)) == 2, "one request for each range of 8 MiB"
    assert read_digest(page)["sha256"] == sha256(WEIGHTS)

    page.reload()
    page.wait_for_function("Boolean(window.store)")
    second = open_model(page, entry(server))
    assert second["place"] == "disk"
    assert second["downloaded"] == 0
    assert read_digest(page)["sha256"] == sha256(WEIGHTS)
    assert len(server.paths(PATH)) == 2


def test_continues_after_cut_connections(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    server.faults.cuts = [3_000_000, 0, 2_000_000]
    page = new_tab()
    assert open_model(page, entry(server))["downloaded"] == len(WEIGHTS), "no byte was fetched twice"
    assert read_digest(page)["sha256"] == sha256(WEIGHTS)


def wait_until_arrived(page: Page, nbytes: int) -> None:
    page.wait_for_function("async (nbytes) => (await store.arrived()) >= nbytes", arg=nbytes)


def break_off(server: FaultyServer, page: Page, model: dict[str, object], after: int) -> None:
    """Starts to open a model and kills the worker when `after` bytes have arrived."""
    server.faults.stall_after_bytes = after
    page.evaluate("model => { window.opened = store.open(model); }", model)
    wait_until_arrived(page, after)
    page.evaluate("restart()")
    server.faults.stall_after_bytes = None
    server.faults.resume.set()


def test_continues_after_the_worker_was_killed(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    page = new_tab()
    break_off(server, page, entry(server), after=3_000_000)
    assert open_model(page, entry(server))["downloaded"] == len(WEIGHTS) - 3_000_000
    assert read_digest(page)["sha256"] == sha256(WEIGHTS)


@pytest.mark.parametrize("known", [True, False])
def test_starts_again_when_the_file_changed_midway(
    server: FaultyServer, new_tab: Callable[[], Page], known: bool
) -> None:
    model = entry(server, **({} if known else {"bytes": None, "sha256": None}))
    server.faults.overrides[PATH] = OTHER_WEIGHTS
    page = new_tab()
    break_off(server, page, model, after=3_000_000)
    server.faults.overrides[PATH] = WEIGHTS
    assert open_model(page, model)["downloaded"] == len(WEIGHTS)
    assert read_digest(page)["sha256"] == sha256(WEIGHTS)


def test_continues_after_a_reload(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    page = new_tab()
    server.faults.stall_after_bytes = 3_000_000
    page.evaluate("model => { window.opened = store.open(model); }", entry(server))
    wait_until_arrived(page, 3_000_000)
    page.reload()
    server.faults.stall_after_bytes = None
    server.faults.resume.set()
    page.wait_for_function("Boolean(window.store)")
    assert open_model(page, entry(server))["downloaded"] == len(WEIGHTS) - 3_000_000
    assert read_digest(page)["sha256"] == sha256(WEIGHTS)


def test_goes_on_when_the_server_fell_silent(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    page = new_tab()
    page.evaluate("store.hurry(20)")  # the worker's seconds are shorter, so that its patience is
    server.faults.stall_after_bytes = 3_000_000
    page.evaluate("model => { window.opened = store.open(model); }", entry(server))
    wait_until_arrived(page, 3_000_000)
    server.faults.stall_after_bytes = None  # for the next request; this one stays silent
    assert page.evaluate("opened")["downloaded"] == len(WEIGHTS), "no byte was fetched twice"
    assert not server.faults.resume.is_set()
    assert read_digest(page)["sha256"] == sha256(WEIGHTS)


def test_server_that_sends_other_ranges_is_refused(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    server.faults.wrong_ranges = True
    page = new_tab()
    refused = open_model(page, entry(server))
    assert refused["kind"] == "DownloadError"
    assert "range requests wrongly" in refused["message"]
    server.faults.wrong_ranges = False
    page.evaluate("restart()")
    assert open_model(page, entry(server))["downloaded"] == len(WEIGHTS), "nothing wrong was kept"


def test_server_without_ranges(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    server.faults.ignore_ranges = True
    page = new_tab()
    assert open_model(page, entry(server))["downloaded"] == len(WEIGHTS)
    assert len(server.paths(PATH)) == 1
    assert read_digest(page)["sha256"] == sha256(WEIGHTS)


def test_server_without_ranges_over_a_breaking_connection(
    server: FaultyServer, new_tab: Callable[[], Page]
) -> None:
    server.faults.ignore_ranges = True
    server.faults.cuts = [3_000_000]
    page = new_tab()
    assert open_model(page, entry(server))["downloaded"] > len(WEIGHTS)
    assert len(server.paths(PATH)) == 2
    assert read_digest(page)["sha256"] == sha256(WEIGHTS)


def test_server_without_ranges_that_never_reaches_the_end(
    server: FaultyServer, new_tab: Callable[[], Page]
) -> None:
    server.faults.ignore_ranges = True
    server.faults.cuts = [3_000_000] * 99
    given_up = open_model(new_tab(), entry(server))
    assert given_up["kind"] == "DownloadError"
    assert "broke off" in given_up["message"]
    assert len(server.paths(PATH)) < 9


def test_bare_url_needs_neither_size_nor_checksum(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    page = new_tab()
    model = entry(server, bytes=None, sha256=None)
    assert open_model(page, model)["size"] == len(WEIGHTS)
    page.evaluate("restart()")
    assert open_model(page, model)["downloaded"] == 0
    assert read_digest(page)["sha256"] == sha256(WEIGHTS)


def test_wrong_checksum_is_refused_and_not_kept(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    server.faults.overrides[PATH] = WEIGHTS[:-1] + b"x"
    page = new_tab()
    refused = open_model(page, entry(server))
    assert refused["kind"] == "WeightsError"
    assert "damaged" in refused["message"]
    server.faults.overrides[PATH] = WEIGHTS
    page.evaluate("restart()")
    assert open_model(page, entry(server))["downloaded"] == len(WEIGHTS)
    assert read_digest(page)["sha256"] == sha256(WEIGHTS)


def test_missing_file_is_told_in_a_sentence(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    missing = open_model(new_tab(), entry(server, url=f"{server.url}/models/absent.gguf"))
    assert missing["kind"] == "DownloadError"
    assert "not there" in missing["message"]


def test_unreachable_server_is_told_in_a_sentence(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    server.faults.cuts = [0] * 9
    unreachable = open_model(new_tab(), entry(server))
    assert unreachable["kind"] == "DownloadError"
    assert "connection" in unreachable["message"]


FLIP = """async (position) => {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("models");
  const file = await folder.getFileHandle("test");
  const byte = new Uint8Array(await (await file.getFile()).slice(position, position + 1).arrayBuffer());
  const stream = await file.createWritable({ keepExistingData: true });
  await stream.write({ type: "write", position, data: byte.map((value) => value ^ 1) });
  await stream.close();
}"""


def test_flipped_bit_on_disk_costs_one_piece(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    page = new_tab()
    open_model(page, entry(server))
    page.evaluate("restart()")
    page.evaluate(FLIP, PIECE + 4711)
    assert open_model(page, entry(server))["downloaded"] == 0
    repaired = read_digest(page)
    assert repaired == {"sha256": sha256(WEIGHTS), "downloaded": len(WEIGHTS) - PIECE}
    page.evaluate("restart()")
    open_model(page, entry(server))
    assert read_digest(page) == {"sha256": sha256(WEIGHTS), "downloaded": 0}


def test_flipped_bit_that_cannot_be_repaired(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    page = new_tab()
    open_model(page, entry(server))
    page.evaluate("restart()")
    page.evaluate(FLIP, 5)
    del server.faults.overrides[PATH]
    open_model(page, entry(server))
    damaged = read_digest(page)
    assert damaged["kind"] == "WeightsError"
    assert "damaged" in damaged["message"]
    assert read_digest(page, start=PIECE)["sha256"] == sha256(WEIGHTS[PIECE:]), "the rest still reads"


def test_full_quota_runs_from_memory(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    page = new_tab()
    session = page.context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": server.url, "quotaSize": 6_000_000})
    opened = open_model(page, entry(server))
    assert opened["place"] == "memory"
    assert "full" in opened["notices"][0]
    assert len(opened["notices"]) == 1
    assert read_digest(page)["sha256"] == sha256(WEIGHTS)

    session.send("Storage.overrideQuotaForOrigin", {"origin": server.url})
    page.evaluate("restart()")
    again = open_model(page, entry(server))
    assert again["place"] == "disk"
    assert again["downloaded"] < len(WEIGHTS), "what fitted was kept"


@pytest.mark.parametrize("failure", ["lost files", "short reads"])
def test_storage_that_loses_bytes_is_told(
    server: FaultyServer, new_tab: Callable[[], Page], failure: str
) -> None:
    page = new_tab()
    page.evaluate("failure => store.fail(failure)", failure)
    lost = open_model(page, entry(server))
    assert lost["kind"] == "StorageError"
    assert "try again" in lost["message"]


def test_no_storage_runs_from_memory(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    page = new_tab()
    page.evaluate("store.fail('no storage')")
    opened = open_model(page, entry(server))
    assert opened["place"] == "memory"
    assert "no storage" in opened["notices"][0]
    assert read_digest(page)["sha256"] == sha256(WEIGHTS)


@pytest.mark.parametrize("storage", ["full", "none"])
def test_too_large_for_memory_is_refused_before_it_is_fetched(
    server: FaultyServer, new_tab: Callable[[], Page], storage: str
) -> None:
    page = new_tab()
    if storage == "full":
        session = page.context.new_cdp_session(page)
        session.send("Storage.overrideQuotaForOrigin", {"origin": server.url, "quotaSize": 2_000_000})
    else:
        page.evaluate("store.fail('no storage')")
    server.faults.overrides[PATH] = bytes(MEMORY + 2 * PIECE)
    refused = open_model(page, entry(server, bytes=None, sha256=None))
    assert refused["kind"] == "StorageError"
    assert "too large for memory" in refused["message"]
    assert page.evaluate("store.arrived()") < PIECE


def test_as_large_as_memory_takes_is_fetched(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    page = new_tab()
    page.evaluate("store.fail('no storage')")
    server.faults.overrides[PATH] = bytes(MEMORY)
    model = entry(server, bytes=None, sha256=None)
    refused = page.evaluate(
        """async ([model, nbytes]) => {
          let ended;
          store.open(model).then((how) => (ended = how));
          const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
          while (!ended && (await store.arrived()) < nbytes) await pause();
          return ended;
        }""",
        [model, PIECE],
    )
    assert refused is None
    assert "held in memory" in page.evaluate("store.notices()")[0]


def test_tab_that_waits_for_another_says_so(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    first, second = new_tab(), new_tab()
    server.faults.stall_after_bytes = 3_000_000
    first.evaluate("model => { window.opened = store.open(model); }", entry(server))
    wait_until_arrived(first, 3_000_000)
    second.evaluate("model => { window.opened = store.open(model); }", entry(server))
    second.wait_for_function("async () => (await store.notices()).length > 0")
    server.faults.stall_after_bytes = None
    server.faults.resume.set()
    assert first.evaluate("opened")["notices"] == []
    waited = second.evaluate("opened")
    assert "Another tab" in waited["notices"][0]
    assert waited["downloaded"] == 0


def test_two_tabs_fetch_once(server: FaultyServer, new_tab: Callable[[], Page]) -> None:
    tabs = [new_tab(), new_tab()]
    for tab in tabs:
        tab.evaluate("model => { window.opened = store.open(model); }", entry(server))
    downloaded = sorted(tab.evaluate("opened")["downloaded"] for tab in tabs)
    assert downloaded == [0, len(WEIGHTS)]
    for tab in tabs:
        assert read_digest(tab)["sha256"] == sha256(WEIGHTS)


def test_reading_outlives_the_collection_of_garbage(
    server: FaultyServer, new_tab: Callable[[], Page]
) -> None:
    page = new_tab()
    garbage = page.context.new_cdp_session(page)
    page.evaluate(READ_AGAIN_AND_AGAIN, PIECE)
    while page.evaluate("going.state") == "reading":
        garbage.send("HeapProfiler.collectGarbage")
    assert page.evaluate("going") == {"state": "done", "read": 20 * PIECE}
