"""Has the JVM write the classes that it has loaded to a file, so that the next JVM starts in half the time.

Java can do this by itself when it ends. But then it does so at each end, also where a run has failed or was stopped,
and that takes up to 20 seconds during which the user waits for nothing. So a job asks for it, once it has ended well.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # jobs/submit.py has no use for it
    from py4j.java_gateway import JavaGateway  # type: ignore[import-untyped]

# In the environment of a job: the file to write. jobs/submit.py sets it where there is no such archive yet.
ARCHIVE_VARIABLE = "DOCUMENT_EVENTS_CLASS_ARCHIVE"


def write_classes(gateway: JavaGateway, path: str) -> None:
    """Write the archive, as `jcmd <process> VM.cds dynamic_dump <path>` would, which not every Java brings along.

    The JVM must have been started with -XX:+RecordDynamicDumpInfo. Raises Py4JError.
    """
    Path(path).parent.mkdir(exist_ok=True)
    java = gateway.jvm
    text, anything, kind = java.java.lang.String, java.java.lang.Object, java.java.lang.Class
    # By reflection, since py4j does not see the public interface behind Java's private class.
    parameters = ("javax.management.ObjectName", "java.lang.String", "[Ljava.lang.Object;", "[Ljava.lang.String;")
    types = _array(gateway, kind, *map(kind.forName, parameters))
    invoke = kind.forName("javax.management.MBeanServer").getMethod("invoke", types)
    commands = java.javax.management.ObjectName("com.sun.management:type=DiagnosticCommand")
    command = _array(gateway, anything, _array(gateway, text, "dynamic_dump", path))
    arguments = _array(gateway, anything, commands, "vmCds", command, _array(gateway, text, "[Ljava.lang.String;"))
    invoke.invoke(java.java.lang.management.ManagementFactory.getPlatformMBeanServer(), arguments)


def _array(gateway: JavaGateway, kind: Any, *values: Any) -> Any:
    array = gateway.new_array(kind, len(values))
    for index, value in enumerate(values):
        array[index] = value
    return array
