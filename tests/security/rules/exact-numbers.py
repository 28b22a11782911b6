import json
from decimal import Decimal


def amount(text):
    # ruleid: exact-numbers
    float(text)
    # ruleid: exact-numbers
    json.loads(text, parse_float=float)
    # ok: exact-numbers
    Decimal(text)
