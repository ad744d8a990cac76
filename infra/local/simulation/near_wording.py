"""Harmless messages and listings, in four languages, with words near those of adversaries."""

from infra.local.simulation.dice import Dice
from infra.local.simulation.wording import MARKET

WITHOUT_LINK = (
    "Sorry, I am not on any messenger, can we keep it here in the chat please?",
    "The courier needs a six digit code at my door, will you send it once it is shipped?",
    "Is the fee of the marketplace on you or on me?",
    "My husband will collect it, his number is on the label",
    "Would you take cash on collection? I have no card yet",
    "I got two invoices and paid 80 too much, can you refund the rest here?",
    "The green app icon on the case, is that a sticker or printed?",
    "¿Sigue disponible? Lo recoge mi primo el sábado",
    "¿Aceptas Bizum en mano o solo por la app?",
    "El paquete está parado en aduana, ¿sabes cuánto hay que pagar?",
    "Gracias, el código de recogida ya me ha llegado",
    "Hallo, kann mein Bruder das am Samstag abholen? Er zahlt bar",
    "Liegt das Paket noch beim Zoll? Bei mir steht 1,99 Nachzahlung",
    "Geht auch Überweisung, oder nur über die Plattform?",
    "Welche IBAN steht auf der Rechnung? Ich finde sie nicht",
    "Danke, der Abholcode ist angekommen",
    "Bonjour, mon frère passera le prendre samedi, il paie en espèces",
    "Le colis est bloqué à la douane, vous avez la facture ?",
    "Vous préférez un virement ou la livraison protégée de l'appli ?",
    "Merci, j'ai bien reçu le code de retrait",
)
WITH_LINK = (
    ("My band plays on Friday, tickets here: {link}", "https://paypalooza.example/{code}"),
    ("I restore bikes, this is my page {link}", "https://dhlawson-bikes.example/gallery/{code}"),
    ("We do flyers for shops like yours: {link}", "https://brightmarketing.example/flyers/{code}"),
    ("The trail that I told you of: {link}", "https://upsala-trails.example/{code}"),
    ("How buyer protection works is explained here {link}", f"https://help.{MARKET}/{{code}}"),
    ("Hier steht, wann das Paket kommt: {link}", "https://www.dhl.com/de-de/home/tracking.html?id={code}"),
    ("Der Abholshop hat bis acht offen: {link}", "https://paketshop-lindner.example/{code}"),
    ("Las medidas están en esta página: {link}", "https://muebles.example/ficha/{code}"),
    ("Aquí pone lo de la aduana: {link}", "https://aduanas.example/tasas/{code}"),
    ("La notice est ici : {link}", "https://notices.example/{code}.pdf"),
    ("J'ai payé, voici le reçu : {link}", "https://www.paypal.com/fr/activity/{code}"),
    ("Same lamp, other colour: {link}", "https://go.lamps.example/{code}"),
)
LINKED = 0.35

GOODS = (
    ("home", "Elderflower syrup, purple label", "Home made, no additives, ships well packed.", 900),
    ("home", "Brass paperweight, swan", "Heavy, a little patina.", 2_200),
    ("home", "Crystal rocks for the window", "Quartz, clean, 5 pieces.", 1_800),
    ("home", "Mirror, top grade glass", "Some scratches on the back, seen in the pictures.", 5_900),
    ("home", "Vacuum sealer, packs twice", "With 20 bags.", 4_000),
    ("home", "Mohnmühle, alt", "Für Backmohn, aus Gusseisen.", 2_800),
    ("home", "Räuchermännchen mit Räucherkerzen", "Aus dem Erzgebirge, ballert nicht, duftet.", 2_400),
    ("home", "Cuchillo para setas con cepillo", "Hoja curva, mango de nogal.", 1_900),
    ("home", "Moule à chocolat, résine", "Pour tablettes, jamais servi.", 1_200),
    ("books", "Führerschein: Fragebogen zur Prüfung", "Alle Klassen, Auflage 2024.", 700),
    ("books", "Code de la route, permis B", "Avec les examens blancs.", 800),
    ("books", "Manual de farmacia: recetas magistrales", "Tapa dura, tercera edición.", 2_600),
    ("books", "Passport to the stars: a novel", "No questions asked, a detective story.", 500),
    ("books", "Bank logs of a whaling town, 1840-1860", "Local history, reprint.", 1_500),
    ("sports", "Butterfly stroke trainer", "For swimmers, with hand paddles.", 1_700),
    ("sports", "Gewehrtasche, leer", "Für Sportschützen, nur die Tasche.", 3_000),
    ("sports", "Funda de navaja, cuero", "Solo la funda, sin navaja.", 1_100),
    ("sports", "Sacoche pour ballons", "Six ballons au plus, avec pompe.", 1_600),
    ("clothing", "Bolso de imitación de piel, sin marca", "Polímero, se limpia fácil.", 1_500),
    ("clothing", "Brosche, Schildpatt-Optik (Kunststoff)", "Aus den Siebzigern, kein Tier.", 1_300),
    ("clothing", "Maillot de stade, authentique", "Avec ticket de caisse.", 4_500),
    ("electronics", "SIM-Karten-Adapter, Set", "Nano, Micro, Standard, mit Nadel.", 400),
    ("electronics", "Ear pods, original, receipt included", "One to one swap with over-ear possible.", 6_500),
    ("toys", "Play money, twenties and tens", "For a shop corner, printed on one side.", 600),
    ("toys", "Candy machine 🍬 for children", "Works with plastic coins.", 1_900),
    ("garden", "Mushroom log 🍄 shiitake", "Ready to fruit, with instructions.", 2_300),
    ("garden", "Schlagbohrer mit Set", "Zwei Bohrer fehlen.", 5_200),
)
"""Category, title, description, price in minor units."""


def a_message(rng: Dice) -> tuple[str, list[str]]:
    """Text, and the link in it if there is one."""
    if not rng.chance(LINKED):
        return rng.choice(WITHOUT_LINK), []
    text, link = rng.choice(WITH_LINK)
    link = link.format(code=f"{rng.getrandbits(40):x}")
    return text.format(link=link), [link]
