def record_decode(source):
    return source.decode


def open_strings(value, decode):
    return value
