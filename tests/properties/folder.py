"""The folder of files that the worlds write to, and the changes of files between two runs."""

from collections.abc import Callable
from random import Random

from tests.properties.readings import File, split_lines
from tests.properties.world import correct_line, draw_lines, is_record

# At most so many records of each world arrive at once.
MOST_RECORDS = 2


class Folder:
    """The present files by number, their former texts, and the number of worlds that write to them."""

    def __init__(self, worlds: int) -> None:
        self.worlds = worlds
        self.files: dict[int, File] = {}
        self.former_texts: dict[int, list[str]] = {}
        self._writes = 0

    def write(self, number: int, text: str, rest: str | None = None) -> None:
        """Writes a text into a file. If defects outnumber records they are left out: it would not be JSON Lines."""
        head, half = (text[: text.rfind("\n") + 1], text[text.rfind("\n") + 1 :]) if rest is not None else (text, "")
        lines = split_lines(head)
        records = [line for line in lines if is_record(line)]
        if len([line for line in [*lines, half] if line.strip()]) > 2 * len(records):
            head = "".join(line + "\n" for line in records)
            half, rest = (half, rest) if records else ("", None)
        self._writes += 1
        if number in self.files:
            self.former_texts.setdefault(number, []).append(self.files[number].text)
        self.files[number] = File(head + half, self._writes, rest)

    def add(self, lines: list[str]) -> None:
        """Adds a new file."""
        self.write(self.new_number(), join(lines))

    def new_number(self) -> int:
        """Returns a number that no file has ever had."""
        return max(self.files.keys() | self.former_texts.keys(), default=0) + 1

    def append(self, number: int, lines: list[str]) -> None:
        """Appends lines to a file, after completing its last line."""
        self.write(number, self.complete(number) + join(lines))

    def complete(self, number: int) -> str:
        """Returns the text of the file with its last line completed."""
        file = self.files[number]
        return file.text if file.rest is None else file.text + file.rest + "\n"

    def complete_all(self) -> None:
        """Completes the last line of every file."""
        for number, file in sorted(self.files.items()):
            if file.rest is not None:
                self.append(number, [])

    def lines_of(self, number: int) -> list[str]:
        """Returns the complete lines of a file."""
        text = self.files[number].text
        return split_lines(text[: text.rfind("\n") + 1])

    def draw_lines(self, random: Random) -> list[str]:
        """Returns new lines."""
        return draw_lines(random, self.worlds, MOST_RECORDS)

    def change(self, random: Random) -> None:
        """Changes most of the files at random."""
        for number in random.sample(sorted(self.files), len(self.files)):
            if number in self.files and random.random() < 3 / 4:
                random.choice(CHANGES)(self, number, random)


def join(lines: list[str]) -> str:
    """Returns a text of complete lines."""
    return "".join(line + "\n" for line in lines)


def add_file(folder: Folder, number: int, random: Random) -> None:
    """Adds a file of new records, which may be late or conflict with earlier ones."""
    folder.add(folder.draw_lines(random))


def repeat_lines(folder: Folder, number: int, random: Random) -> None:
    """Adds a file of earlier records, in another order and among new ones."""
    known = [line for other in sorted(folder.files) for line in folder.lines_of(other) if is_record(line)]
    lines = random.sample(known, len(known) // 4) + folder.draw_lines(random)
    random.shuffle(lines)
    folder.add(lines)


def copy_file(folder: Folder, number: int, random: Random) -> None:
    """Copies the file under another name."""
    folder.add(folder.lines_of(number))


def append(folder: Folder, number: int, random: Random) -> None:
    """Appends lines to the file, after completing its last line."""
    folder.append(number, folder.draw_lines(random))


def append_unterminated(folder: Folder, number: int, random: Random) -> None:
    """Appends lines whose last one is cut off, in its record or right before its line end."""
    lines = folder.draw_lines(random)
    records = [line for line in lines if is_record(line)]
    if records:
        last = random.choice(records)
        cut = random.choice([len(last), random.randint(1, len(last) - 1)])
        folder.write(number, folder.complete(number) + join(lines) + last[:cut], last[cut:])


def correct(folder: Folder, number: int, random: Random) -> None:
    """Changes details of some lines, whose ids and times stay."""
    file, lines = folder.files[number], folder.lines_of(number)
    corrected = [correct_line(random, line) if random.random() < 1 / 4 else line for line in lines]
    folder.write(number, join(corrected) + file.text[len(join(lines)) :], file.rest)


def shorten(folder: Folder, number: int, random: Random) -> None:
    """Removes the end of the file."""
    lines = folder.lines_of(number)
    folder.write(number, join(lines[: random.randint(0, len(lines))]))


def rotate(folder: Folder, number: int, random: Random) -> None:
    """Renames the file, and writes a new one under its name."""
    file = folder.files[number]
    folder.write(folder.new_number(), file.text, file.rest)
    folder.write(number, join(folder.draw_lines(random)))


def replace(folder: Folder, number: int, random: Random) -> None:
    """Replaces the content of the file."""
    folder.write(number, join(folder.draw_lines(random)))


def restore(folder: Folder, number: int, random: Random) -> None:
    """Restores a former content of a file, which may be deleted."""
    if folder.former_texts:
        other = random.choice(sorted(folder.former_texts))
        text = random.choice(folder.former_texts[other])
        folder.write(other, text[: text.rfind("\n") + 1])


def delete(folder: Folder, number: int, random: Random) -> None:
    """Deletes the file, unless it is the last one."""
    if len(folder.files) > 1:
        folder.former_texts.setdefault(number, []).append(folder.files.pop(number).text)


def touch(folder: Folder, number: int, random: Random) -> None:
    """Writes the same content again. A file with an incomplete last line is left out, because no rule covers it."""
    if folder.files[number].rest is None:
        folder.write(number, folder.files[number].text)


def move_records(folder: Folder, number: int, random: Random) -> None:
    """Moves some lines to another file."""
    file, lines, other = folder.files[number], folder.lines_of(number), random.choice(sorted(folder.files))
    if number != other:
        moved = {place for place, line in enumerate(lines) if is_record(line) and random.random() < 1 / 3}
        staying = [line for place, line in enumerate(lines) if place not in moved]
        folder.write(number, join(staying) + file.text[len(join(lines)) :], file.rest)
        folder.append(other, [lines[place] for place in sorted(moved)])


CHANGES: list[Callable[[Folder, int, Random], None]] = [
    *[append, append, append, append_unterminated, append_unterminated, append_unterminated, correct, correct],
    *[add_file, repeat_lines, copy_file, shorten, rotate, replace, restore, delete, delete, touch, move_records],
]
