"""The stories the storyteller is trained on: that each has what was asked for, and says nothing untrue."""

import json
import random
import re
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from glowworm_tools.storyteller.chat_format import Answer
from glowworm_tools.storyteller.choices import LENGTHS, choices_json, story_request
from glowworm_tools.storyteller.conversation import about_a_story, idea, sequel, told_again
from glowworm_tools.storyteller.corpus import ReadStory, clean, is_story, passages
from glowworm_tools.storyteller.data import FOLDER, read, words
from glowworm_tools.storyteller.grammar import Story, random_story, retold, story_for
from glowworm_tools.storyteller.heroes import KINDS, PAGE_CHARACTERS, Character
from glowworm_tools.storyteller.judge import (
    has_loop,
    has_moral,
    has_words,
    is_set,
    obeys,
    self_bleu,
    unannounced,
)
from glowworm_tools.storyteller.lessons import LESSONS, PAGE_THEMES, Theme
from glowworm_tools.storyteller.lexicon import (
    OUTSIDE,
    THINGS,
    Source,
    blended_word,
    is_held_out,
    noun_of_no_list,
)
from glowworm_tools.storyteller.mixture import (
    INSTRUCTION,
    PRETRAINING,
    Documents,
    beginning,
    generated_document,
)
from glowworm_tools.storyteller.names import asked_name, invented_name
from glowworm_tools.storyteller.places import NOUNS, PAGE_PLACES, place_from_noun
from glowworm_tools.storyteller.plots import PAGE_PLOTS, PLOTS, Twist, page_twist, random_twist
from glowworm_tools.storyteller.questions import questions_about
from glowworm_tools.storyteller.reading import Requests
from glowworm_tools.storyteller.requests import page_request
from glowworm_tools.storyteller.schedule import Position, Schedule, is_quantised, mix, rate
from glowworm_tools.storyteller.small_talk import small_talk
from glowworm_tools.storyteller.suitability import UNSAFE, is_harmless, is_suitable
from glowworm_tools.storyteller.wishes import STYLES, Wishes, page_wishes, random_wishes, unseen_wishes
from glowworm_tools.storyteller.wording import fix_articles, write

ROOT = Path(__file__).resolve().parents[2]


def stories(count: int, seed: int = 5) -> list[Story]:
    return [random_story(random.Random(seed * 1_000_000 + number)) for number in range(count)]


def test_same_seed_tells_the_same_stories():
    assert stories(10) == stories(10)
    assert stories(10) != stories(10, seed=6)


@pytest.mark.parametrize("unseen", [False, True], ids=["listed words", "unseen words"])
def test_story_has_what_was_asked_for(unseen: bool):
    for number in range(150):
        rng = random.Random(number)
        wishes = unseen_wishes(rng) if unseen else page_wishes(rng, asked_name(rng))
        story = story_for(rng, wishes)
        lower = story.text.lower()
        assert wishes.character and wishes.place and wishes.twist and wishes.theme and wishes.name
        assert wishes.character.kind.lower() in lower
        assert story.text.count(wishes.name) >= 3
        assert wishes.place.phrase.lower() in lower
        assert any(sign.lower() in lower for sign in wishes.twist.signs)
        assert any(_is_told(moral, story.text) for moral in wishes.theme.lesson.moral)


def _is_told(moral: str, text: str) -> bool:
    """Whether the longest run of a moral's words that holds no slot stands in `text`."""
    plain = max(re.split(r"\{\w+\}|'", moral), key=len)
    return plain in text


def test_somebody_else_is_met_where_everybody_is_of_the_heros_kind():
    rng = random.Random(5)
    place = replace(PAGE_PLACES[0], helpers=("an old owl", "a small owl", "a sleepy owl", "a hare"))
    slots = story_for(rng, Wishes(character=Character("an owl", "owl"), place=place)).cast.slots
    met = {slots["a_helper"], slots["first"], slots["second"]}
    assert len(met) == 3
    assert not any(re.search(r"\bowl\b", somebody) for somebody in met)


def test_listener_and_companion_are_in_the_story():
    for number in range(60):
        rng = random.Random(number)
        dragon = Character("a green dragon", "dragon")
        story = story_for(
            rng, Wishes(companion=dragon, listener="Tavo", style="simple" if number % 4 else None)
        )
        assert "Tavo" in story.text.split("\n\n")[-1]
        assert story.text.count(story.cast.slots["pal"]) >= 2
        assert "dragon" in story.text
        assert "tavo" in story.request.lower() and "green dragon" in story.request.lower()


