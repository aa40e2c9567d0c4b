"""The card form in a real Chromium: in a framed shop of another site, all storage blocked."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import stripe
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Playwright, expect

from storefront.sandbox import SandboxProcess
from tests import chromium
from tests.browser.looking import violations
from tests.storefront.sandbox.shop_page import ShopPage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

BLOCK_ALL_STORAGE = {"profile": {"default_content_setting_values": {"cookies": 2}}}
GOOD, DECLINED, ASKS = "4242424242424242", "4000000000000002", "4000000000003220"


@pytest.fixture(scope="module")
def blocked(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """Give a browser that keeps nothing for anyone."""
    path = chromium.find()
    assert path is not None, chromium.MISSING
    profile = tmp_path_factory.mktemp("profile")
    (profile / "Default").mkdir()
    (profile / "Default" / "Preferences").write_text(json.dumps(BLOCK_ALL_STORAGE))
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=path, args=chromium.ARGUMENTS, locale="en"
    )
    yield context
    context.close()


@pytest.fixture(scope="module")
def shop(sandbox: SandboxProcess) -> Iterator[ShopPage]:
    shop = ShopPage(sandbox.url)
    yield shop
    shop.close()


@pytest.fixture
def intent(client: stripe.StripeClient) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {
            "amount": 1250,
            "currency": "usd",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )


class Till:
    """The shop's framed page, and the card form inside it."""

    def __init__(self, page: Page, shop: ShopPage, intent: stripe.PaymentIntent) -> None:
        self.page = page
        self.told: list[str] = []
        page.on("console", lambda message: self.told.append(message.text))
        page.on("pageerror", lambda error: self.told.append(str(error)))
        self._query: dict[str, Any] = {"key": "pk_test_sandbox", "secret": intent.client_secret}
        self._shop = shop

    def open(self, **options: Any) -> "Till":
        query = urlencode({**self._query, "options": json.dumps(options)})
        self.page.goto(f"http://host.localhost:{self._shop.port}/?{query}")
        expect(self.state).to_have_text("ready")
        return self

    @property
    def frame(self) -> Any:
        return self.page.frame_locator("iframe").first

    @property
    def form(self) -> Any:
        return self.frame.frame_locator("#card iframe")

    @property
    def state(self) -> Any:
        return self.frame.locator("#state")

    def fill(self, number: str, expiry: str = "1234", cvc: str = "123") -> None:
        self.form.get_by_label("Card number").fill(number)
        self.form.get_by_label("Expires").fill(expiry)
        self.form.get_by_label("Security code").fill(cvc)

    def pay(self) -> None:
        self.frame.locator("#pay").click()

    def answer_challenge(self, choice: str) -> None:
        challenge = self.frame.frame_locator('iframe[title="3-D Secure"]')
        challenge.get_by_role("button", name=choice).click()

    def form_frame(self) -> Frame:
        return next(frame for frame in self.page.frames if "/elements/payment" in frame.url)


@pytest.fixture
def till(blocked: BrowserContext, shop: ShopPage, intent: stripe.PaymentIntent) -> Iterator[Till]:
    page = blocked.new_page()
    till = Till(page, shop, intent).open()
    yield till
    assert [told for told in till.told if "402" not in told] == []
    page.close()


def status(client: stripe.StripeClient, intent: stripe.PaymentIntent) -> str:
    return client.v1.payment_intents.retrieve(intent.id).status


def test_a_typed_card_pays_in_a_framed_page_without_storage(
    till: Till, client: stripe.StripeClient, intent: stripe.PaymentIntent
) -> None:
    till.fill(GOOD)
    till.pay()

    expect(till.state).to_have_text("succeeded")
    expect(till.state).to_have_attribute("data-storage", "blocked")
    assert status(client, intent) == "succeeded"


