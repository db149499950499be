"""The twists: ten plots, each a chain of events with causes and consequences.

A plot says what happens to the hero, what the hero then wants, what is tried in vain, what a helper
knows or has that changes everything, how it comes out and what remains of it. How the helper is
won over is not the plot's business but the theme's (`lessons.py`).

Templates use the slots of the hero (`{hero}`, `{the_kind}`, `{he}`, `{him}`, `{his}`, `{himself}`), of the
helper (`{helper}`, `{the_helper}`, `{helper_he}`, ...), of the setting (`{spot}`, `{other_spot}`, `{home}`, ...) and the
plot's own `props`, of which one value each is chosen per story.
"""

# ruff: noqa: E501  (a template is one line, however long)

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Plot:
    signs: tuple[str, ...]
    """Words of which every story with this plot has one."""
    happens: tuple[str, ...]
    goal: str
    """What the hero wants, as an infinitive without "to"; of the hero's slots it may hold `{his}` alone."""
    attempts: tuple[str, ...]
    """Ways that fail, in any order."""
    help: tuple[str, ...]
    """What the helper then says."""
    outcome: tuple[str, ...]
    remains: tuple[str, ...]
    """How the days after differ from the days before."""
    props: dict[str, tuple[str, ...]] = field(default_factory=dict)


