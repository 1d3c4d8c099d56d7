#!/usr/bin/env python3
"""Checks the tree of an audit log with Python's standard library and nothing of Lethe's.

    python3 check.py LOG KEY [ENTRY]...

LOG is the directory of the log, KEY a file with its verifier key, ENTRY the number of a
leaf to prove (by default all of the first bundle, the last and some between). It exits 1
and names what is wrong, if anything is. What entries say it leaves to `lethe verify`.
"""
import base64
import hashlib
import os
import sys

import ed25519

WIDTH = 256  # hashes of a tile, entries of a bundle


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# --- The checkpoint, C2SP signed-note and tlog-checkpoint.
def checkpoint(raw, vkey):
    name, number, encoded = vkey.strip().split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    hint = sha256(name.encode(), b"\n", key)[:4]
    if key[0] != 1 or len(key) != 33 or hint.hex() != number:
        raise ValueError("not an Ed25519 verifier key")
    text, _, sigs = raw.partition("\n\n")
    lines = [line.split(" ") for line in sigs.splitlines()]
    ours = [base64.b64decode(sig, validate=True) for dash, who, sig in lines if dash == "\u2014" and who == name]
    if not any(sig[:4] == hint and ed25519.verified(key[1:], (text + "\n").encode(), sig[4:]) for sig in ours):
        raise ValueError("no signature of the key")
    origin, size, root = text.split("\n")[:3]
    if origin != name:
        raise ValueError("of the log %r" % origin)
    return int(size), base64.b64decode(root, validate=True)


# --- Tiles and bundles, C2SP tlog-tiles.
def read(log, kind, n, width):
    path = "%03d" % (n % 1000)
    while n >= 1000:
        n //= 1000
        path = "x%03d/%s" % (n % 1000, path)
    path = os.path.join(log, "tile", kind, path)
    part = "%s.p/%d" % (path, width)
    path = part if width < WIDTH and os.path.exists(part) else path
    with open(path, "rb") as f:
        return path, f.read()


def leaves(log, size):
    for n in range((size + WIDTH - 1) // WIDTH):
        width = min(WIDTH, size - n * WIDTH)
        path, raw = read(log, "entries", n, width)
        for i in range(width):
            end = 2 + int.from_bytes(raw[:2], "big")
            if len(raw) < max(end, 2):
                raise ValueError("%s: ends in leaf %d" % (path, n * WIDTH + i))
            yield sha256(b"\0", raw[2:end])
            raw = raw[end:]
        if raw and (width == WIDTH or path.endswith(".p/%d" % width)):
            raise ValueError("%s: bytes behind its last leaf" % path)


def tile_rows(log, size, row):
    """The rows of hashes that tiles hold, each held against the one below; row: of the leaves."""
    rows = []
    while row:
        for n in range((len(row) + WIDTH - 1) // WIDTH):
            want = row[n * WIDTH:(n + 1) * WIDTH]
            path, raw = read(log, str(len(rows)), n, len(want))
            if raw[:32 * len(want)] != b"".join(want):
                raise ValueError("%s: not the hashes of what is below it" % path)
        rows.append(row)
        row = [subtree(row, i, i + WIDTH) for i in range(0, len(row) // WIDTH * WIDTH, WIDTH)]
    return rows


# --- The tree, RFC 6962 §2.1, and a proof by RFC 9162 §2.1.3.2.
def subtree(row, lo, hi):
    if hi - lo == 1:
        return row[lo]
    k = lo + (1 << (hi - lo - 1).bit_length() - 1)
    return sha256(b"\1", subtree(row, lo, k), subtree(row, k, hi))


def from_tiles(rows, lo, hi):
    level = 0
    while level + 1 < len(rows) and hi - lo >= WIDTH ** (level + 1) and (hi - lo).bit_count() == 1:
        level += 1
    if (hi - lo).bit_count() == 1:
        return subtree(rows[level], lo // WIDTH ** level, hi // WIDTH ** level)
    k = lo + (1 << (hi - lo - 1).bit_length() - 1)
    return sha256(b"\1", from_tiles(rows, lo, k), from_tiles(rows, k, hi))


def path_of(rows, m, lo, hi):
    if hi - lo == 1:
        return []
    k = lo + (1 << (hi - lo - 1).bit_length() - 1)
    if m < k:
        return path_of(rows, m, lo, k) + [from_tiles(rows, k, hi)]
    return path_of(rows, m, k, hi) + [from_tiles(rows, lo, k)]


def included(leaf, index, size, path, root):
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = sha256(b"\1", p, r)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\1", r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def main(log, key, *entries):
    with open(key) as f, open(os.path.join(log, "checkpoint"), encoding="utf-8", newline="") as c:
        try:
            size, root = checkpoint(c.read(), f.read())
        except ValueError as e:
            raise ValueError("checkpoint: %s" % e)
    row = list(leaves(log, size))
    rows = tile_rows(log, size, row)
    if (from_tiles(rows, 0, size) if size else sha256()) != root:
        raise ValueError("checkpoint: its root is not that of the leaves")
    some = [int(e) for e in entries] or sorted({*range(min(size, WIDTH)), *range(0, size, 1 + size // 64), *range(size)[-1:]})
    for m in some:
        if not 0 <= m < size or not included(row[m], m, size, path_of(rows, m, 0, size), root):
            raise ValueError("leaf %d: not in the tree" % m)
    print("%d leaves, %d proofs, root %s" % (size, len(some), base64.b64encode(root).decode()))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError) as e:
        print(e, file=sys.stderr)
        sys.exit(1)
