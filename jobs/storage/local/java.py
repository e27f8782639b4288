"""Finds a Java that Spark runs on, and can fetch one for the user.

`python -m jobs.storage.local.java` prints the JAVA_HOME that the jobs will use. With `--install` it fetches one into
~/.jdk if there is none. If there is still none, it prints one line on stderr and ends with exit code 2.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from jobs.storage.errors import PipelineError, UsageError
from jobs.storage.process.signals import run_stoppable

# Spark 4.3 names 17 and 21. The sample was loaded on 25, too (2026-11-27).
SUPPORTED_VERSIONS = (17, 21, 25)

# Package managers put Java into these folders, and `--install` into ~/.jdk. Within a pattern the largest name is tried
# first, which is mostly the newest version.
SYSTEM_PATTERNS = (
    "usr/lib/jvm/*",
    "Library/Java/JavaVirtualMachines/*/Contents/Home",
    "opt/homebrew/opt/openjdk@*/libexec/openjdk.jdk/Contents/Home",
    "usr/local/opt/openjdk@*/libexec/openjdk.jdk/Contents/Home",
)
USER_PATTERNS = (".sdkman/candidates/java/*", ".jdk/*", ".jdk/*/Contents/Home")


class JavaNotFoundError(UsageError):
    """There is no Java of a supported version. The message says what was found instead and what to do."""


def find_java_home(environment: dict[str, str], system_root: Path = Path("/")) -> Path:
    """Find a supported Java: in JAVA_HOME, on the PATH, in the system's folders, then in the user's own.

    Raises JavaNotFoundError, which names the unsupported versions that were found.
    """
    rejected = []
    for home in _candidate_homes(environment, system_root):
        version = read_version(home)
        if version in SUPPORTED_VERSIONS:
            return home
        if version is not None:
            rejected.append(f"{version} in {home}")
    met = f"only Java {', '.join(rejected)} was found" if rejected else "no Java was found"
    raise JavaNotFoundError(
        f"Spark needs Java 17, 21 or 25 and {met}: install one (apt install openjdk-17-jre-headless, "
        "brew install openjdk@17), set JAVA_HOME, or let `make java` fetch one into ~/.jdk"
    )


def read_version(home: Path) -> int | None:
    """Return the major version of the Java in `home`. None if there is none that runs."""
    program = home / "bin" / "java"
    if not os.access(program, os.X_OK):
        return None
    release = home / "release"
    text = release.read_text(errors="replace") if release.is_file() else _ask_java(program)
    # The file has JAVA_VERSION="17.0.15", and Java itself prints java.version = 17.0.15. Version 8 calls itself 1.8.
    found = re.search(r'(?:JAVA_VERSION="|java\.version = )(?:1\.)?(\d+)', text)
    return int(found[1]) if found else None


def install_java() -> None:
    """Fetch a Java 17 runtime into ~/.jdk. Raises JavaNotFoundError if it can't be fetched."""
    import jdk  # noqa: PLC0415 - in the extra `local` only

    try:
        jdk.install("17", jre=True, path=str(Path.home() / ".jdk"))
    except Exception as error:  # the library passes on every kind of error of network, archive or disk
        reason = " ".join(str(error).split()) or type(error).__name__
        raise JavaNotFoundError(
            f"Java 17 could not be fetched ({reason}): check the network, or install it with your system's packages"
        ) from error


def _candidate_homes(environment: dict[str, str], system_root: Path) -> Iterator[Path]:
    if environment.get("JAVA_HOME"):
        yield Path(environment["JAVA_HOME"])
    on_path = shutil.which("java", path=environment.get("PATH", ""))
    if on_path:
        yield _home_of(Path(on_path))
    user_home = environment.get("HOME")
    for root, patterns in ((system_root, SYSTEM_PATTERNS), (Path(user_home or "/nowhere"), USER_PATTERNS)):
        for pattern in patterns:
            yield from sorted(root.glob(pattern), reverse=True)


def _home_of(program: Path) -> Path:
    """Return the home of a `java` on the PATH. Most package managers put a link there, and some a script."""
    linked = program.resolve().parent.parent
    if (linked / "release").is_file():
        return linked
    found = re.search(r"java\.home = (.+)", _ask_java(program))
    return Path(found[1].strip()) if found else linked


def _ask_java(program: Path) -> str:
    command = [str(program), "-XshowSettings:properties", "-version"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stderr
    except (OSError, subprocess.TimeoutExpired):
        return ""


def main(arguments: list[str], system_root: Path = Path("/")) -> int:
    """Print the JAVA_HOME to use, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m jobs.storage.local.java", description="Find Java 17, 21 or 25.")
    parser.add_argument("--install", action="store_true", help="fetch one into ~/.jdk where there is none")
    options = parser.parse_args(arguments)
    try:
        try:
            print(find_java_home(dict(os.environ), system_root))
        except JavaNotFoundError:
            if not options.install:
                raise
            install_java()
            print(find_java_home(dict(os.environ), system_root))
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(run_stoppable(lambda: main(sys.argv[1:])))
