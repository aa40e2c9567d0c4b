"""Which test worker runs what. Tests that start processes of their own keep company: no two races
compete, and no two demos are started. All the rest goes file by file. Browsers mostly wait and
races mostly compute, so either company may run beside the other, and a third worker goes on where
both wait. They take longest, and begin early: `make test` keeps the order of the folders, and
browser/ leads."""

from xdist.scheduler import LoadScopeScheduling

COMPANIES = {
    "tests/browser/": "browsers",
    "tests/demo/": "browsers",
    "tests/storefront/demo/test_feed_in_a_browser.py": "browsers",
    "tests/storefront/demo/test_levers.py": "browsers",
    "tests/storefront/sandbox/test_element_in_browser.py": "browsers",
    "tests/journeys/test_faults.py": "races",
    "tests/races/": "races",
}


class ByCompany(LoadScopeScheduling):
    """Gives each worker whole files, and whole companies."""

    def _split_scope(self, nodeid: str) -> str:
        """Return the name of the company that a test keeps: a file is company for its tests."""
        for start, company in COMPANIES.items():
            if nodeid.startswith(start):
                return company
        return nodeid.partition("::")[0]
