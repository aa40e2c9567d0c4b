"""Gifts: sending, delivering and redeeming eGifts. Depends on `storefront`, never the reverse.

Issuing, cards and their ledger lie here; the recipient's page in `web.py`, the giver's form in
`sending.py`, the till in `counter/`, the merchant's pages in `console/` and `reporting/`."""
