"""Makes the JVM write its loaded classes to a file, so that the next JVM starts in half the time.

Java could do this by itself whenever it ends. But it takes up to 20 seconds, and the user would wait for it even after
a run that failed or was stopped. So a job asks for it, and only after it has succeeded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # jobs/submit.py imports this module, and should not load py4j
    from py4j.java_gateway import JavaGateway  # type: ignore[import-untyped]

# This variable of a job's environment names the file to write. jobs/submit.py sets it if there is no archive yet.
ARCHIVE_VARIABLE = "DOCUMENT_EVENTS_CLASS_ARCHIVE"


def write_classes(gateway: JavaGateway, path: str) -> None:
    """Write the archive, as `jcmd <process> VM.cds dynamic_dump <path>` would. Not every Java has jcmd.

    The JVM must have been started with -XX:+RecordDynamicDumpInfo. Raises Py4JError.
    """
    Path(path).parent.mkdir(exist_ok=True)
    java = gateway.jvm
    text, anything, kind = java.java.lang.String, java.java.lang.Object, java.java.lang.Class
    # The class of the MBean server is private, and py4j can't call the methods of its public interface otherwise.
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
