from orquestra import sdk

from tasks import factors, measure


@sdk.workflow(resources=sdk.Resources(cpu="2", memory="200Mi", nodes=1))
def factor_15():
    with_2 = factors(measure(2, 15), 2, 15)
    with_7 = factors(measure(7, 15), 7, 15)
    return with_2, with_7
