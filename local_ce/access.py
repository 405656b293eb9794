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
    #: The workspaces they may use; ``*`` stands for all, where nobody knows which there are.
    workspaces: tuple[str, ...]

    @property
    def personal(self) -> str:
        """The workspace of a secret that names none; everybody has one of their own."""
        return "" if self.user == DEFAULT_USER else f"~{self.user}"

    def require(self, workspace: str) -> None:
        """Refuse with 403 a workspace that is not theirs; one that is not there is no different."""
        # The personal workspaces of others are in no list, and not in "all".
        in_all = ALL in self.workspaces and not workspace.startswith("~")
        if workspace not in self.workspaces and not in_all:
            raise Problem(
                403,
                "foreign workspace",
                f"found workspace {workspace!r}, expected one of: {', '.join(self.workspaces)}",
            )


class Gate:
    """Turns bearer tokens into callers.

    :param ended: says whether a run has ended, and its token with it.
    :param workspaces: which there are, where that is known.
    """

    def __init__(
        self,
        tokens: Tokens,
        ended: Callable[[str], bool] = lambda _: False,
        workspaces: Sequence[str] | None = None,
    ) -> None:
        self._tokens = tokens
        self._ended = ended
        self._workspaces = workspaces

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
        theirs = claims.workspaces
        if self._workspaces is not None:
            theirs = tuple(w for w in self._workspaces if ALL in theirs or w in theirs)
        return Caller(user=claims.user, workspaces=theirs)

    def _claims(self, header: str | None) -> Claims:
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Problem(401, "invalid token", "expected a header 'Authorization: Bearer TOKEN'")
        try:
            claims = self._tokens.verify(token.strip())
        except InvalidToken as error:
            raise Problem(401, "invalid token", f"{error}: log in again") from None
        if claims.run_id is not None and self._ended(claims.run_id):
            raise Problem(401, "invalid token", f"its run {claims.run_id} has ended")
        return claims
