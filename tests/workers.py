"""Which of two test workers runs what. Tests that start processes of their own share one worker, so
that no two of them compete, while the other worker runs all the rest, file by file. They take
longest, and begin first: `make test` keeps the order of the folders, and browser/ leads."""

from xdist.scheduler import LoadScopeScheduling

ALONE = (
    "tests/browser/",
    "tests/demo/",
    "tests/journeys/test_faults.py",
    "tests/races/",
    "tests/storefront/demo/test_feed_in_a_browser.py",
    "tests/storefront/demo/test_levers.py",
    "tests/storefront/sandbox/test_element_in_browser.py",
)


class ByCompany(LoadScopeScheduling):
    """Gives each worker whole files, and one worker all that must not meet its like."""

    def _split_scope(self, nodeid: str) -> str:
        """Return the name of the company that a test keeps."""
        return "alone" if nodeid.startswith(ALONE) else nodeid.partition("::")[0]
