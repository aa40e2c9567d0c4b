"""The feed as a foreign site: the snippet, the policy, and what visitors leave behind."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.demo.host import create_host
from storefront.demo.world import FEED

SHOP = "http://localhost:8765/shop"
PLACEMENTS = {
    post.slug: f"plc_{number:016d}" for number, post in enumerate(FEED) if post.has_storefront
}
SLUG = "pistachio-is-back"
SEEDED = next(post for post in FEED if post.slug == SLUG)
JSON = {"Accept": "application/json"}


@pytest.fixture
def host(tmp_path: Path) -> Flask:
    return create_host(SHOP, PLACEMENTS, tmp_path / "own" / "host.sqlite3")


@pytest.fixture
def client(host: Flask) -> FlaskClient:
    return host.test_client()


def _likes(client: FlaskClient, **form: str) -> dict[str, object]:
    answer: dict[str, object] = client.post(
        f"/posts/{SLUG}/likes", data=form, headers=JSON
    ).get_json()
    return answer


def _comment(client: FlaskClient, name: str, words: str) -> int:
    form = {"name": name, "words": words}
    return client.post(f"/posts/{SLUG}/comments", data=form).status_code


@pytest.mark.parametrize("address", ["/", f"/posts/{SLUG}"])
def test_a_post_embeds_exactly_what_a_merchant_pastes(client: FlaskClient, address: str) -> None:
    placement = PLACEMENTS[SLUG]
    snippet = (
        f'<div data-placement="{placement}"><a href="{SHOP}/p/{placement}">'
        "Brinella Gelato: Pistachio, roasted twice</a></div>\n"
        f'<script async src="{SHOP}/embed.js"></script>'
    )

    assert client.get(address).text.count(snippet) == 1


def test_a_collection_is_linked_by_the_name_of_its_placement(client: FlaskClient) -> None:
    assert ">Brinella Gelato: The whole freezer</a></div>" in client.get("/").text


def test_every_post_has_a_permalink(client: FlaskClient) -> None:
    statuses = {client.get(f"/posts/{post.slug}").status_code for post in FEED}

    assert statuses == {200}


def test_posts_without_a_placement_stand_without_a_shop(tmp_path: Path) -> None:
    bare = create_host(SHOP, {}, tmp_path / "host.sqlite3").test_client()

    assert "data-placement" not in bare.get("/").text


def test_the_policy_lets_in_the_shop_and_nothing_else(client: FlaskClient) -> None:
    expected = (
        "default-src 'none'; script-src 'self' http://localhost:8765; "
        "frame-src http://localhost:8765; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )

    assert client.get("/").headers["Content-Security-Policy"] == expected


def test_no_page_needs_an_inline_script_or_style(client: FlaskClient) -> None:
    page = client.get("/").text

    assert page.count("<script") == page.count(" src=") - page.count("<img") > 0
    assert "style=" not in page
    assert "<style" not in page


def test_looking_sets_no_cookie(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/").headers


def test_a_like_is_counted_once_per_browser(client: FlaskClient) -> None:
    answers = [_likes(client), _likes(client)]

    assert answers == [{"likes": SEEDED.likes + 1, "is_liked": True}] * 2


def test_another_browser_is_another_person(host: Flask) -> None:
    _likes(host.test_client())
    answer = _likes(host.test_client())

    assert answer == {"likes": SEEDED.likes + 2, "is_liked": True}


def test_a_like_can_be_taken_back(client: FlaskClient) -> None:
    _likes(client)

    assert _likes(client, liked="0") == {"likes": SEEDED.likes, "is_liked": False}


def test_without_script_a_like_leads_back_to_its_post(client: FlaskClient) -> None:
    from_feed = client.post(f"/posts/{SLUG}/likes", data={"from": "feed"})
    from_post = client.post(f"/posts/{SLUG}/likes", data={"from": "post"})

    assert (from_feed.status_code, from_feed.location) == (303, f"/#{SLUG}")
    assert (from_post.status_code, from_post.location) == (303, f"/posts/{SLUG}")
    assert 'aria-pressed="true"' in client.get(f"/posts/{SLUG}").text


def test_a_comment_appears_under_its_post_only(client: FlaskClient) -> None:
    assert _comment(client, "  Ada \n B. ", "Two scoops, please.") == 303

    page = client.get(f"/posts/{SLUG}").text
    assert "Ada B." in page
    assert "Two scoops, please." in page
    assert "Two scoops, please." not in client.get("/posts/two-spoons").text


def test_a_comment_is_shown_as_written_and_never_run(client: FlaskClient) -> None:
    _comment(client, "<b>Ada</b>", "<script>alert(1)</script>")

    page = client.get(f"/posts/{SLUG}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "<b>Ada</b>" not in page


def test_a_comment_answers_a_script_with_what_to_add(client: FlaskClient) -> None:
    form = {"name": "Ada", "words": "Yes."}
    answer = client.post(f"/posts/{SLUG}/comments", data=form, headers=JSON).get_json()

    expected = {"name": "Ada", "words": "Yes.", "comments": len(SEEDED.comments) + 1}
    assert answer == expected


@pytest.mark.parametrize(
    ("name", "words"), [("", "Yes."), ("Ada", " \n "), ("A" * 41, "Yes."), ("Ada", "y" * 501)]
)
def test_an_empty_or_endless_comment_is_refused(client: FlaskClient, name: str, words: str) -> None:
    assert _comment(client, name, words) == 422
    assert client.get(f"/posts/{SLUG}").text.count('class="comment"') == len(SEEDED.comments) + 1


def test_a_refused_comment_keeps_what_was_typed(client: FlaskClient) -> None:
    form = {"name": "", "words": "Worth keeping"}
    page = client.post(f"/posts/{SLUG}/comments", data=form).text

    assert "Worth keeping</textarea>" in page
    assert "Please give a name and a few words." in page


@pytest.mark.parametrize("act", ["likes", "comments"])
def test_a_form_on_another_site_changes_nothing(client: FlaskClient, act: str) -> None:
    form = {"name": "Eve", "words": "Hello."}
    answer = client.post(
        f"/posts/{SLUG}/{act}", data=form, headers={"Sec-Fetch-Site": "cross-site"}
    )

    page = client.get(f"/posts/{SLUG}").text
    assert answer.status_code == 403
    assert f"<span data-likes>{SEEDED.likes}</span>" in page
    assert "Eve" not in page


@pytest.mark.parametrize("act", ["likes", "comments"])
def test_what_is_not_there_cannot_be_liked_or_commented_on(client: FlaskClient, act: str) -> None:
    answer = client.post(f"/posts/nothing/{act}", data={"name": "Ada", "words": "Yes."})

    assert answer.status_code == 404
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "address", ["/posts/nothing", "/pictures/nothing.jpg", "/pictures/..%2f..%2fhost.py.jpg"]
)
def test_what_is_not_there_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_a_share_without_script_offers_the_permalink(client: FlaskClient) -> None:
    page = client.get(f"/posts/{SLUG}/share").text

    assert f'value="http://localhost/posts/{SLUG}"' in page


def test_a_visitor_who_was_sent_here_is_told_so(client: FlaskClient) -> None:
    sentence = "Somebody who liked this sent it to you."

    assert sentence in client.get(f"/posts/{SLUG}?sf=mark").text
    assert sentence not in client.get(f"/posts/{SLUG}").text


def test_likes_and_comments_outlive_the_process(tmp_path: Path) -> None:
    book = tmp_path / "host.sqlite3"
    before = create_host(SHOP, PLACEMENTS, book).test_client()
    _likes(before)
    _comment(before, "Ada", "Still here.")

    page = create_host(SHOP, PLACEMENTS, book).test_client().get(f"/posts/{SLUG}").text
    assert f"<span data-likes>{SEEDED.likes + 1}</span>" in page
    assert "Still here." in page
