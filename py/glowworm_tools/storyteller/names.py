"""Names for heroes, helpers and the children who listen."""

# ruff: noqa: SIM905  (a word list is easier to read as words)

import random

GIRLS = tuple(
    """
    Ada Alma Amy Anna Bella Bonnie Cara Clara Cora Daisy Dot Edie Ella Emma Etta Eva Fay Fern Flora Freya
    Gwen Hazel Heidi Holly Ida Iris Ivy Jenny Jill Josie June Kate Kira Lena Lila Lily Lola Lottie Lucy Luna
    Mabel Maya Mia Millie Mina Minnie Molly Nell Nina Nora Olive Pearl Penny Pippa Polly Poppy Rosa Rose
    Ruby Sally Sara Sophie Stella Sunny Tess Tilly Tina Vera Willa Winnie Zara Zoe
    """.split()
)
BOYS = tuple(
    """
    Albert Alfie Arlo Arthur Barney Basil Ben Benny Bertie Billy Bruno Caspar Charlie Dexter Duke Eddie Eli
    Emil Felix Finn Frank Fred George Gus Hans Harry Henry Hugo Ike Jack Jasper Jim Joey Jonas Kit Leo Leon
    Louis Luke Max Milo Monty Moss Ned Noah Ollie Oscar Otis Otto Pablo Percy Peter Pip Ralph Remy Robin
    Rory Rusty Sam Sid Teddy Theo Tim Toby Todd Tom Victor Wally Will Winston Zack
    """.split()
)
HELPERS = tuple(
    """
    Acorn Barnaby Biscuit Bramble Button Clover Crumb Dumpling Figgy Fennel Ginger Juniper Marble Marigold
    Mumble Muffin Nettle Nutmeg Pebble Pepper Pickle Plum Pudding Rosemary Saffron Sorrel Thimble Thistle
    Tumble Twig Velvet Walnut Whistle Wobble
    """.split()
)
_STARTS = tuple(
    """
    Ba Be Bi Bo Da De Di Do Fa Fi Fo Ga Gi Ka Ki Ko La Le Li Lo Ma Me Mi Mo Na Ne Ni No Pa Pe Pi Po Ra Ri Ro
    Sa Si So Ta Ti To Va Vi Za Zo
    """.split()
)
_ENDS = tuple(
    """
    bo da di do ka ki ko la lo lu ma mi mo na ni no ra ri ro sha ta to va vo za zi nka ndi rro llo mmy ppo
    sco
    """.split()
)


def invented_name(rng: random.Random) -> str:
    """A name that stands in no list, so that names are learnt as something to copy."""
    return rng.choice(_STARTS) + rng.choice(_ENDS) + rng.choice(["", "", "n", "s", "x"])