PLOTS: dict[str, Plot] = {
    "a lost toy": Plot(
        signs=("kite", "boat", "drum", "ball", "bear", "whistle", "top", "rabbit"),
        props={
            "colour": ("red", "blue", "green", "yellow", "striped", "purple"),
            "toy": (
                "kite",
                "wooden boat",
                "drum",
                "ball",
                "cloth bear",
                "tin whistle",
                "spinning top",
                "cloth rabbit",
            ),
        },
        happens=(
            "One morning {hero} reached for {his} {colour} {toy}, and it was gone. The day before, {he} had played with it beside {spot}, and when supper was called {he} had run home in a great hurry.",
            "{Hero} had a {colour} {toy} that {he} loved more than anything. All afternoon {he} played with it beside {spot}. Then it was supper time, and {he} ran home as fast as {he} could. But at bedtime [the {toy} was not there|there was no {toy} anywhere].",
        ),
        goal="find {his} {toy}",
        attempts=(
            "{He} looked under the bed. {He} looked behind the door and inside both boots. All {he} found was [one sock|a button|a very old biscuit].",
            "{He} emptied the big cupboard, and everything fell on {his} head: pots, hats and a tin of buttons. But there was no {toy}.",
            "{He} drew a picture of the {toy} and showed it to everyone who passed. 'No,' they said, 'we have not seen it.'",
        ),
        help=(
            "'I walked past {spot} today,' said {helper}, 'and I saw something {colour} there. Did you play there yesterday?'",
            "'Think back,' said {helper}. 'Where did you have it last? Things often wait where we left them.'\n\n'{Spot}!' cried {hero}. 'I ran home to supper, and I left it there!'",
        ),
        outcome=(
            "Together they went to {spot}. And there lay the {colour} {toy}, just where {hero} had put it down, a little wet with dew but as good as ever. {Hero} hugged it tight.",
            "They ran to {spot} as fast as they could. There was the {toy}, waiting in the very place where {he} had left it. {Hero} danced with joy, and {helper} danced too.",
        ),
        remains=(
            "From then on, {hero} always looked behind {himself} before {he} ran home to supper.",
            "The next day {hero} and {helper} played with the {toy} together, and they carried it home together too.",
        ),
    ),
    "a sudden storm": Plot(
        signs=("storm", "thunder"),
        happens=(
            "One afternoon {hero} went to {spot} to gather {food}, far from home. {He} did not look at the sky, so {he} did not see it turn grey. First came one drop, plop. Then came ten, and then ten hundred. The wind howled, and thunder rolled like a great drum.",
            "{Hero} was playing beside {spot} when the wind began to blow. It blew {his} basket of {food} away. Dark clouds rushed over the sky, and then, with a crash, the storm was there.",
        ),
        goal="get safely out of the storm",
        attempts=(
            "{He} hid under a big leaf. But the leaf filled with water, bent down, and splash, it emptied itself over {his} head.",
            "{He} tried to run home. But the path had turned to slippery mud, and for every step forward {he} slid two steps back.",
            "{He} put {his} basket on {his} head. The rain came right through the holes.",
        ),
        help=(
            "'Come with me,' said {helper}. 'I know a place where no rain comes. We can wait in {shelter}.'",
            "'No storm lasts for ever,' said {helper}. 'Hold on to me. It is warm and dry in {shelter}, and there is room for two.'",
        ),
        outcome=(
            "In {shelter} they sat close together and counted between the lightning and the thunder. One, two, three. Then five. Then ten. The storm was going away! When they came out, a rainbow stood over everything, and {helper} walked {hero} home.",
            "They sat in {shelter} and told each other stories while the thunder grumbled farther and farther away. At last the sun came out, and every leaf and stone sparkled. Then they went home, hopping over the puddles.",
        ),
        remains=(
            "After that, {hero} always looked up at the sky before {he} went out, and {he} always kept a dry place for a friend.",
            "Whenever it thundered again, {hero} was not frightened. {He} counted, as {helper} had shown {him}, until it was far away.",
        ),
    ),
    "a secret door": Plot(
        signs=("door",),
        props={
            "wonder": (
                "a round little room full of glowing lanterns",
                "a library with chairs of exactly the right size",
                "a garden where the flowers hummed softly",
                "a tiny kitchen where a pot of sweet soup was always warm",
                "a room with a ceiling like the night sky",
            ),
        },
        happens=(
            "One day {hero} looked behind {spot} and found a little door that {he} had never seen before. It was no taller than a loaf of bread. {He} turned the handle, but the door was locked.",
            "{Hero} dropped a [coin|button|nut], and it rolled away behind {spot}. When {he} crept after it, {he} saw a small green door with a brass keyhole. A warm light shone through the hole. But the door was locked.",
        ),
        goal="open the secret door",
        attempts=(
            "{He} pushed and {he} pulled. The door did not move, not even a little creak.",
            "{He} knocked three times. Nobody answered but a beetle, who said that {he} was making too much noise.",
            "{He} tried to pick the lock with a twig. The twig broke.",
        ),
        help=(
            "'Wait,' said {helper}, and took a tiny key from a pocket. 'I found this long ago beside {other_spot}. I never knew which door it was for. I think it is yours.'",
            "'A small door with a keyhole?' said {helper}. 'I have had a small key all my life and never a door for it! Let us try.'",
        ),
        outcome=(
            "The key went in, and it turned with a click. Behind the door was {wonder}. {Hero} and {helper} stood and stared, and then they both began to laugh for joy.",
            "Click, went the key, and the door swung open. They saw {wonder}. 'It has been waiting for us,' whispered {hero}.",
        ),
        remains=(
            "They locked the door behind them and kept the secret. But every Sunday they met there, and {hero} brought cake.",
            "From that day on it was their place. {Helper} kept the key, and {hero} kept the secret.",
        ),
    ),
    "a fallen star": Plot(
        signs=("star",),
        happens=(
            "One night a star fell out of the sky and landed with a soft bump beside {spot}. It was as small as an apple, and it cried silver tears. 'I leaned out too far, because I wanted to look at you,' said the star. 'Now I cannot get home.'\n\n'Do not cry,' said {hero}. 'I will help you.'",
            "{Hero} was looking out of the window when something bright came tumbling down. It landed beside {spot}. {Hero} ran outside and found a little star, blinking in the dark. 'I slipped,' said the star in a tiny voice. 'Please, can you bring me back to the sky?'",
        ),
        goal="bring the little star home",
        attempts=(
            "{He} threw the star up as high as {he} could. It went up, up, up, and then down again, bump.",
            "{He} put a chair on a table and a box on the chair, and climbed on top. The sky was still very far away.",
            "{He} asked the moon to bend down. But the moon was busy and did not hear.",
        ),
        help=(
            "'A star must be carried up to {high},' said {helper}. 'From there it needs only one small hop. I will show you the way.'",
            "'I know how it is done,' said {helper}. 'My grandmother told me. Take the star up to {high} and wait until the wind holds its breath.'",
        ),
        outcome=(
            "So they climbed up to {high}, and {hero} held the star in both arms. 'Ready?' {he} asked. The star gave one small hop, and there it was, back in its place, shining brighter than before.",
            "Up and up they went, all the way to {high}. The star was warm and glowed so that they could see the path. At the top it hopped, once, and the sky caught it. 'Thank you!' it called down.",
        ),
        remains=(
            "Every night since then, that star twinkles twice when {hero} looks up. {He} always waves back.",
            "And if you look up on a clear night, you may see a star that leans out a little. But now it holds on tight.",
        ),
    ),
    "a strange sound": Plot(
        signs=("sound",),
        props={
            "sound": ("hoo-oom", "tick-a-tack", "wheee-oo", "rumble-bum"),
            "source": (
                "an old bottle, and the wind was blowing across its top",
                "a baby dormouse, fast asleep and snoring with all its might",
                "a beetle in a tin can, who was learning to play the trumpet",
                "a loose shutter that rocked in the wind and wished somebody would close it",
            ),
        },
        happens=(
            "One night a strange sound woke {hero}. '{Sound},' it went. Then it was quiet. Then it came again: '{Sound}.' {Hero} pulled the blanket up to {his} nose. {He} could not sleep at all.",
            "It was late, and {hero} was nearly asleep when {he} heard it. '{Sound}!' What was that sound? {He} held {his} breath. '{Sound}!' There it was again.",
        ),
        goal="find out what made the sound",
        attempts=(
            "{He} put a pillow over {his} head. The sound came through the pillow.",
            "{He} shut the window and the door. The sound came down the chimney.",
            "{He} called, 'Who is there?' '{Sound},' said the sound, and that was no answer.",
        ),
        help=(
            "'I hear it every windy night,' said {helper}. 'It comes from {spot}. A sound is only frightening as long as one does not know what makes it. Let us go and look.'",
            "'I have good ears,' said {helper}. 'It comes from over there, beside {spot}. Follow me, on tiptoe.'",
        ),
        outcome=(
            "They crept to {spot} and looked behind it. And what did they find? It was {source}! {Hero} laughed so much that {he} had to sit down. 'And I was afraid of that!' {he} said.",
            "Step by step they came to {spot}. {Helper} held up a lamp. There it was: {source}. 'Is that all?' said {hero}, and all {his} fear flew away.",
        ),
        remains=(
            "After that, {hero} liked the sound. When {he} heard it at night, {he} smiled and turned over and slept on.",
            "And whenever {hero} heard something strange again, {he} went to see what it was before {he} was afraid of it.",
        ),
    ),
    "a treasure map": Plot(
        signs=("map",),
        props={
            "treasure": (
                "a golden bell that rang all by itself when somebody was happy",
                "a big pot of honey and two spoons",
                "a hundred coloured marbles, no two alike",
                "a lamp that never went out",
                "a kite with a tail as long as a street",
            ),
        },
        happens=(
            "On a rainy day {hero} found an old map [inside a book|in the toe of a boot|under a floor board]. It showed {spot}, and a dotted line, and somewhere at the end of the line there had to be a treasure. But the corner where the line ended was torn off.",
            "The wind blew a piece of paper against {hero}'s window. It was a map! There was {spot}, and there was a line of little dots. But one corner was missing, and it was the corner with the cross.",
        ),
        goal="find the treasure",
        attempts=(
            "{He} dug a hole beside {spot}. {He} found three worms and a rusty spoon, and the worms were not pleased.",
            "{He} followed the dots until they stopped. There {he} stood, in the middle of nowhere, with a map that knew no more than {he} did.",
            "{He} turned the map upside down. It was no help at all, and now the letters stood on their heads.",
        ),
        help=(
            "'That is funny,' said {helper}. 'I have carried this scrap of paper in my pocket for years.' They held it to the map. It was the missing corner, and on it was a red cross beside {other_spot}!",
            "'Let me see,' said {helper}. 'I have a scrap with a red cross on it, and it shows {other_spot}. Look, the two pieces fit!'",
        ),
        outcome=(
            "They ran to {other_spot} and dug. Soon they heard a clunk. It was a chest, and in the chest was {treasure}. 'Half of it is yours,' said {hero}, 'for without your corner I should never have found it.'",
            "At {other_spot} they dug together, one on each side, until they found a small wooden chest. Inside was {treasure}. {Hero} and {helper} looked at each other and cheered.",
        ),
        remains=(
            "They hung the map on the wall, both pieces, side by side. And the treasure belonged to both of them.",
            "The treasure lasted a long time, and the friendship lasted even longer.",
        ),
    ),
    "a magic seed": Plot(
        signs=("seed",),
        props={
            "plant": (
                "a flower like a golden lamp, which shone all night",
                "a tree with a swing already hanging from it",
                "a bush full of little bells that rang in the breeze",
                "a vine with blue berries that tasted of ice cream",
            ),
        },
        happens=(
            "One windy day a seed fell at {hero}'s feet. It was round and gold like a button, and a tiny note was tied to it. 'Plant me and see,' said the note. {Hero} planted it beside {spot}. {He} waited all day, but nothing happened.",
            "{Hero} bought a seed from a passing pedlar for [one penny|a song|two buttons]. 'It is a magic seed,' said the pedlar and went away before {hero} could ask anything. {Hero} planted it beside {spot}. But it did not grow.",
        ),
        goal="make the magic seed grow",
        attempts=(
            "{He} poured a whole bucket of water on it. Now there was a puddle, and still no plant.",
            "{He} sang to it, louder and louder, until the neighbours shut their windows. The seed did not care.",
            "{He} dug it up to see if it was doing anything. It was not, so {he} put it back.",
        ),
        help=(
            "'I know these seeds,' said {helper}. 'They do not want much. One cup of water by moonlight, and somebody who wishes them a good night.'",
            "'You have given it too much,' said {helper}. 'It wants only a little water when the moon is up, and a kind word. Then let it sleep.'",
        ),
        outcome=(
            "That night {hero} and {helper} gave the seed one cup of water and said, 'Good night, seed.' In the morning, beside {spot}, there stood {plant}. {Hero} could hardly believe {his} eyes.",
            "So they did just that. When the moon was up, they poured one cup of water and whispered good night. And in the morning they found {plant}, right there beside {spot}.",
        ),
        remains=(
            "Everyone came to see it. In autumn it dropped one golden seed, and {hero} gave it to {helper}.",
            "Every evening {hero} said good night to it, and every evening it nodded a little.",
        ),
    ),
    "a lost baby animal": Plot(
        signs=("baby",),
        props={
            "baby": ("duckling", "mouse", "bunny", "owl", "kitten", "piglet", "hedgehog"),
            "wanderer": ("a butterfly", "a rolling nut", "a bright feather"),
        },
        happens=(
            "One day {hero} heard a tiny voice behind {spot}. 'Peep,' it went. There sat a baby {baby}, all alone. 'I ran after {wanderer},' it said, 'and now I do not know where my mother is.'\n\n'Then we shall look for her,' said {hero}.",
            "Beside {spot}, {hero} found a baby {baby} with tears on its nose. 'I am lost,' it sobbed. 'I only wanted to see where {wanderer} was going.' {Hero} wiped its nose. 'Come along,' {he} said. 'I will take you home.'",
        ),
        goal="find the baby {baby}'s mother",
        attempts=(
            "They called as loudly as they could. Only the echo called back, and it was no mother.",
            "They looked for footprints. They found many, but they turned out to be their own, for they had walked in a circle.",
            "They asked a frog. But the frog had been asleep and had seen nothing but a dream about flies.",
        ),
        help=(
            "'A mother {baby}?' said {helper}. 'I heard her beside {other_spot}. She is calling and calling. Come, I will lead you.'",
            "'I saw a mother {baby} this morning beside {other_spot},' said {helper}. 'She was looking under every leaf and stone. Quick, before she goes on!'",
        ),
        outcome=(
            "They hurried to {other_spot}. 'Mama!' cried the baby {baby}, and the mother ran to meet it and held it close. 'Thank you,' she said to {hero}, 'thank you a hundred times.'",
            "At {other_spot} stood the mother {baby}. When she saw her little one, she laughed and cried at once. The baby {baby} told her everything, twice, and it said that {hero} was the best of all.",
        ),
        remains=(
            "Every morning after that, the baby {baby} came by with its mother and waved to {hero}. And it never again ran after {wanderer}.",
            "From that day on, {hero} had a very small friend who came to tea on Sundays, always with its mother.",
        ),
    ),
    "a forgotten birthday": Plot(
        signs=("birthday",),
        props={
            "cake": ("a carrot cake", "a chocolate cake", "an apple pie", "a honey cake"),
            "gift": ("a paper crown", "a blue scarf", "a little flute", "a jar of fireflies"),
        },
        happens=(
            "It was {hero}'s birthday. {He} woke up early, combed {himself} and sat down by the door to wait. But nobody came. Nobody sang. Nobody said a word about it.",
            "When {hero} woke up, {he} knew at once what day it was. It was {his} birthday! {He} ran outside. 'Good morning,' said the neighbours, and nothing more. Had they all forgotten?",
        ),
        goal="find out why nobody remembered {his} birthday",
        attempts=(
            "{He} walked past {spot}, slowly, humming the birthday song. Everyone there was much too busy to notice.",
            "{He} put on {his} best hat. 'Nice weather,' people said, and hurried on with baskets under their arms.",
            "{He} baked {himself} a very small cake. But it is hard to sing for oneself with one's mouth full.",
        ),
        help=(
            "'I promised not to tell,' said {helper}, 'but I cannot see you so sad. Nobody has forgotten. Come to {other_spot} when the sun goes down.'",
            "'Forgotten?' said {helper}, and smiled. 'I can keep a secret, but not for long. Go to {other_spot} this evening and you will see.'",
        ),
        outcome=(
            "When the sun went down, {hero} went to {other_spot}. All at once a hundred lights went on. 'Surprise!' everyone shouted. There was {cake}, and there was {gift} from {helper}. They had been getting ready all day, and that was why they had been so busy.",
            "That evening at {other_spot}, lanterns hung everywhere. 'Happy birthday, {hero}!' they all cried. They had not forgotten at all. They had baked {cake} in secret, and {helper} gave {him} {gift}.",
        ),
        remains=(
            "And when it was {helper}'s birthday, guess who baked the biggest cake of all? It was {hero}.",
            "{Hero} kept a piece of the cake for the next morning, because birthdays should last a little longer than a day.",
        ),
    ),
    "a broken bridge": Plot(
        signs=("bridge",),
        props={"gift": ("a pot of soup", "a warm pie", "a letter", "a jar of jam", "a basket of {food}")},
        happens=(
            "{Hero} was on {his} way to Grandmother with {gift}. {He} came to the bridge over {gap}, and there {he} stopped. In the night the wind had broken the bridge in two. The middle was gone!",
            "Grandmother was ill in bed, and {hero} wanted to bring her {gift}. But when {he} came to {gap}, the old bridge was broken. Only two sticks and a rope were left of it.",
        ),
        goal="get across to Grandmother",
        attempts=(
            "{He} took a long run and jumped. {He} landed on {his} bottom, on the wrong side, with a bump.",
            "{He} pushed a branch across. It was too short, and it fell in with a splash.",
            "{He} looked for another way round. {He} walked and walked and came back to the same place.",
        ),
        help=(
            "'There are good strong planks beside {spot},' said {helper}. 'I cannot carry them alone, and you cannot either. But two of us can.'",
            "'I was just wishing for somebody to help me mend this bridge,' said {helper}. 'I have the planks and the rope, but I have only two hands. Will you hold the other end?'",
        ),
        outcome=(
            "They carried and they hammered, one at each end, and by noon the bridge stood again, stronger than before. {Hero} walked across without a wobble. Grandmother was overjoyed with {gift}, and she gave {him} a kiss and a biscuit for {helper}.",
            "{Hero} held, and {helper} tied the knots. Plank by plank the bridge grew, until it reached the other side. Soon {hero} sat on Grandmother's bed, and they shared {gift}, and she felt better already.",
        ),
        remains=(
            "On the way home {hero} crossed the bridge again and carved two small letters into it, one for {himself} and one for {helper}.",
            "Everyone uses that bridge now. And everyone knows who built it.",
        ),
    ),
}
