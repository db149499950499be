/** Which words call for which drawing. What is not known is nobody's fault: the picture then shows a traveller. */

/**
 * @param {Record<string, string>} words  what is drawn → the words for it
 * @returns {Map<string, string>} word → what is drawn
 */
function dictionary(words) {
  return new Map(Object.entries(words).flatMap(([drawn, said]) => said.split(" ").map((word) => [word, drawn])));
}

export const HEROES = dictionary({
  fox: "fox vixen",
  wolf: "wolf coyote",
  mouse: "mouse mice hamster rat gerbil dormouse shrew",
  bear: "bear cub grizzly",
  polar: "polar",
  panda: "panda",
  koala: "koala wombat",
  cat: "cat kitten kitty",
  dog: "dog puppy hound pup",
  rabbit: "rabbit bunny hare",
  squirrel: "squirrel chipmunk",
  beaver: "beaver",
  otter: "otter seal weasel ferret stoat walrus",
  badger: "badger skunk",
  mole: "mole",
  hedgehog: "hedgehog porcupine",
  elephant: "elephant mammoth",
  lion: "lion",
  tiger: "tiger leopard jaguar cheetah panther lynx",
  monkey: "monkey ape gorilla chimpanzee lemur",
  sloth: "sloth",
  racoon: "raccoon racoon",
  pig: "pig piglet boar",
  cow: "cow calf",
  bison: "bison buffalo ox bull yak",
  sheep: "sheep lamb alpaca llama",
  goat: "goat kid",
  deer: "deer fawn reindeer moose stag elk",
  giraffe: "giraffe",
  horse: "horse pony foal",
  donkey: "donkey mule camel",
  zebra: "zebra",
  unicorn: "unicorn pegasus",
  dragon: "dragon",
  dinosaur: "dinosaur crocodile alligator lizard gecko chameleon",
  frog: "frog toad newt",
  kangaroo: "kangaroo wallaby",
  bat: "bat",
  monster: "monster troll yeti ogre",
  owl: "owl owlet",
  penguin: "penguin",
  duckling: "duckling",
  duck: "duck",
  chick: "chick",
  hen: "hen chicken rooster cockerel turkey",
  goose: "goose geese gosling pelican",
  swan: "swan stork heron",
  robin: "robin",
  sparrow: "sparrow wren bird lark finch",
  bluebird: "bluebird swallow hummingbird jay",
  crow: "crow raven magpie blackbird",
  parrot: "parrot toucan",
  flamingo: "flamingo",
  peacock: "peacock",
  puffin: "puffin gull seagull",
  princess: "princess",
  queen: "queen",
  prince: "prince",
  king: "king",
  wizard: "wizard magician sorcerer",
  witch: "witch",
  pirate: "pirate",
  knight: "knight",
  fairy: "fairy pixie",
  mermaid: "mermaid",
  elf: "elf",
  gnome: "gnome dwarf goblin",
  giant: "giant",
  grandmother: "grandmother grandma granny woman mother mum mom aunt lady nurse",
  grandfather:
    "grandfather grandpa man farmer shepherd gardener clockmaker shoemaker baker father dad uncle tailor miller",
  girl: "girl sister daughter dancer painter",
  boy: "boy brother child children son drummer",
  sailor: "sailor captain fisherman",
  cook: "cook chef",
  astronaut: "astronaut spaceman",
  turtle: "turtle tortoise",
  snail: "snail slug",
  robot: "robot machine android",
  fish: "fish goldfish seahorse",
  whale: "whale dolphin shark",
  octopus: "octopus squid jellyfish",
  crab: "crab lobster",
  ghost: "ghost spirit",
  snowman: "snowman",
  star: "star sun moon",
  engine: "train tractor bus car truck engine tram",
  toy: "teddy toy doll",
  bee: "bee bumblebee",
  butterfly: "butterfly moth dragonfly",
  ladybird: "ladybird ladybug beetle",
  firefly: "firefly glowworm glow-worm cricket grasshopper ant spider",
  caterpillar: "caterpillar worm",
});

