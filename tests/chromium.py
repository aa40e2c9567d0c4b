"""The browser that tests drive: find it, and install it where the machine allows that.

``python -m tests.chromium`` installs what is missing and says what came of it; it never fails,
because a machine without a browser can still run every other test.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from playwright.sync_api import sync_playwright

MISSING = (
    "No Chromium was found, so the browser tests cannot run. "
    "Install one (Debian: apt-get install chromium) or name it in CHROMIUM."
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Pages that a test answers itself seem to come from the wide world, which may not call loopback.
# What pops up below the address bar is a page for each window, as dear as the one that is tested.
_WITHOUT = ("LocalNetworkAccessChecks", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
# Nothing but this machine is reachable, and nothing runs beside the test.
ARGUMENTS = (
    f"--disable-features={','.join(_WITHOUT)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@cache
def find() -> Path | None:
    """Return the browser to drive: the one named, one on the PATH, or Playwright's own."""
    named = os.environ.get("CHROMIUM")
    on_path = [named, *map(shutil.which, _NAMES)] if named else map(shutil.which, _NAMES)
    found = [Path(each) for each in on_path if each and Path(each).is_file()]
    return found[0] if found else _playwrights_own()


def _playwrights_own() -> Path | None:
    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.is_file() else None


def install() -> None:
    """Try the system's packages when we may, else Playwright's download; errors are shown."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        attempts = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]]
    else:
        environment = dict(os.environ)
        attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    for command in attempts:
        try:
            subprocess.run(
                command, check=True, env=environment, stdout=subprocess.DEVNULL, timeout=600
            )
        except (OSError, subprocess.SubprocessError) as fault:
            print(f"{' '.join(command)}: {fault}")
            return


def main() -> None:
    """Make sure of a browser, or say in one sentence what is missing."""
    if find() is None:
        print("Installing Chromium for the browser tests …")
        install()
        find.cache_clear()
    browser = find()
    print(f"Browser tests will drive {browser}." if browser else MISSING)


if __name__ == "__main__":
    main()
