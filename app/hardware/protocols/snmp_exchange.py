"""One SNMP agent behind one UDP line: a request out, its answer in, or a typed reason why not.

Answers are matched by request id and community or signature; what does not match is ignored, so late,
foreign and broken packets do no harm. One request is in flight at a time: some agents take more for an attack.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from app.core.errors import AuthRefused, HardwareError, Malformed, Refused, TimedOut, Unreachable, Unsupported
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.snmp_ber import BerError, Oid
from app.hardware.protocols.snmp_codec import ADVICE_USER, Codec, CommunityCodec, UserCodec
from app.hardware.protocols.snmp_line import Line
from app.hardware.protocols.snmp_pdu import GET, REPORT, Answer, encode_request
from app.hardware.protocols.snmp_usm import REPORTS
from app.hardware.readings import SnmpTarget

# A slow agent is waited for longer each time; the same request id lets a late answer count. Once it was late, the next
# answer is waited for twice as long from the start: a second question would only stand behind the first in its queue.
TRIES_S = (1.0, 1.5, 2.0)
AS_SLOW_AGAIN = 2
RESYNCS = 2
AUTHORIZATION_ERROR = 16

ADVICE_COMMUNITY = "Wrong address, wrong community or agent down: all three look the same from here."
ADVICE_REACH = "Check the address, the cable, and that SNMP is switched on for this network."
ADVICE_SLOW = "The agent is slow or the network loses packets; try again."
ADVICE_FIRMWARE = "The agent breaks the protocol; look for a firmware update."


class Exchange:
    """Asks one agent. `answered` is True once it has given one good answer."""

    def __init__(self, target: SnmpTarget, deadline: Deadline, line: Line) -> None:
        """Nothing is sent before `open`. Raises AuthRefused when the target's settings cannot work."""
        self.deadline = deadline
        self.answered = False
        self.requests = 0
        self._silent = False
        self._took_s = 0.0
        self._rubbish: str | None = None
        self._target = target
        self._where = f"{target.address}:{target.port}"
        self._codec: Codec = UserCodec(target) if target.version == "3" else CommunityCodec(target)
        self._line = line

    async def open(self) -> None:
        """Open the line; for SNMPv3 also learn the engine (one round trip). Raises HardwareError."""
        try:
            await self._line.open(self._target.address, self._target.port)
            if isinstance(self._codec, UserCodec):
                await self._discover(self._codec)
        except OSError as error:
            self.close()
            raise self._unreachable(error) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the line."""
        self._line.close()

    async def ask(self, kind: int, oids: Sequence[Oid], repetitions: int = 0, *, once: bool = False) -> Answer:
        """Return the agent's answer, whatever its error status.

        With `once` an agent that has answered before gets one try: the caller has something better to ask.
        Raises TimedOut, Unreachable, Malformed (only rubbish came), AuthRefused or Refused (SNMPv3 reports).
        """
        request_id = _fresh_id()
        pdu = encode_request(kind, request_id, oids, repetitions)
        for _ in range(RESYNCS):
            answer = await self._ask(request_id, pdu, once=once and self.answered)
            if answer.kind != REPORT:
                self.answered = True
                if answer.status == AUTHORIZATION_ERROR:
                    raise AuthRefused("the agent does not let this account read", ADVICE_USER)
                return answer
            self._judge_report(answer)
        raise Refused("the agent's engine does not settle its clock", ADVICE_SLOW)

    async def _discover(self, codec: UserCodec) -> None:
        request_id = _fresh_id()
        try:
            await self._ask(request_id, encode_request(GET, request_id, ()))
        except TimedOut as silence:
            raise Unreachable(f"no SNMPv3 agent answers at {self._where}", ADVICE_REACH) from silence
        if not codec.engine.id:
            raise Malformed("the agent does not tell its engine id", ADVICE_FIRMWARE)

    async def _ask(self, request_id: int, pdu: bytes, *, once: bool = False) -> Answer:
        """Send, wait, send again; an agent known to be silent gets one try only."""
        began_s = left_s = self.deadline.remaining_s
        for try_s in TRIES_S[:1] if once or self._silent else TRIES_S:
            if left_s <= 0:
                break
            self._send(self._codec.encode(request_id, pdu))
            patience_s = max(try_s, AS_SLOW_AGAIN * self._took_s)
            answer = await self._listen(request_id, left_s, max(0.0, left_s - patience_s))
            left_s = self.deadline.remaining_s
            if answer is not None:
                self._silent = False
                self._took_s = began_s - left_s
                return answer
        self._silent = True
        raise self._silence()

    def _send(self, data: bytes) -> None:
        self.requests += 1
        try:
            self._line.send(data)
        except OSError as error:
            raise self._unreachable(error) from error

    async def _listen(self, request_id: int, left_s: float, stop_s: float) -> Answer | None:
        """Return the matching answer, or None when of the `left_s` until the deadline only `stop_s` are left."""
        while left_s > stop_s:
            try:
                data = await self._line.receive(left_s - stop_s)
                answer = None if data is None else self._codec.decode(data)
            except OSError as error:
                raise self._unreachable(error) from error
            except BerError as rubbish:
                self._rubbish = str(rubbish)
                answer = None
            if answer is not None and answer.request_id == request_id:
                return answer
            left_s = self.deadline.remaining_s
        return None

    def _unreachable(self, error: OSError) -> Unreachable:
        return Unreachable(f"{self._where} cannot be reached ({error.strerror})", ADVICE_REACH)

    def _silence(self) -> HardwareError:
        if self._rubbish is not None and not self.answered:
            return Malformed(f"the agent's answers make no sense: {self._rubbish}", ADVICE_FIRMWARE)
        if self.answered:
            return TimedOut("the agent stopped answering", ADVICE_SLOW)
        advice = ADVICE_USER if isinstance(self._codec, UserCodec) else ADVICE_COMMUNITY
        return TimedOut(f"no answer from {self._where}", advice)

    def _judge_report(self, report: Answer) -> None:
        """Raise for a report that asking again cannot cure."""
        trouble = REPORTS.get(report.objects.oids[0]) if report.objects.oids else None
        if trouble in ("unknown user", "wrong digest", "decryption error"):
            raise AuthRefused(f"the agent refuses the SNMPv3 user: {trouble}", ADVICE_USER)
        if trouble == "unsupported security level":
            raise AuthRefused("the agent does not allow this security level to the SNMPv3 user", ADVICE_USER)
        if trouble is None:
            raise Unsupported("the agent reports an SNMPv3 error of its own", ADVICE_FIRMWARE)


def _fresh_id() -> int:
    return random.getrandbits(31) or 1  # tells answers apart, keeps no secret
