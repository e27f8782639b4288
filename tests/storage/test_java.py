"""Java is found in its usual places. An unsuitable or missing one is reported in one line."""

from pathlib import Path

import pytest

from jobs.storage.local import java
from jobs.storage.local.java import JavaNotFoundError, find_java_home, read_version


def make_java(home: Path, version: str) -> Path:
    """Makes a folder that looks like an installed Java of this version."""
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").touch(mode=0o755)
    (home / "release").write_text(f'IMPLEMENTOR="Debian"\nJAVA_VERSION="{version}"\n')
    return home


@pytest.mark.parametrize(
    ("version", "major"), [("17.0.15", 17), ("21", 21), ("1.8.0_392", 8), ("11.0.2", 11), ("25.0.1", 25)]
)
def test_version_is_read_from_the_release_file(tmp_path: Path, version: str, major: int) -> None:
    assert read_version(make_java(tmp_path, version)) == major


def test_java_home_comes_before_the_system(tmp_path: Path) -> None:
    own = make_java(tmp_path / "own", "21.0.1")
    make_java(tmp_path / "usr/lib/jvm/java-17", "17.0.15")
    assert find_java_home({"JAVA_HOME": str(own)}, tmp_path) == own


def test_java_on_the_path_is_followed_through_its_link(tmp_path: Path) -> None:
    home = make_java(tmp_path / "opt/java-17", "17.0.15")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")
    assert find_java_home({"PATH": str(tmp_path / "bin")}, tmp_path) == home


def test_unsupported_java_home_is_passed_over_for_a_supported_one(tmp_path: Path) -> None:
    old = make_java(tmp_path / "old", "11.0.2")
    supported = make_java(tmp_path / "usr/lib/jvm/java-17", "17.0.15")
    assert find_java_home({"JAVA_HOME": str(old)}, tmp_path) == supported


def test_java_fetched_into_the_home_folder_is_found(tmp_path: Path) -> None:
    fetched = make_java(tmp_path / "home/.jdk/jdk-17.0.15+6-jre", "17.0.15")
    assert find_java_home({"HOME": str(tmp_path / "home")}, tmp_path) == fetched


def test_too_old_and_too_new_are_named_with_their_versions(tmp_path: Path) -> None:
    make_java(tmp_path / "usr/lib/jvm/java-8", "1.8.0_392")
    make_java(tmp_path / "usr/lib/jvm/java-26", "26.0.1")
    with pytest.raises(JavaNotFoundError, match=r"only Java 8 in .*java-8, 26 in .*java-26 was found"):
        find_java_home({"PATH": ""}, tmp_path)


def test_missing_java_is_one_line_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert java.main([], system_root=tmp_path) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "no Java was found" in printed.err
    assert "make java" in printed.err
