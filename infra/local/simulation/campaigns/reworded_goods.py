"""Prohibited goods in other words: other goods, four languages, street names, emoji, and sale signs that hint."""

from infra.local.simulation.campaigns.disguise import hidden
from infra.local.simulation.dice import Dice

GOODS = (
    ("Ketamine crystals, 5 g", 14_000, "drug", "en"),
    ("Tramadol 100, full strip", 4_500, "drug", "en"),
    ("Molly rocks, the clean kind", 8_000, "drug", "en"),
    ("Addy 20s, back to school pack", 7_000, "drug", "en"),
    ("Purple drank syrup, hi-tech", 12_000, "drug", "en"),
    ("Semaglutid Pens ohne Rezept", 19_000, "drug", "de"),
    ("Testo Enantat Kur, 10 Ampullen", 9_500, "drug", "de"),
    ("Spice Räuchermischung, ballert", 3_000, "drug", "de"),
    ("Setas mágicas secas, 10 g", 6_000, "drug", "es"),
    ("Pastillas para dormir tipo alprazolam, sin receta", 5_000, "drug", "es"),
    ("Farlopa de la buena \u2744\ufe0f", 8_500, "drug", "es"),
    ("Lyrica 300, sans ordonnance", 5_500, "drug", "fr"),
    ("Résine marocaine 🍫 top qualité", 7_500, "drug", "fr"),
    ("Proto, ballons et bonbonnes", 6_500, "drug", "fr"),
    ("80 % lower with jig, finish it yourself", 38_000, "weapon", "en"),
    ("Brass paperweight, four fingers", 2_900, "weapon", "en"),
    ("Solvent trap, threaded, ready for the range", 21_000, "weapon", "en"),
    ("Schlagring und Totschläger im Set", 5_900, "weapon", "de"),
    ("Schreckschuss, aufgebohrt", 45_000, "weapon", "de"),
    ("Navaja de mariposa y puño americano", 4_800, "weapon", "es"),
    ("Pistola de fogueo modificada", 52_000, "weapon", "es"),
    ("Matraque télescopique, coup de poing américain", 5_200, "weapon", "fr"),
    ("Polenböller, Kugelbomben, Restposten", 3_600, "weapon", "de"),
    ("L V tote, mirror grade, same factory", 14_000, "counterfeit", "en"),
    ("Pods Pro, 1 to 1, serial checks out", 6_000, "counterfeit", "en"),
    ("Uhr wie vom Konzessionär, AAA+", 23_000, "counterfeit", "de"),
    ("Bolso imitación calidad espejo", 9_000, "counterfeit", "es"),
    ("Maillot contrefaçon qualité stade", 2_500, "counterfeit", "fr"),
    ("Führerschein ohne Prüfung, alle Klassen", 110_000, "paper", "de"),
    ("Permis B sans examen, enregistré en préfecture", 120_000, "paper", "fr"),
    ("Título universitario con registro", 70_000, "paper", "es"),
    ("Prop money that spends, twenties", 18_000, "paper", "en"),
    ("ID scannable, pick your state", 9_000, "paper", "en"),
    ("Bank logs with e-mail access, fresh drop", 16_000, "data", "en"),
    ("CVV frescas, alto saldo, se repone", 7_000, "data", "es"),
    ("Comptes streaming à vie, lot de 5", 1_500, "data", "fr"),
    ("SIM-Karten, schon registriert", 2_200, "data", "de"),
    ("Rhino horn powder, grandfather's stock", 90_000, "wildlife", "en"),
    ("Escamas de pangolín", 60_000, "wildlife", "es"),
    ("Schildpatt, alt, ohne Bescheinigung", 35_000, "wildlife", "de"),
    ("Chardonneret capturé, chante bien", 12_000, "wildlife", "fr"),
)
"""Title, price in minor units, kind and language."""
SIGNS = {
    "en": {
        "drug": (
            "Vac packed twice, reship if seized",
            "Top shelf, plug since 2019 🔌",
            "Menu in private 💊",
        ),
        "weapon": ("No background questions", "For collectors wink wink, comes in parts"),
        "counterfeit": ("Passes at the boutique, with dust bag and card", "W2C ask me, QC pictures before shipping"),
        "paper": ("UV and hologram correct", "Goes through any machine, samples against deposit"),
        "data": ("Warranty 24 h, replaced when dead", "Dropped to you within minutes"),
        "wildlife": ("Traditional medicine, no export forms", "Declared as resin for the post"),
    },
    "es": {
        "drug": ("Envío camuflado, trato serio", "Se prueba y se paga", "Carta de precios por privado"),
        "weapon": ("Sin licencia, en mano o por paquetería discreta", "Sin marcas, sin preguntas"),
        "counterfeit": ("Nadie nota la diferencia", "Misma fábrica, sin factura"),
        "paper": ("Con sello y firma, entrega en diez días", "Verificable, mitad por adelantado"),
        "data": ("Se entrega por mensaje en minutos", "Garantía un día"),
        "wildlife": ("Sin papeles, envío protegido", "Remedio del abuelo, queda poco"),
    },
    "de": {
        "drug": ("Neutral verpackt, kein Papierkram", "Nachsendung bei Verlust", "Preisliste privat"),
        "weapon": ("Ohne Waffenschein, Versand als Werkzeug", "Nur für Sammler, ihr wisst Bescheid"),
        "counterfeit": ("Kein Original, sieht man aber nicht", "Mit Karton und Karte"),
        "paper": ("Im System hinterlegt, Lieferung in einer Woche", "Anzahlung, Rest bei Erhalt"),
        "data": ("Auf fremden Namen, nicht nachverfolgbar", "Ersatz, wenn tot"),
        "wildlife": ("Nur an Kenner, nichts Schriftliches", "Versand als Horn"),
    },
    "fr": {
        "drug": ("Colis neutre, envoi le jour même", "Du lourd, testez", "Tarifs en privé"),
        "weapon": ("Sans permis, envoi en deux colis", "Pour collection, clin d'œil"),
        "counterfeit": ("Indiscernable, avec facture", "Même atelier que la marque"),
        "paper": ("Vérifiable, acompte demandé", "Prêt en une semaine"),
        "data": ("Livré par message, paiement XMR", "Remplacé si coupé"),
        "wildlife": ("Pas de bague, discrétion demandée", "Pris au filet ce mois-ci"),
    },
}
CONTACTS = {
    "en": ("", "", "Session ID on request", "Monero or voucher"),
    "es": ("", "", "Solo por privado", "Pago con tarjeta regalo"),
    "de": ("", "", "Threema bitte", "Nur Paysafe"),
    "fr": ("", "", "MP pour tarif", "Coupons PCS"),
}
HARMLESS_TITLES = {
    "en": ("Decorative box", "Read the description", "Sticker, free gift inside", "🍬🍄📦"),
    "es": ("Caja de madera", "Léeme", "Postal antigua"),
    "de": ("Blumenvase", "Siehe Text", "Überraschungspaket"),
    "fr": ("Carte postale ancienne", "Lire l'annonce", "Boîte déco"),
}
HARMLESS_TITLE, HIDES_WORDS = 0.2, 0.45
"""Shares of listings: whose title says nothing, and the description all; that hide words of the title."""


def wanted(rng: Dice) -> tuple[str, str, int]:
    """Title, description and price of one listing."""
    title, price, kind, language = rng.choice(GOODS)
    sold = [rng.choice(SIGNS[language][kind]), rng.choice(CONTACTS[language])]
    if rng.chance(HIDES_WORDS):
        title = hidden(rng, title, rng.randrange(1, 3))
    if rng.chance(HARMLESS_TITLE):
        sold.insert(0, title)
        title = rng.choice(HARMLESS_TITLES[language])
    return title, ". ".join(filter(None, sold)), price
