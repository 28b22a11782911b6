"""Contract text in what people read."""


def printable(text: str) -> str:
    """The text on one line, every sign that does not print as its escape."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)
