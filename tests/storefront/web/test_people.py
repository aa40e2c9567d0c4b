"""Who counts when a shared link is opened: people do, whatever app they are in; crawlers, previews,
scanners and browsers that fetch ahead do not."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from storefront.models import Interaction
from storefront.web.people import is_in_app_browser, is_person
from tests.contents import counts
from tests.storefront.web.conftest import Shop

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPAD = "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/AP4A.250205.002; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0.7204.63 Mobile Safari/537.36"
GALAXY = "Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.122 Mobile Safari/537.36"

IN_APP = (
    f"{IPHONE} Mobile/15E148 Instagram 388.0.0.27.85 (iPhone15,3; iOS 18_5; en_US; en; scale=3.00; 1290x2796; 754836205)",
    f"{PIXEL} Instagram 387.0.0.34.85 Android (35/15; 420dpi; 1080x2219; Google; Pixel 9; tokay; tokay; en_US; 751309234)",
    f"{GALAXY} Instagram 340.0.0.22.109 Android (34/14; 450dpi; 1080x2125; samsung; SM-S918B; dm3q; qcom; de_DE; 621448126)",
    f"{IPAD} Mobile/15E148 Instagram 312.1.0.34.111 (iPad13,4; iPadOS 17_6; fr_FR; fr; scale=2.00; 1668x2388; 549072534)",
    f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/520.0.0.38.101;FBBV/756351453;FBDV/iPhone16,2;FBMD/iPhone;FBSN/iOS;FBSV/18.5;FBSS/3;FBID/phone;FBLC/en_US;FBOP/5;FBRV/0]",
    f"{PIXEL} [FB_IAB/FB4A;FBAV/520.0.0.45.84;]",
    f"{GALAXY} [FBAN/EMA;FBLC/pt_BR;FBAV/459.0.0.8.109;]",
    f"{IPHONE} Mobile/15E148 [FBAN/MessengerForiOS;FBAV/508.0.0.50.97;FBBV/743651042;FBDV/iPhone15,2;FBMD/iPhone;FBSN/iOS;FBSV/18.5;FBSS/3;FBCR/;FBID/phone;FBLC/en_US;FBOP/5]",
    f"{PIXEL} [FB_IAB/Orca-Android;FBAV/509.0.0.24.107;]",
    f"{PIXEL} MetaIAB Facebook",
    f"{IPHONE} Mobile/22F76 MetaIAB Barcelona 388.0.0.33.85 (iPhone15,3; iOS 18_5)",
    f"{IPHONE} Mobile/15E148 musical_ly_40.3.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en Region/US isDarkMode/0 WKWebView/1 BytedanceWebview/d8a21c6 TikTok/40.3.0",
    f"{GALAXY} trill_400304 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/musical_ly app_version/40.3.4 ByteLocale/en ByteFullLocale/en Region/GB BytedanceWebview/d8a21c6",
    f"{PIXEL} musical_ly_2023805030 BytedanceWebview/d8a21c6 TikTok 38.5.3",
    f"{IPHONE} Mobile/15E148 Snapchat/13.45.0.40 (like Safari/8621.2.5.10.8, panda)",
    f"{GALAXY} Snapchat/13.42.0.52 (SM-S918B; Android 14#S918BXXU3AWK1#34; gzip; )",
    f"{IPHONE} Mobile/15E148 [Pinterest/iOS]",
    f"{PIXEL} [Pinterest/Android]",
    f"{IPHONE} Mobile/15E148 Safari Line/15.8.0",
    f"{GALAXY} Line/14.19.1/IAB",
    f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.60(0x18003c2f) NetType/WIFI Language/zh_CN",
    f"{GALAXY} XWEB/1260183 MMWEBSDK/20250201 MMWEBID/2291 MicroMessenger/8.0.58.2841(0x28003A3A) WeChat/arm64 Weixin NetType/5G Language/zh_CN ABI/arm64",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090a13) XWEB/8555 Flue",
    f"{IPHONE} Mobile/15E148 Weibo (iPhone15,3__weibo__15.6.1__iphone__os18.5)",
    f"{GALAXY} Weibo (samsung-SM-S918B__weibo__15.5.0__android__android14)",
    f"{IPHONE} Mobile/15E148 Twitter for iPhone/11.7",
    f"{IPHONE} Mobile/15E148 [LinkedInApp]/9.31.2241",
)

OTHER_PEOPLE = (
    f"{IPHONE} Version/18.5 Mobile/15E148 Safari/604.1",
    f"{IPHONE} GSA/374.1.772315632 Mobile/15E148 Safari/604.1",
    f"{PIXEL} Telegram-Android/11.12.0 (Google Pixel 9; Android 15; SDK 35; HIGH)",
    f"{GALAXY} [Kakaotalk;25.5.0]",
    "Mozilla/5.0 (Linux; Android 13; CUBOT X50) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 12; CUBOT KINGKONG 9 Build/SP1A.210812.016; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/125.0.0.0 Mobile Safari/537.36 Instagram 330.0.0.40.92 Android (31/12; 480dpi; 1080x2204; CUBOT; KINGKONG 9)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
)

MACHINES = (
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1;line-poker/1.0",
    "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984",
    "facebookcatalog/1.0",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "meta-externalfetcher/1.1",
    "WhatsApp/2.23.20.0 A",
    "WhatsApp/2",
    "TelegramBot (like TwitterBot)",
    "Twitterbot/1.0",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Slack-ImgProxy (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "Mozilla/5.0 (compatible; Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots)",
    "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; TikTokSpider; ttspider-feedback@tiktok.com)",
    "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)",
    "Mozilla/5.0 (compatible; Pinterestbot/1.0; +http://www.pinterest.com/bot.html)",
    "Pinterest/0.2 (+https://www.pinterest.com/bot.html)",
    "Mozilla/5.0 (compatible; Linespider/1.1; +https://lin.ee/4dwXkTH)",
    "Mozilla/5.0 (compatible; redditbot/1.0; +http://www.reddit.com/feedback)",
    "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36 (compatible; GoogleOther)",
    "Mozilla/5.0 (compatible; Google-InspectionTool/1.0;)",
    "Mediapartners-Google",
    "AdsBot-Google (+http://www.google.com/adsbot.html)",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.2; +https://openai.com/gptbot",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    "CCBot/2.0 (https://commoncrawl.org/faq/)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
    "Iframely/1.3.1 (+https://iframely.com/docs/about) Atlassian",
    "Mozilla/5.0 (compatible; Embedly/0.2; +http://support.embed.ly/)",
    "Mastodon/4.3.8 (http.rb/5.2.0; +https://mastodon.social/) Bot",
    "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; mailto:support@bsky.app)",
    "Synapse (bot; +https://github.com/matrix-org/synapse)",
    "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Proofpoint URL Defense",
    "Mozilla/5.0 (compatible; urlscan.io/1.0)",
    "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
    "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
    "",
)

AHEAD_OF_TIME = (
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Sec-Purpose": "prefetch;anonymous-client-ip"},
    {"Purpose": "prefetch"},
    {"X-Purpose": "preview"},
    {"X-Purpose": "preview, prefetch"},
    {"X-Moz": "prefetch"},
)


def ask(agent: str, *, method: str = "GET", **headers: str) -> Request:
    """Return a request as a browser with this name sends it."""
    builder = EnvironBuilder("/s/x", method=method, headers={"User-Agent": agent, **headers})
    return Request(builder.get_environ())


def test_the_lists_are_as_long_as_promised() -> None:
    assert len(set(IN_APP)) >= 25
    assert len(set(MACHINES)) + len(AHEAD_OF_TIME) >= 40


@pytest.mark.parametrize("agent", [*IN_APP, *OTHER_PEOPLE])
def test_people_count_in_every_browser(agent: str) -> None:
    assert is_person(ask(agent))


@pytest.mark.parametrize("agent", IN_APP)
def test_browsers_inside_apps_are_known_as_such(agent: str) -> None:
    """They get the page instead of the post, because they block what frames need."""
    assert is_in_app_browser(ask(agent))


@pytest.mark.parametrize("agent", OTHER_PEOPLE[-3:])
def test_browsers_of_their_own_are_not_taken_for_apps(agent: str) -> None:
    assert not is_in_app_browser(ask(agent))


@pytest.mark.parametrize("agent", MACHINES)
def test_machines_never_count(agent: str) -> None:
    assert not is_person(ask(agent))


@pytest.mark.parametrize("headers", AHEAD_OF_TIME)
@pytest.mark.parametrize("agent", [IN_APP[0], OTHER_PEOPLE[0]])
def test_what_a_browser_fetches_ahead_never_counts(agent: str, headers: dict[str, str]) -> None:
    assert not is_person(ask(agent, **headers))


@pytest.mark.parametrize("agent", [IN_APP[0], OTHER_PEOPLE[0]])
def test_asking_for_the_head_never_counts(agent: str) -> None:
    assert not is_person(ask(agent, method="HEAD"))


@pytest.fixture(scope="module")
def link(shop: Shop) -> str:
    """Give a shared link."""
    body = {"placement": shop.world.placement.public_id, "kind": "share"}
    return str(shop.client.post("/interactions", json=body).json["share_url"])


def openings(shop: Shop) -> int:
    """Return how many openings are recorded."""
    with shop.bench.database.reads() as session:
        kind = Interaction.kind == "open"
        return session.scalar(select(func.count(Interaction.id)).where(kind)) or 0


@pytest.mark.parametrize("agent", [IN_APP[0], IN_APP[5], IN_APP[20], *OTHER_PEOPLE[:2]])
def test_a_person_who_opens_a_link_is_one_row_before_they_are_led_on(
    shop: Shop, link: str, agent: str
) -> None:
    """T1: the row is there, under an id that cannot be guessed, when the answer is."""
    before = counts(shop.bench.database)

    answer = shop.client.get(link, headers={"User-Agent": agent})

    after = counts(shop.bench.database)
    with shop.bench.database.reads() as session:
        row = session.scalars(
            select(Interaction).where(Interaction.kind == "open").order_by(Interaction.id.desc())
        ).first()
    assert 303 == answer.status_code
    assert {**before, "storefront_interactions": before["storefront_interactions"] + 1} == after
    assert row is not None
    assert ("open", "signed", "link") == (row.kind, row.assurance, row.surface)
    assert re.fullmatch(r"int_[0-9a-z]{16}", row.public_id)


@pytest.mark.parametrize(
    ("method", "headers"),
    [("GET", {"User-Agent": MACHINES[0]}), ("HEAD", {"User-Agent": OTHER_PEOPLE[0]}),
     ("GET", {"User-Agent": IN_APP[0], "Sec-Purpose": "prefetch"}), ("OPTIONS", {})],
)  # fmt: skip
def test_nobody_is_counted_for_a_look_ahead(
    shop: Shop, link: str, method: str, headers: dict[str, str]
) -> None:
    before = counts(shop.bench.database)

    answer = shop.client.open(link, method=method, headers=headers)

    assert 200 == answer.status_code
    assert before == counts(shop.bench.database)


def test_a_thousand_previews_leave_every_counter_as_it_was(shop: Shop, link: str) -> None:
    """W14: the first HTML has all that a preview needs, may be kept, and has no effect."""
    before = counts(shop.bench.database)
    times = 1000 if shop.bench.database.is_sqlite else 100  # the same code reads on both

    answers: list[Any] = [
        shop.client.get(link, headers={"User-Agent": MACHINES[number % len(MACHINES)]})
        for number in range(times)
    ]

    assert {200} == {answer.status_code for answer in answers}
    assert before == counts(shop.bench.database)
    assert "public" in answers[0].headers["Cache-Control"]
    for tag in ("og:title", "og:description", "og:image", "og:url", "twitter:card"):
        assert tag in answers[0].text
    assert 1 == len({answer.data for answer in answers})


def test_the_thousand_would_have_been_counted_if_they_were_people(shop: Shop, link: str) -> None:
    before = openings(shop)

    for _ in range(5):
        shop.client.get(link, headers={"User-Agent": OTHER_PEOPLE[0]})

    assert before + 5 == openings(shop)
