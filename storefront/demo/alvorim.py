"""Alvorim, the invented florist of the demo: two stores in Lisbon, paid in euros."""

from storefront.demo.values import (
    DemoChannel,
    DemoHome,
    DemoMember,
    DemoMerchant,
    DemoOffer,
    DemoPlacement,
    DemoProduct,
    DemoShipping,
    DemoStore,
    DemoTax,
    DemoVariant,
)

HOME = DemoHome(
    country="PT",
    region="",
    prices_include_tax=True,
    shipping=(
        DemoShipping("PT", "By courier, the same or the next day", 490, free_from_minor=5000),
        DemoShipping("ES", "By courier, two days", 990, free_from_minor=9000),
    ),
    taxes=(DemoTax("PT", "", "IVA", 230_000), DemoTax("ES", "", "IVA", 210_000)),
)

STORES = (
    DemoStore(
        key="escadinhas",
        name="Escadinhas",
        address="Escadinhas do Alecrim Velho 12, 1100-914 Lisboa",
        hours="Mon-Sat 09:00-19:00",
    ),
    DemoStore(
        key="patio",
        name="Pátio das Andorinhas",
        address="Pátio das Andorinhas 3, 1350-927 Lisboa",
        hours="Tue-Sun 10:00-18:30, closed on Monday",
    ),
)

MEMBERS = (
    DemoMember(
        name="Branca Alvorim",
        email="owner@alvorim.example.com",
        password="peonies-before-nine",
        role="owner",
        pin="264817",
    ),
    DemoMember(
        name="Duarte Reis",
        email="manager@alvorim.example.com",
        password="cold-water-sharp-knife",
        role="manager",
        pin="905173",
    ),
    DemoMember(
        name="Noor Haddad",
        email="clerk@alvorim.example.com",
        password="ribbons-in-drawer-two",
        role="clerk",
        pin="381560",
    ),
)

PRODUCTS = (
    DemoProduct(
        key="peonies",
        name="Peonies, just opening",
        description="Cut in bud at five in the morning. They open on your table over two days "
        "and stay about a week.",
        picture="alvorim-peonies.jpg",
        alt="A bouquet of pink peonies, some still in bud, wrapped in paper",
        variants=(
            DemoVariant(sku="ALV-PEO-05", name="5 stems", price_minor=2200, stock=20),
            DemoVariant(sku="ALV-PEO-10", name="10 stems", price_minor=3900, stock=12),
            DemoVariant(sku="ALV-PEO-15", name="15 stems", price_minor=5400, stock=3),
        ),
    ),
    DemoProduct(
        key="tulips",
        name="Tulips, no occasion",
        description="One colour or all of them, wrapped in brown paper. They keep growing in "
        "the vase; let them.",
        picture="alvorim-tulips.jpg",
        alt="Red, orange, pink and yellow tulips in a clear glass vase",
        variants=(
            DemoVariant(sku="ALV-TUL-10", name="10 stems", price_minor=1400, stock=40),
            DemoVariant(sku="ALV-TUL-20", name="20 stems", price_minor=2500, stock=25),
            DemoVariant(sku="ALV-TUL-30", name="30 stems", price_minor=3500, stock=15),
        ),
    ),
    DemoProduct(
        key="market-bouquet",
        name="Thursday bouquet",
        description="Whatever was best at the market on Thursday, tied by hand. You never know, "
        "and neither do we.",
        picture="alvorim-market.jpg",
        alt="A hand-tied bouquet of sunflowers, cornflowers, daisies and wheat",
        variants=(
            DemoVariant(sku="ALV-MKT-S", name="Small", price_minor=1800, stock=None),
            DemoVariant(sku="ALV-MKT-R", name="Regular", price_minor=2900, stock=20),
            DemoVariant(sku="ALV-MKT-L", name="Generous", price_minor=4500, stock=10),
        ),
    ),
    DemoProduct(
        key="white-ranunculus",
        name="White ranunculus and eucalyptus",
        description="Quiet, a little wild, and it smells like after rain. For weddings and "
        "for Wednesdays.",
        picture="alvorim-ranunculus.jpg",
        alt="White ranunculus with grey-green eucalyptus in a stoneware jug",
        variants=(
            DemoVariant(sku="ALV-RAN-R", name="Regular", price_minor=3200, stock=14),
            DemoVariant(sku="ALV-RAN-L", name="Generous", price_minor=4800, stock=8),
        ),
    ),
    DemoProduct(
        key="monstera",
        name="Monstera in clay",
        description="Three years old and easy to live with. Water when the top of the soil "
        "is dry, turn it now and then.",
        picture="alvorim-monstera.jpg",
        alt="A monstera with large split leaves in a terracotta pot",
        variants=(
            DemoVariant(sku="ALV-MON-S", name="40 cm", price_minor=2600, stock=9),
            DemoVariant(sku="ALV-MON-L", name="80 cm", price_minor=5900, stock=4),
        ),
    ),
    DemoProduct(
        key="olive-tree",
        name="Little olive tree",
        description="From a nursery near Évora, for a balcony with sun. The next ones come "
        "at the end of the month.",
        picture="alvorim-olive.jpg",
        alt="A small olive tree with silver leaves in a round clay pot on a tiled ledge",
        variants=(DemoVariant(sku="ALV-OLI-1", name="90 cm", price_minor=6400, stock=0),),
    ),
    DemoProduct(
        key="meadow-wreath",
        name="Dried meadow wreath",
        description="Strawflower, lavender, wheat and last summer's statice, bound on willow. "
        "Lasts for years out of the sun.",
        picture="alvorim-wreath.jpg",
        alt="A wreath of dried lavender, wheat and strawflowers on a plaster wall",
        variants=(
            DemoVariant(sku="ALV-WRE-25", name="25 cm", price_minor=2800, stock=10),
            DemoVariant(sku="ALV-WRE-40", name="40 cm", price_minor=4600, stock=5),
        ),
    ),
)