def test_after_a_declined_card_another_one_pays(
    till: Till, client: stripe.StripeClient, intent: stripe.PaymentIntent
) -> None:
    till.fill(DECLINED)
    till.pay()
    expect(till.state).to_have_text("generic_decline")
    declined = status(client, intent)

    till.fill(GOOD)
    till.pay()

    expect(till.state).to_have_text("succeeded")
    assert declined == "requires_payment_method"
    assert status(client, intent) == "succeeded"


@pytest.mark.parametrize(
    ("choice", "told", "left"),
    [
        ("Complete", "succeeded", "succeeded"),
        ("Fail", "payment_intent_authentication_failure", "requires_payment_method"),
    ],
)
def test_the_bank_may_ask_over_the_page(
    till: Till,
    client: stripe.StripeClient,
    intent: stripe.PaymentIntent,
    choice: str,
    told: str,
    left: str,
) -> None:
    till.fill(ASKS)
    till.pay()
    till.answer_challenge(choice)

    expect(till.state).to_have_text(told)
    expect(till.frame.locator('iframe[title="3-D Secure"]')).to_have_count(0)
    assert status(client, intent) == left


def test_a_bank_s_own_page_sends_the_buyer_back(
    till: Till, shop: ShopPage, client: stripe.StripeClient, intent: stripe.PaymentIntent
) -> None:
    back = f"http://host.localhost:{shop.port}/done?order=7"
    asked = client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_authenticationRequired", "return_url": back}
    )

    till.page.goto(asked.next_action.redirect_to_url.url)
    till.page.get_by_role("button", name="Complete").click()
    till.page.wait_for_url("**/done?*")

    secret = f"payment_intent_client_secret={intent.client_secret}"
    assert till.page.url == (
        f"{back}&payment_intent={intent.id}&{secret}&redirect_status=succeeded"
    )
    assert status(client, intent) == "succeeded"


def test_an_incomplete_card_is_told_beside_its_field_and_not_sent(
    till: Till, client: stripe.StripeClient, intent: stripe.PaymentIntent
) -> None:
    till.fill("4242", expiry="0120", cvc="1")
    till.pay()

    expect(till.state).to_have_text("incomplete_number")
    expect(till.form.locator("#number-error")).to_have_text("Your card number is incomplete.")
    expect(till.form.locator("#expiry-error")).to_have_text(
        "Your card's expiration date is in the past."
    )
    expect(till.form.locator("#cvc-error")).to_have_text("Your card's security code is incomplete.")
    expect(till.form.get_by_label("Card number")).to_be_focused()
    assert client.v1.charges.list({"payment_intent": intent.id}).data == []


def test_a_tapped_test_card_fills_the_form(till: Till) -> None:
    till.form.get_by_role("button", name="Declined").first.click()

    expect(till.form.get_by_label("Card number")).to_have_value("4000 0000 0000 0002")
    expect(till.form.get_by_label("Expires")).to_have_value("12 / 34")
    expect(till.frame.locator("#changes")).to_have_text("complete")


def test_the_form_works_by_keyboard(till: Till) -> None:
    till.form.get_by_label("Card number").focus()
    till.page.keyboard.type(GOOD)
    till.page.keyboard.press("Tab")
    till.page.keyboard.type("734")
    till.page.keyboard.press("Tab")
    till.page.keyboard.type("123")

    expect(till.form.get_by_label("Expires")).to_have_value("07 / 34")
    expect(till.frame.locator("#changes")).to_have_text("complete")


def test_no_page_but_the_one_that_mounted_it_commands_the_form(till: Till) -> None:
    till.fill(GOOD)

    till.page.evaluate(
        """() => window.frames[0].frames[0].postMessage(
            { sandbox: "stripe", element: "element-1", type: "clear" }, "*")"""
    )
    till.form_frame().evaluate(
        """() => window.postMessage(
            { sandbox: "stripe", element: "element-1", type: "clear" }, "*")"""
    )
    shown = till.form.get_by_label("Card number").input_value()
    till.frame.locator("body").evaluate("() => window.card.clear()")

    assert shown == "4242 4242 4242 4242"
    expect(till.form.get_by_label("Card number")).to_have_value("")


