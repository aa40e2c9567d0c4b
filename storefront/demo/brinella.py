"""Brinella, the demo's invented ice-cream maker: four stores in Providence, paid in dollars."""

from storefront.demo.brinella_gifts import GIFTS
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
    country="US",
    region="RI",
    prices_include_tax=False,
    shipping=(DemoShipping("US", "On dry ice, next day", 1200, free_from_minor=6000),),
    taxes=(
        DemoTax("US", "RI", "Sales and meals tax", 80_000),
        DemoTax("US", "MA", "Sales tax", 62_500),
        DemoTax("US", "CT", "Sales tax", 73_500),
    ),
)

STORES = (
    DemoStore(
        key="quayside",
        name="Quayside Row",
        address="18 Quayside Row, Providence, RI 02903",
        hours="Mon-Thu 11:00-22:00, Fri-Sun 11:00-23:00",
    ),
    DemoStore(
        key="lantern-hill",
        name="Lantern Hill",
        address="204 Lantern Hill Street, Providence, RI 02906",
        hours="Daily 12:00-22:00",
    ),
    DemoStore(
        key="old-cannery",
        name="Old Cannery",
        address="7 Cannery Lane, Providence, RI 02909",
        hours="Tue-Sun 12:00-21:30, closed on Monday",
    ),
    DemoStore(
        key="orchard-mill",
        name="Orchard Mill",
        address="55 Orchard Mill Road, Providence, RI 02904",
        hours="Wed-Sun 13:00-21:00, from May to October",
    ),
)

MEMBERS = (
    DemoMember(
        name="Ilaria Brin",
        email="owner@brinella.example.com",
        password="pistachio-for-breakfast",
        role="owner",
        pin="482615",
    ),
    DemoMember(
        name="Theo Okafor",
        email="manager@brinella.example.com",
        password="two-scoops-and-a-list",
        role="manager",
        pin="730942",
    ),
    DemoMember(
        name="June Salas",
        email="clerk@brinella.example.com",
        password="mind-the-waffle-iron",
        role="clerk",
        pin="159264",
    ),
)

PRODUCTS = (
    DemoProduct(
        key="pistachio",
        name="Pistachio, roasted twice",
        description="Sicilian pistachios, milk, sugar, a pinch of salt. Roasted once for "
        "colour and once more for depth. Served in a cup with a wafer.",
        picture="brinella-pistachio.jpg",
        alt="Two scoops of green pistachio gelato in a paper cup, with chopped nuts and a wafer",
        variants=(
            DemoVariant(sku="BRI-PIS-S", name="Small", price_minor=450, stock=60),
            DemoVariant(sku="BRI-PIS-R", name="Regular", price_minor=595, stock=60),
            DemoVariant(sku="BRI-PIS-L", name="Large", price_minor=725, stock=40),
        ),
    ),
    DemoProduct(
        key="sundae",
        name="Sunday sundae",
        description="Vanilla, strawberry and chocolate under warm fudge, whipped cream, toasted "
        "almonds and the cherry. Sunday is only a suggestion.",
        picture="brinella-sundae.jpg",
        alt="A tall glass sundae with three scoops, fudge sauce, whipped cream and a cherry",
        variants=(
            DemoVariant(sku="BRI-SUN-1", name="For one", price_minor=895, stock=35),
            DemoVariant(sku="BRI-SUN-2", name="Two spoons", price_minor=1395, stock=20),
        ),
    ),
    DemoProduct(
        key="strawberry-cake",
        name="Wild strawberry gelato cake",
        description="Strawberry gelato and cream on an almond sponge, mirror glaze on top. "
        "We make a handful each Friday. It keeps two hours in its box.",
        picture="brinella-cake.jpg",
        alt="A round pink gelato cake with a glossy glaze and strawberries, one slice cut out",
        variants=(
            DemoVariant(sku="BRI-CAK-6", name="Serves 6", price_minor=3400, stock=8),
            DemoVariant(sku="BRI-CAK-10", name="Serves 10", price_minor=4900, stock=3),
        ),
    ),
    DemoProduct(
        key="raspberry-sorbet",
        name="Raspberry and rose sorbet",
        description="Raspberries from the Hudson valley, rose water, nothing from a cow. "
        "Sharp first, then soft.",
        picture="brinella-raspberry.jpg",
        alt="Scoops of deep pink raspberry sorbet in a glass bowl with berries and leaves",
        variants=(
            DemoVariant(sku="BRI-RAS-S", name="Small", price_minor=450, stock=50),
            DemoVariant(sku="BRI-RAS-R", name="Regular", price_minor=595, stock=50),
            DemoVariant(sku="BRI-RAS-P", name="Pint", price_minor=1150, stock=24),
        ),
    ),
    DemoProduct(
        key="stracciatella",
        name="Stracciatella pint",
        description="Sweet cream churned slowly, dark chocolate poured in at the last minute "
        "so that it shatters. For the freezer, if it gets that far.",
        picture="brinella-stracciatella.jpg",
        alt="An open pint of white gelato with dark chocolate shards and a spoon beside it",
        variants=(
            DemoVariant(sku="BRI-STR-P", name="Pint", price_minor=1150, stock=30),
            DemoVariant(sku="BRI-STR-T", name="Family tub", price_minor=2100, stock=12),
        ),
    ),
    DemoProduct(
        key="hazelnut",
        name="Brown butter hazelnut pint",
        description="Hazelnuts toasted in brown butter, a ribbon of dark caramel. "
        "The one Theo hides at the back of the freezer.",
        picture="brinella-hazelnut.jpg",
        alt="A pint of golden hazelnut gelato with a caramel ribbon and whole hazelnuts",
        variants=(
            DemoVariant(sku="BRI-HAZ-P", name="Pint", price_minor=1250, stock=18),
            DemoVariant(sku="BRI-HAZ-T", name="Family tub", price_minor=2300, stock=6),
        ),
    ),
    DemoProduct(
        key="affogato",
        name="Affogato",
        description="A scoop of vanilla, a double espresso, and about ninety seconds to enjoy "
        "both at once.",
        picture="brinella-affogato.jpg",
        alt="Espresso being poured over a scoop of vanilla gelato in a glass",
        variants=(
            DemoVariant(sku="BRI-AFF-1", name="Classic", price_minor=550, stock=None),
            DemoVariant(sku="BRI-AFF-H", name="With hazelnut", price_minor=650, stock=25),
        ),
    ),
    DemoProduct(
        key="brioche",
        name="Brioche col gelato",
        description="A warm bun, split, two flavours of your choice pressed in. "
        "Breakfast, as far as Palermo is concerned.",
        picture="brinella-brioche.jpg",
        alt="A golden brioche bun filled with pink, cream and green gelato",
        variants=(
            DemoVariant(sku="BRI-BRO-1", name="One bun", price_minor=750, stock=28),
            DemoVariant(sku="BRI-BRO-4", name="Box of four", price_minor=2800, stock=7),
        ),
    ),
    DemoProduct(
        key="lemon-granita",
        name="Lemon granita",
        description="Lemons, sugar, ice, patience. Gone until the next crate of lemons arrives.",
        picture="brinella-granita.jpg",
        alt="A frosted glass of pale lemon granita with a lemon slice and a straw",
        variants=(
            DemoVariant(sku="BRI-LEM-R", name="Regular", price_minor=495, stock=0),
            DemoVariant(sku="BRI-LEM-L", name="Large", price_minor=625, stock=0),
        ),
    ),
)

