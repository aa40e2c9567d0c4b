"""Gifts that were sent at Brinella before the demo begins, in every state that a gift can be in."""

from storefront.demo.values import DemoGift, DemoSpending

NADIA = ("Nadia Reyes", "nadia@example.com")
WES = ("Wes Calder", "wes@example.com")
PRIYA = ("Priya Nair", "priya@example.com")
JONAH = ("Jonah Weiss", "jonah@example.com")
CLARA = ("Clara Lindt", "clara@example.com")

GIFTS = (
    DemoGift(
        placement="pistachio-is-back",
        sharer="ana",
        buyer=WES,
        friends=(NADIA,),
        words="You could smell it from the bus stop, you said. Now go in.",
        design="confetti",
        amount_minor=2500,
        bought=76,
        opened=53,
        spendings=(DemoSpending(28.5, "lantern-hill", basket_minor=3140),),
        thanked=27,
        thanks="Two scoops, one brioche, no regrets. Next time you come along!",
    ),
    DemoGift(
        placement="two-spoons",
        buyer=PRIYA,
        friends=(("Tom Adeyemi", "tom@example.com"),),
        words="For the evening you fixed my bike. Eleven minutes of silence, at least.",
        design="ribbon",
        amount_minor=4000,
        bought=70,
        opened=47,
        spendings=(DemoSpending(4.2, "quayside", amount_minor=1850, basket_minor=2200),),
    ),
    DemoGift(
        placement="whole-freezer",
        buyer=JONAH,
        friends=(("Mei Tanaka", "mei@example.com"),),
        words="You need a coffee. You also need ice cream. They thought of that.",
        design="bouquet",
        sku="BRI-AFF-1",
        bought=51,
        opened=30,
    ),
    DemoGift(
        placement="pistachio-is-back",
        buyer=("Lou Marchetti", "lou@example.com"),
        friends=(("Sam", ""), ("Ruth", "")),
        words="Thank you for carrying the piano.",
        design="plain",
        amount_minor=1500,
        bought=26,
    ),
    DemoGift(
        placement="friday-cake",
        buyer=CLARA,
        friends=(("Lena Vogt", "lena@example.com"),),
        words="Happy birthday! Or is it next month?",
        design="confetti",
        amount_minor=2000,
        bought=25,
        called_off=24.5,
    ),
    DemoGift(
        placement="two-spoons",
        buyer=("Rob Stone", "rob@example.com"),
        friends=(("Kit", "kit@example.com"),),
        words="",
        design="plain",
        amount_minor=5000,
        bought=20,
        disputed=5,
    ),
    DemoGift(
        placement="pistachio-is-back",
        buyer=NADIA,
        friends=(("Kenji Mori", "kenji@example.com"),),
        words="Good morning, Kenji! Come and see us, the ice cream is on me.",
        design="ribbon",
        amount_minor=3000,
        at="09:00",
        zone="Asia/Tokyo",
        bought=3,
    ),
)
