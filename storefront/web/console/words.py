"""Codes of the shop in plain words for its members. A code without words is shown as it is, so
that nothing new is ever hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _

if TYPE_CHECKING:
    from storefront.services.reporting.report_names import Name

STATUSES = {
    "awaiting_payment": _("Awaiting payment"),
    "processing": _("Payment on its way"),
    "paid": _("Paid"),
    "partially_refunded": _("Partly refunded"),
    "refunded": _("Refunded"),
    "expired": _("Expired"),
    "cancelled": _("Cancelled"),
    "needs_review": _("Needs review"),
}
TONES = {
    "awaiting_payment": "info",
    "processing": "info",
    "paid": "good",
    "partially_refunded": "info",
    "refunded": "info",
    "needs_review": "warn",
}
ACTS = {
    "view": _("View"),
    "open": _("Opened share"),
    "click": _("Click"),
    "buy": _("Tap on “Buy”"),
    "like": _("Like"),
    "comment": _("Comment"),
    "share": _("Share"),
    "follow": _("Follow"),
    "gift_open": _("Gift opened"),
    "redeem": _("Redeemed in a store"),
    "thanks": _("Thanks"),
}
ICONS = {
    "view": "picture",
    "open": "link",
    "click": "forward",
    "buy": "cart",
    "like": "heart",
    "comment": "mail",
    "share": "share",
    "follow": "people",
    "gift_open": "gift",
    "redeem": "store",
    "thanks": "heart",
}
ASSURANCES = {
    "signed": _("Signed by us"),
    "network": _("Told by the network's server"),
    "bare": _("Said by the page"),
    "inferred": _("Inferred from where they came from"),
}
SURE = frozenset({"signed", "network"})
"""What somebody with a key of ours vouches for; the rest is what a page says."""

MODELS = {"last_touch": _("Last touch"), "linear": _("Linear")}
HAPPENINGS = {
    "placed": _("Placed, and its things put aside"),
    "payment_processing": _("Payment on its way"),
    "payment_failed": _("Payment declined; the buyer may try again"),
    "paid": _("Paid"),
    "expired": _("Not paid in time; its things are free again"),
    "cancelled": _("Cancelled"),
    "ready": _("Ready to be picked up"),
    "picked_up": _("Picked up"),
    "pick_up_undone": _("Not picked up after all"),
    "shipped": _("Shipped"),
    "tracking_corrected": _("How it can be followed was corrected"),
    "written_to_buyer": _("A mail to the buyer"),
    "noted": _("A note for colleagues"),
    "money_back": _("Money given back"),
    "refunded": _("Money given back"),
    "refund_failed": _("The bank has not taken a refund; the money is here again"),
    "needs_review": _("Stopped for review"),
    "erased": _("Whom it is about was erased"),
    "dispute": _("The buyer disputes the payment; the bank has taken it back for now"),
    "dispute_lost": _("The dispute is lost; the money stays with the buyer"),
    "dispute_won": _("The dispute is won; the money is here again"),
}
REASONS = {
    "by_shop": _("by the shop"),
    "by_buyer": _("by the buyer"),
    "order_cancelled": _("the order was cancelled"),
    "sold_out_before_payment": _("the money came when everything was sold"),
    "paid_twice": _("it was paid twice"),
    "cancelled_before_payment": _("it was cancelled before the money came"),
    "requested": _("the shop decided so"),
    "made_at_gateway": _("it was done at the payment provider's"),
    "gateway_refused": _("the payment provider refused it"),
    "payment_mismatch": _("the payment does not fit the order"),
    "amount": _("the amount differs"),
    "currency": _("the currency differs"),
    "account": _("the account differs"),
    "reference": _("the payment provider knows it by another name"),
    "order": _("it names another order"),
    "unknown_state": _("the payment is in a state that we do not know"),
}
DISPUTES = {
    "credit_not_processed": _("a refund that was promised has not come"),
    "duplicate": _("they were charged twice"),
    "fraudulent": _("they say that they did not pay"),
    "general": _("no particular reason"),
    "product_not_received": _("they say that nothing arrived"),
    "product_unacceptable": _("they say that it is not what was promised"),
    "subscription_canceled": _("they say that they had cancelled"),
    "unrecognized": _("they do not recognise the payment"),
}
"""Why a buyer's bank disputes a payment, by the payment provider's codes."""

ALARMS = {
    "sold_out_before_payment": _("Money came too late, when everything was sold. It goes back."),
    "paid_twice": _("An order was paid twice. The second payment goes back."),
    "cancelled_before_payment": _("Money came for a cancelled order. It goes back."),
    "payment_mismatch": _("A payment does not fit its order. Please look at it."),
    "foreign_payment": _(
        "The payment provider wrote to your account about another shop's payment. It was ignored."
    ),
    "card_testing": _(
        "Many payments of one buyer have failed. Somebody may be trying out stolen cards."
    ),
    "sign_in_guessed": _(
        "Somebody has tried many passwords or codes. If it was none of you, choose a new password."
    ),
    "gift_codes_guessed": _(
        "Many codes of gifts were tried that are nobody's. Look who stood at which till."
    ),
    "header_injection": _(
        "Somebody has tried to smuggle lines into a mail by its address. It was refused."
    ),
    "gifts_late": _(
        "Gifts have waited for half a day because mail cannot be sent. They are tried every hour."
    ),
    "pin_guessed": _(
        "Somebody has tried many PINs at a counter. Ask who was there; new PINs are set under "
        "Settings, Counter."
    ),
    "refund_failed": _("A refund was not taken by the buyer's bank. Please find another way."),
    "gift_refunded_though_used": _(
        "Money went back for a gift that was spent in part: the difference is the shop's."
    ),
    "refund_failed_sold_out": _(
        "A refund failed, and what it had put back on sale is sold to somebody else by now."
    ),
    "dispute_opened": _(
        "A buyer disputes a payment. Answer at the payment provider's before it is due."
    ),
    "dispute_mismatch": _("A dispute at the payment provider's does not fit our payment."),
    "refund_mismatch": _("A refund at the payment provider's does not fit ours."),
    "payments_stopped": _(
        "Stripe has stopped payments to your account. Nothing can be sold until it is sorted out "
        "there; see Payments."
    ),
    "payments_disconnected": _(
        "Your Stripe account is no longer connected, so nothing can be sold. See Payments."
    ),
    "operator_helped": _(
        "Whoever runs this shop's software helped one of you to sign in again, with a new password "
        "or without the second step. If none of you asked for it, ask them."
    ),
    "mode_mismatch": _(
        "A message of the payment provider was for another mode: test and live are mixed up. "
        "Check the keys and secrets, and the webhooks at the provider's."
    ),
    "connect_refused": _(
        "Stripe did not let a merchant connect an account. Sign your own account up for Connect; "
        "the log has Stripe's words."
    ),
    "gave_up_send_alarms": _("A mail about such news could not be sent."),
    "gave_up_reconcile_payment": _("We could not ask how a payment stands."),
    "gave_up_ask_about_refund": _(
        "We could not ask what became of a refund. Please look at the payment provider's."
    ),
    "gave_up_ask_about_dispute": _(
        "We could not ask how a dispute stands. Please look at the payment provider's."
    ),
    "gave_up_check_connection": _("We could not ask Stripe how your account stands."),
    "low_stock": _("Something is running low. Products → Low stock says what."),
    "gave_up_send_refund_letter": _("A letter about a refund could not be sent."),
    "gave_up_send_refund_failed_letter": _("A letter about a failed refund could not be sent."),
    "gave_up_send_account_changed": _("A mail to a member about their account was not sent."),
    "gave_up_send_invitation": _("An invitation to work here could not be sent."),
    "gave_up_send_password_reset": _("A link for a new password could not be sent."),
    "gave_up_deliver_gift": _("A gift could not be sent to its recipient."),
    "gave_up_resend_gift": _("A gift could not be sent once more."),
    "gave_up_remind_gift": _("A reminder of a gift could not be sent."),
    "gave_up_send_gift_late": _("The giver of a gift could not be told that it was late."),
    "gave_up_send_gift_thanks": _("The giver of a gift could not be told of the thanks."),
    "gave_up_send_gift_undelivered": _(
        "A buyer could not be told that their gift did not reach its address."
    ),
    "gave_up_send_receipt": _("A receipt could not be sent."),
    "gave_up_send_ready": _("A buyer could not be told that their things are ready."),
    "gave_up_send_shipped": _("A buyer could not be told that their things are on the way."),
    "gave_up_send_tracking": _("A buyer could not be told how to follow their parcel."),
    "gave_up_send_cancelled": _("A buyer could not be told that their order is cancelled."),
    "gave_up_send_order_note": _("What you wrote to a buyer could not be sent."),
    "gave_up_send_apology": _("A letter of apology could not be sent."),
    "gave_up_send_refund": _("Money could not be given back. Please do it at the provider's."),
    "gave_up_expire_order": _("An unpaid order could not be ended."),
    "gave_up_check_import": _("A file of products could not be checked."),
    "gave_up_write_import": _("A file of products could not be taken in to its end."),
}
JOBS = {
    "send_alarms": _("Tell of what waits here"),
    "reconcile_payment": _("Ask about a payment"),
    "ask_about_refund": _("Ask what became of a refund"),
    "ask_about_dispute": _("Ask how a dispute stands"),
    "check_connection": _("Ask Stripe how your account stands"),
    "send_account_changed": _("Tell a member what changed"),
    "send_invitation": _("Send an invitation"),
    "send_password_reset": _("Send a link for a new password"),
    "send_receipt": _("Send the receipt"),
    "send_apology": _("Send the apology"),
    "send_ready": _("Tell the buyer that it is ready"),
    "send_shipped": _("Tell the buyer that it is on the way"),
    "send_tracking": _("Tell the buyer how to follow the parcel"),
    "send_cancelled": _("Tell the buyer that it is cancelled"),
    "send_order_note": _("Send what you wrote to the buyer"),
    "send_refund": _("Give the money back"),
    "send_refund_letter": _("Tell the buyer of a refund"),
    "send_refund_failed_letter": _("Tell the buyer of a failed refund"),
    "expire_order": _("End the unpaid order"),
    "check_import": _("Check a file of products"),
    "write_import": _("Take a file of products in"),
}
STAGES = {
    "none": _("Nothing to hand over"),
    "preparing": _("To prepare"),
    "ready": _("Ready"),
    "picked_up": _("Picked up"),
    "shipped": _("Shipped"),
}
WAYS = {"pickup": _("Pick-up"), "shipping": _("Shipping"), "gift": _("Gift")}
SORTS = {
    "newest": _("Newest first"),
    "oldest": _("Oldest first"),
    "largest": _("Largest first"),
    "smallest": _("Smallest first"),
}
STAGE_TONES = {"preparing": "warn", "ready": "info", "picked_up": "good", "shipped": "good"}
PRODUCT_STATES = {
    "on_sale": _("On sale"),
    "low": _("Low stock"),
    "withdrawn": _("Withdrawn"),
}
PRODUCT_SORTS = {
    "name": _("By name"),
    "new": _("Newest first"),
    "price": _("Cheapest first"),
    "left": _("Fewest left first"),
}
IMPORT_STATES = {
    "checking": _("Being checked"),
    "writing": _("Being taken in"),
    "finished": _("Done"),
    "stopped": _("Stopped"),
}
IMPORT_TONES = {"checking": "info", "writing": "info", "finished": "good", "stopped": "warn"}
IMPORT_STOPS = {
    "has_faults": _("Something was wrong, so nothing was taken in. Mend it and send it again."),
    "stopped_by_hand": _("You have stopped it. What was taken in by then is here."),
    "file_gone": _("The file is not where we kept it. Please send it again."),
    "too_many_rows": _("The file has more than 250,000 rows. Please split it."),
    "xml_doctype": _("The file has a document type of its own, which is not taken. Remove it."),
    "fault": _("It is our mistake, and it has been noted. What was taken in by then is here."),
}
IMPORT_FORMATS = {
    "shopify": _("Shopify"),
    "google_table": _("Google feed, table"),
    "google_xml": _("Google feed, XML"),
}
FAULTS = {
    "amount_not_chargeable": _("Cards pay this currency in steps of %(hint)s. Round the price."),
    "availability_unknown": _("Write in_stock, out_of_stock, preorder or backorder."),
    "file_cut": _("The file ends in the middle of this row. Save or export it once more."),
    "handle_missing": _("This row belongs to no product. Fill in its handle."),
    "picture_address": _("No page can show a picture from there. Use another address."),
    "picture_not_https": _("The picture's address must begin with https://. It was left out."),
    "price_ambiguous": _("It could be a thousand or a fraction. Write all %(hint)s decimals."),
    "price_decimals": _("Too many decimals: this currency has %(hint)s."),
    "price_missing": _("A price is missing. Write 0 for something free."),
    "price_negative": _("A price cannot be below zero."),
    "price_too_large": _("No card is charged this much. Please check the price."),
    "price_unreadable": _("This is no price. Write it like 4.50, without signs."),
    "row_long": _("The row has more cells than the first row has names. Look for a stray comma."),
    "row_unreadable": _("From here on the file cannot be read. Look for a quote that never ends."),
    "sku_elsewhere": _("Another product here has this SKU. Change one of the two."),
    "sku_missing": _("Each row needs an id of its own: it becomes the SKU."),
    "sku_twice": _("This SKU came before in the file. The first one counts."),
    "stock_negative": _("Stock cannot be below zero. Write 0 when there is none."),
    "stock_too_large": _("This is more stock than can be counted. Leave it empty for no limit."),
    "stock_unreadable": _("Stock is a whole number, such as 12."),
    "text_too_long": _("Too long: at most %(hint)s characters."),
    "text_unusable": _("There are invisible characters in it. Type it anew."),
    "title_missing": _("Nothing says what this product is called. Fill in its title."),
    "unknown_currency": _("Nobody knows this currency. Use three letters, such as USD."),
    "wrong_currency": _("Your shop sells in %(hint)s only."),
    "xml_broken": _("From line %(hint)s on the file is no XML. Export it once more."),
}
"""What is wrong with a cell of a file, and what to do about it."""

STOCK_REASONS = {
    "opening": _("First stock"),
    "restocked": _("Restocked"),
    "limited": _("Counting began"),
    "unlimited": _("Counting ended: no limit"),
    "imported": _("From a file"),
    "counted": _("Counted"),
    "damaged": _("Damaged or spoilt"),
    "lost": _("Lost or stolen"),
    "found": _("Found again"),
    "returned": _("Returned by a buyer"),
}
KINDS = {"product": _("One product"), "collection": _("Collection")}
ROLES = {
    "owner": _("Owner"),
    "manager": _("Manager"),
    "reports": _("Reports only"),
    "clerk": _("Clerk"),
}
ROLE_NOTES = {
    "owner": _("Everything, and who works here."),
    "manager": _("Runs the shop: orders, products, placements, refunds, settings."),
    "reports": _("Sees what social brings, and changes nothing. No buyers' names."),
    "clerk": _("Hands orders over, redeems gifts at the counter. No figures."),
}


OFFER_STATES = {
    "draft": _("Drafts"),
    "scheduled": _("To come"),
    "active": _("On now"),
    "suspended": _("Paused"),
    "consumed": _("Used up"),
    "ended": _("Over"),
}
OFFER_STAGES = {
    "before": _("Before"),
    "during": _("While it is on"),
    "after": _("Afterwards"),
}
OFFER_TURNS = {
    "pre": _("Before other offers"),
    "default": _("Along with other offers"),
    "post": _("After other offers"),
}
OFFER_MODES = {
    "best": _("The best one for the shopper counts, thing by thing"),
    "all": _("All of them count, one on top of the other"),
    "first": _("The first by rank counts"),
}
OFFER_EVENTS = {
    "published": _("Published"),
    "started": _("Started"),
    "paused": _("Paused"),
    "resumed": _("Went on"),
    "ended": _("Ended"),
}
ACTIONS = {
    "offer_made": _("wrote down the offer"),
    "offer_changed": _("changed the offer"),
    "offer_published": _("published the offer"),
    "offer_paused": _("paused the offer"),
    "offer_resumed": _("let the offer go on"),
    "offer_ended": _("ended the offer"),
    "offer_codes_made": _("made codes for the offer"),
    "offer_lanes_set": _("changed how offers share"),
    "person_exported": _("took a person's data"),
    "person_erased": _("erased a person's data"),
    "member_invited": _("invited somebody"),
    "invitation_sent_again": _("sent an invitation again"),
    "invitation_withdrawn": _("took an invitation back"),
    "member_joined": _("began to work here"),
    "role_changed": _("changed the role of"),
    "member_left": _("let somebody go"),
    "device_invited": _("made a link to enrol the device"),
    "device_renamed": _("renamed the device"),
    "device_revoked": _("revoked the device"),
    "pin_set": _("set the PIN of"),
    "pin_removed": _("took the PIN away from"),
    "refunded": _("gave money back for"),
    "ready": _("called ready to be picked up"),
    "picked_up": _("handed over"),
    "pick_up_undone": _("took back that it was handed over"),
    "shipped": _("shipped"),
    "tracking_corrected": _("corrected how to follow the parcel of"),
    "cancelled": _("cancelled"),
    "gift_card_blocked": _("blocked the gift card"),
    "gift_card_unblocked": _("unblocked the gift card"),
    "gift_card_voided": _("cancelled the gift card"),
    "gift_card_adjusted": _("changed what is on the gift card"),
    "gift_address_corrected": _("corrected the address of the gift"),
    "gift_resent": _("sent once more the gift"),
    "gift_terms_set": _("changed how gifts are sold at"),
    "home_set": _("changed the place and the tax of the prices of"),
    "shipping_rate_added": _("added the delivery rate"),
    "shipping_rate_changed": _("put in the place of another the delivery rate"),
    "shipping_rate_retired": _("retired the delivery rate"),
    "tax_rate_added": _("added the tax rate"),
    "tax_rate_changed": _("put in the place of another the tax rate"),
    "tax_rate_retired": _("retired the tax rate"),
    "cancel_time_set": _("changed how long buyers may cancel at"),
    "written_to_buyer": _("wrote to the buyer of"),
    "noted": _("wrote a note about"),
    "shop_changed": _("changed the name or look of"),
    "shop_text_set": _("set the text"),
    "shop_picture_set": _("set the picture"),
    "store_opened": _("added the store"),
    "store_changed": _("changed the store"),
    "store_closed": _("no longer offers the store"),
    "store_reopened": _("offers again the store"),
    "token_made": _("made the token"),
    "token_revoked": _("revoked the token"),
    "placement_made": _("put up the placement"),
    "placement_changed": _("changed the placement"),
    "placement_retired": _("took down the placement"),
    "placement_used_again": _("put up again the placement"),
    "campaign_renamed": _("renamed the campaign"),
    "channel_renamed": _("renamed the channel"),
    "host_allowed": _("let a site show the shop"),
    "host_forbidden": _("no longer lets a site show the shop"),
    "host_ignored": _("silenced a site that tried to show the shop"),
    "payments_begun": _("went to connect payments for"),
    "job_tried_again": _("let us try again what was given up at"),
    "job_set_aside": _("set aside what was given up at"),
    "alarm_ended": _("dealt with an alarm at"),
    "product_added": _("added the product"),
    "product_edited": _("changed the product"),
    "product_withdrawn": _("took off sale the product"),
    "product_put_back": _("put back on sale the product"),
    "variant_added": _("added the variant"),
    "variant_edited": _("changed the variant"),
    "variant_moved": _("moved the variant"),
    "variant_withdrawn": _("took off sale the variant"),
    "variant_put_back": _("put back on sale the variant"),
    "stock_changed": _("changed the stock of the variant"),
    "picture_added": _("added a picture to the product"),
    "picture_changed": _("changed a picture of the product"),
    "import_begun": _("sent in a file of products"),
    "import_stopped": _("stopped the import"),
}
"""What members do, as the log tells it: between who and to what."""


def fault(code: str, hint: str) -> str:
    """Return what is wrong with a cell, and what to do about it."""
    sentence = str(FAULTS.get(code) or code.replace("_", " "))
    return sentence % {"hint": hint} if "%(" in sentence else sentence


PERIODS = {
    "today": _("Today"),
    "yesterday": _("Yesterday"),
    "7": _("7 days"),
    "30": _("30 days"),
    "90": _("90 days"),
    "month": _("This month"),
    "last_month": _("Last month"),
    "365": _("365 days"),
}
BYS = {
    "channel": _("Channels"),
    "placement": _("Placements"),
    "campaign": _("Campaigns"),
    "share": _("Shares"),
}
NONES = {
    "channel": _("Unknown"),
    "placement": _("Unknown"),
    "campaign": _("No campaign"),
    "share": _("Not through a share"),
}
"""What a report calls its row for all that is not of its kind."""


def row_name(name: Name, by: str) -> str:
    """Return what a row of the report is called."""
    if name.kind == "direct":
        return str(_("Direct"))
    if name.kind == "others":
        return str(_("All others"))
    return of(NONES, by) if name.kind == "none" else name.text


def of(table: dict[str, Any], code: str | None) -> str:
    """Return the words of a code; "" for none."""
    if not code:
        return ""
    return str(table.get(code) or code.replace("_", " "))


def untranslated(table: dict[str, Any], code: str) -> str:
    """Return the same as it stands here, for letters: they translate with no request, and beside
    a host there is none of our translations to ask."""
    if code not in table:
        return code.replace("_", " ")
    source: str = table[code]._args[0]  # noqa: SLF001 - a lazy text has no other way to its source
    return source