OFFERS = (
    DemoOffer("Tulips until tonight", percent=25, products=("tulips",)),
    DemoOffer("The last twelve peonies", percent=15, products=("peonies",), days=3, quota=12),
    DemoOffer("Bom dia", percent=10, code="BOM-DIA", days=30, per_buyer_limit=1),
)

PLACEMENTS = (
    DemoPlacement(
        key="peony-weeks",
        name="Peony weeks",
        kind="product",
        channel="instagram",
        campaign="Peony weeks",
        products=("peonies",),
    ),
    DemoPlacement(
        key="tulips-no-occasion",
        name="Tulips, no occasion",
        kind="product",
        channel="weibo",
        campaign="Everyday flowers",
        products=("tulips",),
    ),
    DemoPlacement(
        key="monstera-needs-a-home",
        name="Monstera needs a home",
        kind="product",
        channel="facebook",
        campaign="Everyday flowers",
        products=("monstera",),
    ),
    DemoPlacement(
        key="on-the-bench",
        name="On the bench today",
        kind="collection",
        channel="blog",
        campaign="Everyday flowers",
        products=(
            "market-bouquet",
            "peonies",
            "tulips",
            "white-ranunculus",
            "meadow-wreath",
            "monstera",
            "olive-tree",
        ),
    ),
)

ALVORIM = DemoMerchant(
    slug="alvorim",
    name="Alvorim Flores",
    tagline="Cut this morning. Two shops in Lisbon.",
    currency="EUR",
    locale="en_IE",
    zone="Europe/Lisbon",
    accent="#2c6a4b",
    contact_email="ola@alvorim.example.com",
    avatar="alvorim-avatar.jpg",
    cover="alvorim-cover.jpg",
    home=HOME,
    stores=STORES,
    members=MEMBERS,
    channels=(
        DemoChannel(key="instagram", name="Instagram"),
        DemoChannel(key="weibo", name="Weibo"),
        DemoChannel(key="facebook", name="Facebook"),
        DemoChannel(key="blog", name="Bench notes"),
    ),
    campaigns=("Peony weeks", "Everyday flowers"),
    products=PRODUCTS,
    offers=OFFERS,
    placements=PLACEMENTS,
)
