"""Gifts: sending, delivering and redeeming eGifts. Depends on `storefront`, never the reverse.

The package is reserved here; its first part arrives with the gift itself."""
