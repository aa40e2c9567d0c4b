"""The demo's world in one place: its merchants, its feed and where their pictures lie.

Plain values only: the seed writes them into the shop, the feed shows them, nothing here acts.
"""

from pathlib import Path

from storefront.demo.alvorim import ALVORIM
from storefront.demo.brinella import BRINELLA
from storefront.demo.feed import POSTS
from storefront.demo.values import DemoMerchant, DemoPost

PICTURES = Path(__file__).parent / "pictures"
MERCHANTS: tuple[DemoMerchant, ...] = (BRINELLA, ALVORIM)
FEED: tuple[DemoPost, ...] = POSTS


def picture_path(name: str) -> Path:
    """Return where the picture called `name` lies: a JPEG, its SVG source beside it."""
    return PICTURES / name
