def read_html(text):
    return text