def test_stories_are_finished_text_that_suits_a_child():
    for story in stories(400):
        text = story.text
        assert not set("[]{}|") & set(text), text
        assert "  " not in text
        assert text[-1] in ".!"
        assert text.count('"') % 2 == 0, text
        assert all(paragraph[0] in '"' or paragraph[0].isupper() for paragraph in text.split("\n\n"))
        assert not re.search(
            r"\b([Aa]n [bcdfgjklmnpqrstvwxyz]\w|[Aa] [aeio]\w)", re.sub(r"\ba one", "", text)
        ), text
        assert UNSAFE.search(text) is None, UNSAFE.search(text)


def test_everybody_in_a_story_is_announced_before_being_named_again():
    for story in stories(200, seed=8):
        for name in (story.cast.hero, story.cast.helper):
            first = re.search(rf"\b{re.escape(name)}\b", story.text)
            assert first, name
            around = story.text[max(0, first.start() - 30) : first.end() + 30]
            assert re.search(
                r"named|called|name was|knew|" + re.escape(name) + r"( was an? |, an? |, the )", around
            ), around


def test_the_judge_finds_nothing_wrong_with_the_stories_of_the_grammar():
    long_enough = 0
    for number in range(120):
        rng = random.Random(number)
        wishes = unseen_wishes(rng) if number % 2 else page_wishes(rng, asked_name(rng))
        story = story_for(rng, wishes)
        verdict = asdict(obeys(story, Answer(story.text, True)))
        long_enough += verdict.pop("length")
        assert all(verdict.values())
        assert not unannounced(story.request, story.text) and not has_loop(story.text)
    assert long_enough >= 119


def test_the_judge_finds_what_is_wrong():
    rng = random.Random(1)
    story = story_for(rng, page_wishes(rng, "Quillbert"))
    changed = story.text.replace("Quillbert", "Quibbert").replace("Quibbert", "Quillbert", 2)
    half = len(story.text) // 2
    renamed = story.text[:half] + story.text[half:].replace("Quillbert", "Tom")
    unfinished = story.text[:-40]
    assert unannounced(story.request, changed) == ["Quibbert"]
    assert unannounced(story.request, renamed) == ["Tom"]
    known, *later = re.split(rf"(?={story.cast.helper})", story.text)[1:]
    helper_renamed = known + "".join(later).replace(story.cast.helper, "Bob")
    assert unannounced(story.request, helper_renamed) == ["Bob"]
    assert not obeys(story, Answer(changed, True)).name
    assert not obeys(story, Answer(unfinished, False)).proper_end
    assert not obeys(story, Answer(story.text[:300], True)).length
    other = story_for(rng, unseen_wishes(rng))
    verdict = obeys(story, Answer(other.text, True))
    assert not (verdict.hero or verdict.setting or verdict.twist or verdict.theme)
    assert has_loop("and so it went on " * 10)
    assert has_loop("A fox named Clouf" + "tio" * 8) and not has_loop("Ooooh, it went, ooooh.")
    assert self_bleu([story.text] * 3) == pytest.approx(1)
    assert self_bleu([story.text, other.text, "One two three four five six seven."]) < 0.5


def test_any_toy_is_the_lost_toy_and_any_case_the_name():
    rng = random.Random(1)
    lost = PAGE_PLOTS[0]
    other, thing, *_ = lost.page_things
    twist = Twist(lost.page or "", lost, thing, thing)
    story = story_for(rng, replace(page_wishes(rng, "Quillbert"), twist=twist))
    told = story.text.replace(thing, other).replace("Quillbert", "quillbert")
    assert obeys(story, Answer(told, True)).twist and obeys(story, Answer(told, True)).name
    assert not obeys(story, Answer(told.replace(other, "spoon"), True)).twist


def test_lengths_differ():
    def mean(length: str) -> float:
        rng = random.Random(2)
        return sum(len(story_for(rng, Wishes(length=length)).text) for _ in range(60)) / 60

    assert mean("short") * 1.25 < mean("medium") < mean("long") / 1.2


def test_a_story_told_again_keeps_its_facts():
    for number in range(60):
        rng = random.Random(number)
        story = random_story(rng)
        simple = retold(rng, "", story.asked, story.cast, "medium", "simple")
        shorter = retold(rng, "", story.asked, story.cast, "short", None)
        for slot in ("hero", "helper", "thing"):
            value = story.cast.slots[slot]
            assert value in simple.text and value in shorter.text, (slot, value)
        assert len(simple.text) < len(shorter.text) < 3000