def test_the_page_ignores_messages_of_strangers(till: Till) -> None:
    till.page.evaluate(
        """() => window.frames[0].postMessage(
            { sandbox: "stripe", element: "element-1", type: "height", height: 7 }, "*")"""
    )
    till.form.locator("summary").click()

    frame = till.frame.locator("#card iframe")
    assert frame.evaluate("frame => frame.clientHeight") > 300


def test_the_card_number_never_reaches_the_shop(till: Till, shop: ShopPage) -> None:
    till.fill(GOOD)
    till.pay()
    expect(till.state).to_have_text("succeeded")

    assert till.frame.locator("input").count() == 0
    assert [path for path in shop.asked if "4242" in path] == []


def test_a_page_can_ask_how_a_payment_stands(till: Till, intent: stripe.PaymentIntent) -> None:
    found = till.frame.locator("body").evaluate(
        "(_, secret) => window.stripe.retrievePaymentIntent(secret)", intent.client_secret
    )

    assert found["paymentIntent"]["id"] == intent.id
    assert found["paymentIntent"]["status"] == "requires_payment_method"


def test_a_connected_account_s_payment_is_made_there(
    blocked: BrowserContext, shop: ShopPage, client: stripe.StripeClient
) -> None:
    intent = client.v1.payment_intents.create(
        {"amount": 1250, "currency": "usd"}, {"stripe_account": "acct_florist"}
    )
    till = Till(blocked.new_page(), shop, intent).open(stripeAccount="acct_florist")
    till.fill(ASKS)
    till.pay()
    till.answer_challenge("Complete")

    expect(till.state).to_have_text("succeeded")
    till.page.close()


@pytest.mark.parametrize(
    ("locale", "label"), [("en", "Card number"), ("zh-Hans", "卡号"), ("zh-TW", "卡號")]
)
def test_the_form_speaks_the_page_s_language(
    blocked: BrowserContext,
    shop: ShopPage,
    intent: stripe.PaymentIntent,
    locale: str,
    label: str,
) -> None:
    till = Till(blocked.new_page(), shop, intent).open(locale=locale)

    expect(till.form.get_by_label(label)).to_be_visible()
    till.page.close()


def test_the_bank_speaks_the_page_s_language_too(
    blocked: BrowserContext, shop: ShopPage, intent: stripe.PaymentIntent
) -> None:
    till = Till(blocked.new_page(), shop, intent).open(locale="zh-TW")
    till.form.locator(f"[data-card='{ASKS}']").click()
    till.pay()
    till.answer_challenge("確認")

    expect(till.state).to_have_text("succeeded")
    till.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 600])
def test_axe_finds_nothing_in_the_form(
    browser: Browser, sandbox: SandboxProcess, scheme: Any, width: int
) -> None:
    url = f"{sandbox.url}/elements/payment?key=pk_test_sandbox"
    found, too_wide = _audit(browser, url, scheme=scheme, width=width)

    assert found == []
    assert too_wide is False


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_challenge(
    browser: Browser, sandbox: SandboxProcess, intent: stripe.PaymentIntent, scheme: Any
) -> None:
    url = f"{sandbox.url}/challenges/{intent.id}?client_secret={intent.client_secret}"
    found, too_wide = _audit(browser, url, scheme=scheme, width=320)

    assert found == []
    assert too_wide is False


def _audit(browser: Browser, url: str, *, scheme: Any, width: int) -> tuple[list[str], bool]:
    page = browser.new_page(
        viewport={"width": width, "height": 700}, color_scheme=scheme, bypass_csp=True
    )
    page.goto(url)
    # The form is see-through; axe takes what lies behind for white, whatever the scheme.
    page.add_style_tag(content="html { background: Canvas }")
    if page.locator("summary").count():
        page.locator("summary").click()
        page.locator("#cvc").fill("1")
        page.locator("#number").focus()
    found = [violation["id"] for violation in violations(page)]
    too_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.close()
    return found, bool(too_wide)
