"""The snippets of ``docs/custom-images.rst`` and the tests of what they do on CE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sphinxext.tested_snippets.plugin import BoundSnippet


class Snippets:
    """What the page shows. Each region ends before its own end marker."""

    @staticmethod
    def custom_image():
        from orquestra import sdk

        @sdk.task(custom_image="my-registry.example.com/my-team/my-image:1.0")
        def train():
            return "trained"

        # </snippet>

    # .. snippet-check::
    #    :fails: waiting: train (image my-registry.example.com/my-team/no-such-image:1.0)
    #    :setup: seconds
    @staticmethod
    def unknown_image():
        from orquestra import sdk

        @sdk.task(custom_image="my-registry.example.com/my-team/no-such-image:1.0")
        def train():
            return "trained"

        # </snippet>

    @staticmethod
    def seconds(wait_at_most):
        wait_at_most(2)
        # </snippet>


@pytest.mark.snippet("custom_image", output="train() gave 'trained'")
def test_a_task_with_an_image_that_is_offered_runs(snippet: BoundSnippet) -> None:
    """The cluster of the checks offers this image by name."""
    snippet.run()
