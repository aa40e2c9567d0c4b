"""The self-audit: rules that must hold for every row, by noun, and the rows that break them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.domain.finding import Finding
from storefront.services.audit import acts, books, credit, money, offers, parts, stock
from storefront.services.audit.rule import Rule, rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.orm import Session

    from storefront.kinds import LineKind

__all__ = ["RULES", "Finding", "Rule", "audit", "rule", "rules_of"]

RULES: tuple[Rule, ...] = (
    stock.stock_is_never_oversold,
    stock.counters_equal_lines,
    stock.entries_make_the_stock,
    parts.parts_make_the_total,
    parts.lines_parts_make_their_totals,
    offers.offers_stay_within_their_limits,
    offers.offers_count_their_uses,
    offers.codes_count_their_uses,
    offers.buyers_stay_within_their_limits,
    offers.allocations_make_the_lines_discount,
    offers.allocations_make_the_discount,
    offers.uses_equal_allocations,
    acts.acts_stand_at_placements_of_their_merchant,
    credit.every_order_has_one_origin,
    credit.origins_are_on_the_path,
    credit.credit_sums_to_one_whole,
    credit.credit_stands_where_its_interaction_was,
    money.paid_orders_have_their_money,
    stock.paid_lines_are_sold,
    money.refunds_never_exceed_payments,
    money.refunded_parts_make_the_whole,
    parts.refunded_tax_never_exceeds_tax,
    parts.lines_count_what_refunds_took,
    books.transactions_sum_to_zero,
    books.merchants_ledgers_sum_to_zero,
    books.the_ledger_knows_every_payment,
    books.the_ledger_knows_the_tax,
    credit.credit_equals_net_revenue,
)


def rules_of(kinds: Iterable[LineKind]) -> tuple[Callable[[Session], Iterable[Finding]], ...]:
    """Return the shop's own rules and those that its kinds of lines add."""
    return (*RULES, *(rule for kind in kinds for rule in kind.checks))


def audit(session: Session, kinds: Iterable[LineKind] = ()) -> list[Finding]:
    """Return every row that breaks a rule; none is what a shop wants to see."""
    return [finding for rule in rules_of(kinds) for finding in rule(session)]