@pytest.mark.parametrize("style", [None, *STYLES])
def test_a_story_told_shorter_is_shorter(style):
    shorter = read("talk")["again"]["shorter"]
    found = 0
    for number in range(200):
        rng = random.Random(number)
        story = story_for(rng, Wishes(length="medium", style=style))
        _, ((asked, text),) = told_again(rng, story)
        if asked in shorter:
            found += 1
            assert len(text) < len(story.text)
    assert found > 10


@pytest.mark.parametrize("plot", PLOTS.values(), ids=lambda plot: plot.name)
def test_answers_about_a_plot_agree_with_every_telling(plot):
    """What a right answer must have in it stands in the story, however it was told."""
    for number in range(24):
        rng = random.Random(number)
        thing = rng.choice(plot.things.known) if plot.things else ""
        twist = (
            page_twist(rng, plot)
            if plot.page
            else Twist(plot.asks[0].replace("{thing}", thing), plot, thing, thing)
        )
        story = story_for(
            rng, Wishes(twist=twist, style=rng.choice((None, "simple", "funny")), length=rng.choice(LENGTHS))
        )
        for asked in questions_about(rng, story):
            assert all(asked.key.lower() in answer.lower() for answer in asked.answers), asked
        for question in plot.questions:
            if story.style == "simple" and question.skip_simple:
                continue
            key = write(rng, question.key, story.cast.slots)
            if key not in ("Yes", "No", "need", "together"):
                assert key.lower() in story.text.lower(), (key, story.text)


def test_page_choices_are_up_to_date():
    written = (ROOT / "web" / "story" / "choices.json").read_text(encoding="utf-8")
    assert written == choices_json(), "run: python -m glowworm_tools.storyteller choices"


def test_page_template_makes_the_request_trained_on():
    data = json.loads(choices_json())
    picked = {name: data[name][0]["phrase"] for name in ("character", "setting", "twist", "theme", "length")}
    theme = Theme(PAGE_THEMES[0], LESSONS[PAGE_THEMES[0]])
    twist = page_twist(random.Random(1), PAGE_PLOTS[0])
    wishes = Wishes(PAGE_CHARACTERS[0], PAGE_PLACES[0], twist, theme, LENGTHS[0])
    assert data["template"].format(**picked) == story_request(**picked)
    assert page_request(random.Random(1), wishes) == story_request(**picked)


def test_requests_say_the_wishes():
    for number in range(300):
        rng = random.Random(number)
        wishes = random_wishes(rng)
        request = story_for(rng, wishes).request.lower()
        said = (wishes.character and wishes.character.kind, wishes.name, wishes.listener)
        said += (wishes.place and wishes.place.phrase.split()[-1], wishes.theme and wishes.theme.phrase)
        assert all(word.lower().replace("'", "’") in request.replace("'", "’") for word in said if word), (
            request
        )


def test_words_held_out_are_never_drawn_in_training():
    for entries in (KINDS, *NOUNS.values(), *THINGS.values()):
        assert entries.unseen and not set(entries.known) & set(entries.unseen)
    said = "\n".join(
        text
        for number in range(400)
        for turn in generated_document(random.Random(number)).turns
        for text in turn
    )
    for word in {word for entries in (KINDS, *NOUNS.values(), *THINGS.values()) for word in entries.unseen}:
        assert not has_words(word, said), word


def test_invented_names_can_be_said_and_are_many():
    rng = random.Random(1)
    names = {invented_name(rng) for _ in range(2000)}
    assert len(names) > 1900
    assert all(name.isascii() and name.isalpha() and name[0].isupper() for name in names)
    assert is_harmless("brozzle") and not is_harmless("bleeddia")


def test_nouns_of_no_list_are_many_and_fit_to_print():
    rng = random.Random(1)
    nouns = [noun_of_no_list(rng) for _ in range(2000)]
    assert len(set(nouns)) > 1500
    assert {noun.count(" ") for noun in nouns} == {0, 1}
    alive = {"schoolboy", "shepherd", "aunt", "hedgehog", "walrus"}
    assert not alive & {word for noun in nouns for word in noun.split()}
    assert not any(is_harmless(word) for word in ("murdeurtyard", "manslay", "Chinkeb", "Spermoul", "Farty"))


def test_words_made_up_are_never_words_held_out():
    rng = random.Random(1)
    # "Abacus" is held out; of these two it would be one blend in fifteen.
    blends = {blended_word(rng, ("abacxx", "sunacus")) for _ in range(2000)}
    assert {"abcus", "abaacus"} <= blends and "abacus" not in blends


