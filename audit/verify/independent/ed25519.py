"""Verifies Ed25519 signatures (RFC 8032, 5.1). It holds no secret, so it need be neither quick nor constant in time."""
import hashlib

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def point(raw):
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - x2) % P or x == 0 and sign:
        raise ValueError("key or signature: not a point of the curve")
    return (P - x if x & 1 != sign else x), y


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P


def times(n, a):
    out = (0, 1)
    while n:
        out, a, n = add(out, a) if n & 1 else out, add(a, a), n >> 1
    return out


def verified(key, message, sig):
    s = int.from_bytes(sig[32:], "little")
    if len(sig) != 64 or s >= Q:
        return False
    base_y = 4 * pow(5, -1, P) % P
    base = point(base_y.to_bytes(32, "little"))
    k = int.from_bytes(hashlib.sha512(sig[:32] + key + message).digest(), "little") % Q
    return times(s, base) == add(point(sig[:32]), times(k, point(key)))
