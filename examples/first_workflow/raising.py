from orquestra import sdk


@sdk.task(source_import=sdk.InlineImport())
def divide():
    return 1 / 0


@sdk.workflow
def raising():
    return divide()
