"""The other words of phishers: four languages, other stories, other ways to imitate a host and to name a messenger."""

from infra.local.simulation.campaigns.disguise import hidden
from infra.local.simulation.dice import Dice
from infra.local.simulation.wording import IMITATED, a_word

HIDES_WORDS = 0.3
BARE_LINK = 0.25
"""Share of links that stand in the text alone, without a scheme or with the dots written out."""
NEIGHBOURS = dict(zip("abdehilmpstuy", "snfrjokoodypt", strict=True))
"""A key beside the right one."""
CYRILLIC = {"a": "\u0430", "e": "\u0435", "h": "\u04bb", "p": "\u0440"}
LANGUAGES = {"en": 0.4, "es": 0.2, "de": 0.2, "fr": 0.2}
COMPOUNDS = (
    "konto",
    "paket",
    "clientes",
    "envios",
    "colis",
    "espace",
    "kunden",
    "pagos",
    "relais",
    "zoll",
    "my",
    "mein",
)
HOSTS = ("pages", "sites", "webhost", "appspot", "cloudfront")
OPENERS = {
    "en": ("Hey there,", "Good evening!", "Quick one:", "Hiya 😊", "Dear member,", ""),
    "es": ("Hola,", "Buenas tardes.", "Estimado cliente:", "Oye,", ""),
    "de": ("Hallo,", "Guten Abend,", "Sehr geehrtes Mitglied,", "Moin!", ""),
    "fr": ("Bonjour,", "Coucou,", "Cher membre,", "Bonsoir !", ""),
}
WITH_PAGE = {
    "en": (
        "the buyer protection wants your signature before the money moves: {link}",
        "I already ordered the collection, fill in where the van should come {link}",
        "your seller badge runs out tonight, renew it under {link}",
        "tax form W-9 is missing for your sales, upload it at {link} or we keep the amount",
        "customs holds the box, 2.40 are due: {link}",
        "I won the bidding, the deposit waits for you at {link}",
        "a colleague flagged your shop, appeal within six hours {link}",
        "you were picked for the loyalty draw, choose your prize {link}",
    ),
    "es": (
        "tu paquete espera en aduana, abona 1,95 aquí: {link}",
        "ya pagué con el servicio de entrega, recibe el dinero en {link}",
        "hemos limitado tu monedero, confirma tu identidad en {link}",
        "el mensajero necesita tu tarjeta para abonarte: {link}",
        "tu tienda será suspendida esta noche, reclámalo en {link}",
    ),
    "de": (
        "Ihr Paket liegt beim Zoll, bitte 1,99 nachzahlen: {link}",
        "ich habe über den sicheren Versand bezahlt, hol dir das Geld unter {link}",
        "Ihr Verkäuferkonto wird heute eingeschränkt, bestätigen Sie Ihre Daten: {link}",
        "der Kurier braucht deine IBAN und Karte, trag sie hier ein {link}",
        "neue Steuerpflicht für Verkäufer, Formular bis Mitternacht: {link}",
    ),
    "fr": (
        "votre colis est bloqué, réglez 1,99 de frais : {link}",
        "j'ai payé par la livraison protégée, encaissez ici {link}",
        "votre porte-monnaie est suspendu, confirmez votre identité sur {link}",
        "le livreur demande votre carte pour vous créditer : {link}",
        "dernière relance avant fermeture de la boutique {link}",
    ),
}
OFF_PLATFORM = {
    "en": (
        "ping me on Sgnl, {number}, the chat here eats my replies",
        "my husband handles it, Vyber {number}, he sends the driver",
        "a six digit code just went to you by mistake, read it to me please",
        "can you take Zelle or Cash App? saves us both the commission. {name} at post dot example",
        "I overpay by 80 so you can tip the mover, pass the rest on in USDT",
        "find me on Dis-cord as {name}, I have a whole box of these cheap",
        "look at the second picture, the square code there opens my chat",
        "green app? {number}. faster there",
    ),
    "es": (
        "mejor por el verde, {number}, aquí no me llegan los avisos",
        "te lo pago ahora por Bizum si salimos de la app, escribe a {name} arroba correo punto example",
        "te llegó un código por error, me lo pasas porfa?",
        "mi primo lo recoge, habla con él por Tele gram: {name}",
    ),
    "de": (
        "schreib mir lieber im grünen Messenger, {number}, hier lädt nichts",
        "wir sparen uns die Gebühr, Freunde und Familie an {name} ät post punkt example",
        "du hast gerade einen Code bekommen, schick ihn mir bitte schnell",
        "mein Bruder holt es ab, Threema {name}, er zahlt vorab per Gutscheinkarte",
    ),
    "fr": (
        "passe plutôt sur l'appli verte, {number}, ici ça bugue",
        "sans frais par virement Wero ou Lydia, écris à {name} chez courrier point example",
        "tu viens de recevoir un code par erreur, tu me le donnes ?",
        "mon frère passe le prendre, Snap : {name}, il paie en coupons PCS",
    ),
}
CLOSERS = {
    "en": ("thx", "it is urgent, sorry!", "Kind regards, the desk", "🙏", ""),
    "es": ("gracias", "es urgente", "Un saludo, el equipo", ""),
    "de": ("danke dir", "es eilt leider", "Mit freundlichen Grüßen, Ihr Team", ""),
    "fr": ("merci", "c'est urgent", "Cordialement, le service", ""),
}


