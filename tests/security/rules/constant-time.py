import hmac


def check(expected, signature, header, secrets):
    # ruleid: constant-time
    bad = expected == header
    # ruleid: constant-time
    bad = header != signature
    # ruleid: constant-time
    bad = hmac.digest(b"key", header, "sha256") == signature.value
    # ok: constant-time
    good = hmac.compare_digest(expected, header)
    # ok: constant-time
    good = len(secrets) == 2
    # ok: constant-time
    good = header.algorithm == "sha256"
