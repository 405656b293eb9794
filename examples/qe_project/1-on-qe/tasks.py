from orquestra import sdk

CODE = sdk.GitImport(repo_url="https://github.com/my-org/factoring.git", git_ref="main")
PACKAGES = [sdk.PythonImports("my-simulator==1.4.0")]


@sdk.task(source_import=CODE, dependency_imports=PACKAGES)
def measure(base, number):
    import my_simulator

    return my_simulator.phases(base, number, qubits=8)


@sdk.task(source_import=CODE, dependency_imports=PACKAGES)
def factors(phases, base, number):
    import periods

    return periods.factors(phases, base, number)
