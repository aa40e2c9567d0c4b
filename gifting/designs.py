"""The designs that a gift may have; how they look is in the style sheets and templates."""

DESIGNS = ("ribbon", "confetti", "bouquet", "plain")
"""The first is chosen where nobody chooses."""
