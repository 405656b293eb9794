from orquestra import sdk


@sdk.task(source_import=sdk.InlineImport())
def greet(name):
    print(f"greeting {name}")
    return f"Hello, {name}"


@sdk.task(source_import=sdk.InlineImport())
def shout(text):
    return text.upper()


@sdk.workflow
def hello():
    return shout(greet("CE"))
