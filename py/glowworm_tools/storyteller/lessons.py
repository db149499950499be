"""The themes: how the hero wins the helper, and what the story is about in the end.

A lesson is the middle of every story. The hero, with the plot's `{goal}` (`{my_goal}` in the hero's own words) still unreached, meets
the helper, must choose, chooses well, and is helped because of it.
"""

# ruff: noqa: E501  (a template is one line, however long)

from dataclasses import dataclass


@dataclass(frozen=True)
class Lesson:
    meets: tuple[str, ...]
    chooses: tuple[str, ...]
    """The choice itself; a story of any length has it."""
    wavers: tuple[str, ...]
    """What makes the choice hard; told in the longer stories, before it."""
    earns: tuple[str, ...]
    """Why the helper now wants to help: the helper's own words."""
    moral: tuple[str, ...]


LESSONS: dict[str, Lesson] = {
    "friendship": Lesson(
        meets=(
            "Then {hero} met {a_helper}, who sat all alone beside {third_spot}. 'Nobody ever asks me to come along,' said {helper} and sighed.",
            "Beside {third_spot} sat {a_helper}. {Helper} was playing a game for two, all alone, and was losing.",
        ),
        wavers=(
            "{Hero} thought about it. Alone {he} would be quicker. But quick is not the same as happy.",
            "'I have no time to play,' {hero} began. Then {he} saw how sad {the_helper} looked, and {he} stopped.",
        ),
        chooses=(
            "'Come with me,' said {hero}. 'I want to {my_goal}, and it is better with two.' {The_helper}'s eyes began to shine.",
            "'Will you be my friend?' asked {hero}. 'I am trying to {my_goal}, and I should like to have you with me.'\n\n'I will!' cried {helper}, and jumped up.",
        ),
        earns=(
            "They walked side by side and told each other everything. 'Now that we are friends,' said {helper}, 'your trouble is my trouble too.'",
            "'You asked me to be your friend,' said {helper}, 'and friends help each other.'",
        ),
        moral=(
            "With a friend beside you, every road is half as long.",
            "{Hero} had found something that day that is better than any treasure: a friend.",
            "A trouble shared with a friend is only half a trouble.",
        ),
    ),
    "courage": Lesson(
        meets=(
            "The way led through {dark}. {Hero}'s knees began to shake.",
            "To go on, {hero} had to go through {dark}. {He} stopped. {His} heart went thump, thump, thump.",
        ),
        wavers=(
            "'I could turn back,' {he} thought. 'Nobody would know.' But {he} wanted so much to {goal}.",
            "Something rustled. {Hero} shut {his} eyes, and then {he} opened them again, because it was even darker with {his} eyes shut.",
        ),
        chooses=(
            "'I am afraid,' said {hero}, 'but I can be afraid and still take one step.' {He} took one step. Then {he} took another. Two eyes blinked in the dark. It was only {a_helper}, who was just as frightened!",
            "{Hero} took a deep breath and began to sing, very softly. Step by step {he} went on, singing. Then somebody else joined in the song. It was {a_helper}, who had been too afraid to move until then.",
        ),
        earns=(
            "'How brave you are,' said {helper}. 'You came through the dark, and now I am not afraid any more. Let me help you.'",
            "'You were brave for both of us,' said {helper}. 'Now it is my turn to do something for you.'",
        ),
        moral=(
            "To be brave does not mean that you are never afraid. It means that you go on all the same.",
            "{Hero} had learned that courage can be very small. It needs only to be one step long.",
            "Even small feet can take brave steps.",
        ),
    ),
    "kindness": Lesson(
        meets=(
            "On the way {hero} heard somebody call for help. It was {a_helper}, whose [foot was caught under a stone|cart was stuck in a hole|glasses had fallen into the grass].",
            "Beside {third_spot}, {hero} met {a_helper}, who was [shivering with cold|carrying a sack that was much too heavy|sitting on the ground with a sore foot].",
        ),
        wavers=(
            "{Hero} was in a hurry. {He} looked at the path, and {he} looked at {the_helper}.",
            "'I really should go on,' thought {hero}. 'But how would I feel, if it were me?'",
        ),
        chooses=(
            "'Do not worry,' said {hero}. 'I will help you first. The rest can wait.' And {he} worked until {helper} could smile again.",
            "{Hero} stopped at once and helped, gently and without a word of complaint. Soon {helper} was quite well again.",
        ),
        earns=(
            "'You were kind to me, though you were in a hurry,' said {helper}. 'What can I do for you?'",
            "'Thank you,' said {helper}. 'One kindness calls for another. Where were you going?'",
        ),
        moral=(
            "A kind deed is never lost. It always finds its way back.",
            "It costs nothing to be kind, and it is worth more than gold.",
            "Whoever stops to help others is never alone.",
        ),
    ),
    "honesty": Lesson(
        meets=(
            "{Hero} ran so fast that {he} bumped into a little table beside {third_spot}. A [blue jug|clay pot|glass bowl] fell down and broke. It belonged to {a_helper}, who had not seen it happen.",
            "Beside {third_spot}, {hero} stepped on something. Crack! It was a [fine new basket|wooden flute|painted cup], and it belonged to {a_helper}, who was fast asleep.",
        ),
        wavers=(
            "Nobody had seen it. {Hero} could have tiptoed away. {He} took two steps, and each step felt heavier than the one before.",
            "'I could say it was the wind,' thought {hero}. But the thought made {his} tummy feel cold.",
        ),
        chooses=(
            "'It was me,' said {hero}. 'I broke it, and I am very sorry. I will help you mend it.' {Helper} looked at {him} for a long time, and then smiled.",
            "{Hero} went straight to {helper} and told the truth. 'I broke it,' {he} said. 'I did not mean to. I am sorry.' And together they glued the pieces.",
        ),
        earns=(
            "'You told me the truth when it was hard,' said {helper}. 'Somebody like you I can trust. What brings you here?'",
            "'A thing can be mended,' said {helper}, 'and you are honest. I like to help honest folk.'",
        ),
        moral=(
            "The truth may be hard to say, but afterwards the heart is as light as a feather.",
            "What is broken can be mended, as long as one tells the truth.",
            "{Hero} was glad that {he} had told the truth, for honest words make good friends.",
        ),
    ),
    "patience": Lesson(
        meets=(
            "Then {hero} met {a_helper}. 'I can help you,' said {helper}, 'but first I must finish [my soup|this row of knitting|counting my ninety-nine pebbles]. If I hurry, it will be spoiled.'",
            "Beside {third_spot} sat {a_helper}, doing everything very, very slowly. 'I will help you,' said {helper}, 'as soon as [my tea is cool|my bread is baked|the last stitch is done].'",
        ),
        wavers=(
            "{Hero} hopped from one foot to the other. {He} wanted to {goal} now, this minute!",
            "Waiting was hard. {Hero} sighed once, and then twice, and then {he} laughed at {himself}.",
        ),
        chooses=(
            "So {hero} sat down and waited. {He} counted clouds. {He} listened to a beetle. And when {he} was not looking for it any more, the waiting was over.",
            "'I can wait,' said {hero}. {He} sat quietly and watched how it was done, and after a while {he} even liked it. At last {helper} stood up.",
        ),
        earns=(
            "'Most folk run off,' said {helper}. 'You waited, and now I have all the time in the world for you.'",
            "'Thank you for your patience,' said {helper}. 'Now I can help you, and we shall do it properly.'",
        ),
        moral=(
            "Good things take time, and they are worth waiting for.",
            "{Hero} had learned that waiting is not the same as doing nothing.",
            "Slow and quiet often comes there first.",
        ),
    ),
    "sharing": Lesson(
        meets=(
            "{Hero} had brought only one [pear|bun|piece of cheese|pancake], and {he} was hungry. Just then {he} met {a_helper}. {Helper}'s tummy rumbled so loudly that the birds flew up.",
            "{Hero} sat down to rest and unpacked {his} lunch. There was not very much of it. Then {a_helper} came by, thin and tired, and looked at it with big eyes.",
        ),
        wavers=(
            "{Hero} looked at the food. It was just enough for one. It smelled so good.",
            "'If I give some away, I shall have less,' thought {hero}. Then {he} thought, 'But we shall both have some.'",
        ),
        chooses=(
            "{Hero} broke it in two and gave away the bigger half. 'It tastes better together,' {he} said. And it did.",
            "'Sit down,' said {hero}, 'there is half for you.' They ate together, crumb by crumb, and both of them were full.",
        ),
        earns=(
            "'You shared with me, and you had so little,' said {helper}. 'Now I will share with you what I know.'",
            "'Half of yours was more than the whole of many others,' said {helper}. 'How can I help you?'",
        ),
        moral=(
            "When you share, there is always enough.",
            "Half of something with a friend is better than all of it alone.",
            "{Hero} had given half away, and {he} had got twice as much back.",
        ),
    ),
}
