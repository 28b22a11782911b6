"""What mappings take out of sensitive places because it is not: a word, an answer, a number among other things."""

from __future__ import annotations

JUDGED = {
    ("adyen", "/NotificationRequestItem/reason"): "the words before any number of a card",
    ("shopify", "/note_attributes/*/value"): "yes or no, of the one attribute that says whether it is a gift",
    ("woocommerce", "/meta_data/*/value"): "a parcel's number, of the one entry that holds it",
}
"""Why, by vendor and place: ``*`` stands for any element."""
