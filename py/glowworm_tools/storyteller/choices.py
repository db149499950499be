"""What can be asked for: heroes, settings, twists, themes and lengths, and how a request is phrased.

The story page offers exactly these lists and phrases its request as `story_request` does; it reads both from
`web/story/choices.json`, which `python -m glowworm_tools.storyteller choices` writes from here.
"""

# ruff: noqa: E501  (a template is one line, however long)

import json
from dataclasses import dataclass

from .wording import capitalise


@dataclass(frozen=True)
class Character:
    """A hero one can ask for: `phrase` in a request ("a little fox"), `kind` in the story ("fox")."""

    phrase: str
    kind: str
    ways: tuple[str, ...]
    """Sentences that show what this hero is like, with the slots of a story's hero."""


@dataclass(frozen=True)
class Setting:
    """A place, with all that the plots need to find in it."""

    phrase: str
    home: str
    spots: tuple[str, ...]
    """Landmarks, each of which can have something `beside` or `behind` it."""
    sights: tuple[str, ...]
    helpers: tuple[str, ...]
    """Who may be met there."""
    shelter: str
    """A dry place; follows "in"."""
    high: str
    """The highest place; follows "up to"."""
    dark: str
    """A dark place; follows "through"."""
    gap: str
    """What a bridge crosses."""
    food: str
    """What can be gathered."""
    night: str
    """A sentence for the end of the day."""


CHARACTERS = (
    Character(
        "a little fox",
        "fox",
        (
            "{His} tail was always the last part of {him} to wake up.",
            "{He} liked to [ask questions|chase {his} own tail] before breakfast.",
        ),
    ),
    Character(
        "a brave mouse",
        "mouse",
        (
            "{He} was no bigger than a teacup, but {his} heart was as big as a barn.",
            "{He} wore a walnut shell for a hat.",
        ),
    ),
    Character(
        "a sleepy bear",
        "bear",
        (
            "{He} yawned so widely that [birds|leaves] had to hold on tight.",
            "{He} could fall asleep anywhere, even standing up.",
        ),
    ),
    Character(
        "a shy hedgehog",
        "hedgehog",
        (
            "When anyone looked at {him}, {he} rolled up into a ball.",
            "{He} spoke so softly that one had to lean close to hear.",
        ),
    ),
    Character(
        "a young dragon",
        "dragon",
        (
            "{He} could not breathe fire yet, only small puffs of smoke that smelled of toast.",
            "When {he} laughed, {he} hiccuped sparks.",
        ),
    ),
    Character(
        "a kind robot",
        "robot",
        (
            "When {he} was happy, a small green light blinked on {his} chest.",
            "{His} knees squeaked, and {he} squeaked a tune with them.",
        ),
    ),
    Character(
        "a curious kitten",
        "kitten",
        (
            "{He} put {his} nose into every box, bag and boot.",
            "{He} had one white paw, and {he} was very proud of it.",
        ),
    ),
    Character(
        "a playful puppy",
        "puppy",
        (
            "{His} ears were so long that {he} sometimes tripped over them.",
            "{He} wagged {his} tail so hard that {he} fell over.",
        ),
    ),
    Character(
        "a small owl",
        "owl",
        (
            "{He} was the only owl who was afraid to stay up late.",
            "{He} asked 'Who?' so often that everybody answered, 'Me!'",
        ),
    ),
    Character(
        "a quick rabbit",
        "rabbit",
        ("{He} hopped everywhere, even from the bed to the table.", "{His} nose never stopped twitching."),
    ),
    Character(
        "a slow turtle",
        "turtle",
        (
            "{He} was never in a hurry, and {he} saw many things that others missed.",
            "{He} carried {his} house on {his} back and an umbrella inside it.",
        ),
    ),
    Character(
        "a happy penguin",
        "penguin",
        (
            "{He} could not fly, but {he} could slide on {his} tummy faster than anyone.",
            "{He} always looked dressed for a party.",
        ),
    ),
    Character(
        "a gentle elephant",
        "elephant",
        (
            "{He} walked on the tips of {his} toes, so as not to wake the ants.",
            "{He} could trumpet a whole song through {his} trunk.",
        ),
    ),
    Character(
        "a busy squirrel",
        "squirrel",
        (
            "{He} counted {his} nuts every evening, and every evening the number was different.",
            "{He} had so much to do that {he} made lists on leaves.",
        ),
    ),
    Character(
        "a tiny snail",
        "snail",
        (
            "{He} left a silver line wherever {he} went, like a signature.",
            "It took {him} a whole morning to cross a garden path, and {he} loved every bit of it.",
        ),
    ),
    Character(
        "a little princess",
        "princess",
        (
            "{He} kept {his} crown in a drawer, because it was no good for climbing.",
            "{He} would rather have muddy boots than golden shoes.",
        ),
    ),
    Character(
        "a young wizard",
        "wizard",
        (
            "{His} spells went wrong on Mondays, and sometimes on other days too.",
            "{His} hat was so big that it rested on {his} nose.",
        ),
    ),
    Character(
        "a friendly pirate",
        "pirate",
        ("{He} had a wooden sword and a very polite parrot.", "{He} had never stolen anything but a nap."),
    ),
    Character(
        "a silver unicorn",
        "unicorn",
        (
            "{His} horn shone a little in the dark, which was good for reading.",
            "{He} left tiny stars in {his} footprints.",
        ),
    ),
    Character(
        "a yellow duckling",
        "duckling",
        (
            "{He} was always last in the line, because there was so much to look at.",
            "{He} practised {his} quack every morning in front of a puddle.",
        ),
    ),
)

