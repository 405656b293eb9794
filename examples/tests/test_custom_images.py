"""The snippets of ``docs/custom-images.rst`` and the tests of what they do on CE."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from examples.qe import QEDesk
from examples.runner import IMAGES, workflow_of
from examples.translations import calls_of_ray
from examples.waiting import run_beside_another

if TYPE_CHECKING:
    from local_ce.pytest_plugin import AnyCE
    from sphinxext.tested_snippets.plugin import BoundSnippet

#: The SDK's own image, without the version.
SDK_IMAGE = "hub.nexus.orquestra.io/zapatacomputing/orquestra-sdk-base"


class Snippets:
    """What the page shows. Each region ends before its own end marker."""

    # .. snippet-check::
    #    :output: train() gave 'trained'
    @staticmethod
    def default_image():
        from orquestra import sdk

        @sdk.task(
            custom_image="hub.nexus.orquestra.io/zapatacomputing/orquestra-sdk-base:0.54.0",
        )
        def train():
            return "trained"

        # </snippet>

    # .. snippet-check:: QE
    #    :runtime: QE translation
    #    :output: train() became 1 step
    @staticmethod
    def custom_image():
        from orquestra import sdk

        @sdk.task(custom_image="my-registry.example.com/my-team/my-image:1.0")
        def train():
            return "trained"

        # </snippet>

    # .. snippet-check::
    #    :fails: waiting: train (image my-registry.example.com/my-team/no-such-image:1.0)
    #    :setup: beside
    #    :proves: images-waits
    @staticmethod
    def unknown_image():
        from orquestra import sdk

        @sdk.task(custom_image="my-registry.example.com/my-team/no-such-image:1.0")
        def train():
            return "trained"

        # </snippet>

    # .. snippet-check:: QE
    #    :runtime: QE translation
    #    :output: train() became 1 step
    #
    # .. snippet-check::
    #    :fails: waiting: train (cpu=1, gpu=1, image my-registry.example.com/my-team/my-image:1.0)
    #    :setup: beside
    @staticmethod
    def gpu_image():
        from orquestra import sdk

        @sdk.task(
            resources=sdk.Resources(cpu="1", gpu="1"),
            custom_image="my-registry.example.com/my-team/my-image:1.0",
        )
        def train():
            return "trained"

        # </snippet>

    @staticmethod
    def beside(another_beside):
        another_beside()
        # </snippet>


@pytest.mark.snippet(statement="images-decorator")
@pytest.mark.snippet("custom_image", output="train() gave 'trained'")
def test_a_task_with_an_image_that_is_offered_runs(snippet: BoundSnippet) -> None:
    """The cluster of the checks offers this image by name."""
    snippet.run()


@pytest.mark.snippet(statement="images-default")
@pytest.mark.snippet(statement="images-one-call")
@pytest.mark.snippet(statement="images-resource")
def test_an_image_is_a_resource_that_ray_gives_to_the_task(local_ce: AnyCE) -> None:
    """The SDK's own, and for one call another one."""
    from orquestra import sdk

    @sdk.task
    def given() -> Any:
        import ray

        counted = ray.get_runtime_context().get_assigned_resources()
        return [name for name in counted if name.startswith("image:")]

    @sdk.workflow
    def ask() -> Any:
        return given(), given().with_invocation_meta(custom_image=IMAGES[0])

    own = f"{SDK_IMAGE}:{version('orquestra-sdk')}"

    assert list(local_ce.run(ask())) == [[f"image:{own}"], [f"image:{IMAGES[0]}"]]


