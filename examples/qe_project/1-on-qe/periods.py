from fractions import Fraction, gcd


def factors(phases, base, number):
    """Shor's algorithm, the part that needs no quantum computer."""
    found = set()
    for phase in phases:
        period = Fraction(phase).limit_denominator(number).denominator
        if period % 2 == 0:
            half = base ** (period // 2)
            found |= {gcd(half - 1, number), gcd(half + 1, number)}
    return sorted(found - {1, number})
