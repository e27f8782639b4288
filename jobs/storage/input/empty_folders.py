"""Input folders in which nothing is found though something was loaded before: a lost mount is no success."""

from psycopg2.extensions import cursor as Cursor

from jobs.storage.input.file_systems import InputFile, name_folder


def note_folder(cursor: Cursor, folder: str, found: list[InputFile], loaded: int) -> None:
    """Remember the folder where nothing was found in it, and forget every folder in which files were found now.

    As long as nothing has ever been loaded, the run itself ends with an error, and nothing has to be remembered.
    """
    name = name_folder(folder)
    if found:
        cursor.execute("select folder from ops.empty_input_folders")
        known = [known for (known,) in cursor.fetchall()]
        filled = [each for each in known if each == name or any(file.uri.startswith(f"{each}/") for file in found)]
        cursor.execute("delete from ops.empty_input_folders where folder = any(%s)", (filled,))
    elif loaded:
        cursor.execute("insert into ops.empty_input_folders (folder) values (%s) on conflict do nothing", (name,))
