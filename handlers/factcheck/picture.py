"""A flow as a drawing: its places one under the other, an arc for each place that may follow."""

import html
from collections.abc import Sequence

WIDE, HIGH, GAP, REACH, STEP = 300, 34, 22, 26, 11


def picture(places: Sequence[tuple[str, str]], arrows: set[tuple[str, str]], language: str) -> str:
    """SVG. `places`: id and name, in order; the next one is joined by a line, a later one by an arc."""
    tops = {id: place * (HIGH + GAP) + 8 for place, (id, _) in enumerate(places)}
    order = list(tops)
    far = max((order.index(b) - order.index(a) for a, b in arrows), default=1)
    width = 8 + WIDE + REACH + far * STEP + 8
    mirror = language == "ar"
    pairs = sorted((order.index(one), order.index(other)) for one, other in arrows)
    lines = [_arrow(one, other, mirror, width) for one, other in pairs]
    boxes = []
    for id, name in places:
        left = width - 8 - WIDE if mirror else 8
        boxes.append(
            f'<rect x="{left}" y="{tops[id]}" width="{WIDE}" height="{HIGH}" rx="6"/>'
            f'<text x="{left + WIDE // 2}" y="{tops[id] + 22}">{html.escape(name)}</text>'
        )
    height = len(places) * (HIGH + GAP)
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>' + "".join(lines) + "".join(boxes) + "</svg>"
    )


def _arrow(one: int, other: int, mirror: bool, width: int) -> str:
    top, bottom = one * (HIGH + GAP) + 8 + HIGH, other * (HIGH + GAP) + 8
    middle = width - 8 - WIDE // 2 if mirror else 8 + WIDE // 2
    if other == one + 1:
        return f'<path class="next" d="M{middle} {top}V{bottom}" marker-end="url(#tip)"/>'
    side = width - 8 - WIDE if mirror else 8 + WIDE
    out = side + (-1 if mirror else 1) * (REACH + (other - one) * STEP)
    start, end = top - HIGH // 3, bottom + HIGH // 2
    arc = f"M{side} {start}C{out} {start} {out} {end} {side} {end}"
    return f'<path class="skip" d="{arc}" marker-end="url(#tip)"/>'
