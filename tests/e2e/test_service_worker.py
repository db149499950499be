"""The service worker: keeps the application for when the server is gone, isolates it on plain hosts, and lets
an old version and a new one live side by side without ever mixing them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from glowworm_tools.site.assemble import assemble
from glowworm_tools.site.layout import ROOT, Layout
from pages import ChatPage
from playwright.sync_api import BrowserContext, Page, expect
from support import Journal, SiteServer, boot_python

INSTALL = """async () => {
  const { build } = await (await fetch("../build.json")).json();
  await navigator.serviceWorker.register("../sw.js");
  const { active } = await navigator.serviceWorker.ready;
  if (navigator.serviceWorker.controller) return;
  const claimed = new Promise((resolve) => (navigator.serviceWorker.oncontrollerchange = resolve));
  active.postMessage({ type: "claim", build });
  await claimed;
}"""
START_ENGINE = """async () => {
  const { Glowworm } = await import(new URL("glowworm.js", document.baseURI));
  await Glowworm.load();
}"""
BREAK_POLICY = """() => new Promise((resolve) => {
  self.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => resolve(effectiveDirective));
  fetch("https://example.org/").catch(() => {});
})"""
WATCH_NOTICE = """() => {
  window.seen = [];
  const look = () => seen.push([document.body.dataset.state, document.querySelector(".new-version").hidden]);
  new MutationObserver(look).observe(document.body, { attributeFilter: ["data-state"] });
}"""
REGISTRATION = "navigator.serviceWorker.getRegistration('/some/path/')"
UPDATE = f"{REGISTRATION}.then((registration) => registration.update())"


@pytest.fixture(scope="module")
def context_options() -> dict[str, Any]:
    """Profiles in which service workers work."""
    return {}


@pytest.fixture
def published(site: Path, tmp_path: Path) -> Path:
    """A copy of the site, in whose place another can be put."""
    return Path(shutil.copytree(site, tmp_path / "published"))


@pytest.fixture(scope="module")
def second_edition(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site built again after a module of the pages and one of the worker were changed."""
    folder = tmp_path_factory.mktemp("second")
    project = folder / "project"
    (project / "build").mkdir(parents=True)
    shutil.copyfile(ROOT / "pyproject.toml", project / "pyproject.toml")
    shutil.copytree(ROOT / "web", project / "web", ignore=shutil.ignore_patterns("node_modules"))
    (project / "web" / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    for made in (path for path in (ROOT / "build").iterdir() if path.is_dir()):
        (project / "build" / made.name).symlink_to(made)
    for module, statement in (
        ("components/dom.js", 'document.documentElement.dataset.edition = "2";\n'),
        ("worker/worker.js", 'self.edition = "2";\n'),
    ):
        with (project / "web" / module).open("a") as file:
            file.write(statement)
    assemble(Layout(project), folder / "site", "/")
    return folder / "site"


def publish(fresh: Path, place: Path) -> None:
    """Puts another build in the place of the one that is served, all at once."""
    shutil.copytree(fresh, place.with_name("fresh"))
    place.rename(place.with_name("old"))
    place.with_name("fresh").rename(place)


@pytest.fixture
def outdated(
    context: BrowserContext, serve_site: Callable[..., SiteServer], published: Path, second_edition: Path
) -> tuple[ChatPage, SiteServer]:
    """A page of the first edition that would work offline, and its server, which has the second by now."""
    server = serve_site(site=published, base="/some/path/")
    chat = ChatPage(context.new_page())
    chat.open(server.url)
    chat.wait_until_offline()
    publish(second_edition, published)
    return chat, server


def editions(page: Page) -> set[str]:
    """The editions that the page and its engines' workers are of."""
    workers = [worker for worker in page.workers if worker.url.endswith("/worker/worker.js")]
    assert workers
    found = {worker.evaluate("self.edition ?? '1'") for worker in workers}
    return found | {page.evaluate("document.documentElement.dataset.edition ?? '1'")}


def wait_until_updated(chat: ChatPage) -> None:
    """Waits until the page is of the second edition, and nothing of it is not."""
    chat.page.wait_for_function("document.documentElement.dataset.edition === '2'")
    chat.wait_for("ready")
    assert editions(chat.page) == {"2"}


def test_application_starts_with_the_server_stopped(
    page: Page, serve_site: Callable[..., SiteServer]
) -> None:
    server = serve_site(base="/some/path/")
    page.goto(server.url + "models/models.json")
    page.evaluate(INSTALL)
    files = page.evaluate("fetch('../build.json').then((answer) => answer.json())")["files"]
    model = next(name for name in files if name.endswith(".gguf"))
    asked = "(name) => fetch(name, { headers: { Range: 'bytes=0-3' } })"
    # Weights pass by: a range is answered by the server, as a range.
    assert page.evaluate(f"{asked}.then((answer) => answer.status)", server.url + model) == 206

    server.stop()
    for name in ("", "index.html", "story/", "story/?hero=fox", "models/models.json"):
        answer = page.goto(server.url + name)
        assert answer is not None and answer.ok and answer.from_service_worker, name
    result = boot_python(page, server.url, "import glowworm, jinja2\nglowworm.__name__")
    assert (result["value"], result["phases"][-1]["how"]) == ("glowworm", "snapshot")
    assert page.evaluate(f"{asked}.catch(() => 'refused')", server.url + model) == "refused"


def test_plain_host_is_isolated_after_one_reload(page: Page, plain_host: str, journal: Journal) -> None:
    chat = ChatPage(page)
    page.goto(plain_host)
    chat.wait_until_offline()
    assert page.evaluate("crossOriginIsolated") is True
    chat.wait_for("ready")
    assert journal.requests.count(plain_host) == 2, "the first visit and its one reload"
    assert chat.ask("Tell me a story about a fox.").strip()
    worker = next(worker for worker in page.workers if worker.url.endswith("/worker/worker.js"))
    assert worker.evaluate("crossOriginIsolated") is True
    # The policy of workers comes with the worker's own script, which the host sent without one.
    assert worker.evaluate(BREAK_POLICY) == "connect-src"


def test_page_in_use_is_not_reloaded(page: Page, plain_host: str, journal: Journal) -> None:
    chat = ChatPage(page)
    page.goto(plain_host)
    message = page.get_by_role("textbox", name="Message")
    expect(message).to_be_focused()  # the page has come to life, but its model has not
    message.press_sequentially("Once upon")
    chat.wait_until_offline()
    expect(message).to_have_value("Once upon")
    assert page.evaluate("crossOriginIsolated") is False
    assert journal.requests.count(plain_host) == 1
    assert chat.ask("Tell me a story about a fox.").strip()


def test_old_version_goes_on_until_it_asks_for_the_new_one(outdated: tuple[ChatPage, SiteServer]) -> None:
    chat, server = outdated
    page = chat.page
    page.evaluate(UPDATE)
    page.get_by_role("status").filter(has_text="new version").wait_for()

    # What the old page loads from now on is of its own version, and so is a tab opened beside it.
    page.evaluate(START_ENGINE)
    beside = ChatPage(page.context.new_page())
    beside.open(server.url)
    for old in (chat, beside):
        assert editions(old.page) == {"1"}
        assert old.ask("Tell me a story about a fox.").strip()

    # No version is changed in the middle of an answer, nor under another tab.
    page.evaluate(WATCH_NOTICE)
    assert chat.ask("Tell me a very long story.").strip()
    seen = page.evaluate("seen")
    assert [hidden for state, hidden in seen if state == "generating"] == [True]
    assert seen[-1] == ["ready", False]
    chat.button("Update").click()
    page.get_by_text("close its other tabs").wait_for()
    assert editions(beside.page) == {"1"}

    beside.page.close()
    chat.button("Update").click()
    wait_until_updated(chat)
    expect(page.get_by_text("new version")).to_have_count(0)

    server.stop()
    page.reload()
    wait_until_updated(chat)
    assert chat.ask("Tell me a story about a fox.").strip()


def test_new_version_starts_by_itself_when_all_old_pages_are_closed(
    outdated: tuple[ChatPage, SiteServer],
) -> None:
    chat, server = outdated
    chat.page.evaluate(UPDATE)
    chat.page.get_by_text("new version").wait_for()
    outside, later = chat.page.context.new_page(), ChatPage(chat.page.context.new_page())
    outside.goto(server.url.removesuffix("some/path/"))  # nothing is there, so nothing of the app's
    chat.page.close()
    outside.wait_for_function(f"{REGISTRATION}.then(({{ waiting }}) => waiting === null)")
    later.page.goto(server.url)
    wait_until_updated(later)


def test_page_is_not_served_by_a_worker_of_another_version(
    page: Page, serve_site: Callable[..., SiteServer], published: Path, second_edition: Path
) -> None:
    """The site is replaced between the page's arrival and that of its service worker."""
    page.add_init_script(
        """const register = ServiceWorkerContainer.prototype.register;
        const held = new Promise((resolve) => (window.letGo = resolve));
        ServiceWorkerContainer.prototype.register = async function (...from) {
          await held;
          return register.apply(this, from);
        };"""
    )
    chat = ChatPage(page)
    chat.open(serve_site(site=published).url)
    publish(second_edition, published)
    page.evaluate("letGo()")
    page.get_by_text("new version").wait_for()
    assert page.evaluate("navigator.serviceWorker.controller") is None
    chat.button("Update").click()
    wait_until_updated(chat)


def test_half_updated_site_is_not_taken(outdated: tuple[ChatPage, SiteServer], published: Path) -> None:
    """The new service worker's list of files is there, but one of the files is not what the list says."""
    chat, server = outdated
    with (published / "worker" / "worker.js").open("a") as file:
        file.write("\n")
    for variant in (published / "worker").glob("worker.js.*"):
        variant.unlink()
    state = chat.page.evaluate(
        """async () => {
          const registration = await navigator.serviceWorker.getRegistration();
          const found = new Promise((resolve) => {
            registration.addEventListener("updatefound", () => resolve(registration.installing));
          });
          await registration.update();
          const worker = await found;
          while (worker.state === "installing") await new Promise((go) => setTimeout(go, 50));
          return worker.state;
        }"""
    )
    assert state == "redundant"
    server.stop()
    chat.page.reload()
    chat.wait_for("ready")
    assert editions(chat.page) == {"1"}


def test_every_file_of_the_list_is_checked(site: Path) -> None:
    worker = (site / "sw.js").read_text()
    listed = json.loads((site / "build.json").read_text())["files"]
    kept = [name for name in listed if f'url:"{name}"' in worker]
    assert {"index.html", "story/index.html", "glowworm.js", "worker/worker.js"} <= set(kept)
    assert worker.count('integrity:"sha256-') == len(kept)
