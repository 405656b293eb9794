from orquestra import sdk

CODE = sdk.GithubImport(
    "my-org/factoring",
    git_ref="main",
    username="my-github-username",
    personal_access_token=sdk.Secret("my-github-token", workspace_id="my-workspace"),
)
PACKAGES = [sdk.PythonImports("my-simulator==1.5.0")]
EACH = sdk.Resources(cpu="1", memory="100Mi")


@sdk.task(source_import=CODE, dependency_imports=PACKAGES, resources=EACH)
def measure(base, number):
    import my_simulator

    return my_simulator.phases(base, number, qubits=8)


@sdk.task(source_import=CODE, dependency_imports=PACKAGES, resources=EACH)
def factors(phases, base, number):
    import periods

    return periods.factors(phases, base, number)
