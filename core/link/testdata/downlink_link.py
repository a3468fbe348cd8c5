"""Downlink's signed links in Python, after docs/links.md, standard library only.

    python3 downlink_link.py vectors.json

signs and verifies the test vectors and prints each difference. Copy sign() into
your own program to make links there.
"""

import base64
import hashlib
import hmac
import ipaddress
import json
import re
import sys
from urllib.parse import quote, unquote_to_bytes

FIELDS = {  # name in the vectors: letter
    "media_type": "c", "disposition": "d", "expires": "e", "file_name": "f", "id": "i", "key": "k", "method": "m",
    "not_before": "n", "network": "r", "subject": "s", "prefix": "t", "uses": "u",
}


def field(letter, value):
    value = value if isinstance(value, bytes) else str(value).encode()
    return b"%c%d:%s" % (letter.encode(), len(value), value)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(secret, path=None, **grant):
    """Returns the token for a path (decoded, as bytes) or for grant["prefix"]."""
    letters = sorted((FIELDS[name], value) for name, value in grant.items() if value)
    text = b"1" + b"".join(field(letter, value) for letter, value in letters)
    message = b"downlink-link\n" + text + (field("p", path) if path else b"")
    mac = hmac.new(secret, message, hashlib.sha256).digest()
    return base64url(text) + "." + base64url(mac)


class Refused(Exception):
    pass


def check(condition, reason):
    if not condition:
        raise Refused(reason)


def unbase64url(text):
    check(re.fullmatch(r"[A-Za-z0-9_-]*", text), "alphabet")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise Refused("base64") from None
    check(base64url(data) == text, "bits beyond the last byte")
    return data


def parse(text):
    check(text[:1] == b"1", "version")
    text, fields, last = text[1:], {}, b""
    while text:
        m = re.match(rb"([a-z])([1-9][0-9]{0,3}):", text)
        check(m, "field")
        letter, size, text = m[1], int(m[2]), text[m.end():]
        check(letter > last and size <= len(text), "order or length")
        fields[letter.decode()], text, last = text[:size], text[size:], letter
    check(fields.keys() <= set(FIELDS.values()), "unknown field")
    return fields


def number(value):
    check(re.fullmatch(rb"[1-9][0-9]{0,11}", value), "number")
    return int(value)


def word(value, most):
    return re.fullmatch(rb"[A-Za-z0-9._-]{1,%d}" % most, value) is not None


def read(fields):
    """Checks each value by itself and returns those that are not text."""
    check("e" in fields and "k" in fields, "no expiry or key")
    expires, begins = number(fields["e"]), number(fields.get("n", b"1"))
    check(expires <= 253402300799 and ("n" not in fields or begins < expires), "times")
    check(word(fields["k"], 32) and word(fields.get("i", b"x"), 64), "id")
    check(fields.get("d", b"inline") in (b"inline", b"attachment") and fields.get("m", b"HEAD") == b"HEAD", "word")
    check(len(fields.get("f", b"")) <= 255 and len(fields.get("s", b"")) <= 128, "text too long")
    check(not re.search(rb"[\x00-\x1f\x7f]", fields.get("f", b"") + fields.get("s", b"")), "control character")
    token = rb"[A-Za-z0-9!#$&^_.+-]+"
    check(re.fullmatch(token + b"/" + token, fields.get("c", b"a/b")) and len(fields.get("c", b"")) <= 100, "media type")
    prefix = fields.get("t", b"/")
    check(prefix[:1] == b"/" and prefix[-1:] == b"/" and len(prefix) <= 512, "prefix")
    uses = number(fields["u"]) if "u" in fields else 0
    check(uses <= 1000000 and (uses == 0 or "i" in fields), "uses")
    network = None
    if "r" in fields:
        try:
            check(re.fullmatch(rb"[0-9a-fA-F.:]+/[0-9]+", fields["r"]), "network")
            network = ipaddress.ip_network(fields["r"].decode())  # strict: no bits beyond
        except ValueError:
            raise Refused("network") from None
    return expires, begins if "n" in fields else None, network


def verify(keys, rules, method, path, query, client, now):
    """Returns the fields of the link, or raises Refused. path is decoded bytes."""
    tokens = [p[5:] for p in query.split("&") if p.startswith("link=")]
    check(len(tokens) == 1, "no link, or several")
    parts = tokens[0].split(".")
    check(len(parts) == 2 and len(tokens[0]) <= 1800, "parts")
    text, mac = map(unbase64url, parts)
    fields = parse(text)
    expires, begins, network = read(fields)
    secret = keys.get(fields["k"].decode())
    check(secret is not None, "unknown key")
    message = b"downlink-link\n" + text + (b"" if "t" in fields else field("p", path))
    check(hmac.compare_digest(mac, hmac.new(secret.encode(), message, hashlib.sha256).digest()), "signature")
    prefix = fields.get("t", b"")
    check(path.startswith(prefix) and path != prefix, "path")
    leeway = rules["leeway"]
    check(now < expires + leeway, "expired")
    check(begins is None or now >= begins - leeway, "not yet")
    check(expires - now <= rules["max_life"] + leeway, "life")
    if network is not None:
        try:
            check(ipaddress.ip_address(client) in network, "network")
        except ValueError:
            raise Refused("client") from None
    check(fields.get("i", b"").decode() not in rules["revoked"]["ids"], "revoked id")
    check(fields.get("s", b"").decode("latin1") not in rules["revoked"]["subjects"], "revoked subject")
    check(method == "HEAD" or method == "GET" and "m" not in fields, "method")
    return fields


def main(name):
    with open(name, encoding="utf-8") as file:
        vectors = json.load(file)
    differences = 0
    for v in vectors["sign"]:
        grant = dict(v["grant"])
        path = unquote_to_bytes(grant.pop("path", ""))
        grant["prefix"] = unquote_to_bytes(grant.get("prefix", ""))
        token = sign(vectors["keys"][grant["key"]].encode(), path, **grant)
        if token != v["token"]:
            differences += 1
            print("sign", v["name"], "gives", quote(token))
    for v in vectors["verify"]:
        reason = ""
        try:
            verify(vectors["keys"], vectors, v["method"], unquote_to_bytes(v["path"]), v["query"], v["client"], v["now"])
        except Refused as refused:
            reason = str(refused)
        if (reason == "") != v["accept"]:
            differences += 1
            print("verify", v["name"], "gives", reason or "accepted")
    if differences:
        sys.exit(1)
    print(len(vectors["sign"]), "signed and", len(vectors["verify"]), "verified as they should be")


if __name__ == "__main__":
    main(sys.argv[1])
