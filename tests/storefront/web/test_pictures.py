"""Pictures on a shopper's page: in sizes that fit, and from elsewhere only where one stands."""

import io
import re

import pytest
from PIL import Image

from storefront.services import pictures
from tests.factories import World, world_on
from tests.fakes import Bench
from tests.storefront.web.answers import PERSON


def add_elsewhere(bench: Bench, world: World) -> None:
    """Add a picture by its address to the world's product."""
    with bench.database.begin() as session:
        pictures.add_picture_elsewhere(
            session, world.product, "https://cdn.pictures.test/cone.jpg?w=9", alt="A cone"
        )


def img_src(bench: Bench, path: str) -> str:
    """Return where a page may load pictures from."""
    policy = bench.client().get(path, headers=PERSON).headers["Content-Security-Policy"]
    found = re.search(r"img-src ([^;]+)", policy)
    assert found
    return found[1]


@pytest.mark.parametrize("family", ["e", "p"])
def test_a_page_may_load_exactly_its_own_pictures_from_elsewhere(
    bench: Bench, world: World, family: str
) -> None:
    rival = world_on(bench, slug="florist")
    add_elsewhere(bench, world)

    assert "'self' data: https://cdn.pictures.test" == img_src(
        bench, f"/{family}/{world.placement.public_id}"
    )
    assert "'self' data:" == img_src(bench, f"/{family}/{rival.placement.public_id}")


def test_a_picture_elsewhere_has_no_size_that_nobody_measured(bench: Bench, world: World) -> None:
    add_elsewhere(bench, world)

    page = bench.client().get(f"/p/{world.placement.public_id}", headers=PERSON).text

    tag = re.search(r'<img src="https://cdn[^>]*>', page)
    assert tag
    assert "width=" not in tag[0]
    assert "srcset" not in tag[0]


def test_an_uploaded_picture_comes_in_widths_and_is_kept_for_ever(
    bench: Bench, world: World
) -> None:
    upload = io.BytesIO()
    Image.new("RGB", (700, 500), "green").save(upload, "PNG")
    upload.seek(0)
    kept = bench.ports.pictures.keep(upload)
    with bench.database.begin() as session:
        pictures.add_kept_picture(session, world.product, kept, alt="Green")

    page = bench.client().get(f"/p/{world.placement.public_id}", headers=PERSON).text
    sources = re.search(r'srcset="([^"]+)"', page)
    assert sources
    answers = {
        width: bench.client().get(address, buffered=True)
        for address, width in re.findall(r"(https://\S+) (\d+w)", sources[1])
    }

    assert ["320w", "640w", "700w"] == list(answers)
    assert {(200, "image/webp")} == {(each.status_code, each.mimetype) for each in answers.values()}
    assert all("immutable" in each.headers["Cache-Control"] for each in answers.values())
