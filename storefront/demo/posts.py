"""A post of the demo's feed as a page shows it: the written post, and what visitors added to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from storefront.demo.guestbook import Likes, Written
from storefront.demo.values import DemoComment, DemoPost
from storefront.demo.world import FEED, MERCHANTS

POSTS: Mapping[str, DemoPost] = {post.slug: post for post in FEED}


@dataclass(frozen=True, slots=True)
class PostView:
    """One post, ready to be shown; `placement` is the shop's public id, `link` its plain words."""

    post: DemoPost
    likes: int
    is_liked: bool
    comments: tuple[DemoComment, ...]
    placement: str | None
    link: str


def post_view(
    post: DemoPost,
    placement: str | None,
    *,
    likes: Likes,
    written: Sequence[Written],
    now: datetime,
) -> PostView:
    """Put a post, its likes and its comments together as they stand at `now`."""
    since = [_comment(each, now) for each in written]
    return PostView(
        post=post,
        likes=post.likes + likes.count,
        is_liked=likes.is_mine,
        comments=(*post.comments, *since),
        placement=placement,
        link=_link_words(post.slug) if placement else "",
    )


def _comment(written: Written, now: datetime) -> DemoComment:
    minutes = max(0, int(now.timestamp()) - written.written_at) // 60
    return DemoComment(name=written.name, words=written.words, minutes_ago=minutes)


def _link_words(slug: str) -> str:
    for merchant in MERCHANTS:
        for placement in merchant.placements:
            if placement.key == slug:
                names = {product.key: product.name for product in merchant.products}
                is_single = placement.kind == "product"
                thing = names[placement.products[0]] if is_single else placement.name
                return f"{merchant.name}: {thing}"
    raise LookupError(slug)
