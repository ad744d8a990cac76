"""What honest people write: names, titles and messages, and what things cost."""

from dataclasses import dataclass

from infra.local.simulation.dice import Dice

MARKET = "brightmarket.example"
"""The simulated marketplace's own domain, which phishing imitates."""
IMITATED = (MARKET, "paypal.com", "dhl.com", "ups.com")
"""The domains that look-alike links imitate; a policy protects them under these names."""
CURRENCY = "USD"
"""The marketplace sells in one currency, wherever its people are."""


@dataclass(frozen=True, slots=True)
class Category:
    """Prices are log-normal about `median` (minor units) with sigma `spread`."""

    share: float
    median: int
    spread: float
    things: tuple[str, ...]


CATEGORIES = {
    "clothing": Category(
        0.26, 2_400, 0.6, ("Denim jacket", "Wool coat", "Running shoes", "Linen shirt", "Rain boots", "Silk scarf")
    ),
    "electronics": Category(
        0.18,
        11_000,
        0.9,
        ("Phone 128 GB", "Noise-cancelling headphones", "Tablet", "Camera lens 50 mm", "Laptop 14 in"),
    ),
    "home": Category(0.18, 3_800, 0.8, ("Oak side table", "Desk lamp", "Set of six plates", "Bookshelf", "Wool rug")),
    "books": Category(0.14, 1_100, 0.5, ("Box of crime novels", "Atlas of 1962", "Cookbook", "Physics textbook")),
    "toys": Category(0.10, 1_900, 0.6, ("Wooden train set", "Board game", "Box of bricks", "Puzzle, 1000 pieces")),
    "sports": Category(0.08, 6_000, 0.9, ("Touring bike", "Yoga mat", "Climbing shoes", "Tennis racket", "Kayak")),
    "garden": Category(0.06, 2_900, 0.7, ("Hedge trimmer", "Terracotta pots", "Garden chairs", "Watering can")),
}
CONDITIONS = ("as new", "hardly used", "used, good", "a few scratches", "second owner", "in original box")
DETAILS = (
    "From a smoke-free home.",
    "Selling because we are moving.",
    "Pick-up or shipping, as you like.",
    "Works well, tested last week.",
    "Ask if you want more pictures.",
    "Bought two years ago, have the receipt.",
)
QUESTIONS = (
    "Hello, is the {thing} still available?",
    "Hi! Would you take 10 % less for the {thing}?",
    "Good morning, could I pick up the {thing} on Saturday?",
    "What are the measurements of the {thing}, please?",
    "Can you ship the {thing} abroad? My daughter would be so happy with it",
    "Does the {thing} come with the receipt?",
    "Could you send one more picture of the {thing}? Thank you!",
    "I paid for the {thing} today, when do you send it?",
)
AWKWARD_QUESTIONS = (
    "Could I pay for the {thing} by bank transfer? My card is blocked",
    "Are you on WhatsApp? I would send you a picture of my {thing}",
    "Sorry, the app hangs. Text me when the {thing} is ready for pick-up, please",
    "Is your account new? Just checking, somebody tried to cheat me over a {thing}",
)
AWKWARD = 0.02
"""Share of honest questions that sound like a lure."""
WITH_LINKS = (
    ("Is it the same as this one? {link}", "https://www.youtube.com/watch?v={code}"),
    ("We could meet here on Saturday: {link}", "https://maps.example.org/place/{code}"),
    ("Your parcel is on its way: {link}", "https://www.dhl.com/track?id={code}"),
    ("I paid, see {link}", "https://www.paypal.com/activity/{code}"),
    ("Here are more pictures: {link}", "https://photos.example.net/a/{code}"),
    ("I saw your other listing too: {link}", f"https://{MARKET}/l/{{code}}"),
    ("This is the manual I meant: {link}", "https://manuals.example.org/{code}.pdf"),
)
ANSWERS = (
    "Yes, it is still there.",
    "Sorry, it is sold.",
    "Saturday at ten is fine for me.",
    "I can do 5 % less, not more.",
    "I send it tomorrow morning.",
    "It is 60 by 90 cm.",
)
FIRST_NAMES = tuple(
    "anna ben carla david emma finn grace hugo ines jonas karen liam maria noah olga paul rosa sam tara vera".split()
)
SYLLABLES = tuple("ba co da fe go hu ka lo mi na pe ra so ta va zo lin mar ten sol ber".split())


def a_word(rng: Dice, syllables: int) -> str:
    return "".join(rng.choices(SYLLABLES, k=syllables))


def mail_name(rng: Dice) -> str:
    return f"{rng.choice(FIRST_NAMES)}.{a_word(rng, 3)}{rng.randrange(100)}"


def a_domain(rng: Dice) -> str:
    """Someone's own domain, under a name that is reserved for examples."""
    return f"{a_word(rng, 3)}.example"


def a_category(rng: Dice) -> str:
    return rng.choices(list(CATEGORIES), [category.share for category in CATEGORIES.values()])[0]


def a_price(rng: Dice, category: str) -> int:
    """Minor units, at least 1.00."""
    kind = CATEGORIES[category]
    return max(100, round(kind.median * rng.lognormvariate(0, kind.spread)))


def a_listing(rng: Dice, category: str) -> tuple[str, str]:
    """Title and description."""
    title = f"{rng.choice(CATEGORIES[category].things)}, {rng.choice(CONDITIONS)}"
    return title, " ".join(rng.sample(DETAILS, rng.randrange(1, 4)))


def a_question(rng: Dice, category: str) -> str:
    questions = AWKWARD_QUESTIONS if rng.chance(AWKWARD) else QUESTIONS
    return rng.choice(questions).format(thing=rng.choice(CATEGORIES[category].things).lower())


def an_answer(rng: Dice) -> str:
    return rng.choice(ANSWERS)


def a_message_with_link(rng: Dice) -> tuple[str, str]:
    """Text and the link in it."""
    text, link = rng.choice(WITH_LINKS)
    link = link.format(code=f"{rng.getrandbits(40):x}")
    return text.format(link=link), link


def money(minor: int) -> dict[str, object]:
    return {"minor": minor, "currency": CURRENCY}


NEAR_WORDS = (
    ("toys", "Toy gun with foam darts", "For children from eight years, with 20 darts.", 1_500),
    ("toys", "Water pistol, two pieces", "Great for hot days in the garden.", 900),
    ("garden", "Weed killer, organic, 1 l", "Against weeds between stones, harmless to bees.", 1_400),
    ("garden", "Grass seed, 5 kg", "Hardy grass for shade, enough for 200 square metres.", 2_600),
    ("home", "Replica art print of Van Gogh", "A reproduction on paper, framed, sold as a reproduction.", 3_900),
    ("home", "Knife set for the kitchen", "Five knives in a beech block.", 4_500),
    ("books", "A history of the opium trade", "Hardcover, 412 pages, for readers of history.", 1_200),
    ("books", "Counterfeit: a crime novel", "Paperback, read once.", 600),
    ("clothing", "Bullet belt for a costume", "Plastic, for carnival and concerts.", 1_100),
    ("sports", "Starting pistol case, empty", "Only the case, foam inside, for sports clubs.", 2_200),
    ("sports", "Fish oil pills holder", "A week's box for vitamins, no content.", 700),
    ("electronics", "Speed camera, lens cleaned", "A film camera for sports photographers.", 8_900),
)
"""Harmless listings with words near prohibited ones: category, title, description, price."""