OFFERS = (
    DemoOffer("Pistachio night", percent=20, products=("pistachio",)),
    DemoOffer("Brioche while it is warm", fixed_minor=400, products=("brioche",), days=3, quota=40),
    DemoOffer(
        "A cone on the house",
        percent=10,
        code="SECOND-SPOON",
        days=30,
        min_spend_minor=2000,
        per_buyer_limit=1,
    ),
)

PLACEMENTS = (
    DemoPlacement(
        key="pistachio-is-back",
        name="Pistachio is back",
        kind="product",
        channel="instagram",
        campaign="Summer opening",
        products=("pistachio",),
    ),
    DemoPlacement(
        key="two-spoons",
        name="Two spoons, one sundae",
        kind="product",
        channel="facebook",
        campaign="Summer opening",
        products=("sundae",),
    ),
    DemoPlacement(
        key="friday-cake",
        name="Friday cake",
        kind="product",
        channel="x",
        campaign="Friday cakes",
        products=("strawberry-cake",),
    ),
    DemoPlacement(
        key="whole-freezer",
        name="The whole freezer",
        kind="collection",
        channel="blog",
        campaign="Summer opening",
        products=(
            "pistachio",
            "raspberry-sorbet",
            "stracciatella",
            "hazelnut",
            "affogato",
            "sundae",
            "brioche",
            "lemon-granita",
            "strawberry-cake",
        ),
    ),
)

BRINELLA = DemoMerchant(
    slug="brinella",
    name="Brinella Gelato",
    tagline="Small batches, four little shops, Providence.",
    currency="USD",
    locale="en_US",
    zone="America/New_York",
    accent="#b3204d",
    contact_email="ciao@brinella.example.com",
    avatar="brinella-avatar.jpg",
    cover="brinella-cover.jpg",
    home=HOME,
    stores=STORES,
    members=MEMBERS,
    channels=(
        DemoChannel(key="instagram", name="Instagram"),
        DemoChannel(key="facebook", name="Facebook"),
        DemoChannel(key="x", name="X"),
        DemoChannel(key="blog", name="Our blog"),
    ),
    campaigns=("Summer opening", "Friday cakes"),
    products=PRODUCTS,
    offers=OFFERS,
    placements=PLACEMENTS,
    gifts=GIFTS,
)
