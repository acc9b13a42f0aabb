"""Numbers as people read them."""


def thousands(number):
    return f"{number:,.0f}"


def short(number):
    """A rate, a ratio or seconds: as many digits as are worth reading."""
    return thousands(number) if number >= 1000 else f"{number:.3g}"


def micros(nanoseconds):
    """A lateness."""
    if nanoseconds < 10_000:
        return f"{nanoseconds / 1e3:.2f} us"
    if nanoseconds < 10_000_000:
        return f"{nanoseconds / 1e3:.0f} us"
    return f"{nanoseconds / 1e6:.0f} ms"