def test_every_word_held_out_is_as_likely_as_any():
    rng = random.Random(1)
    asked = Counter(random_twist(rng, Source.HELD_OUT).thing for _ in range(6000))
    assert len(asked) > 25
    assert max(asked.values()) < 2 * min(asked.values())
    homes = Counter(place_from_noun(rng, Source.HELD_OUT).phrase.split()[-1] for _ in range(8000))
    often = [homes[nouns.unseen[-1].split()[-1]] for name, nouns in NOUNS.items() if name != "town"]
    assert max(often) < 2 * min(often)


def test_words_from_outside_stand_nowhere_else():
    lists = {**{f"places.{name}": nouns for name, nouns in NOUNS.items()}, "kinds": KINDS, **THINGS}
    outside = {**{f"places.{name}": names for name, names in OUTSIDE["places"].items()}, **OUTSIDE}
    for name in lists.keys() & outside.keys():
        assert set(words(outside[name])) <= set(lists[name].unseen), name


def test_names_that_measure_are_never_made_up_in_training():
    rng = random.Random(1)
    assert all(is_held_out(asked_name(rng, Source.HELD_OUT)) for _ in range(300))
    assert not any(is_held_out(invented_name(rng)) for _ in range(300))


def test_roads_and_nights_contradict_nothing():
    roads = set()
    for number in range(1500):
        rng = random.Random(number)
        story = story_for(rng, replace(page_wishes(rng), length="long", style=None))
        packs = [road for road in read("telling")["road"] if _is_told(road["pack"], story.text)]
        roads.update(road["pack"] for road in packs)
        assert not (packs and story.cast.plot.set_out)
        assert not any(road.get("not_with", "-") in story.cast.scene.meet for road in packs)
        last = " ".join(story.text.split("\n\n")[-2:])
        assert not ("crept into bed" in last and "slid into bed" in last)
    assert len(roads) > 4


def test_a_story_is_set_where_it_begins():
    place = PAGE_PLACES[0]
    assert is_set(place, f"Once, {place.phrase}, there was a fox.\n\nIt slept.\n\nThe end.")
    assert not is_set(place, f"Once there was a fox.\n\nIt slept.\n\nGood night {place.phrase}.")
    assert not is_set(place, f"Once a fox dreamed of {place.place}.\n\nIt slept.")


def test_a_beginning_goes_as_far_as_the_twist():
    found = 0
    for number in range(200):
        story = random_story(random.Random(number))
        begun = beginning(story)
        paragraphs = begun.split("\n\n")
        assert story.text.startswith(begun)
        assert any(has_words(sign, paragraphs[-1]) for sign in story.cast.twist.signs), begun
        found += len(begun) < len(story.text) / 2
    assert found > 150
    documents, none = Documents([], seed=3), replace(INSTRUCTION, cut_share=0.0)
    cut = [sum(documents.document(n, m).is_cut for n in range(200)) for m in (PRETRAINING, INSTRUCTION, none)]
    assert cut[0] > 1.5 * cut[1] > 0 == cut[2]


def test_every_data_file_is_read():
    used = (
        "choices heroes lessons names outside place_kinds places "
        "questions requests suitability talk telling words"
    )
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(used.split())
    assert {path.stem for path in (FOLDER / "plots").glob("*.toml")} == set(PLOTS)
    assert set(read("telling")["simple_deeds"]) == set(LESSONS)


def test_conversations_alternate_and_say_something():
    rng = random.Random(4)
    for turns in [about_a_story(rng) for _ in range(60)] + [small_talk(rng) for _ in range(60)]:
        assert turns
        assert all(said and answered for said, answered in turns)
        assert all("{" not in said + answered for said, answered in turns)
    story = random_story(rng)
    assert story.cast.helper in sequel(rng, story.cast)


def test_wording_fills_slots_and_makes_speech():
    slots = {"hero": "Pip", "thing": "egg"}
    text = write(
        random.Random(0),
        "{Hero}'s [hat|hat] said, 'I am {hero}, with {a_thing}: \"{Thing_capitals}\".'",
        slots,
    )
    assert text == "Pip's hat said, \"I am Pip, with an egg: 'EGG'.\""
    assert fix_articles("a hour, an unicorn, A old egg, a use") == "an hour, a unicorn, An old egg, a use"
    with pytest.raises(KeyError):
        write(random.Random(0), "{nobody}", slots)


