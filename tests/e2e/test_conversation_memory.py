"""The keys and values of the open conversation outlive the page: the next visit computes only what is new."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from pages import ChatPage
from playwright.sync_api import Page
from support import SiteServer

OPEN = """async () => {
  const { Glowworm } = await import(new URL("glowworm.js", document.baseURI));
  window.glowworm = await Glowworm.load();
  return glowworm.stats.load.resumed_tokens ?? 0;
}"""
ASK = """async ([messages, max_tokens]) => {
  let text = "";
  for await (const part of glowworm.chat(messages, { temperature: 0, max_tokens })) text += part.text ?? "";
  return [text, glowworm.stats.reused_tokens, glowworm.stats.ttft_ms];
}"""
FILES = """async () => {
  const root = await navigator.storage.getDirectory();
  const files = {};
  try {
    for await (const [name, handle] of (await root.getDirectoryHandle("conversations")).entries()) {
      files[name] = await (await handle.getFile()).text();
    }
  } catch {
    return files; // nothing was kept, or a file is just being replaced
  }
  return files;
}"""
STAMP = f"""async () => {{
  const headers = Object.entries(await ({FILES})()).filter(([name, text]) => name.endsWith(".json") && text);
  return headers.length === 1 ? JSON.parse(headers[0][1]).stamp : "";
}}"""
KEPT_ANEW = f"""async (before) => {{
  const stamp = await ({STAMP})();
  return stamp !== "" && stamp !== before;
}}"""
TRUNCATE = """async (bytes) => {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("conversations");
  for await (const [name, file] of folder.entries()) {
    if (!name.endsWith(".kv")) continue;
    const stream = await file.createWritable({ keepExistingData: true });
    await stream.truncate(bytes);
    await stream.close();
  }
}"""
REMOVE = """async (ending) => {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("conversations");
  const names = await Array.fromAsync(folder.keys());
  for (const name of names.filter((name) => name.endsWith(ending))) await folder.removeEntry(name);
}"""
ADD_ORPHANS = """async () => {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle("conversations", { create: true });
  for (const name of ["a", "b", "c", "d"]) await folder.getFileHandle(`${name}.kv`, { create: true });
}"""
FORGET = """async () => {
  const { Glowworm } = await import(new URL("glowworm.js", document.baseURI));
  await Glowworm.forgetConversations();
}"""

Messages = list[dict[str, str]]


class Answer(NamedTuple):
    text: str
    reused_tokens: int
    ttft_ms: float


def question(text: str) -> Messages:
    return [{"role": "user", "content": text}]


QUESTION = question(
    " ".join(f"Tell me of a day when it rained on the hill and nobody came, hour {n}." for n in range(12))
)
OTHER = question(" ".join(f"The fox went over the river to see a red boat, number {n}." for n in range(14)))


@pytest.fixture(scope="module")
def server(serve_site: Callable[..., SiteServer]) -> Iterator[SiteServer]:
    yield serve_site()


def visit(page: Page, server: SiteServer) -> int:
    """Opens the engine as after a reload; returns the tokens that it remembers."""
    page.goto(server.url + "build.json")
    return page.evaluate(OPEN)


def ask(page: Page, messages: Messages, max_tokens: int = 40) -> Answer:
    return Answer(*page.evaluate(ASK, [messages, max_tokens]))


def ask_and_keep(page: Page, messages: Messages) -> Answer:
    """Asks, and waits until the conversation is kept."""
    before = page.evaluate(STAMP)
    answer = ask(page, messages)
    page.wait_for_function(KEPT_ANEW, arg=before)
    return answer


def further(messages: Messages, answer: Answer, text: str = "Go on.") -> Messages:
    return [*messages, {"role": "assistant", "content": answer.text}, *question(text)]


def computed_anew(page: Page, server: SiteServer, messages: Messages) -> Answer:
    """The answer of an engine that remembers nothing."""
    page.evaluate(TRUNCATE, 1000)
    assert visit(page, server) == 0, "an incomplete file is not believed"
    answer = ask(page, messages)
    assert answer.reused_tokens == 0
    return answer


def test_reload_costs_no_prefill(page: Page, server: SiteServer) -> None:
    assert visit(page, server) == 0
    follow_up = further(QUESTION, ask_and_keep(page, QUESTION))
    assert visit(page, server) > 150
    answer = ask_and_keep(page, follow_up)
    assert answer.reused_tokens > 150
    expected = computed_anew(page, server, follow_up)
    print(
        f"time to the first token: {answer.ttft_ms:.0f} ms with the memory, {expected.ttft_ms:.0f} ms without"
    )
    assert answer.text == expected.text, "what was brought back is what would be computed"


def test_another_conversation_takes_its_place(page: Page, server: SiteServer) -> None:
    visit(page, server)
    ask_and_keep(page, QUESTION)
    other = question("Good night.")
    answer = ask_and_keep(page, other)
    assert 0 < visit(page, server) < 100
    again = ask(page, other)
    assert again.text == answer.text
    assert again.reused_tokens > 0


def test_tabs_do_not_mix_their_conversations(page: Page, server: SiteServer) -> None:
    second = page.context.new_page()
    visit(page, server)
    visit(second, server)
    follow_up = further(QUESTION, ask_and_keep(page, QUESTION))
    ask_and_keep(second, OTHER)
    last = further(follow_up, ask_and_keep(page, follow_up), "And then?")
    second.close()
    assert visit(page, server) > 150
    answer = ask_and_keep(page, last)
    assert answer.reused_tokens > 150
    assert answer.text == computed_anew(page, server, last).text


@pytest.mark.parametrize("ending", [".kv", ".json"])
def test_removed_files_are_written_as_a_whole(page: Page, server: SiteServer, ending: str) -> None:
    visit(page, server)
    follow_up = further(QUESTION, ask_and_keep(page, QUESTION))
    page.evaluate(REMOVE, ending)
    last = further(follow_up, ask_and_keep(page, follow_up), "And then?")
    assert visit(page, server) > 150
    answer = ask_and_keep(page, last)
    assert answer.reused_tokens > 150
    assert answer.text == computed_anew(page, server, last).text


def test_data_without_a_header_is_tidied_away(page: Page, server: SiteServer) -> None:
    visit(page, server)
    page.evaluate(ADD_ORPHANS)
    ask_and_keep(page, question("Good night."))
    page.wait_for_function(f"async () => Object.keys(await ({FILES})()).length === 4")
    names = sorted(page.evaluate(FILES), key=len)
    assert {name.partition(".")[2] for name in names[-2:]} == {"kv", "json"}, "what was just kept is there"
    assert visit(page, server) > 0


def test_nothing_is_left_of_what_is_to_be_forgotten(page: Page, server: SiteServer) -> None:
    visit(page, server)
    answer = ask_and_keep(page, QUESTION)
    assert len(page.evaluate(FILES)) == 2
    page.evaluate(FORGET)
    assert page.evaluate(FILES) == {}
    answer = ask_and_keep(page, further(QUESTION, answer))
    ask(page, question("Good night."))
    page.evaluate(FORGET)  # before that answer is kept
    page.wait_for_timeout(1500)  # nothing is to come, so there is nothing to wait for
    assert page.evaluate(FILES) == {}
    assert visit(page, server) == 0


def test_deleted_chat_is_forgotten(page: Page, server: SiteServer) -> None:
    chat = ChatPage(page)
    chat.open(server.url)
    chat.ask("Tell me of a fox.")
    page.wait_for_function(KEPT_ANEW, arg="")
    page.get_by_role("button", name="Chats").click()
    page.get_by_role("button", name="Delete “").click()
    page.wait_for_function(f"async () => Object.keys(await ({FILES})()).length === 0")
