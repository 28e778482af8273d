"""What a Redfish answer means: identity, power, parts, readings, log. Pure: the same answer, the same facts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from app.hardware.facts import Facts, join_facts, join_parts
from app.hardware.facts.json_values import text_at, word_at
from app.hardware.facts.redfish_log import read_log
from app.hardware.facts.redfish_measures import read_measures, watts_of
from app.hardware.facts.redfish_parts import Tree, read_parts, tree_of
from app.hardware.families.redfish import RedfishFamily
from app.hardware.readings import Identity, RedfishAnswer

POWER = {"on": True, "off": False, "poweringoff": True, "poweringon": True}
MOST_NAMED = 8


def read_redfish(answer: RedfishAnswer, families: tuple[RedfishFamily, ...], source: str, read_at: datetime) -> Facts:
    """All that the service says, in words; what it does not say is unknown, never ok."""
    tree = tree_of(answer, families, source, read_at)
    power_on = _power(tree)
    measured = read_measures(tree, power_on)
    parts = join_parts((*read_parts(tree), *(one.part for one in measured if one.part is not None)))
    facts = Facts(_identity(tree), power_on, watts_of(tree), parts, tuple(one.reading for one in measured))
    return join_facts((facts, read_log(tree, read_at)))


def sentences(problems: dict[str, str]) -> tuple[str, ...]:
    """What could not be read, one sentence for each reason, naming the parts of the tree."""
    named: dict[str, list[str]] = {}
    for part, reason in problems.items():
        named.setdefault(reason, []).append(part)
    return tuple(f"{_listed(parts)}: {reason}" for reason, parts in named.items())


def clock_skew_s(answer: RedfishAnswer, now: datetime) -> float | None:
    """The management controller's clock minus ours; None when it does not tell it."""
    for manager in answer.of("manager"):
        try:
            said = datetime.fromisoformat(text_at(manager.body, "DateTime") or "")
            return (said.replace(tzinfo=said.tzinfo or UTC) - now).total_seconds()
        except (ValueError, OverflowError):
            continue
    return None


def _listed(parts: list[str]) -> str:
    """The parts by name, or by folder and number where they are many."""
    if len(parts) <= MOST_NAMED:
        return ", ".join(parts)
    folders = Counter(part.rpartition("/")[0] or part for part in parts)
    told = [f"{folder} ({count})" if count > 1 else folder for folder, count in folders.most_common(MOST_NAMED)]
    return ", ".join(told) + (f" and {len(folders) - MOST_NAMED} more" if len(folders) > MOST_NAMED else "")


def _power(tree: Tree) -> bool | None:
    told = (POWER.get(word_at(item.body, "PowerState") or "") for item in tree.of("system"))
    return next((on for on in told if on is not None), None)


def _identity(tree: Tree) -> Identity:
    machine = (*tree.of("system"), *tree.of("chassis"))
    firmware = (text_at(item.body, "FirmwareVersion") for item in tree.of("manager"))
    return Identity(
        **{
            name: next((text for text in (text_at(item.body, pointer) for item in machine) if text), None)
            for name, pointer in (
                ("manufacturer", "Manufacturer"),
                ("product", "Model"),
                ("serial", "SerialNumber"),
                ("asset_tag", "AssetTag"),
            )
        },
        bmc_firmware=next((text for text in firmware if text), None),
    )
