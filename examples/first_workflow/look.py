import sys

from orquestra import sdk

run = sdk.WorkflowRun.by_id(sys.argv[1], "127")
print(run.get_status().name)
print(run.get_results())
for task, value in sorted(run.get_artifacts().items()):
    print(task, value)
