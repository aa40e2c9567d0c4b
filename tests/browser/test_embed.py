"""The snippet on other people's pages: it shows, it fits, it listens to nobody else, and where it
cannot work it leaves a link."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import ElementHandle, FrameLocator, Locator, Page, Route, expect

from tests.browser.conftest import Demo

CARD = "Pistachio is back"
COLLECTION = "The whole freezer"
EVIL = "http://evil.test"

HostPage = Callable[..., None]

# What an enemy may say: every shape of our own messages with wrong content, and nonsense.
HOSTILE = """
  const cyclic = {storefront: 1, type: "height"}; cyclic.self = cyclic;
  const words = [
    "height", "", null, undefined, 0, 1e9, true, [], {}, [1, 2], cyclic, new Date(), new Map(),
    {storefront: 1}, {storefront: "1", type: "height", height: 999},
    {storefront: 2, type: "height", height: 999}, {storefront: 1, type: "height", height: 1e9},
    {storefront: 1, type: "height", height: -5}, {storefront: 1, type: "height", height: NaN},
    {storefront: 1, type: "height", height: "999"}, {storefront: 1, type: "height"},
    {storefront: 1, type: "paid", order: "ord_0000000000000000"}, {storefront: 1, type: "ready"},
    {storefront: 1, type: "recorded", id: "h1", interaction: "int_1"},
    {storefront: 1, type: "record", id: "x", kind: "like"}, {storefront: 1, type: "hello", id: "x"},
    {storefront: 1, type: "record", id: "x", kind: "buy"}, {storefront: 1, type: "__proto__"},
    {storefront: 1, type: "constructor"}, {storefront: 1, type: "toString", id: {}},
    {__proto__: {storefront: 1, type: "height", height: 999}}, {type: ["height"], storefront: 1},
  ];
