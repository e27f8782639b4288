"""Notes input folders in which nothing is found although files were loaded before. The folder's mount may be lost."""

from psycopg2.extensions import cursor as Cursor

from jobs.storage.input.file_systems import InputFile, name_folder


def note_folder(cursor: Cursor, folder: str, found: list[InputFile], loaded: int) -> None:
    """Enter the folder if nothing was found in it, and delete every folder in which files were found now.

    If nothing has ever been loaded, nothing is entered, because the run itself ends with an error.
    """
    name = name_folder(folder)
    if found:
        cursor.execute("select folder from ops.empty_input_folders")
        known = [known for (known,) in cursor.fetchall()]
        filled = [each for each in known if each == name or any(file.uri.startswith(f"{each}/") for file in found)]
        cursor.execute("delete from ops.empty_input_folders where folder = any(%s)", (filled,))
    elif loaded:
        cursor.execute("insert into ops.empty_input_folders (folder) values (%s) on conflict do nothing", (name,))
