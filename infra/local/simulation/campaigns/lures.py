"""What phishers write: look-alike pages and lures off the platform."""

from infra.local.simulation.dice import Dice
from infra.local.simulation.wording import IMITATED, MARKET, a_word

TWINS = {"l": "1", "o": "0", "i": "1", "e": "3", "m": "rn", "a": "4", "s": "5"}
BAIT = ("verify", "secure", "support", "account", "payout", "refund", "help", "login")
WITH_PAGE = (
    "Dear user, your account will be closed today. Confirm your details here: {link}",
    "Hi, I paid but it hangs. Please accept the payment on this page: {link}",
    "Support team: your payout is on hold, verify your bank account at {link}",
    "Your parcel could not be delivered, pay the small fee here {link}",
    "I am the buyer's courier, enter your card to receive the money: {link}",
    "Security notice: somebody logged in as you. Check now {link}",
)
OFF_PLATFORM = (
    "Nice item! Write to me on WhatsApp +{number}, I pay more than you ask",
    "I can't see messages here, text me on Telegram @{name} please",
    "Let us do this without fees: send by bank transfer, my whats app is {number}",
    "Contact me at {name}@mailbox.example, I buy outside of the site and pay by gift card",
    "Add me on T3legram: {name}. My assistant pays you today by wire",
)


def a_page(rng: Dice) -> str:
    """A host that imitates a known one: a twin letter, a hyphen and bait, a letter twice, or a foreign subdomain.

    All end in a suffix that is reserved, so that none is a real site.
    """
    domain = rng.choice(IMITATED)
    brand, suffix = domain.partition(".")[0], "example" if domain == MARKET else "test"
    way = rng.choice(("twin", "hyphen", "doubled", "subdomain"))
    if way == "twin":
        letters = [index for index, letter in enumerate(brand) if letter in TWINS]
        at = rng.choice(letters) if letters else 0
        return f"{brand[:at]}{TWINS.get(brand[at], brand[at] * 2)}{brand[at + 1 :]}.{suffix}"
    if way == "hyphen":
        return f"{brand}-{rng.choice(BAIT)}.{rng.choice(('test', 'example'))}"
    if way == "doubled":
        at = rng.randrange(1, len(brand))
        return f"{brand[:at]}{brand[at - 1]}{brand[at:]}.{suffix}"
    return f"{domain}.{rng.choice(BAIT)}-{a_word(rng, 2)}.test"


def a_link(rng: Dice, page: str) -> tuple[str, list[str]]:
    """Text and links of one message to the page."""
    link = f"https://{page}/{rng.choice(BAIT)}/{rng.getrandbits(32):08x}"
    return rng.choice(WITH_PAGE).format(link=link), [link]


def off_platform(rng: Dice) -> str:
    return rng.choice(OFF_PLATFORM).format(number=rng.randrange(10**10, 10**11), name=a_word(rng, 4))