"""


def inside(page: Page) -> FrameLocator:
    return page.frame_locator("[data-placement] iframe").first


def content(page: Page) -> ElementHandle:
    handle = page.locator("[data-placement] iframe").element_handle()
    assert handle is not None
    frame = handle.content_frame()
    assert frame is not None
    return frame.wait_for_selector("body")


def expect_to_fit(page: Page) -> None:
    """Expect the frame to be exactly as tall as its content, and nothing in it to scroll."""
    iframe = page.locator("[data-placement] iframe")
    # What it is compared with moves too, while sheets and pictures come.
    for _ in range(100):
        if tall(page) == iframe.evaluate("frame => frame.clientHeight"):
            break
        page.wait_for_timeout(50)
    expect(iframe).to_have_js_property("clientHeight", tall(page))
    scrolls = content(page).evaluate(
        "() => { const root = document.scrollingElement;"
        " return [root.scrollHeight > root.clientHeight, root.scrollWidth > root.clientWidth]; }"
    )
    assert scrolls == [False, False]


def tall(page: Page) -> int:
    return int(content(page).evaluate("body => Math.ceil(body.getBoundingClientRect().height)"))


def open_card(page: Page) -> Locator:
    buy = inside(page).get_by_role("button", name="Buy now")
    expect(buy).to_be_visible()
    return buy


@pytest.mark.parametrize("width", [320, 375, 1280])
@pytest.mark.parametrize("name", [CARD, COLLECTION])
def test_the_frame_is_as_tall_as_its_content(
    page: Page, demo: Demo, host_page: HostPage, width: int, name: str
) -> None:
    page.set_viewport_size({"width": width + 16, "height": 700})
    host_page(demo.snippet(name))
    expect(inside(page).get_by_role("heading", level=1)).to_be_visible()

    expect_to_fit(page)


def test_the_frame_grows_and_shrinks_with_what_is_opened_in_it(
    page: Page, demo: Demo, host_page: HostPage
) -> None:
    host_page(demo.snippet(CARD))
    open_card(page)
    before = tall(page)
    inside(page).get_by_role("button", name="Share").press("Enter")
    expect(inside(page).get_by_label("Your link to share")).to_have_value(re.compile("/s/"))
    expect_to_fit(page)
    assert tall(page) > before

    inside(page).get_by_role("button", name="Share").press("Enter")
    expect(inside(page).get_by_label("Your link to share")).to_be_hidden()
    expect_to_fit(page)
    assert tall(page) == before


def test_every_step_of_a_purchase_fits_on_the_narrowest_phone(
    page: Page, demo: Demo, host_page: HostPage
) -> None:
    page.set_viewport_size({"width": 336, "height": 640})
    host_page(demo.snippet(CARD))
    open_card(page)
    inside(page).get_by_role("button", name="Add to cart").press("Enter")
    expect(inside(page).get_by_role("heading", name="Cart")).to_be_visible()
    expect_to_fit(page)
    inside(page).get_by_role("link", name="Check out").press("Enter")
    expect(inside(page).get_by_role("heading", name="Checkout")).to_be_visible()
    expect_to_fit(page)
    inside(page).get_by_label("Shipping").check()
    expect(inside(page).get_by_label("Street and number")).to_be_visible()

    expect_to_fit(page)


def test_the_frame_is_named_lazy_and_may_pay(page: Page, demo: Demo, host_page: HostPage) -> None:
    host_page(demo.snippet(CARD))
    frame = page.locator("iframe")

    expect(frame).to_have_attribute("title", CARD)
    expect(frame).to_have_attribute("loading", "lazy")
    expect(frame).to_have_attribute("allow", re.compile(r"^payment \*"))


def test_the_link_is_replaced_once_the_frame_is_ready(
    page: Page, demo: Demo, host_page: HostPage, faults: list[str]
) -> None:
    host_page(demo.snippet(CARD))
    open_card(page)

    expect(page.locator("[data-placement] a")).to_have_count(0)
    assert faults == []


def test_the_script_may_be_added_twice(
    page: Page, demo: Demo, host_page: HostPage, faults: list[str]
) -> None:
    host_page(demo.snippet(CARD) + demo.snippet(COLLECTION) + demo.snippet("Friday cake"))
    open_card(page)

    expect(page.locator("iframe")).to_have_count(3)
    assert faults == []


def test_nothing_but_one_name_is_added_to_the_page(
    page: Page, demo: Demo, host_page: HostPage
) -> None:
    host_page("")
    before = set(page.evaluate("() => Object.getOwnPropertyNames(window)"))
    host_page(demo.snippet(CARD))
    open_card(page)

    names = set(page.evaluate("() => Object.getOwnPropertyNames(window)")) - before
    # Browsers list their frames by number among a window's names.
    assert {name for name in names if not name.isdigit()} == {"Storefront"}


def test_other_people_s_attributes_are_left_alone(
    page: Page, demo: Demo, host_page: HostPage
) -> None:
    host_page(f'<button data-placement="top">Tip</button>{demo.snippet(CARD)}')
    open_card(page)

    expect(page.get_by_role("button", name="Tip").locator("iframe")).to_have_count(0)


def test_when_the_shop_is_down_the_link_stays(page: Page, demo: Demo, host_page: HostPage) -> None:
    page.route(f"{demo.shop}/e/**", lambda route: route.abort("connectionrefused"))
    host_page(demo.snippet(CARD))
    expect(page.locator("iframe")).to_have_count(1)

    expect(page.get_by_role("link", name=CARD)).to_be_visible()
    expect(page.locator("iframe")).to_have_css("height", "1px")


def test_when_the_shop_answers_with_a_fault_the_link_stays(
    page: Page, demo: Demo, host_page: HostPage
) -> None:
    def fail(route: Route) -> None:
        route.fulfill(status=503, body="<h1>Busy</h1>", content_type="text/html")

    page.route(f"{demo.shop}/e/**", fail)
    host_page(demo.snippet(CARD))
    expect(page.locator("iframe")).to_have_count(1)

    expect(page.get_by_role("link", name=CARD)).to_be_visible()


def test_a_site_that_is_not_listed_cannot_frame_the_shop(
    page: Page, demo: Demo, host_page: HostPage
) -> None:
    with page.expect_console_message(lambda line: "frame-ancestors" in line.text):
        host_page(demo.snippet(CARD), site=EVIL)

    expect(page.get_by_role("link", name=CARD)).to_be_visible()
    expect(page.locator("iframe")).to_have_css("height", "1px")


def test_a_plain_frame_without_our_script_sells_too(
    page: Page, demo: Demo, host_page: HostPage, faults: list[str]
) -> None:
    host_page(f'<iframe src="{demo.frame(CARD)}" title="Shop" width="360" height="900"></iframe>')
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Buy now").press("Enter")

    expect(frame.get_by_role("heading", name="Checkout")).to_be_visible()
    assert faults == []


def test_a_thousand_hostile_messages_change_nothing(
    page: Page, demo: Demo, host_page: HostPage, faults: list[str]
) -> None:
    """Bad input 39."""
    told: list[str] = []
    host_page(demo.snippet(CARD))
    open_card(page)
    expect_to_fit(page)
    before = tall(page)
    page.wait_for_load_state("networkidle")
    page.on("request", lambda request: told.append(request.url))
    page.evaluate("() => addEventListener('storefront:paid', () => (window.wasPaid = true))")
    page.route(
        f"{EVIL}/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f"<script>{HOSTILE}"
            "for (let n = 0; n < 1000; n++) {"
            "  const target = n % 2 ? parent : parent.frames[0];"
            "  target.postMessage(words[(n >> 1) % words.length], '*');"
            "}"
            "parent.postMessage('done', '*');</script>",
        ),
    )
    page.evaluate(
        """evil => new Promise(resolve => {
          addEventListener('message', ({ data }) => data === 'done' && resolve());
          const frame = document.createElement('iframe');
          frame.src = evil;
          document.body.append(frame);
        })""",
        f"{EVIL}/",
    )

    expect_to_fit(page)
    assert tall(page) == before
    assert page.evaluate("() => window.wasPaid") is None
    assert [url for url in told if "/interactions" in url] == []
    # Half of them were for the frame; the shop is told how many when the card is left.
    with page.expect_request("**/strange") as sent:
        content(page).evaluate("() => dispatchEvent(new Event('pagehide'))")
    assert json.loads(sent.value.post_data or "") == {"count": 500}
    answer = sent.value.response()
    assert answer is not None
    assert answer.status == 204
    assert faults == []


def test_the_host_itself_cannot_make_the_frame_buy_or_grow_without_end(
    page: Page, demo: Demo, host_page: HostPage, faults: list[str]
) -> None:
    host_page(demo.snippet(CARD))
    open_card(page)
    kinds: list[str] = []
    page.wait_for_load_state("networkidle")
    page.on(
        "request",
        lambda request: (
            kinds.append(json.loads(request.post_data or "{}")["kind"])
            if request.url.endswith("/interactions")
            else None
        ),
    )
    page.evaluate(
        f"""shop => {{ {HOSTILE}
          const frame = document.querySelector('iframe').contentWindow;
          for (const word of words) frame.postMessage(word, shop);
        }}""",
        demo.shop,
    )
    page.evaluate("id => Storefront.record(id, 'follow')", demo.placements[CARD])

    # The one well-formed wish among them is a like, and a like is what the host may tell; the
    # follow came after all of them.
    assert kinds == ["like", "follow"]
    assert faults == []


def test_the_host_s_own_like_and_share_reach_the_shop(
    page: Page, demo: Demo, host_page: HostPage
) -> None:
    host_page(demo.snippet(CARD))
    open_card(page)
    placement = demo.placements[CARD]

    liked = page.evaluate("id => Storefront.record(id, 'like')", placement)
    shared = page.evaluate("id => Storefront.record(id, 'share')", placement)

    assert re.fullmatch(r"int_\w{16}", liked["interaction"])
    assert shared["share_url"].startswith(f"{demo.shop}/s/")


@pytest.mark.parametrize("kind", ["buy", "view", "", "constructor"])
def test_what_a_host_may_not_tell_is_never_answered(
    page: Page, demo: Demo, host_page: HostPage, kind: str
) -> None:
    host_page(demo.snippet(CARD))
    open_card(page)

    answered = page.evaluate(
        """([id, kind]) => Promise.race([
          Storefront.record(id, kind).then(() => true, () => true),
          new Promise(resolve => setTimeout(() => resolve(false), 300)),
        ])""",
        [demo.placements[CARD], kind],
    )
    assert answered is False


def test_a_frame_without_an_origin_offers_a_link_that_keeps_visitor_and_cart(
    page: Page, demo: Demo, host_page: HostPage, faults: list[str]
) -> None:
    source = f"{demo.frame(CARD)}?v=a-mark&amp;c=a-cart"
    host_page(f'<iframe sandbox="allow-scripts" src="{source}" title="Shop"></iframe>')
    link = page.frame_locator("iframe").get_by_role("link", name="Buy in the shop")

    expect(link).to_have_attribute("href", re.compile(rf"/p/{demo.placements[CARD]}\?"))
    expect(link).to_have_attribute("href", re.compile(r"[?&]v=a-mark\b"))
    expect(link).to_have_attribute("href", re.compile(r"[?&]c=a-cart\b"))
    expect(page.frame_locator("iframe").get_by_role("button", name="Buy now")).to_have_count(0)
    assert faults == []


def test_a_new_view_in_the_frame_begins_at_its_top(
    page: Page, demo: Demo, host_page: HostPage
) -> None:
    host_page(demo.snippet(CARD) + '<p style="height: 2000px">The rest of the feed</p>')
    open_card(page).press("Enter")
    expect(inside(page).get_by_role("heading", name="Checkout")).to_be_visible()
    inside(page).get_by_label("E-mail").fill("ada@example.com")
    inside(page).get_by_label("Name").fill("Ada")
    inside(page).get_by_role("button", name="Continue to payment").press("Enter")

    expect(inside(page).get_by_role("heading", name="Payment")).to_be_in_viewport()


def test_one_look_is_recorded_once_and_only_when_it_is_seen(
    page: Page, demo: Demo, host_page: HostPage
) -> None:
    seen: list[str] = []
    page.on(
        "request",
        lambda request: seen.append(request.url) if "/interactions" in request.url else None,
    )
    host_page('<p style="height: 1500px">A long story</p>' + demo.snippet(CARD))
    page.wait_for_load_state("networkidle")
    assert seen == []

    page.locator("[data-placement]").scroll_into_view_if_needed()
    open_card(page).scroll_into_view_if_needed()
    inside(page).get_by_role("heading", level=1).scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert len(seen) == 1
