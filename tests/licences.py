"""Lists the licences of all installed packages and rejects one that nobody has looked at.

`python -m tests.licences`. Exit code 2, with one line each, for packages whose licence is not in ALLOWED. Everything
is used as it comes and nothing is shipped, so that what matters is that use is free: LGPL and MPL ask for the source of
changes to their own files only.
"""

import re
import sys
from importlib.metadata import Distribution, distributions

REFUSED = re.compile(r"(?<!L)GPL|(?<!Lesser )General Public", re.IGNORECASE)
# By what packages call them, as expressions or in their classifiers.
ALLOWED = re.compile(
    r"(Apache|MIT|BSD|0BSD|ISC|PSF|Python Software Foundation|Mozilla Public License 2\.0|MPL-2\.0|LGPL|"
    r"GNU (Library or )?Lesser General Public License|PostgreSQL|Unlicense|The Unlicense|CC0)",
    re.IGNORECASE,
)


def find_licence(package: Distribution) -> str:
    """What the package says of itself: expression, else classifiers, else the first line of its free text."""
    metadata = package.metadata
    free_text = (metadata.get("License") or "").split("\n")[0]
    classifiers = [line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier") or [] if "License ::" in line]
    stated = [
        metadata.get("License-Expression"),
        ", ".join(classifiers),
        free_text,
    ]
    return next((text for text in stated if text and text != "OSI Approved"), "not stated")


def is_allowed(licence: str) -> bool:
    """Whether somebody has looked at it; of several all are looked for."""
    return bool(ALLOWED.search(licence)) and not REFUSED.search(licence)


def list_licences() -> dict[str, str]:
    """Licence by package and version, this project left out."""
    found = {f"{package.name} {package.version}": find_licence(package) for package in distributions()}
    return {name: licence for name, licence in sorted(found.items()) if not name.startswith("document-events ")}


def main() -> int:
    """Print them; returns the exit code."""
    unknown = 0
    for name, licence in list_licences().items():
        print(f"{name:<34} {licence}")
        if not is_allowed(licence):
            print(f"error: {name}: {licence} is not allowed in tests/licences.py; look at it first", file=sys.stderr)
            unknown = 2
    return unknown


if __name__ == "__main__":
    sys.exit(main())
