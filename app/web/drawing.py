"""Jinja as our pages use it: the same templates and the same pages, with less work for each value that is printed.

A page prints some thousand values and calls two hundred macros. What Jinja does for each so that any program can use it
(globals of a template's own, callables that want the context, markup of unknown classes) ours need only rarely, and
then it is done as ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping
from typing import Any, Final

from flask.templating import Environment
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

_MARKED: Final = re.compile(r"[&<>'\"]")


def printed(value: Any) -> str:
    """A value as HTML: markup as it is, everything else as text."""
    kind = type(value)
    if kind is Markup or (kind is str and not _MARKED.search(value)):
        plain: str = value
        return plain
    return escape(value)


class PageContext(Context):
    """Calls a template's own macros without asking first what they want to be given."""

    def call(self, called: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """As Jinja's."""
        if type(called) is not Macro:
            return super().call(called, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return called(self.eval_ctx, *args, **kwargs)


class PageCode(CodeGenerator):
    """Prints values by `printed`."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.printed(")


class PageEnvironment(Environment):
    """Templates whose globals are the environment's: all are set before the first page is drawn."""

    context_class = PageContext
    code_generator_class = PageCode
    printed = staticmethod(printed)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own where the template brings none: then imports need not compare the two."""
        return super().make_globals(d) if d else self.globals