def a_page(rng: Dice) -> str:
    """A host that imitates a known one, in ways that the plain lures do not use; all end in a reserved suffix.

    A letter left out, two swapped or a key beside; Cyrillic letters (as they are, or in Punycode); a word grown
    together with the name; a hyphen within it; another suffix; a rented subdomain; the name before an `@`, or nowhere.
    """
    domain = rng.choice(IMITATED)
    brand, host = domain.partition(".")[0], f"{a_word(rng, 3)}.{rng.choice(('test', 'example'))}"
    at = rng.randrange(1, len(brand) - 1)
    short_name = f"{brand[:at]}{brand[at + 1 :]}" if len(brand) > len("dhl") else f"{brand}s"
    seen = rng.choice([letter for letter in brand if letter in CYRILLIC])
    foreign = brand.replace(seen, CYRILLIC[seen], 1)
    return rng.choice(
        (
            f"{short_name}.test",
            f"{brand[: at - 1]}{brand[at]}{brand[at - 1]}{brand[at + 1 :]}.test",
            f"{brand[:at]}{NEIGHBOURS.get(brand[at], 'x')}{brand[at + 1 :]}.test",
            f"{foreign}.test",
            f"{foreign.encode('idna').decode()}.test",
            f"{rng.choice(COMPOUNDS)}{brand}.test",
            f"{brand}{rng.choice(COMPOUNDS)}{rng.randrange(2, 99)}.test",
            f"{brand[:at]}-{brand[at:]}.example",
            f"{brand}.{rng.choice(('shop', 'id', 'pay'))}.test",
            f"{brand}.{rng.choice(HOSTS)}.example",
            f"{domain}@{host}",
            f"{host}/{domain}",
            f"go.{host}",
        )
    )


def a_link(rng: Dice, page: str) -> tuple[str, list[str]]:
    """Text and links of one message to the page."""
    link = f"https://{page}/{rng.choice(('f', 'p', 'go', 'id', 'c'))}/{rng.getrandbits(24):06x}"
    if not rng.chance(BARE_LINK):
        return _a_text(rng, WITH_PAGE).format(link=link), [link]
    bare = link.removeprefix("https://")
    return _a_text(rng, WITH_PAGE).format(
        link=rng.choice((bare, bare.replace(".", "[.]"), bare.replace(".", " dot ")))
    ), []


def off_platform(rng: Dice) -> str:
    digits = f"{rng.randrange(10**8, 10**9)}"
    number = rng.choice((" ".join(digits), ".".join((digits[:3], digits[3:6], digits[6:])), digits.replace("0", "o")))
    return _a_text(rng, OFF_PLATFORM).format(number=number, name=a_word(rng, 4))


def _a_text(rng: Dice, bodies: dict[str, tuple[str, ...]]) -> str:
    """Opener, body and closer in one language, some of the words hidden."""
    language = rng.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]
    parts = (rng.choice(OPENERS[language]), rng.choice(bodies[language]), rng.choice(CLOSERS[language]))
    text = " ".join(filter(None, parts))
    return hidden(rng, text, rng.randrange(1, 3)) if rng.chance(HIDES_WORDS) else text
