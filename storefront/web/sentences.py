"""What a person is told of each error, by its code, in their language."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _

from storefront.domain.money import Money
from storefront.web.countries import country_list
from storefront.web.formats import day_text, moment_text, money, zone_text

if TYPE_CHECKING:
    from storefront import errors

SENTENCES: dict[str, Any] = {
    "all_held": _(
        "Somebody else is buying the last one right now. It is kept for them for %(minutes)s more "
        "minutes; if they let it go, you can have it. Nothing was charged."
    ),
    "already_connected": _("Your account is connected already. There is nothing more to do."),
    "already_invited": _("This person has an invitation already. You can send it again below."),
    "already_blocked": _("This card is blocked already."),
    "already_cancelled": _("This order has been cancelled already."),
    "already_member": _("This person is a member already."),
    "already_paid": _(
        "It was paid at this very moment. Cancel it once more, and the money goes back."
    ),
    "already_picked_up": _("This order has been picked up already."),
    "already_ready": _("This order is ready to be picked up already."),
    "already_redeemed": _("All of this card has been used already."),
    "already_refunded": _("All of this has been given back already. Nothing more was sent."),
    "already_reversed": _("This was taken back already. Nothing more was done."),
    "already_shipped": _("This order has been shipped already."),
    "amount_not_chargeable": _("An amount in %(currency)s must be a multiple of %(step)s."),
    "amount_out_of_range": _("This amount is too small or too large."),
    "bad_host": _("This address does not belong to this shop."),
    "bad_request": _("The request cannot be read. Check its form and send it again."),
    "bank_decides": _("The buyer disputes the payment, and the bank has yet to decide."),
    "basket_too_small": _("The whole bill cannot be less than what is taken from the card."),
    "being_updated": _(
        "The shop is being updated. Please come back in a few minutes; nothing was charged."
    ),
    "busy": _("The shop is busy. Please try again in a moment; nothing was charged."),
    "bound_needs_address": _(
        "Only a gift that goes to an e-mail address can be for one person alone."
    ),
    "buyer_erased": _("The buyer's data has been erased, so there is nobody to write to."),
    "cancel_time_over": _("The time to cancel is over. Write to the shop: a person answers."),
    "cart_empty": _("There is nothing in the cart yet. Choose something first."),
    "cart_full": _("A cart holds at most 20 different things."),
    "code_expired": _("This card could be used until %(day)s and has expired."),
    "code_is_real": _("This card was bought with real money. Nothing is taken in this test shop."),
    "code_is_test": _("This card was bought in a test and is worth nothing. Ask for another."),
    "code_mistyped": _("This code is mistyped: please compare it symbol by symbol."),
    "code_not_found": _("We do not know this code. Compare it, or ask the guest to show the gift."),
    "code_pending": _("This gift is not paid yet, so nothing can be taken. Try again later."),
    "code_refunded": _("The money for this gift has gone back to its buyer. It is worth nothing."),
    "code_repeated": _("Another code for the same offer counts already. This one was not needed."),
    "code_suspended": _(
        "This card is blocked for now. Tell the guest that the buyer or the shop can say why."
    ),
    "code_taken": _("Another offer has this code already."),
    "code_unknown": _("We do not know this code. Please check how it is spelled."),
    "code_void": _("This card was cancelled by the shop and is worth nothing."),
    "code_wrong": _("This code is not good, or was used already. Wait for the next one."),
    "connect_refused": _(
        "Stripe does not let this shop connect accounts yet. Nothing was made; please tell whoever "
        "runs the shop: their own Stripe account has to be signed up for Connect."
    ),
    "connect_unavailable": _(
        "Stripe does not answer right now. Nothing was changed; please try again in a moment."
    ),
    "conflict": _("Something has changed meanwhile. Please look again."),
    "count_below_open": _(
        "Open orders hold %(left)s of these. Count again when they are paid or over."
    ),
    "cross_site_blocked": _("This request came from another site and was not carried out."),
    "declined": _("The bank declined the payment. Nothing was charged; try another card."),
    "device_link_over": _(
        "This link is over: it enrols one device, within 15 minutes. Ask for a new one."
    ),
    "device_unknown": _(
        "This device does not belong to a counter yet. A manager enrols it in the console, under "
        "Settings, Counter."
    ),
    "duplicate_key": _("%(key)s was given more than once. Give it once."),
    "edited_meanwhile": _(
        "Somebody else has changed this meanwhile. Compare, then save once more."
    ),
    "encoding_unknown": _("The letters in this file cannot be read. Save it as UTF-8."),
    "ended": _("This is over."),
    "fault": _("It is our mistake, it has been noted, and nothing was charged."),
    "file_empty": _("There is nothing in this file."),
    "file_gone": _("The file is not where we kept it. Please send it again."),
    "file_missing": _("Choose a file first."),
    "file_too_large": _("This file is too large. At most %(most)s MB are taken here."),
    "gift_is_spent": _(
        "Part of this gift has been spent, so it cannot be called off. The shop can help you."
    ),
    "gift_limit": _(
        "That is more than %(most)s gifts in a day. Please come back tomorrow, or ask the shop."
    ),
    "gift_not_sent": _("This gift has not been sent yet. It goes out by itself."),
    "gift_of_what": _("Choose one thing to give: a product or an amount."),
    "gift_used": _("Part of this gift has been spent: %(most)s can still be given back."),
    "gifts_off": _("This shop does not sell gifts at the moment."),
    "gift_has_no_address": _("This gift was handed over by its buyer; we have no address for it."),
    "gift_not_opened": _("Look at your gift first, then say thank you."),
    "gift_opened": _("The gift has been opened already, so its address stays as it is."),
    "gift_limits_crossed": _("The largest amount is below the smallest one."),
    "gift_presets_count": _("Name between one and %(most)s amounts."),
    "gift_preset_outside": _("Each amount lies between the smallest and the largest one."),
    "gift_ends_too_soon": _("Between %(least)s and %(most)s months: not less than five years."),
    "gift_stores_none": _("Choose at least one store."),
    "gift_over": _("This gift is over: it was cancelled, or is not paid yet."),
    "gift_taken_whole": _("This gift is handed over as a whole, so no amount is asked for."),
    "frame_too_large": _("This picture is too large. A frame has at most 256 KB."),
    "hold_over": _("The time to pay is over. Nothing was charged; you can order again."),
    "idempotency_key_invalid": _(
        "The Idempotency-Key must have %(least)s to %(most)s plain characters."
    ),
    "idempotency_key_required": _(
        "Send an Idempotency-Key header: a random text, the same when you repeat the request."
    ),
    "idempotency_mismatch": _(
        "This Idempotency-Key was used for another request. Use a fresh one."
    ),
    "import_running": _("Another file is being taken in. Wait for it, or stop it."),
    "in_progress": _("Your first request is still on its way. Please try again in a second."),
    "insufficient_balance": _("There is %(balance)s on this card. Take that, the rest by card?"),
    "invalid": _("This cannot be used. Please check it."),
    "invalid_address": _("Please fill this in, so that the parcel finds its way."),
    "invalid_address_of_page": _("The address of a page looks like https://blog.example.com/post."),
    "invalid_amount": _("Prices and stock are whole numbers, not below zero."),
    "invalid_code": _("A code has letters and digits, at most 40; a prefix at most 16."),
    "invalid_colour": _("A colour looks like #2f5bd7."),
    "invalid_count": _("This is a whole number above zero."),
    "invalid_country": _("Choose the country from the list (two letters, such as DE)."),
    "invalid_currency": _("A currency is three letters, such as USD."),
    "invalid_date": _("Choose a day and time between %(first)s and %(last)s in %(zone)s."),
    "invalid_email": _("This does not look like an e-mail address. Please check it."),
    "invalid_gift": _("This gift cannot be read. Please look at it again."),
    "invalid_gift_amount": _("The amount is more than zero, in whole units."),
    "invalid_label": _("Please give it a name, of at most 120 characters."),
    "invalid_lines": _("Lines are a list of variant and quantity, at most 20."),
    "invalid_moment": _("A date looks like 2026-05-31, a time like 2026-05-31T18:00."),
    "invalid_day": _("A day looks like 2026-05-31."),
    "invalid_friend": _("Please write your friend's name (at most 120 characters)."),
    "invalid_name": _("Please tell us your name (at most 120 characters)."),
    "invalid_origin": _("A host is scheme and name only, such as https://blog.example.com."),
    "invalid_price": _("A price is a number such as 4.50, not below zero."),
    "invalid_percent": _("A percentage is more than 0 and at most 100."),
    "invalid_products": _("A placement shows one product, or a collection of some."),
    "invalid_quantity": _("The quantity is a whole number from %(least)s to %(most)s."),
    "invalid_rate": _("Write a percentage from 0 to 100, such as 8.875."),
    "invalid_refund_amount": _("The amount to give back is more than zero, in whole units."),
    "invalid_slug": _("Use lower-case letters, digits and dashes, such as corner-bakery."),
    "invalid_text": _("This is too long or has characters that cannot be used."),
    "invalid_time": _("A time looks like 2026-05-31T18:00:00Z."),
    "invalid_units": _("This is a whole number from %(least)s to %(most)s."),
    "invalid_period": _("Choose a first and a last day, at most three years apart."),
    "holder_gone": _(
        "This gift was for one person alone, who has been erased. Void it, or give its money back."
    ),
    "holder_needed": _(
        "This gift is for one person alone. Ask the guest for the e-mail address that it went to."
    ),
    "invalid_tracking_url": _("The address to follow the parcel begins with https://."),
    "invalid_zone": _("A time zone looks like Europe/Lisbon."),
    "is_workbook": _("This is a workbook. Save it as CSV (UTF-8), and send that."),
    "limit_reached": _("You have used this offer as often as one person may. Nothing was charged."),
    "invitation_over": _(
        "This invitation is over: it was used or taken back, or its week has passed. "
        "Ask for a new one."
    ),
    "last_owner": _("Somebody has to be the owner. Make another person an owner first."),
    "mail_refused": _("The mail server refused this address."),
    "mail_unavailable": _("The mail server does not answer. We will try again."),
    "method_not_allowed": _("This address does not answer that kind of request."),
    "mode_mismatch": _("This message is for another mode than this shop runs in."),
    "not_our_code": _("This leads to %(host)s, which is not ours. We did not open it."),
    "no_stock_limit": _("This is sold without a limit, so there is nothing to count."),
    "not_acceptable": _("We can answer with JSON or HTML only."),
    "no_delivery": _("This shop does not send orders. Please pick yours up."),
    "no_reply_address": _("People answer your mails. Please give an address that somebody reads."),
    "not_allowed": _("Your role does not include this."),
    "not_allowed_here": _("This card is not taken in this store. It is good at: %(stores)s."),
    "not_blocked": _("This card is not blocked."),
    "not_delivered_there": _("We do not deliver to this country. We deliver to: %(countries)s."),
    "not_found": _("We cannot find this. The address may be mistyped or no longer in use."),
    "not_giftable": _("This cannot be sent as a gift."),
    "nothing_to_refund": _(
        "There is no money to give back for what you chose: it cost nothing, or its money has gone "
        "back already. Nothing was sent."
    ),
    "not_paid": _("This order has not been paid, so there is nothing to give back."),
    "not_the_holder": _("This gift is for somebody else alone."),
    "not_shipped": _("This order is not on its way yet."),
    "not_picked_up": _("This order is not marked as picked up."),
    "not_yours_to_undo": _("Only who took it in this store, or a manager, can take it back."),
    "note_empty": _("Please write something first."),
    "offer_elsewhere": _("This offer is for another post. Nothing was charged."),
    "offer_ended": _("This offer has ended. Nothing was charged."),
    "offer_ends_before_start": _("The end must come after the start."),
    "offer_first_order_only": _("This offer is for first orders only. Nothing was charged."),
    "offer_gone": _("Everything that this offer had to give is taken. Nothing was charged."),
    "offer_min_quantity": _("This offer begins with more pieces. Nothing was charged."),
    "offer_min_spend": _("This offer begins with a larger order. Nothing was charged."),
    "offer_needs_product": _(
        "This offer goes with something that is not in the cart. Nothing was charged."
    ),
    "offer_needs_code": _("Give the offer a code before you publish it."),
    "offer_needs_things": _("Choose what the offer is for before you publish it."),
    "offer_no_effect": _("This offer takes nothing off what is in the cart."),
    "offer_not_combined": _("This offer does not go with the others, which give you more."),
    "offer_not_started": _("This offer has not started yet. Nothing was charged."),
    "offer_nothing_chosen": _("Nothing in the cart is part of this offer. Nothing was charged."),
    "offer_over": _("This offer is not running, so that cannot be done."),
    "offer_over_already": _("This end has passed already. Choose a later one."),
    "offer_paused": _("This offer takes a break right now. Nothing was charged."),
    "offer_price_needs_products": _("A fixed price is for chosen things, not for a whole order."),
    "offer_published": _(
        "What was published stays as it was promised. End it, and make a new offer from it."
    ),
    "offer_takes_no_codes": _("An automatic offer needs no codes."),
    "one_kind_only": _("An order holds either things or a gift, not both."),
    "orders_waiting": _(
        "%(left)s orders of this person are still to be handed over. Do that first, or cancel them."
    ),
    "order_expired": _("This order was not paid in time and is over already."),
    "order_in_review": _("A person must look at this order's payment before it is handed over."),
    "order_is_given": _("This order is a gift. It is neither picked up nor shipped."),
    "order_is_picked_up": _("This order is picked up in a store. It is not shipped."),
    "order_is_shipped": _("This order is shipped. It is not picked up in a store."),
    "order_not_paid": _(
        "This order is not paid, so nothing of it can be handed over or given back."
    ),
    "order_refunded": _("All of this order's money has gone back."),
    "password_length": _("A password has %(least)s to %(most)s characters."),
    "password_wrong": _("This is not your present password."),
    "payload_invalid": _("The message cannot be read."),
    "payment_on_its_way": _(
        "The bank is deciding about the payment right now. Please try again later."
    ),
    "payment_refused": _("The payment provider does not accept this payment."),
    "payments_unavailable": _(
        "The payment provider does not answer right now. Your things are still kept for you; "
        "please try again in a moment. Nothing was charged."
    ),
    "picture_address": _("This is no address of a picture that a page may show."),
    "picture_missing": _("Choose a picture, or give the address of one."),
    "picture_not_https": _("A picture elsewhere has an address that begins with https://."),
    "picture_too_many_pixels": _("This picture is too large. Make it at most 50 megapixels."),
    "picture_unreadable": _("This is no picture that we can read. Use JPEG, PNG, WebP or GIF."),
    "pin_length": _("A PIN has %(least)s digits."),
    "pin_weak": _("Others would guess this PIN. No runs, repetitions or patterns, please."),
    "pin_wrong": _("This is not the PIN. Try again."),
    "price_ambiguous": _("This could be a thousand or a fraction. Write all %(places)s decimals."),
    "price_changed": _("The price has changed meanwhile. Please look again before you buy."),
    "price_decimals": _("This has too many decimals: this currency has %(places)s."),
    "price_missing": _("A price is missing. Write 0 for something free."),
    "price_negative": _("A price cannot be below zero."),
    "price_too_large": _("No card is charged this much. Please check the price."),
    "price_unreadable": _("A price is written like 4.50 or 4,50, without letters and signs."),
    "payment_disputed": _(
        "The buyer disputes this payment, and the bank has taken the money back. What is disputed "
        "cannot be given back here."
    ),
    "rate_taken": _("There is a rate for this place already. Change that one."),
    "recipient_twice": _("The same address is named twice. One gift each is enough."),
    "refund_too_large": _("This is more than is left to give back. Nothing was sent."),
    "region_needed": _("Please add the state or region, such as RI: the tax depends on it."),
    "reset_link_over": _(
        "This link is over: it works once, for one hour. Ask for a new one at the sign-in page."
    ),
    "search_short": _("Write at least %(least)s letters."),
    "second_factor_off": _("There is no second step to make recovery codes for."),
    "second_factor_on": _("The second step is on already."),
    "session_over": _("This session has ended meanwhile. Please sign in again."),
    "sign_in": _("Please sign in first."),
    "sign_in_failed": _("This address and password do not belong together."),
    "signature_expired": _("The message's signature is too old."),
    "signature_invalid": _("The message's signature is not ours."),
    "signature_missing": _("The message has no signature."),
    "resent_too_often": _("This gift was sent very often already. Show its link or code instead."),
    "sku_taken": _("Another variant has this SKU already."),
    "slug_taken": _("Another merchant has this short name already."),
    "sold_out": _("This is sold out. Nothing was charged."),
    "storage_full": _("The shop cannot store anything right now. Nothing was charged."),
    "text_missing": _("Please fill this in."),
    "text_or_link": _("Give the text or a link to it, not both."),
    "token_needed": _("Send a good token: Authorization: Bearer sft_…"),
    "too_few_left": _("Only %(left)s left. Please take fewer."),
    "too_large": _("This is too large. At most 64 KB are read here."),
    "nothing_to_keep": _("Narrow or sort the list first; then there is a view to keep."),
    "too_many_views": _("You have %(most)s views. Forget one first."),
    "too_many_pictures": _("A product has at most %(most)s pictures. Take one away first."),
    "too_many_recipients": _("Name at least one person, and at most %(most)s in one order."),
    "too_many_rows": _("A file has at most %(most)s rows. Please split it."),
    "too_many_tries": _("Too many tries. Please wait a little."),
    "undo_time_over": _("Ten minutes have passed. Ask a manager to take it back."),
    "unknown_field": _("We do not know a field called %(name)s. Prices are never taken from you."),
    "unknown_format": _(
        "We know Shopify's product CSV and Google's product feed; this is neither."
    ),
    "unknown_kind": _("The kind must be one of: %(allowed)s."),
    "unknown_line": _("Name lines of this order, each with how many go back."),
    "unknown_reason": _("The reason must be one of: %(allowed)s."),
    "unknown_region": _("Write the region by its name or letters, such as RI."),
    "unknown_role": _("The role must be one of: %(allowed)s."),
    "unknown_thing": _("This is not one of the shop's own."),
    "unknown_store": _("Choose one of the shop's stores."),
    "unsupported_media_type": _("Send JSON, or a form."),
    "words_too_long": _("Your words are too long: 500 characters at most."),
    "xml_doctype": _("This file has a document type of its own, which is not taken."),
}

FINER_SENTENCES = {
    ("amount_out_of_range", "most"): _("Anything from %(least)s to %(most)s is possible here."),
    ("already_redeemed", "receipt"): _(
        "This card was used up on %(at)s at %(store)s by %(who)s, receipt %(receipt)s."
    ),
    ("code_mistyped", "place"): _(
        "This code is mistyped: symbol %(place)s stands in none of our codes. Please compare it."
    ),
}
"""What is said instead where an error carries this figure."""


def sentence_of(error: errors.StorefrontError) -> str:
    """Return what a person is told, in their language, with its blanks filled."""
    keys = [(error.code, name) for name in error.data if (error.code, name) in FINER_SENTENCES]
    known = FINER_SENTENCES[keys[0]] if keys else SENTENCES.get(error.code, SENTENCES["fault"])
    sentence = str(known)
    blanks = {
        "minutes": 10,
        "least": 1,
        "most": 99,
        "left": 0,
        "name": "",
        "allowed": "",
        "key": "",
        **{name: _written(value) for name, value in error.data.items()},
    }
    if error.retry_after is not None:
        blanks["minutes"] = math.ceil(error.retry_after / 60)
    if "zone" in error.data:
        blanks["zone"] = zone_text(str(error.data["zone"]))
    countries = error.data.get("countries")
    if isinstance(countries, tuple):
        blanks["countries"] = country_list(countries)
    return sentence % blanks if "%(" in sentence else sentence


def _written(value: object) -> object:
    """Return money and moments as people read them, in the zone of the page."""
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, datetime):
        return moment_text(value)
    return day_text(value) if isinstance(value, date) else value