export const PLACES = dictionary({
  forest: "forest wood woods tree trees treehouse",
  seaside: "beach seaside sea shore coast harbour harbor lighthouse ocean ship boat",
  mountains: "mountain mountains snow snowy winter ice icy arctic pole volcano hilltop",
  moon: "moon space planet stars rocket mars spaceship",
  castle: "castle palace tower kingdom fort",
  farm: "farm barn field fields stable windmill mill",
  garden: "garden park orchard greenhouse",
  city: "city town street market station rooftop rooftops shop bakery train",
  island: "island",
  village: "village cottage",
  jungle: "jungle rainforest zoo",
  seabed: "bottom underwater reef submarine",
  desert: "desert dunes sand pyramid",
  lake: "lake river pond stream marsh swamp waterfall bridge",
  cave: "cave cavern mine underground burrow tunnel",
  clouds: "cloud clouds sky balloon rainbow airship",
  room: "room house bedroom kitchen library school attic museum home theatre hospital workshop toyshop cellar bed",
  meadow: "meadow hill hills valley countryside path road",
});

export const PROPS = dictionary({
  toy: "toy ball doll kite",
  storm: "storm thunder rain lightning wind",
  door: "door gate cupboard",
  star: "star comet",
  sound: "sound noise bell song music whistle echo drum",
  map: "map treasure chest",
  seed: "seed plant flower beanstalk acorn",
  baby: "baby egg nest chick",
  cake: "birthday cake party",
  bridge: "bridge",
  umbrella: "umbrella",
  key: "key lock",
  book: "book letter diary",
  lantern: "lantern lamp candle light dark",
  gift: "gift present parcel box",
});

/** Names of two words, whose last word alone is somebody else. @type {[RegExp, string][]} */
const TWO_WORDS = [
  [/polar bear/i, "polar"],
  [/teddy bear/i, "teddy"],
  [/guinea pig/i, "hamster"],
  [/sea lion/i, "seal"],
  [/sea horse/i, "seahorse"],
];

/** Coats that may be asked for. @type {Record<string, string>} */
const COLOURS = {
  red: "#cf5a48",
  orange: "#e08a45",
  yellow: "#efca58",
  green: "#7caa5c",
  blue: "#6f9fcf",
  purple: "#9a7cc4",
  violet: "#9a7cc4",
  pink: "#ee9fb2",
  brown: "#93684a",
  black: "#4a4658",
  white: "#f6f3ec",
  grey: "#9a9ca6",
  gray: "#9a9ca6",
  silver: "#c6ccd8",
  golden: "#e6b94f",
  gold: "#e6b94f",
  turquoise: "#5fb5b0",
};

/**
 * @param {string} words
 * @param {Map<string, string>} known
 * @returns {string | undefined} the last one named, as in "the moon's little fox"
 */
function find(words, known) {
  const said = words.toLowerCase().match(/[a-z-]+/g) ?? [];
  return said
    .map((word) =>
      singulars(word)
        .map((one) => known.get(one))
        .find(Boolean),
    )
    .findLast(Boolean);
}

/** What a word may be the plural of, itself first. @param {string} word */
const singulars = (word) => [
  word,
  word.replace(/s$/, ""),
  word.replace(/es$/, ""),
  word.replace(/ies$/, "y"),
  word.replace(/ves$/, "f"),
];

/**
 * Whom to draw, and how.
 * @param {string} character  such as "a sleepy brown bear"
 */
export function readHero(character) {
  // "a mouse named Fox", "a cat with a bell": the one before counts.
  const [said] = character.split(/\b(?:named|called|who|with|from|that)\b/i);
  const who = TWO_WORDS.reduce((words, [name, known]) => words.replace(name, known), said);
  const words = who.toLowerCase().match(/[a-z-]+/g) ?? [];
  return {
    kind: find(who, HEROES) ?? "traveller",
    coat: words.map((word) => COLOURS[word]).find(Boolean),
    sleepy: words.some((word) => /^(sleepy|tired|dreamy|yawning)$/.test(word)),
    brave: words.some((word) => /^(brave|bold|daring|fearless|heroic|super)$/.test(word)),
    shy: words.some((word) => /^(shy|timid|quiet|bashful)$/.test(word)),
    scale: words.some((word) => /^(tiny|wee)$/.test(word))
      ? 0.78
      : words.some((word) => /^(little|small|baby|young)$/.test(word))
        ? 0.94
        : words.some((word) => /^(big|huge|great|large|enormous)$/.test(word))
          ? 1.14
          : 1.04,
  };
}

/** @param {string} setting  such as "at the bottom of the sea" */
export function readPlace(setting) {
  const words = setting.toLowerCase();
  if (/bottom of the (sea|ocean)|under the (sea|water|waves)/.test(words)) return "seabed";
  return find(setting, PLACES) ?? "meadow";
}

/** @param {string} twist  such as "a lost toy" */
export function readProp(twist) {
  if (/lost (baby|kitten|puppy|chick|duckling)/i.test(twist)) return "baby";
  return find(twist, PROPS);
}
