"""Power: supplies and the outlets that feed them, outlets of their own, UPSs.

A supply without input is told together with its outlet: the outlet is the cause, never a second alarm. Advice never
sends anybody to the supply that still carries the machine.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.hardware.diagnostics import Cause, Kind
from app.hardware.facts import Fault, Feed, Part
from app.hardware.readings import State
from app.hardware.rules.scene import Claim, Scene, capitalised, claim, said_of

DRAWS_NOTHING_W = 3.0
DRAWS_NOTHING_A = 0.05


def power_supplies(scene: Scene, left: tuple[Part, ...]) -> Iterator[Claim]:
    """Every power supply in trouble: input lost first asks the outlet, a failed one is swapped."""
    for psu in left:
        if psu.kind is not Kind.PSU or not psu.in_trouble or psu.explained_by:
            continue
        if psu.has(Fault.INPUT_LOST) and not psu.has(Fault.FAILED):
            yield _input_lost(scene, psu)
        elif psu.has(Fault.FAILED):
            yield claim(psu, f"{said_of(psu)} has failed", f"Swap {said_of(psu)}. {_care(scene, psu)}", "psu_swap")
        elif psu.has(Fault.PREDICTED):
            advice = f"Plan a swap of {said_of(psu)}. {_care(scene, psu)}"
            yield claim(psu, f"{said_of(psu)} predicts its failure", advice, "psu_swap")
        else:
            advice = f"Look at {said_of(psu)}: its model, its fan, the air around it. {_care(scene, psu)}"
            yield claim(psu, f"{said_of(psu)}: {psu.deciding.words}", advice, "visual_check")


def _input_lost(scene: Scene, psu: Part) -> Claim:
    title = f"{said_of(psu)} has lost its input"
    fed = [(feed, scene.outlet_of(feed)) for feed in scene.wiring.feeds if psu.answers_to(feed.psu)]
    care = _care(scene, psu)
    for feed, outlet in fed:
        if outlet is not None and outlet.value == "off":
            cause = Cause(Kind.OUTLET, feed.pdu, outlet.number or outlet.name, "off")
            advice = f"Ask who switched {said_of(outlet)} off, and why, before it is switched on. {care}"
            return claim(psu, title, advice, "outlet_check", cause=cause, with_parts=(outlet,))
    for _feed, outlet in fed:
        if outlet is not None and outlet.value == "on":
            return _outlet_on(scene, psu, outlet, title, care)
    return claim(psu, title, f"{_unproven(fed)} {care}", "outlet_check")


def _outlet_on(scene: Scene, psu: Part, outlet: Part, title: str, care: str) -> Claim:
    """The outlet is on: it is the cord, unless power flows, and then the record of the cabling is wrong."""
    watts, amps = scene.measured(outlet, "power"), scene.measured(outlet, "current")
    if (watts is not None and watts > DRAWS_NOTHING_W) or (
        watts is None and amps is not None and amps > DRAWS_NOTHING_A
    ):
        advice = (
            f"{capitalised(said_of(outlet))} is on and something draws power from it, so it does not feed "
            f"{said_of(psu)}: follow the cord from {said_of(psu)} and correct the record. Unplug nothing. {care}"
        )
        return claim(psu, title, advice, "visual_check", with_parts=(outlet,))
    nothing = " and nothing is drawn from it" if watts is not None or amps is not None else ""
    advice = (
        f"{capitalised(said_of(outlet))} is on{nothing}: re-seat the cord of {said_of(psu)} at both ends, "
        f"then try another cord; if the input stays lost, {said_of(psu)} itself is to be swapped. {care}"
    )
    return claim(psu, title, advice, "cable_reseat", with_parts=(outlet,))


def _unproven(fed: list[tuple[Feed, Part | None]]) -> str:
    if not fed:
        return "No record says which outlet feeds it: follow its cord, then check outlet and cord."
    feed = fed[0][0]
    return f"Outlet {feed.outlet} of {feed.pdu} could not be read: check it at the PDU first, then the cord."


def _care(scene: Scene, psu: Part) -> str:
    """What must not be touched meanwhile."""
    others = [part for part in scene.own(Kind.PSU) if part.key != psu.key and not part.explained_by]
    good = [said_of(part) for part in others if part.state is State.OK]
    if not good:
        return "Pull nothing: no other power supply is known to be good, so the machine may go dark."
    return f"Do not pull {' or '.join(good)}: the machine runs on {'it' if len(good) == 1 else 'them'}."


def outlets(scene: Scene, left: tuple[Part, ...]) -> Iterator[Claim]:
    """Outlets in trouble that explain no power supply: off although something hangs on them, or reporting a fault."""
    for outlet in left:
        if outlet.kind is not Kind.OUTLET or not outlet.in_trouble:
            continue
        name = capitalised(said_of(outlet))
        if not outlet.has(Fault.OFF_IN_USE):
            yield claim(outlet, f"{name}: {outlet.deciding.words}", "Check the outlet and its breaker.", "outlet_check")
            continue
        fed = _supply_with_input(scene, outlet)
        if fed is not None:
            title = f"{name} is off, yet {said_of(fed)} has input"
            advice = (
                f"The record of the cabling is wrong: follow the cord of {said_of(fed)} and correct it. Unplug nothing."
            )
            yield claim(outlet, title, advice, "visual_check", state=State.WARNING)
        else:
            advice = "Ask who switched it off, and why, before it is switched on: something hangs on it."
            yield claim(outlet, f"{name} is off, but in use", advice, "outlet_check")


def _supply_with_input(scene: Scene, outlet: Part) -> Part | None:
    feeds = [feed for feed in scene.wiring.feeds if scene.outlet_of(feed) == outlet]
    supplies = (psu for psu in scene.own(Kind.PSU) if any(psu.answers_to(feed.psu) for feed in feeds))
    return next((psu for psu in supplies if psu.state is State.OK), None)


def empty_supplies(scene: Scene, left: tuple[Part, ...]) -> Iterator[Claim]:
    """An empty bay is no fault, unless redundancy is lost and nothing else says why: then it is the reason."""
    lost = [one for one in left if one.in_trouble and one.has(Fault.REDUNDANCY_LOST) and Kind.PSU in one.explained_by]
    bays = [part for part in left if part.kind is Kind.PSU and part.state is State.ABSENT and part.device is None]
    if not lost or not bays or any(psu.in_trouble for psu in scene.own(Kind.PSU)):
        return
    bay = bays[0]
    title = f"{said_of(bay)} is not there, and redundancy is lost"
    advice = f"Look whether {said_of(bay)} sits in its bay and is pushed in. {_care(scene, bay)}"
    yield claim(bay, title, advice, "visual_check", state=State.WARNING, with_parts=lost)


def uninterruptible(scene: Scene, left: tuple[Part, ...]) -> Iterator[Claim]:
    """A UPS on battery, with what is left in it; its low battery is the same story."""
    batteries = [part for part in left if part.kind is Kind.BATTERY and part.in_trouble and part.has(Fault.LIMIT)]
    for ups in left:
        if ups.kind is not Kind.UPS or not ups.in_trouble or not ups.has(Fault.ON_BATTERY):
            continue
        low = " and its battery is low" if batteries else ""
        advice = (
            f"Find out why the mains are gone, and warn everybody whose machines hang on it{_time_left(scene)}. "
            "Switch nothing over by hand."
        )
        yield claim(ups, f"The UPS runs on battery{low}", advice, "visual_check", with_parts=batteries)


def _time_left(scene: Scene) -> str:
    seconds = next((r.value for r in scene.facts.readings if r.kind == "runtime" and r.value is not None), None)
    return "" if seconds is None else f": it says that {round(seconds / 60)} minutes are left"
