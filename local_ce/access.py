"""Who asks, and what they may use: from the ``Authorization`` header to a yes or no."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .answers import Problem
from .tokens import ALL, DEFAULT_USER, Claims, InvalidToken, Tokens


@dataclass(frozen=True)
class Caller:
    """Who sent a request."""

    user: str
    #: The workspaces they may use, besides their personal one; ``*`` stands for all.
    workspaces: tuple[str, ...]

    @property
    def personal(self) -> str:
        """The workspace of a request that names none; everybody has one of their own."""
        return "" if self.user == DEFAULT_USER else f"~{self.user}"

    def may_use(self, workspace: str) -> bool:
        """Say whether the workspace is theirs."""
        return (
            workspace == self.personal
            or workspace in self.workspaces
            # The personal workspaces of others are in no list, and not in "all".
            or (ALL in self.workspaces and workspace != "" and not workspace.startswith("~"))
        )

    def require(self, workspace: str) -> None:
        """Refuse with 403 when the workspace is not theirs."""
        if not self.may_use(workspace):
            raise Problem(
                403,
                "foreign workspace",
                f"workspace {workspace!r} is none of {self.user}'s workspaces"
                f" ({', '.join(self.workspaces)})",
            )

    def among(self, workspaces: Sequence[str]) -> list[str]:
        """Return those of ``workspaces`` that are theirs, in the same order."""
        return [workspace for workspace in workspaces if self.may_use(workspace)]


class Gate:
    """Turns bearer tokens into callers.

    :param ended: says whether a run has ended, and its token with it.
    """

    def __init__(self, tokens: Tokens, ended: Callable[[str], bool] = lambda _: False) -> None:
        self.tokens = tokens
        self._ended = ended

    def caller(self, header: str | None, kinds: Sequence[str]) -> Caller:
        """Return who sent a request with this ``Authorization`` header.

        :param kinds: the kinds of tokens that are good for what is asked.
        :raises Problem: 401 without a good token, 403 when it is of another kind.
        """
        claims = self._claims(header)
        if claims.kind not in kinds:
            raise Problem(
                403,
                "not allowed with this token",
                f"found a token of kind {claims.kind!r}, expected {' or '.join(kinds)}",
            )
        return Caller(user=claims.user, workspaces=claims.workspaces)

    def _claims(self, header: str | None) -> Claims:
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Problem(401, "invalid token", "expected a header 'Authorization: Bearer TOKEN'")
        try:
            claims = self.tokens.verify(token.strip())
        except InvalidToken as error:
            raise Problem(401, "invalid token", f"{error}: log in again") from None
        if claims.run_id is not None and self._ended(claims.run_id):
            raise Problem(401, "invalid token", f"its run {claims.run_id} has ended")
        return claims