def test_read_text_is_cut_cleaned_and_chosen():
    assert clean("“Hi,”\nsaid  Tom…\n\n\nBye") == '"Hi," said Tom...\n\nBye'
    text = "\n\n".join(["A paragraph of forty letters and some more."] * 100)
    assert "\n\n".join(passages(text)) == text
    story = "Once upon a time there was a little duck. " * 10 + "The end."
    assert is_story(story)
    assert not is_story(story.replace("little", "dead"))
    assert not is_story(story.rstrip("."))
    assert not is_suitable("The Lord heard the prayer and the sinner went to church.")
    assert is_suitable("The lord of the castle laughed.")


def test_requests_for_read_stories_are_granted_by_them():
    texts = [
        f"One day a girl named {name} found a {thing}. The {thing} was blue. She liked the {thing} a lot. "
        * 3
        for name, thing in (("Ann", "kite"), ("Bea", "drum"), ("Cleo", "spoon"))
    ]
    requests = Requests([ReadStory(text, True) for text in texts])
    assert "kite" in requests.salient_words(texts[0], 2)
    for seed in range(20):
        (asked, answer), *_ = requests.turns(random.Random(seed), ReadStory(texts[0], True))
        assert answer in texts[0]
        assert not asked or "Ann" in asked or "kite" in asked or "words" in asked


def test_documents_are_found_by_their_number():
    read_stories = [ReadStory("A bear sat down. It was a big bear. " * 10, True)]
    documents = Documents(read_stories, seed=3)
    some = [documents.document(number, PRETRAINING) for number in range(40)]
    assert some == [documents.document(number, PRETRAINING) for number in range(40)]
    bare = [
        sum(not documents.document(n, m).turns[0][0] for n in range(300)) for m in (PRETRAINING, INSTRUCTION)
    ]
    assert bare[0] > 4 * bare[1]


def test_schedule_warms_up_stays_and_ends_quantised():
    schedule, position = Schedule(warmup_steps=10), Position()
    assert rate(schedule, position) == 0.1 and mix(position) is PRETRAINING
    position.step, position.spent = 500, 50.0
    assert rate(schedule, position) == 1 and not is_quantised(schedule, position)
    position.begin_ending(lasts=40.0)
    assert mix(position) is INSTRUCTION and rate(schedule, position) == 1
    position.spent = 80.0
    assert rate(schedule, position) == pytest.approx(0.25) and is_quantised(schedule, position)
    position.spent = 95.0
    assert rate(schedule, position) == 0
    assert position.ended == 1


def test_a_run_that_has_ended_goes_on_with_another_trunk_and_ending():
    schedule, position = Schedule(warmup_steps=10), Position(step=100, spent=100.0)
    position.begin_ending(lasts=45.0)
    position.step, position.spent = 145, 145.0
    position.begin_trunk()
    assert mix(position) is PRETRAINING and rate(schedule, position) == 0.1
    assert not position.ending_is_due(schedule, total=245.0)
    position.step, position.spent = 199, 199.0
    assert rate(schedule, position) == 1 and not position.ending_is_due(schedule, total=245.0)
    position.spent = 201.0
    assert position.ending_is_due(schedule, total=245.0)


def test_a_run_that_has_ended_is_polished_by_half_an_ending():
    schedule, position = Schedule(warmup_steps=10), Position(step=145, spent=145.0)
    position.polish(lasts=20.0)
    assert position.ended == 0.5 and mix(position) is INSTRUCTION
    assert rate(schedule, position) == pytest.approx(0.05) and not is_quantised(schedule, position)
    position.step, position.spent = 155, 155.0
    assert rate(schedule, position) == pytest.approx(0.25) and is_quantised(schedule, position)
    position.spent = 165.0
    assert rate(schedule, position) == 0 and position.ended == 1


def test_an_idea_says_what_the_request_asks_for():
    told_too = []
    for seed in range(60):
        rng = random.Random(seed)
        wishes = page_wishes(rng, asked_name(rng))
        assert wishes.character and wishes.place and wishes.twist and wishes.theme and wishes.name
        story = story_for(rng, wishes)
        (asked, answer), *told = idea(rng, story)
        assert story.request in asked
        for said in (wishes.character.phrase, wishes.name, wishes.place.phrase, wishes.twist.phrase):
            assert said.lower() in answer.lower(), (asked, answer)
        assert has_moral(wishes.theme.lesson, answer)
        assert all(text == story.text for _, text in told)
        told_too.append(len(told))
    assert set(told_too) == {0, 1}
