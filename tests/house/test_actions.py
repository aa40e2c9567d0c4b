"""Whatever a member changes in the console is written down as theirs, in words that exist."""

import ast
from collections.abc import Iterable

from tests.house.source import Source, name_of, planted, project, text_of

CONSOLE = "storefront.web.console."
CONSOLES = (CONSOLE, "gifting.console.")
WORDS = "storefront.web.console.words"

# Views of the console that take a POST and leave no trace in the log, each with its reason.
UNLOGGED = {
    "check_sign_in": "signing in changes nothing of the merchant's",
    "check_code": "signing in changes nothing of the merchant's",
    "sign_out": "signing out changes nothing of the merchant's",
    "send_reset": "nobody is signed in",
    "set_password": "nobody is signed in; the member is told by mail",
    "change_password": "a person's own account; they are told by mail",
    "start_second_factor": "a person's own account; they are told by mail",
    "confirm_second_factor": "a person's own account; they are told by mail",
    "remove_second_factor": "a person's own account; they are told by mail",
    "check_payments": "it only asks the payment provider how things stand",
    "show_guide": "which help is on the home page changes nothing else",
    "keep_view": "which filters a member keeps is their own affair",
    "remove_view": "which filters a member keeps is their own affair",
    "find_person": "it only shows what is known",
    "choose_language": "in which language one device speaks changes nothing",
    "choose_merchant": "where somebody looks changes nothing",
}
# Every other one, and what it writes down with `actions.note(session, who, "…", …)`.
LOGGED = {
    "add_offer": {"offer_made"},
    "change_offer": {"offer_changed"},
    "set_offer_state": {"offer_published", "offer_paused", "offer_resumed", "offer_ended"},
    "set_offer_lanes": {"offer_lanes_set"},
    "make_offer_codes": {"offer_codes_made"},
    "export_person": {"person_exported"},
    "erase_person": {"person_erased"},
    "invite": {"member_invited"},
    "send_invitation_again": {"invitation_sent_again"},
    "withdraw_invitation": {"invitation_withdrawn"},
    "join": {"member_joined"},
    "change_role": {"role_changed"},
    "let_go": {"member_left"},
    "make_refund": {"refunded"},
    "resend_gift": {"gift_resent"},
    "correct_gift_address": {"gift_address_corrected"},
    "block_gift": {"gift_card_blocked", "gift_card_unblocked"},
    "void_gift": {"gift_card_voided"},
    "adjust_gift": {"gift_card_adjusted"},
    "set_gift_terms": {"gift_terms_set"},
    "change_profile": {"shop_changed"},
    "set_shop_text": {"shop_text_set"},
    "set_shop_picture": {"shop_picture_set"},
    "open_store": {"store_opened"},
    "change_store": {"store_changed"},
    "close_store": {"store_closed", "store_reopened"},
    "make_token": {"token_made"},
    "revoke_token": {"token_revoked"},
    "make_placement": {"placement_made", "host_allowed"},
    "change_placement": {"placement_changed", "host_allowed"},
    "retire_placement": {"placement_retired"},
    "use_placement_again": {"placement_used_again"},
    "rename_campaign": {"campaign_renamed"},
    "rename_channel": {"channel_renamed"},
    "allow_host": {"host_allowed"},
    "forbid_host": {"host_forbidden"},
    "ignore_host": {"host_ignored"},
    "connect_payments": {"payments_begun"},
    "end_alarm": {"alarm_ended"},
    "try_again": {"job_tried_again"},
    "set_aside": {"job_set_aside"},
    "make_ready": {"ready"},
    "hand_over_many": {"picked_up", "shipped"},
    "set_home": {"home_set"},
    "add_shipping_rate": {"shipping_rate_added"},
    "change_shipping_rate": {"shipping_rate_changed"},
    "retire_shipping_rate": {"shipping_rate_retired"},
    "add_tax_rate": {"tax_rate_added"},
    "change_tax_rate": {"tax_rate_changed"},
    "retire_tax_rate": {"tax_rate_retired"},
    "set_order_rules": {"cancel_time_set"},
    "pick_up": {"picked_up"},
    "undo_pick_up": {"pick_up_undone"},
    "ship": {"shipped"},
    "correct_tracking": {"tracking_corrected"},
    "cancel": {"cancelled"},
    "note_order": {"noted"},
    "write_to_buyer": {"written_to_buyer"},
    "add_product": {"product_added"},
    "edit_product": {"product_edited"},
    "change_products": {"product_withdrawn", "product_put_back"},
    "set_sale": {"product_withdrawn", "product_put_back"},
    "add_variant": {"variant_added"},
    "edit_variant": {"variant_edited"},
    "set_variant_sale": {"variant_withdrawn", "variant_put_back"},
    "move_variant": {"variant_moved"},
    "change_stock": {"stock_changed"},
    "add_picture": {"picture_added"},
    "change_picture": {"picture_changed"},
    "add_import": {"import_begun"},
    "stop_import": {"import_stopped"},
}


def posting_views(sources: Iterable[Source]) -> dict[str, str]:
    """Return the console's views that take a POST, and where each is."""
    return {
        node.name: source.at(node)
        for source in sources
        if source.module.startswith(CONSOLES)
        for node in source.nodes()
        if isinstance(node, ast.FunctionDef)
        if any(_takes_post(each) for each in node.decorator_list)
    }


def _takes_post(decorator: ast.expr) -> bool:
    if not isinstance(decorator, ast.Call):
        return False
    return name_of(decorator.func) == "blueprint.post" or any(
        text_of(method) == "POST"
        for keyword in decorator.keywords
        if keyword.arg == "methods" and isinstance(keyword.value, ast.List)
        for method in keyword.value.elts
    )


def noted(sources: Iterable[Source]) -> set[str]:
    """Return every action that is written down somewhere."""
    return {
        text_of(call.args[2]) or "(a computed action)"
        for source in sources
        for call in source.calls()
        if name_of(call.func) == "actions.note"
    }


def worded(sources: Iterable[Source]) -> set[str]:
    """Return the actions for which the log has words."""
    return {
        text_of(key) or ""
        for source in sources
        if source.module == WORDS
        for node in source.tree.body
        if isinstance(node, ast.Assign)
        if name_of(node.targets[0]) == "ACTIONS" and isinstance(node.value, ast.Dict)
        for key in node.value.keys
        if key
    }


def test_every_change_in_the_console_is_logged_or_excused() -> None:
    known = set(UNLOGGED) | set(LOGGED)
    silent = {name: at for name, at in posting_views(project()).items() if name not in known}

    assert silent == {}, "note it with services/actions.py and add it to LOGGED, or excuse it"


def test_no_row_outlives_its_view() -> None:
    assert (set(UNLOGGED) | set(LOGGED)) - set(posting_views(project())) == set()


def test_what_is_promised_is_noted_somewhere() -> None:
    assert set().union(*LOGGED.values()) - noted(project()) == set()


def test_every_action_has_words_and_all_words_an_action() -> None:
    assert worded(project()) == noted(project())


def test_a_planted_change_without_a_trace_is_named() -> None:
    source = planted(
        f"{CONSOLE}planted",
        '@blueprint.route("/x", methods=["POST"])\ndef silent():\n    pass\n'
        '@blueprint.route("/x")\ndef looking():\n    pass\n',
    )

    assert set(posting_views([source])) == {"silent"}