SETTINGS = (
    Setting(
        "in the forest",
        "a snug house under the roots of a tree",
        (
            "the old oak tree",
            "the blackberry bushes",
            "the mossy stones",
            "the hollow log",
            "the little stream",
        ),
        (
            "The sun fell through the leaves in golden spots.",
            "The trees whispered to one another all day long.",
            "It smelled of pine and wet earth.",
        ),
        ("an old badger", "a grey squirrel", "a speckled toad", "a young deer", "a busy beaver"),
        "a dry cave behind the ferns",
        "the top of the tallest pine",
        "the part of the forest where no light came in",
        "the stream",
        "berries",
        "The owls began to sing, and the moon hung in the branches like a lamp.",
    ),
    Setting(
        "by the sea",
        "a blue house among the dunes",
        (
            "the red lighthouse",
            "the upturned boat",
            "the big black rock",
            "the wooden pier",
            "the sand dunes",
        ),
        (
            "The waves came in and went out again, as if the sea were breathing.",
            "The air tasted of salt.",
            "White birds sailed over the water.",
        ),
        ("an old crab", "a grey seal", "a white gull", "a small otter", "a proud pelican"),
        "the old boat house",
        "the top of the lighthouse",
        "the long cave where the tide sighs",
        "the inlet",
        "shells",
        "The waves went hush, hush, and the lighthouse winked at the stars.",
    ),
    Setting(
        "on a snowy mountain",
        "a warm hut with a crooked chimney",
        ("the frozen waterfall", "the tall fir tree", "the snowman", "the wooden fence", "the round boulder"),
        (
            "The snow lay over everything like a thick white blanket.",
            "Every breath made a small cloud.",
            "The air was so clear that one could hear a snowflake land.",
        ),
        ("a white hare", "an old goat", "a snow owl", "a sturdy pony", "a small marmot"),
        "a barn full of hay",
        "the highest peak",
        "the narrow pass where the wind howls",
        "the icy river",
        "pine cones",
        "The snow glowed blue, and smoke rose from the chimney straight up to the stars.",
    ),
    Setting(
        "on the moon",
        "a round house made of moonstone",
        (
            "the biggest crater",
            "the silver hill",
            "the old moon rocket",
            "the moon-cheese mine",
            "the shining pool of dust",
        ),
        (
            "Everything was silver there, and every jump took a whole minute.",
            "The earth hung in the sky like a blue marble.",
            "It was so quiet that one could hear the stars hum.",
        ),
        (
            "an old moon goat",
            "a small green moonling",
            "a moon mole",
            "a silver moth",
            "a dusty star sweeper",
        ),
        "a moon cave with a rug in it",
        "the tip of the moon",
        "the dark side of the moon",
        "the deep crack",
        "moon pebbles",
        "The blue earth shone through the window, and all the moon was still.",
    ),
    Setting(
        "in an old castle",
        "a small room at the top of a winding stair",
        (
            "the stone well",
            "the rusty suit of armour",
            "the great fireplace",
            "the long red curtain",
            "the rose bush in the courtyard",
        ),
        (
            "There were so many rooms that nobody had counted them all.",
            "The stairs creaked a different note on every step.",
            "Old paintings smiled down from the walls.",
        ),
        ("a grey bat", "an old cook", "a sleepy guard", "a palace cat", "a small spider"),
        "the kitchen by the warm stove",
        "the top of the highest tower",
        "the long corridor where the candles had gone out",
        "the moat",
        "apples",
        "The candles burned low, and the old clock struck nine.",
    ),
    Setting(
        "on a farm",
        "a little house next to the barn",
        ("the red barn", "the haystack", "the duck pond", "the apple tree", "the old tractor"),
        (
            "The rooster crowed every morning, and every morning he was a little too early.",
            "The fields were yellow and green, like a quilt.",
            "It smelled of hay and fresh bread.",
        ),
        ("a brown hen", "an old horse", "a woolly sheep", "a pink pig", "a spotted cow"),
        "the barn between the bales of hay",
        "the roof of the barn",
        "the dark cellar under the barn",
        "the ditch",
        "eggs",
        "The animals lay down in the straw, and the barn door was shut for the night.",
    ),
    Setting(
        "in a secret garden",
        "a tiny cottage behind the roses",
        ("the sundial", "the stone bench", "the tall sunflowers", "the lily pond", "the garden gate"),
        (
            "Flowers of every colour nodded over the path.",
            "Bees hummed from morning to evening.",
            "Butterflies sat on the wall and opened and closed like little books.",
        ),
        ("an old toad", "a round bumblebee", "a blackbird", "a garden gnome", "a ladybird"),
        "the greenhouse",
        "the top of the garden wall",
        "the thick hedge where it was always dark",
        "the pond",
        "strawberries",
        "The flowers folded up, one by one, and the crickets began to play.",
    ),
    Setting(
        "in a big city",
        "a small flat above a bakery",
        ("the fountain", "the newspaper stand", "the tall clock", "the park bench", "the corner bakery"),
        (
            "Trams rang their bells, and everyone hurried somewhere.",
            "The houses were so tall that they tickled the clouds.",
            "It smelled of warm bread and of rain on the street.",
        ),
        ("an old baker", "a street sweeper", "a grey pigeon", "a tram driver", "a shop cat"),
        "the doorway of the bakery",
        "the roof of the tallest house",
        "the tunnel under the bridge",
        "the canal",
        "chestnuts",
        "One by one the windows went dark, and the last tram rolled home.",
    ),
    Setting(
        "on a small island",
        "a hut made of driftwood",
        (
            "the tallest palm tree",
            "the round lagoon",
            "the old shipwreck",
            "the flat rock",
            "the banana trees",
        ),
        (
            "The island was so small that one could walk around it before lunch.",
            "The sand was warm, and the water was as clear as glass.",
            "Coconuts fell with a thump and made everybody jump.",
        ),
        ("an old parrot", "a green lizard", "a sea turtle", "a small monkey", "a hermit crab"),
        "the belly of the old shipwreck",
        "the top of the hill",
        "the dark cave behind the waterfall",
        "the lagoon",
        "coconuts",
        "The palm trees rustled, and the warm sea rocked the little boats.",
    ),
    Setting(
        "in a quiet village",
        "a crooked little house with a green door",
        ("the village pump", "the mill", "the church wall", "the big chestnut tree", "the market cart"),
        (
            "Everyone knew everyone, and everyone knew when there was cake.",
            "The cats slept on the warm doorsteps.",
            "The mill wheel turned slowly, splash, splash, splash.",
        ),
        ("an old miller", "a friendly goose", "a shoemaker", "a grey donkey", "a young shepherd"),
        "the old mill",
        "the top of the bell tower",
        "the lane where no lamp was lit",
        "the river",
        "plums",
        "Lamps went on in the windows, and somebody far away was singing.",
    ),
    Setting(
        "in the jungle",
        "a tree house with a rope ladder",
        (
            "the giant fig tree",
            "the waterfall",
            "the twisted vines",
            "the stone temple",
            "the muddy river bend",
        ),
        (
            "Everything was green there, even the light.",
            "Frogs drummed, birds whistled, and the leaves dripped in time.",
            "Flowers as big as plates grew along the path.",
        ),
        ("an old tortoise", "a bright parrot", "a long-tailed monkey", "a friendly tapir", "a tree frog"),
        "the old stone temple",
        "the top of the giant fig tree",
        "the thick of the jungle, where it was as dark as night",
        "the river",
        "mangoes",
        "Fireflies lit their lamps, and the jungle hummed itself to sleep.",
    ),
    Setting(
        "at the bottom of the sea",
        "a bubble house with a round window",
        ("the coral arch", "the sunken ship", "the giant clam", "the field of seaweed", "the pink sponge"),
        (
            "Fish went by like small bright kites.",
            "Everything swayed a little there, even the furniture.",
            "Bubbles rose past the window all day long.",
        ),
        ("an old octopus", "a seahorse", "a round pufferfish", "a starfish", "a gentle whale"),
        "the cabin of the sunken ship",
        "the top of the coral tower",
        "the deep trench, where it was dark",
        "the trench",
        "pearls",
        "The water turned dark blue, and little glowing fish came out like stars.",
    ),
)

