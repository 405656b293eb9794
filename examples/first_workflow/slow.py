from orquestra import sdk


@sdk.task(source_import=sdk.InlineImport())
def wait():
    import time

    time.sleep(3600)


@sdk.workflow
def slow():
    return wait()
