"""What is installed is what was locked, by hash, and under a licence that somebody has looked at."""

import configparser
import re

import pytest

from tests.builders import ROOT
from tests.licences import is_allowed, list_licences

SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg")
LOCKS = {path.stem: path.read_text() for path in (ROOT / "conf" / "requirements").glob("*.txt")}
# Which extras of setup.cfg are in which lock file.
EXTRAS = {"terminal": ("terminal", "monitoring"), "local": ("terminal", "monitoring", "local")}
EXTRAS |= {"report": (*EXTRAS["local"], "report"), "test": (*EXTRAS["local"], "report", "test")}


def pinned(text: str) -> set[str]:
    """The lines `name==version` of a list, comments and the project's own extras left out."""
    return {line.split(";")[0].strip(" \\").lower() for line in text.splitlines() if re.match(r"\s*[\w-]+==", line)}


@pytest.mark.parametrize("name", EXTRAS)
def test_the_lock_has_what_setup_cfg_wants(name: str) -> None:
    wanted = pinned(SETUP["options"]["install_requires"])
    for extra in EXTRAS[name]:
        wanted |= pinned(SETUP["options.extras_require"][extra])
    assert len(wanted) > 3
    assert wanted - pinned(LOCKS[name]) == set()


@pytest.mark.parametrize("name", ["build", *EXTRAS])
def test_every_line_of_a_lock_has_a_hash(name: str) -> None:
    entries = re.split(r"\n(?=\w)", LOCKS[name].partition("\n")[2])
    without = [entry.split()[0] for entry in entries if re.match(r"[\w-]+==", entry) and "--hash=sha256:" not in entry]
    assert pinned(LOCKS[name])
    assert without == []


def test_every_installed_package_may_be_used() -> None:
    licences = list_licences()
    assert len(licences) > 10
    assert {name: licence for name, licence in licences.items() if not is_allowed(licence)} == {}


@pytest.mark.parametrize(
    "licence", ["GPL-3.0-only", "GNU General Public License v3", "AGPL-3.0 AND MIT", "Business Source", "not stated"]
)
def test_other_licences_are_refused(licence: str) -> None:
    assert not is_allowed(licence)