TWISTS = (
    "a lost toy",
    "a sudden storm",
    "a secret door",
    "a fallen star",
    "a strange sound",
    "a treasure map",
    "a magic seed",
    "a lost baby animal",
    "a forgotten birthday",
    "a broken bridge",
)

THEMES = ("friendship", "courage", "kindness", "honesty", "patience", "sharing")

LENGTHS = ("short", "medium", "long")

REQUEST_TEMPLATE = (
    "Tell me a {length} story about {character} {setting}, with {twist}. The story is about {theme}."
)
"""How the story page asks; every slot takes a phrase from the lists above."""


def story_request(*, character: str, setting: str, twist: str, theme: str, length: str) -> str:
    """The request, in words, for a story with these choices (phrases such as "a little fox")."""
    return REQUEST_TEMPLATE.format(
        character=character, setting=setting, twist=twist, theme=theme, length=length
    )


def choices_json() -> str:
    """What the story page needs: for each combobox its options, a label and a phrase each, and the template."""

    def options(phrases: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"label": capitalise(phrase), "phrase": phrase} for phrase in phrases]

    data = {
        "template": REQUEST_TEMPLATE,
        "character": options(tuple(character.phrase for character in CHARACTERS)),
        "setting": options(tuple(setting.phrase for setting in SETTINGS)),
        "twist": options(TWISTS),
        "theme": options(THEMES),
        "length": options(LENGTHS),
    }
    return json.dumps(data, indent=2) + "\n"
