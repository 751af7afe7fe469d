# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated AWS endpoint: one URL for all services, a WSGI application.

What happens to a call, in this order: read, counted, authenticated, fault rules, validated against the vendor's
model, answered by a handler of ours or by moto. From fault rules on, one lock: moto is not safe for threads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from moto.core.exceptions import ServiceException
from werkzeug.wrappers import Response

from twin.aws import faults, handlers, tokens, validation, visibility
from twin.aws.authentication import authenticate
from twin.aws.call import Call, Scope, read_call, read_scope, replayable
from twin.aws.credentials import CredentialStore, allowed, denied
from twin.aws.errors import UNSUPPORTED, AwsError, Unsupported
from twin.aws.moto_gate import MotoGate
from twin.aws.protocol import render, render_error
from twin.aws.schedule import Schedule
from twin.aws.services import models
from twin.aws.world import Quotas, World
from twin.contract import TwinConfig

LOG = logging.getLogger(__name__)
# How late a state may end while nobody calls.
TICK_SECONDS = 0.25
StartResponse = Callable[..., Any]


def create(config: TwinConfig, quotas: Quotas | None = None) -> AwsApplication:
    """Build the application. Only one lives in a process at a time: moto's state is global, and starts empty here.

    :param quotas: account quotas; those of a new AWS account by default.
    """
    store = CredentialStore(config.state_dir / "private" / "aws-credentials", config.account_id)
    world = World(config=config, credentials=store, schedule=Schedule(config.clock), quotas=quotas or Quotas())
    return AwsApplication(world, MotoGate())


class AwsApplication:
    """WSGI application; ``world`` is its state."""

    def __init__(self, world: World, moto: MotoGate) -> None:
        self.world = world
        self._moto = moto
        handlers.install()
        tokens.serve(world)
        if world.config.control_planes:
            threading.Thread(target=self._keep_time, name="aws states", daemon=True).start()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        return self.respond(environ)(environ, start_response)

    def _keep_time(self) -> None:
        """End states on time even if nobody asks: what ends with them, nodes and control planes, is seen elsewhere."""
        while True:
            time.sleep(TICK_SECONDS)
            with self.world.lock:
                self.world.schedule.run_due()

    def respond(self, environ: dict[str, Any]) -> Response:
        """Answer one request."""
        body = replayable(environ)
        scope = read_scope(environ)
        if scope is None:
            return render_error(
                AwsError("MissingAuthenticationToken", "Missing Authentication Token", 403), "", "query", None
            )
        try:
            call = read_call(environ, body, scope)
        except AwsError as error:
            return self._unreadable(error, scope, environ)
        return self._answer_recorded(call, scope, environ, body)

    def _answer_recorded(self, call: Call, scope: Scope, environ: dict[str, Any], body: bytes) -> Response:
        code = ""
        try:
            return self._answer(call, scope, environ, body)
        except AwsError as error:
            code = error.code
            return render_error(error, call.service, call.protocol, call.model)
        except Exception as error:
            # A defect of the twin: it must be an answer in the caller's protocol, be in the log, and be counted as
            # a gap, so that the rehearsal fails for the right reason.
            LOG.exception("the twin failed in %s:%s", call.service, call.operation)
            defect = Unsupported(call.service, call.operation, f"the twin failed: {type(error).__name__}: {error}")
            code = defect.code
            return render_error(defect, call.service, call.protocol, call.model)
        finally:
            self.world.config.calls.record(
                call.service, call.operation, call.principal.arn, unsupported=code == UNSUPPORTED, error=code
            )

    def _answer(self, call: Call, scope: Scope, environ: dict[str, Any], body: bytes) -> Response:
        call.principal = authenticate(self.world.credentials, call, scope, environ, body)
        self._strike(call)
        if not allowed(call.principal, call.operation):
            raise denied(call.service, call.operation, call.protocol, call.principal)
        validation.check(call)
        with self.world.lock:
            self.world.schedule.run_due()
            call.fault = self._fault(call, faults.STATE_KINDS)
            with visibility.applied(self.world, call):
                return self._handle(call, environ, body)

    def _handle(self, call: Call, environ: dict[str, Any], body: bytes) -> Response:
        try:
            for guard in handlers.guards(call):
                guard(self.world, call)
            handler = handlers.handler(call)
            if handler is not None:
                return render(call, handler(self.world, call))
            response = self._moto.answer(call, environ, body)
            if response.status_code < 300:
                for after in handlers.afters(call):
                    after(self.world, call)
            return response
        except ServiceException as error:
            raise AwsError(error.code, error.message) from error

    def _strike(self, call: Call) -> None:
        slow = self._fault(call, faults.LATENCY_KINDS)
        if slow is not None:
            time.sleep(slow.seconds)
        fault = self._fault(call, faults.WIRE_KINDS)
        if fault is not None:
            raise faults.injected(call, fault)

    def _fault(self, call: Call, kinds: tuple[Any, ...]) -> Any:
        return self.world.config.faults.match(call.service, call.operation, call.params, kinds)

    def _unreadable(self, error: AwsError, scope: Scope, environ: dict[str, Any]) -> Response:
        model = next(iter(models(scope.service)), None)
        if isinstance(error, Unsupported):
            what = f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"
            self.world.config.calls.record(scope.service, what, "", unsupported=True, error=error.code)
        protocol = str(model.protocol) if model is not None else "rest-json"
        return render_error(error, scope.service, protocol, model)
