from orquestra import sdk


@sdk.task(source_import=sdk.GithubImport("my-org/no-such-repo"))
def train():
    return "trained"


@sdk.workflow
def broken():
    return train()
