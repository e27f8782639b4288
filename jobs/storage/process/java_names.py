"""Remembers what Java names mean, so that making a column takes one call to the JVM, and not three."""

from typing import Any

from py4j.java_gateway import JavaClass, JavaMember  # type: ignore[import-untyped]

# The classes whose static methods PySpark calls for every column and every list of columns.
_CLASSES = ("functions", "org.apache.spark.sql.functions", "PythonUtils")


class _KnownClass(JavaClass):  # type: ignore[misc]
    """A Java class whose static methods are looked up once."""

    def __getattr__(self, name: str) -> Any:
        member = super().__getattr__(name)
        if isinstance(member, JavaMember):
            self.__dict__[name] = member
        return member


def remember_java_names(jvm: Any) -> None:
    """Let `jvm`, Py4J's view of the JVM, keep the classes that PySpark looks up for every column.

    For each look-up of a class the JVM searches all its archives, so that a load of one record spends a sixth of its
    time on names.
    """
    for name in _CLASSES:
        if name not in vars(jvm):
            vars(jvm)[name] = _KnownClass(getattr(jvm, name)._fqn, jvm._gateway_client)
