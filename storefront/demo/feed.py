"""The posts of Larkyard, the demo's invented network, newest first. Nobody in here is real."""

from storefront.demo.values import DemoAuthor, DemoComment, DemoPost

BRINELLA = DemoAuthor(handle="brinella", name="Brinella Gelato", avatar="brinella-avatar.jpg")
ALVORIM = DemoAuthor(handle="alvorim", name="Alvorim Flores", avatar="alvorim-avatar.jpg")
MARTA = DemoAuthor(handle="marta.walks", name="Marta", avatar=None)
OBI = DemoAuthor(handle="obi_bakes", name="Obi", avatar=None)

POSTS = (
    DemoPost(
        slug="pistachio-is-back",
        author=BRINELLA,
        words="The pistachios came in on Tuesday and we have been roasting ever since. "
        "It is back, it is greener than you remember, and no, we still do not add colour.\n\n"
        "Order here, pick it up at any of the four shops. We hold it until closing.",
        minutes_ago=38,
        likes=214,
        has_storefront=True,
        comments=(
            DemoComment(name="Nadia", words="I could smell it from the bus stop.", minutes_ago=31),
            DemoComment(
                name="Wes",
                words="Took my dad on Tuesday. He has not stopped talking about it.",
                minutes_ago=22,
            ),
        ),
    ),
    DemoPost(
        slug="peony-weeks",
        author=ALVORIM,
        words="Peony weeks. There are four of them a year and this is the second.\n\n"
        "These were in the field at five this morning. Buy them closed; the opening is the "
        "best part and it should happen at your place.",
        minutes_ago=74,
        likes=352,
        has_storefront=True,
        comments=(
            DemoComment(
                name="Inês",
                words="Mine opened while we were having dinner. We all stopped eating.",
                minutes_ago=58,
            ),
            DemoComment(name="Tom", words="How long do they last in a warm flat?", minutes_ago=40),
            DemoComment(
                name="Branca, Alvorim",
                words="Five days or so, Tom. Cold water, and not beside the fruit bowl.",
                minutes_ago=35,
            ),
        ),
    ),
    DemoPost(
        slug="lost-glove",
        author=MARTA,
        words="To whoever put my lost glove on the railing by the river with a little daisy in it: "
        "you made my whole week.",
        minutes_ago=131,
        likes=89,
        has_storefront=False,
        comments=(
            DemoComment(name="Lou", words="Not me, but I saw it and smiled.", minutes_ago=120),
        ),
    ),
    DemoPost(
        slug="two-spoons",
        author=BRINELLA,
        words="A couple at Lantern Hill asked for one sundae, two spoons, and then did not speak "
        "for eleven minutes. So now it is on the menu.",
        minutes_ago=190,
        likes=167,
        has_storefront=True,
        comments=(
            DemoComment(
                name="Priya",
                words="Eleven minutes is generous. We lasted six.",
                minutes_ago=171,
            ),
        ),
    ),
    DemoPost(
        slug="on-the-bench",
        author=ALVORIM,
        words="On the bench today: a bit of everything. Put a few things together, pay once, "
        "and we tie them while you walk over.",
        minutes_ago=300,
        likes=121,
        has_storefront=True,
        comments=(
            DemoComment(
                name="Clara",
                words="The wreath from last autumn still hangs in our kitchen.",
                minutes_ago=262,
            ),
        ),
    ),
    DemoPost(
        slug="friday-cake",
        author=BRINELLA,
        words="Friday means cake. We make eight small ones and three big ones, and then Ilaria "
        "says that is enough.",
        minutes_ago=415,
        likes=203,
        has_storefront=True,
        comments=(
            DemoComment(
                name="Jonah",
                words="Got the last big one for my sister's birthday. There were no leftovers.",
                minutes_ago=390,
            ),
            DemoComment(name="Mei", words="Ilaria, please: four big ones.", minutes_ago=333),
        ),
    ),
    DemoPost(
        slug="tulips-no-occasion",
        author=ALVORIM,
        words="You do not need an occasion for tulips. Yesterday a boy bought ten for his bus "
        "driver.",
        minutes_ago=640,
        likes=478,
        has_storefront=True,
        comments=(
            DemoComment(name="Ruth", words="I would like to know that boy.", minutes_ago=611),
            DemoComment(
                name="Kofi", words="Bought some for my own kitchen. Good idea.", minutes_ago=502
            ),
        ),
    ),
    DemoPost(
        slug="sourdough-report",
        author=OBI,
        words="Sourdough report: flat, sour, a bit proud of itself. We ate it with soup and said "
        "nothing.",
        minutes_ago=760,
        likes=64,
        has_storefront=False,
        comments=(),
    ),
    DemoPost(
        slug="whole-freezer",
        author=BRINELLA,
        words="Somebody asked for everything we make, in one place. Here is the whole freezer. "
        "Yes, you can mix. The lemon granita is out until the next crate; we are sorry too.",
        minutes_ago=1500,
        likes=139,
        has_storefront=True,
        comments=(
            DemoComment(
                name="Sam",
                words="Two pints and a brioche, that is my weekend sorted.",
                minutes_ago=1320,
            ),
        ),
    ),
    DemoPost(
        slug="monstera-needs-a-home",
        author=ALVORIM,
        words="This one has stood by our door for three years and knows everyone's name. "
        "It has a few sisters. All of them would like a window.",
        minutes_ago=2950,
        likes=96,
        has_storefront=True,
        comments=(
            DemoComment(name="Lena", words="I have the window. I am on my way.", minutes_ago=2800),
        ),
    ),
)