@pytest.mark.snippet(statement="images-other-version", fails="orquestra-sdk-base:0.53.0")
@pytest.mark.snippet(
    statement="images-tag", fails="(image my-registry.example.com/my-team/my-image)"
)
def test_an_image_of_another_version_or_without_its_tag_is_one_that_nobody_offers(
    local_ce: AnyCE, snippets: Mapping[str, BoundSnippet]
) -> None:
    """A cluster offers the image of its own version; a later run with the tag has ended while these two wait."""
    from orquestra import sdk

    from local_ce import RunFailed

    name, tag, _ = IMAGES[0].rpartition(":1.0")
    assert tag

    @sdk.task
    def train() -> str:
        return "trained"

    @sdk.workflow
    def study() -> Any:
        other = (f"{SDK_IMAGE}:0.53.0", name)
        return [train().with_invocation_meta(custom_image=image) for image in other]

    with pytest.raises(RunFailed) as failed:
        run_beside_another(local_ce, study(), workflow_of(train, custom_image=IMAGES[0]))

    waiting = failed.value.cause.partition("waiting: ")[2].split(", train ")
    assert len(waiting) == 2
    for snippet in snippets.values():
        snippet.observe(
            "\n".join(f"waiting: train {each.replace('train ', '')}" for each in waiting)
        )


@pytest.mark.snippet(
    statement="images-qe-default", runtime="QE translation", output="orquestra-default:v0.0.0"
)
@pytest.mark.snippet(
    statement="images-qe-gpu", runtime="QE translation", output="orquestra-nvidia:v0.0.0"
)
@pytest.mark.snippet(statement="images-qe-named", runtime="QE translation", output="my-image:1.0")
@pytest.mark.snippet(
    statement="images-gpu-no-other",
    runtime="Ray",
    output="num_gpus 1, image:hub.nexus.orquestra.io",
)
def test_qe_chose_an_image_by_the_gpu_and_ray_is_asked_for_the_same_with_and_without(
    snippets: Mapping[str, BoundSnippet],
) -> None:
    """What the steps of QE name, and what the call of Ray asks for when a task wants a GPU and names no image."""
    from orquestra import sdk

    @sdk.task
    def train() -> str:
        return "trained"

    @sdk.workflow
    def plain() -> Any:
        return train()

    @sdk.workflow
    def with_gpu() -> Any:
        return train().with_invocation_meta(gpu="1")

    @sdk.workflow
    def named() -> Any:
        return train().with_invocation_meta(gpu="1", custom_image=IMAGES[0])

    with QEDesk() as desk:
        for name, workflow in (("default", plain), ("gpu", with_gpu), ("named", named)):
            (step,) = desk.submit(workflow())["steps"]
            snippets[f"images-qe-{name}"].observe(step["config"]["runtime"]["customImage"])
    options, with_options = (calls_of_ray(each())[0] for each in (plain, with_gpu))
    assert options["resources"] == with_options["resources"]
    (image,) = with_options["resources"]
    snippets["images-gpu-no-other"].observe(f"num_gpus {with_options['num_gpus']}, {image}")


@pytest.mark.snippet(statement="images-ray", runtime="pytest", fails="Version mismatch")
def test_ray_refuses_a_process_with_another_ray_than_its_head(snippet: BoundSnippet) -> None:
    """The check that each of its processes makes when it joins."""
    import platform

    from ray._private.utils import check_version_info

    with pytest.raises(RuntimeError, match=r"Ray: 2\.0\.0") as refused:
        check_version_info({"ray_version": "2.0.0", "python_version": platform.python_version()})

    snippet.observe(str(refused.value))


@pytest.mark.snippet(statement="images-ray-of-the-sdk", runtime="pytest", output="==2.5.1")
def test_the_sdk_names_one_version_of_ray(snippet: BoundSnippet) -> None:
    """Which is the one that runs the checks."""
    (named,) = (line for line in requires("orquestra-sdk") or () if line.startswith("ray"))

    assert f"=={version('ray')}" in named
    snippet.observe(f"orquestra-sdk {version('orquestra-sdk')} requires {named}")


@pytest.mark.snippet(statement="images-git", runtime="python", fails="Cannot find command 'git'")
def test_pip_does_not_clone_without_git(snippet: BoundSnippet, tmp_path: Path) -> None:
    """It looks for git before it looks for the repo."""
    ended = subprocess.run(
        [sys.executable, "-m", "pip", "download", "git+https://github.com/my-org/my-project"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode
    snippet.observe(ended.stderr)
