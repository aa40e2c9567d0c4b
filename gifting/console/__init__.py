"""Gifts in the console: the list, one gift, figures, terms. Thin views; what they show is read in
gifting/reporting/."""

from gifting.console import acting, figures, gifts, terms
from gifting.console.blueprint import blueprint

__all__ = ["acting", "blueprint", "figures", "gifts", "terms"]
