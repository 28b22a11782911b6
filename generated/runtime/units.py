"""Units of quantity, weight, volume and length: a closed set, and the words that vendors have for each."""

from __future__ import annotations

from typing import Any

from .values import FAILED

WORDS = {
    "EACH": "each ea eaches piece pieces pc pcs pce unit units item items count stk c62 h87",
    "PAIR": "pair pairs pr prs",
    "DOZEN": "dozen dozens dz doz dzn",
    "SET": "set sets kit kits",
    "PACK": "pack packs pk pkg package packages packet packets",
    "BOX": "box boxes bx bxs",
    "CARTON": "carton cartons ctn ctns",
    "CASE": "case cases cs",
    "BAG": "bag bags bg",
    "BOTTLE": "bottle bottles btl bo",
    "ROLL": "roll rolls ro",
    "PALLET": "pallet pallets plt pf px",
    "MG": "mg mgm milligram milligrams milligramme milligrammes",
    "G": "g grm gram grams gramme grammes",
    "KG": "kg kgs kgm kilo kilos kilogram kilograms kilogramme kilogrammes",
    "T": "t tne tonne tonnes",
    "OZ": "oz onz ounce ounces",
    "LB": "lb lbs lbr pound pounds",
    "ML": "ml mlt millilitre millilitres milliliter milliliters",
    "L": "l ltr litre litres liter liters",
    "MM": "mm mmt millimetre millimetres millimeter millimeters",
    "CM": "cm cmt centimetre centimetres centimeter centimeters",
    "M": "m mtr metre metres meter meters",
    "IN": "in inh inch inches",
    "FT": "ft fot foot feet",
    "YD": "yd yrd yard yards",
}
"""By unit: words, abbreviations and UN/ECE codes that mean nothing else."""

UNITS = {word: name for name, words in WORDS.items() for word in words.split()}


def unit(text: str) -> Any:
    """The unit that a word in any case, or with a point behind it, names; FAILED for a word of no unit."""
    return UNITS.get(text.lower().removesuffix("."), FAILED)
